// Cases told as they happen, for tests of Decide and Evolve.
//
//   ACase c;
//   c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo");
//   EXPECT_THAT(c.Do(ask::Close(), Ruth()), IsRefusedBy("C-phase"));
//   EXPECT_EQ(c.Due("first_contact"), At("2026-12-01T00:00:00Z"));
//
// The named steps (Reported, Triaged, ...) must be accepted and abort the test binary if they are not; Do may be
// refused. Time stands still until At or After moves it; clocks that fall due meanwhile fire in order.
#pragma once

#include <initializer_list>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"

#include "engine/base/actor.h"
#include "engine/cases/rehearsal.h"
#include "tests/support/agencies.h"
#include "tests/support/england_and_wales.h"
#include "tests/support/full_pack.h"

namespace caseward {

// What a test says when it fails.
void PrintTo(const CaseAccepted& accepted, std::ostream* out);

}  // namespace caseward

namespace caseward::test {

inline constexpr v1::Priority kP1 = v1::PRIORITY_P1;
inline constexpr v1::Priority kP2 = v1::PRIORITY_P2;
inline constexpr v1::Priority kP3 = v1::PRIORITY_P3;

// ---------------------------------------------------------------------------------------------- people

v1::Actor Person(std::string id, std::string role);
inline v1::Actor Cleo() { return Person("cleo", "contact_centre"); }
inline v1::Actor Mo() { return Person("mo", "case_manager"); }
inline v1::Actor Nia() { return Person("nia", "case_manager"); }
inline v1::Actor Tess() { return Person("tess", "team_manager"); }
inline v1::Actor Ruth() { return Person("ruth", "regional_manager"); }
inline v1::Actor Rob() { return Person("rob", "regional_manager"); }
inline v1::Actor Hana() { return Person("hana", "hate_lead"); }
inline v1::Actor Ada() { return Person("ada", "assistant_director"); }
inline v1::Actor Dee() { return Person("dee", "director"); }
v1::Actor Partner();
// Another system, with somebody's role, that says for whom it speaks, or does not.
v1::Actor Service(std::string role, std::string on_behalf_of);

// ---------------------------------------------------------------------------------------------- commands

namespace ask {

using Fields = std::initializer_list<std::pair<const char*, v1::FieldValue>>;
v1::FieldValue Code(std::string code);
v1::FieldValue Number(int64_t number);
v1::FieldValue Flag(bool flag);
v1::FieldValue Time(absl::Time at);
v1::FieldValue Words(std::string text);

v1::Command Report(std::string case_type = "noise", v1::Priority priority = v1::PRIORITY_UNSPECIFIED);
v1::Command Triage(v1::Priority priority = v1::PRIORITY_UNSPECIFIED, std::string case_type = "", Fields answers = {});
v1::Command Assign(std::string owner);
v1::Command HandOver(std::string to);
v1::Command AcceptHandover();
v1::Command RejectHandover();
v1::Command Contact(v1::RecordContact::Outcome outcome = v1::RecordContact::OUTCOME_TWO_WAY,
                    v1::RecordContact::With with = v1::RecordContact::WITH_REPORTER, std::string channel = "phone");
v1::Command Update(absl::Time next_update_by);
v1::Command Step(std::string step, Fields fields = {});
v1::Command Plan(std::initializer_list<std::pair<const char*, absl::Time>> actions = {});
v1::Command AddAction(std::string id, absl::Time due);
v1::Command CompleteAction(std::string id);
v1::Command CancelAction(std::string id);
v1::Command Promise(std::string id, absl::Time due);
v1::Command KeepPromise(std::string id);
v1::Command Escalate(std::string to_role);
v1::Command Pause(std::string clock, std::string reason);
v1::Command Resume(std::string clock);
v1::Command Extend(std::string clock, std::string by, std::string reason);
v1::Command Cease(std::string clock, std::string reason);
v1::Command ChangePriority(v1::Priority to);
v1::Command ProposeClosure();
v1::Command WithdrawClosure();
v1::Command Grant(std::string subject = "closure");
v1::Command Refuse(std::string subject = "closure");
v1::Command Waive(std::string item, std::string subject = "closure");
v1::Command Close();
v1::Command Reopen();
v1::Command Link(std::string other_case_id);
// `versions` move; the main resident stays the same.
v1::Command Split(std::initializer_list<uint64_t> versions, std::string case_type = "noise");
v1::Command OpenSplit(std::string from_case_id, absl::Time aware);
v1::Command NoteSplit(std::string new_case_id, std::string refused_by = "");
v1::Command NoteResidentMerged(std::string survivor_id);
v1::Command Withdraw();
v1::Command Correct(uint64_t version);
v1::Command History(std::string activity);
v1::Command FinishImport(absl::Time up_to);
v1::Command Fire(std::string clock, v1::FireClock::Edge edge, absl::Time due);
v1::Command NoteReferenceClaimed(std::string value, std::string other_case_id);
v1::Command NoteLinked(std::string other_case_id);

// The same command, said to have happened then.
v1::Command Then(absl::Time occurred_at, v1::Command command);

}  // namespace ask

// ---------------------------------------------------------------------------------------------- the case

class ACase {
 public:
  explicit ACase(const CompiledPack& pack = FullPack(), const WorkingCalendar& calendar = EnglandAndWales(),
                 AgencyOf agencies = TestAgency);

  ACase& At(const std::string& instant) { return At(test::At(instant)); }
  ACase& At(absl::Time now);
  ACase& After(absl::Duration time) { return At(now_ + time); }
  // The same, and clocks due at that very instant have fired.
  ACase& Until(const std::string& instant);

  ACase& Reported(const std::string& case_type = "noise", v1::Priority priority = v1::PRIORITY_UNSPECIFIED);
  ACase& Triaged(v1::Priority priority = v1::PRIORITY_UNSPECIFIED);
  ACase& Owned(const std::string& owner);
  ACase& Assessed(const std::string& band = "low");
  ACase& Proposed(const v1::Actor& by = Mo());
  ACase& Answered(const std::string& answer = "agrees");
  ACase& Signed(const v1::Actor& by = Ruth());
  ACase& Closed();
  ACase& Withdrawn();
  // A case whose history is imported from now on; commands are then of the import by themselves.
  ACase& Imported(const std::string& case_type = "noise");
  ACase& Does(const v1::Command& command, const v1::Actor& actor = Mo());

  // Decides, and keeps what it gave.
  CaseVerdict Do(const v1::Command& command, const v1::Actor& actor = Mo());

  absl::Time now() const { return now_; }
  bool opened() const { return rehearsal_.opened(); }
  const v1::CaseState& state() const { return rehearsal_.state(); }
  const Rehearsal::History& history() const { return rehearsal_.history(); }
  // Null if there is none of that id.
  const v1::ClockState* clock(const std::string& id) const;
  v1::ClockState::Status StatusOf(const std::string& id) const;
  absl::Time Due(const std::string& id) const;
  bool HasFlag(const std::string& flag) const;
  // How many events of that name there have been.
  int Count(const std::string& event) const;
  // The latest event of that name; aborts if there is none.
  const v1::Event& Last(const std::string& event) const;
  Rehearsal& rehearsal() { return rehearsal_; }
  CaseContext Context(const v1::Actor& actor) const;

 private:
  const CompiledPack& pack_;
  const WorkingCalendar& calendar_;
  Rehearsal rehearsal_;
  absl::Time now_;
};

const Hasher& TestHasher();
// A noise case reported on Monday 23 November 2026, 10:00. P3: its first contact is due in five working days, on the
// 30th.
ACase Reported();
// The least that two instants are apart.
inline constexpr absl::Duration kTick = absl::Microseconds(1);

std::vector<std::string> NamesOf(const std::vector<v1::Event>& events);
// Of an accepted decision; aborts otherwise.
const CaseAccepted& Accepted(const CaseVerdict& verdict);
// Of a refused one; aborts otherwise.
const v1::Refusal& Refused(const CaseVerdict& verdict);

// ---------------------------------------------------------------------------------------------- matchers

MATCHER_P(IsRefusedBy, rule, std::string(negation ? "is not" : "is") + " refused by " + testing::PrintToString(rule)) {
  const auto* refusal = std::get_if<v1::Refusal>(&arg);
  return refusal != nullptr && refusal->rule() == rule;
}
MATCHER(IsAccepted, std::string(negation ? "is not" : "is") + " accepted") {
  return std::holds_alternative<CaseAccepted>(arg);
}
// Accepted with exactly these events, in order.
MATCHER_P(Gives, names, "gives the events " + testing::PrintToString(names)) {
  const auto* accepted = std::get_if<CaseAccepted>(&arg);
  return accepted != nullptr && NamesOf(accepted->events) == std::vector<std::string>(names.begin(), names.end());
}
// Accepted with at least one event of this name.
MATCHER_P(GivesA, name, "gives the event " + testing::PrintToString(name)) {
  const auto* accepted = std::get_if<CaseAccepted>(&arg);
  if (accepted == nullptr) return false;
  for (const std::string& one : NamesOf(accepted->events)) {
    if (one == name) return true;
  }
  return false;
}
// Refused, with exactly these ids missing.
MATCHER_P(Misses, ids, "misses " + testing::PrintToString(ids)) {
  const auto* refusal = std::get_if<v1::Refusal>(&arg);
  if (refusal == nullptr) return false;
  std::vector<std::string> found;
  for (const v1::Missing& missing : refusal->missing())
    found.push_back(missing.id());
  return found == std::vector<std::string>(ids.begin(), ids.end());
}
MATCHER_P(EqualsProto, expected, "is\n" + expected.DebugString()) {
  return arg.DebugString() == expected.DebugString();
}

inline std::vector<std::string> Names(std::initializer_list<std::string> names) { return names; }

}  // namespace caseward::test
