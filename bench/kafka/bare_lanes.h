// The bare part of a round in Kafka: librdkafka's transactions and nothing else, on topics that are made as the log's
// are.
//
// What it writes is what Caseward wrote, message by message, with the same headers, in the same transactions. It has
// the same settings as the log's lanes (kafka_client.cc): delivery reports as events, which are waited for before the
// commit, no Nagle, no linger, a short back-off while the coordinator is busy. So it is as quick as we know how to make
// it; with one lane it is what a careful team would write, with two it is what ours could reach at best.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/bare.h"
#include "bench/callers.h"

namespace caseward::bench {

class BareLanes {
 public:
  // Makes the topics of `prefix` if they are not there.
  static absl::StatusOr<std::unique_ptr<BareLanes>> Open(const std::string& bootstrap, const std::string& prefix,
                                                         size_t lanes);
  ~BareLanes();

  struct Result {
    double commands_per_second = 0;
    double rounds_per_second = 0;
    double p50_us = 0;  // of one round
    double p99_us = 0;
  };
  // Commits the rounds one after the other, on the lanes by turns, from the first again when they are all done and
  // `again` is set; ends after `most`. What the first `warm_up` has seen is not counted.
  absl::StatusOr<Result> Run(const std::vector<RecordedRound>& rounds, absl::Duration warm_up, absl::Duration most,
                             bool again);

 private:
  struct Impl;
  explicit BareLanes(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One record of so many bytes, alone in its round.
std::vector<RecordedRound> OneRecord(size_t bytes);

}  // namespace caseward::bench
