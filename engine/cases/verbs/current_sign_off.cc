#include "engine/cases/verbs/current_sign_off.h"

#include "absl/strings/str_join.h"
#include "engine/base/text.h"

namespace caseward::verbs {
namespace {

bool IsCurrent(const v1::SignOffState* sign_off, const Facts& facts) {
  return sign_off != nullptr && sign_off->granted() && !sign_off->void_() &&
         sign_off->hash() == SignOffHash(sign_off->subject(), facts);
}

}  // namespace

MaybeRefusal NeedSignOff(const Deciding& deciding, std::string_view subject, std::string_view to_do_what) {
  const CompiledSignOff* type = deciding.pack().sign_off(subject, deciding.before().case_type());
  if (type == nullptr) return std::nullopt;
  const v1::SignOffState* sign_off = FindSignOff(deciding.before(), subject);
  const Facts facts = deciding.FactsBefore();
  if (IsCurrent(sign_off, facts)) return std::nullopt;
  const std::string_view found =
      sign_off == nullptr || !sign_off->granted() ? "none was given" : "the one given is void: the case changed";
  v1::Refusal refusal;
  refusal.set_rule(type->source->rule());
  refusal.set_clause(type->source->clause());
  refusal.set_provenance(type->source->provenance());
  refusal.set_say(StrCat("Expected a current sign-off \"", subject, "\" to ", to_do_what, "; ", found, "."));
  v1::Missing* missing = refusal.add_missing();
  missing->set_id(StrCat("sign_off/", subject));
  missing->set_say("a current signature");
  for (const CompiledSigner& signer : type->signers) {
    if (signer.when && !signer.when->Holds(facts)) continue;
    *missing->mutable_by_roles() = signer.source->roles();
    break;
  }
  refusal.set_unblock(missing->by_roles().empty() ? "A person who may sign signs."
                                                  : StrCat(absl::StrJoin(missing->by_roles(), " or "), " signs."));
  return refusal;
}

}  // namespace caseward::verbs
