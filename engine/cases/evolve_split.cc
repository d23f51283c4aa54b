#include "engine/cases/evolve_split.h"

#include <algorithm>

#include "engine/cases/case_lookup.h"

namespace caseward {
namespace {

void SetStatus(v1::CaseState& state, std::string_view new_case_id, v1::SplitState::Status status) {
  v1::SplitState* split = FindIn(*state.mutable_splits(), [&](const v1::SplitState& one) {
    return one.new_case_id() == new_case_id && one.status() == v1::SplitState::STATUS_HALF_DONE;
  });
  if (split != nullptr) split->set_status(status);
}

void Begun(v1::CaseState& state, const v1::CaseSplit& e) {
  v1::SplitState& split = *state.add_splits();
  split.set_new_case_id(e.new_case_id());
  split.set_status(v1::SplitState::STATUS_HALF_DONE);
  *split.mutable_versions() = e.versions();
  *split.mutable_people() = e.people();
}

// Nothing came of it, so nothing is linked either.
void Refused(v1::CaseState& state, const v1::SplitRefused& e) {
  SetStatus(state, e.new_case_id(), v1::SplitState::STATUS_REFUSED);
  auto* links = state.mutable_links();
  links->erase(std::remove_if(links->begin(), links->end(),
                              [&](const v1::CaseLinkState& link) { return link.other_case_id() == e.new_case_id(); }),
               links->end());
}

}  // namespace

void EvolveSplit(v1::CaseState& state, const v1::Event& event) {
  if (event.has_case_split()) Begun(state, event.case_split());
  if (event.has_case_split_from()) state.set_split_from(event.case_split_from().from_case_id());
  if (event.has_split_confirmed()) {
    SetStatus(state, event.split_confirmed().new_case_id(), v1::SplitState::STATUS_DONE);
  }
  if (event.has_split_refused()) Refused(state, event.split_refused());
  if (event.has_main_resident_merged()) state.set_survivor_id(event.main_resident_merged().survivor_id());
}

}  // namespace caseward
