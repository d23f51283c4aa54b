// What CaseService reads of one case. Each answers from one view of state, so position and content agree (law L9).
#pragma once

#include <optional>

#include "absl/functional/function_ref.h"
#include "caseward/v1/case_service.pb.h"
#include "engine/cases/decide.h"
#include "engine/directory/directory.h"
#include "engine/partition/reader.h"
#include "services/server/backend.h"
#include "services/server/unary_call.h"

namespace caseward {

void GetOutcome(Backend& backend, v1::GetOutcomeRequest request, v1::Actor actor,
                Answer<v1::GetOutcomeResponse> answer);
void GetCase(Backend& backend, v1::GetCaseRequest request, v1::Actor actor, Answer<v1::GetCaseResponse> answer);
void GetTimeline(Backend& backend, v1::GetTimelineRequest request, v1::Actor actor,
                 Answer<v1::GetTimelineResponse> answer);
void ExplainCase(Backend& backend, v1::ExplainCaseRequest request, v1::Actor actor,
                 Answer<v1::ExplainCaseResponse> answer);

// Calls `use` with what a reader of a case may look at, as the case stood by then (nullopt: as it stands now).
// FAILED_PRECONDITION: its pack or calendar cannot be used here.
absl::Status WithCaseContext(const Backend& backend, const Directory& directory, const PartitionReader& reader,
                             const v1::CaseState& state, const v1::Actor& actor, std::optional<absl::Time> as_of,
                             absl::FunctionRef<void(const CaseContext&)> use);

// What was applied in a partition, as a view of state has it.
absl::StatusOr<v1::Position> PositionOf(uint32_t partition, const StateReader& state);

// PERMISSION_DENIED unless the actor may open words.
absl::Status CheckMayReadWords(const Backend& backend, const v1::Actor& actor, std::string_view what = "with_words");

}  // namespace caseward
