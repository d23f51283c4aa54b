#include "tests/support/case_builder.h"

#include <algorithm>
#include <cstdio>

#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/policy/verbs.h"
#include "storage/openssl_hasher.h"

namespace caseward {

void PrintTo(const CaseAccepted& accepted, std::ostream* out) {
  *out << "accepted:";
  for (const std::string& name : test::NamesOf(accepted.events))
    *out << ' ' << name;
}

}  // namespace caseward

namespace caseward::test {

v1::Actor Person(std::string id, std::string role) {
  v1::Actor actor;
  actor.set_id(std::move(id));
  actor.set_kind(v1::Actor::KIND_STAFF);
  actor.add_roles(std::move(role));
  return actor;
}

v1::Actor Partner() {
  v1::Actor actor = Person("police.north", "regional_manager");
  actor.set_kind(v1::Actor::KIND_PARTNER);
  return actor;
}

v1::Actor Service(std::string role, std::string on_behalf_of) {
  v1::Actor actor = Person("d365", std::move(role));
  actor.set_kind(v1::Actor::KIND_SERVICE);
  actor.set_on_behalf_of(std::move(on_behalf_of));
  return actor;
}

ACase::ACase(const CompiledPack& pack, const WorkingCalendar& calendar, AgencyOf agencies)
    : pack_(pack),
      calendar_(calendar),
      rehearsal_({.pack = pack, .calendar = calendar, .hasher = TestHasher(), .agency_of = std::move(agencies)}),
      now_(test::At("2026-11-23T10:00:00Z")) {}

ACase& ACase::At(absl::Time now) {
  CHECK(now >= now_ || !opened());
  now_ = now;
  rehearsal_.AdvanceTo(now - absl::Microseconds(1));  // at one instant facts come before timers
  return *this;
}

ACase& ACase::Until(const std::string& instant) {
  At(instant);
  rehearsal_.AdvanceTo(now_);
  return *this;
}

ACase& ACase::Does(const v1::Command& command, const v1::Actor& actor) {
  const CaseVerdict verdict = Do(command, actor);
  if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) {
    std::fprintf(stderr, "%s refused: %s\n", std::string(VerbName(command.verb_case())).c_str(),
                 refusal->ShortDebugString().c_str());
    CHECK(false && "a step of a told case was refused");
  }
  return *this;
}

CaseVerdict ACase::Do(const v1::Command& command, const v1::Actor& actor) {
  v1::Command asked = command;
  if (opened() && state().importing()) asked.set_importing(true);
  return rehearsal_.Submit(asked, actor, now_);
}

ACase& ACase::Reported(const std::string& case_type, v1::Priority priority) {
  return Does(ask::Report(case_type, priority), Cleo());
}
ACase& ACase::Triaged(v1::Priority priority) { return Does(ask::Triage(priority), Cleo()); }
ACase& ACase::Owned(const std::string& owner) { return Does(ask::Assign(owner), Tess()); }
ACase& ACase::Assessed(const std::string& band) { return Does(ask::Step("risk", {{"band", ask::Code(band)}})); }
ACase& ACase::Proposed(const v1::Actor& by) { return Does(ask::ProposeClosure(), by); }
ACase& ACase::Answered(const std::string& answer) {
  return Does(ask::Step("resident_response", {{"answer", ask::Code(answer)}}));
}
ACase& ACase::Signed(const v1::Actor& by) { return Does(ask::Grant(), by); }
ACase& ACase::Closed() { return Does(ask::Close()); }
ACase& ACase::Withdrawn() { return Does(ask::Withdraw(), Tess()); }
ACase& ACase::Imported(const std::string& case_type) {
  v1::Command report = ask::Report(case_type);
  report.set_importing(true);
  return Does(report).Does(ask::History("received"));
}

const v1::ClockState* ACase::clock(const std::string& id) const {
  for (const v1::ClockState& one : state().clocks()) {
    if (one.clock() == id) return &one;
  }
  return nullptr;
}
v1::ClockState::Status ACase::StatusOf(const std::string& id) const {
  return clock(id) != nullptr ? clock(id)->status() : v1::ClockState::STATUS_UNSPECIFIED;
}
absl::Time ACase::Due(const std::string& id) const {
  return clock(id) != nullptr ? ToTime(clock(id)->due_exclusive()) : absl::InfinitePast();
}
bool ACase::HasFlag(const std::string& flag) const {
  return std::find(state().flags().begin(), state().flags().end(), flag) != state().flags().end();
}
int ACase::Count(const std::string& event) const {
  return static_cast<int>(std::count_if(history().begin(), history().end(),
                                        [&](const auto& one) { return EventName(one->kind_case()) == event; }));
}
const v1::Event& ACase::Last(const std::string& event) const {
  const auto found = std::find_if(history().rbegin(), history().rend(),
                                  [&](const auto& one) { return EventName(one->kind_case()) == event; });
  CHECK(found != history().rend());
  return **found;
}
CaseContext ACase::Context(const v1::Actor& actor) const {
  return CaseContext{.pack = pack_,
                     .calendar = calendar_,
                     .hasher = TestHasher(),
                     .actor = actor,
                     .now = now_,
                     .case_id = "C-00-000000-000000-0",
                     .resident_id = "R-00-000000-000000-0"};
}

const Hasher& TestHasher() {
  static const OpensslHasher hasher;
  return hasher;
}

ACase Reported() {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  return c;
}

std::vector<std::string> NamesOf(const std::vector<v1::Event>& events) {
  std::vector<std::string> names;
  for (const v1::Event& event : events)
    names.emplace_back(EventName(event.kind_case()));
  return names;
}

const CaseAccepted& Accepted(const CaseVerdict& verdict) {
  if (const auto* refusal = std::get_if<v1::Refusal>(&verdict))
    std::fprintf(stderr, "%s\n", refusal->ShortDebugString().c_str());
  CHECK(std::holds_alternative<CaseAccepted>(verdict));
  return std::get<CaseAccepted>(verdict);
}

const v1::Refusal& Refused(const CaseVerdict& verdict) {
  CHECK(std::holds_alternative<v1::Refusal>(verdict));
  return std::get<v1::Refusal>(verdict);
}

}  // namespace caseward::test
