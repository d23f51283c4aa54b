// How a checklist stands for a case, item by item, without allocating. Shared by conditions and by what a sign-off
// signs.
#pragma once

#include "engine/policy/compiled_pack.h"

namespace caseward {

struct ItemState {
  bool passed = false;  // it passes, or does not apply
  bool waived = false;  // it does not pass, and someone who may has waived it
};
// `subject` is whose sign-off the waiver must be for.
ItemState StateOfItem(const CompiledChecklistItem& item, std::string_view subject, const Facts& facts);

// True if every item passes or is waived for some sign-off that uses this checklist.
bool ChecklistPasses(const CompiledChecklist& checklist, const Facts& facts);

// What SignOffHash returns, as bytes in place.
Sha256Digest SignOffDigest(std::string_view subject, const Facts& facts);

}  // namespace caseward
