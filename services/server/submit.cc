#include "services/server/submit.h"

#include <memory>
#include <mutex>

#include "engine/partition/routing.h"
#include "services/server/edge.h"

namespace caseward {
namespace {

// A command for every partition, each of which decides it for itself: answered when all have, with the first fault or
// else the last outcome.
class Gather {
 public:
  Gather(size_t expected, ReplyFn reply) : left_(expected), reply_(std::move(reply)) {}

  void Add(absl::StatusOr<v1::Outcome> outcome) {
    std::unique_lock lock(mutex_);
    if (result_.ok() || result_.status().code() == absl::StatusCode::kUnknown) {
      result_ = std::move(outcome);
    }
    if (--left_ == 0) {
      lock.unlock();
      reply_(std::move(result_));
    }
  }

 private:
  std::mutex mutex_;
  size_t left_;                                                               // guarded by mutex_
  absl::StatusOr<v1::Outcome> result_ = absl::UnknownError("no answer yet");  // guarded by mutex_ until the last
  ReplyFn reply_;
};

absl::Status SubmitToAll(Backend& backend, const v1::Command& command, const v1::Actor& actor, ReplyFn reply) {
  auto gather = std::make_shared<Gather>(backend.host.partitions(), std::move(reply));
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    absl::Status submitted =
        SubmitTo(backend, p,
                 {command, actor, [gather](absl::StatusOr<v1::Outcome> outcome) { gather->Add(std::move(outcome)); }});
    if (!submitted.ok()) {
      gather->Add(submitted);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SubmitCommand(Backend& backend, v1::Command command, v1::Actor actor, ReplyFn reply) {
  const absl::Duration began = backend.host.Now().monotonic;
  if (absl::Status form = CheckCommand(command); !form.ok()) {
    return form;
  }
  if (absl::Status resolved = ResolveIds(command, backend.references()); !resolved.ok()) {
    return resolved;
  }
  auto route = RouteCommand(backend.hasher, command, actor.id(), backend.host.partitions());
  if (!route.ok()) {
    return route.status();
  }
  if (!route->partition) {
    return SubmitToAll(backend, command, actor, std::move(reply));
  }
  const uint32_t partition = *route->partition;
  absl::Status submitted = SubmitTo(backend, partition, {std::move(command), std::move(actor), std::move(reply)});
  backend.observer.HopEnded(partition, Hop::kSubmit, backend.host.Now().monotonic - began, 1);
  return submitted;
}

}  // namespace caseward
