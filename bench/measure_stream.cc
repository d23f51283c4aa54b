#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include "absl/time/clock.h"
#include "bench/bare.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"
#include "bench/play_stream.h"
#include "services/offline.h"

namespace caseward::bench {
namespace {

// What a command writes, on average: the bytes are what the bare part is given to write too.
void AddSizes(const std::vector<RecordedRound>& rounds, Report& report) {
  double commands = 0;
  double logged = 0;
  struct Puts {
    double count = 0;
    double bytes = 0;
  };
  std::map<char, Puts> kinds;  // by the letter of engine/partition/state_keys.h
  Puts all;
  for (const RecordedRound& round : rounds) {
    commands += static_cast<double>(round.commands);
    for (const std::string& record : round.records)
      logged += static_cast<double>(record.size());
    for (const auto& [key, value] : round.puts) {
      const double bytes = static_cast<double>(key.size() + value.size());
      for (Puts* puts : {&kinds[key.size() > 2 ? key[2] : '?'], &all}) {
        puts->count += 1;
        puts->bytes += bytes;
      }
    }
  }
  report.Add("  logged, a command", logged / commands, "bytes");
  report.Add("  state puts, a command", all.count / commands, "puts");
  report.Add("  state written, a command", all.bytes / commands, "bytes");
  for (const auto& [kind, puts] : kinds) {
    std::printf("    %c: %.2f puts, %.0f bytes a command\n", kind, puts.count / commands, puts.bytes / commands);
  }
}

}  // namespace

absl::Status MeasureStreamAndReplay(const Settings& settings, Report& report) {
  const std::string folder = settings.folder + "/stream";
  auto node = NodeUnderTest::Start(folder);
  if (!node.ok()) return node.status();
  auto warm = StreamPerSecond(**node, "warm", std::max<uint64_t>(50, settings.stream_cases / 10));
  if (!warm.ok()) return warm.status();
  (*node)->Record();
  auto stream = StreamPerSecond(**node, "stream", settings.stream_cases);
  if (!stream.ok()) return stream.status();
  const std::vector<RecordedRound> rounds = (*node)->Recorded();
  (*node)->Stop();
  node->reset();
  AddSizes(rounds, report);
  const double bare = BareRoundsPerSecond(settings.folder + "/bare_stream", rounds, true);
  report.AtLeast("SubmitStream, pipelined", *stream, "commands/s", "bare RocksDB, same bytes", bare, 0.5);

  const double puts = BareRoundsPerSecond(settings.folder + "/bare_replay", rounds, false);
  const absl::Time began = absl::Now();
  auto rebuilt = RebuildData({.data = folder});
  if (!rebuilt.ok()) return rebuilt.status();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - began);
  double records = 0;
  for (const v1::PartitionDigest& partition : *rebuilt)
    records += static_cast<double>(partition.tree_size());
  report.AtLeast("replay", records / seconds, "decisions/s", "bare RocksDB, same puts", puts, 0.8);
  return absl::OkStatus();
}

}  // namespace caseward::bench
