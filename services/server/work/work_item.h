// One line of somebody's work: the one next step of a case, why, by when, and what unblocks it if the step is not
// theirs.
//
//   a case under a person's eyes ──▶ next step ◀── phase, hand-over, nearest clock
//                                ──▶ unblocked by ◀── what ExplainCase says stands in the way
#pragma once

#include "absl/status/statusor.h"
#include "engine/directory/directory.h"
#include "engine/partition/reader.h"
#include "services/server/backend.h"

namespace caseward {

// Why a case is in the list.
enum class WorkKind { kOwn, kToSign, kToAccept };

struct WorkCase {
  const v1::CaseState& state;
  WorkKind kind;
  const v1::Actor& person;
};

// What unblocks a case is said in so many lines, those that come first (law L10).
inline constexpr int kUnblockedByMax = 5;

absl::StatusOr<v1::WorkItem> DescribeWork(const Backend& backend, const Directory& directory,
                                          const PartitionReader& reader, const WorkCase& work);

}  // namespace caseward
