#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Another case claimed a reference that this one uses: it shows on both (design §5).
MaybeRefusal NoteReferenceClaimed(Deciding& deciding, const v1::NoteReferenceClaimed& asked) {
  for (const v1::ContestedReference& known : deciding.before().contested()) {
    const bool same = known.other_case_id() == asked.other_case_id() &&
                      known.reference().system() == asked.reference().system() &&
                      known.reference().value() == asked.reference().value();
    if (same) return std::nullopt;
  }
  v1::Event& event = deciding.Fact(false);
  event.set_derived(true);
  *event.mutable_reference_contested()->mutable_reference() = asked.reference();
  event.mutable_reference_contested()->set_other_case_id(asked.other_case_id());
  return std::nullopt;
}

}  // namespace caseward::verbs
