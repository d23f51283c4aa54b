// A case's fact lines, which conditions that count read: made from its history when one asks, and kept nowhere else.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/port/state_store.h"

namespace caseward {

// The line of a decision about a case, words removed; nullopt if it changed nothing about the case.
std::optional<v1::FactLineRecord> LineOf(const v1::Decision& decision);

// The lines of a case as state has its history, in order. DATA_LOSS: a record cannot be read.
absl::StatusOr<std::vector<v1::FactLineRecord>> ReadLines(uint32_t partition, const StateReader& state,
                                                          std::string_view case_id);

}  // namespace caseward
