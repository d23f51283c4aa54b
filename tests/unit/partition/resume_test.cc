// The way out of STOPPED: what stopped the partition is mended, it looks again and goes on; what is not mended stops it
// again, and no record is skipped.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::HasSubstr;

absl::Status Resume(PartitionWorld& world, uint32_t n) {
  absl::Status answer = absl::UnknownError("not answered");
  world.partition(n).Resume([&](const absl::Status& status) { answer = status; });
  world.Drive();
  return answer;
}

TEST(Resume, AnOwnerThatWasOvertakenGoesOnWhenAsked) {
  PartitionWorld world(2);
  ASSERT_TRUE(world.log().Claim(1, "another").ok());
  ASSERT_FALSE(world.Do(Report("r1"), Officer()).ok());
  ASSERT_EQ(world.partition(1).view().condition, "STOPPED");

  EXPECT_TRUE(Resume(world, 1).ok());

  EXPECT_EQ(world.partition(1).view().condition, "SERVING");
  EXPECT_TRUE(world.Must(Report("r1"), Officer()).has_accepted());
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Resume, ADurableRoundThatStateCouldNotTakeIsThereAfterwards) {
  PartitionWorld world(2);
  world.store(1).FailWrites(absl::ResourceExhaustedError("a fault that needs a person"));
  ASSERT_FALSE(world.Do(Report("r1"), Officer()).ok());

  EXPECT_THAT(Resume(world, 1).message(), HasSubstr("needs a person"));
  EXPECT_EQ(world.partition(1).view().condition, "STOPPED");

  world.store(1).FailWrites(absl::OkStatus());
  EXPECT_TRUE(Resume(world, 1).ok());
  EXPECT_TRUE(world.Must(Report("r1"), Officer()).replayed());
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
}

TEST(Resume, L4_DamageThatIsNotMendedStopsItAgainAndNothingIsSkipped) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());
  world.Must(Report("r2"), Officer());
  const std::string before = world.Digest(1);
  const uint64_t last = world.Records(1).size() - 1;
  world.log().FlipBit(1, last, 200);
  world.ReopenState(1, /*lost=*/1);
  world.Drive();
  ASSERT_EQ(world.partition(1).view().condition, "STOPPED");

  const absl::Status damaged = Resume(world, 1);
  EXPECT_TRUE(absl::IsDataLoss(damaged)) << damaged;
  EXPECT_EQ(world.partition(1).view().condition, "STOPPED");
  EXPECT_LT((*world.Reader(1).Meta())->applied_sequence(), last);

  world.log().FlipBit(1, last, 200);
  EXPECT_TRUE(Resume(world, 1).ok());
  EXPECT_EQ(world.Digest(1), before) << "the new claim is a record, and changes no state";
  EXPECT_TRUE(world.Must(Report("r2"), Officer()).replayed());
}

TEST(Resume, APartitionThatHasNotStoppedSaysSo) {
  PartitionWorld world(2);
  const absl::Status answer = Resume(world, 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(answer)) << answer;
  EXPECT_THAT(answer.message(), HasSubstr("it is SERVING"));
}

}  // namespace
}  // namespace caseward
