#include "bench/play_stream.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "absl/time/clock.h"
#include "bench/six_commands.h"

namespace caseward::bench {

Pipeline::Pipeline(v1::CaseService::Stub& stub, const char* actor) {
  context_.AddMetadata("caseward-actor", actor);
  stream_ = stub.SubmitStream(&context_);
}

bool Pipeline::Run(const std::vector<v1::Command>& commands,
                   const std::function<void(size_t, const v1::Outcome&)>& outcome) {
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

void Pipeline::Finish() {
  stream_->WritesDone();
  stream_->Finish();
}

absl::StatusOr<double> StreamPerSecond(NodeUnderTest& node, const std::string& run, uint64_t cases) {
  constexpr uint64_t kBlock = 3000;
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

}  // namespace caseward::bench
