#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/report_data.h"
#include "services/cli/report_page.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct ReportOptions {
  std::string html;
  std::string digests_before;
  std::string digests_after;
  std::vector<std::string> tell;
};

// The lines of `caseward log digest --json`.
absl::StatusOr<std::vector<TakenDigest>> ReadDigests(const std::string& path) {
  std::vector<TakenDigest> digests;
  if (path.empty()) return digests;
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("expected what `log digest --json` wrote; cannot open ", path));
  std::string line;
  while (std::getline(file, line)) {
    google::protobuf::Struct object;
    if (absl::Status s = FromJson(line, &object); !s.ok()) return s;
    const auto& fields = object.fields();
    if (!fields.contains("partition") || !fields.contains("sequence") || !fields.contains("digest")) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": expected partition, sequence and digest; found \"", line, "\""));
    }
    digests.push_back({.partition = static_cast<uint32_t>(fields.at("partition").number_value()),
                       .sequence = static_cast<uint64_t>(fields.at("sequence").number_value()),
                       .digest = fields.at("digest").string_value()});
  }
  return digests;
}

constexpr size_t kLoadsPrintedMax = 5;

void PrintCases(std::ostream& out, const Picture& picture) {
  out << "Cases, and of these open:\n";
  using Align = Table::Align;
  Table cases({{.title = "TYPE"},
               {.title = "P1", .align = Align::kRight},
               {.title = "OPEN", .align = Align::kRight},
               {.title = "P2", .align = Align::kRight},
               {.title = "OPEN", .align = Align::kRight},
               {.title = "P3", .align = Align::kRight},
               {.title = "OPEN", .align = Align::kRight}});
  for (const auto& [type, by_priority] : picture.by_type_and_priority()) {
    std::vector<std::string> cells = {type};
    for (const char* priority : {"P1", "P2", "P3"}) {
      cells.push_back(WithCommas(CountIn(picture.by_type_and_priority(), type, priority)));
      cells.push_back(WithCommas(CountIn(picture.open_by_type_and_priority(), type, priority)));
    }
    cases.Add(cells);
  }
  cases.Print(out);
}

void PrintPeople(std::ostream& out, const Picture& picture) {
  using Align = Table::Align;
  out << "\nSigned:\n";
  Table signed_off({{.title = "SUBJECT"},
                    {.title = "GRANTED", .align = Align::kRight},
                    {.title = "STOOD IN", .align = Align::kRight},
                    {.title = "REFUSED", .align = Align::kRight},
                    {.title = "VOID", .align = Align::kRight}});
  for (const auto& [subject, counts] : picture.sign_offs()) {
    signed_off.Add({subject, WithCommas(counts.granted), WithCommas(counts.delegated), WithCommas(counts.refused),
                    WithCommas(counts.voided)});
  }
  signed_off.Print(out);
  const std::vector<OwnerLoad> loads = picture.Loads();
  out << "\nMost to do, of " << loads.size() << " owners:\n";
  Table load({{.title = "OWNER"},
              {.title = "OPEN", .align = Align::kRight},
              {.title = "P1", .align = Align::kRight},
              {.title = "CLOCK MISSED", .align = Align::kRight}});
  for (size_t i = 0; i < std::min(loads.size(), kLoadsPrintedMax); ++i) {
    load.Add({loads[i].owner.empty() ? "nobody" : loads[i].owner, WithCommas(loads[i].open), WithCommas(loads[i].p1),
              WithCommas(loads[i].overdue)});
  }
  load.Print(out);
  out << "\nResidents with";
  const std::vector<uint64_t> residents = picture.Repeats();
  for (size_t i = 0; i < residents.size(); ++i) {
    out << (i == 0 ? " " : ", ") << i + 1 << (i + 1 == residents.size() ? " or more" : "")
        << (i == 0 ? " case: " : ": ") << WithCommas(residents[i]);
  }
  out << "; the most of one: " << WithCommas(picture.most_cases_of_one()) << "\n";
}

void PrintSummary(Session& session, const ReportData& data) {
  std::ostream& out = session.out;
  out << WithCommas(data.cases) << " cases, " << WithCommas(data.records) << " decisions\n\n";
  PrintCases(out, data.picture);
  out << "\nRefused:\n";
  Table refused(
      {{.title = "TIMES", .align = Table::Align::kRight}, {.title = "RULE"}, {.title = "CLAUSE"}, {.title = "SAYS"}});
  for (const RefusalLine& line : data.refusals)
    refused.Add({WithCommas(line.times), line.rule, line.clause, line.say});
  refused.Print(out);
  out << "\nClocks:\n";
  using Align = Table::Align;
  Table clocks({{.title = "CLOCK"},
                {.title = "STARTED", .align = Align::kRight},
                {.title = "MET", .align = Align::kRight},
                {.title = "WARNED", .align = Align::kRight},
                {.title = "BREACHED", .align = Align::kRight},
                {.title = "MET LATE", .align = Align::kRight},
                {.title = "RUNNING", .align = Align::kRight}});
  for (const ClockLine& line : data.clocks) {
    clocks.Add({line.clock, WithCommas(line.started), WithCommas(line.met), WithCommas(line.warned),
                WithCommas(line.breached), WithCommas(line.met_late), WithCommas(line.running)});
  }
  clocks.Print(out);
  PrintPeople(out, data.picture);
}

void PrintPictureJson(Session& session, const Picture& picture) {
  for (const auto& [type, by_priority] : picture.by_type_and_priority()) {
    for (const auto& [priority, cases] : by_priority) {
      session.out << "{\"case_type\":" << JsonText(type) << ",\"priority\":" << JsonText(priority)
                  << ",\"cases\":" << cases
                  << ",\"open\":" << CountIn(picture.open_by_type_and_priority(), type, priority) << "}\n";
    }
  }
  for (const auto& [subject, counts] : picture.sign_offs()) {
    session.out << "{\"sign_off\":" << JsonText(subject) << ",\"granted\":" << counts.granted
                << ",\"delegated\":" << counts.delegated << ",\"refused\":" << counts.refused
                << ",\"waived\":" << counts.waived << ",\"voided\":" << counts.voided << "}\n";
  }
  for (const OwnerLoad& load : picture.Loads()) {
    session.out << "{\"owner\":" << JsonText(load.owner) << ",\"open\":" << load.open << ",\"p1\":" << load.p1
                << ",\"overdue\":" << load.overdue << "}\n";
  }
  const std::vector<uint64_t> residents = picture.Repeats();
  for (size_t i = 0; i < residents.size(); ++i)
    session.out << "{\"cases_of_resident\":" << i + 1
                << ",\"or_more\":" << (i + 1 == residents.size() ? "true" : "false")
                << ",\"residents\":" << residents[i] << "}\n";
}

void PrintJson(Session& session, const ReportData& data) {
  for (const RefusalLine& line : data.refusals) {
    session.out << "{\"rule\":" << JsonText(line.rule) << ",\"clause\":" << JsonText(line.clause)
                << ",\"times\":" << line.times << ",\"historical\":" << line.historical << "}\n";
  }
  for (const ClockLine& line : data.clocks) {
    session.out << "{\"clock\":" << JsonText(line.clock) << ",\"started\":" << line.started << ",\"met\":" << line.met
                << ",\"warned\":" << line.warned << ",\"breached\":" << line.breached
                << ",\"met_late\":" << line.met_late << ",\"ceased\":" << line.ceased << ",\"running\":" << line.running
                << "}\n";
  }
  PrintPictureJson(session, data.picture);
}

Exit RunReport(Session& session, const ReportOptions& options) {
  absl::StatusOr<std::vector<TakenDigest>> before = ReadDigests(options.digests_before);
  if (!before.ok()) return session.Fault(before.status());
  absl::StatusOr<std::vector<TakenDigest>> after = ReadDigests(options.digests_after);
  if (!after.ok()) return session.Fault(after.status());
  const absl::StatusOr<ReportData> data = GatherReport(session, options.tell);
  if (!data.ok()) return session.Fault(data.status());
  if (session.json) {
    PrintJson(session, *data);
  } else {
    PrintSummary(session, *data);
  }
  if (options.html.empty()) return Exit::kDone;
  std::ofstream file(options.html, std::ios::binary | std::ios::trunc);
  WriteReportPage(file, *data, {.before = *std::move(before), .after = *std::move(after)}, absl::Now());
  file.flush();
  if (!file) return session.Fault(absl::PermissionDeniedError(absl::StrCat("cannot write ", options.html)));
  session.err << "Wrote " << options.html << "\n";
  return Exit::kDone;
}

}  // namespace

void AddReportVerb(Verbs& verbs) {
  auto options = std::make_shared<ReportOptions>();
  Syntax verb =
      verbs.Verb(verbs.root(), "report", "What was refused, which clocks were met or breached, what stands in the way",
                 Verbs::Talks::kToServer, [options](Session& session) { return RunReport(session, *options); });
  verb.Add("--html", options->html, "Write a page that a person can read");
  verb.Add("--case", options->tell, "Tell this case in full; may be given more than once");
  verb.Add("--digests-before", options->digests_before, "What `log digest --json` wrote before a rebuild");
  verb.Add("--digests-after", options->digests_after, "And after it");
}

}  // namespace caseward::cli
