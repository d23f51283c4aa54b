#include "tests/support/simulation/many.h"

#include <poll.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "tests/support/simulation/child.h"

namespace caseward::test {
namespace {

// What a process says, a line each:
//   begin SEED, held SEED
//   failed SEED, and the rest is why
//   counts COMMANDS BY_TOPIC RECORDS CRASHES TAKEOVERS, and the rest is the coverage
void RunShare(const ManyOptions& options, uint64_t share, const Child::Tell& tell) {
  Simulation::Counts all;
  Coverage coverage;
  for (uint64_t seed = options.first + share; seed < options.first + options.count; seed += options.jobs) {
    tell(StrCat("begin ", seed, "\n"));
    Simulation simulation(seed, options.each);
    if (!simulation.Run()) {
      tell(StrCat("failed ", seed, "\n", simulation.Failure()));
      return;
    }
    const Simulation::Counts& one = simulation.counts();
    all.commands += one.commands;
    all.by_topic += one.by_topic;
    all.records += one.records;
    all.crashes += one.crashes;
    all.takeovers += one.takeovers;
    coverage.Add(simulation.coverage());
    tell(StrCat("held ", seed, "\n"));
  }
  tell(StrCat("counts ", all.commands, " ", all.by_topic, " ", all.records, " ", all.crashes, " ", all.takeovers, "\n",
              coverage.Cells()));
}

class ShareOfSeeds {
 public:
  ShareOfSeeds(const ManyOptions& options, uint64_t share)
      : child_([&](const Child::Tell& tell) { RunShare(options, share, tell); }) {}

  int descriptor() const { return child_.descriptor(); }
  // How many seeds more have held.
  uint64_t Read() {
    if (!child_.Read(text_)) return 0;
    uint64_t held = 0;
    while (!last_) {
      const size_t end = text_.find('\n');
      if (end == std::string::npos) break;
      const std::vector<std::string> words = absl::StrSplit(text_.substr(0, end), ' ');
      if (words[0] == "begin") CHECK(absl::SimpleAtoi(words[1], &seed_));
      held += words[0] == "held" ? 1 : 0;
      last_ = words[0] == "failed" || words[0] == "counts";
      if (!last_) text_.erase(0, end + 1);
    }
    return held;
  }
  void Finish(ManyResult& result) {
    const bool ended_well = child_.Wait();
    const std::pair<std::string, std::string> said = absl::StrSplit(text_, absl::MaxSplits('\n', 1));
    const std::vector<std::string> words = absl::StrSplit(said.first, ' ');
    if (ended_well && words[0] == "counts") {
      uint64_t* const sums[] = {&result.commands, &result.by_topic, &result.records, &result.crashes,
                                &result.takeovers};
      for (size_t i = 0; i < std::size(sums); ++i) {
        uint64_t one = 0;
        CHECK(absl::SimpleAtoi(words[i + 1], &one));
        *sums[i] += one;
      }
      CHECK(result.coverage.Read(said.second).ok());
      return;
    }
    if (result.failed && *result.failed < seed_) return;
    result.failed = seed_;
    result.failure = ended_well ? said.second : StrCat("SEED ", seed_, ": the process ended: see what it said above\n");
  }

 private:
  Child child_;
  std::string text_;
  uint64_t seed_ = 0;  // that was begun last
  bool last_ = false;  // what comes now comes to the end
};

}  // namespace

ManyResult RunMany(const ManyOptions& options, const std::function<void(uint64_t done)>& progress) {
  std::vector<std::unique_ptr<ShareOfSeeds>> shares;
  for (uint64_t share = 0; share < options.jobs; ++share)
    shares.push_back(std::make_unique<ShareOfSeeds>(options, share));
  ManyResult result;
  while (!shares.empty()) {
    std::vector<pollfd> waits;
    for (const std::unique_ptr<ShareOfSeeds>& share : shares)
      waits.push_back({.fd = share->descriptor(), .events = POLLIN, .revents = 0});
    poll(waits.data(), waits.size(), 1000);
    for (size_t i = 0; i < shares.size(); ++i) {
      if (waits[i].revents != 0) result.seeds += shares[i]->Read();
    }
    progress(result.seeds);
    for (size_t i = shares.size(); i > 0; --i) {
      if (shares[i - 1]->descriptor() >= 0) continue;
      shares[i - 1]->Finish(result);
      shares.erase(shares.begin() + static_cast<int64_t>(i - 1));
    }
    // One seed is enough to look at.
    if (result.failed) break;
  }
  return result;
}

}  // namespace caseward::test
