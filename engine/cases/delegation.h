// When somebody signs for another (DelegateSignOff): what the decision and the list of work both go by.
#pragma once

#include <algorithm>
#include <string_view>

#include "caseward/v1/state.pb.h"
#include "engine/base/time.h"

namespace caseward {

// It covers the subject; one that names none covers all.
inline bool IsFor(const v1::DelegationState& delegation, std::string_view subject) {
  const auto& subjects = delegation.subjects();
  return subjects.empty() || std::find(subjects.begin(), subjects.end(), subject) != subjects.end();
}

inline bool HoldsAt(const v1::DelegationState& delegation, absl::Time at) {
  return ToTime(delegation.starts()) <= at && at < ToTime(delegation.ends());
}

}  // namespace caseward
