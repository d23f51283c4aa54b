#include "services/server/read_after.h"

#include <atomic>
#include <memory>
#include <utility>

#include "engine/base/text.h"

namespace caseward {
namespace {

using Read = absl::AnyInvocable<void(absl::Status)>;

// A read that waits: run once, by what it waits for or by its time-out.
class WaitingRead {
 public:
  WaitingRead(Backend& backend, Read read) : backend_(backend), read_(std::move(read)) {}

  void RunOnWorkers(const std::shared_ptr<WaitingRead>& self, absl::Status status) {
    if (!done_.exchange(true)) {
      backend_.workers.Post([self, status = std::move(status)]() mutable {
        --self->backend_.waiting_reads;
        std::exchange(self->read_, nullptr)(std::move(status));
      });
    }
  }

 private:
  Backend& backend_;
  std::atomic<bool> done_{false};
  Read read_;
};

absl::Status CheckPosition(const Backend& backend, const v1::Position& position) {
  if (!position.log_id().empty() && position.log_id() != backend.host.log_id()) {
    return absl::FailedPreconditionError(StrCat("freshness.at_least: expected a position of log ",
                                                backend.host.log_id(), "; found one of log ", position.log_id()));
  }
  if (position.partition() >= backend.host.partitions()) {
    return absl::InvalidArgumentError(StrCat("freshness.at_least: expected a partition below ",
                                             backend.host.partitions(), "; found ", position.partition()));
  }
  return absl::OkStatus();
}

bool IsApplied(const Backend& backend, const v1::Position& position) {
  return backend.host.partition(position.partition()).view().position.sequence() >= position.sequence();
}

void WaitForLatest(Backend& backend, uint32_t partition, const std::shared_ptr<WaitingRead>& waiting) {
  absl::Status asked = BarrierOf(backend, partition,
                                 [waiting](absl::Status status) { waiting->RunOnWorkers(waiting, std::move(status)); });
  if (!asked.ok()) {
    waiting->RunOnWorkers(waiting, std::move(asked));
  }
}

void WaitForPosition(Backend& backend, uint32_t partition, const v1::ReadFreshness& freshness,
                     const std::shared_ptr<WaitingRead>& waiting) {
  const v1::Position& position = freshness.at_least();
  const bool latest = freshness.latest();
  backend.host.partition(position.partition())
      .WhenApplied(position.sequence(), [&backend, partition, latest, waiting](absl::Status status) {
        if (status.ok() && latest) {
          WaitForLatest(backend, partition, waiting);
        } else {
          waiting->RunOnWorkers(waiting, std::move(status));
        }
      });
  backend.workers.PostAfter(backend.limits.read_wait_max, [position, waiting] {
    waiting->RunOnWorkers(waiting, absl::DeadlineExceededError(StrCat("position ", position.sequence(),
                                                                      " of partition ", position.partition(),
                                                                      " has not been reached within read_wait_max")));
  });
}

}  // namespace

void ReadAfter(Backend& backend, uint32_t partition, const v1::ReadFreshness& freshness, Read read) {
  if (freshness.has_at_least()) {
    if (absl::Status good = CheckPosition(backend, freshness.at_least()); !good.ok()) {
      read(std::move(good));
      return;
    }
  }
  const bool wait_for_position = freshness.has_at_least() && !IsApplied(backend, freshness.at_least());
  if (!wait_for_position && !freshness.latest()) {
    read(absl::OkStatus());
    return;
  }
  if (++backend.waiting_reads > backend.limits.waiting_reads_max) {
    --backend.waiting_reads;
    read(absl::ResourceExhaustedError(
        StrCat("expected at most ", backend.limits.waiting_reads_max, " reads that wait (waiting_reads_max)")));
    return;
  }
  auto waiting = std::make_shared<WaitingRead>(backend, std::move(read));
  if (wait_for_position) {
    WaitForPosition(backend, partition, freshness, waiting);
  } else {
    WaitForLatest(backend, partition, waiting);
  }
}

}  // namespace caseward
