// Commands given to a running host as the server gives them: to the partition they belong to, answered once.
//
// Threads   any.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/partition/routing.h"
#include "services/host/engine_host.h"
#include "tests/support/patience.h"

namespace caseward::test {

using Answer = absl::StatusOr<v1::Outcome>;

// A second answer would break the promise.
inline std::future<Answer> Send(EngineHost& host, const Hasher& hasher, const v1::Command& command,
                                const v1::Actor& actor) {
  auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> future = promise->get_future();
  const absl::StatusOr<Route> route = RouteCommand(hasher, command, actor.id(), host.partitions());
  if (!route.ok()) {
    promise->set_value(route.status());
    return future;
  }
  const absl::Status taken = host.partition(route->partition.value_or(0))
                                 .Submit({.command = command, .actor = actor, .reply = [promise](Answer answer) {
                                            promise->set_value(std::move(answer));
                                          }});
  if (!taken.ok()) promise->set_value(taken);
  return future;
}
inline Answer Ask(EngineHost& host, const Hasher& hasher, const v1::Command& command, const v1::Actor& actor) {
  std::future<Answer> future = Send(host, hasher, command, actor);
  if (future.wait_for(kPatience) != std::future_status::ready) {
    return absl::DeadlineExceededError("no answer within a minute");
  }
  return future.get();
}

}  // namespace caseward::test
