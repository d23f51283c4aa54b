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

  // ---- a house of any size
  uint64_t scale_cases = 100'000;
  std::string keep;  // filled here and left; empty: in `folder`
  // No further piece of it is filled after so long; what is measured waits for the whole.
  absl::Duration fill_for = absl::InfiniteDuration();
  absl::Duration soak = absl::ZeroDuration();  // how long commands run, at least, while memory is looked at
  double pace = 1000;                          // commands a second where latency is measured
  std::string program = "build/release/services/caseward";
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
// A house of very many cases and as many open clocks, the same for these three. Commands and work lists, against a
// house of ten thousand; what it takes on disk.
absl::Status MeasureScale(const Settings& settings, Report& report);
// How soon the program answers when it is started on the house, and the memory it takes.
absl::Status MeasureRestart(const Settings& settings, Report& report);
// How late clocks are while commands run: some every second, and a tenth of all at once.
absl::Status MeasureClocks(const Settings& settings, Report& report);
// Importing a history against SubmitStream with the same commands.
absl::Status MeasureImport(const Settings& settings, Report& report);
// Deciding alone.
absl::Status MeasureDecide(const Settings& settings, Report& report);

}  // namespace caseward::bench
