#include "services/log_copy.h"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/base/text.h"
#include "services/offline_tools.h"
#include "storage/kafka/kafka_event_log.h"
#include "storage/kafka/kafka_properties.h"

namespace caseward {
namespace {

constexpr char kOwner[] = "caseward log copy";
// One round: a transaction of a few milliseconds, whatever its size.
constexpr size_t kRoundRecords = 512;
constexpr size_t kRoundBytes = 2 << 20;
constexpr size_t kRoundKeys = 1000;
constexpr size_t kInboxPage = 1024;
// Messages that wait are held in memory. A server that runs for a moment takes them.
constexpr size_t kWaitingBytesMax = 256u << 20;
// In a row, without anything coming of it.
constexpr int kAttemptsMax = 5;

// Messages that no partition has taken yet, by sender, in the order they were sent.
using Waiting = std::map<uint32_t, std::vector<OutboundMessage>>;

// Calls `message` for each that waits for `to` in `log`, page by page. Trimming makes room in the memory of a log in
// Kafka; it would delete from an embedded one.
enum class Trim { kNo, kYes };
absl::Status ForEachWaiting(EventLog& log, Trim trim, uint32_t to,
                            absl::FunctionRef<absl::Status(InboundMessage)> message) {
  std::map<uint32_t, InboxCursor> after;
  while (true) {
    std::vector<InboxCursor> cursors;
    for (const auto& [from, cursor] : after)
      cursors.push_back(cursor);
    if (trim == Trim::kYes) log.TrimInbox(to, cursors);
    absl::StatusOr<std::vector<InboundMessage>> page = log.ReadInbox(to, cursors, kInboxPage);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    for (InboundMessage& one : *page) {
      after[one.from_partition] = {one.from_partition, one.from_sequence, one.n};
      if (absl::Status s = message(std::move(one)); !s.ok()) return s;
    }
  }
}

class Copy {
 public:
  Copy(DataFolder& folder, KafkaOptions options, OfflineCounter& counter)
      : folder_(folder), source_(*folder.embedded()), options_(std::move(options)), counter_(counter) {}

  absl::StatusOr<CopyReport> Run(const std::string& place) {
    auto verified = Verify(source_);
    if (!verified.ok()) return verified.status();
    report_.partitions = *std::move(verified);
    if (absl::Status s = ReadWaiting(); !s.ok()) return s;
    if (absl::Status s = Open(); !s.ok()) return s;
    const bool whole = target_->whole();
    if (absl::Status s = whole ? CheckNothingToCopy() : CopyAll(); !s.ok()) return s;
    if (absl::Status s = Prove(); !s.ok()) return s;
    if (absl::Status s = folder_.MarkMoved(place); !s.ok()) return s;
    if (absl::Status s = whole ? absl::OkStatus() : target_->FinishCopy(); !s.ok()) return s;
    return report_;
  }

 private:
  absl::StatusOr<std::vector<VerifiedPartition>> Verify(EventLog& log) {
    return EachPartition<VerifiedPartition>(log.partitions(), [&](uint32_t partition) {
      return VerifyPartition({log, folder_.vault(), folder_.format().log_id}, partition, [&] { counter_.Add(1); });
    });
  }

  absl::Status ReadWaiting() {
    size_t bytes = 0;
    for (uint32_t to = 0; to < source_.partitions(); ++to) {
      const absl::Status read = ForEachWaiting(source_, Trim::kNo, to, [&](InboundMessage m) -> absl::Status {
        bytes += m.command.size() + sizeof m;
        if (bytes > kWaitingBytesMax) {
          return absl::ResourceExhaustedError(StrCat("more than ", kWaitingBytesMax,
                                                     " bytes of messages wait between partitions: serve the folder"
                                                     " for a moment, so that they are taken"));
        }
        waiting_[m.from_partition].push_back({to, m.from_sequence, m.n, std::move(m.command)});
        ++report_.messages;
        return absl::OkStatus();
      });
      if (!read.ok()) return read;
    }
    for (auto& [from, messages] : waiting_) {
      std::sort(messages.begin(), messages.end(), [](const OutboundMessage& a, const OutboundMessage& b) {
        return std::pair(a.from_sequence, a.n) < std::pair(b.from_sequence, b.n);
      });
    }
    return absl::OkStatus();
  }

  absl::Status Open() {
    target_.reset();
    absl::StatusOr<std::unique_ptr<KafkaEventLog>> log = KafkaEventLog::Open(options_);
    if (!log.ok()) return log.status();
    target_ = *std::move(log);
    return absl::OkStatus();
  }

  // A log that is whole takes no more from here: somebody may own it.
  absl::Status CheckNothingToCopy() {
    for (const VerifiedPartition& one : report_.partitions) {
      const absl::StatusOr<uint64_t> end = target_->End(one.partition);
      if (!end.ok()) return end.status();
      if (*end != one.records) {
        return absl::FailedPreconditionError(StrCat(
            "the log in topic ", options_.Topic(kEventsTopic), " is whole and goes on there: partition ", one.partition,
            " holds ", *end, " records, the folder ", one.records, "; two histories of one log cannot be merged"));
      }
      report_.found += one.records;
      counter_.Add(one.records);
    }
    return absl::OkStatus();
  }

  absl::Status CopyAll() {
    if (absl::Status s = CopyKeys(); !s.ok()) return s;
    for (const VerifiedPartition& one : report_.partitions) {
      const absl::StatusOr<uint64_t> there = target_->End(one.partition);
      if (!there.ok()) return there.status();
      if (absl::Status s = CheckBeginning(one, *there); !s.ok()) return s;
      report_.found += *there;
      counter_.Add(*there);
      if (absl::Status s = CopyPartition(one); !s.ok()) return s;
      report_.copied += one.records - *there;
    }
    return absl::OkStatus();
  }

  // What is there is the folder's beginning. (That all of it is, is proved at the end.)
  absl::Status CheckBeginning(const VerifiedPartition& one, uint64_t there) {
    std::string ours;
    std::string theirs;
    if (there > 0 && there <= one.records) {
      const auto into = [](std::string& out) {
        return [&out](uint64_t, std::string_view raw) {
          out = std::string(raw);
          return false;
        };
      };
      if (absl::Status s = source_.ReadFrom(one.partition, there - 1, into(ours)); !s.ok()) return s;
      if (absl::Status s = target_->ReadFrom(one.partition, there - 1, into(theirs)); !s.ok()) return s;
    }
    if (there <= one.records && ours == theirs) return absl::OkStatus();
    return absl::FailedPreconditionError(
        StrCat("partition ", one.partition, " in topic ", options_.Topic(kEventsTopic), " holds ", there,
               " records that are not the beginning of the folder's ", one.records, ": it went its own way"));
  }

  // All in partition 0, before the first record that needs one.
  absl::Status CopyKeys() {
    Round round;
    absl::Status status;
    const absl::Status read = source_.ReadStoredKeys([&](std::string_view id, std::string_view wrapped) {
      ++report_.keys;
      round.keys.push_back({std::string(id), std::string(wrapped)});
      if (round.keys.size() == kRoundKeys) status = AppendAnew(0, std::exchange(round, {}));
      return status.ok();
    });
    if (!status.ok()) return status;
    if (!read.ok()) return read;
    return round.keys.empty() ? absl::OkStatus() : AppendAnew(0, std::move(round));
  }

  absl::Status CopyPartition(const VerifiedPartition& one) {
    while (true) {
      const absl::StatusOr<uint64_t> end = target_->End(one.partition);
      if (!end.ok()) return end.status();
      if (*end == one.records) return absl::OkStatus();
      Round round;
      round.first_sequence = *end;
      size_t bytes = 0;
      const absl::Status read = source_.ReadFrom(one.partition, *end, [&](uint64_t at, std::string_view raw) {
        if (at >= one.records) return false;
        round.records.emplace_back(raw);
        bytes += raw.size();
        return round.records.size() < kRoundRecords && bytes < kRoundBytes;
      });
      if (!read.ok()) return read;
      AddMessages(one.partition, round);
      const size_t records = round.records.size();
      if (absl::Status s = AppendAnew(one.partition, std::move(round)); !s.ok()) return s;
      counter_.Add(records);
    }
  }

  // Those that its records have sent.
  void AddMessages(uint32_t from, Round& round) const {
    const auto of = waiting_.find(from);
    if (of == waiting_.end()) return;
    const auto before = [](const OutboundMessage& m, uint64_t sequence) { return m.from_sequence < sequence; };
    const auto begin = std::lower_bound(of->second.begin(), of->second.end(), round.first_sequence, before);
    const auto end = std::lower_bound(begin, of->second.end(), round.first_sequence + round.records.size(), before);
    round.messages.assign(begin, end);
  }

  // Claims if need be, and again after a round of unknown outcome: what became of it, the log's end says.
  absl::Status AppendAnew(uint32_t partition, Round round) {
    absl::Status why;
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      if (!terms_.contains(partition)) {
        const uint64_t above = report_.partitions[partition].term;
        const absl::StatusOr<uint64_t> term = target_->ClaimAbove(partition, kOwner, above);
        if (!term.ok()) return term.status();
        terms_[partition] = *term;
      }
      const absl::StatusOr<uint64_t> end = target_->End(partition);
      if (!end.ok()) return end.status();
      if (!round.records.empty() && *end == round.first_sequence + round.records.size()) return absl::OkStatus();
      Round next = round;
      next.term = terms_[partition];
      if (next.records.empty()) next.first_sequence = *end;
      std::promise<AppendResult> promise;
      target_->AppendRound(partition, std::move(next),
                           [&](AppendResult result) { promise.set_value(std::move(result)); });
      const AppendResult result = promise.get_future().get();
      if (result.kind == AppendResult::Kind::kCommitted) return absl::OkStatus();
      why = result.why;
      if (!absl::IsUnavailable(why)) return why;
      terms_.erase(partition);
    }
    return why;
  }

  // By a reader that has seen nothing of the copying: every record, every head, every key and every message.
  absl::Status Prove() {
    if (absl::Status s = Open(); !s.ok()) return s;
    const auto there = Verify(*target_);
    if (!there.ok()) return there.status();
    for (const VerifiedPartition& one : report_.partitions) {
      const VerifiedPartition& other = (*there)[one.partition];
      if (other.records == one.records && other.merkle_root == one.merkle_root) continue;
      return absl::DataLossError(StrCat("partition ", one.partition, ": the ", other.records, " records in topic ",
                                        options_.Topic(kEventsTopic), " do not make the tree of the folder's ",
                                        one.records));
    }
    if (absl::Status s = ProveKeys(); !s.ok()) return s;
    return ProveMessages();
  }

  absl::Status ProveKeys() {
    if (absl::Status s = target_->CatchUpKeys(); !s.ok()) return s;
    absl::Status status;
    const absl::Status read = source_.ReadStoredKeys([&](std::string_view id, std::string_view wrapped) {
      const absl::StatusOr<std::optional<std::string>> there = target_->ReadKey(id);
      status = there.status();
      if (status.ok() && there->value_or("") != wrapped) {
        status = absl::DataLossError(
            StrCat("topic ", options_.Topic(kKeysTopic), ": data key ", id, " is not as the folder has it"));
      }
      return status.ok();
    });
    return status.ok() ? read : status;
  }

  absl::Status ProveMessages() {
    std::map<std::tuple<uint32_t, uint32_t, uint64_t, uint32_t>, std::string_view> wanted;
    for (const auto& [from, messages] : waiting_) {
      for (const OutboundMessage& m : messages)
        wanted[{m.to_partition, from, m.from_sequence, m.n}] = m.command;
    }
    for (uint32_t to = 0; to < target_->partitions() && !wanted.empty(); ++to) {
      const absl::Status read = ForEachWaiting(*target_, Trim::kYes, to, [&](InboundMessage m) {
        const auto found = wanted.find({to, m.from_partition, m.from_sequence, m.n});
        if (found != wanted.end() && found->second == m.command) wanted.erase(found);
        return absl::OkStatus();
      });
      if (!read.ok()) return read;
    }
    if (wanted.empty()) return absl::OkStatus();
    const auto [to, from, sequence, n] = wanted.begin()->first;
    return absl::DataLossError(StrCat("topic ", options_.Topic(kMessagesTopic), ": message ", n, " of record ",
                                      sequence, " of partition ", from, " to partition ", to,
                                      " is not as the folder has it"));
  }

  DataFolder& folder_;
  EmbeddedEventLog& source_;
  const KafkaOptions options_;
  OfflineCounter& counter_;
  std::unique_ptr<KafkaEventLog> target_;
  Waiting waiting_;
  std::map<uint32_t, uint64_t> terms_;  // of our claims
  CopyReport report_;
};

}  // namespace

absl::StatusOr<CopyReport> CopyData(const OfflineFolder& from, const CopyTarget& to, const OfflineProgress& progress) {
  KafkaOptions options;
  options.bootstrap = to.bootstrap;
  options.prefix = to.prefix;
  if (!to.config.empty()) {
    absl::StatusOr<std::map<std::string, std::string>> properties = ReadKafkaProperties(to.config);
    if (!properties.ok()) return properties.status();
    options.client = *std::move(properties);
  }
  const absl::StatusOr<std::unique_ptr<DataFolder>> folder = OpenOffline(from, false);
  if (!folder.ok()) return folder.status();
  if ((*folder)->embedded() == nullptr) {
    return absl::FailedPreconditionError(
        StrCat("expected a data folder with an embedded log; the log of ", from.data, " is in Kafka already"));
  }
  const std::string place = StrCat("topics ", to.prefix, ".* of Kafka at ", to.bootstrap);
  const absl::StatusOr<std::string> moved = (*folder)->MovedTo();
  if (!moved.ok()) return moved.status();
  if (!moved->empty() && *moved != place) {
    return absl::FailedPreconditionError(StrCat("the log of ", from.data, " was copied to ", *moved, " before"));
  }
  options.partitions = (*folder)->format().partitions;
  options.log_id = (*folder)->format().log_id;
  options.create = true;
  options.copying = true;
  const absl::StatusOr<uint64_t> records = RecordsOf((*folder)->log());
  if (!records.ok()) return records.status();
  OfflineCounter counter(*records * 3, progress);
  return Copy(**folder, std::move(options), counter).Run(place);
}

}  // namespace caseward
