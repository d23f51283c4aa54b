#include "storage/embedded_event_log.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/acked_ends.h"
#include "storage/files.h"
#include "storage/gate.h"
#include "storage/log_db.h"
#include "storage/round_rules.h"

namespace caseward {
namespace {

using Kind = AppendResult::Kind;

constexpr size_t kMaxBatchBytes = 16u << 20;

struct AppendOp {
  uint32_t partition = 0;
  Round round;
  AppendDone done;
  size_t bytes = 0;
};
struct ClaimOp {
  uint32_t partition = 0;
  std::string owner;
  std::promise<absl::StatusOr<uint64_t>>* term = nullptr;
};
struct TrimOp {
  uint32_t partition = 0;
  std::vector<InboxCursor> cursors;
};
using Op = std::variant<AppendOp, ClaimOp, TrimOp>;

// Destroying a key takes as long as rewriting the table that held it.
bool Destroys(const Round& round) {
  return std::any_of(round.keys.begin(), round.keys.end(), [](const KeyRecord& key) { return key.wrapped.empty(); });
}

absl::Status CheckFormat(const EmbeddedEventLog::Options& options, const LogFormat& found) {
  const auto refused = [&](const std::string& why) {
    return absl::FailedPreconditionError(StrCat("log ", options.path, " ", why));
  };
  if (found.version != kLogFormatVersion) {
    return refused(StrCat("has format version ", found.version, "; this program reads version ", kLogFormatVersion));
  }
  if (options.partitions != 0 && options.partitions != found.partitions) {
    return refused(StrCat("has ", found.partitions, " partitions, fixed when it was made; ", options.partitions,
                          " were asked for"));
  }
  if (!options.log_id.empty() && options.log_id != found.log_id) {
    return refused(StrCat("is log ", found.log_id, "; log ", options.log_id, " was expected"));
  }
  return absl::OkStatus();
}

}  // namespace

class EmbeddedEventLog::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}
  ~Impl();

  absl::Status Start();
  const LogFormat& format() const { return format_; }
  absl::StatusOr<uint64_t> Claim(uint32_t partition, std::string_view owner);
  void AppendRound(uint32_t partition, Round round, AppendDone done);
  void TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors);
  absl::StatusOr<uint64_t> End(uint32_t partition);

  absl::Status CheckPartition(uint32_t partition) const;
  // Calls read(db, end of `partition`) while no reopening takes the database away.
  template <typename Read>
  auto Reading(uint32_t partition, Read read) -> decltype(read(std::declval<const LogDb&>(), uint64_t{}));

 private:
  // Rounds that are in the batch, to be answered when it is written.
  struct Group {
    std::vector<std::pair<AppendDone, AppendResult>> answers;
    std::vector<std::pair<AppendDone, AppendResult>> after_scrub;
    std::set<uint32_t> partitions;
    bool must_sync = false;  // it holds more than barriers and trims
    std::map<std::string, std::string> keys;
    std::map<uint32_t, uint64_t> next;  // what the batch makes of each partition's next sequence
  };

  absl::Status OpenDb(bool create);
  absl::Status LoadHeads();
  absl::Status CheckNothingAckedIsMissing();

  void Write();  // the writer's thread
  void WriteQueue(std::unique_lock<std::mutex>& lock);

  // Of whoever is the writer now: its thread, or a caller that may block.
  void Process(std::deque<Op> ops);
  void Add(AppendOp& op, Group& group);
  absl::Status Check(uint32_t partition, const Round& round, const Group& group);
  void Finish(Group& group);
  void Advance(const Group& group);
  void Fail(Group& group, const absl::Status& why);
  absl::StatusOr<uint64_t> MakeClaim(uint32_t partition, const std::string& owner);
  absl::Status Reopen();

  const Options options_;
  LogFormat format_;

  // The writer's own; handed on under mutex_.
  std::vector<PartitionHead> heads_;
  std::optional<AckedEnds> acked_;
  absl::Status fault_;  // not OK: no round is taken until a Claim has reopened the database

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Op> queue_;
  size_t queued_bytes_ = 0;
  size_t queued_rounds_ = 0;
  size_t waiting_ = 0;    // rounds and claims in the queue: what the writer wakes for
  bool writing_ = false;  // some thread is the writer now
  bool stopping_ = false;
  std::vector<uint64_t> ends_;  // visible

  // Reading enters the gate; reopening shuts it. The writer is the one that reopens and needs no entry.
  Gate gate_;
  std::unique_ptr<LogDb> db_;  // null: not even reading is possible, see unreadable_
  absl::Status unreadable_;

  std::thread writer_;
};

EmbeddedEventLog::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (writer_.joinable()) writer_.join();
}

absl::Status EmbeddedEventLog::Impl::OpenDb(bool create) {
  absl::StatusOr<std::unique_ptr<LogDb>> db = LogDb::Open(options_.path, LogDb::Mode::kReadWrite, create);
  if (!db.ok()) return db.status();
  db_ = *std::move(db);
  return db_->ScrubIfNeeded();
}

absl::Status EmbeddedEventLog::Impl::Start() {
  const bool there = Exists((std::filesystem::path(options_.path) / "CURRENT").string());
  if (!there && !options_.create) return absl::NotFoundError(StrCat("there is no log at ", options_.path));
  if (absl::Status s = OpenDb(options_.create); !s.ok()) return s;
  absl::StatusOr<std::optional<LogFormat>> found = db_->ReadFormat();
  if (!found.ok()) return found.status();
  if (!*found) {
    if (there && !options_.create)
      return absl::FailedPreconditionError(StrCat(options_.path, " holds no Caseward log"));
    if (options_.partitions == 0 || options_.partitions > 0xffff || options_.log_id.empty()) {
      return absl::InvalidArgumentError("a new log needs 1 to 65535 partitions and a log id");
    }
    *found = LogFormat{kLogFormatVersion, options_.log_id, options_.partitions};
    db_->PutFormat(**found);
    if (absl::Status s = db_->Commit(true); !s.ok()) return s;
  }
  if (absl::Status s = CheckFormat(options_, **found); !s.ok()) return s;
  format_ = **found;
  if (absl::Status s = LoadHeads(); !s.ok()) return s;
  if (absl::Status s = CheckNothingAckedIsMissing(); !s.ok()) return s;
  writer_ = std::thread([this] { Write(); });
  return absl::OkStatus();
}

absl::Status EmbeddedEventLog::Impl::LoadHeads() {
  std::vector<PartitionHead> heads;
  for (uint32_t partition = 0; partition < format_.partitions; ++partition) {
    absl::StatusOr<PartitionHead> head = db_->ReadHead(partition);
    if (!head.ok()) return head.status();
    // A partition in doubt stays so until it is claimed itself.
    if (partition < heads_.size()) head->in_doubt = heads_[partition].in_doubt && heads_[partition].term == head->term;
    heads.push_back(*std::move(head));
  }
  heads_ = std::move(heads);
  const std::lock_guard lock(mutex_);
  ends_.clear();
  for (const PartitionHead& head : heads_)
    ends_.push_back(head.next);
  return absl::OkStatus();
}

absl::Status EmbeddedEventLog::Impl::CheckNothingAckedIsMissing() {
  const std::string path = (std::filesystem::path(options_.path) / "ACKED").string();
  absl::StatusOr<AckedEnds> acked = AckedEnds::Open(path, format_.partitions);
  if (!acked.ok()) return acked.status();
  for (uint32_t partition = 0; partition < format_.partitions; ++partition) {
    if (heads_[partition].next < acked->ends()[partition]) {
      return absl::DataLossError(
          StrCat("log ", options_.path, " partition ", partition, " ends at sequence ", heads_[partition].next,
                 ", but everything before ", acked->ends()[partition],
                 " had been acknowledged: its end was cut off. Restore a backup, or accept the loss by"
                 " deleting ",
                 path));
    }
    acked->Set(partition, heads_[partition].next);
  }
  acked_ = *std::move(acked);
  acked_->Write();
  return absl::OkStatus();
}

absl::Status EmbeddedEventLog::Impl::CheckPartition(uint32_t partition) const {
  if (partition < format_.partitions) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("partition ", partition, ": there are only ", format_.partitions));
}

template <typename Read>
auto EmbeddedEventLog::Impl::Reading(uint32_t partition, Read read)
    -> decltype(read(std::declval<const LogDb&>(), uint64_t{})) {
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  const Gate::Use use(gate_);
  if (db_ == nullptr) return unreadable_;
  uint64_t end = 0;
  {
    const std::lock_guard lock(mutex_);
    end = ends_[partition];
  }
  return read(std::as_const(*db_), end);
}

absl::StatusOr<uint64_t> EmbeddedEventLog::Impl::End(uint32_t partition) {
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  const std::lock_guard lock(mutex_);
  return ends_[partition];
}

absl::StatusOr<uint64_t> EmbeddedEventLog::Impl::Claim(uint32_t partition, std::string_view owner) {
  if (absl::Status s = CheckPartition(partition); !s.ok()) return s;
  std::promise<absl::StatusOr<uint64_t>> term;
  {
    // Behind the rounds that wait already: they are judged by the old term, everything after by the new one.
    const std::lock_guard lock(mutex_);
    queue_.push_back(ClaimOp{partition, std::string(owner), &term});
    ++waiting_;
  }
  work_.notify_one();
  return term.get_future().get();
}

void EmbeddedEventLog::Impl::AppendRound(uint32_t partition, Round round, AppendDone done) {
  CHECK(partition < format_.partitions);
  const size_t bytes = LoggedBytes(round);
  bool full = false;
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    if (round.may_block && !writing_ && waiting_ == 0 && !Destroys(round)) {
      queue_.push_back(AppendOp{partition, std::move(round), std::move(done), bytes});
      WriteQueue(lock);
      const bool more = waiting_ > 0;
      lock.unlock();
      if (more) work_.notify_one();
      return;
    }
    full = queued_rounds_ >= options_.max_queued_rounds ||
           (queued_rounds_ > 0 && queued_bytes_ + bytes > options_.max_queued_bytes);
    if (!full) {
      wake = !writing_;  // who writes looks again when it is done
      ++queued_rounds_;
      ++waiting_;
      queued_bytes_ += bytes;
      queue_.push_back(AppendOp{partition, std::move(round), std::move(done), bytes});
    }
  }
  if (full) {
    done({Kind::kAborted, absl::ResourceExhaustedError(StrCat("partition ", partition, ": the log's queue is full"))});
  } else if (wake) {
    work_.notify_one();
  }
}

void EmbeddedEventLog::Impl::TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) {
  if (partition >= format_.partitions || cursors.empty()) return;
  const std::lock_guard lock(mutex_);
  // A hint: it waits for the next round to share its write, and is dropped if too many wait.
  if (queue_.size() < options_.max_queued_rounds) queue_.push_back(TrimOp{partition, cursors});
}

void EmbeddedEventLog::Impl::Write() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return !writing_ && (waiting_ > 0 || stopping_); });
    if (queue_.empty()) return;
    WriteQueue(lock);
  }
}

// `lock` is let go meanwhile.
void EmbeddedEventLog::Impl::WriteQueue(std::unique_lock<std::mutex>& lock) {
  std::deque<Op> ops;
  ops.swap(queue_);
  queued_rounds_ = 0;
  queued_bytes_ = 0;
  waiting_ = 0;
  writing_ = true;
  lock.unlock();
  Process(std::move(ops));
  lock.lock();
  writing_ = false;
}

void EmbeddedEventLog::Impl::Process(std::deque<Op> ops) {
  Group group;
  for (Op& op : ops) {
    if (AppendOp* append = std::get_if<AppendOp>(&op)) {
      Add(*append, group);
      if (db_ != nullptr && db_->batch_bytes() > kMaxBatchBytes) Finish(group);
    } else if (ClaimOp* claim = std::get_if<ClaimOp>(&op)) {
      Finish(group);
      claim->term->set_value(MakeClaim(claim->partition, claim->owner));
    } else if (fault_.ok()) {
      const TrimOp& trim = std::get<TrimOp>(op);
      db_->DropMessages(trim.partition, trim.cursors);
    }
  }
  Finish(group);
}

absl::Status EmbeddedEventLog::Impl::Check(uint32_t partition, const Round& round, const Group& group) {
  if (!fault_.ok()) return fault_;
  PartitionHead head = heads_[partition];
  if (const auto ahead = group.next.find(partition); ahead != group.next.end()) head.next = ahead->second;
  if (absl::Status s = CheckRound(partition, format_.partitions, head, round); !s.ok()) return s;
  if (absl::Status s = CheckIntakeParts(partition, format_.partitions, /*has_intake=*/false, round); !s.ok()) return s;
  for (const KeyRecord& key : round.keys) {
    if (const auto made = group.keys.find(key.key_id); made != group.keys.end()) {
      if (absl::Status s = CheckKey(key, &made->second); !s.ok()) return s;
      continue;
    }
    const absl::StatusOr<std::optional<std::string>> stored = db_->ReadStoredKey(key.key_id);
    if (!stored.ok()) return stored.status();
    if (absl::Status s = CheckKey(key, *stored ? &**stored : nullptr); !s.ok()) return s;
  }
  return absl::OkStatus();
}

void EmbeddedEventLog::Impl::Add(AppendOp& op, Group& group) {
  const Round& round = op.round;
  if (absl::Status s = Check(op.partition, round, group); !s.ok()) {
    group.answers.emplace_back(std::move(op.done), AppendResult{Kind::kAborted, std::move(s)});
    return;
  }
  uint64_t next = round.first_sequence;
  for (const std::string& record : round.records)
    db_->PutRecord(op.partition, next++, record);
  for (const OutboundMessage& message : round.messages)
    db_->PutMessage(op.partition, message);
  bool destroys = false;
  for (const KeyRecord& key : round.keys) {
    db_->PutKey(key);
    group.keys[key.key_id] = key.wrapped;
    destroys = destroys || key.wrapped.empty();
  }
  group.partitions.insert(op.partition);
  group.must_sync = group.must_sync || !(round.records.empty() && round.messages.empty() && round.keys.empty());
  group.next[op.partition] = next;
  (destroys ? group.after_scrub : group.answers).emplace_back(std::move(op.done), AppendResult{Kind::kCommitted, {}});
}

void EmbeddedEventLog::Impl::Finish(Group& group) {
  // Nothing to write (barriers, refusals, a log at fault): the answers stand. This process holds the lock file and the
  // writer the terms, so a barrier needs no proof from the disk.
  if (db_ != nullptr && !db_->batch_empty()) {
    if (absl::Status s = db_->Commit(/*sync=*/group.must_sync); !s.ok()) {
      Fail(group, s);
      return;
    }
    Advance(group);
  }
  Group answers = std::exchange(group, Group());
  for (auto& [done, result] : answers.answers)
    done(std::move(result));
  if (answers.after_scrub.empty()) return;
  // Best effort now; what could not be scrubbed is marked in the log and scrubbed when it opens next.
  static_cast<void>(db_->ScrubIfNeeded());
  for (auto& [done, result] : answers.after_scrub)
    done(std::move(result));
}

// What was written becomes visible, before anybody is told.
void EmbeddedEventLog::Impl::Advance(const Group& group) {
  if (!group.must_sync) return;
  for (const auto& [partition, next] : group.next) {
    heads_[partition].next = next;
    acked_->Set(partition, next);
  }
  acked_->Write();
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, next] : group.next)
    ends_[partition] = next;
}

void EmbeddedEventLog::Impl::Fail(Group& group, const absl::Status& why) {
  fault_ = absl::UnavailableError(StrCat("the log takes no rounds until a partition is claimed anew: ", why.message()));
  for (const uint32_t partition : group.partitions)
    heads_[partition].in_doubt = true;
  Group failed = std::exchange(group, Group());
  for (auto* answers : {&failed.answers, &failed.after_scrub}) {
    for (auto& [done, result] : *answers) {
      if (result.kind == Kind::kCommitted) result = {Kind::kUnknown, absl::UnavailableError(why.message())};
      done(std::move(result));
    }
  }
}

absl::StatusOr<uint64_t> EmbeddedEventLog::Impl::MakeClaim(uint32_t partition, const std::string& owner) {
  if (!fault_.ok()) {
    if (absl::Status s = Reopen(); !s.ok()) return s;
  }
  PartitionHead& head = heads_[partition];
  db_->PutTerm(partition, head.term + 1, owner);
  if (absl::Status s = db_->Commit(/*sync=*/true); !s.ok()) {
    Group nobody;
    Fail(nobody, s);
    return s;
  }
  ++head.term;
  head.owner = owner;
  head.in_doubt = false;
  return head.term;
}

absl::Status EmbeddedEventLog::Impl::Reopen() {
  if (!gate_.Shut(kReadersLeaveWithin)) {
    return absl::UnavailableError(StrCat("log ", options_.path, " cannot be reopened while it is being read"));
  }
  db_.reset();
  absl::Status opened = OpenDb(/*create=*/false);
  if (opened.ok()) opened = LoadHeads();
  if (opened.ok()) {
    fault_ = absl::OkStatus();
  } else {
    // Still broken; at least go on reading.
    db_.reset();
    absl::StatusOr<std::unique_ptr<LogDb>> reading = LogDb::Open(options_.path, LogDb::Mode::kReadOnly, false);
    unreadable_ = reading.status();
    if (reading.ok()) db_ = *std::move(reading);
  }
  gate_.Open();
  return opened;
}

EmbeddedEventLog::EmbeddedEventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedEventLog::~EmbeddedEventLog() = default;

absl::StatusOr<std::unique_ptr<EmbeddedEventLog>> EmbeddedEventLog::Open(const Options& options) {
  auto impl = std::make_unique<Impl>(options);
  if (absl::Status s = impl->Start(); !s.ok()) return s;
  return std::unique_ptr<EmbeddedEventLog>(new EmbeddedEventLog(std::move(impl)));
}

const std::string& EmbeddedEventLog::log_id() const { return impl_->format().log_id; }
uint32_t EmbeddedEventLog::partitions() const { return impl_->format().partitions; }
absl::StatusOr<uint64_t> EmbeddedEventLog::Claim(uint32_t partition, std::string_view owner) {
  return impl_->Claim(partition, owner);
}
void EmbeddedEventLog::AppendRound(uint32_t partition, Round round, AppendDone done) {
  impl_->AppendRound(partition, std::move(round), std::move(done));
}
absl::StatusOr<uint64_t> EmbeddedEventLog::End(uint32_t partition) { return impl_->End(partition); }

absl::Status EmbeddedEventLog::ReadFrom(uint32_t partition, uint64_t from,
                                        absl::FunctionRef<bool(uint64_t, std::string_view)> record) {
  return impl_->Reading(partition, [&](const LogDb& db, uint64_t end) -> absl::Status {
    if (from > end) {
      return absl::OutOfRangeError(
          StrCat("log partition ", partition, ": reading from ", from, ", but the end is ", end));
    }
    return db.ReadRecords(partition, from, end, record);
  });
}
absl::StatusOr<std::vector<InboundMessage>> EmbeddedEventLog::ReadInbox(uint32_t partition,
                                                                        const std::vector<InboxCursor>& cursors,
                                                                        size_t limit) {
  return impl_->Reading(
      partition, [&](const LogDb& db, uint64_t) { return db.ReadInbox(partition, partitions(), cursors, limit); });
}
void EmbeddedEventLog::TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) {
  impl_->TrimInbox(partition, cursors);
}
absl::StatusOr<std::optional<std::string>> EmbeddedEventLog::ReadKey(std::string_view key_id) {
  return impl_->Reading(0, [&](const LogDb& db, uint64_t) {
    absl::StatusOr<std::optional<std::string>> stored = db.ReadStoredKey(key_id);
    if (stored.ok() && *stored && (*stored)->empty()) stored->reset();
    return stored;
  });
}
absl::Status EmbeddedEventLog::ReadKeys(std::string_view prefix,
                                        absl::FunctionRef<bool(std::string_view, std::string_view)> key) {
  return impl_->Reading(0, [&](const LogDb& db, uint64_t) { return db.ReadKeys(prefix, key); });
}
absl::Status EmbeddedEventLog::ReadStoredKeys(absl::FunctionRef<bool(std::string_view, std::string_view)> key) {
  return impl_->Reading(0, [&](const LogDb& db, uint64_t) { return db.ReadStoredKeys(key); });
}
absl::Status EmbeddedEventLog::Checkpoint(const std::string& target) {
  return impl_->Reading(0, [&](const LogDb& db, uint64_t) { return db.Checkpoint(target); });
}

}  // namespace caseward
