#include "engine/residents/resident.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/refusal.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/residents/merge.h"

namespace caseward {
namespace {

using MaybeRefusal = std::optional<v1::Refusal>;

// A code, empty or short: letters, digits, '-' and '_' (a language is "pt-BR", a property reference "100023336956").
bool IsCode(std::string_view text) {
  return text.size() <= kNeedsCodeMax && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

// ---------------------------------------------------------------------------------------------- rejections

MaybeRefusal CheckState(const v1::ResidentState* state, const v1::Command& command) {
  const bool registering = command.has_register_resident();
  // A stand-in is known by its cases only: registering is what names it.
  if (registering && state != nullptr && !state->erased() && !state->stand_in()) {
    return Refuse("C-exists", "a resident who is not registered yet", "one who is", "Update the resident instead.");
  }
  if (!registering && state == nullptr) {
    return Invalid("C-unknown-resident", "a resident who is registered", "an id that is not known");
  }
  if (state != nullptr && state->erased()) {
    return Refuse("C-erased", "a resident whose details are held", "one whose details were erased");
  }
  if (state != nullptr && !IsMergeVerb(command)) {
    if (MaybeRefusal refusal = RefuseMerged(*state)) return refusal;
  }
  const uint64_t version = state == nullptr ? 0 : state->version();
  if (command.has_expected_version() && command.expected_version() != version) {
    return Refuse("C-version", StrCat("version ", command.expected_version()), StrCat("version ", version),
                  "Read the resident again, then decide again.");
  }
  return std::nullopt;
}

MaybeRefusal CheckTime(const v1::Command& command, absl::Time now) {
  if (!command.has_occurred_at()) return std::nullopt;
  const absl::Time when = ToTime(command.occurred_at());
  if (when > now) {
    return Invalid("C-future", StrCat("occurred_at not later than now (", FormatInstant(now), ")"),
                   FormatInstant(when));
  }
  if (when < now - kResidentBackdateMax) {
    return Invalid("C-backdate", StrCat("occurred_at not before ", FormatInstant(now - kResidentBackdateMax)),
                   FormatInstant(when));
  }
  return std::nullopt;
}

// All wrong fields at once.
MaybeRefusal CheckFields(const v1::ResidentNeeds& needs, std::string_view uprn) {
  v1::Refusal refusal = Invalid("C-field", "codes where no words belong", "other fields");
  const auto check = [&](std::string_view field, std::string_view code) {
    if (!IsCode(code)) {
      AddMissing(refusal, field, StrCat("expected at most ", kNeedsCodeMax, " characters of [A-Za-z0-9_-]"));
    }
  };
  check("uprn", uprn);
  check("needs.preferred_channel", needs.preferred_channel());
  check("needs.language", needs.language());
  check("needs.format", needs.format());
  if (needs.adjustments_size() > kAdjustmentsMax) {
    AddMissing(refusal, "needs.adjustments", StrCat("expected at most ", kAdjustmentsMax));
  }
  for (const std::string& adjustment : needs.adjustments()) {
    if (!ParseName(adjustment).ok()) {
      AddMissing(refusal, "needs.adjustments", "expected 1 to 64 characters of [a-z0-9_] each");
      break;
    }
  }
  if (refusal.missing().empty()) return std::nullopt;
  return refusal;
}

MaybeRefusal CheckVerb(const v1::Command& command, const v1::Actor& actor) {
  if (command.has_register_resident()) {
    return CheckFields(command.register_resident().needs(), command.register_resident().uprn());
  }
  if (command.has_update_resident()) {
    const v1::UpdateResident& update = command.update_resident();
    const bool found_by = update.has_phone() || update.has_household() || !command.references().empty();
    if (!update.has_name() && !update.has_needs() && !found_by) {
      return Invalid("C-empty", "a name, needs, or what the resident is found by, to update", "none of them");
    }
    return CheckFields(update.needs(), "");
  }
  if (!IsNamedHuman(actor)) return RefusedWithoutHuman(actor);
  if (!ParseName(command.erase_resident().reason_code()).ok()) {
    v1::Refusal refusal = Invalid("C-field", "a reason", "none that is a code");
    AddMissing(refusal, "reason_code", "expected 1 to 64 characters of [a-z0-9_]");
    return refusal;
  }
  return std::nullopt;
}

// ---------------------------------------------------------------------------------------------- facts

v1::Event FactOf(const v1::Command& command, absl::Time now) {
  v1::Event event;
  SetTimestamp(command.has_occurred_at() ? ToTime(command.occurred_at()) : now, event.mutable_occurred_at());
  event.set_substantive(true);
  if (command.has_register_resident()) {
    const v1::RegisterResident& asked = command.register_resident();
    v1::ResidentRegistered* registered = event.mutable_resident_registered();
    if (asked.has_name()) *registered->mutable_name() = asked.name();
    if (asked.has_needs()) *registered->mutable_needs() = asked.needs();
    registered->set_uprn(asked.uprn());
    if (asked.has_phone()) *registered->mutable_phone() = asked.phone();
    if (asked.has_household()) *registered->mutable_household() = asked.household();
    *registered->mutable_references() = command.references();
  } else if (command.has_update_resident()) {
    const v1::UpdateResident& asked = command.update_resident();
    v1::ResidentUpdatedDetails* updated = event.mutable_resident_details_updated();
    if (asked.has_name()) *updated->mutable_name() = asked.name();
    if (asked.has_needs()) *updated->mutable_needs() = asked.needs();
    if (asked.has_phone()) *updated->mutable_phone() = asked.phone();
    if (asked.has_household()) *updated->mutable_household() = asked.household();
    *updated->mutable_references() = command.references();
  } else {
    event.mutable_resident_erased()->set_reason_code(command.erase_resident().reason_code());
  }
  return event;
}

// Needs are told as a whole. Safe contact alone outlives an update that does not mention it: to lose it by leaving it
// out of a form would put a person in danger.
void TakeNeeds(v1::ResidentState& state, const v1::ResidentNeeds& needs) {
  v1::Words safe_contact = state.needs().safe_contact();
  const bool keep = state.needs().has_safe_contact() && !needs.has_safe_contact();
  *state.mutable_needs() = needs;
  if (keep) *state.mutable_needs()->mutable_safe_contact() = std::move(safe_contact);
}

template <typename Told>
void TakeFoundBy(v1::ResidentState& state, const Told& told) {
  if (told.has_phone()) *state.mutable_phone() = told.phone();
  if (told.has_household()) *state.mutable_household() = told.household();
  for (const v1::ExternalReference& reference : told.references()) {
    const bool known = std::any_of(state.references().begin(), state.references().end(), [&](const auto& one) {
      return one.system() == reference.system() && one.value() == reference.value();
    });
    if (!known) *state.add_references() = reference;
  }
}

MaybeRefusal CheckReferences(const v1::ResidentState* state, const v1::Command& command) {
  const int all = (state != nullptr ? state->references_size() : 0) + command.references_size();
  if (all <= kResidentReferencesMax) return std::nullopt;
  return Refuse("C-limit", StrCat("at most ", kResidentReferencesMax, " references of a resident"), StrCat(all),
                "Leave out references that are not needed.");
}

}  // namespace

ResidentVerdict DecideResident(const v1::ResidentState* state, const v1::Command& command,
                               const ResidentContext& context) {
  if (MaybeRefusal refusal = CheckState(state, command)) return *std::move(refusal);
  if (MaybeRefusal refusal = CheckTime(command, context.now)) return *std::move(refusal);
  if (IsMergeVerb(command)) return DecideMerge(state, command, context);
  CHECK(command.has_register_resident() || command.has_update_resident() || command.has_erase_resident());
  if (MaybeRefusal refusal = CheckVerb(command, context.actor)) return *std::move(refusal);
  if (MaybeRefusal refusal = CheckReferences(state, command)) return *std::move(refusal);

  ResidentAccepted accepted;
  if (state != nullptr) accepted.after = *state;
  if (accepted.after.resident_id().empty()) accepted.after.set_resident_id(std::string(context.resident_id));
  accepted.events.push_back(FactOf(command, context.now));
  EvolveResident(accepted.after, accepted.events.back(), context.now);
  TellMerged(command, accepted);
  return accepted;
}

void EvolveResident(v1::ResidentState& state, const v1::Event& event, absl::Time recorded_at) {
  if (event.has_resident_registered()) {
    const v1::ResidentRegistered& registered = event.resident_registered();
    if (registered.has_name()) *state.mutable_name() = registered.name();
    if (registered.has_needs()) TakeNeeds(state, registered.needs());
    state.set_uprn(registered.uprn());
    TakeFoundBy(state, registered);
    state.set_stand_in(false);
    SetTimestamp(recorded_at, state.mutable_registered_at());
  } else if (event.has_resident_details_updated()) {
    const v1::ResidentUpdatedDetails& updated = event.resident_details_updated();
    if (updated.has_name()) *state.mutable_name() = updated.name();
    if (updated.has_needs()) TakeNeeds(state, updated.needs());
    TakeFoundBy(state, updated);
  } else if (event.has_resident_erased()) {
    // The words are unreadable from now on; what says something about the person without words goes too. The cases
    // stay.
    state.clear_name();
    state.clear_needs();
    state.clear_uprn();
    state.clear_phone();
    state.clear_household();
    state.clear_references();
    state.set_erased(true);
  } else if (!EvolveMerge(state, event)) {
    return;  // another stream's
  }
  if (!event.derived()) state.set_version(state.version() + 1);
}

void AddCase(v1::ResidentState& state, std::string_view resident_id, std::string_view case_id) {
  if (state.resident_id().empty()) {
    state.set_resident_id(std::string(resident_id));
    state.set_stand_in(true);
  }
  const auto& known = state.case_ids();
  if (std::find(known.begin(), known.end(), case_id) == known.end()) state.add_case_ids(std::string(case_id));
}

}  // namespace caseward
