// Two entries that are one person become one: the survivor is named, and the other points to it (design §3: two steps).
//
//   merged's home                             survivor's home
//   merge_resident ─▶ ResidentMergeBegun ───▶ accept_merge ─▶ ResidentMergeAccepted, or a refusal
//   ResidentMerged, or ResidentMergeRefused ◀─── note_merge
//   its cases: note_resident_merged                            later needs: note_merge, an erasure: follow_erasure
//
// One step deep: nobody is merged into somebody who was merged, and nobody into whom others were merged is merged away.
// So there are no chains to follow and no circles.
#pragma once

#include "engine/residents/resident.h"

namespace caseward {

// The verbs merge_resident, accept_merge, note_merge and follow_erasure. `state` is null for a resident this partition
// does not know.
ResidentVerdict DecideMerge(const v1::ResidentState* state, const v1::Command& command, const ResidentContext& context);
bool IsMergeVerb(const v1::Command& command);

// C-merge: what is asked of an entry that was merged goes to the survivor instead.
std::optional<v1::Refusal> RefuseMerged(const v1::ResidentState& state);

// What the survivor has to tell those who were merged into it, after a command of its own.
void TellMerged(const v1::Command& command, ResidentAccepted& accepted);

// The merge's events; false for another's.
bool EvolveMerge(v1::ResidentState& state, const v1::Event& event);

// Limits, each with a test at it and one past it.
inline constexpr int kMergedMax = 16;      // entries merged into one
inline constexpr int kCasesToldMax = 256;  // cases of the one who is merged

}  // namespace caseward
