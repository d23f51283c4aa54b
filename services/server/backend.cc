#include "services/server/backend.h"

#include <utility>

#include "services/server/node_router.h"

namespace caseward {

absl::Status SubmitTo(Backend& backend, uint32_t partition, Submission submission) {
  return backend.router == nullptr ? backend.host.partition(partition).Submit(std::move(submission))
                                   : backend.router->Submit(partition, std::move(submission));
}

absl::Status BarrierOf(Backend& backend, uint32_t partition, absl::AnyInvocable<void(absl::Status)> done) {
  return backend.router == nullptr ? backend.host.partition(partition).Barrier(std::move(done))
                                   : backend.router->Barrier(partition, std::move(done));
}

}  // namespace caseward
