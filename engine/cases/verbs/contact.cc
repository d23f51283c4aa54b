#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

// Every update states what happened, what is next and by when.
MaybeRefusal CheckUpdate(const Deciding& deciding, const v1::RecordContact& asked) {
  v1::Refusal refusal = Invalid("C-update", "what happened, what is next and by when", "less than that");
  if (asked.what_happened_code().empty()) AddMissing(refusal, "what_happened_code", "what happened");
  if (asked.what_next_code().empty()) AddMissing(refusal, "what_next_code", "what is next");
  if (!asked.has_next_update_by()) AddMissing(refusal, "next_update_by", "when the resident will hear again");
  if (!refusal.missing().empty()) return refusal;
  if (ToTime(asked.next_update_by()) <= deciding.when()) {
    return Invalid("C-update", "next_update_by after the update itself", FormatInstant(ToTime(asked.next_update_by())));
  }
  return std::nullopt;
}

}  // namespace

// Contact made or attempted, and whether it was also an update. What counts as first contact is the pack's to say
//
MaybeRefusal Contact(Deciding& deciding, const v1::RecordContact& asked) {
  if (asked.with() == v1::RecordContact::WITH_UNSPECIFIED || !v1::RecordContact::With_IsValid(asked.with())) {
    return Invalid("C-contact", "with whom the contact was", "none that is known");
  }
  if (asked.outcome() == v1::RecordContact::OUTCOME_UNSPECIFIED ||
      !v1::RecordContact::Outcome_IsValid(asked.outcome())) {
    return Invalid("C-contact", "the outcome of the contact", "none that is known");
  }
  if (asked.update()) {
    if (auto refusal = CheckUpdate(deciding, asked)) return refusal;
  }
  const bool two_way = asked.outcome() == v1::RecordContact::OUTCOME_TWO_WAY;
  if (two_way) {
    v1::ContactMade& e = *deciding.Fact(true).mutable_contact_made();
    e.set_with(asked.with());
    e.set_two_way(true);
    e.set_channel(deciding.command().channel());
    e.set_safe_contact_followed(asked.safe_contact_followed());
    if (asked.has_note()) *e.mutable_note() = asked.note();
    e.set_recording_ref(asked.recording_ref());
  } else {
    v1::ContactAttempted& e = *deciding.Fact(false).mutable_contact_attempted();
    e.set_with(asked.with());
    e.set_outcome(asked.outcome());
    e.set_channel(deciding.command().channel());
    e.set_safe_contact_followed(asked.safe_contact_followed());
    if (asked.has_note()) *e.mutable_note() = asked.note();
  }
  if (asked.update()) {
    v1::ResidentUpdated& e = *deciding.Fact(true).mutable_resident_updated();
    e.set_what_happened_code(asked.what_happened_code());
    e.set_what_next_code(asked.what_next_code());
    *e.mutable_next_update_by() = asked.next_update_by();
    e.set_bulk(asked.bulk());
    e.set_channel(deciding.command().channel());
  }
  return std::nullopt;
}

}  // namespace caseward::verbs
