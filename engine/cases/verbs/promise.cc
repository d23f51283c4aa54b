#include "engine/cases/verbs/actions.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// A promise made to the resident becomes a dated item of the case.
MaybeRefusal Promise(Deciding& deciding, const v1::RecordPromise& asked) {
  auto id = NewItemId(deciding, asked.promise_id(), /*promise=*/true);
  if (auto* refusal = std::get_if<v1::Refusal>(&id)) return *refusal;
  if (!asked.has_due()) return Invalid("C-promise", "the date it was promised for", "none");
  if (ToTime(asked.due()) <= deciding.when()) {
    return Invalid("C-promise", "a date after the promise", FormatInstant(ToTime(asked.due())));
  }
  v1::PromiseRecorded& e = *deciding.Fact(true).mutable_promise_recorded();
  e.set_promise_id(std::get<std::string>(std::move(id)));
  *e.mutable_due() = asked.due();
  if (asked.has_what()) *e.mutable_what() = asked.what();
  return std::nullopt;
}

}  // namespace caseward::verbs
