// Moving an embedded history into Kafka: the same log, record by record, byte by byte (law L14), with its id, its data
// keys (the marks of destroyed ones too) and the messages that still wait between partitions.
//
//   verify the folder ─▶ keys ─▶ records, with the messages they sent ─▶ verify what Kafka holds ─▶ MOVED ─▶ whole
//
// Until the end Kafka's log is marked as not whole and opens for nobody but the next run, which goes on where this one
// was broken off: rounds are transactions, so what is there says how far it came. The folder stays as it was, and may
// even be served in between, until the copy is proved; then MOVED keeps it from being served, so that the log never has
// two futures.
//
// Failure   FAILED_PRECONDITION: the topics hold another log, or one that went its own way; the folder was moved
// elsewhere.
//           DATA_LOSS: a record of the folder, or of the copy, is missing or altered, and which. UNAVAILABLE: the
//           brokers; run it again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/offline.h"

namespace caseward {

struct CopyTarget {
  std::string bootstrap;
  std::string prefix = "caseward";
  std::string config;  // file of properties of the connection; empty: none
};

struct CopyReport {
  std::vector<VerifiedPartition> partitions;  // the same in the folder and in Kafka
  uint64_t found = 0;                         // records that were there already
  uint64_t copied = 0;
  uint64_t keys = 0;
  uint64_t messages = 0;  // that waited
};

// `progress` counts each record three times: verified, copied, verified where it came to.
absl::StatusOr<CopyReport> CopyData(const OfflineFolder& from, const CopyTarget& to,
                                    const OfflineProgress& progress = nullptr);

}  // namespace caseward
