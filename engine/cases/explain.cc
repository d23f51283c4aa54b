#include "engine/cases/explain.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/cases/rule_check.h"
#include "engine/policy/enum_names.h"

namespace caseward {
namespace {

std::string Instant(const google::protobuf::Timestamp& t) { return FormatInstant(ToTime(t)); }

void AddCountedDays(const v1::ClockState& clock, const WorkingCalendar* calendar, v1::ClockExplanation& out) {
  if (!clock.has_within() || calendar == nullptr) return;
  const auto days =
      calendar->Explain(ToTime(clock.has_counted_from() ? clock.counted_from() : clock.started_at()), clock.within());
  if (!days.ok()) return;
  for (const CountedDay& day : *days) {
    out.add_lines(StrCat(
        StdText(absl::FormatTime("%a %d %b %Y", absl::FromCivil(day.day, absl::UTCTimeZone()), absl::UTCTimeZone())),
        day.counted ? "  counted  " : "  skipped  ", day.why));
  }
}

void AddHolds(const v1::ClockState& clock, v1::ClockExplanation& out) {
  for (const v1::Hold& hold : clock.holds()) {
    out.add_lines(
        StrCat("held from ", Instant(hold.from()), " to ", Instant(hold.to()), " (", hold.reason_code(), ")"));
  }
  if (clock.status() == v1::ClockState::STATUS_PAUSED) {
    out.add_lines(StrCat("held since ", Instant(clock.paused_at()), " (", clock.reason_code(),
                         "); no due time while it is held"));
  }
}

// How the clock stands, in one line.
std::string Verdict(const v1::ClockState& clock) {
  switch (clock.status()) {
    case v1::ClockState::STATUS_RUNNING:
      return StrCat("runs; an act before ", Instant(clock.due_exclusive()), " is in time");
    case v1::ClockState::STATUS_PAUSED: return "is held";
    case v1::ClockState::STATUS_MET: return StrCat("met at ", Instant(clock.stopped_at()));
    case v1::ClockState::STATUS_MET_LATE:
      return StrCat("breached at ", Instant(clock.breached_at()),
                    clock.evidence_in_time() ? "; evidence from before that came later; the breach stands"
                                             : StrCat("; done late, at ", Instant(clock.stopped_at())));
    case v1::ClockState::STATUS_BREACHED:
      return StrCat("breached at ", Instant(clock.breached_at()), ", seen at ", Instant(clock.detected_at()),
                    "; still not done");
    case v1::ClockState::STATUS_CEASED:
      return StrCat("ceased at ", Instant(clock.stopped_at()), " (", clock.reason_code(), ")");
    case v1::ClockState::STATUS_UNSPECIFIED:
    case v1::ClockState_Status_ClockState_Status_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ClockState_Status_ClockState_Status_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "unknown";
}

void ExplainClock(const v1::ClockState& clock, const CompiledPack& pack, const WorkingCalendar* calendar,
                  v1::ClockExplanation& out) {
  *out.mutable_clock() = clock;
  if (const CompiledClock* definition = pack.clock(clock.definition())) {
    out.set_title(definition->source->title());
    out.set_catalogue(definition->source->catalogue());
    out.set_clause(definition->source->clause());
    out.set_provenance(definition->source->provenance());
  }
  const std::string span =
      clock.has_within() ? StrCat(", ", FormatSpan(clock.within())) : ", due time taken from the record";
  out.add_lines(StrCat("started at ", Instant(clock.started_at()), clock.has_counted_from() ? "" : span,
                       clock.round() > 1 ? StrCat(", round ", clock.round()) : ""));
  if (clock.has_counted_from()) {
    // A round after a breach counts from the last instant of the day that was missed, and starts with the next.
    const bool missed = ToTime(clock.counted_from()) + absl::Microseconds(1) == ToTime(clock.started_at());
    out.add_lines(StrCat(missed ? "counts from the day that was missed, " : "a tighter duration counts from ",
                         Instant(clock.counted_from()), span));
  }
  AddCountedDays(clock, calendar, out);
  AddHolds(clock, out);
  if (clock.extensions() > 0) out.add_lines(StrCat("extended ", clock.extensions(), " time(s)"));
  out.add_lines(Verdict(clock));
}

// The closure's checklist, item by item, and who may sign.
void ExplainSignOff(const Deciding& d, v1::CaseExplanation& out) {
  const CompiledSignOff* type = d.pack().sign_off(kClosureSubject, d.before().case_type());
  if (type == nullptr) return;
  const Facts facts = d.FactsBefore();
  for (const CompiledSigner& signer : type->signers) {
    if (signer.when && !signer.when->Holds(facts)) continue;
    for (const std::string& role : signer.source->roles())
      out.add_who_may_sign(role);
    break;
  }
  if (type->checklist == nullptr) return;
  v1::Refusal incomplete;
  incomplete.set_rule(type->source->rule());
  incomplete.set_clause(type->source->clause());
  incomplete.set_provenance(type->source->provenance());
  incomplete.set_say("The closure checklist is not complete.");
  for (const v1::ChecklistItemValue& value : ChecklistValues(kClosureSubject, facts)) {
    v1::ChecklistItemView& view = *out.add_checklist();
    view.set_id(value.id());
    view.set_passed(value.passed());
    view.set_waived(value.waived());
    const auto item = std::find_if(type->checklist->items.begin(), type->checklist->items.end(),
                                   [&](const CompiledChecklistItem& i) { return i.source->id() == value.id(); });
    if (item != type->checklist->items.end()) view.set_say(item->source->say());
    if (!value.passed() && !value.waived()) AddMissing(incomplete, value.id(), view.say());
  }
  if (!incomplete.missing().empty()) *out.add_closing_blocked_by() = std::move(incomplete);
}

// What closing would meet, in the order a person meets it.
void ExplainClosing(const v1::CaseState& state, const CaseContext& context, v1::CaseExplanation& out) {
  v1::Command close;
  close.mutable_close_case();
  const Deciding d(&state, close, context);
  if (state.phase() != v1::PHASE_CLOSING) {
    for (v1::Refusal& refusal : AllRefusals(d, Verb::kProposeClosure))
      *out.add_closing_blocked_by() = std::move(refusal);
    *out.add_closing_blocked_by() =
        Refuse("C-phase", "a case proposed for closing", "one that is not", "Propose closure first.");
  }
  for (v1::Refusal& refusal : AllRefusals(d, Verb::kCloseCase))
    *out.add_closing_blocked_by() = std::move(refusal);
  ExplainSignOff(d, out);
  if (state.phase() != v1::PHASE_CLOSING) return;
  const CaseVerdict verdict = Decide(&state, close, context);
  if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) {
    const bool said = std::any_of(out.closing_blocked_by().begin(), out.closing_blocked_by().end(),
                                  [&](const v1::Refusal& r) { return r.say() == refusal->say(); });
    if (!said) *out.add_closing_blocked_by() = *refusal;
  }
}

std::string Since(const google::protobuf::Timestamp& made_at, bool has_respond_by,
                  const google::protobuf::Timestamp& respond_by, uint32_t chased) {
  return StrCat(", since ", Instant(made_at), has_respond_by ? StrCat(", to be answered by ", Instant(respond_by)) : "",
                chased > 0 ? StrCat(", chased ", chased, " time(s)") : "");
}

void ExplainAgencies(const v1::CaseState& state, v1::CaseExplanation& out) {
  for (const v1::EnquiryState& enquiry : state.enquiries()) {
    if (enquiry.status() != v1::EnquiryState::STATUS_OPEN) continue;
    const bool theirs = enquiry.direction() == v1::ENQUIRY_DIRECTION_FROM_AGENCY;
    out.add_open_with_agencies(
        StrCat(enquiry.urgent() ? "urgent enquiry " : "enquiry ", enquiry.enquiry_id(), theirs ? " from " : " to ",
               enquiry.agency(), theirs ? " waits for our answer" : " waits for its answer",
               Since(enquiry.made_at(), enquiry.has_respond_by(), enquiry.respond_by(), enquiry.chased())));
  }
  for (const v1::ReferralState& referral : state.referrals()) {
    if (referral.status() != v1::ReferralState::STATUS_OPEN) continue;
    out.add_open_with_agencies(
        StrCat("referral ", referral.referral_id(), " to ", referral.agency(), " for ", referral.service(),
               " is neither accepted nor declined",
               Since(referral.made_at(), referral.has_respond_by(), referral.respond_by(), referral.chased())));
  }
  for (const v1::SharingState& sharing : state.sharings()) {
    if (sharing.door() == v1::Sharing::DOOR_AGREEMENT || sharing.finding() != v1::ReviewSharing::FINDING_UNSPECIFIED)
      continue;
    out.add_open_with_agencies(StrCat("sharing ", sharing.share_id(), " with ", sharing.agency(), " by the ",
                                      EnumText(sharing.door()), " door waits for a review, since ",
                                      Instant(sharing.at())));
  }
}

}  // namespace

v1::CaseExplanation ExplainBlocks(const v1::CaseState& state, const CaseContext& context) {
  v1::CaseExplanation out;
  ExplainAgencies(state, out);
  if (!IsClosed(state)) ExplainClosing(state, context, out);
  return out;
}

v1::CaseExplanation ExplainCase(const v1::CaseState& state, const CaseContext& context,
                                const std::function<const WorkingCalendar*(std::string_view, uint32_t)>& calendar_of) {
  v1::CaseExplanation out = ExplainBlocks(state, context);
  for (const v1::ClockState& clock : state.clocks()) {
    ExplainClock(clock, context.pack, calendar_of(clock.calendar_id(), clock.calendar_version()), *out.add_clocks());
  }
  return out;
}

}  // namespace caseward
