#include "services/host/cloud_event.h"

#include <map>

#include "engine/partition/records.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::Contains;
using testing::ElementsAre;
using testing::Pair;

TEST(CloudEvent, SaysInItsAttributesWhatItIsAndWhereItStands) {
  v1::SubscribeResponse item;
  item.mutable_position()->set_log_id("log");
  item.mutable_position()->set_partition(2);
  item.mutable_position()->set_sequence(41);
  item.set_index(3);
  item.set_type("caseward.case.closed.v1");
  item.set_subject("C-1");
  item.mutable_recorded_at()->set_seconds(1'780'000'000);
  item.set_feed_form(7);

  const FeedItem event = CloudEventOf(item);

  EXPECT_EQ(event.id, "log/2/41/3");
  EXPECT_EQ(event.subject, "C-1");
  EXPECT_THAT(event.attributes,
              ElementsAre(Pair("type", "caseward.case.closed.v1"), Pair("source", "/caseward/log/2"),
                          Pair("time", "2026-05-28T20:26:40Z"), Pair("position", "log/2/41/3"), Pair("feedform", "7")));
  EXPECT_EQ(event.body, DeterministicBytes(item));
}

// CloudEvents 1.0: lower-case letters and digits.
TEST(CloudEvent, NamesOfAttributesAreThoseThatCloudEventsAllows) {
  for (const auto& [name, value] : CloudEventOf({}).attributes) {
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos) << name;
  }
}

TEST(FeedFromLog, MakesOfRecordsTheVeryItemsThatTheLoopMadeOfDecisions) {
  PartitionWorld world(2);
  const v1::Actor officer = Staff("olu", "officer");
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    const v1::Outcome reported = world.Must(Report("report-" + n), officer);
    world.Must(Triage("triage-" + n, reported.stream()), officer);
    world.Must(Review("review-" + n, reported.stream()), officer);
  }
  world.Advance(absl::Hours(3));  // heads are signed

  const FeedMaker make = MakeFeedOf("test-log");
  FeedFromLog from_log;
  std::map<std::string, int> types;
  for (const uint32_t partition : {1u, 0u}) {  // what the directory says is needed before it is reached
    for (const v1::Decision& decision : world.Records(partition)) {
      std::vector<FeedItem> live;
      make(decision, world.hub().Now(), live);
      std::vector<FeedItem> later;
      const absl::Status added =
          from_log.Add(world.log(), "test-log", partition, decision.sequence(), DeterministicBytes(decision), later);
      ASSERT_TRUE(added.ok()) << added;
      ASSERT_EQ(live.size(), later.size());
      for (size_t i = 0; i < live.size(); ++i) {
        EXPECT_EQ(live[i].id, later[i].id);
        EXPECT_EQ(live[i].attributes, later[i].attributes);
        EXPECT_EQ(live[i].body, later[i].body) << later[i].id;
        ++types[later[i].attributes.front().second];
      }
    }
  }
  EXPECT_TRUE(types.contains("caseward.head.signed.v1")) << "law L14: heads are on the feed";
  EXPECT_THAT(types, Contains(Pair("caseward.step.recorded.v1", 6))) << "steps are opaque: their pack was not found";
}

TEST(FeedFromLog, ARecordThatCannotBeReadIsNamed) {
  PartitionWorld world(2);
  FeedFromLog from_log;
  std::vector<FeedItem> items;
  const absl::Status damaged = from_log.Add(world.log(), "test-log", 1, 5, "\xff\xff", items);
  EXPECT_TRUE(absl::IsDataLoss(damaged)) << damaged;
  EXPECT_THAT(std::string(damaged.message()), testing::HasSubstr("partition 1, record 5"));
}

}  // namespace
}  // namespace caseward
