// Who may be the same person (R-14: told once): residents known by the same phone, household or reference. Looks at
// every resident of every partition, because what they are found by is sealed under each person's own key and no index
// may outlive it (law L11): the text is sealed once more for each and the bytes compared. Nothing is opened.
//
// Threads   any; slow: the worker pool's.
#pragma once

#include "services/server/backend.h"

namespace caseward {

inline constexpr int kCandidatesMax = 100;

// INVALID_ARGUMENT: none of the three is given.
absl::StatusOr<v1::MatchResidentsResponse> FindMatches(Backend& backend, const v1::MatchResidentsRequest& request);

}  // namespace caseward
