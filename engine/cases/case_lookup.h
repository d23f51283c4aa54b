// Finding the parts of a case: its steps, actions, clocks and sign-offs. Each Find... returns null if there is none.
// Cases hold tens of each, so a look from front to back is the quickest there is.
#pragma once

#include <algorithm>
#include <string_view>

#include "caseward/v1/state.pb.h"

namespace caseward {

inline constexpr std::string_view kClosureSubject = "closure";
inline constexpr std::string_view kPriorityLoweringSubject = "priority_lowering";

template <typename List, typename Is>
auto* FindIn(List& list, Is is) {
  for (auto& item : list) {
    if (is(item)) return &item;
  }
  return static_cast<decltype(&*list.begin())>(nullptr);
}

template <typename List, typename Item>
bool Contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

inline v1::StepState* FindStep(v1::CaseState& state, std::string_view step) {
  return FindIn(*state.mutable_steps(), [&](const v1::StepState& s) { return s.step() == step; });
}
inline v1::ActionState* FindAction(v1::CaseState& state, std::string_view id) {
  return FindIn(*state.mutable_actions(), [&](const v1::ActionState& a) { return a.action_id() == id; });
}
inline const v1::ActionState* FindAction(const v1::CaseState& state, std::string_view id) {
  return FindIn(state.actions(), [&](const v1::ActionState& a) { return a.action_id() == id; });
}
inline v1::ClockState* FindClock(v1::CaseState& state, std::string_view clock) {
  return FindIn(*state.mutable_clocks(), [&](const v1::ClockState& c) { return c.clock() == clock; });
}
inline const v1::ClockState* FindClock(const v1::CaseState& state, std::string_view clock) {
  return FindIn(state.clocks(), [&](const v1::ClockState& c) { return c.clock() == clock; });
}
inline v1::SignOffState* FindSignOff(v1::CaseState& state, std::string_view subject) {
  return FindIn(*state.mutable_sign_offs(), [&](const v1::SignOffState& s) { return s.subject() == subject; });
}
inline const v1::SignOffState* FindSignOff(const v1::CaseState& state, std::string_view subject) {
  return FindIn(state.sign_offs(), [&](const v1::SignOffState& s) { return s.subject() == subject; });
}

// Running, paused, or breached and not yet stopped: something can still happen to it.
inline bool IsOpen(const v1::ClockState& clock) {
  return clock.status() == v1::ClockState::STATUS_RUNNING || clock.status() == v1::ClockState::STATUS_PAUSED ||
         clock.status() == v1::ClockState::STATUS_BREACHED;
}
// P1 is more urgent than P2, and anything than none.
inline bool MoreUrgent(v1::Priority a, v1::Priority than) {
  return a != v1::PRIORITY_UNSPECIFIED && (than == v1::PRIORITY_UNSPECIFIED || a < than);
}
inline bool IsClosed(const v1::CaseState& state) {
  return state.phase() == v1::PHASE_CLOSED || state.phase() == v1::PHASE_WITHDRAWN;
}

}  // namespace caseward
