#include "services/host/worker_pool.h"

#include <atomic>
#include <future>
#include <memory>

#include "gtest/gtest.h"

namespace caseward {
namespace {

TEST(WorkerPool, RunsWhatIsPosted) {
  WorkerPool pool(2);
  std::promise<int> done;
  pool.Post([&] { done.set_value(7); });
  EXPECT_EQ(done.get_future().get(), 7);
}

TEST(WorkerPool, RunsDelayedTasksInTheOrderOfTheirTime) {
  WorkerPool pool(1);
  std::promise<std::string> done;
  std::string order;
  pool.PostAfter(absl::Milliseconds(30), [&] { done.set_value(order + "c"); });
  pool.PostAfter(absl::Milliseconds(15), [&] { order += "b"; });
  pool.Post([&] { order += "a"; });
  EXPECT_EQ(done.get_future().get(), "abc");
}

TEST(WorkerPool, StopDropsWhatWaitsAndLetsItGo) {
  auto held = std::make_shared<int>(1);
  std::atomic<bool> ran = false;
  WorkerPool pool(1);
  pool.PostAfter(absl::Hours(1), [&ran, held] { ran = true; });
  pool.Stop();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(ran);
  pool.Post([&ran] { ran = true; });
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace caseward
