// What a round costs: at full load, at half of it, and alone, each beside bare librdkafka that writes the same.
#include <cstdio>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/kafka/bare_lanes.h"
#include "bench/kafka/measure.h"
#include "bench/play_cases.h"
#include "bench/play_paced.h"

namespace caseward::bench {
namespace {

constexpr size_t kFewerCallers = 64;

// The medians over the turns.
struct Columns {
  std::vector<double> per_second, p50_us, p99_us, processor_us, broker_us;
  std::vector<double> bare_per_second, bare_p50_us, bare_p99_us, two_lanes_per_second;

  void Add(const CallsResult& result) {
    per_second.push_back(result.per_second);
    p50_us.push_back(result.p50_us);
    p99_us.push_back(result.p99_us);
    processor_us.push_back(result.processor_us);
  }
  void Add(const BareLanes::Result& result) {
    bare_per_second.push_back(result.commands_per_second);
    bare_p50_us.push_back(result.p50_us);
    bare_p99_us.push_back(result.p99_us);
  }
};

// How large the rounds were that the bare part writes again.
void SayRounds(const std::vector<RecordedRound>& rounds, Report& report) {
  double commands = 0;
  double count = 0;
  double messages = 0;
  double bytes = 0;
  for (const RecordedRound& round : rounds) {
    if (round.records.empty()) continue;
    ++count;
    commands += static_cast<double>(round.commands);
    messages +=
        static_cast<double>(round.records.size() + round.messages.size() + round.keys.size() + round.feed.size());
    for (const std::string& record : round.records)
      bytes += static_cast<double>(record.size());
    for (const FeedItem& item : round.feed)
      bytes += static_cast<double>(item.body.size());
  }
  if (count == 0) return;
  report.Add("  commands a round", commands / count, "");
  report.Add("  Kafka messages a command", messages / commands, "");
  report.Add("  bytes of records and feed a command", bytes / commands, "bytes");
}

absl::Status MustRun(const absl::StatusOr<BareLanes::Result>& result, Columns& columns) {
  if (!result.ok()) return result.status();
  columns.Add(*result);
  return absl::OkStatus();
}

// Callers who play cases, beside one bare lane; and beside two lanes, which is what no log with two can pass.
absl::Status BusyBeside(const KafkaSettings& settings, NodeUnderTest& node, size_t callers, Report& report,
                        double& commands_per_second) {
  const std::string name = absl::StrCat(settings.prefix, "bare", callers);
  auto one = BareLanes::Open(settings.bootstrap, name + "-one", 1);
  if (!one.ok()) return one.status();
  auto two = BareLanes::Open(settings.bootstrap, name + "-two", 2);
  if (!two.ok()) return two.status();
  Columns columns;
  std::vector<RecordedRound> rounds;
  for (int turn = 0; turn < settings.turns; ++turn) {
    node.Record();
    const absl::Duration broker_before = BrokerProcessorTime(settings);
    const CallsResult cases = RunCases(node, absl::StrCat(name, "-", turn), callers, settings);
    const absl::Duration broker = BrokerProcessorTime(settings) - broker_before;
    rounds = node.Recorded();
    if (absl::Status status = Check(settings, cases); !status.ok()) return status;
    columns.Add(cases);
    double made = 0;
    for (const RecordedRound& round : rounds)
      made += static_cast<double>(round.commands);
    columns.broker_us.push_back(absl::ToDoubleMicroseconds(broker) / made);
    const auto bare = (*one)->Run(rounds, settings.warm_up / 2, settings.each, /*again=*/true);
    if (absl::Status status = MustRun(bare, columns); !status.ok()) return status;
    const auto both = (*two)->Run(rounds, settings.warm_up / 2, settings.each, /*again=*/true);
    if (!both.ok()) return both.status();
    columns.two_lanes_per_second.push_back(both->commands_per_second);
  }
  commands_per_second = Median(columns.per_second);
  report.AtLeast(absl::StrCat("log in Kafka, one partition, ", callers, " callers"), commands_per_second, "commands/s",
                 "bare librdkafka, one lane, same rounds", Median(columns.bare_per_second), 1.5);
  report.Add(absl::StrCat("  bare librdkafka, two lanes, ", callers, " callers"), Median(columns.two_lanes_per_second),
             "commands/s");
  report.Add(absl::StrCat("  p50, ", callers, " callers"), Median(columns.p50_us), "us");
  report.Add(absl::StrCat("  p99, ", callers, " callers"), Median(columns.p99_us), "us");
  report.Add("  bare round, one lane, p50", Median(columns.bare_p50_us), "us");
  report.Add("  bare round, one lane, p99", Median(columns.bare_p99_us), "us");
  SayRounds(rounds, report);
  report.Add("  processor time a command, node and client", Median(columns.processor_us), "us");
  if (settings.broker != 0) report.Add("  processor time a command, broker", Median(columns.broker_us), "us");
  std::printf("  hops: %s\n", node.TakeHops().c_str());
  return absl::OkStatus();
}

absl::Status Lone(const KafkaSettings& settings, NodeUnderTest& node, BareLanes& two, Report& report) {
  Columns columns;
  std::vector<double> one_record;
  node.TakeHops();
  for (int turn = 0; turn < settings.turns; ++turn) {
    node.Record();
    const CallsResult lone = RunAttempts(node, absl::StrCat("lone-", turn), 1, settings);
    const std::vector<RecordedRound> rounds = node.Recorded();
    if (absl::Status status = Check(settings, lone); !status.ok()) return status;
    columns.Add(lone);
    const auto bare = two.Run(rounds, settings.warm_up / 2, settings.each, /*again=*/true);
    if (absl::Status status = MustRun(bare, columns); !status.ok()) return status;
    const auto single = two.Run(OneRecord(600), settings.warm_up / 2, settings.each, /*again=*/true);
    if (!single.ok()) return single.status();
    one_record.push_back(single->p50_us);
  }
  report.AtMost("log in Kafka, lone command, p50", Median(columns.p50_us), "us", "bare round, two lanes, same messages",
                Median(columns.bare_p50_us), 1.5);
  report.Add("  bare round of one record alone, two lanes, p50", Median(one_record), "us");
  report.Add("  lone command, p99", Median(columns.p99_us), "us");
  std::printf("  hops: %s\n", node.TakeHops().c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status EnsureOne(const KafkaSettings& settings, OnePartition& one) {
  if (one.node != nullptr) return absl::OkStatus();
  auto node = StartOnKafka(settings, "one");
  if (!node.ok()) return node.status();
  one.node = *std::move(node);
  return absl::OkStatus();
}

absl::Status MeasureThroughput(const KafkaSettings& settings, OnePartition& one, Report& report) {
  if (absl::Status started = EnsureOne(settings, one); !started.ok()) return started;
  double fewer = 0;
  if (absl::Status status = BusyBeside(settings, *one.node, kFewerCallers, report, fewer); !status.ok()) return status;
  return BusyBeside(settings, *one.node, kBusyCallers, report, one.commands_per_second);
}

absl::Status MeasureLatency(const KafkaSettings& settings, OnePartition& one, Report& report) {
  auto lane = BareLanes::Open(settings.bootstrap, settings.prefix + "bare-latency-one", 1);
  if (!lane.ok()) return lane.status();
  const double half = HalfLoad(one.commands_per_second);
  Columns columns;
  for (int turn = 0; turn < settings.turns; ++turn) {
    const CallsResult paced = RunPaced(*one.node, absl::StrCat("half-", turn), half, settings);
    if (absl::Status status = Check(settings, paced); !status.ok()) return status;
    columns.Add(paced);
    const auto bare = (*lane)->Run(OneRecord(600), settings.warm_up / 2, settings.each, /*again=*/true);
    if (absl::Status status = MustRun(bare, columns); !status.ok()) return status;
  }
  report.AtMost("log in Kafka, p99 at half load", Median(columns.p99_us), "us",
                "p99 of a bare one-lane transaction of one record", Median(columns.bare_p99_us), 1.0);
  report.Add("  half load", half, "commands/s");
  report.Add("  p50 at half load", Median(columns.p50_us), "us");
  report.Add("  bare one-lane transaction of one record, p50", Median(columns.bare_p50_us), "us");
  auto two = BareLanes::Open(settings.bootstrap, settings.prefix + "bare-latency-two", 2);
  if (!two.ok()) return two.status();
  return Lone(settings, *one.node, **two, report);
}

}  // namespace caseward::bench
