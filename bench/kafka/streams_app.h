// The same case on Kafka Streams with exactly-once, a program of its own in Java (streams/SixCommands.java), which
// plays what it is told and says what it measured.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/callers.h"
#include "bench/kafka/broker.h"

namespace caseward::bench {

class StreamsApp {
 public:
  // Compiles and starts it; returns when it runs. If Java or Maven is not there, says so.
  static absl::StatusOr<std::unique_ptr<StreamsApp>> Start(const KafkaSettings& settings, const std::string& name);
  ~StreamsApp();
  StreamsApp(const StreamsApp&) = delete;
  StreamsApp& operator=(const StreamsApp&) = delete;

  // Callers with one command under way each, as RunCallers.
  absl::StatusOr<CallsResult> Busy(size_t callers, absl::Duration warm_up, absl::Duration duration);
  // So many commands a second, as RunPaced.
  absl::StatusOr<CallsResult> Paced(double per_second, absl::Duration warm_up, absl::Duration duration);

 private:
  StreamsApp() = default;
  absl::StatusOr<CallsResult> Play(const std::string& what, absl::Duration warm_up, absl::Duration duration);
  absl::StatusOr<std::string> ReadLine();

  pid_t pid_ = 0;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace caseward::bench
