// Finding things in one partition of .events by term and sequence: the end, and where a sequence lies. Reads little:
// the end is looked for from the back, a sequence by bisecting offsets between what is known already.
//
// Threads   any.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/kafka/kafka_reader.h"
#include "storage/kafka/kafka_tail.h"

namespace caseward {

class KafkaScan {
 public:
  KafkaScan(KafkaReaders& readers, std::string topic, uint32_t partition, KafkaTail& tail)
      : readers_(readers), topic_(std::move(topic)), partition_(partition), tail_(tail) {}

  // Brings the tail to the end of what is committed; `whole`: of all there is, waiting for open transactions. An end of
  // a term below `term_at_least` is not believed before everything was read. UNAVAILABLE: the broker has not said
  // within `wait_for_marks` how much there is. DATA_LOSS: the topic was made anew, or lost its start or end. One thread
  // at a time.
  absl::Status CatchUp(bool whole, uint64_t term_at_least, absl::Duration wait_for_marks);

  // Records [from, end), which the tail has passed, until `record` returns false.
  absl::Status Read(uint64_t from, uint64_t end, absl::FunctionRef<bool(uint64_t, std::string_view)> record);

 private:
  absl::Status FindEnd(int64_t high, KafkaWait wait, uint64_t term_at_least);
  absl::StatusOr<KafkaTail::Mark> Locate(uint64_t sequence);
  absl::Status ReadFromMark(const KafkaTail::Mark& mark, uint64_t& from, uint64_t end,
                            absl::FunctionRef<bool(uint64_t, std::string_view)> record, bool& stopped);

  KafkaReaders& readers_;
  const std::string topic_;
  const uint32_t partition_;
  KafkaTail& tail_;
};

}  // namespace caseward
