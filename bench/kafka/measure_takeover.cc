#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/kafka/measure.h"
#include "bench/kafka/node_programs.h"
#include "bench/six_commands.h"

namespace caseward::bench {
namespace {

constexpr absl::Duration kBetweenCommands = absl::Milliseconds(10);
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(5);
constexpr absl::Duration kTakenOverWithin = absl::Seconds(60);
// A call that has no answer by then is made again: what was under way at a node that died gets none.
constexpr absl::Duration kImpatience = absl::Seconds(1);
constexpr int kBeforeTheKill = 5;  // commands that each client has acknowledged by then

// A client of one partition: one attempt of contact after another on a case there, each with one id until it was
// answered.
class PartitionClient {
 public:
  PartitionClient(v1::CaseService::Stub& stub, std::string name, std::string case_id)
      : stub_(stub), name_(std::move(name)), case_id_(std::move(case_id)), thread_([this] { Run(); }) {}
  ~PartitionClient() {
    stopping_ = true;
    thread_.join();
  }
  int acknowledged() const { return acknowledged_; }
  // The owner has died. From now on the first acknowledgement of a command that was sent after it counts.
  void OwnerDied() { died_ = absl::ToUnixNanos(absl::Now()); }
  // When that was; the infinite past while it has not come.
  absl::Time served_again() const {
    const int64_t at = served_again_;
    return at == 0 ? absl::InfinitePast() : absl::FromUnixNanos(at);
  }

 private:
  void Run() {
    for (int n = 0; !stopping_; ++n) {
      v1::Command command;
      command.set_command_id(absl::StrCat(name_, "-", n));
      command.set_case_id(case_id_);
      command.set_channel("phone");
      command.mutable_record_contact()->set_with(v1::RecordContact::WITH_REPORTER);
      command.mutable_record_contact()->set_outcome(v1::RecordContact::OUTCOME_NO_ANSWER);
      while (!stopping_ && !Accepted(command))
        absl::SleepFor(kBetweenCommands);
      absl::SleepFor(kBetweenCommands);
    }
  }
  bool Accepted(const v1::Command& command) {
    const int64_t sent = absl::ToUnixNanos(absl::Now());
    grpc::ClientContext context;
    context.AddMetadata("caseward-actor", kManager);
    context.set_deadline(absl::ToChronoTime(absl::Now() + kImpatience));
    v1::SubmitRequest request;
    *request.mutable_command() = command;
    v1::SubmitResponse response;
    if (!stub_.Submit(&context, request, &response).ok() || !response.outcome().has_accepted()) return false;
    ++acknowledged_;
    const int64_t died = died_;
    if (died != 0 && sent >= died && served_again_ == 0) served_again_ = absl::ToUnixNanos(absl::Now());
    return true;
  }

  v1::CaseService::Stub& stub_;
  const std::string name_;
  const std::string case_id_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> acknowledged_{0};
  std::atomic<int64_t> died_{0};
  std::atomic<int64_t> served_again_{0};
  std::thread thread_;
};

template <typename Holds>
absl::Status WaitFor(const char* what, Holds holds) {
  for (const absl::Time until = absl::Now() + kTakenOverWithin; !holds(); absl::SleepFor(kBetweenLooks)) {
    if (absl::Now() > until)
      return absl::DeadlineExceededError(absl::StrCat("takeover: ", what, " took over a minute"));
  }
  return absl::OkStatus();
}

// A case in each of the partitions that the victim owns, but the directory's.
absl::StatusOr<std::map<uint32_t, std::string>> CasesOf(TwoNodes& two, size_t victim, const std::string& name) {
  std::vector<uint32_t> owned = two.node(victim).Owned();
  std::erase(owned, 0);
  std::map<uint32_t, std::string> cases;
  const absl::Time until = absl::Now() + kTakenOverWithin;
  for (uint64_t i = 0; cases.size() < owned.size(); ++i) {
    const auto outcome = SubmitOne(two.node(1 - victim).cases(), CommandOf(name, i, 0, ""), kManager);
    if (!outcome.ok()) {  // a node that has just come may not know every owner yet
      if (absl::Now() > until) return outcome.status();
      continue;
    }
    const uint32_t home = outcome->position().partition();
    if (std::count(owned.begin(), owned.end(), home) > 0) cases.emplace(home, outcome->stream());
  }
  return cases;
}

struct Takeovers {
  std::vector<double> detected_ms;     // a takeover: until the group knew that the node is gone
  std::vector<double> unavailable_ms;  // a partition: from then on
};

absl::Status TakeOver(TwoNodes& two, size_t victim, const std::string& name, Takeovers& takeovers) {
  const auto cases = CasesOf(two, victim, name);
  if (!cases.ok()) return cases.status();
  std::deque<PartitionClient> clients;
  for (const auto& [partition, case_id] : *cases)
    clients.emplace_back(two.node(1 - victim).cases(), absl::StrCat(name, "-client-", partition), case_id);
  const auto each = [&](auto holds) { return std::all_of(clients.begin(), clients.end(), holds); };
  absl::Status status = WaitFor("a light load", [&] {
    return !two.GroupHasLostOne() &&
           each([](const PartitionClient& client) { return client.acknowledged() >= kBeforeTheKill; });
  });
  if (!status.ok()) return status;

  const absl::Time killed = absl::Now();
  two.node(victim).Kill();
  for (PartitionClient& client : clients)
    client.OwnerDied();
  status = WaitFor("detecting", [&] { return two.GroupHasLostOne(); });
  if (!status.ok()) return status;
  const absl::Time detected = absl::Now();
  status = WaitFor("serving again", [&] {
    return each([](const PartitionClient& client) { return client.served_again() != absl::InfinitePast(); });
  });
  if (!status.ok()) return status;
  takeovers.detected_ms.push_back(absl::ToDoubleMilliseconds(detected - killed));
  for (const PartitionClient& client : clients) {
    takeovers.unavailable_ms.push_back(std::max(0.0, absl::ToDoubleMilliseconds(client.served_again() - detected)));
  }
  return absl::OkStatus();
}

// With fewer than a hundred of them the longest stands for the p99.
void Say(Takeovers& takeovers, Report& report) {
  report.Add("takeovers, owner killed under light load", static_cast<double>(takeovers.detected_ms.size()), "");
  report.Add("  partitions that were taken over", static_cast<double>(takeovers.unavailable_ms.size()), "");
  report.Add("  session timeout", absl::ToDoubleMilliseconds(TwoNodes::kSession), "ms");
  report.Add("  killed to detected, p50", Percentile(takeovers.detected_ms, 0.5), "ms");
  report.Add("  killed to detected, longest", takeovers.detected_ms.back(), "ms");
  report.AtMost("takeover, detected to serving again, p50", Percentile(takeovers.unavailable_ms, 0.5), "ms", "1 s",
                1000, 1.0);
  const double p99 = takeovers.unavailable_ms.size() < 100 ? takeovers.unavailable_ms.back()
                                                           : Percentile(takeovers.unavailable_ms, 0.99);
  report.AtMost("takeover, detected to serving again, p99", p99, "ms", "2 s", 2000, 1.0);
}

}  // namespace

absl::Status MeasureTakeover(const KafkaSettings& settings, Report& report) {
  auto two = TwoNodes::Start(settings, "takeover");
  if (!two.ok()) return two.status();
  const auto published = PublishPolicy((*two)->node(0).cases());
  if (!published.ok()) return published.status();
  absl::Status status = WaitFor("the copies of the directory", [&] {
    return (*two)->node(0).Applied(0) >= published->sequence() && (*two)->node(1).Applied(0) >= published->sequence();
  });
  if (!status.ok()) return status;

  Takeovers takeovers;
  for (int n = 0; n < settings.takeovers; ++n) {
    const size_t victim = static_cast<size_t>(n) % 2;
    status = TakeOver(**two, victim, absl::StrCat("takeover-", n), takeovers);
    if (!status.ok()) return status;
    if (n + 1 == settings.takeovers) break;
    status = (*two)->Restart(victim);
    if (status.ok()) status = (*two)->WaitUntilShared();
    if (!status.ok()) return status;
  }
  Say(takeovers, report);
  return absl::OkStatus();
}

}  // namespace caseward::bench
