// What may be asked of a case in each phase: every verb, every phase, one cell each.
//
//   ok         accepted
//   C-closed   refused by that rule
//   ~C-phase   under import: refused by that rule, and kept as a historical fact beside the refusal
//
// A verb that is new in proto/ fails EveryVerbHasARow until it has one.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/policy/verbs.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

constexpr std::array<const char*, 7> kPhases = {"none",   "reported",  "open",     "closing",
                                                "closed", "withdrawn", "importing"};

struct Row {
  const char* verb;
  std::array<const char*, 7> cells;
};

// clang-format off
const std::vector<Row>& Table() {
  static const auto& rows = *new std::vector<Row>{
  // verb                      none              reported       open           closing        closed         withdrawn      importing
  {"report",                 {"ok",             "C-exists",    "C-exists",    "C-exists",    "C-closed",    "C-closed",    "C-exists"}},
  {"triage",                 {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"assign",                 {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"hand_over",              {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"accept_handover",        {"C-unknown-case", "C-handover",  "C-handover",  "C-handover",  "C-closed",    "C-closed",    "~C-handover"}},
  {"reject_handover",        {"C-unknown-case", "C-handover",  "C-handover",  "C-handover",  "C-closed",    "C-closed",    "~C-handover"}},
  {"contact",                {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"step",                   {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"plan",                   {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"add_action",             {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"complete_action",        {"C-unknown-case", "ok",          "ok",          "C-action",    "C-closed",    "C-closed",    "ok"}},
  {"cancel_action",          {"C-unknown-case", "ok",          "ok",          "C-action",    "C-closed",    "C-closed",    "ok"}},
  {"promise",                {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"keep_promise",           {"C-unknown-case", "ok",          "ok",          "C-promise",   "C-closed",    "C-closed",    "ok"}},
  {"escalate",               {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"pause",                  {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"resume",                 {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"extend",                 {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"cease",                  {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"change_priority",        {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"propose_closure",        {"C-unknown-case", "C-phase",     "ok",          "C-phase",     "C-closed",    "C-closed",    "ok"}},
  {"withdraw_closure",       {"C-unknown-case", "C-phase",     "C-phase",     "ok",          "C-closed",    "C-closed",    "~C-phase"}},
  {"sign_off",               {"C-unknown-case", "C-phase",     "C-phase",     "ok",          "C-closed",    "C-closed",    "~C-phase"}},
  {"close",                  {"C-unknown-case", "C-phase",     "C-phase",     "T-SIGN",      "C-closed",    "C-closed",    "~C-phase"}},
  {"reopen",                 {"C-unknown-case", "C-phase",     "C-phase",     "C-phase",     "ok",          "ok",          "~C-phase"}},
  {"link",                   {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"withdraw",               {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"correct",                {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"history",                {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"finish_import",          {"C-unknown-case", "C-importing", "C-importing", "C-importing", "C-importing", "C-importing", "ok"}},
  {"refer",                  {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "ok"}},
  {"answer_referral",        {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"enquire",                {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"answer",                 {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"chase",                  {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"share",                  {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"review_sharing",         {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"split",                  {"C-unknown-case", "ok",          "ok",          "ok",          "C-closed",    "C-closed",    "~C-importing"}},
  {"open_split",             {"ok",             "C-exists",    "C-exists",    "C-exists",    "C-exists",    "C-exists",    "C-exists"}},
  {"note_split",             {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"note_resident_merged",   {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"fire_clock",             {"C-unknown-case", "ok",          "ok",          "ok",          "C-timer",     "C-timer",     "ok"}},
  {"note_reference_claimed", {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  {"note_linked",            {"C-unknown-case", "ok",          "ok",          "ok",          "ok",          "ok",          "ok"}},
  };
  return rows;
}
// clang-format on

// Verbs of other streams: the partition never brings them to a case.
const std::set<std::string>& NotOfACase() {
  static const auto& verbs = *new std::set<std::string>{
      "register_resident", "update_resident",    "erase_resident",   "publish_pack",      "publish_calendar",
      "register_agency",   "register_agreement", "review_agreement", "suspend_agreement", "merge_resident",
      "accept_merge",      "note_merge",         "follow_erasure",   "delegate",          "register_staff",
      "claim_reference",   "sign_head",          "confirm_time",     "count_refusals",    "note_caseload"};
  return verbs;
}

const char* const kStart = "2026-11-23T10:00:00Z";
const char* const kWhen = "2026-11-24T10:00:00Z";
const char* const kOther = "C-00-000000-000001-1";

// A reasonable request of each verb, and who asks.
struct Request {
  v1::Command command;
  v1::Actor actor = Mo();
};
Request RequestOf(const std::string& verb, const ACase& c) {
  const absl::Time friday = At("2026-11-27T12:00:00Z");
  const std::map<std::string, std::function<Request()>> requests = {
      {"report",
       [] {
         return Request{ask::Report(), Cleo()};
       }},
      {"triage", [] { return Request{ask::Triage()}; }},
      {"assign",
       [] {
         return Request{ask::Assign("nia"), Tess()};
       }},
      {"hand_over", [] { return Request{ask::HandOver("nia")}; }},
      {"accept_handover",
       [] {
         return Request{ask::AcceptHandover(), Nia()};
       }},
      {"reject_handover",
       [] {
         return Request{ask::RejectHandover(), Nia()};
       }},
      {"contact", [] { return Request{ask::Contact()}; }},
      {"step", [] { return Request{ask::Step("incident")}; }},
      {"plan",
       [&] {
         return Request{ask::Plan({{"visit", friday}})};
       }},
      {"add_action", [&] { return Request{ask::AddAction("letter", friday)}; }},
      {"complete_action", [] { return Request{ask::CompleteAction("a1")}; }},
      {"cancel_action", [] { return Request{ask::CancelAction("a1")}; }},
      {"promise", [&] { return Request{ask::Promise("camera", friday)}; }},
      {"keep_promise", [] { return Request{ask::KeepPromise("p2")}; }},
      {"escalate", [] { return Request{ask::Escalate("team_manager")}; }},
      {"pause", [] { return Request{ask::Pause("first_contact", "resident_away")}; }},
      {"resume", [] { return Request{ask::Resume("long")}; }},
      {"extend", [] { return Request{ask::Extend("first_contact", "1 working_day", "complex")}; }},
      {"cease", [] { return Request{ask::Cease("first_contact", "in_error")}; }},
      {"change_priority", [] { return Request{ask::ChangePriority(kP1)}; }},
      {"propose_closure", [] { return Request{ask::ProposeClosure()}; }},
      {"withdraw_closure", [] { return Request{ask::WithdrawClosure()}; }},
      {"sign_off",
       [] {
         return Request{ask::Grant(), Ruth()};
       }},
      {"close", [] { return Request{ask::Close()}; }},
      {"reopen", [] { return Request{ask::Reopen()}; }},
      {"link", [] { return Request{ask::Link(kOther)}; }},
      {"withdraw",
       [] {
         return Request{ask::Withdraw(), Tess()};
       }},
      {"correct", [] { return Request{ask::Correct(1)}; }},
      {"history", [] { return Request{ask::History("letter sent")}; }},
      {"finish_import", [] { return Request{ask::FinishImport(At(kWhen))}; }},
      {"refer", [&] { return Request{ask::Refer("police", "hate_unit", friday)}; }},
      {"answer_referral", [] { return Request{ask::AnswerReferral("r1", v1::AnswerReferral::ANSWER_ACCEPTED)}; }},
      {"enquire", [] { return Request{ask::Enquire("police", v1::ENQUIRY_DIRECTION_FROM_AGENCY)}; }},
      {"answer", [] { return Request{ask::Told("e1")}; }},
      {"chase", [] { return Request{ask::ChaseReferral("r1")}; }},
      {"share", [] { return Request{ask::Share("police")}; }},
      {"review_sharing",
       [] {
         return Request{ask::ReviewSharing("s1"), Ruth()};
       }},
      {"split", [] { return Request{ask::Split({2})}; }},
      {"open_split",
       [] {
         return Request{ask::OpenSplit(kOther, At(kStart)), SystemActor()};
       }},
      {"note_split",
       [] {
         return Request{ask::NoteSplit(kOther), SystemActor()};
       }},
      {"note_resident_merged",
       [] {
         return Request{ask::NoteResidentMerged("R-00-000000-000001-1"), SystemActor()};
       }},
      {"fire_clock",
       [&] {
         const absl::Time due = c.opened() ? c.Due("answer") : At(kWhen);
         return Request{ask::Fire("answer", v1::FireClock::EDGE_BREACH, due), SystemActor()};
       }},
      {"note_reference_claimed",
       [] {
         return Request{ask::NoteReferenceClaimed("9", kOther), SystemActor()};
       }},
      {"note_linked",
       [] {
         return Request{ask::NoteLinked(kOther), SystemActor()};
       }},
  };
  return requests.at(verb)();
}

// A case in each phase, a day old, with an open action, an open promise, a paused clock and one that is due just now.
ACase InPhase(const std::string& phase) {
  ACase c;
  c.At(kStart);
  if (phase == "none") return c;
  v1::Command report = ask::Report();
  SetTimestamp(At(kWhen), report.mutable_report_case()->mutable_respond_by());
  report.set_importing(phase == "importing");
  c.Does(report, Cleo()).Owned("mo").Does(ask::Pause("long", "court"));
  c.Does(ask::AddAction("", At("2026-11-26T12:00:00Z"))).Does(ask::Promise("", At("2026-11-26T12:00:00Z")));
  c.Does(ask::Refer("police", "hate_unit", At("2026-11-27T12:00:00Z")));
  c.Does(ask::Enquire("police", v1::ENQUIRY_DIRECTION_FROM_AGENCY));
  if (phase != "reported" && phase != "importing") c.Triaged();
  if (phase == "importing") c.Does(ask::History("received")).Does(ask::Step("risk", {{"band", ask::Code("low")}}));
  if (phase == "open") c.Assessed();
  if (phase == "closing" || phase == "closed") {
    c.Assessed().Does(ask::CompleteAction("a1")).Does(ask::KeepPromise("p2")).Proposed().Answered();
  }
  if (phase == "closed") c.Signed().Closed();
  if (phase == "withdrawn") c.Withdrawn();
  return c.At(kWhen);
}

std::string CellOf(const std::string& phase, const std::string& verb) {
  ACase c = InPhase(phase);
  const Request request = RequestOf(verb, c);
  const CaseVerdict verdict = c.Do(request.command, request.actor);
  if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) return refusal->rule();
  const auto& events = std::get<CaseAccepted>(verdict).events;
  if (!events.empty() && events.front().has_historical_fact())
    return "~" + events.front().historical_fact().refusal().rule();
  return "ok";
}

TEST(PhaseVerbTable, EveryCell) {
  for (const Row& row : Table()) {
    for (size_t i = 0; i < kPhases.size(); ++i) {
      EXPECT_EQ(CellOf(kPhases[i], row.verb), row.cells[i]) << row.verb << " of a case that is " << kPhases[i];
    }
  }
}

TEST(PhaseVerbTable, EveryVerbHasARow) {
  std::set<std::string> rows;
  for (const Row& row : Table())
    rows.insert(row.verb);
  size_t of_a_case = 0;
  const auto* verbs = v1::Command::descriptor()->FindFieldByNumber(v1::Command::kReportCase)->containing_oneof();
  for (int i = 0; i < verbs->field_count(); ++i) {
    const std::string name(VerbName(static_cast<Verb>(verbs->field(i)->number())));
    EXPECT_NE(rows.contains(name), NotOfACase().contains(name))
        << name << " is in the table, or said not to be of a case";
    of_a_case += NotOfACase().contains(name) ? 0 : 1;
  }
  EXPECT_EQ(Table().size(), of_a_case);
}

TEST(PhaseVerbTable, L7_EveryRefusalSaysWhyAndWhatWouldUnblockIt) {
  int refusals = 0;
  for (const Row& row : Table()) {
    for (const char* phase : kPhases) {
      ACase c = InPhase(phase);
      const Request request = RequestOf(row.verb, c);
      const CaseVerdict verdict = c.Do(request.command, request.actor);
      const auto* refusal = std::get_if<v1::Refusal>(&verdict);
      if (refusal == nullptr) continue;
      ++refusals;
      EXPECT_FALSE(refusal->rule().empty() || refusal->say().empty() || refusal->unblock().empty())
          << row.verb << " of a case that is " << phase << ": " << refusal->ShortDebugString();
    }
  }
  EXPECT_GT(refusals, 60);
}

TEST(PhaseVerbTable, ARefusalChangesNothing) {
  for (const Row& row : Table()) {
    for (const char* phase : kPhases) {
      ACase c = InPhase(phase);
      if (!c.opened()) continue;
      const std::string before = c.state().DebugString();
      const Request request = RequestOf(row.verb, c);
      if (std::holds_alternative<v1::Refusal>(c.Do(request.command, request.actor))) {
        EXPECT_EQ(c.state().DebugString(), before) << row.verb << " of a case that is " << phase;
      }
    }
  }
}

}  // namespace
}  // namespace caseward::test
