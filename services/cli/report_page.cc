#include "services/cli/report_page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/progress.h"
#include "services/cli/text.h"

namespace caseward::cli {
namespace {

constexpr char kStyle[] = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de; --band: #f6f8fa;
        --bad: #a40e26; --good: #116329; --warn: #7d4e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9da7b3; --line: #30363d;
        --band: #161b22; --bad: #ff9492; --good: #7ee787; --warn: #f2cc60; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 68rem; margin: 0 auto;
       padding: 1.5rem; }
h1 { font-size: 1.8rem; margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin-bottom: .3rem; } .soft { color: var(--soft); } .bad { color: var(--bad); } .good { color: var(--good); }
.warn { color: var(--warn); } code { font-size: .9em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; } caption { text-align: left; color: var(--soft); padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--band); } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
ol.time { list-style: none; padding: 0; } ol.time > li { border-left: 3px solid var(--line); padding: .2rem 0 .6rem 1rem; }
ol.time > li.refused { border-color: var(--bad); } ul.events { margin: .2rem 0; padding-left: 1.2rem; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; }
.scroll { overflow-x: auto; }
)";

class Page {
 public:
  explicit Page(std::ostream& out) : out_(out) {}

  void Begin(const ReportData& data, absl::Time now);
  void Cases(const ReportData& data);
  void Priorities(const ReportData& data);
  void Refusals(const ReportData& data);
  void Clocks(const ReportData& data);
  void SignOffs(const ReportData& data);
  void Loads(const ReportData& data);
  void Repeats(const ReportData& data);
  void Told(const ReportData& data);
  void Blocked(const ReportData& data);
  void Proof(const ReportData& data, const RebuildProof& proof);
  void End() { out_ << "</main>\n</body>\n</html>\n"; }

 private:
  struct Column {
    const char* title;
    bool number = false;
  };
  void BeginTable(const std::string& caption, const std::vector<Column>& columns);
  void Row(const std::vector<std::string>& cells);  // cells are HTML
  void EndTable() { out_ << "</tbody></table></div>\n"; }
  void RefusalItem(const v1::Refusal& refusal);
  void DecisionItem(const v1::Decision& decision);
  void Explanation(const v1::CaseExplanation& explanation);

  std::ostream& out_;
  std::vector<Column> columns_;
};

void Page::BeginTable(const std::string& caption, const std::vector<Column>& columns) {
  columns_ = columns;
  out_ << "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" << HtmlText(caption)
       << "\"><table><caption>" << HtmlText(caption) << "</caption><thead><tr>";
  for (const Column& column : columns)
    out_ << "<th scope=\"col\"" << (column.number ? " class=\"n\"" : "") << ">" << column.title << "</th>";
  out_ << "</tr></thead><tbody>\n";
}

void Page::Row(const std::vector<std::string>& cells) {
  out_ << "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    const char* css = columns_[i].number ? " class=\"n\"" : "";
    if (i == 0) {
      out_ << "<th scope=\"row\"" << css << ">" << cells[i] << "</th>";
    } else {
      out_ << "<td" << css << ">" << cells[i] << "</td>";
    }
  }
  out_ << "</tr>\n";
}

void Page::Begin(const ReportData& data, absl::Time now) {
  out_ << "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\">\n<title>Caseward report</title>\n<style>"
       << kStyle
       << "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<main id=\"main\">\n"
       << "<h1>Caseward report</h1>\n<p class=\"soft\">" << Instant(now) << ", log <code>"
       << HtmlText(data.status.log_id()) << "</code>: " << WithCommas(data.cases) << " cases, "
       << WithCommas(data.records) << " decisions recorded.</p>\n"
       << "<p>Every refusal below names its rule and its clause, and every clock was computed from the published "
          "policy.</p>\n";
}

void Page::Cases(const ReportData& data) {
  out_ << "<h2>Where the cases stand</h2>\n";
  const char* const phases[] = {"reported", "open", "closing", "closed", "withdrawn"};
  std::vector<Column> columns = {{"Case type"}};
  for (const char* phase : phases)
    columns.push_back({phase, true});
  BeginTable("Cases by type and phase", columns);
  for (const auto& [type, by_phase] : data.cases_by_type_and_phase) {
    std::vector<std::string> cells = {HtmlText(type)};
    for (const char* phase : phases) {
      const auto found = by_phase.find(phase);
      cells.push_back(found == by_phase.end() ? "0" : WithCommas(found->second));
    }
    Row(cells);
  }
  EndTable();
}

void Page::Priorities(const ReportData& data) {
  std::vector<Column> columns = {{"Case type"}};
  const char* const priorities[] = {"P1", "P2", "P3"};
  for (const char* priority : priorities)
    columns.push_back({priority, true});
  BeginTable("Cases by type and priority; those that are open in brackets", columns);
  for (const auto& [type, by_priority] : data.picture.by_type_and_priority()) {
    std::vector<std::string> cells = {HtmlText(type)};
    for (const char* priority : priorities) {
      const uint64_t all = CountIn(data.picture.by_type_and_priority(), type, priority);
      const uint64_t open = CountIn(data.picture.open_by_type_and_priority(), type, priority);
      cells.push_back(absl::StrCat(WithCommas(all), " (", WithCommas(open), ")"));
    }
    Row(cells);
  }
  EndTable();
}

void Page::Refusals(const ReportData& data) {
  out_ << "<h2>What was refused, and by which clause</h2>\n";
  if (data.refusals.empty()) {
    out_ << "<p>Nothing was refused.</p>\n";
    return;
  }
  BeginTable(
      "Refusals by rule; those found in a history that was taken in are counted apart",
      {{"Rule"}, {"Clause"}, {"What it says, and what would unblock it"}, {"Times", true}, {"In a history", true}});
  for (const RefusalLine& line : data.refusals) {
    Row({HtmlText(line.rule), HtmlText(line.clause.empty() ? "the system's own" : line.clause),
         absl::StrCat(HtmlText(line.say),
                      line.unblock.empty() ? "" : "<br><span class=\"soft\">" + HtmlText(line.unblock) + "</span>"),
         WithCommas(line.times), WithCommas(line.historical)});
  }
  EndTable();
}

void Page::Clocks(const ReportData& data) {
  out_ << "<h2>Clocks: met, warned, breached</h2>\n";
  BeginTable("What became of every clock that was started; recurring clocks count each round", {{"Clock"},
                                                                                                {"Started", true},
                                                                                                {"Met", true},
                                                                                                {"Warned", true},
                                                                                                {"Breached", true},
                                                                                                {"Met late", true},
                                                                                                {"Ceased", true},
                                                                                                {"Running now", true}});
  for (const ClockLine& line : data.clocks) {
    const auto mark = [](uint64_t n, const char* css) {
      return n == 0 ? std::string("0") : absl::StrCat("<span class=\"", css, "\">", WithCommas(n), "</span>");
    };
    Row({HtmlText(line.clock), WithCommas(line.started), mark(line.met, "good"), mark(line.warned, "warn"),
         mark(line.breached, "bad"), WithCommas(line.met_late), WithCommas(line.ceased), WithCommas(line.running)});
  }
  EndTable();
}

void Page::SignOffs(const ReportData& data) {
  out_ << "<h2>Who signed</h2>\n";
  BeginTable("Sign-offs by subject; a signature is void when the case changes after it",
             {{"Subject"},
              {"Granted", true},
              {"By whoever stands in", true},
              {"Refused", true},
              {"Items waived", true},
              {"Void", true}});
  for (const auto& [subject, counts] : data.picture.sign_offs()) {
    Row({HtmlText(subject), WithCommas(counts.granted), WithCommas(counts.delegated), WithCommas(counts.refused),
         WithCommas(counts.waived), WithCommas(counts.voided)});
  }
  EndTable();
}

void Page::Loads(const ReportData& data) {
  const std::vector<OwnerLoad> loads = data.picture.Loads();
  const size_t shown = std::min(loads.size(), kLoadsShownMax);
  out_ << "<h2>Who has how much to do</h2>\n";
  BeginTable(absl::StrCat("Open cases by owner, most first: ", shown, " of ", loads.size()),
             {{"Owner"}, {"Open", true}, {"Of these P1", true}, {"With a clock missed", true}});
  for (size_t i = 0; i < shown; ++i) {
    const OwnerLoad& load = loads[i];
    Row({load.owner.empty() ? "nobody" : HtmlText(load.owner), WithCommas(load.open), WithCommas(load.p1),
         WithCommas(load.overdue)});
  }
  EndTable();
}

void Page::Repeats(const ReportData& data) {
  out_ << "<h2>Who comes back</h2>\n";
  BeginTable(absl::StrCat("Residents by how many cases they have; the most of one are ",
                          WithCommas(data.picture.most_cases_of_one())),
             {{"Cases", true}, {"Residents", true}});
  const std::vector<uint64_t> residents = data.picture.Repeats();
  for (size_t i = 0; i < residents.size(); ++i)
    Row({absl::StrCat(i + 1, i + 1 == residents.size() ? " or more" : ""), WithCommas(residents[i])});
  EndTable();
}

void Page::RefusalItem(const v1::Refusal& refusal) {
  out_ << "<strong class=\"bad\">Refused by " << HtmlText(refusal.rule()) << "</strong>";
  if (!refusal.clause().empty()) out_ << " (" << HtmlText(refusal.clause()) << ")";
  out_ << ": " << HtmlText(refusal.say());
  if (!refusal.missing().empty()) {
    out_ << "<ul class=\"events\">";
    for (const v1::Missing& missing : refusal.missing()) {
      out_ << "<li>Missing " << HtmlText(missing.id()) << (missing.say().empty() ? "" : ": ")
           << HtmlText(missing.say());
      if (!missing.by_roles().empty()) out_ << " (by " << HtmlText(absl::StrJoin(missing.by_roles(), " or ")) << ")";
      out_ << "</li>";
    }
    out_ << "</ul>";
  }
  if (!refusal.unblock().empty()) out_ << " <span class=\"soft\">" << HtmlText(refusal.unblock()) << "</span>";
}

void Page::DecisionItem(const v1::Decision& decision) {
  out_ << "<li" << (decision.has_refusal() ? " class=\"refused\"" : "") << "><span class=\"soft\">"
       << Instant(decision.recorded_at()) << "</span> <strong>" << HtmlText(decision.actor().id()) << "</strong> "
       << HtmlText(CommandLine(decision.command())) << "<br>\n";
  if (decision.has_refusal()) RefusalItem(decision.refusal());
  if (!decision.accepted().events().empty()) {
    out_ << "<ul class=\"events\">";
    for (const v1::Event& event : decision.accepted().events()) {
      const bool breach = event.has_clock_breached();
      out_ << "<li" << (breach ? " class=\"bad\"" : "") << ">" << HtmlText(EventLine(event)) << " <span class=\"soft\">"
           << Instant(event.occurred_at());
      if (!event.clause().empty()) out_ << ", " << HtmlText(event.clause());
      out_ << "</span></li>\n";
    }
    out_ << "</ul>";
  }
  out_ << "</li>\n";
}

void Page::Explanation(const v1::CaseExplanation& explanation) {
  for (const v1::ClockExplanation& why : explanation.clocks()) {
    const v1::ClockState& clock = why.clock();
    out_ << "<details><summary><strong>" << HtmlText(clock.clock()) << "</strong>: " << Name(clock.status()) << ", due "
         << Instant(clock.due_exclusive()) << " <span class=\"soft\">" << HtmlText(why.clause()) << ", "
         << Name(why.provenance()) << "</span></summary><ul class=\"events\">";
    for (const std::string& line : why.lines())
      out_ << "<li>" << HtmlText(line) << "</li>";
    out_ << "</ul></details>\n";
  }
}

void Page::Told(const ReportData& data) {
  for (const ToldCase& told : data.told) {
    out_ << "<h2>Case " << HtmlText(told.state.case_id()) << ", " << HtmlText(told.state.case_type()) << "</h2>\n<p>"
         << Name(told.state.priority()) << ", " << Name(told.state.phase()) << ", owner "
         << HtmlText(told.state.owner().empty() ? "nobody" : told.state.owner())
         << ".</p>\n<h3>What was asked, and what came of it</h3>\n"
         << "<ol class=\"time\">\n";
    for (const v1::Decision& decision : told.decisions)
      DecisionItem(decision);
    out_ << "</ol>\n<h3>Why each clock is due when it is</h3>\n";
    Explanation(told.explanation);
    if (told.state.phase() == v1::PHASE_CLOSED) continue;
    out_ << "<h3>What stands between this case and closing</h3>\n<ul>\n";
    for (const v1::Refusal& refusal : told.explanation.closing_blocked_by()) {
      out_ << "<li>";
      RefusalItem(refusal);
      out_ << "</li>\n";
    }
    if (told.explanation.closing_blocked_by().empty()) out_ << "<li class=\"good\">Nothing.</li>\n";
    out_ << "</ul>\n";
  }
}

void Page::Blocked(const ReportData& data) {
  out_ << "<h2>What stands between open cases and closing</h2>\n";
  BeginTable(absl::StrCat("The ", data.blocked.size(), " open cases whose clocks move next"),
             {{"Case"}, {"Type"}, {"Priority"}, {"Owner"}, {"In the way"}});
  for (const BlockedCase& blocked : data.blocked) {
    std::string way;
    for (const v1::Refusal& refusal : blocked.explanation.closing_blocked_by()) {
      std::vector<std::string> missing;
      for (const v1::Missing& item : refusal.missing())
        missing.push_back(item.id());
      absl::StrAppend(&way, way.empty() ? "" : "<br>", "<strong>", HtmlText(refusal.rule()), "</strong> ",
                      HtmlText(refusal.clause()), missing.empty() ? "" : ": " + HtmlText(absl::StrJoin(missing, ", ")));
    }
    Row({HtmlText(blocked.state.case_id()), HtmlText(blocked.state.case_type()), Name(blocked.state.priority()),
         HtmlText(blocked.state.owner().empty() ? "nobody" : blocked.state.owner()), way.empty() ? "nothing" : way});
  }
  EndTable();
}

void Page::Proof(const ReportData& data, const RebuildProof& proof) {
  out_ << "<h2>Proof: the state is what the log says</h2>\n<p>Each partition's state has a digest. Deleting the state "
          "and "
          "replaying the log must give the same digest at the same record.</p>\n";
  if (!proof.before.empty()) {
    BeginTable("Digest of the state before it was deleted and after it was rebuilt from the log",
               {{"Partition", true}, {"Up to record", true}, {"Digest before"}, {"After"}});
    for (const TakenDigest& before : proof.before) {
      const auto after = std::find_if(proof.after.begin(), proof.after.end(),
                                      [&](const TakenDigest& one) { return one.partition == before.partition; });
      const bool equal =
          after != proof.after.end() && after->sequence == before.sequence && after->digest == before.digest;
      Row({absl::StrCat(before.partition), WithCommas(before.sequence), "<code>" + HtmlText(before.digest) + "</code>",
           equal ? "<span class=\"good\">equal</span>"
           : after == proof.after.end()
               ? "not given"
               : "<strong class=\"bad\">DIFFERENT</strong> <code>" + HtmlText(after->digest) + "</code>"});
    }
    EndTable();
  }
  BeginTable("Digest of the state now, and root of the tree of its records",
             {{"Partition", true}, {"Up to record", true}, {"State"}, {"Records"}});
  for (const v1::PartitionDigest& one : data.digests.partitions()) {
    Row({absl::StrCat(one.position().partition()), WithCommas(one.position().sequence()),
         "<code>" + Hex(one.digest()) + "</code>", "<code>" + Hex(one.merkle_root()) + "</code>"});
  }
  EndTable();
}

}  // namespace

std::string HtmlText(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

void WriteReportPage(std::ostream& out, const ReportData& data, const RebuildProof& proof, absl::Time now) {
  Page page(out);
  page.Begin(data, now);
  page.Cases(data);
  page.Priorities(data);
  page.Refusals(data);
  page.Clocks(data);
  page.SignOffs(data);
  page.Loads(data);
  page.Repeats(data);
  page.Told(data);
  page.Blocked(data);
  page.Proof(data, proof);
  page.End();
}

}  // namespace caseward::cli
