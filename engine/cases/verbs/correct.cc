#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// A new fact with a link to the one it corrects. The old one stays; a recorded breach stands.
MaybeRefusal Correct(Deciding& deciding, const v1::CorrectFact& asked) {
  if (asked.corrects_version() == 0 || asked.corrects_version() > deciding.before().version()) {
    return Invalid("C-correct", StrCat("a version of this case, 1 to ", deciding.before().version()),
                   StrCat(asked.corrects_version()));
  }
  if (asked.reason_code().empty()) return Invalid("C-reason", "a reason for the correction", "none");
  if (asked.has_occurred_at() && ToTime(asked.occurred_at()) > deciding.context().now) {
    return Invalid("C-future", "a corrected time not later than now", FormatInstant(ToTime(asked.occurred_at())));
  }
  v1::FactCorrected& e = *deciding.Fact(true).mutable_fact_corrected();
  e.set_corrects_version(asked.corrects_version());
  e.set_reason_code(asked.reason_code());
  if (asked.has_occurred_at()) *e.mutable_corrected_occurred_at() = asked.occurred_at();
  if (asked.has_correction()) *e.mutable_correction() = asked.correction();
  return std::nullopt;
}

}  // namespace caseward::verbs
