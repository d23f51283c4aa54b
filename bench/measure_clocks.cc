// Open clocks of a full house, while commands run at their pace: some fall due every second; then a tenth of all falls
// due at one instant. The cases whose clocks fire are reported for the purpose, on top of the house.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/callers.h"
#include "bench/fill_house.h"
#include "bench/house.h"
#include "bench/measure.h"
#include "bench/play_paced.h"

namespace caseward::bench {
namespace {

constexpr double kDueASecond = 200;
constexpr uint64_t kAtOnceMax = 100'000;
constexpr absl::Duration kDrainTakesMax = absl::Minutes(5);

struct Clocks {
  const House& house;
  NodeUnderTest& node;
  const Settings& settings;
  Report& report;
  // How long a piece of the run leads in, and out.
  absl::Duration lead() const { return settings.smoke ? absl::Milliseconds(500) : absl::Seconds(3); }
};

absl::Status CheckFailed(const CallsResult& sent) {
  if (sent.failed == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(sent.failed, " commands failed while clocks fired"));
}

absl::Status SomeEverySecond(Clocks& clocks, const std::string& name) {
  const absl::Duration span = clocks.settings.each * 2;
  const auto count = static_cast<uint64_t>(kDueASecond * absl::ToDoubleSeconds(span));
  const absl::Time first = absl::Now() + clocks.lead();
  const Course course = House::Reporting(
      name + "-due", [first](uint64_t number) { return first + number * absl::Seconds(1) / kDueASecond; });
  if (auto played = PlayAll(clocks.node, course, 0, count); !played.ok()) return played.status();
  if (absl::Now() > first) return absl::InternalError("reporting took longer than the first clock took to fall due");
  clocks.node.TakeLateness();
  DayAtTheDesk day(clocks.house, name + "-day", 1);
  const absl::Time end = first + span;
  const CallsResult sent = CountPaced(SendPaced(
                                          clocks.node.stub(), clocks.settings.pace, [&] { return day.Next(); },
                                          [&](absl::Time due) { return due < end + clocks.lead(); }),
                                      first, end);
  std::vector<double> late = clocks.node.TakeLateness();
  if (late.size() != count) return absl::InternalError(absl::StrCat("of ", count, " clocks ", late.size(), " fired"));
  clocks.report.AtMost(absl::StrCat("clock lateness p99, ", clocks.house.cases(), " open clocks"),
                       Percentile(late, 0.99), "ms", "1 s", 1000, 1.0);
  clocks.report.Add("  p50", Percentile(late, 0.5), "ms");
  clocks.report.Add(absl::StrCat("  command p99 at ", clocks.settings.pace, "/s, ", kDueASecond, " clocks/s"),
                    sent.p99_us / 1000, "ms");
  return CheckFailed(sent);
}

absl::Status ManyAtOnce(Clocks& clocks, const std::string& name) {
  const uint64_t count = std::min(kAtOnceMax, std::max<uint64_t>(1, clocks.house.cases() / 10));
  // How long reporting them all will take, by how long the first hundredth takes; that part is due with the others.
  const uint64_t part = std::max<uint64_t>(1, count / 100);
  const absl::Time began = absl::Now();
  const auto far = [](uint64_t) { return absl::FromCivil(absl::CivilDay(2100, 1, 1), absl::UTCTimeZone()); };
  if (auto s = PlayAll(clocks.node, House::Reporting(name + "-tried", far), 0, part); !s.ok()) return s.status();
  const absl::Duration all = (absl::Now() - began) * (static_cast<double>(count) / static_cast<double>(part));
  const absl::Time at = absl::Now() + 2 * all + 2 * clocks.lead();
  const Course course = House::Reporting(name + "-at-once", [at](uint64_t) { return at; });
  if (auto played = PlayAll(clocks.node, course, 0, count); !played.ok()) return played.status();
  if (absl::Now() + clocks.lead() > at) return absl::InternalError("reporting took longer than it was tried to take");
  absl::SleepFor(at - clocks.lead() - absl::Now());
  clocks.node.TakeLateness();

  DayAtTheDesk day(clocks.house, name + "-beside", 2);
  absl::Time drained = absl::InfiniteFuture();
  const auto go_on = [&](absl::Time due) {
    if (drained == absl::InfiniteFuture() && clocks.node.fired() >= count) drained = absl::Now();
    return due < at + kDrainTakesMax && (drained == absl::InfiniteFuture() || due < drained + clocks.lead());
  };
  const std::vector<PacedSample> samples = SendPaced(
      clocks.node.stub(), clocks.settings.pace, [&] { return day.Next(); }, go_on);
  const size_t fired = clocks.node.TakeLateness().size();
  if (fired != count) return absl::InternalError(absl::StrCat("of ", count, " clocks due at once ", fired, " fired"));
  const CallsResult before = CountPaced(samples, at - clocks.lead(), at);
  const CallsResult beside = CountPaced(samples, at, drained);
  const double seconds = absl::ToDoubleSeconds(drained - at);
  clocks.report.AtMost(absl::StrCat("command p99 while ", count, " clocks due at once fire"), beside.p99_us / 1000,
                       "ms", "100 ms", 100, 1.0);
  clocks.report.Add("  p50", beside.p50_us / 1000, "ms");
  clocks.report.Add("  p99 before they are due", before.p99_us / 1000, "ms");
  clocks.report.Add("  all have fired after", seconds, "s");
  clocks.report.Add("  clocks a second", static_cast<double>(count) / seconds, "clocks/s");
  return CheckFailed(beside);
}

}  // namespace

absl::Status MeasureClocks(const Settings& settings, Report& report) {
  const House house(settings.scale_cases, kHousePartitions);
  auto data = FillHouse(settings, house, report);
  if (!data.ok() || !data->has_value()) return data.status();
  auto node = OpenHouse(**data);
  if (!node.ok()) return node.status();
  const std::string name = absl::StrCat("clocks-", absl::ToUnixMillis(absl::Now()));
  Clocks clocks{.house = house, .node = **node, .settings = settings, .report = report};
  absl::Status status = SomeEverySecond(clocks, name);
  if (status.ok()) status = ManyAtOnce(clocks, name);
  return status;
}

}  // namespace caseward::bench
