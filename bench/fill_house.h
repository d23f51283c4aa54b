// Filling a house: its cases are reported and assigned as real commands through the engine, durable one by one, past
// gRPC. A million takes minutes, so it can be done in pieces and kept:
//
//   <folder>/data/    a node's data folder
//   <folder>/filled   how many cases are in it
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bench/house.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"

namespace caseward::bench {

inline constexpr uint32_t kHousePartitions = 8;
// A node on the data of a house.
absl::StatusOr<std::unique_ptr<NodeUnderTest>> OpenHouse(const std::string& data);

// Plays the cases numbered [first, end) of a course on a node; commands a second. An error if one was not accepted.
absl::StatusOr<double> PlayAll(NodeUnderTest& node, const Course& course, uint64_t first, uint64_t end);

// Fills what is not there yet of the house that `settings` ask for, and says so in the report. The data folder; or
// nullopt if the time to fill it was over before it was full.
absl::StatusOr<std::optional<std::string>> FillHouse(const Settings& settings, const House& house, Report& report);

}  // namespace caseward::bench
