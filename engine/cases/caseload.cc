#include "engine/cases/caseload.h"

namespace caseward {
namespace {

void Tell(const std::string& person, const v1::CaseState& state, int64_t weight, int32_t cases,
          CaseAccepted& accepted) {
  CaseAccepted::Send& send = accepted.sends.emplace_back();
  send.to_directory = true;
  v1::NoteCaseload& note = *send.command.mutable_note_caseload();
  note.set_staff_id(person);
  note.set_case_id(state.case_id());
  note.set_weight_change(static_cast<int32_t>(weight));
  note.set_cases_change(cases);
}

}  // namespace

void CountLoad(Concluding& concluding, const v1::Event& cause) {
  const v1::CaseState& after = concluding.after();
  uint32_t weight = 0;
  if (!after.owner().empty() && !IsClosed(after) && !after.importing()) {
    weight = concluding.pack().WeightOf(after.case_type(), after.priority());
  }
  const std::string& owner = weight > 0 ? after.owner() : std::string();
  if (owner == after.load_owner() && weight == after.load_weight()) return;
  v1::Event derived =
      concluding.Derive(ToTime(cause.occurred_at()), "caseload", concluding.pack().source().caseload().clause());
  v1::LoadCounted& e = *derived.mutable_load_counted();
  e.set_owner(owner);
  e.set_weight(weight);
  e.set_previous_owner(after.load_owner());
  e.set_previous_weight(after.load_weight());
  concluding.Take(std::move(derived));
}

void AddLoadMessages(CaseAccepted& accepted) {
  for (const v1::Event& event : accepted.events) {
    if (!event.has_load_counted()) continue;
    const v1::LoadCounted& e = event.load_counted();
    if (e.owner() == e.previous_owner()) {
      Tell(e.owner(), *accepted.after, int64_t{e.weight()} - e.previous_weight(), 0, accepted);
      continue;
    }
    if (!e.previous_owner().empty()) {
      Tell(e.previous_owner(), *accepted.after, -int64_t{e.previous_weight()}, -1, accepted);
    }
    if (!e.owner().empty()) Tell(e.owner(), *accepted.after, e.weight(), 1, accepted);
  }
}

}  // namespace caseward
