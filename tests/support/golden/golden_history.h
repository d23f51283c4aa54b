// The golden history: a fixed script, played with fixed people, ids, keys and times, that makes the system say
// everything it can say at least once. Its records are kept under tests/golden/records; what is logged is kept for
// ever, so its bytes may not drift unnoticed.
//
// The script only grows, and only at its end: each new verb or event gets a new act after the last one, so that what is
// recorded already stays as it is. docs/recipes/add-a-golden-record.md tells how.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "caseward/v1/calendar.pb.h"
#include "caseward/v1/policy.pb.h"
#include "engine/partition/apply.h"
#include "tests/support/golden/golden_file.h"

namespace caseward::test {

// (partition, sequence) → the raw record.
using RawRecords = std::map<std::pair<uint32_t, uint64_t>, std::string>;

inline constexpr uint32_t kGoldenPartitions = 3;

struct GoldenHistory {
  RawRecords records;
  // Wrapped data keys as they are in the log at the end, by id: without them sealed words are lost.
  std::map<std::string, std::string> keys;
};
// Plays the script on today's code. The key vault, which is the only chance in it, is the seeded twin.
GoldenHistory PlayGoldenHistory();
// What the twin is seeded with.
inline constexpr uint64_t kGoldenVaultSeed = 7;

// What is kept: "tests/golden/records/history.<generation>.golden". The newest generation is what today's code makes;
// older ones were made by older code and must still be understood. At least one, or the test fails.
std::vector<int> GoldenHistoryGenerations();
std::string GoldenHistoryPath(int generation);
RawRecords RecordsOf(const GoldenFile& file);

// Applies the record that follows what `applier` has applied, and writes `store`. `batch` sees what is written.
absl::Status ReplayRecord(
    Applier& applier, StateStore& store, uint32_t partition, uint64_t sequence, std::string_view raw,
    absl::FunctionRef<void(const StateBatch&)> batch = [](const StateBatch&) {});
// State as partition `n` of the history leaves it, in an empty `store`.
absl::Status ReplayPartition(const RawRecords& records, uint32_t n, StateStore& store, const Hasher& hasher);

// tests/golden/records/pack.txtpb and calendar.txtpb.
v1::Pack GoldenPack();
v1::Calendar GoldenCalendar();

}  // namespace caseward::test
