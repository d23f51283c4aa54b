#include "services/host/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <exception>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "engine/base/clock_id.h"
#include "engine/base/text.h"
#include "services/host/hop_clock.h"

namespace caseward {
namespace {

constexpr std::array<std::string_view, 6> kHops = {"submit", "decide", "append", "apply", "reply", "publish"};
constexpr std::array<std::string_view, 6> kHopHelp = {
    "Reading, authenticating and routing a command",
    "Deciding a round",
    "Appending a round durably",
    "Applying a round to state",
    "Replying to a round's callers",
    "From the recorded time of a decision to its hand-over to a subscriber",
};
constexpr std::array<std::string_view, 7> kConditions = {"SERVING",    "FOLLOWING",    "HOLDING_TIMERS", "WAITING",
                                                         "RECOVERING", "HANDING_OVER", "STOPPED"};
// As nodes come and go.
constexpr std::string_view kHandingOver = "HANDING_OVER";
// Told as a condition, but the partition serves on: it is one timer's trouble.
constexpr std::string_view kTimerBlocked = "TIMER_BLOCKED";

prometheus::Histogram::BucketBoundaries SecondsBuckets() {
  return {0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60};
}

std::string Label(std::string_view text) { return std::string(text); }

// Inbox and position are asked for when a scrape comes.
class ViewsCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<PartitionView> views;
    {
      std::lock_guard lock(mutex_);
      if (views_) {
        views = views_();
      }
    }
    prometheus::MetricFamily inbox = Family("caseward_inbox", "Commands waiting in a partition's inbox");
    prometheus::MetricFamily applied = Family("caseward_applied_sequence", "Last sequence applied");
    prometheus::MetricFamily lag =
        Family("caseward_intake_lag", "Offsets of the intake not read yet, where this node reads it");
    for (size_t p = 0; p < views.size(); ++p) {  // a view has no position while its state is being rebuilt
      Add(inbox, p, static_cast<double>(views[p].inbox));
      Add(applied, p, static_cast<double>(views[p].position.sequence()));
      const IntakeView& intake = views[p].intake;
      if (intake.condition.empty() || intake.condition == "CLOSED") continue;
      Add(lag, p, intake.end > intake.next ? static_cast<double>(intake.end - intake.next) : 0);
    }
    std::vector<prometheus::MetricFamily> families = {std::move(inbox), std::move(applied)};
    if (!lag.metric.empty()) families.push_back(std::move(lag));
    return families;
  }
  void Set(std::function<std::vector<PartitionView>()> views) {
    std::lock_guard lock(mutex_);
    views_ = std::move(views);
  }

 private:
  static prometheus::MetricFamily Family(std::string name, std::string help) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = prometheus::MetricType::Gauge;
    return family;
  }
  static void Add(prometheus::MetricFamily& family, size_t partition, double value) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"partition", StrCat(partition)});
    metric.gauge.value = value;
    family.metric.push_back(std::move(metric));
  }
  mutable std::mutex mutex_;
  std::function<std::vector<PartitionView>()> views_;  // guarded by mutex_
};

}  // namespace

struct Metrics::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::shared_ptr<ViewsCollector> views = std::make_shared<ViewsCollector>();
  std::array<prometheus::Histogram*, kHops.size()> hops{};
  prometheus::Family<prometheus::Counter>& commands = Counter("caseward_commands_total", "Commands decided");
  prometheus::Family<prometheus::Counter>& refusals = Counter("caseward_refusals_total", "Refusals by rule");
  prometheus::Family<prometheus::Counter>& clocks = Counter("caseward_clocks_fired_total", "Clocks fired");
  prometheus::Family<prometheus::Counter>& rounds = Counter("caseward_rounds_total", "Rounds appended");
  prometheus::Family<prometheus::Counter>& blocked =
      Counter("caseward_timers_blocked_total", "Timers that could not fire; tried again every minute");
  prometheus::Family<prometheus::Counter>& from_log = Counter(
      "caseward_messages_from_log_total", "Messages between partitions that the inbox had lost, taken from the log");
  prometheus::Family<prometheus::Counter>& intake =
      Counter("caseward_intake_total", "Intake records that were taken, by what became of them");
  prometheus::Family<prometheus::Counter>& webhook = Counter("caseward_webhook_total", "Webhook attempts");
  prometheus::Family<prometheus::Gauge>& condition = prometheus::BuildGauge()
                                                         .Name("caseward_condition")
                                                         .Help("1 for the condition that a partition is in")
                                                         .Register(*registry);
  prometheus::Family<prometheus::Gauge>& trouble = prometheus::BuildGauge()
                                                       .Name("caseward_trouble")
                                                       .Help("1 while a part of a partition cannot go on")
                                                       .Register(*registry);
  prometheus::Histogram* lateness = nullptr;
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  absl::flat_hash_map<std::string, prometheus::Counter*> accepted;  // by verb; guarded by mutex
  std::unique_ptr<prometheus::Exposer> exposer;                     // last: stops before what it shows goes

  prometheus::Family<prometheus::Counter>& Counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry);
  }
  prometheus::Histogram* Seconds(std::string name, std::string_view help) {
    auto& family = prometheus::BuildHistogram().Name(std::move(name)).Help(Label(help)).Register(*registry);
    return &family.Add({}, SecondsBuckets());
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  for (size_t i = 0; i < kHops.size(); ++i) {
    impl_->hops[i] = impl_->Seconds(StrCat("caseward_", kHops[i], "_seconds"), kHopHelp[i]);
  }
  impl_->lateness = impl_->Seconds("caseward_clock_lateness_seconds", "From a clock's due time to its firing");
}

Metrics::~Metrics() = default;

void Metrics::HopBegins(uint32_t /*partition*/, Hop /*hop*/) { HopClock::Begins(); }

void Metrics::HopEnded(uint32_t partition, Hop hop, absl::Duration told, size_t commands) {
  if (hop == Hop::kDecide && commands == 0) return;  // a look at an empty inbox is no round
  const absl::Duration took = HopClock::Took(hop, told);
  impl_->hops[static_cast<size_t>(hop)]->Observe(absl::ToDoubleSeconds(took));
  if (hop == Hop::kAppend) {
    impl_->rounds.Add({{"partition", StrCat(partition)}}).Increment();
  }
}

void Metrics::Accepted(uint32_t /*partition*/, std::string_view verb) {
  std::lock_guard lock(impl_->mutex);
  auto found = impl_->accepted.find(AbslText(verb));
  if (found == impl_->accepted.end()) {
    auto& counter = impl_->commands.Add({{"verb", Label(verb)}, {"outcome", "accepted"}});
    found = impl_->accepted.emplace(verb, &counter).first;
  }
  found->second->Increment();
}

void Metrics::Refused(uint32_t /*partition*/, std::string_view rule) {
  impl_->refusals.Add({{"rule", Label(rule)}}).Increment();
  impl_->commands.Add({{"verb", "any"}, {"outcome", "refused"}}).Increment();
}

void Metrics::ClockFired(uint32_t /*partition*/, std::string_view clock, bool breach, absl::Duration late) {
  const std::string_view definition = ClockDefinitionOf(clock);  // one series for all actions of a kind
  impl_->clocks.Add({{"clock", Label(definition)}, {"edge", breach ? "breach" : "warn"}}).Increment();
  impl_->lateness->Observe(absl::ToDoubleSeconds(late));
}

void Metrics::Replaying(uint32_t partition, uint64_t done, uint64_t of) {
  spdlog::info("partition {}: replaying {} of {} records", partition, done, of);
}

void Metrics::Condition(uint32_t partition, std::string_view condition, std::string_view why) {
  if (condition == kTimerBlocked) {
    impl_->blocked.Add({{"partition", StrCat(partition)}}).Increment();
    spdlog::error("partition {}: a timer cannot fire: {}", partition, why);
    return;
  }
  for (const std::string_view name : kConditions) {
    impl_->condition.Add({{"partition", StrCat(partition)}, {"condition", Label(name)}}).Set(name == condition ? 1 : 0);
  }
  const bool in_order = why.empty() || condition == kHandingOver;
  if (in_order || impl_->stopping) {
    spdlog::info("partition {}: {}", partition, condition);
  } else {
    spdlog::error("partition {}: {}: {}", partition, condition, why);
  }
}

void Metrics::IntakeTaken(uint32_t partition, std::string_view what) {
  impl_->intake.Add({{"partition", StrCat(partition)}, {"result", Label(what)}}).Increment();
}

void Metrics::MessagesFromLog(uint32_t partition, uint32_t sender, size_t messages) {
  impl_->from_log.Add({{"partition", StrCat(partition)}}).Increment(static_cast<double>(messages));
  spdlog::warn("partition {}: {} messages of partition {} were not in the inbox and are taken from its log", partition,
               messages, sender);
}

void Metrics::Trouble(uint32_t partition, std::string_view what, std::string_view why) {
  impl_->trouble.Add({{"partition", StrCat(partition)}, {"what", Label(what)}}).Set(why.empty() ? 0 : 1);
  if (why.empty()) {
    spdlog::info("partition {}: {} is over", partition, what);
  } else {
    spdlog::error("partition {}: {}: {}", partition, what, why);
  }
}

void Metrics::NodeStops() { impl_->stopping = true; }

void Metrics::WebhookTried(std::string_view result) { impl_->webhook.Add({{"result", Label(result)}}).Increment(); }

void Metrics::SetViews(std::function<std::vector<PartitionView>()> views) { impl_->views->Set(std::move(views)); }

absl::StatusOr<int> Metrics::Expose(const std::string& address) {
  try {
    impl_->exposer = std::make_unique<prometheus::Exposer>(address, 1);
    impl_->exposer->RegisterCollectable(impl_->registry);
    impl_->exposer->RegisterCollectable(impl_->views);
    const std::vector<int> ports = impl_->exposer->GetListeningPorts();
    if (ports.empty()) {
      return absl::UnavailableError(StrCat("metrics: cannot listen on ", address));
    }
    return ports.front();
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        StrCat("metrics: cannot listen on ", address, " (in use, or not an address of this machine): ", error.what()));
  }
}

}  // namespace caseward
