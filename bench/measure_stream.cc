#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/bare.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"
#include "bench/six_commands.h"
#include "services/offline.h"

namespace caseward::bench {
namespace {

// One open SubmitStream of one person.
class Pipeline {
 public:
  Pipeline(v1::CaseService::Stub& stub, const char* actor) {
    context_.AddMetadata("caseward-actor", actor);
    stream_ = stub.SubmitStream(&context_);
  }
  // Sends all, reading outcomes as they come; false if one was not accepted. `outcome` is called in order.
  bool Run(const std::vector<v1::Command>& commands, const std::function<void(size_t, const v1::Outcome&)>& outcome) {
    std::thread writer([&] {
      v1::SubmitStreamRequest request;
      for (const v1::Command& command : commands) {
        *request.mutable_command() = command;
        if (!stream_->Write(request)) return;
      }
    });
    bool good = true;
    v1::SubmitStreamResponse response;
    for (size_t i = 0; i < commands.size(); ++i) {
      if (!stream_->Read(&response)) {
        good = false;
        break;
      }
      if (!response.outcome().has_accepted()) {
        if (good) std::fprintf(stderr, "bench: %s\n", response.ShortDebugString().c_str());
        good = false;
        continue;
      }
      outcome(i, response.outcome());
    }
    writer.join();
    return good;
  }
  void Finish() {
    stream_->WritesDone();
    stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitStreamRequest, v1::SubmitStreamResponse>> stream_;
};

// All cases move step by step in blocks: each step of a block is pipelined, as an integration would send a morning's
// work.
absl::StatusOr<double> StreamPerSecond(NodeUnderTest& node, const std::string& run, uint64_t cases) {
  constexpr uint64_t kBlock = 1000;
  Pipeline manager(node.stub(), kManager);
  Pipeline signer(node.stub(), kSigner);
  const absl::Time began = absl::Now();
  for (uint64_t first = 0; first < cases; first += kBlock) {
    const uint64_t count = std::min(kBlock, cases - first);
    std::vector<std::string> ids(count);
    for (int step = 0; step < kCommandsOfACase; ++step) {
      std::vector<v1::Command> commands;
      commands.reserve(count);
      for (uint64_t i = 0; i < count; ++i)
        commands.push_back(CommandOf(run, first + i, step, ids[i]));
      const auto keep = [&](size_t i, const v1::Outcome& outcome) {
        if (step == 0) ids[i] = outcome.stream();
      };
      if (!(step == 5 ? signer : manager).Run(commands, keep)) {
        return absl::InternalError("a command of the stream was not accepted");
      }
    }
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - began);
  manager.Finish();
  signer.Finish();
  return static_cast<double>(cases) * kCommandsOfACase / seconds;
}

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
