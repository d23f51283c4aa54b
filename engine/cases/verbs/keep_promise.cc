#include "engine/cases/verbs/open_item.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal KeepPromise(Deciding& deciding, const v1::KeepPromise& asked) {
  if (auto refusal = CheckOpenItem(deciding, asked.promise_id(), true)) return refusal;
  v1::PromiseKept& e = *deciding.Fact(true).mutable_promise_kept();
  e.set_promise_id(asked.promise_id());
  e.set_evidence_ref(asked.evidence_ref());
  return std::nullopt;
}

}  // namespace caseward::verbs
