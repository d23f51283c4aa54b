#include "engine/cases/consequences.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/cases/caseload.h"
#include "engine/cases/clock_consequences.h"

namespace caseward {

namespace {

void Flags(Concluding& c, const v1::Event& event) {
  for (const CompiledFlag* flag : c.pack().Flags()) {
    if (!flag->moved_by.Has(event)) continue;
    const auto& flags = c.after().flags();
    const bool is_set = std::find(flags.begin(), flags.end(), flag->source->id()) != flags.end();
    const auto fires = [&](const CompiledTrigger& trigger) { return trigger.Fires(event, c.FactsNow(&event)); };
    if (!is_set && std::any_of(flag->set_on.begin(), flag->set_on.end(), fires)) {
      v1::Event derived = c.Derive(ToTime(event.occurred_at()), flag->source->id(), flag->source->clause());
      derived.mutable_flag_set()->set_flag(flag->source->id());
      c.Take(std::move(derived));
    } else if (is_set && std::any_of(flag->clear_on.begin(), flag->clear_on.end(), fires)) {
      v1::Event derived = c.Derive(ToTime(event.occurred_at()), flag->source->id(), flag->source->clause());
      derived.mutable_flag_cleared()->set_flag(flag->source->id());
      c.Take(std::move(derived));
    }
  }
}

// The most urgent of the type's, what people said, and every rule that holds.
void Priority(Concluding& c, const v1::Event& event) {
  if (event.derived() && !event.has_flag_set() && !event.has_flag_cleared() && !event.has_clock_breached()) return;
  const v1::CaseState& after = c.after();
  if (IsClosed(after)) return;
  const v1::CaseType* type = c.pack().case_type(after.case_type());
  if (type == nullptr) return;
  v1::Priority computed = type->priority();
  std::string_view because = type->id();
  std::string_view clause = type->clause();
  if (MoreUrgent(after.base_priority(), computed)) {
    computed = after.base_priority();
    because = "";
    clause = "";
  }
  const Facts facts = c.FactsNow(&event);
  for (const CompiledPriority* rule : c.pack().Priorities()) {
    if (!MoreUrgent(rule->source->priority(), computed) || !rule->when.Holds(facts)) continue;
    computed = rule->source->priority();
    because = rule->source->id();
    clause = rule->source->clause();
  }
  if (computed == after.priority() || computed == v1::PRIORITY_UNSPECIFIED) return;
  v1::Event derived = c.Derive(ToTime(event.occurred_at()), because, clause);
  derived.mutable_priority_changed()->set_from(after.priority());
  derived.mutable_priority_changed()->set_to(computed);
  c.Take(std::move(derived));
}

void Alerts(Concluding& c, const v1::Event& event) {
  const Facts now = c.FactsNow(&event);  // of the case as it becomes
  for (const CompiledAlert* alert : c.pack().AlertsOn(event, c.after().case_type())) {
    // An alert on anything that happens is not about alerts.
    if (event.has_alert_raised() && alert->on.match.kinds != CompiledMatch::Kinds::kOne) continue;
    if (!alert->on.Fires(event, now)) continue;
    v1::Event derived = c.Derive(ToTime(event.occurred_at()), alert->source->id(), alert->source->clause());
    v1::AlertRaised& e = *derived.mutable_alert_raised();
    e.set_alert(alert->source->id());
    e.set_to_role(alert->source->to_role());
    e.set_say(alert->source->say());
    c.Take(std::move(derived));
  }
}

void Escalate(Concluding& c, v1::Event derived, const std::string& clock, const std::string& to_role, bool breach) {
  v1::CaseEscalated& e = *derived.mutable_case_escalated();
  e.set_to_role(to_role);
  e.set_reason_code(breach ? "clock_breached" : "clock_warned");
  e.set_clock(clock);
  c.Take(std::move(derived));
}

// An alert that a clock raises: to whom and in which words, as the pack has it.
void RaiseFromClock(Concluding& c, v1::Event derived, const std::string& id, const v1::Clock& clock, bool breach) {
  v1::AlertRaised& e = *derived.mutable_alert_raised();
  e.set_alert(id);
  e.set_say(StrCat(clock.title(), breach ? ": breached" : ": falls due soon"));
  for (const v1::Alert& alert : c.pack().source().alerts()) {
    if (alert.id() != id) continue;
    e.set_to_role(alert.to_role());
    if (!alert.say().empty()) e.set_say(alert.say());
  }
  c.Take(std::move(derived));
}

// What a clock's warning or breach asks for: someone to know.
void ClockActions(Concluding& c, const v1::Event& event) {
  const bool breach = event.has_clock_breached();
  if (!breach && !event.has_clock_warned()) return;
  const std::string& name = breach ? event.clock_breached().clock() : event.clock_warned().clock();
  const v1::ClockState* clock = FindClock(c.after(), name);
  const CompiledClock* definition = clock != nullptr ? c.pack().clock(clock->definition()) : nullptr;
  if (definition == nullptr) return;
  const v1::Clock& source = *definition->source;
  for (const CompiledClockAction& action : breach ? definition->on_breach : definition->on_warn) {
    if (action.when && !action.when->Holds(c.FactsNow(&event))) continue;
    const v1::Event derived = c.Derive(ToTime(event.occurred_at()), source.id(), source.clause());
    if (!action.source->escalate_to().empty()) Escalate(c, derived, name, action.source->escalate_to(), breach);
    if (!action.source->alert().empty()) RaiseFromClock(c, derived, action.source->alert(), source, breach);
  }
}

// Whether the event gave the case to the very person who signed, or for whom it was signed: two pairs of eyes have
// become one.
bool MadeSignerOwner(const Concluding& c, const v1::Event& event, const v1::SignOffType& type,
                     const v1::SignOffState& sign_off) {
  if (!event.has_handover_accepted() && !event.has_owner_assigned()) return false;
  const auto& apart = type.separate_from();
  const std::string& owner = c.after().owner();
  return std::find(apart.begin(), apart.end(), "owner") != apart.end() && !owner.empty() &&
         (owner == sign_off.by() || owner == sign_off.delegated_by());
}

// A substantive event after a sign-off makes it void, and so does a hand-over to who gave it.
void VoidSignOffs(Concluding& c, const v1::Event& event) {
  if (IsClosed(c.after()) || event.has_sign_off_refused()) return;
  for (int i = 0; i < c.after().sign_offs_size(); ++i) {
    const v1::SignOffState& sign_off = c.after().sign_offs(i);
    if (!sign_off.granted() || sign_off.void_()) continue;
    const CompiledSignOff* type = c.pack().sign_off(sign_off.subject(), c.after().case_type());
    if (type == nullptr) continue;
    const bool changed = event.substantive() && type->source->void_on_change();
    if (!changed && !MadeSignerOwner(c, event, *type->source, sign_off)) continue;
    v1::Event derived = c.Derive(ToTime(event.occurred_at()), type->source->rule(), type->source->clause());
    derived.mutable_sign_off_voided()->set_subject(sign_off.subject());
    derived.mutable_sign_off_voided()->set_by(sign_off.by());
    c.Take(std::move(derived));
  }
}

bool MadeVoid(const Concluding& c, std::string_view subject) {
  return std::any_of(c.events().begin(), c.events().end(), [&](const v1::Event& event) {
    return event.has_sign_off_voided() && event.sign_off_voided().subject() == subject;
  });
}

// Says once, for each state of the checklist, that only the signature is missing (starts CK-14); and again when the
// signature that stood under that very state has become void.
void Ready(Concluding& c, const v1::Event& cause) {
  if (c.after().phase() != v1::PHASE_CLOSING) return;
  const CompiledSignOff* type = c.pack().sign_off(kClosureSubject, c.after().case_type());
  if (type == nullptr || type->checklist == nullptr) return;
  const Facts facts = c.FactsNow(&cause);
  for (const v1::ChecklistItemValue& value : ChecklistValues(kClosureSubject, facts)) {
    if (!value.passed() && !value.waived()) return;
  }
  std::string hash = SignOffHash(kClosureSubject, facts);
  if (hash == c.after().ready_hash() && !MadeVoid(c, kClosureSubject)) return;
  v1::Event derived = c.Derive(ToTime(cause.occurred_at()), type->source->rule(), type->source->clause());
  derived.mutable_closure_ready()->set_hash(std::move(hash));
  c.Take(std::move(derived));
}

absl::Status ConcludeEach(const Deciding& deciding, std::vector<v1::Event> facts, Concluding& c) {
  c.FindKeptClocks();
  size_t next = 0;
  const auto follow = [&]() -> absl::Status {
    while (next < c.events().size()) {
      if (c.events().size() > static_cast<size_t>(kEventsPerDecisionMax)) {
        return absl::ResourceExhaustedError(
            StrCat("more than ", kEventsPerDecisionMax, " events that follow from one command"));
      }
      const v1::Event& event = c.events()[next++];  // what follows is added behind it
      Flags(c, event);
      Priority(c, event);
      VoidSignOffs(c, event);
      if (absl::Status status = Clocks(c, event); !status.ok()) return status;
      Alerts(c, event);
      ClockActions(c, event);
    }
    return absl::OkStatus();
  };
  for (v1::Event& fact : facts) {
    c.Take(std::move(fact));
    if (absl::Status status = follow(); !status.ok()) return status;
  }
  if (c.events().empty()) return absl::OkStatus();
  const v1::Event& cause = c.events().front();
  Ready(c, cause);
  if (absl::Status status = follow(); !status.ok()) return status;
  CountLoad(c, cause);
  if (absl::Status status = follow(); !status.ok()) return status;
  if (deciding.fault().ok()) return absl::OkStatus();
  if (!c.must_stand()) return deciding.fault();
  c.AlertFault(ToTime(cause.occurred_at()), cause.because(), "C-calendar", deciding.fault());
  return absl::OkStatus();
}

}  // namespace

absl::Status Conclude(const Deciding& deciding, std::vector<v1::Event> facts, CaseAccepted& accepted) {
  Concluding c(deciding, accepted);
  absl::Status status = ConcludeEach(deciding, std::move(facts), c);
  c.Finish();
  return status;
}

}  // namespace caseward
