// What the feed of the program must be: the redacted events of its log, which a stranger reads from the log's topic.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "services/host/directory_steps.h"
#include "services/host/feed.h"
#include "storage/kafka/kafka_stamp.h"
#include "storage/record_frame.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_topic.h"
#include "tests/support/program_under_test.h"

namespace caseward::test {

inline constexpr uint32_t kProgramPartitions = 4;

// Every record of the log, read from the topic by a stranger.
inline std::vector<v1::Decision> LogSeenByAStranger(const KafkaOptions& options, uint32_t partition) {
  std::vector<v1::Decision> out;
  TopicReader reader(options.bootstrap);
  for (const SeenMessage& seen : reader.ReadAll(options.Topic(kEventsTopic), static_cast<int32_t>(partition))) {
    const auto stamp = DecodeStamp(seen.headers.at(kStampHeader));
    if (!stamp || stamp->kind != KafkaKind::kRecord) continue;
    EXPECT_EQ(stamp->sequence, out.size());
    const auto record = OpenFrame(partition, stamp->sequence, seen.value);
    EXPECT_TRUE(record.ok()) << record.status();
    EXPECT_TRUE(out.emplace_back().ParseFromArray(record->data(), static_cast<int>(record->size())));
  }
  return out;
}

inline StepLookup StepsIn(const std::vector<v1::Decision>& directory_log) {
  std::shared_ptr<const Directory> directory = Directory::Empty();
  for (const v1::Decision& decision : directory_log) {
    if (KindOf(decision.stream()) != StreamKind::kDirectory) continue;
    for (const v1::Event& event : decision.accepted().events()) {
      directory = directory->With(event, ToTime(decision.recorded_at()), decision.actor(), decision.sequence());
    }
  }
  return StepsOf(directory);
}

// In their order.
inline std::vector<v1::SubscribeResponse> RedactedEvents(const KafkaOptions& options, uint32_t partition,
                                                         const std::string& log_id, const StepLookup& steps) {
  std::vector<v1::SubscribeResponse> out;
  for (const v1::Decision& decision : LogSeenByAStranger(options, partition)) {
    for (v1::SubscribeResponse& item : FeedForm(decision, log_id, steps))
      out.push_back(std::move(item));
  }
  return out;
}

inline std::string LogId(const Program& program) {
  v1::GetStatusResponse status;
  EXPECT_TRUE(v1::AdminService::NewStub(program.Connect())->GetStatus(Served::As(kAdmin).get(), {}, &status).ok());
  return status.log_id();
}

}  // namespace caseward::test
