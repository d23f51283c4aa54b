#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

// Before it is due, once, and not by more than the policy allows (the ceiling).
MaybeRefusal CheckExtension(const Deciding& deciding, const v1::ExtendClock& asked, const NamedClock& named) {
  const v1::ClockState& clock = *named.clock;
  const v1::Clock& policy = *named.definition->source;
  if (clock.status() != v1::ClockState::STATUS_RUNNING) {
    return Refuse("C-clock", "a running clock", asked.clock() + ", which is not running",
                  "Resume the clock first, if it is paused.");
  }
  if (IsPastDue(deciding, clock)) {
    return Refuse("C-extend", "an extension before the due time " + FormatInstant(ToTime(clock.due_exclusive())),
                  "one after it", "Nothing: the due time has come.");
  }
  if (!policy.has_extension_at_most()) {
    return Refuse("C-extend", "a clock that may be extended", asked.clock(),
                  "Nothing: the policy does not provide for it.");
  }
  if (clock.extensions() > 0) {
    return Refuse("C-extend", "the first extension", "a second one", "Nothing: a clock is extended once.");
  }
  const v1::Span& most = policy.extension_at_most();
  if (asked.by().unit() != most.unit() || asked.by().amount() == 0 || asked.by().amount() > most.amount()) {
    return Refuse("C-extend", StrCat("1 to ", FormatSpan(most)), FormatSpan(asked.by()), "Ask for less.");
  }
  return CheckReason("C-extend", "extended", asked.reason_code(), policy.extension_reasons());
}

}  // namespace

MaybeRefusal Extend(Deciding& deciding, const v1::ExtendClock& asked) {
  auto named = FindNamedClock(deciding, asked.clock());
  if (auto* refusal = std::get_if<v1::Refusal>(&named)) return *refusal;
  const NamedClock& found = std::get<NamedClock>(named);
  if (auto refusal = CheckExtension(deciding, asked, found)) {
    refusal->set_clause(found.definition->source->clause());
    refusal->set_provenance(found.definition->source->provenance());
    return refusal;
  }
  const absl::Time old_due = ToTime(found.clock->due_exclusive());
  const auto due = deciding.context().calendar.Extend(old_due, asked.by());
  if (!due.ok()) {
    return Refuse("C-calendar", "a due time the calendar covers", StdText(due.status().message()),
                  "A policy officer publishes a calendar that covers the date.");
  }
  v1::ClockExtended& e = *deciding.Fact(false).mutable_clock_extended();
  e.set_clock(asked.clock());
  *e.mutable_old_due_exclusive() = found.clock->due_exclusive();
  SetTimestamp(*due, e.mutable_due_exclusive());
  if (found.clock->has_warn_at() && !found.clock->warned()) {
    SetTimestamp(ToTime(found.clock->warn_at()) + (*due - old_due), e.mutable_warn_at());
  }
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs
