#include "bench/fill_house.h"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/machine.h"

namespace caseward::bench {
namespace {

constexpr uint64_t kPiece = 20'000;
constexpr size_t kFillingCallers = 256;

uint64_t ReadFilled(const std::string& folder) {
  uint64_t cases = 0;
  std::ifstream(folder + "/filled") >> cases;
  return cases;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NodeUnderTest>> OpenHouse(const std::string& data) {
  return NodeUnderTest::Start(data, {.partitions = kHousePartitions, .pack = "bench/scale.yaml"});
}

absl::StatusOr<double> PlayAll(NodeUnderTest& node, const Course& course, uint64_t first, uint64_t end) {
  const CallsResult played = PlayInProcess(node, course, std::min<size_t>(kFillingCallers, end - first), first, end);
  if (played.failed == 0) return played.per_second;
  return absl::InternalError(absl::StrCat(played.failed, " commands that fill the house were not accepted"));
}

absl::StatusOr<std::optional<std::string>> FillHouse(const Settings& settings, const House& house, Report& report) {
  const std::string folder = settings.keep.empty() ? settings.folder + "/house" : settings.keep;
  const std::string data = folder + "/data";
  std::filesystem::create_directories(folder);
  uint64_t filled = ReadFilled(folder);
  if (filled >= house.cases()) return data;
  auto node = OpenHouse(data);
  if (!node.ok()) return node.status();
  const uint64_t before = filled;
  const absl::Time began = absl::Now();
  while (filled < house.cases() && absl::Now() - began < settings.fill_for) {
    const uint64_t end = std::min(filled + kPiece, house.cases());
    // A piece that was cut short is played again: each command then finds its first outcome (law L5).
    const auto rate = PlayAll(**node, house.Filling(), filled, end);
    if (!rate.ok()) return rate.status();
    filled = end;
    std::ofstream(folder + "/filled") << filled << "\n";
    std::printf("  filled %" PRIu64 " of %" PRIu64 " cases, %.0f commands/s, memory %.0f MiB\n", filled, house.cases(),
                *rate, ResidentMiB(getpid()));
    std::fflush(stdout);
  }
  report.Add("filling a house, two commands a case, no gRPC",
             2 * static_cast<double>(filled - before) / absl::ToDoubleSeconds(absl::Now() - began), "commands/s");
  (*node)->Stop();
  if (filled < house.cases()) return std::nullopt;
  return data;
}

}  // namespace caseward::bench
