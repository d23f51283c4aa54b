#include "engine/partition/time_guard.h"

#include "gtest/gtest.h"

namespace caseward {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'400'000);

class TimeGuardTest : public testing::Test {
 protected:
  TimeGuardTest() { guard_.Begin(now_, kStart - absl::Hours(1)); }
  // Real time passes, and the wall clock drifts besides.
  void Pass(absl::Duration by, absl::Duration drift = absl::ZeroDuration()) {
    now_.monotonic += by;
    now_.wall += by + drift;
    guard_.Observe(now_);
  }
  TimeReading now_{.wall = kStart, .monotonic = absl::Seconds(100)};
  TimeGuard guard_{absl::Minutes(5)};
};

TEST_F(TimeGuardTest, L6_AJumpOfFiveMinutesIsStillASteeredClock) {
  Pass(absl::Seconds(1), absl::Minutes(5));
  EXPECT_FALSE(guard_.holding());
}

TEST_F(TimeGuardTest, L6_AJumpPastFiveMinutesHolds) {
  Pass(absl::Seconds(1), absl::Minutes(5) + absl::Microseconds(1));
  EXPECT_TRUE(guard_.holding());
  EXPECT_NE(guard_.why().find("jumped by 5m"), std::string::npos) << guard_.why();
}

TEST_F(TimeGuardTest, L6_AJumpBackHoldsToo) {
  Pass(absl::Seconds(1), -absl::Minutes(6));
  EXPECT_TRUE(guard_.holding());
}

TEST_F(TimeGuardTest, L6_JumpsOfOneHourAddUp) {
  Pass(absl::Seconds(1), absl::Minutes(3));
  EXPECT_FALSE(guard_.holding());
  Pass(absl::Seconds(1), absl::Minutes(3));
  EXPECT_TRUE(guard_.holding());
}

TEST_F(TimeGuardTest, L6_ASlowDriftOverDaysIsFollowed) {
  for (int hour = 0; hour < 240; ++hour)
    Pass(absl::Hours(1), absl::Seconds(10));
  EXPECT_FALSE(guard_.holding());
}

TEST_F(TimeGuardTest, L6_HoldsUntilConfirmedAlsoWhenTheClockComesBack) {
  Pass(absl::Seconds(1), absl::Hours(1));
  Pass(absl::Seconds(1), -absl::Hours(1));
  EXPECT_TRUE(guard_.holding());

  guard_.Confirm();

  EXPECT_FALSE(guard_.holding());
  Pass(absl::Seconds(1));
  EXPECT_FALSE(guard_.holding());
}

TEST(TimeGuard, L6_AWallClockBehindWhatIsRecordedHoldsFromTheBeginning) {
  TimeGuard at_bound(absl::Minutes(5));
  at_bound.Begin({.wall = kStart, .monotonic = absl::Seconds(1)}, kStart + absl::Minutes(5));
  TimeGuard past(absl::Minutes(5));
  past.Begin({.wall = kStart, .monotonic = absl::Seconds(1)}, kStart + absl::Minutes(5) + absl::Seconds(1));

  EXPECT_FALSE(at_bound.holding());
  EXPECT_TRUE(past.holding());
}

}  // namespace
}  // namespace caseward
