// A house of very many cases beside one of ten thousand, in this process and in alternating runs; then its work lists.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/callers.h"
#include "bench/fill_house.h"
#include "bench/house.h"
#include "bench/machine.h"
#include "bench/measure.h"
#include "bench/play_cases.h"
#include "bench/play_paced.h"

namespace caseward::bench {
namespace {

constexpr uint64_t kFew = 10'000;
constexpr int kTurns = 3;
constexpr size_t kBusyCallers = 64;
constexpr size_t kListsMax = 500;

struct Measured {
  House house;
  std::unique_ptr<NodeUnderTest> node = nullptr;
  std::array<double, kTurns> p50{};
  std::array<double, kTurns> p99{};
  std::array<double, kTurns> per_second{};
};

double Median(std::array<double, kTurns> values) {
  std::sort(values.begin(), values.end());
  return values[kTurns / 2];
}

absl::Status RunOnce(Measured& one, const std::string& name, size_t run, const Settings& settings) {
  DayAtTheDesk day(one.house, name, run);
  const absl::Time from = absl::Now() + settings.warm_up;
  const absl::Time to = from + settings.each;
  const CallsResult paced = CountPaced(
      SendPaced(
          one.node->stub(), settings.pace, [&] { return day.Next(); }, [to](absl::Time due) { return due < to; }),
      from, to);
  std::mutex mutex;
  DayAtTheDesk busy(one.house, name + "-busy", run);
  const CallsResult full =
      RunCallers(kBusyCallers, settings.warm_up, settings.each, [&](size_t, std::function<void(bool)> done) {
        PacedCommand next;
        {
          const std::lock_guard lock(mutex);
          next = busy.Next();
        }
        BeginCommand(one.node->stub(), std::move(next.command), next.actor,
                     [done = std::move(done)](bool ok, const v1::Outcome&) { done(ok); });
      });
  if (paced.failed + full.failed > 0) {
    return absl::InternalError(absl::StrCat(paced.failed + full.failed, " commands of the day failed"));
  }
  one.p50[run] = paced.p50_us / 1000;
  one.p99[run] = paced.p99_us / 1000;
  one.per_second[run] = full.per_second;
  return absl::OkStatus();
}

// The first run of each, which does not count, fills the caches.
absl::Status CompareSizes(Measured& many, Measured& few, const Settings& settings, Report& report) {
  const std::string name = absl::StrCat("day-", absl::ToUnixMillis(absl::Now()));
  for (int run = -1; run < kTurns; ++run) {
    for (Measured* one : {&few, &many}) {
      const size_t at = run < 0 ? 0 : static_cast<size_t>(run);
      if (absl::Status s = RunOnce(*one, absl::StrCat(name, "-", run + 1), at, settings); !s.ok()) return s;
    }
  }
  const auto against = absl::StrCat(few.house.cases(), " cases");
  const auto cases = absl::StrCat(many.house.cases(), " cases");
  report.AtMost(absl::StrCat("command p99 at ", settings.pace, "/s, ", cases), Median(many.p99), "ms", against,
                Median(few.p99), 1.5);
  report.Beside("  p50", Median(many.p50), "ms", against, Median(few.p50));
  report.Beside(absl::StrCat("commands, unary, 64 callers, ", cases), Median(many.per_second), "commands/s", against,
                Median(few.per_second));
  return absl::OkStatus();
}

// A lone person asks, each time another, whose cases nobody has looked at lately.
absl::Status ListWork(Measured& many, const Settings& settings, Report& report) {
  std::mt19937_64 draw(7);
  std::vector<double> took;
  double items = 0;
  const absl::Time until = absl::Now() + settings.each * 2;
  while (took.size() < kListsMax && (took.size() < 3 || absl::Now() < until)) {
    grpc::ClientContext context;
    context.AddMetadata("caseward-actor", many.house.Officer(draw() % many.house.officers()));
    v1::ListWorkResponse response;
    const absl::Time began = absl::Now();
    const grpc::Status status = many.node->stub().ListWork(&context, v1::ListWorkRequest(), &response);
    if (!status.ok()) return absl::UnknownError(status.error_message());
    took.push_back(absl::ToDoubleMilliseconds(absl::Now() - began));
    items += response.items_size();
  }
  report.AtMost(absl::StrCat("ListWork p99, ", many.house.cases(), " cases"), Percentile(took, 0.99), "ms", "5 ms", 5,
                1.0);
  report.Add("  p50", Percentile(took, 0.5), "ms");
  report.Add("  items of a list", items / static_cast<double>(took.size()), "");
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureScale(const Settings& settings, Report& report) {
  const House house(settings.scale_cases, kHousePartitions);
  auto data = FillHouse(settings, house, report);
  if (!data.ok() || !data->has_value()) return data.status();
  const auto mib_of = [&](const char* part) {
    const double mib = FolderMiB(**data + part);
    report.Add(absl::StrCat("  disk, ", part + 1), mib, "MiB");
    return mib;
  };
  const double disk = mib_of("/log") + mib_of("/state");
  report.Add("  disk, a case", disk * 1024 / static_cast<double>(house.cases()), "KiB");

  Measured few{.house = House(std::min(kFew, std::max<uint64_t>(1, house.cases() / 10)), kHousePartitions)};
  auto opened = OpenHouse(absl::StrCat(settings.folder, "/few"));
  if (!opened.ok()) return opened.status();
  few.node = *std::move(opened);
  if (auto played = PlayAll(*few.node, few.house.Filling(), 0, few.house.cases()); !played.ok()) return played.status();

  Measured many{.house = house};
  opened = OpenHouse(**data);
  if (!opened.ok()) return opened.status();
  many.node = *std::move(opened);
  if (absl::Status s = CompareSizes(many, few, settings, report); !s.ok()) return s;
  few.node.reset();
  return ListWork(many, settings, report);
}

}  // namespace caseward::bench
