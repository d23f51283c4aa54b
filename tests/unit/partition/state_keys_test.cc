#include "engine/partition/state_keys.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace caseward {
namespace {

keys::Timer MakeTimer(absl::Time due, std::string case_id = "C-1", std::string clock = "update",
                      v1::FireClock::Edge edge = v1::FireClock::EDGE_BREACH) {
  return {.due = due, .case_id = std::move(case_id), .clock = std::move(clock), .edge = edge};
}

TEST(StateKeys, ByteOrderOfTimersIsTimeOrderAlsoBefore1970) {
  const std::vector<absl::Time> times = {absl::FromUnixSeconds(-3'000'000'000),
                                         absl::FromUnixSeconds(-1),
                                         absl::UnixEpoch(),
                                         absl::FromUnixMicros(1),
                                         absl::FromUnixSeconds(1),
                                         absl::FromUnixSeconds(4'000'000'000)};
  std::vector<std::string> encoded;
  for (const absl::Time t : times)
    encoded.push_back(keys::TimerKey(3, MakeTimer(t)));

  EXPECT_TRUE(std::is_sorted(encoded.begin(), encoded.end()));
}

TEST(StateKeys, TimersRoundTrip) {
  for (const auto edge : {v1::FireClock::EDGE_WARN, v1::FireClock::EDGE_BREACH}) {
    const keys::Timer timer =
        MakeTimer(absl::FromUnixMicros(1'700'000'000'123'456), "C-03-7K2M9Q-VT4XW1-H", "action_due/a1", edge);

    const std::optional<keys::Timer> read = keys::ParseTimer(keys::TimerKey(1023, timer));

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->due, timer.due);
    EXPECT_EQ(read->case_id, timer.case_id);
    EXPECT_EQ(read->clock, timer.clock);
    EXPECT_EQ(read->edge, timer.edge);
  }
}

TEST(StateKeys, ATimerIsNeverKeyedBeforeItIsDue) {
  const absl::Time due = absl::FromUnixSeconds(10) + absl::Nanoseconds(1);

  EXPECT_EQ(keys::ParseTimer(keys::TimerKey(0, MakeTimer(due)))->due,
            absl::FromUnixSeconds(10) + absl::Microseconds(1));
}

TEST(StateKeys, WhatIsNoTimerIsNotRead) {
  const std::string good = keys::TimerKey(0, MakeTimer(absl::UnixEpoch()));
  EXPECT_FALSE(keys::ParseTimer("").has_value());
  EXPECT_FALSE(keys::ParseTimer(good.substr(0, 10)).has_value());
  EXPECT_FALSE(keys::ParseTimer(good.substr(0, good.size() - 1) + "\x07").has_value());
}

TEST(StateKeys, HistoryIsInSequenceOrderAndStreamsDoNotMix) {
  EXPECT_LT(keys::History(1, "C-1", 255), keys::History(1, "C-1", 256));
  EXPECT_TRUE(keys::History(1, "C-1", 9).starts_with(keys::HistoryPrefix(1, "C-1")));
  EXPECT_FALSE(keys::History(1, "C-10", 9).starts_with(keys::HistoryPrefix(1, "C-1")));
  EXPECT_FALSE(keys::Owner(1, "olu.x", "C-1").starts_with(keys::OwnerPrefix(1, "olu")));
}

TEST(StateKeys, AMarkCannotBeReadAsAnothersMark) {
  EXPECT_NE(keys::CommandMark(0, "ab", "c"), keys::CommandMark(0, "a", "bc"));
  EXPECT_NE(keys::Reference(0, "ab", "c"), keys::Reference(0, "a", "bc"));
}

TEST(StateKeys, EveryKindIsARangeOfItsPartition) {
  const std::vector<std::string> all = {keys::Meta(5),
                                        keys::Case(5, "C-1"),
                                        keys::Resident(5, "R-1"),
                                        keys::History(5, "C-1", 1),
                                        keys::CommandMark(5, "a", "b"),
                                        keys::Expiry(5, absl::UnixEpoch(), 1),
                                        keys::TimerKey(5, MakeTimer(absl::UnixEpoch())),
                                        keys::Reference(5, "s", "v"),
                                        keys::Owner(5, "o", "C-1"),
                                        keys::Caseload(5, "o"),
                                        keys::Waiting(5, "sign/closure", {.case_id = "C-1"}),
                                        keys::Sent(5, 1)};

  for (const std::string& key : all) {
    EXPECT_TRUE(key.starts_with(keys::PartitionPrefix(5)));
    EXPECT_LT(keys::PartitionPrefix(4), key);
    EXPECT_GT(keys::PartitionPrefix(6), key);
  }
}

TEST(StateKeys, ExpiriesAreOldestFirstAndSayWhen) {
  const absl::Time t = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_LT(keys::Expiry(0, t, 9), keys::Expiry(0, t, 10));
  EXPECT_LT(keys::Expiry(0, t, 10), keys::Expiry(0, t + absl::Microseconds(1), 1));
  EXPECT_EQ(keys::ParseExpiry(keys::Expiry(0, t, 9)), t);
  EXPECT_FALSE(keys::ParseExpiry("x").has_value());
}

TEST(StateKeys, ATimeBeyondAllSortsLast) {
  const auto key = [](absl::Time due) {
    return keys::TimerKey(1, {.due = due, .case_id = "C-1", .clock = "c", .edge = v1::FireClock::EDGE_BREACH});
  };
  EXPECT_LT(key(absl::FromUnixSeconds(253402300799)), key(absl::InfiniteFuture()));
  EXPECT_LT(key(absl::InfinitePast()), key(absl::UnixEpoch()));
}

}  // namespace
}  // namespace caseward
