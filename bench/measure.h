// The measurements, one function a subject. Each measures its bare part in the same run.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "bench/report.h"

namespace caseward::bench {

struct Settings {
  std::string folder;  // temporary, on the disk that is measured
  absl::Duration each = absl::Seconds(6);
  absl::Duration warm_up = absl::Seconds(2);
  uint64_t stream_cases = 6000;
  bool smoke = false;  // everything runs, briefly; goals are not judged
};

// Unary calls against a bare echo; a lone command against echo and a synced write.
absl::Status MeasureUnary(const Settings& settings, Report& report);
// The case played in this process, past gRPC: what a command costs the engine and its storage, in processor time.
absl::Status MeasureEngine(const Settings& settings, Report& report);
// SubmitStream against bare RocksDB writing the same bytes, and replay against bare RocksDB writing the same puts.
absl::Status MeasureStreamAndReplay(const Settings& settings, Report& report);
// The same case beside a plain PostgreSQL event table, in alternating runs.
absl::Status MeasurePostgres(const Settings& settings, Report& report);
// The housing pack: compiling it, deciding its examples' commands, running the examples.
absl::Status MeasurePolicy(const Settings& settings, Report& report);
// Deciding alone.
absl::Status MeasureDecide(const Settings& settings, Report& report);

}  // namespace caseward::bench
