// Fuzzes for as long as you like, or runs one input again. From the source tree's root:
//
//   caseward_fuzz                                   all targets, 10 s each, from mutation 0
//   caseward_fuzz --target xes --seconds 600 --from 100000
//   caseward_fuzz --target xes --input 'two_traces~17'
//   caseward_fuzz --target xes --input 'two_traces~17' --save tests/fuzz/corpus/xes/found.xes      keeps it as a seed
//   caseward_fuzz --target xes --verbose            names each input before it runs; the last one named crashed
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/corpus.h"

namespace caseward::fuzz {
namespace {

struct Options {
  std::string target;
  std::string input;
  std::string save;
  double seconds = 10;
  uint64_t from = 0;
  bool verbose = false;
};

bool Parse(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view flag = arguments[i];
    if (flag == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (i + 1 == count) return false;
    const char* value = arguments[++i];
    if (flag == "--target") {
      options.target = value;
    } else if (flag == "--input") {
      options.input = value;
    } else if (flag == "--save") {
      options.save = value;
    } else if (flag == "--seconds") {
      options.seconds = std::atof(value);
    } else if (flag == "--from") {
      options.from = std::strtoull(value, nullptr, 10);
    } else {
      return false;
    }
  }
  return options.input.empty() || !options.target.empty();
}

// How many promises were broken.
size_t RunOne(const Target& target, const std::string& name, const std::string& input, bool verbose) {
  if (verbose) std::fprintf(stderr, "%s %s\n", target.name.c_str(), name.c_str());
  const std::vector<std::string> broken = RunInput(target, name, input);
  for (const std::string& one : broken)
    std::printf("%s\n", one.c_str());
  return broken.size();
}

size_t RunTarget(const Target& target, const Options& options) {
  std::vector<std::string> faults;
  const Corpus corpus(target, faults);
  for (const std::string& fault : faults)
    std::printf("%s\n", fault.c_str());
  if (!faults.empty() || corpus.size() == 0) return 1;
  if (!options.input.empty()) {
    const std::optional<std::string> input = corpus.Input(options.input);
    if (!input) {
      std::printf("%s: no seed of that name\n", options.input.c_str());
      return 1;
    }
    if (!options.save.empty()) {
      std::ofstream(options.save, std::ios::binary) << *input;
      return 0;
    }
    return RunOne(target, options.input, *input, true);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  size_t broken = 0;
  uint64_t ran = 0;
  for (uint64_t number = options.from; std::chrono::steady_clock::now() < end; ++number) {
    for (size_t seed = 0; seed < corpus.size(); ++seed, ++ran) {
      const std::string name = corpus.SeedName(seed) + "~" + std::to_string(number);
      broken += RunOne(target, name, corpus.Mutation(seed, number), options.verbose);
    }
  }
  std::printf("%-14s %8llu inputs, %zu broken promises\n", target.name.c_str(), static_cast<unsigned long long>(ran),
              broken);
  return broken;
}

int Main(int count, char** arguments) {
  Options options;
  if (!Parse(count, arguments, options)) {
    std::fprintf(
        stderr,
        "caseward_fuzz [--target NAME [--input SEED~NUMBER [--save FILE]]] [--seconds N] [--from N] [--verbose]\n");
    return 2;
  }
  size_t broken = 0;
  bool found = false;
  for (const Target& target : Targets()) {
    if (!options.target.empty() && options.target != target.name) continue;
    found = true;
    broken += RunTarget(target, options);
  }
  if (!found) std::fprintf(stderr, "no target %s\n", options.target.c_str());
  return broken == 0 && found ? 0 : 1;
}

}  // namespace
}  // namespace caseward::fuzz

int main(int count, char** arguments) { return caseward::fuzz::Main(count, arguments); }
