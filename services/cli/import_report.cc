#include "services/cli/import_report.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/clock_id.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"
#include "engine/policy/verbs.h"
#include "services/cli/progress.h"
#include "services/cli/text.h"

namespace caseward::cli {
namespace {

constexpr std::string_view kEngineRule = "C-";

// The engine's own checks, and the pack's clocks that quote a reason: C-pause quotes the clause of the clock.
bool OfThePack(std::string_view rule) { return !rule.starts_with(kEngineRule) || rule == "C-pause"; }

// One case while its pages are read.
class CaseFindings {
 public:
  CaseFindings(HistoryFindings& findings, const v1::CaseState& state) : all_(findings), state_(state) {
    ++all_.cases;
    ++all_.cases_by_priority[state.priority()];
    all_.up_to = std::max(all_.up_to, ToTime(state.imported_up_to()));
  }

  void See(const v1::Decision& decision) {
    for (const v1::Event& event : decision.accepted().events()) {
      const bool after = ToTime(event.occurred_at()) > ToTime(state_.imported_up_to());
      if (!after || event.has_import_finished()) See(event, decision);
    }
  }

  void End() {
    for (const std::string& rule : rules_)
      ++all_.by_rule[rule_verb_.at(rule)].cases;
    if (std::any_of(rule_verb_.begin(), rule_verb_.end(), [](const auto& one) { return OfThePack(one.second.first); }))
      ++all_.cases_refused;
    ++all_.cases_by_hand_overs[hand_overs_];
    if (returns_ > 0) ++all_.cases_returned;
    for (const auto& [clock, rounds] : open_)
      all_.clocks[{clock, state_.priority()}].open += rounds;
  }

 private:
  void See(const v1::Event& event, const v1::Decision& decision) {
    const absl::Time at = ToTime(event.occurred_at());
    if (event.has_history_recorded()) Happened(at);
    if (event.has_historical_fact()) {
      Refused(event.historical_fact().refusal(), decision.command());
      if (decision.command().has_record_history()) Happened(at);
    }
    if (event.has_owner_assigned()) Owner(event.owner_assigned().owner());
    if (event.has_handover_accepted()) {
      ++all_.hand_overs;
      ++hand_overs_;
      Owner(event.handover_accepted().owner());
    }
    if (event.has_handover_rejected()) ++all_.passed_on;
    if (event.has_clock_paused()) paused_[event.clock_paused().clock()] = {at, event.clock_paused().reason_code()};
    if (event.has_clock_resumed()) Resumed(event.clock_resumed().clock(), at);
    SeeClock(event);
  }

  void SeeClock(const v1::Event& event) {
    const auto count = [&](const std::string& clock, uint64_t HistoryFindings::Clock::*field, int open) {
      const std::string definition(ClockDefinitionOf(clock));
      ++(all_.clocks[{definition, state_.priority()}].*field);
      open_[definition] += open;
    };
    if (event.has_clock_started()) count(event.clock_started().clock(), &HistoryFindings::Clock::started, 1);
    if (event.has_clock_met()) count(event.clock_met().clock(), &HistoryFindings::Clock::met, -1);
    if (event.has_clock_breached()) count(event.clock_breached().clock(), &HistoryFindings::Clock::breached, -1);
    if (event.has_clock_ceased()) count(event.clock_ceased().clock(), &HistoryFindings::Clock::ended, -1);
  }

  void Happened(absl::Time at) {
    ++all_.events;
    all_.first = std::min(all_.first, at);
    all_.last = std::max(all_.last, at);
  }

  void Refused(const v1::Refusal& refusal, const v1::Command& command) {
    const std::pair<std::string, std::string> key(refusal.rule(), std::string(VerbName(command.verb_case())));
    ++all_.by_rule[key].times;
    const std::string name = absl::StrCat(key.first, " ", key.second);
    rules_.insert(name);
    rule_verb_[name] = key;
    if (command.has_pause_clock()) ++all_.refused_pauses[command.pause_clock().reason_code()];
  }

  // A case that comes back to whom had it before, and has been elsewhere since.
  void Owner(const std::string& owner) {
    if (!owners_.insert(owner).second) {
      ++returns_;
      ++all_.returns;
    }
  }

  void Resumed(const std::string& clock, absl::Time at) {
    const auto paused = paused_.find(clock);
    if (paused == paused_.end()) return;
    HistoryFindings::Held& held = all_.held[paused->second.second];
    ++held.times;
    held.time += at - paused->second.first;
    paused_.erase(paused);
  }

  HistoryFindings& all_;
  const v1::CaseState state_;
  std::set<std::string> rules_;
  std::map<std::string, std::pair<std::string, std::string>> rule_verb_;
  std::set<std::string> owners_;
  std::map<std::string, int64_t> open_;
  std::map<std::string, std::pair<absl::Time, std::string>> paused_;
  uint64_t hand_overs_ = 0;
  uint64_t returns_ = 0;
};

std::string Share(uint64_t part, uint64_t of) {
  return of == 0 ? "-" : absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(of));
}

// What the pack says of one of its rules; for C-pause, of the clock whose reasons it is.
struct Source {
  std::string title;
  std::string clause;
  std::string provenance;
};
Source SourceOf(const v1::Pack& pack, const std::string& rule) {
  for (const v1::Rule& one : pack.rules()) {
    if (one.id() == rule) return {one.title(), one.clause(), Name(one.provenance())};
  }
  for (const v1::Clock& clock : pack.clocks()) {
    if (rule == "C-pause" && !clock.pause_reasons().empty()) {
      return {absl::StrCat("held for a reason that `", clock.id(), "` does not allow"), clock.clause(),
              Name(clock.provenance())};
    }
  }
  return {"", "the engine's own", "-"};
}

// ", within 8 hours for P1, 72 hours for P2, else 240 hours".
std::string Within(const v1::Clock& clock) {
  std::vector<std::string> spans;
  for (const v1::Within& within : clock.within()) {
    const bool any = within.priority() == v1::PRIORITY_UNSPECIFIED;
    spans.push_back(absl::StrCat(any && clock.within_size() > 1 ? "else " : "", FormatSpan(within.span()),
                                 any ? std::string() : absl::StrCat(" for ", Name(within.priority())),
                                 within.has_when() ? " in some cases" : ""));
  }
  return spans.empty() ? "" : absl::StrCat(", within ", absl::StrJoin(spans, ", "));
}

class FindingsPage {
 public:
  FindingsPage(std::ostream& out, const HistoryFindings& findings) : out_(out), f_(findings) {}

  void Head(const std::string& command) {
    out_ << "# " << f_.pack.title() << ": what a history shows\n\n"
         << "Made by this command, after the import; nothing was written by hand:\n\n```\n"
         << command << "\n```\n\n"
         << WithCommas(f_.cases) << " cases of type `" << f_.case_type << "` from the system `"
         << absl::StrJoin(f_.systems, "`, `") << "`, " << WithCommas(f_.events) << " events, from " << Instant(f_.first)
         << " to " << Instant(f_.last) << ". Clocks are judged as they stood at " << Instant(f_.up_to) << ". Pack `"
         << f_.pack.id() << "`, version " << f_.pack.version() << ". Cases by priority: "
         << absl::StrJoin(f_.cases_by_priority, ", ",
                          [](std::string* out, const auto& one) {
                            absl::StrAppend(out, Name(one.first), " ", WithCommas(one.second));
                          })
         << ".\n\n"
         << "A rule or duration with the provenance OURS or SECTOR is a proposal to hold the history to, not the "
            "policy of the\n"
            "organisation it comes from. What is counted as refused happened all the same: it is kept in the timeline "
            "as a\n"
            "historical fact, with the refusal beside it.\n\n";
  }

  void Refusals() {
    out_ << "## What would have been refused\n\n"
         << WithCommas(f_.cases_refused) << " cases (" << Share(f_.cases_refused, f_.cases)
         << ") met a rule of the pack.\n\n"
         << "| rule | what was asked | clause | provenance | times | cases | of all cases "
            "|\n|---|---|---|---|---:|---:|---:|\n";
    for (const auto& [key, refused] : f_.by_rule) {
      if (!OfThePack(key.first)) continue;
      const Source source = SourceOf(f_.pack, key.first);
      out_ << "| " << key.first << ": " << source.title << " | " << key.second << " | " << source.clause << " | "
           << source.provenance << " | " << WithCommas(refused.times) << " | " << WithCommas(refused.cases) << " | "
           << Share(refused.cases, f_.cases) << " |\n";
    }
    out_ << "\nBeside the pack's rules the engine checks that an act fits the case as it stands. Most of what follows "
            "is "
            "the consequence\n"
            "of a refusal above: a clock that was never held cannot be resumed, one that is over or late cannot be "
            "held, "
            "a case that\n"
            "was never closed cannot be reopened.\n\n"
         << "| check | what was asked | times | cases |\n|---|---|---:|---:|\n";
    for (const auto& [key, refused] : f_.by_rule) {
      if (OfThePack(key.first)) continue;
      out_ << "| [" << key.first << "](errors/" << key.first << ".md) | " << key.second << " | "
           << WithCommas(refused.times) << " | " << WithCommas(refused.cases) << " |\n";
    }
    out_ << "\n";
  }

  void Clocks() {
    out_ << "## Which promises were kept\n\n";
    for (const v1::Clock& clock : f_.pack.clocks())
      out_ << "- `" << clock.id() << "`: " << clock.title() << Within(clock) << ".\n";
    out_ << "\nEach time such a clock starts is a round. A breach stands, also if the act came later. A round ends "
            "without "
            "either if\n"
            "what it was for is over; it is open if it was still running or held when the history ends.\n\n"
         << "| clock | clause | priority | rounds | met | breached | ended | open | breached of those judged |\n"
            "|---|---|---|---:|---:|---:|---:|---:|---:|\n";
    for (const v1::Clock& clock : f_.pack.clocks()) {
      for (const auto& [key, c] : f_.clocks) {
        if (key.first != clock.id()) continue;
        out_ << "| `" << clock.id() << "` | " << clock.clause() << " | " << Name(key.second) << " | "
             << WithCommas(c.started) << " | " << WithCommas(c.met) << " | " << WithCommas(c.breached) << " | "
             << WithCommas(c.ended) << " | " << WithCommas(c.open) << " | " << Share(c.breached, c.met + c.breached)
             << " |\n";
      }
    }
    out_ << "\n";
  }

  void Pauses() {
    out_ << "## What held the clocks\n\n| reason | held | days in all | days a hold | refused "
            "|\n|---|---:|---:|---:|---:|\n";
    std::set<std::string> reasons;
    for (const auto& [reason, held] : f_.held)
      reasons.insert(reason);
    for (const auto& [reason, times] : f_.refused_pauses)
      reasons.insert(reason);
    for (const std::string& reason : reasons) {
      const auto held = f_.held.find(reason);
      const auto refused = f_.refused_pauses.find(reason);
      const uint64_t times = held == f_.held.end() ? 0 : held->second.times;
      const double days = held == f_.held.end() ? 0 : absl::ToDoubleHours(held->second.time) / 24;
      out_ << "| " << reason << " | " << WithCommas(times) << " | " << WithCommas(static_cast<uint64_t>(days + 0.5))
           << " | " << (times == 0 ? "-" : absl::StrFormat("%.1f", days / static_cast<double>(times))) << " | "
           << WithCommas(refused == f_.refused_pauses.end() ? 0 : refused->second) << " |\n";
    }
    out_ << "\n";
  }

  void HandOvers() {
    out_ << "## How often a case changed hands\n\n"
         << WithCommas(f_.hand_overs) << " hand-overs were accepted, " << WithCommas(f_.passed_on)
         << " were passed on before anybody took them. " << WithCommas(f_.returns) << " of those accepted ("
         << Share(f_.returns, f_.hand_overs)
         << ") brought the case back to somebody who had had it before: ping-pong, in " << WithCommas(f_.cases_returned)
         << " cases (" << Share(f_.cases_returned, f_.cases) << ").\n\n"
         << "| hand-overs | cases | of all cases |\n|---|---:|---:|\n";
    constexpr std::pair<uint64_t, uint64_t> kBands[] = {{0, 0}, {1, 1}, {2, 4}, {5, 9}, {10, UINT64_MAX}};
    for (const auto& [from, to] : kBands) {
      uint64_t cases = 0;
      for (const auto& [times, n] : f_.cases_by_hand_overs)
        cases += times >= from && times <= to ? n : 0;
      const std::string band = to == UINT64_MAX ? absl::StrCat(from, " or more")
                               : from == to     ? absl::StrCat(from)
                                                : absl::StrCat(from, " to ", to);
      out_ << "| " << band << " | " << WithCommas(cases) << " | " << Share(cases, f_.cases) << " |\n";
    }
  }

 private:
  std::ostream& out_;
  const HistoryFindings& f_;
};

}  // namespace

absl::StatusOr<HistoryFindings> FindInHistory(Session& session, const std::string& case_type) {
  HistoryFindings findings;
  findings.case_type = case_type;
  Progress progress(session.err, session.err_is_terminal, "cases");
  std::string pack_id;
  uint32_t pack_version = 0;
  std::optional<CaseFindings> now;
  const absl::Status walked = WalkCases(session, {.case_type = case_type}, [&](const WalkPage& page) {
    if (!page.state.has_imported_up_to()) return absl::OkStatus();
    if (page.first) {
      now.emplace(findings, page.state);
      for (const v1::ExternalReference& reference : page.state.references())
        findings.systems.insert(reference.system());
    }
    for (const v1::Decision& decision : page.decisions)
      now->See(decision);
    if (page.last) now->End();
    pack_id = page.state.pack_id();
    pack_version = std::max(pack_version, page.state.pack_version());
    progress.Update(findings.cases, 0);
    return absl::OkStatus();
  });
  if (!walked.ok()) return walked;
  if (findings.cases == 0) {
    return absl::NotFoundError(
        absl::StrCat("expected cases of type \"", case_type, "\" that were imported; found none"));
  }
  PackShelf packs(session);
  const absl::StatusOr<const v1::Pack*> pack = packs.Find(pack_id, pack_version);
  if (!pack.ok()) return pack.status();
  if (*pack != nullptr) findings.pack = **pack;
  return findings;
}

void WriteHistoryReport(std::ostream& out, const HistoryFindings& findings, const std::string& command) {
  FindingsPage page(out, findings);
  page.Head(command);
  page.Refusals();
  page.Clocks();
  page.Pauses();
  page.HandOvers();
}

}  // namespace caseward::cli
