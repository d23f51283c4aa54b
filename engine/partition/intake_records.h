// The records of the intake as outside systems meet them: the headers they may send and the ones they are sent. What
// they mean to a client is docs/integrating.md, "Commands by topic". Pure; any thread.
//
//   .commands   key, value as the sender likes       ──▶ .outcomes   its key, a v1::IntakeOutcome, headers below
//                                                    ──▶ .rejects    its key, value and headers, headers below
//                                                    ──▶ .commands   of its home partition: the same, "moved from"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "caseward/v1/decision.pb.h"
#include "caseward/v1/intake.pb.h"
#include "engine/port/event_log.h"

namespace caseward {

inline constexpr std::string_view kContentTypeHeader = "content-type";
// Ours. A sender's headers of these names are not passed on.
inline constexpr std::string_view kMovedFromHeader = "caseward-moved-from";  // "partition/offset"
inline constexpr std::string_view kCommandIdHeader = "caseward-command-id";
inline constexpr std::string_view kPartitionHeader =
    "caseward-partition";  // with the offset: the record that was taken
inline constexpr std::string_view kOffsetHeader = "caseward-offset";
inline constexpr std::string_view kResultHeader = "caseward-result";  // accepted, refused or fault
inline constexpr std::string_view kTimeHeader = "caseward-time";      // of a reject: when it came
inline constexpr std::string_view kWhyHeader = "caseward-why";        // of a reject
inline constexpr std::string_view kLeftOutHeader =
    "caseward-left-out";  // of a reject too large to be passed on: its bytes

// The value of the last header of that name; nullopt: there is none.
std::optional<std::string_view> FindHeader(const TopicRecord& record, std::string_view name);
// Bytes of all its parts.
size_t BytesOf(const TopicRecord& record);

// Where a moved record came from; nullopt: it was not moved.
std::optional<v1::IntakePlace> MovedFrom(const TopicRecord& record);

TopicRecord MakeOutcomeRecord(const IntakeRecord& came, const v1::IntakeOutcome& outcome);
// With nothing of the record itself if that is more than `bytes_max`.
TopicRecord MakeRejectRecord(IntakeRecord came, uint32_t partition, std::string_view why, size_t bytes_max);
TopicRecord MakeMovedRecord(IntakeRecord came, uint32_t from_partition);

// What became of an intake record, in one word, for metrics: "decided", "duplicate", "moved", ...
std::string_view IntakeResult(const v1::Decision& decision);

// Writes where a decision came from into it.
void SetIntake(const IntakeCursor::Taken& taken, v1::Decision& decision);
// Where reading goes on, as the books have it.
IntakeCursor IntakeCursorOf(const v1::PartitionMeta& meta);
// Moves the books behind what the decision took.
void ApplyIntake(const v1::Decision& decision, v1::PartitionMeta& meta);

}  // namespace caseward
