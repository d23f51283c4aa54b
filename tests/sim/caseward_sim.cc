// The simulator on its own, for as many seeds as you like:
//
//   caseward_sim --seeds 10000              the long run: seeds 1 to 10000, then what they reached
//   caseward_sim --seed 17                  one seed again
//   caseward_sim --script FILE              a script again, as a failing seed leaves it
//
// A seed that breaks a law is cut down to its shortest script, which is shown and kept in FILE (--keep, else
// simulation-<seed>.script). Exit: 0 every law held, 1 one was broken, 2 wrong usage. More: docs/simulator.md.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "engine/base/text.h"
#include "tests/support/simulation/child.h"
#include "tests/support/simulation/many.h"
#include "tests/support/simulation/shrink.h"

namespace caseward::test {
namespace {

constexpr char kUsage[] =
    "usage: caseward_sim [--seed N] [--seeds M] [--steps K] [--jobs J] [--trace LINES] [--coverage FILE]\n"
    "                    [--keep FILE]\n"
    "       caseward_sim --script FILE\n"
    "  --seed N         the first seed; without --seeds it alone\n"
    "  --seeds M        so many seeds (1000)\n"
    "  --steps K        actions of each (250)\n"
    "  --jobs J         processes (one a core)\n"
    "  --trace LINES    lines shown of a run that breaks a law (50)\n"
    "  --coverage FILE  where every cell of the coverage goes, with tabs between\n"
    "  --keep FILE      where the shortest script of a broken law goes (simulation-<seed>.script)\n"
    "  --script FILE    does what a script says\n"
    "for example: caseward_sim --seeds 10000 --coverage coverage.tsv\n";

using Flags = std::map<std::string, std::string>;

// Empty and a message on stderr: not as it should be.
bool ReadFlags(int argc, char** argv, Flags& flags) {
  const Flags known = {{"seed", ""}, {"seeds", ""}, {"steps", ""},    {"jobs", ""},
                       {"keep", ""}, {"trace", ""}, {"coverage", ""}, {"script", ""}};
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (!name.starts_with("--") || !known.contains(name.substr(2)) || i + 1 == argc) {
      std::fprintf(stderr, "expected a flag and its value, found \"%s\"\n%s", argv[i], kUsage);
      return false;
    }
    flags[name.substr(2)] = argv[i + 1];
  }
  return true;
}

bool ReadNumber(const Flags& flags, const std::string& name, uint64_t least, uint64_t& number) {
  const auto found = flags.find(name);
  if (found == flags.end()) return true;
  if (absl::SimpleAtoi(found->second, &number) && number >= least) return true;
  std::fprintf(stderr, "expected a number of at least %s for --%s, found \"%s\"\n", std::to_string(least).c_str(),
               name.c_str(), found->second.c_str());
  return false;
}

std::string Words(uint64_t seconds) { return StrCat(seconds / 60, "m", seconds % 60, "s"); }

// A line at most every two seconds, over itself at a terminal.
class Progress {
 public:
  explicit Progress(uint64_t all) : all_(all) {}
  void Tell(uint64_t done) {
    const uint64_t now = Seconds();
    if (now < said_ + (at_terminal_ ? 2 : 30) || done == 0) return;
    said_ = now;
    std::fprintf(stderr, "%s%s of %s seeds, %s a second, %s left%s", at_terminal_ ? "\r\x1b[K" : "",
                 std::to_string(done).c_str(), std::to_string(all_).c_str(), std::to_string(done / now).c_str(),
                 Words((all_ - done) * now / done).c_str(), at_terminal_ ? "" : "\n");
    std::fflush(stderr);
    open_ = at_terminal_;
  }
  void End() const {
    if (open_) std::fputs("\n", stderr);
  }
  uint64_t Seconds() const {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began_).count());
  }

 private:
  const uint64_t all_;
  const bool at_terminal_ = isatty(STDERR_FILENO) == 1;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  uint64_t said_ = 0;
  bool open_ = false;
};

bool WriteFile(const std::string& name, const std::string& text) {
  std::ofstream file(name);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "cannot write %s\n", name.c_str());
  return static_cast<bool>(file);
}

// Plays the seed again up to where it broke, and cuts that down.
void ShrinkAndKeep(uint64_t seed, const SimulationOptions& options, const std::string& keep) {
  Script script;
  Child child([&](const Child::Tell& tell) {
    // Written as it is drawn: a seed that ends its process leaves its script too.
    SimulationOptions told = options;
    told.on_action = [&](const Act& action) { tell(action.Text() + "\n"); };
    Simulation simulation(seed, told);
    tell(simulation.script().Text());
    simulation.Run();
  });
  std::string text;
  while (child.Read(text)) {
  }
  child.Wait();
  absl::StatusOr<Script> drawn = ParseScript(text);
  if (!drawn.ok()) {
    std::fprintf(stderr, "what was drawn cannot be read: %s\n", drawn.status().ToString().c_str());
    return;
  }
  const std::string law = PlayApart(*drawn, options);
  std::fprintf(stderr, "cutting %zu actions down; the law is \"%s\" ...\n", drawn->actions.size(), law.c_str());
  const Shrunk shrunk = Shrink(*drawn, law, [&](const Script& one) { return PlayApart(one, options); });
  std::string notes;
  Child again([&](const Child::Tell& tell) {
    Simulation simulation(shrunk.script, options);
    simulation.Run();
    tell(StrCat("# ", law, ", seed ", seed, ", ", shrunk.script.actions.size(), " actions left of ",
                drawn->actions.size(), " after ", shrunk.runs, " runs. Again: caseward_sim --script FILE\n",
                shrunk.script.Text(simulation.notes())));
  });
  while (again.Read(notes)) {
  }
  if (!again.Wait()) notes = StrCat("# ", law, "\n", shrunk.script.Text());
  std::fprintf(stderr, "%s", notes.c_str());
  if (WriteFile(keep, notes))
    std::fprintf(stderr, "kept in %s: caseward_sim --script %s\n", keep.c_str(), keep.c_str());
}

int RunScript(const std::string& name, const SimulationOptions& options) {
  std::ifstream file(name);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", name.c_str());
    return 2;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<Script> script = ParseScript(text);
  if (!script.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), std::string(script.status().message()).c_str());
    return 2;
  }
  Simulation simulation(*std::move(script), options);
  if (!simulation.Run()) {
    std::fputs(simulation.Failure().c_str(), stderr);
    return 1;
  }
  std::printf("%zu actions of %s: every law held\n", simulation.script().actions.size(), name.c_str());
  return 0;
}

int RunSeeds(const ManyOptions& options, const Flags& flags) {
  Progress progress(options.count);
  const ManyResult result = RunMany(options, [&](uint64_t done) { progress.Tell(done); });
  progress.End();
  if (result.failed) {
    std::fputs(result.failure.c_str(), stderr);
    const auto keep = flags.find("keep");
    ShrinkAndKeep(*result.failed, options.each,
                  keep != flags.end() ? keep->second : StrCat("simulation-", *result.failed, ".script"));
    return 1;
  }
  if (options.count == 1) std::printf("mix %s\n", Simulation(options.first).script().mix.Text().c_str());
  std::printf("%s\n", result.coverage.Table().c_str());
  std::printf("%s\n", StrCat(result.seeds, " seeds from ", options.first, " in ", Words(progress.Seconds()), " with ",
                             options.jobs, " processes: every law held over ", result.commands, " commands by call, ",
                             result.by_topic, " by topic, ", result.records, " records, ", result.crashes, " crashes, ",
                             result.takeovers, " takeovers")
                          .c_str());
  const auto cells = flags.find("coverage");
  return cells == flags.end() || WriteFile(cells->second, result.coverage.Cells()) ? 0 : 2;
}

int Main(int argc, char** argv) {
  Flags flags;
  ManyOptions options;
  uint64_t steps = 250;
  uint64_t trace = 50;
  options.jobs = std::max(1U, std::thread::hardware_concurrency());
  if (!ReadFlags(argc, argv, flags)) return 2;
  if (flags.contains("seed")) options.count = 1;
  if (!ReadNumber(flags, "seed", 0, options.first) || !ReadNumber(flags, "seeds", 1, options.count) ||
      !ReadNumber(flags, "steps", 0, steps) || !ReadNumber(flags, "trace", 0, trace) ||
      !ReadNumber(flags, "jobs", 1, options.jobs)) {
    return 2;
  }
  options.each.steps = static_cast<int>(steps);
  options.each.trace_lines = trace;
  options.jobs = std::min(options.jobs, options.count);
  if (const auto script = flags.find("script"); script != flags.end()) return RunScript(script->second, options.each);
  return RunSeeds(options, flags);
}

}  // namespace
}  // namespace caseward::test

int main(int argc, char** argv) { return caseward::test::Main(argc, argv); }
