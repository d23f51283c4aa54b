#include <algorithm>

#include "absl/strings/str_join.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/cases/delegation.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

// The first signer whose condition holds: who may sign, as the case stands.
const CompiledSigner* SignerFor(const CompiledSignOff& type, const Facts& facts) {
  for (const CompiledSigner& signer : type.signers) {
    if (!signer.when || signer.when->Holds(facts)) return &signer;
  }
  return nullptr;
}

// Under which role the actor signs, and for whom: in their own right, or by a delegation. An empty role: they may not.
struct Signature {
  std::string role;
  std::string delegated_by;
};

// The role of the signer's that the delegator holds today; empty if they hold none, or have left.
std::string DelegatedRole(const Deciding& deciding, const v1::DelegationState& delegation, const v1::Signer& signer) {
  if (!deciding.context().staff_of) return "";
  const v1::StaffState* delegator = deciding.context().staff_of(delegation.from());
  if (delegator == nullptr || delegator->left()) return "";
  for (const std::string& role : signer.roles()) {
    if (std::find(delegator->roles().begin(), delegator->roles().end(), role) != delegator->roles().end()) return role;
  }
  return "";
}

// Whom a relation of separate_from means, as the case stands; empty: nobody.
const std::string& PersonIn(const v1::CaseState& state, std::string_view relation) {
  if (relation == "owner") return state.owner();
  if (relation == "proposer") return state.proposer();
  return relation == "previous_owner" ? state.previous_owner() : state.received_by();
}

bool IsApart(const Deciding& deciding, const v1::SignOffType& type, std::string_view person) {
  const auto& apart = type.separate_from();
  return std::none_of(apart.begin(), apart.end(),
                      [&](const std::string& relation) { return PersonIn(deciding.before(), relation) == person; });
}

// By whose role the actor signs. Of several who delegated, one who is not too near the case, if there is any.
Signature SignatureOf(const Deciding& deciding, const v1::SignOffType& type, const v1::Signer& signer) {
  for (const std::string& role : signer.roles()) {
    if (HasRole(deciding.actor(), role)) return {role, ""};
  }
  const v1::StaffState* staff = deciding.context().staff;
  if (staff == nullptr || staff->left()) return {};
  const absl::Time today = deciding.context().today();
  Signature too_near;
  for (const v1::DelegationState& delegation : staff->delegations()) {
    if (!HoldsAt(delegation, today) || !IsFor(delegation, type.subject())) continue;
    std::string role = DelegatedRole(deciding, delegation, signer);
    if (role.empty()) continue;
    if (IsApart(deciding, type, delegation.from())) return {std::move(role), delegation.from()};
    if (too_near.role.empty()) too_near = {std::move(role), delegation.from()};
  }
  return too_near;
}

v1::Refusal RefusedByType(const v1::SignOffType& type, std::string_view rule, std::string say) {
  v1::Refusal refusal;
  refusal.set_rule(std::string(rule.empty() ? type.rule() : rule));
  refusal.set_clause(type.clause());
  refusal.set_provenance(type.provenance());
  refusal.set_say(std::move(say));
  return refusal;
}

// A delegation that is no longer, or not yet, is said: whoever meets this may have signed a minute ago.
void AddDelegations(const Deciding& deciding, const v1::SignOffType& type, v1::Refusal& refusal) {
  const v1::StaffState* staff = deciding.context().staff;
  if (staff == nullptr) return;
  for (const v1::DelegationState& delegation : staff->delegations()) {
    if (!IsFor(delegation, type.subject())) continue;
    const absl::Time now = deciding.context().today();
    const std::string how =
        now >= ToTime(delegation.ends())    ? StrCat("ended at ", FormatInstant(ToTime(delegation.ends())))
        : now < ToTime(delegation.starts()) ? StrCat("begins at ", FormatInstant(ToTime(delegation.starts())))
                                            : "gives none of these roles today";
    AddMissing(refusal, "delegation", StrCat("the delegation by ", delegation.from(), " ", how));
  }
}

v1::Refusal WrongSigner(const Deciding& deciding, const v1::SignOffType& type, const v1::Signer* signer) {
  const v1::Actor& actor = deciding.actor();
  const std::string roles = signer != nullptr ? absl::StrJoin(signer->roles(), " or ") : "nobody";
  const std::string held = actor.roles().empty() ? "no role" : absl::StrJoin(actor.roles(), ", ");
  std::string say = signer != nullptr && !signer->say().empty()
                        ? signer->say()
                        : StrCat("Sign-off \"", type.subject(), "\" needs ", roles, "; found ", held, ".");
  v1::Refusal refusal = RefusedByType(type, signer != nullptr ? signer->rule() : "", std::move(say));
  v1::Missing* missing = refusal.add_missing();
  missing->set_id("signer");
  missing->set_say(StrCat("a signature by ", roles));
  if (signer != nullptr) *missing->mutable_by_roles() = signer->roles();
  refusal.set_unblock(StrCat("Ask ", roles, " to sign."));
  AddDelegations(deciding, type, refusal);
  return refusal;
}

// Signer ≠ owner ≠ proposer, as the type says. Persons are compared, not the accounts they come by.
// A delegator is no other person than whoever signs for them.
MaybeRefusal CheckSeparation(const Deciding& deciding, const v1::SignOffType& type, std::string_view delegated_by) {
  for (const std::string& relation : type.separate_from()) {
    const std::string& other = PersonIn(deciding.before(), relation);
    if (other.empty() || (other != PersonOf(deciding.actor()) && other != delegated_by)) continue;
    v1::Refusal refusal =
        RefusedByType(type, "", StrCat("The ", relation, " may not sign \"", type.subject(), "\" (four eyes)."));
    AddMissing(refusal, "separation", StrCat("a signature by someone who is not the ", relation));
    refusal.set_unblock("Another person with the role signs.");
    return refusal;
  }
  return std::nullopt;
}

bool WaivedAbove(const v1::CaseState& state, const CompiledSignOff& type, std::string_view item, uint32_t tier) {
  return FindIn(state.waivers(), [&](const v1::WaiverState& waiver) {
           return waiver.subject() == type.source->subject() && waiver.item() == item && waiver.tier() > tier;
         }) != nullptr;
}

// Complete, and what was waived was waived one tier above the one who signs.
MaybeRefusal CheckChecklist(const Deciding& deciding, const CompiledSignOff& type, const Facts& facts, uint32_t tier) {
  if (type.checklist == nullptr) return std::nullopt;
  v1::Refusal refusal =
      RefusedByType(*type.source, "", StrCat("The checklist \"", type.source->checklist(), "\" is not complete."));
  for (const v1::ChecklistItemValue& value : ChecklistValues(type.source->subject(), facts)) {
    if (value.passed() || (value.waived() && WaivedAbove(deciding.before(), type, value.id(), tier))) continue;
    const auto item = std::find_if(type.checklist->items.begin(), type.checklist->items.end(),
                                   [&](const CompiledChecklistItem& i) { return i.source->id() == value.id(); });
    AddMissing(refusal, value.id(), item != type.checklist->items.end() ? item->source->say() : "");
  }
  if (refusal.missing().empty()) return std::nullopt;
  refusal.set_unblock("Complete the items that are missing, or have each waived one tier above the signer.");
  return refusal;
}

// One tier above those who may sign.
MaybeRefusal CheckWaiver(const Deciding& deciding, const v1::SignOff& asked, const CompiledSignOff& type,
                         const v1::Signer* signer) {
  if (signer == nullptr) return WrongSigner(deciding, *type.source, signer);
  const v1::ChecklistItem* item = nullptr;
  if (type.checklist != nullptr) {
    for (const CompiledChecklistItem& i : type.checklist->items) {
      if (i.source->id() == asked.item()) item = i.source;
    }
  }
  if (item == nullptr) {
    return Invalid("C-sign-off", StrCat("an item of the checklist of \"", asked.subject(), "\""),
                   StrCat("\"", asked.item(), "\""));
  }
  if (item->firm()) {
    v1::Refusal refusal = RefusedByType(*type.source, "", StrCat("Item \"", asked.item(), "\" may not be waived."));
    AddMissing(refusal, item->id(), item->say());
    refusal.set_unblock("Complete the item.");
    return refusal;
  }
  uint32_t tier = 0;
  for (const std::string& role : signer->roles()) {
    const uint32_t t = deciding.pack().tier(role);
    if (tier == 0 || t < tier) tier = t;
  }
  const uint32_t held = deciding.pack().HighestTier(deciding.actor().roles());
  if (held > tier) return std::nullopt;
  v1::Refusal refusal = RefusedByType(
      *type.source, "", StrCat("A waiver needs a role of tier ", tier + 1, " or above; found tier ", held, "."));
  AddMissing(refusal, "waiver", "a waiver by one tier above the signer");
  refusal.set_unblock("Ask a more senior person to waive it, or complete the item.");
  return refusal;
}

std::string MostSeniorRole(const Deciding& deciding) {
  const auto& roles = deciding.actor().roles();
  const auto senior = std::max_element(roles.begin(), roles.end(), [&](const std::string& a, const std::string& b) {
    return deciding.pack().tier(a) < deciding.pack().tier(b);
  });
  return senior == roles.end() ? std::string() : *senior;
}

void Grant(Deciding& deciding, const v1::SignOff& asked, const CompiledSignOff& type, const CompiledSigner* signer) {
  const Facts facts = deciding.FactsBefore();
  v1::SignOffGranted& e = *deciding.Fact(false).mutable_sign_off_granted();
  e.set_subject(asked.subject());
  e.set_by(PersonOf(deciding.actor()));
  if (signer != nullptr) {
    Signature signature = SignatureOf(deciding, *type.source, *signer->source);
    e.set_role(std::move(signature.role));
    e.set_delegated_by(std::move(signature.delegated_by));
  }
  e.set_tier(deciding.pack().tier(e.role()));
  if (type.checklist != nullptr) {
    for (v1::ChecklistItemValue& value : ChecklistValues(asked.subject(), facts))
      *e.add_items() = std::move(value);
  }
  e.set_hash(SignOffHash(asked.subject(), facts));
  if (asked.has_reasons()) *e.mutable_reasons() = asked.reasons();
  *e.mutable_points_answered() = asked.points_answered();
}

// The facts of the answer; who may give it is for the gate to say.
MaybeRefusal AddAnswer(Deciding& deciding, const v1::SignOff& asked, const CompiledSignOff& type,
                       const CompiledSigner* signer) {
  const std::string& by = PersonOf(deciding.actor());
  switch (asked.answer()) {
    case v1::SignOff::ANSWER_GRANT: Grant(deciding, asked, type, signer); return std::nullopt;
    case v1::SignOff::ANSWER_REFUSE: {
      if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for refusing to sign", "none");
      v1::SignOffRefused& e = *deciding.Fact(true).mutable_sign_off_refused();
      e.set_subject(asked.subject());
      e.set_by(by);
      if (signer != nullptr) e.set_role(SignatureOf(deciding, *type.source, *signer->source).role);
      e.set_reason_code(asked.reason_code());
      if (asked.has_reasons()) *e.mutable_reasons() = asked.reasons();
      return std::nullopt;
    }
    case v1::SignOff::ANSWER_WAIVE: {
      if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for the waiver", "none");
      v1::ItemWaived& e = *deciding.Fact(false).mutable_item_waived();
      e.set_subject(asked.subject());
      e.set_item(asked.item());
      e.set_by(by);
      e.set_role(MostSeniorRole(deciding));
      e.set_tier(deciding.pack().tier(e.role()));
      e.set_reason_code(asked.reason_code());
      return std::nullopt;
    }
    case v1::SignOff::ANSWER_UNSPECIFIED:
    case v1::SignOff_Answer_SignOff_Answer_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::SignOff_Answer_SignOff_Answer_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return Invalid("C-sign-off", "an answer: grant, refuse or waive", "none");
}

}  // namespace

MaybeRefusal Sign(Deciding& deciding, const v1::SignOff& asked) {
  const CompiledSignOff* type = deciding.pack().sign_off(asked.subject(), deciding.before().case_type());
  if (type == nullptr) {
    return Invalid("C-sign-off", "a sign-off that the policy declares for this case type",
                   StrCat("\"", asked.subject(), "\""));
  }
  const CompiledSigner* signer = SignerFor(*type, deciding.FactsBefore());
  if (auto refusal = AddAnswer(deciding, asked, *type, signer)) return refusal;
  if (asked.subject() == kClosureSubject && deciding.before().phase() != v1::PHASE_CLOSING) {
    return Refuse("C-phase", "a case proposed for closing", "one that is not", "Propose closure first.");
  }
  return std::nullopt;
}

MaybeRefusal SignGate(const Deciding& deciding, const v1::SignOff& asked) {
  const CompiledSignOff& type = *deciding.pack().sign_off(asked.subject(), deciding.before().case_type());
  const Facts facts = deciding.FactsBefore();
  const CompiledSigner* signer = SignerFor(type, facts);
  const v1::Signer* who = signer != nullptr ? signer->source : nullptr;
  const Signature signature = who != nullptr ? SignatureOf(deciding, *type.source, *who) : Signature{};
  if (auto refusal = CheckSeparation(deciding, *type.source, signature.delegated_by)) return refusal;
  if (asked.answer() == v1::SignOff::ANSWER_WAIVE) return CheckWaiver(deciding, asked, type, who);
  if (signature.role.empty()) {
    return WrongSigner(deciding, *type.source, who);
  }
  if (asked.answer() != v1::SignOff::ANSWER_GRANT) return std::nullopt;
  if (!asked.seen_hash().empty() && asked.seen_hash() != SignOffHash(asked.subject(), facts)) {
    return Refuse("C-seen", "the checklist that was seen", "one that has changed since", "Look again, then sign.");
  }
  return CheckChecklist(deciding, type, facts, deciding.pack().tier(signature.role));
}

}  // namespace caseward::verbs
