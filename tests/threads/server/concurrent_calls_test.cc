// A whole node, called by many at once in every way it can be called: submit, stream, read, follow, look after, stop.
// (Not under the thread sanitizer: gRPC is not built for it. What the server calls is, in tests/threads/host.)
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

constexpr int kCallers = 4;
constexpr int kCasesEach = 10;

std::thread Until(const std::atomic<bool>& done, std::function<void()> body) {
  return std::thread([&done, body = std::move(body)] {
    do {
      body();
    } while (!done);
  });
}

// Reported, triaged and assigned by unary calls, one case after the other.
void SubmitCases(Served& node, const std::string& name) {
  for (int i = 0; i < kCasesEach; ++i) {
    const std::string id = node.NewCase(absl::StrCat(name, "-r", i));
    node.Accept(Triage(absl::StrCat(name, "-t", i), id));
    node.Accept(Assign(absl::StrCat(name, "-a", i), id, "mo"));
    EXPECT_GE(node.Case(id).version(), 3u) << "a reader sees its own writes";
  }
}

// The same number of reports down one stream.
void StreamReports(Served& node, const std::string& name) {
  const auto context = Served::As(kManager);
  const auto stream = node.cases->SubmitStream(context.get());
  std::thread writes([&] {
    for (int i = 0; i < kCasesEach; ++i) {
      v1::SubmitStreamRequest request;
      *request.mutable_command() = Report(absl::StrCat(name, "-r", i));
      EXPECT_TRUE(stream->Write(request));
    }
    stream->WritesDone();
  });
  int answers = 0;
  for (v1::SubmitStreamResponse response; stream->Read(&response);)
    ++answers;
  writes.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answers, kCasesEach);
}

void ReadLists(Served& node) {
  v1::ListCasesResponse cases;
  EXPECT_TRUE(node.cases->ListCases(Served::As(kManager).get(), {}, &cases).ok());
  for (const auto& one : cases.cases()) {
    v1::GetTimelineRequest request;
    request.set_case_id(one.case_id());
    v1::GetTimelineResponse timeline;
    EXPECT_TRUE(node.cases->GetTimeline(Served::As(kManager).get(), request, &timeline).ok());
    break;
  }
  v1::ListWorkResponse work;
  EXPECT_TRUE(node.cases->ListWork(Served::As(kManager).get(), {}, &work).ok());
}

// How many events there are so far.
int ReadFeed(Served& node) {
  v1::SubscribeRequest request;
  request.set_stop_at_end(true);
  const auto context = Served::As(kManager);
  const auto feed = node.events->Subscribe(context.get(), request);
  int events = 0;
  for (v1::SubscribeResponse item; feed->Read(&item);)
    ++events;
  EXPECT_TRUE(feed->Finish().ok());
  return events;
}

void LookAfter(Served& node, std::atomic<int>& backups) {
  v1::GetStatusResponse status;
  EXPECT_TRUE(node.admin->GetStatus(Served::As(kAdmin).get(), {}, &status).ok());
  v1::CreateBackupRequest request;
  request.set_folder(node.folder() / absl::StrCat("backup-", ++backups));
  v1::CreateBackupResponse backup;
  const grpc::Status made = node.admin->CreateBackup(Served::As(kAdmin).get(), request, &backup);
  EXPECT_TRUE(made.ok()) << made.error_message();
  std::filesystem::remove_all(request.folder());
}

TEST(ServerThreads, CallsOfEveryKindAtOnceAgree) {
  ServeOptions options;
  options.metrics = "127.0.0.1:0";
  Served node(options);
  node.PublishPack();
  std::atomic<bool> done = false;
  std::atomic<int> backups = 0;
  std::vector<std::thread> around;
  around.push_back(Until(done, [&] { ReadLists(node); }));
  around.push_back(Until(done, [&] { ReadFeed(node); }));
  around.push_back(Until(done, [&] { LookAfter(node, backups); }));

  std::vector<std::thread> callers;
  for (int n = 0; n < kCallers; ++n) {
    callers.emplace_back([&node, n] { SubmitCases(node, absl::StrCat("u", n)); });
    callers.emplace_back([&node, n] { StreamReports(node, absl::StrCat("s", n)); });
  }
  for (std::thread& thread : callers)
    thread.join();
  done = true;
  for (std::thread& thread : around)
    thread.join();

  v1::ListCasesRequest request;
  request.set_page_size(1000);
  v1::ListCasesResponse cases;
  ASSERT_TRUE(node.cases->ListCases(Served::As(kManager).get(), request, &cases).ok());
  EXPECT_EQ(cases.cases_size(), 2 * kCallers * kCasesEach);
  EXPECT_GE(ReadFeed(node), 4 * kCallers * kCasesEach);
}

TEST(ServerThreads, StoppingUnderLoadAnswersEveryCallAndKeepsWhatItAcknowledged) {
  Served node;
  node.PublishPack();
  std::mutex mutex;
  std::vector<std::string> acknowledged;
  std::atomic<int> sent = 0;
  std::vector<std::thread> callers;
  for (int n = 0; n < kCallers; ++n) {
    callers.emplace_back([&, n] {
      for (int i = 0;; ++i) {
        v1::Outcome outcome;
        const grpc::Status status = node.TrySubmit(Report(absl::StrCat("n", n, "-", i)), kManager, &outcome);
        ++sent;
        if (!status.ok()) {
          // CANCELLED is gRPC's own answer to a call that comes while the listener closes: nothing was decided.
          EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                      status.error_code() == grpc::StatusCode::CANCELLED)
              << status.error_code() << " " << status.error_message();
          return;
        }
        std::lock_guard lock(mutex);
        acknowledged.push_back(outcome.stream());
      }
    });
  }
  while (sent < 50)
    std::this_thread::yield();

  node.server().Stop();
  for (std::thread& thread : callers)
    thread.join();
  node.Restart();

  EXPECT_GE(acknowledged.size(), 25u);
  for (const std::string& id : acknowledged)
    EXPECT_EQ(node.Case(id).case_id(), id);
}

}  // namespace
}  // namespace caseward::test
