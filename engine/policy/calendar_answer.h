// What a condition does with a calendar that does not cover the day it asked about.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "engine/policy/condition.h"

namespace caseward {

// What the calendar answered; nullopt if it cannot, which is noted as the decision's fault: the test does not fit, and
// nobody may decide by it.
template <typename T>
std::optional<T> Answer(const absl::StatusOr<T>& answer, const Facts& facts) {
  if (answer.ok()) return *answer;
  if (facts.fault != nullptr && facts.fault->ok()) *facts.fault = answer.status();
  return std::nullopt;
}

}  // namespace caseward
