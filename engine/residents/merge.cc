#include "engine/residents/merge.h"

#include <algorithm>
#include <utility>

#include "engine/base/actor.h"
#include "engine/base/ids.h"
#include "engine/base/refusal.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

using MaybeRefusal = std::optional<v1::Refusal>;

bool HasText(const v1::Words& words) { return !words.text().empty() || !words.sealed().empty(); }
bool HasSafeContact(const v1::ResidentNeeds& needs) {
  return needs.safe_contact_only() || HasText(needs.safe_contact());
}

ResidentAccepted Accept(const v1::ResidentState& state, v1::Event event, const ResidentContext& context) {
  ResidentAccepted accepted;
  accepted.after = state;
  accepted.events.push_back(std::move(event));
  EvolveResident(accepted.after, accepted.events.back(), context.now);
  return accepted;
}

// What the system itself records: no fact of anybody's.
v1::Event Derived(const ResidentContext& context) {
  v1::Event event;
  event.set_derived(true);
  SetTimestamp(context.now, event.mutable_occurred_at());
  return event;
}

v1::Refusal Erased() {
  return Refuse("C-erased", "a resident whose details are held", "one whose details were erased",
                "Nothing: what was erased is gone.");
}

// ---------------------------------------------------------------------------------------------- the first step

// May this entry be merged into another?
MaybeRefusal CheckMayGo(const v1::ResidentState& state) {
  if (state.erased()) return Erased();
  if (MaybeRefusal refusal = RefuseMerged(state)) return refusal;
  if (!state.merged_from().empty()) {
    return Refuse("C-merge", "a resident into whom nobody was merged",
                  StrCat("one into whom ", state.merged_from(0), " was merged"), "Merge the other way round.");
  }
  if (state.case_ids_size() > kCasesToldMax) {
    return Refuse("C-limit", StrCat("at most ", kCasesToldMax, " cases of the one who is merged"),
                  StrCat(state.case_ids_size()), "Merge the other way round.");
  }
  return std::nullopt;
}

ResidentVerdict Begin(const v1::ResidentState& state, const v1::Command& command, const ResidentContext& context) {
  const v1::MergeResident& asked = command.merge_resident();
  if (!IsNamedHuman(context.actor)) return RefusedWithoutHuman(context.actor);
  const absl::StatusOr<ResidentId> survivor = ResidentId::Parse(asked.survivor_id());
  if (!survivor.ok()) return Invalid("C-merge", "the id of the resident who goes on", "another text");
  if (survivor->string() == state.resident_id()) return Invalid("C-merge", "another resident", "the same one");
  if (!ParseName(asked.reason_code()).ok() || !v1::MergeResident::SafeContact_IsValid(asked.keep_safe_contact())) {
    v1::Refusal refusal = Invalid("C-field", "a reason, and whose safe contact holds", "other fields");
    AddMissing(refusal, "reason_code", "expected 1 to 64 characters of [a-z0-9_]");
    return refusal;
  }
  if (MaybeRefusal refusal = CheckMayGo(state)) return *std::move(refusal);
  if (HasSafeContact(state.needs()) && asked.keep_safe_contact() == v1::MergeResident::SAFE_CONTACT_UNSPECIFIED) {
    v1::Refusal refusal = Refuse("C-merge", "a person's decision whose safe contact holds for both", "none",
                                 "Look at both entries, then say which safe contact is safe: keep_safe_contact "
                                 "survivor or merged.");
    AddMissing(refusal, "keep_safe_contact", "survivor or merged");
    return refusal;
  }
  if (!HasText(state.needs().safe_contact()) && asked.keep_safe_contact() == v1::MergeResident::SAFE_CONTACT_MERGED) {
    return Refuse("C-merge", "a safe contact of the one who is merged, to hold for both", "none",
                  "Look at both entries; if the other has the safe contact, say keep_safe_contact survivor.");
  }
  v1::Event event;
  SetTimestamp(command.has_occurred_at() ? ToTime(command.occurred_at()) : context.now, event.mutable_occurred_at());
  event.set_substantive(true);
  v1::ResidentMergeBegun& begun = *event.mutable_resident_merge_begun();
  begun.set_survivor_id(survivor->string());
  begun.set_keep_safe_contact(asked.keep_safe_contact());
  begun.set_reason_code(asked.reason_code());
  ResidentAccepted accepted = Accept(state, std::move(event), context);

  ResidentAccepted::Send& send = accepted.sends.emplace_back();
  send.to_resident_id = survivor->string();
  v1::AcceptMerge& accept = *send.command.mutable_accept_merge();
  accept.set_merged_id(state.resident_id());
  accept.set_keep_safe_contact(asked.keep_safe_contact());
  if (state.has_needs()) *accept.mutable_needs() = state.needs();
  return accepted;
}

// ---------------------------------------------------------------------------------------------- the second step

// What is known of the person from both entries: the survivor's word first, every adjustment of either, and the safe
// contact that a person chose.
v1::ResidentNeeds Together(const v1::ResidentNeeds& survivor, const v1::AcceptMerge& asked) {
  const v1::ResidentNeeds& merged = asked.needs();
  v1::ResidentNeeds needs = survivor;
  if (needs.preferred_channel().empty()) needs.set_preferred_channel(merged.preferred_channel());
  if (needs.language().empty()) needs.set_language(merged.language());
  if (needs.format().empty()) needs.set_format(merged.format());
  needs.set_interpreter(needs.interpreter() || merged.interpreter());
  for (const std::string& adjustment : merged.adjustments()) {
    const auto& known = needs.adjustments();
    if (std::find(known.begin(), known.end(), adjustment) == known.end()) needs.add_adjustments(adjustment);
  }
  // One is replaced by another, never by none.
  if (asked.keep_safe_contact() != v1::MergeResident::SAFE_CONTACT_MERGED || !HasText(merged.safe_contact())) {
    return needs;
  }
  needs.set_safe_contact_only(merged.safe_contact_only());
  *needs.mutable_safe_contact() = merged.safe_contact();
  return needs;
}

ResidentVerdict AcceptAtSurvivor(const v1::ResidentState& state, const v1::AcceptMerge& asked,
                                 const ResidentContext& context) {
  if (state.erased()) return Erased();
  if (MaybeRefusal refusal = RefuseMerged(state)) return *std::move(refusal);
  if (state.merged_from_size() >= kMergedMax) {
    return Refuse("C-limit", StrCat("at most ", kMergedMax, " residents merged into one"), "one more",
                  "Look at why one person was registered so often.");
  }
  v1::ResidentNeeds needs = Together(state.needs(), asked);
  if (needs.adjustments_size() > kAdjustmentsMax) {
    return Refuse("C-limit", StrCat("at most ", kAdjustmentsMax, " adjustments of both together"),
                  StrCat(needs.adjustments_size()), "Bring the adjustments of one of them up to date first.");
  }
  v1::Event event = Derived(context);
  event.mutable_resident_merge_accepted()->set_merged_id(asked.merged_id());
  *event.mutable_resident_merge_accepted()->mutable_needs() = std::move(needs);
  ResidentAccepted accepted = Accept(state, std::move(event), context);
  for (const std::string& merged : accepted.after.merged_from()) {
    ResidentAccepted::Send& send = accepted.sends.emplace_back();
    send.to_resident_id = merged;
    send.command.mutable_note_merge()->set_survivor_id(state.resident_id());
    *send.command.mutable_note_merge()->mutable_needs() = accepted.after.needs();
  }
  return accepted;
}

// ---------------------------------------------------------------------------------------------- the answer

ResidentVerdict Note(const v1::ResidentState& state, const v1::NoteMerge& asked, const ResidentContext& context) {
  const bool waits = state.merging_into() == asked.survivor_id();
  v1::Event event = Derived(context);
  if (waits && !asked.refused_by().empty()) {
    event.mutable_resident_merge_refused()->set_survivor_id(asked.survivor_id());
    event.mutable_resident_merge_refused()->set_rule(asked.refused_by());
    return Accept(state, std::move(event), context);
  }
  if (waits) {
    event.mutable_resident_merged()->set_survivor_id(asked.survivor_id());
    *event.mutable_resident_merged()->mutable_needs() = asked.needs();
    ResidentAccepted accepted = Accept(state, std::move(event), context);
    for (const std::string& case_id : state.case_ids()) {
      ResidentAccepted::Send& send = accepted.sends.emplace_back();
      send.to_case_id = case_id;
      send.command.mutable_note_resident_merged()->set_resident_id(state.resident_id());
      send.command.mutable_note_resident_merged()->set_survivor_id(asked.survivor_id());
    }
    return accepted;
  }
  if (state.merged_into() != asked.survivor_id() || state.erased()) {
    return Refuse("C-merge", "a merge that waits for this answer", "none", "Nothing: it had its answer.");
  }
  event.mutable_resident_needs_copied()->set_survivor_id(asked.survivor_id());
  *event.mutable_resident_needs_copied()->mutable_needs() = asked.needs();
  return Accept(state, std::move(event), context);
}

ResidentVerdict Follow(const v1::ResidentState& state, const v1::FollowErasure& asked, const ResidentContext& context) {
  if (state.erased() || state.merged_into() != asked.survivor_id()) return Erased();
  v1::Event event = Derived(context);
  event.mutable_resident_erased()->set_reason_code(asked.reason_code());
  return Accept(state, std::move(event), context);
}

}  // namespace

bool IsMergeVerb(const v1::Command& command) {
  return command.has_merge_resident() || command.has_accept_merge() || command.has_note_merge() ||
         command.has_follow_erasure();
}

ResidentVerdict DecideMerge(const v1::ResidentState* state, const v1::Command& command,
                            const ResidentContext& context) {
  if (state == nullptr) return Invalid("C-unknown-resident", "a resident who is registered", "an id that is not known");
  if (command.has_merge_resident()) return Begin(*state, command, context);
  if (command.has_accept_merge()) return AcceptAtSurvivor(*state, command.accept_merge(), context);
  if (command.has_note_merge()) return Note(*state, command.note_merge(), context);
  return Follow(*state, command.follow_erasure(), context);
}

MaybeRefusal RefuseMerged(const v1::ResidentState& state) {
  if (!state.merged_into().empty()) {
    return Refuse("C-merge", "a resident who stands alone", StrCat("one who was merged into ", state.merged_into()),
                  StrCat("Turn to ", state.merged_into(), "."));
  }
  if (state.merging_into().empty()) return std::nullopt;
  return Refuse("C-merge", "a resident who stands alone", StrCat("one who is being merged into ", state.merging_into()),
                "Ask again in a moment, when the merge is done or refused.");
}

void TellMerged(const v1::Command& command, ResidentAccepted& accepted) {
  for (const std::string& merged : accepted.after.merged_from()) {
    ResidentAccepted::Send& send = accepted.sends.emplace_back();
    send.to_resident_id = merged;
    if (command.has_erase_resident()) {
      send.command.mutable_follow_erasure()->set_survivor_id(accepted.after.resident_id());
      send.command.mutable_follow_erasure()->set_reason_code(command.erase_resident().reason_code());
    } else {
      send.command.mutable_note_merge()->set_survivor_id(accepted.after.resident_id());
      *send.command.mutable_note_merge()->mutable_needs() = accepted.after.needs();
    }
  }
}

bool EvolveMerge(v1::ResidentState& state, const v1::Event& event) {
  if (event.has_resident_merge_begun()) {
    state.set_merging_into(event.resident_merge_begun().survivor_id());
  } else if (event.has_resident_merge_accepted()) {
    state.add_merged_from(event.resident_merge_accepted().merged_id());
    *state.mutable_needs() = event.resident_merge_accepted().needs();
  } else if (event.has_resident_merged()) {
    state.clear_merging_into();
    state.set_merged_into(event.resident_merged().survivor_id());
    *state.mutable_needs() = event.resident_merged().needs();
  } else if (event.has_resident_merge_refused()) {
    state.clear_merging_into();
  } else if (event.has_resident_needs_copied()) {
    *state.mutable_needs() = event.resident_needs_copied().needs();
  } else {
    return false;
  }
  return true;
}

}  // namespace caseward
