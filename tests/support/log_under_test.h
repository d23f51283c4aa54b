// The logs that the contract suites run against, each behind the same few calls: what differs between them is who lets
// a round through and what a restart means.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "storage/embedded_event_log.h"
#include "storage/faulty_event_log.h"
#include "storage/forwarding_event_log.h"
#include "storage/memory_event_log.h"
#include "tests/support/temp_folder.h"

namespace caseward {

constexpr uint32_t kPartitions = 3;

// What the logs in memory show of an intake's outside world.
class MemoryIntake {
 public:
  explicit MemoryIntake(MemoryEventLog& log) : log_(log) {}
  uint64_t Put(uint32_t partition, const TopicRecord& record) { return log_.PutIntake(partition, record); }
  void Begin(uint32_t partition) { log_.BeginIntakeTransaction(partition); }
  void End(uint32_t partition, bool commit) { log_.EndIntakeTransaction(partition, commit); }
  void Expire(uint32_t partition, uint64_t offset) { log_.ExpireIntake(partition, offset); }
  std::vector<TopicRecord> outcomes(uint32_t partition) { return log_.outcomes(partition); }
  std::vector<TopicRecord> rejects(uint32_t partition) { return log_.rejects(partition); }

 private:
  MemoryEventLog& log_;
};

// In memory, answering at once.
class MemoryAtOnce {
 public:
  MemoryIntake& intake() { return intake_; }
  EventLog& log() { return log_; }
  LogFaults& faults() { return log_.faults(); }
  void Settle() {}
  void Restart() {}  // the owner dies; the log is a broker elsewhere and lives on
  bool DeliverLate(uint32_t partition) { return log_.DeliverLate(partition); }

 private:
  MemoryEventLog log_{kPartitions};
  MemoryIntake intake_{log_};
};

// In memory, where rounds wait until they are delivered.
class MemoryWhenTold {
 public:
  MemoryIntake& intake() { return intake_; }
  EventLog& log() { return log_; }
  LogFaults& faults() { return log_.faults(); }
  void Settle() { log_.DeliverAll(); }
  void Restart() {}
  bool DeliverLate(uint32_t partition) { return log_.DeliverLate(partition); }

 private:
  MemoryEventLog log_{kPartitions, MemoryEventLog::Delivery::kWhenTold};
  MemoryIntake intake_{log_};
};

// On disk; a restart closes and opens it.
class Embedded {
 public:
  Embedded() { Restart(); }
  EventLog& log() { return *log_; }
  void Settle() {}
  void Restart() {
    log_.reset();
    EmbeddedEventLog::Options options;
    options.path = folder_ / "log";
    options.partitions = kPartitions;
    options.log_id = "contract";
    options.create = true;
    auto opened = EmbeddedEventLog::Open(options);
    if (!opened.ok()) ADD_FAILURE() << opened.status();
    log_ = *std::move(opened);
  }

 private:
  TempFolder folder_;
  std::unique_ptr<EmbeddedEventLog> log_;
};

// On disk, by callers who may block: whoever finds nothing waiting writes the round itself.
class EmbeddedByCallers {
 public:
  EventLog& log() { return *log_; }
  void Settle() { inner_.Settle(); }
  void Restart() {
    log_.reset();
    inner_.Restart();
    log_ = std::make_unique<MayBlock>(inner_.log());
  }

 private:
  class MayBlock : public ForwardingEventLog {
   public:
    using ForwardingEventLog::ForwardingEventLog;
    void AppendRound(uint32_t partition, Round round, AppendDone done) override {
      round.may_block = true;
      inner().AppendRound(partition, std::move(round), std::move(done));
    }
  };
  Embedded inner_;
  std::unique_ptr<MayBlock> log_ = std::make_unique<MayBlock>(inner_.log());
};

// The decorator over another log, with nothing planned unless the test plans it.
template <typename Inner>
class Faulty {
 public:
  EventLog& log() { return *log_; }
  auto& intake() { return inner_.intake(); }
  LogFaults& faults() { return faults_; }
  void Settle() { inner_.Settle(); }
  void Restart() {
    log_.reset();
    inner_.Restart();
    log_ = std::make_unique<FaultyEventLog>(inner_.log(), faults_);
  }
  bool DeliverLate(uint32_t partition) { return log_->DeliverLate(partition); }

 private:
  Inner inner_;
  LogFaults faults_;
  std::unique_ptr<FaultyEventLog> log_ = std::make_unique<FaultyEventLog>(inner_.log(), faults_);
};

// Calls in the words of the tests, over any of the above.
template <typename UnderTest>
class LogContract : public testing::Test {
 protected:
  EventLog& log() { return under_test_.log(); }

  uint64_t Claim(uint32_t partition, const std::string& owner = "owner") {
    const absl::StatusOr<uint64_t> term = log().Claim(partition, owner);
    EXPECT_TRUE(term.ok()) << term.status();
    return term.value_or(0);
  }
  // Hands a round in; the answer comes with Answer.
  std::future<AppendResult> Start(uint32_t partition, Round round) {
    std::promise<AppendResult> promise;
    std::future<AppendResult> answer = promise.get_future();
    log().AppendRound(partition, std::move(round),
                      [p = std::move(promise)](AppendResult result) mutable { p.set_value(std::move(result)); });
    return answer;
  }
  AppendResult Answer(std::future<AppendResult> answer) {
    under_test_.Settle();
    if (answer.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    return answer.get();
  }
  AppendResult Append(uint32_t partition, Round round) { return Answer(Start(partition, std::move(round))); }
  // A round of records that must commit.
  void Commit(uint32_t partition, uint64_t term, std::vector<std::string> records) {
    const AppendResult result = Append(partition, {term, End(partition), std::move(records), {}, {}});
    EXPECT_EQ(result.kind, AppendResult::Kind::kCommitted) << result.why;
  }
  uint64_t End(uint32_t partition) { return log().End(partition).value_or(UINT64_MAX); }

  std::vector<std::string> Records(uint32_t partition, uint64_t from = 0) {
    std::vector<std::string> out;
    const absl::Status read = log().ReadFrom(partition, from, [&](uint64_t sequence, std::string_view bytes) {
      EXPECT_EQ(sequence, from + out.size());
      out.emplace_back(bytes);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return out;
  }
  // The inbox as "from/sequence/n command".
  std::vector<std::string> Inbox(uint32_t partition, const std::vector<InboxCursor>& after = {}, size_t limit = 100) {
    const auto messages = log().ReadInbox(partition, after, limit);
    EXPECT_TRUE(messages.ok()) << messages.status();
    std::vector<std::string> out;
    for (const InboundMessage& m : *messages) {
      out.push_back(std::to_string(m.from_partition) + "/" + std::to_string(m.from_sequence) + "/" +
                    std::to_string(m.n) + " " + m.command);
    }
    return out;
  }
  std::optional<std::string> Key(const std::string& id) {
    const auto key = log().ReadKey(id);
    EXPECT_TRUE(key.ok()) << key.status();
    return key.value_or(std::nullopt);
  }
  std::vector<std::string> KeyIds(const std::string& prefix) {
    std::vector<std::string> out;
    const absl::Status read = log().ReadKeys(prefix, [&](std::string_view id, std::string_view) {
      out.emplace_back(id);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return out;
  }

  UnderTest under_test_;
};

}  // namespace caseward
