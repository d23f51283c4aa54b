#include "storage/kafka/kafka_event_log.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_feed.h"
#include "storage/kafka/kafka_follower.h"
#include "storage/kafka/kafka_format.h"
#include "storage/kafka/kafka_partition.h"
#include "storage/kafka/kafka_topics.h"

namespace caseward {

class KafkaEventLog::Impl {
 public:
  Impl(const KafkaOptions& options, uint32_t partitions) : shared_(options, partitions) {}

  absl::Status Start() {
    const absl::StatusOr<std::string> log_id = FindOrMakeKafkaLog(shared_);
    if (!log_id.ok()) return log_id.status();
    log_id_ = *log_id;
    for (uint32_t partition = 0; partition < shared_.partitions; ++partition) {
      if (absl::Status s = shared_.owners.Refresh(partition, /*whole=*/false); !s.ok()) return s;
      if (absl::Status s = shared_.keys.Refresh(partition, /*whole=*/false); !s.ok()) return s;
      parts_.push_back(std::make_unique<KafkaPartition>(shared_, partition));
    }
    return absl::OkStatus();
  }

  absl::Status Check(uint32_t partition) const {
    if (partition < shared_.partitions) return absl::OkStatus();
    return absl::InvalidArgumentError(StrCat("partition ", partition, ": there are only ", shared_.partitions));
  }
  const std::string& log_id() const { return log_id_; }
  KafkaShared& shared() { return shared_; }
  KafkaPartition& part(uint32_t partition) { return *parts_[partition]; }
  absl::Status Follow(std::function<void(uint32_t)> grown) {
    absl::StatusOr<std::unique_ptr<KafkaFollower>> started = KafkaFollower::Start(shared_, parts_, std::move(grown));
    if (!started.ok()) return started.status();
    follower_ = *std::move(started);
    shared_.followed = true;
    return absl::OkStatus();
  }

 private:
  KafkaShared shared_;
  std::string log_id_;
  std::vector<std::unique_ptr<KafkaPartition>> parts_;
  std::unique_ptr<KafkaFollower> follower_;
};

absl::StatusOr<std::unique_ptr<KafkaEventLog>> KafkaEventLog::Open(const KafkaOptions& options) {
  absl::StatusOr<uint32_t> partitions = CountKafkaPartitions(options);
  if (!partitions.ok()) return partitions.status();
  if (*partitions == 0) {
    if (!options.create) {
      return absl::NotFoundError(StrCat("there is no topic ", options.Topic(kEventsTopic), " at ", options.bootstrap));
    }
    if (options.partitions == 0 || options.partitions > 0xffff || options.log_id.empty()) {
      return absl::InvalidArgumentError("a new log needs 1 to 65535 partitions and a log id");
    }
    partitions = options.partitions;
  } else if (options.partitions != 0 && options.partitions != *partitions) {
    return absl::FailedPreconditionError(StrCat("topic ", options.Topic(kEventsTopic), ", partitions: expected ",
                                                options.partitions, ", found ", *partitions));
  }
  if (absl::Status s = EnsureKafkaTopics(options, *partitions, options.create); !s.ok()) return s;
  auto impl = std::make_unique<Impl>(options, *partitions);
  if (absl::Status s = impl->Start(); !s.ok()) return s;
  return std::unique_ptr<KafkaEventLog>(new KafkaEventLog(std::move(impl)));
}

KafkaEventLog::KafkaEventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaEventLog::~KafkaEventLog() = default;

const std::string& KafkaEventLog::log_id() const { return impl_->log_id(); }
uint32_t KafkaEventLog::partitions() const { return impl_->shared().partitions; }

bool KafkaEventLog::whole() const { return !impl_->shared().owners.copying(); }

absl::StatusOr<uint64_t> KafkaEventLog::ClaimAbove(uint32_t partition, std::string_view owner, uint64_t term) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  return impl_->part(partition).Claim(owner, term);
}

absl::Status KafkaEventLog::FinishCopy() { return FinishKafkaCopy(impl_->shared()); }

absl::StatusOr<uint64_t> KafkaEventLog::Claim(uint32_t partition, std::string_view owner) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  const absl::StatusOr<uint64_t> term = impl_->part(partition).Claim(owner);
  KafkaShared& shared = impl_->shared();
  if (term.ok() && shared.options.feed.form > 0) {
    const absl::Status told =
        CompleteKafkaFeed(*this, impl_->log_id(), shared.options, shared.readers, partition, *term);
    if (!told.ok()) return told;
  }
  return term;
}
void KafkaEventLog::AppendRound(uint32_t partition, Round round, AppendDone done) {
  CHECK(partition < partitions());
  impl_->part(partition).AppendRound(std::move(round), std::move(done));
}
void KafkaEventLog::Release(uint32_t partition) {
  if (partition >= partitions()) return;
  impl_->part(partition).Release();
  impl_->shared().intake.Forget(partition);
}
absl::Status KafkaEventLog::Follow(std::function<void(uint32_t)> grown) { return impl_->Follow(std::move(grown)); }
absl::Status KafkaEventLog::Recheck(uint32_t partition) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  KafkaShared& shared = impl_->shared();
  if (absl::Status s = CheckKafkaLog(shared, impl_->log_id()); !s.ok()) return s;
  impl_->part(partition).Forget();
  shared.inbox.Forget(partition);
  shared.intake.Forget(partition);
  shared.owners.Forget(partition);
  if (absl::Status s = shared.owners.Refresh(partition, /*whole=*/false); !s.ok()) return s;
  shared.keys.Forget(partition);
  return shared.keys.Refresh(partition, /*whole=*/false);
}
std::string KafkaEventLog::LastOwner(uint32_t partition) {
  return partition < partitions() ? impl_->part(partition).LastOwner() : "";
}
absl::StatusOr<uint64_t> KafkaEventLog::End(uint32_t partition) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  return impl_->part(partition).End();
}
absl::Status KafkaEventLog::ReadFrom(uint32_t partition, uint64_t from,
                                     absl::FunctionRef<bool(uint64_t, std::string_view)> record) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  return impl_->part(partition).ReadFrom(from, record);
}
absl::StatusOr<std::vector<InboundMessage>> KafkaEventLog::ReadInbox(uint32_t partition,
                                                                     const std::vector<InboxCursor>& cursors,
                                                                     size_t limit) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  return impl_->shared().inbox.Read(partition, cursors, limit);
}
void KafkaEventLog::TrimInbox(uint32_t partition, const std::vector<InboxCursor>& cursors) {
  if (partition < partitions()) impl_->shared().inbox.Trim(partition, cursors);
}
absl::StatusOr<IntakeBatch> KafkaEventLog::ReadIntake(uint32_t partition, const IntakeCursor& cursor, size_t limit,
                                                      size_t bytes) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  return impl_->shared().intake.Read(partition, cursor, limit, bytes);
}
absl::StatusOr<IntakeRange> KafkaEventLog::FindIntake(uint32_t partition) {
  if (absl::Status s = impl_->Check(partition); !s.ok()) return s;
  return impl_->shared().intake.Find(partition);
}
void KafkaEventLog::WatchIntake(std::function<void(uint32_t)> grown) { impl_->shared().intake.Watch(std::move(grown)); }
absl::StatusOr<std::optional<std::string>> KafkaEventLog::ReadKey(std::string_view key_id) {
  const std::optional<std::string> stored = impl_->shared().keys.Get(key_id);
  if (!stored || stored->empty()) return std::optional<std::string>();
  return stored;
}
absl::StatusOr<std::vector<std::string>> KafkaEventLog::ReadKeysOf(std::string_view key_id) {
  return impl_->shared().keys.All(key_id);
}
absl::Status KafkaEventLog::CatchUpKeys() {
  for (uint32_t partition = 0; partition < partitions(); ++partition) {
    if (absl::Status s = impl_->shared().keys.Refresh(partition, /*whole=*/false); !s.ok()) return s;
  }
  return absl::OkStatus();
}
absl::Status KafkaEventLog::ReadKeys(std::string_view prefix,
                                     absl::FunctionRef<bool(std::string_view, std::string_view)> key) {
  impl_->shared().keys.ForEach(prefix, key);
  return absl::OkStatus();
}

}  // namespace caseward
