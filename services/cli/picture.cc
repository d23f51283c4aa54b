#include "services/cli/picture.h"

#include <algorithm>
#include <tuple>

#include "engine/cases/case_lookup.h"
#include "services/cli/text.h"

namespace caseward::cli {

void Picture::Count(const v1::CaseState& state) {
  ++all_[state.case_type()][Name(state.priority())];
  if (!state.anonymous()) {
    ++cases_of_[state.survivor_id().empty() ? state.main_resident_id() : state.survivor_id()];
  }
  if (IsClosed(state)) return;
  ++open_[state.case_type()][Name(state.priority())];
  OwnerLoad& load = loads_[state.owner()];
  ++load.open;
  load.p1 += state.priority() == v1::PRIORITY_P1 ? 1 : 0;
  const bool overdue = std::any_of(state.clocks().begin(), state.clocks().end(), [](const v1::ClockState& clock) {
    return clock.status() == v1::ClockState::STATUS_BREACHED;
  });
  load.overdue += overdue ? 1 : 0;
}

void Picture::See(const v1::Event& event) {
  if (event.has_sign_off_granted()) {
    SignOffCounts& counts = sign_offs_[event.sign_off_granted().subject()];
    ++counts.granted;
    counts.delegated += event.sign_off_granted().delegated_by().empty() ? 0 : 1;
  }
  if (event.has_sign_off_refused()) ++sign_offs_[event.sign_off_refused().subject()].refused;
  if (event.has_item_waived()) ++sign_offs_[event.item_waived().subject()].waived;
  if (event.has_sign_off_voided()) ++sign_offs_[event.sign_off_voided().subject()].voided;
}

std::vector<OwnerLoad> Picture::Loads() const {
  std::vector<OwnerLoad> loads;
  for (const auto& [owner, load] : loads_) {
    loads.push_back(load);
    loads.back().owner = owner;
  }
  std::sort(loads.begin(), loads.end(), [](const OwnerLoad& a, const OwnerLoad& b) {
    return std::tie(b.open, b.p1, a.owner) < std::tie(a.open, a.p1, b.owner);
  });
  return loads;
}

std::vector<uint64_t> Picture::Repeats() const {
  std::vector<uint64_t> residents(kRepeatsShownMax);
  for (const auto& [resident, cases] : cases_of_)
    ++residents[std::min<size_t>(cases, kRepeatsShownMax) - 1];
  return residents;
}

uint64_t Picture::most_cases_of_one() const {
  uint64_t most = 0;
  for (const auto& [resident, cases] : cases_of_)
    most = std::max<uint64_t>(most, cases);
  return most;
}

uint64_t CountIn(const Picture::Table& table, const std::string& type, const std::string& priority) {
  const auto row = table.find(type);
  if (row == table.end()) return 0;
  const auto found = row->second.find(priority);
  return found == row->second.end() ? 0 : found->second;
}

}  // namespace caseward::cli
