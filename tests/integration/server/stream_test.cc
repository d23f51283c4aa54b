// SubmitStream: many commands in flight, outcomes in the order of the requests.
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

using testing::HasSubstr;

v1::SubmitStreamRequest Ask(const v1::Command& command) {
  v1::SubmitStreamRequest request;
  *request.mutable_command() = command;
  return request;
}

class SubmitStream : public testing::Test {
 protected:
  SubmitStream() { node.PublishPack(); }
  Served node;
};

TEST_F(SubmitStream, FiveThousandOutcomesComeInTheOrderOfTheRequests) {
  constexpr int kCommands = 5000;
  const auto context = Served::As(kManager);
  auto stream = node.cases->SubmitStream(context.get());

  std::thread writer([&] {
    for (int i = 0; i < kCommands; ++i)
      ASSERT_TRUE(stream->Write(Ask(Report("s" + std::to_string(i)))));
    stream->WritesDone();
  });
  v1::SubmitStreamResponse response;
  int received = 0;
  int in_order = 0;
  while (stream->Read(&response)) {
    in_order += response.has_outcome() && response.outcome().has_accepted() &&
                response.outcome().command_id() == "s" + std::to_string(received);
    ++received;
  }
  writer.join();
  const grpc::Status status = stream->Finish();

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(received, kCommands);
  EXPECT_EQ(in_order, kCommands);
}

TEST_F(SubmitStream, AFaultOfOneCommandDoesNotEndTheStream) {
  const auto context = Served::As(kManager);
  auto stream = node.cases->SubmitStream(context.get());
  v1::Command no_verb;
  no_verb.set_command_id("broken");

  stream->Write(Ask(Report("s1")));
  stream->Write(Ask(no_verb));
  stream->Write(Ask(Report("s2")));
  stream->WritesDone();
  std::vector<v1::SubmitStreamResponse> responses;
  for (v1::SubmitStreamResponse response; stream->Read(&response);)
    responses.push_back(response);

  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(responses.size(), 3u);
  EXPECT_TRUE(responses[0].outcome().has_accepted());
  EXPECT_EQ(responses[1].fault().command_id(), "broken");
  EXPECT_EQ(responses[1].fault().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(responses[2].outcome().has_accepted());
}

TEST_F(SubmitStream, WithoutTheHeaderItEndsUnauthenticated) {
  const auto context = Served::As("");
  auto stream = node.cases->SubmitStream(context.get());
  v1::SubmitStreamResponse response;

  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(SubmitStream, AStoppingServerAnswersWhatItHasReadAndSaysSo) {
  const auto context = Served::As(kManager);
  auto stream = node.cases->SubmitStream(context.get());
  stream->Write(Ask(Report("s1")));
  v1::SubmitStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));

  std::thread stopping([&] { node.Stop(); });
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  stopping.join();

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("stopping"));
}

TEST(SubmitStreamBounds, L10_AFullWindowHoldsTheReaderBackAndLosesNothing) {
  ServeOptions options;
  options.server_limits.stream_window_max = 4;
  Served node(options);
  node.PublishPack();
  const auto context = Served::As(kManager);
  auto stream = node.cases->SubmitStream(context.get());

  std::thread writer([&] {
    for (int i = 0; i < 100; ++i)
      stream->Write(Ask(Report("w" + std::to_string(i))));
    stream->WritesDone();
  });
  int accepted = 0;
  for (v1::SubmitStreamResponse response; stream->Read(&response);)
    accepted += response.outcome().has_accepted();
  writer.join();

  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(accepted, 100);
}

}  // namespace
}  // namespace caseward::test
