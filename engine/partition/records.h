// What a log record says, read the same way by the loop, by replay and by readers: which stream it belongs to, at what
// time it changes that stream, and what its caller was told. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/base/actor.h"
#include "google/protobuf/message.h"

namespace caseward {

// The newest format of a record this build can read and the one it writes.
inline constexpr uint32_t kRecordFormat = 1;

// How the names of the directory's streams begin, each followed by an id.
inline constexpr std::string_view kDirectoryStreams[] = {"pack/", "calendar/", "staff/", "agency/", "agreement/"};

enum class StreamKind { kNone, kCase, kResident, kDirectory, kReference, kPartition, kCaseload };
// By the stream's name: "C-...", "R-...", "reference/...", "partition/...", "caseload/...", or one of
// kDirectoryStreams.
StreamKind KindOf(std::string_view stream);
std::string PartitionStream(uint32_t partition);
std::string ReferenceStream(const v1::ExternalReference& reference);

// The same bytes for equal messages: maps in key order. Whatever is hashed, compared or digested is written by this.
std::string DeterministicBytes(const google::protobuf::Message& message);

// Parses a raw record into `decision`. DATA_LOSS names the partition and sequence: bytes that are no record, of another
// partition, of a newer format, or with an outcome or event this build does not know (never ignored).
absl::Status ParseRecord(std::string_view raw, uint32_t partition, uint64_t log_sequence, v1::Decision& decision);

// The time at which a decision changes its case: recorded_at, but a case under import runs on its own time (design §5).
absl::Time EvolveTime(const v1::Command& command, absl::Time recorded_at);

// True if the event changes a case; false for those the partition keeps about a case, such as refusals_counted.
bool IsCaseEvent(const v1::Event& event);

// Evolves a case by one record of its stream; the only way from the log to a case, for the loop, replay and as_of
// alike. DATA_LOSS: the record holds an event that no decision gives (CanEvolve); the state is then not to be used.
absl::Status EvolveCase(v1::CaseState& state, const v1::Decision& decision);

// What the caller was told, or is told again.
v1::Outcome OutcomeOf(const v1::Decision& decision, std::string_view log_id);

}  // namespace caseward
