// What the partitions do, as numbers for Prometheus and lines for an operator. The metrics carry the names of the six
// hops.
//
//   caseward_submit_seconds ... caseward_publish_seconds   histograms, one observation a round (or call)
//   caseward_commands_total{verb,outcome}                  accepted and refused
//   caseward_refusals_total{rule}
//   caseward_clocks_fired_total{clock,edge}, caseward_clock_lateness_seconds
//   caseward_rounds_total{partition}, caseward_inbox{partition}, caseward_applied_sequence{partition}
//   caseward_condition{partition,condition}                1 for the one that holds
//   caseward_timers_blocked_total{partition}               timers that could not fire, once a try
//   caseward_messages_from_log_total{partition}            messages the inbox had lost, from the sender's log
//   caseward_intake_total{partition,result}                intake records taken: decided, duplicate, rejected, ...
//   caseward_intake_lag{partition}                         offsets of the intake that were not read yet
//   caseward_trouble{partition,what}                       1 while a part of a partition cannot go on
//   caseward_webhook_total{result}                         sent and failed
//
// Labels come from packs and code, never from a request's text. Log lines name ids and numbers, never personal words.
//
// Threads   any. Failure  Expose: a bad address or a port in use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/partition/partition.h"
#include "engine/port/observer.h"

namespace caseward {

class Metrics : public Observer {
 public:
  Metrics();
  ~Metrics() override;

  void HopBegins(uint32_t partition, Hop hop) override;
  void HopEnded(uint32_t partition, Hop hop, absl::Duration took, size_t commands) override;
  void Accepted(uint32_t partition, std::string_view verb) override;
  void Refused(uint32_t partition, std::string_view rule) override;
  void ClockFired(uint32_t partition, std::string_view clock, bool breach, absl::Duration late) override;
  void Replaying(uint32_t partition, uint64_t done, uint64_t of) override;
  void IntakeTaken(uint32_t partition, std::string_view what) override;
  void MessagesFromLog(uint32_t partition, uint32_t sender, size_t messages) override;
  void Trouble(uint32_t partition, std::string_view what, std::string_view why) override;
  void Condition(uint32_t partition, std::string_view condition, std::string_view why) override;

  // The node is stopping: that partitions stop is no incident any more.
  void NodeStops();

  // Outcomes of the webhook: "sent" or "failed".
  void WebhookTried(std::string_view result);

  // Asked at every scrape: the view of each partition, by its number. Empty: none.
  void SetViews(std::function<std::vector<PartitionView>()> views);

  // Serves http://ADDRESS/metrics; returns the port it listens on.
  absl::StatusOr<int> Expose(const std::string& address);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward
