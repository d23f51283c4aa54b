// A node as tests need it: `caseward serve` without the command line.
//
// CASEWARD_CLOCK_AHEAD=SECONDS: its clock differs from the machine's by so much.
//
// CASEWARD_CRASH_AT=HOP:N:MICROSECONDS: its observer sends it SIGKILL, at the N-th beginning of that hop after SIGUSR1,
// so much later. What is later than the beginning of append lies between produce and commit, or after both.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "services/wiring.h"

namespace caseward {
namespace {

std::atomic<bool> armed = false;

class CrashAt final : public Observer {
 public:
  explicit CrashAt(const std::string& where) {
    const std::vector<std::string> parts = absl::StrSplit(where, ':');
    CHECK(parts.size() == 3 && Hops().contains(parts[0]));
    hop_ = Hops().at(parts[0]);
    int left = 0;
    CHECK(absl::SimpleAtoi(parts[1], &left) && absl::SimpleAtoi(parts[2], &microseconds_));
    left_ = left;
  }
  void HopBegins(uint32_t /*partition*/, Hop hop) override {
    if (!armed || hop != hop_ || --left_ != 0) return;
    if (microseconds_ == 0) Die();
    std::thread([this] {
      std::promise<void> never;
      never.get_future().wait_for(std::chrono::microseconds(microseconds_));
      Die();
    }).detach();
  }

 private:
  static const std::map<std::string, Hop>& Hops() {
    static const auto* const hops = new std::map<std::string, Hop>{
        {"decide", Hop::kDecide}, {"append", Hop::kAppend}, {"apply", Hop::kApply}, {"reply", Hop::kReply}};
    return *hops;
  }
  static void Die() {
    ::kill(::getpid(), SIGKILL);
    ::pause();
  }

  Hop hop_ = Hop::kDecide;
  std::atomic<int> left_ = 0;
  uint32_t microseconds_ = 0;
};

// The flags of serve that the tests use.
ServeOptions Parse(const std::vector<std::string>& arguments) {
  ServeOptions options;
  const std::map<std::string, std::string*> texts = {
      {"--data", &options.data},
      {"--listen", &options.listen},
      {"--kafka", &options.kafka},
      {"--kafka-prefix", &options.kafka_prefix},
      {"--kafka-config", &options.kafka_config},
      {"--node-listen", &options.node.listen},
      {"--node-certs", &options.node.certs},
      {"--master-key", &options.master_key_path},
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "serve" || arguments[i] == "--json") continue;
    CHECK(i + 1 < arguments.size());
    if (arguments[i] == "--partitions") {
      CHECK(absl::SimpleAtoi(arguments[++i], &options.partitions));
    } else {
      CHECK(texts.contains(arguments[i]));
      *texts.at(arguments[i]) = arguments[i + 1];
      ++i;
    }
  }
  return options;
}

int Main(int argc, char** argv) {
  std::signal(SIGUSR1, [](int) { armed = true; });
  ServeOptions options = Parse({argv + 1, argv + argc});
  std::optional<CrashAt> crash;
  if (const char* const where = std::getenv("CASEWARD_CRASH_AT"); where != nullptr)
    options.observer = &crash.emplace(where);
  if (const char* const ahead = std::getenv("CASEWARD_CLOCK_AHEAD"); ahead != nullptr) {
    int seconds = 0;
    CHECK(absl::SimpleAtoi(ahead, &seconds));
    options.clock = [seconds] {
      return TimeReading{absl::Now() + absl::Seconds(seconds),
                         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch())};
    };
  }
  const std::stop_source never;
  const absl::Status status = RunServer(
      options,
      [](const ServingInfo& info) {
        std::cout << R"({"address":")" << info.address << R"(","node_address":")" << info.node_address << "\"}"
                  << std::endl;
      },
      never.get_token());
  std::cerr << status << "\n";
  return 1;
}

}  // namespace
}  // namespace caseward

int main(int argc, char** argv) { return caseward::Main(argc, argv); }
