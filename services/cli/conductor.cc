#include "services/cli/conductor.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "services/year/placeholders.h"

namespace caseward::cli {
namespace {

constexpr char kDirectory[] = "*";

bool Opens(const v1::Command& command) { return command.has_report_case() || command.has_register_resident(); }

// Commands that must not overtake each other have the same key.
std::string KeyOf(const v1::Command& command) {
  if (Opens(command)) return absl::StrCat("@", command.command_id());
  if (!command.case_id().empty()) return command.case_id();
  return command.resident_id().empty() ? kDirectory : command.resident_id();
}

// Trying the same again may help, and going on will not.
bool EndsTheRun(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted ||
         code == absl::StatusCode::kUnauthenticated || code == absl::StatusCode::kCancelled ||
         code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kInternal;
}

using Stream = grpc::ClientReaderWriter<v1::SubmitStreamRequest, v1::SubmitStreamResponse>;

struct Item {
  Conducted asked;
  std::string key;
  uint64_t number = 0;
};

// One person's stream: what has been sent and waits for its outcome, in order.
struct Lane {
  grpc::ClientContext context;
  std::unique_ptr<Stream> stream;
  std::deque<Item> sent;
  std::thread reader;
  bool ended = false;
};

struct Arrived {
  Lane* lane = nullptr;
  std::optional<v1::SubmitStreamResponse> response;  // nullopt: the stream has ended
};

// What is known of one case while commands of it are under way.
struct Group {
  std::deque<Item> waiting;
  Lane* lane = nullptr;  // where the ones in flight are
  size_t in_flight = 0;
};

}  // namespace

class Conductor::Impl {
 public:
  explicit Impl(Client& client) : client_(client) {}
  ~Impl() { CloseLanes().IgnoreError(); }

  absl::Status Run(Source source, Sink sink) {
    sink_ = &sink;
    bool more = true;
    while (true) {
      Take();
      if (!fault_.ok() && in_flight_ == 0) break;
      if (fault_.ok() && more && in_flight_ < kInFlightMax && waiting_ < kWaitingMax) {
        absl::StatusOr<std::optional<Conducted>> next = source();
        if (!next.ok()) Fail(next.status());
        if (next.ok() && next->has_value()) Admit(std::move(**next));
        if (next.ok() && !next->has_value()) more = false;
        continue;
      }
      if (!more && in_flight_ == 0 && waiting_ == 0) break;
      CHECK(in_flight_ > 0);  // what waits, waits for something in flight
      Wait();
    }
    const absl::Status closed = CloseLanes();
    return fault_.ok() ? closed : fault_;
  }

 private:
  void Fail(const absl::Status& status) {
    if (fault_.ok()) fault_ = status;
  }

  // ---- what may go when

  void Admit(Conducted asked) {
    Item item{.asked = std::move(asked), .key = "", .number = next_number_++};
    item.key = KeyOf(item.asked.command);
    if (Opens(item.asked.command)) opening_.insert(item.asked.command.command_id());
    ++waiting_;
    held_.push_back(std::move(item));
    Release();
  }

  // A command of the directory goes alone.
  void Release() {
    while (fault_.ok() && !held_.empty() && !directory_in_flight_) {
      const bool alone = held_.front().key == kDirectory;
      if (alone && (in_flight_ > 0 || waiting_ > held_.size())) return;
      Item item = std::move(held_.front());
      held_.pop_front();
      directory_in_flight_ = alone;
      const std::string key = item.key;
      groups_[key].waiting.push_back(std::move(item));
      Advance(key);
    }
  }

  // Sends what may be sent of one case.
  void Advance(const std::string& key) {
    while (fault_.ok()) {
      Group& group = groups_[key];
      if (group.waiting.empty()) {
        if (group.in_flight == 0) groups_.erase(key);
        return;
      }
      const Resolved resolved = Resolve(group.waiting.front());
      if (resolved == Resolved::kLater) return;
      Lane* lane = &LaneOf(group.waiting.front().asked.actor);
      if (resolved == Resolved::kNow && group.in_flight > 0 && group.lane != lane) return;
      Item item = std::move(group.waiting.front());
      group.waiting.pop_front();
      --waiting_;
      if (resolved == Resolved::kNever) {
        NotSent(std::move(item));
        continue;
      }
      group.lane = lane;
      ++group.in_flight;
      Send(*lane, std::move(item));
    }
  }

  enum class Resolved { kNow, kLater, kNever };
  Resolved Resolve(Item& item) {
    for (std::string* reference : year::PlaceholdersOf(item.asked.command)) {
      const std::string id = reference->substr(1);
      if (const auto opened = opened_.find(id); opened != opened_.end()) {
        *reference = opened->second;
      } else if (opening_.contains(id)) {
        waiters_[id].insert(item.key);
        return Resolved::kLater;
      } else {
        return Resolved::kNever;
      }
    }
    return Resolved::kNow;
  }

  void NotSent(Item item) {
    const std::string id = item.asked.command.command_id();
    if (Opens(item.asked.command)) Opened(id, std::nullopt);
    Deliver(std::move(item),
            absl::FailedPreconditionError(absl::StrCat(
                "command ", id, ": not sent, because nothing earlier opened the case or resident that it names")));
  }

  void Opened(const std::string& id, const std::optional<std::string>& stream) {
    opening_.erase(id);
    if (stream.has_value()) opened_[id] = *stream;
    const auto waiters = waiters_.extract(id);
    if (waiters.empty()) return;
    for (const std::string& key : waiters.mapped())
      Advance(key);
  }

  // ---- sending

  void Send(Lane& lane, Item item) {
    v1::SubmitStreamRequest request;
    *request.mutable_command() = item.asked.command;
    lane.sent.push_back(std::move(item));
    ++in_flight_;
    // A write that fails is followed by the end of the stream, which says why.
    lane.stream->Write(request);
  }

  Lane& LaneOf(const std::string& actor) {
    std::unique_ptr<Lane>& lane = lanes_[actor];
    if (lane != nullptr && lane->ended) FinishLane(*lane).IgnoreError();
    if (lane == nullptr || lane->ended) {
      lane = std::make_unique<Lane>();
      if (actor.empty()) {
        client_.Prepare(lane->context, absl::InfiniteDuration());
      } else {
        Client::SetActor(lane->context, actor);
      }
      lane->stream = client_.cases().SubmitStream(&lane->context);
      lane->reader = std::thread([this, raw = lane.get()] { ReadLane(raw); });
    }
    return *lane;
  }

  void ReadLane(Lane* lane) {
    v1::SubmitStreamResponse response;
    while (lane->stream->Read(&response))
      Push({.lane = lane, .response = std::exchange(response, {})});
    Push({.lane = lane, .response = std::nullopt});
  }

  absl::Status FinishLane(Lane& lane) {
    if (lane.stream == nullptr) return absl::OkStatus();
    if (lane.reader.joinable()) lane.reader.join();
    const absl::Status status = client_.FromGrpc(lane.stream->Finish());
    lane.stream.reset();
    return status;
  }

  absl::Status CloseLanes() {
    absl::Status result;
    for (auto& [actor, lane] : lanes_) {
      if (lane->stream != nullptr) lane->stream->WritesDone();
      const absl::Status status = FinishLane(*lane);
      if (result.ok()) result = status;
    }
    lanes_.clear();
    // The ends of those lanes, which nobody waits for: another run must not take them for its own.
    const std::lock_guard lock(mutex_);
    arrived_.clear();
    return result;
  }

  // ---- outcomes

  void Push(Arrived arrived) {
    const std::lock_guard lock(mutex_);
    arrived_.push_back(std::move(arrived));
    changed_.notify_one();
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !arrived_.empty(); });
  }

  void Take() {
    std::deque<Arrived> arrived;
    {
      const std::lock_guard lock(mutex_);
      arrived.swap(arrived_);
    }
    for (Arrived& one : arrived) {
      if (one.response.has_value()) {
        Settle(*one.lane, *one.response);
        continue;
      }
      one.lane->ended = true;
      if (one.lane->sent.empty()) continue;
      in_flight_ -= one.lane->sent.size();
      one.lane->sent.clear();
      const absl::Status why = FinishLane(*one.lane);
      Fail(why.ok() ? absl::UnavailableError("the server ended a stream before it had answered") : why);
    }
  }

  void Settle(Lane& lane, const v1::SubmitStreamResponse& response) {
    CHECK(!lane.sent.empty());
    Item item = std::move(lane.sent.front());
    lane.sent.pop_front();
    --in_flight_;
    const std::string key = item.key;
    --groups_[key].in_flight;
    if (key == kDirectory) directory_in_flight_ = false;
    const v1::Command& command = item.asked.command;
    if (Opens(command)) {
      const bool accepted = response.outcome().has_accepted();
      Opened(command.command_id(), accepted ? std::optional(response.outcome().stream()) : std::nullopt);
    }
    if (item.asked.last_of_case && key.front() == '@') opened_.erase(key.substr(1));
    if (response.has_fault()) {
      const absl::Status fault(static_cast<absl::StatusCode>(response.fault().code()),
                               absl::StrCat("command ", command.command_id(), ": ", response.fault().message()));
      if (EndsTheRun(fault.code())) Fail(fault);
      Deliver(std::move(item), fault);
    } else {
      Deliver(std::move(item), response.outcome());
    }
    Advance(key);
    Release();
  }

  // Answers reach the sink in the order of the source.
  void Deliver(Item item, absl::StatusOr<v1::Outcome> answer) {
    settled_.emplace(item.number, std::pair(std::move(item.asked), std::move(answer)));
    while (!settled_.empty() && settled_.begin()->first == next_delivered_) {
      (*sink_)(settled_.begin()->second.first, settled_.begin()->second.second);
      settled_.erase(settled_.begin());
      ++next_delivered_;
    }
  }

  Client& client_;
  Sink* sink_ = nullptr;
  std::map<std::string, std::unique_ptr<Lane>> lanes_;
  absl::flat_hash_map<std::string, Group> groups_;
  absl::flat_hash_map<std::string, std::string> opened_;             // command id → stream
  absl::flat_hash_set<std::string> opening_;                         // reports and registrations not yet answered
  std::map<std::string, absl::flat_hash_set<std::string>> waiters_;  // command id → keys of groups that wait for it
  std::deque<Item> held_;  // a command of the directory that cannot go yet, and all that came after it
  std::map<uint64_t, std::pair<Conducted, absl::StatusOr<v1::Outcome>>> settled_;
  uint64_t next_number_ = 0;
  uint64_t next_delivered_ = 0;
  size_t in_flight_ = 0;
  size_t waiting_ = 0;  // read and not sent, the held ones included
  bool directory_in_flight_ = false;
  absl::Status fault_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrived> arrived_;  // guarded by mutex_
};

Conductor::Conductor(Client& client) : impl_(std::make_unique<Impl>(client)) {}
Conductor::~Conductor() = default;
absl::Status Conductor::Run(Source source, Sink sink) { return impl_->Run(source, sink); }

}  // namespace caseward::cli
