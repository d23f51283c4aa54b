// Which log the topics hold. The format record, "caseward-log <version> <partitions> <log id>", lies at offset 0 of
// each partition of .events, in .owners, and, since version 2, in .keys; all of them are written in one transaction, so
// a log is there whole or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/kafka/kafka_partition.h"

namespace caseward {

inline constexpr int kKafkaFormatVersion = 2;
inline constexpr int kKafkaFormatVersionMin = 1;  // without the mark in .keys

// The id of the log in `shared`'s topics, which are there and as they should be. Makes the log if there is none and the
// options say so. FAILED_PRECONDITION: it is another log, or one of its topics was made anew.
// One that is brought here and not whole yet is refused unless the options say `copying`.
absl::StatusOr<std::string> FindOrMakeKafkaLog(KafkaShared& shared);

// This partition of .events still begins as that of the log which was found. DATA_LOSS: it was deleted, or made anew.
absl::Status CheckKafkaBeginning(KafkaShared& shared, uint32_t partition);

// The topics are there, as they should be, and still hold `log_id`.
absl::Status CheckKafkaLog(KafkaShared& shared, const std::string& log_id);

// The log that is brought here is whole from now on.
absl::Status FinishKafkaCopy(KafkaShared& shared);

}  // namespace caseward
