// The feed: what other systems see, in order, without gap or repeat, and without words.
#include <map>

#include "engine/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Subscribe : public testing::Test {
 protected:
  Subscribe() { node.PublishPack(); }

  std::vector<v1::SubscribeResponse> ReadAll(v1::SubscribeRequest request) {
    request.set_stop_at_end(true);
    const auto context = Served::As("feed; kind=service");
    auto stream = node.events->Subscribe(context.get(), request);
    std::vector<v1::SubscribeResponse> items;
    for (v1::SubscribeResponse item; stream->Read(&item);)
      items.push_back(item);
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return items;
  }

  Served node;
};

using Place = std::tuple<uint32_t, uint64_t, uint32_t>;
Place PlaceOf(const v1::SubscribeResponse& item) {
  return {item.position().partition(), item.position().sequence(), item.index()};
}

TEST_F(Subscribe, GivesOneItemAnEventInTheOrderOfEachPartition) {
  const std::string id = node.NewCase("r1");
  node.Accept(Triage("t1", id));
  node.Submit(ProposeClosure("p1", id));  // refused: no event

  const std::vector<v1::SubscribeResponse> items = ReadAll({});

  std::vector<std::string> types;
  std::map<uint32_t, Place> last;
  for (const auto& item : items) {
    if (item.subject() == id) types.push_back(item.type());
    Place& before = last[item.position().partition()];
    EXPECT_LE(before, PlaceOf(item));
    before = PlaceOf(item);
    EXPECT_EQ(item.feed_form(), 1u);
    EXPECT_EQ(item.position().log_id(), node.server().info().log_id);
  }
  EXPECT_THAT(types, Contains("caseward.case.reported.v1"));
  EXPECT_THAT(types, Contains("caseward.clock.started.v1"));
  EXPECT_THAT(types, Contains("caseward.case.triaged.v1"));
}

TEST_F(Subscribe, ResumesWithoutGapOrRepeat) {
  for (int i = 0; i < 30; ++i)
    node.NewCase("r" + std::to_string(i));
  const std::vector<v1::SubscribeResponse> whole = ReadAll({});

  // Read the whole in pieces: after each whole record, hang up and resume.
  std::vector<v1::SubscribeResponse> pieces;
  std::map<uint32_t, v1::Position> after;
  for (size_t round = 0; pieces.size() < whole.size() && round < whole.size(); ++round) {
    v1::SubscribeRequest request;
    for (const auto& [partition, position] : after)
      *request.add_after() = position;
    const auto context = Served::As("feed; kind=service");
    auto stream = node.events->Subscribe(context.get(), request);
    std::vector<v1::SubscribeResponse> of_record;
    for (v1::SubscribeResponse item; stream->Read(&item);) {
      of_record.push_back(item);
      if (item.last_of_record()) break;
    }
    context->TryCancel();
    stream->Finish();
    ASSERT_FALSE(of_record.empty());
    after[of_record.back().position().partition()] = of_record.back().position();
    pieces.insert(pieces.end(), of_record.begin(), of_record.end());
  }

  std::map<Place, int> seen;
  for (const auto& item : pieces)
    ++seen[PlaceOf(item)];
  ASSERT_EQ(seen.size(), whole.size());
  for (const auto& item : whole)
    EXPECT_EQ(seen[PlaceOf(item)], 1);
}

TEST_F(Subscribe, L11_CarriesNoWordsAndHidesWhatAStepsNameWouldTell) {
  const std::string id = node.NewCase("r1");
  node.Accept(Visit("v1", id, "The neighbour is unwell."));
  v1::Command health;
  health.set_command_id("h1");
  health.set_case_id(id);
  health.mutable_record_step()->set_step("health_note");
  (*health.mutable_record_step()->mutable_fields())["note"].mutable_words()->set_text("Asthma.");
  const v1::Outcome told = node.Accept(health);

  const std::vector<v1::SubscribeResponse> items = ReadAll({});

  bool visit_seen = false;
  bool opaque_seen = false;
  for (const auto& item : items) {
    if (item.subject() == id) {
      EXPECT_THAT(item.DebugString(), Not(HasSubstr("health_note")));
    }
    EXPECT_THAT(item.DebugString(), Not(HasSubstr("sealed")));
    if (item.event().has_step_recorded() && item.event().step_recorded().step() == "visit") {
      visit_seen = true;
      EXPECT_EQ(item.event().step_recorded().fields().at("outcome").code(), "quiet");
      EXPECT_FALSE(item.event().step_recorded().fields().contains("note"));
    }
    if (item.position().partition() == told.position().partition() &&
        item.position().sequence() == told.position().sequence() && item.index() == 0) {
      opaque_seen = true;
      EXPECT_EQ(item.type(), "caseward.case.changed.v1");
      EXPECT_EQ(item.event().kind_case(), v1::Event::KIND_NOT_SET);
    }
  }
  EXPECT_TRUE(visit_seen);
  EXPECT_TRUE(opaque_seen);
}

TEST_F(Subscribe, FollowsWhatComesLater) {
  const auto context = Served::As("feed; kind=service");
  v1::SubscribeRequest request;
  SetTimestamp(absl::Now() + absl::Hours(24 * 365), request.mutable_from_time());  // nothing that is there now
  auto stream = node.events->Subscribe(context.get(), request);

  const std::string id = node.NewCase("r1");
  v1::SubscribeResponse item;
  ASSERT_TRUE(stream->Read(&item));
  EXPECT_EQ(item.subject(), id);
  EXPECT_EQ(item.type(), "caseward.case.reported.v1");
  node.Accept(Triage("t1", id));
  bool triaged = false;
  while (!triaged && stream->Read(&item))
    triaged = item.type() == "caseward.case.triaged.v1";
  EXPECT_TRUE(triaged);
  context->TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Subscribe, FromATimeBeginsWithWhatWasRecordedThen) {
  node.NewCase("early");
  node.clock().MoveOn(absl::Minutes(2));
  const v1::Outcome late = node.Accept(Report("late"));

  v1::SubscribeRequest request;
  *request.mutable_from_time() = late.recorded_at();
  const std::vector<v1::SubscribeResponse> items = ReadAll(request);

  ASSERT_FALSE(items.empty());
  for (const auto& item : items)
    EXPECT_GE(ToTime(item.recorded_at()), ToTime(late.recorded_at()));
  EXPECT_EQ(items[0].subject(), late.stream());
}

TEST_F(Subscribe, APositionThatCannotBeIsAnErrorThatSaysWhy) {
  const auto error = [&](const v1::SubscribeRequest& request) {
    const auto context = Served::As("feed; kind=service");
    auto stream = node.events->Subscribe(context.get(), request);
    v1::SubscribeResponse item;
    EXPECT_FALSE(stream->Read(&item));
    return stream->Finish();
  };
  v1::SubscribeRequest other_log;
  other_log.add_after()->set_log_id("another");
  EXPECT_EQ(error(other_log).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  v1::SubscribeRequest past_end;
  past_end.add_after()->set_sequence(1'000'000);
  EXPECT_EQ(error(past_end).error_code(), grpc::StatusCode::OUT_OF_RANGE);
  v1::SubscribeRequest no_partition;
  no_partition.add_partitions(99);
  EXPECT_EQ(error(no_partition).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Subscribe, AStoppingServerSaysWhereToResume) {
  node.NewCase("r1");
  const auto context = Served::As("feed; kind=service");
  auto stream = node.events->Subscribe(context.get(), {});
  v1::SubscribeResponse item;
  ASSERT_TRUE(stream->Read(&item));

  std::thread stopping([&] { node.Stop(); });
  while (stream->Read(&item)) {
  }
  const grpc::Status status = stream->Finish();
  stopping.join();

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("stopping"));
}

TEST(SubscribeBounds, L10_OneSubscriberTooManyIsResourceExhausted) {
  ServeOptions options;
  options.server_limits.subscribers_max = 1;
  Served node(options);
  node.PublishPack();
  const auto first_context = Served::As("feed; kind=service");
  auto first = node.events->Subscribe(first_context.get(), {});
  v1::SubscribeResponse item;
  ASSERT_TRUE(first->Read(&item));

  const auto second_context = Served::As("feed; kind=service");
  auto second = node.events->Subscribe(second_context.get(), {});
  EXPECT_FALSE(second->Read(&item));
  const grpc::Status status = second->Finish();

  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("subscribers_max"));
  first_context->TryCancel();
}

TEST(SubscribeBounds, L10_ASubscriberThatFallsTooFarBehindIsToldWhereToResume) {
  ServeOptions options;
  options.partitions = 1;
  options.server_limits.subscriber_lag_max = 50;
  options.server_limits.chunk_records_max = 4;
  Served node(options);
  node.PublishPack();
  const auto context = Served::As("feed; kind=service");
  v1::SubscribeRequest request;
  auto stream = node.events->Subscribe(context.get(), request);
  node.NewCase("first");
  v1::SubscribeResponse item;
  while (stream->Read(&item) && item.type() != "caseward.case.reported.v1") {
  }

  // Not read from, the stream fills its window and stands still; meanwhile far more than the bound is recorded.
  const std::string padding(100'000, 'x');
  for (int i = 0; i < 120; ++i) {
    v1::Command command = Report("pad-" + std::to_string(i));
    command.mutable_report_case()->set_area(padding);
    node.Accept(command);
  }
  int received = 0;
  while (stream->Read(&item))
    ++received;
  const grpc::Status status = stream->Finish();

  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("subscriber_lag_max"));
  EXPECT_THAT(status.error_message(), HasSubstr("resume after 0:"));
}

TEST_F(Subscribe, ReadLogGivesRawRecordsInSequenceAndFollows) {
  const std::string id = node.NewCase("r1");
  v1::ReadLogRequest request;
  const auto context = Served::As(kAdmin);
  auto stream = node.admin->ReadLog(context.get(), request);
  uint64_t next = 0;
  v1::Decision decision;
  for (v1::ReadLogResponse record; stream->Read(&record); ++next) {
    EXPECT_EQ(record.sequence(), next);
    EXPECT_TRUE(decision.ParseFromString(record.record()));
    EXPECT_EQ(decision.has_genesis(), next == 0);
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_GE(next, 4u) << "genesis, claim, calendar and pack at least";

  request.set_from_sequence(next);
  request.set_follow(true);
  const auto follow_context = Served::As(kAdmin);
  auto follow = node.admin->ReadLog(follow_context.get(), request);
  v1::Command staff;
  staff.set_command_id("staff-1");
  staff.mutable_register_staff()->set_staff_id("sam");
  node.Accept(staff, kAdmin);
  v1::ReadLogResponse record;
  ASSERT_TRUE(follow->Read(&record));
  EXPECT_EQ(record.sequence(), next);
  follow_context->TryCancel();
}

}  // namespace
}  // namespace caseward::test
