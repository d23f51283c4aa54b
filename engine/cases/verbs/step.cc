#include <algorithm>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Records what the pack declares: an assessment, the resident's view on closing, a manager's review.
MaybeRefusal Step(Deciding& deciding, const v1::RecordStep& asked) {
  const v1::StepType* type = deciding.pack().step(asked.step());
  if (type == nullptr || asked.step() == "report" || asked.step() == "triage") {
    std::vector<std::string> known;
    for (const v1::StepType& s : deciding.pack().source().steps()) {
      if (s.id() != "report" && s.id() != "triage") known.push_back(s.id());
    }
    return Invalid("C-step", StrCat("a step of the policy (", absl::StrJoin(known, ", "), ")"),
                   StrCat("\"", asked.step(), "\""));
  }
  if (auto refusal = CheckFields(StrCat("step ", asked.step()), type, asked.fields())) return refusal;

  v1::StepRecorded& e = *deciding.Fact(!type->administrative()).mutable_step_recorded();
  e.set_step(asked.step());
  *e.mutable_fields() = asked.fields();
  e.set_channel(deciding.command().channel());

  if (!type->case_types().empty() && !Contains(type->case_types(), deciding.before().case_type())) {
    return Refuse("C-step", StrCat("a case of type ", absl::StrJoin(type->case_types(), " or ")),
                  deciding.before().case_type(), "Triage the case as what it is, if that is another type.");
  }
  if (!type->roles().empty() && std::none_of(type->roles().begin(), type->roles().end(), [&](const std::string& role) {
        return Contains(deciding.actor().roles(), role);
      })) {
    v1::Refusal refusal =
        Refuse("C-role", StrCat("a person with role ", absl::StrJoin(type->roles(), " or ")),
               deciding.actor().roles().empty() ? "none" : absl::StrJoin(deciding.actor().roles(), ", "),
               "A person with the role records it.");
    refusal.set_clause(type->clause());
    refusal.set_provenance(type->provenance());
    return refusal;
  }
  return std::nullopt;
}

}  // namespace caseward::verbs
