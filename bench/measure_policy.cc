// The housing pack itself: compiling it, deciding every command of its examples against it, and running them all.
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/bare.h"
#include "bench/history_lines.h"
#include "bench/measure.h"
#include "engine/cases/decide.h"
#include "services/packs/example_play.h"
#include "services/packs/example_runner.h"
#include "services/packs/pack_reader.h"
#include "storage/openssl_hasher.h"

namespace caseward::bench {
namespace {

double Milliseconds(absl::Time from) { return absl::ToDoubleMilliseconds(absl::Now() - from); }

absl::StatusOr<std::unique_ptr<const CompiledPack>> MeasureCompiling(const v1::Pack& pack, bool smoke, Report& report) {
  std::vector<double> samples;
  absl::StatusOr<std::unique_ptr<const CompiledPack>> compiled = CompiledPack::Compile(pack);
  for (int i = 0; i < (smoke ? 3 : 30) && compiled.ok(); ++i) {
    v1::Pack copy = pack;
    const absl::Time began = absl::Now();
    compiled = CompiledPack::Compile(std::move(copy));
    samples.push_back(Milliseconds(began));
  }
  if (compiled.ok())
    report.AtMost("compiling the housing pack, median", Percentile(samples, 0.5), "ms", "200 ms", 200, 1.0);
  return compiled;
}

// Each example's last command, decided again and again from the state that its story leads to.
absl::Status MeasureDeciding(const PreparedExamples& prepared, const CompiledPack& pack,
                             const WorkingCalendar& calendar, bool smoke, Report& report) {
  const OpensslHasher hasher;
  ExampleStage stage(prepared, pack, calendar, hasher);
  std::vector<double> samples;
  for (const PreparedExample& example : prepared.examples()) {
    if (!example.when.has_value()) continue;
    absl::StatusOr<Play> play = stage.Begin(example.from);
    if (!play.ok()) return play.status();
    if (absl::Status s = play->DoAll(example.given, "given"); !s.ok()) return s;
    if (!play->rehearsal().opened() || !play->now().has_value()) continue;
    const HistoryLines lines(play->rehearsal().history());
    const v1::CaseState& state = play->rehearsal().state();
    const CaseContext context{.pack = pack,
                              .calendar = calendar,
                              .hasher = hasher,
                              .actor = example.when->actor,
                              .now = *play->now() + absl::Minutes(1),
                              .staff = example.when->staff,
                              .lines = &lines,
                              .case_id = state.case_id(),
                              .resident_id = ""};
    for (int i = 0; i < (smoke ? 2 : 40); ++i) {
      const absl::Time began = absl::Now();
      const CaseVerdict verdict = Decide(&state, example.when->command, context);
      samples.push_back(absl::ToDoubleMicroseconds(absl::Now() - began));
    }
  }
  report.AtMost("deciding the commands of its examples, median", Percentile(samples, 0.5), "us", "10 us", 10, 1.0);
  report.AtMost("  the same, p99", Percentile(samples, 0.99), "us", "50 us", 50, 1.0);
  return absl::OkStatus();
}

absl::Status MeasureExamples(const PreparedExamples& prepared, const CompiledPack& pack,
                             const WorkingCalendar& calendar, bool smoke, Report& report) {
  const OpensslHasher hasher;
  std::vector<double> rates;
  for (int i = 0; i < (smoke ? 1 : 10); ++i) {
    const absl::Time began = absl::Now();
    ExampleStage stage(prepared, pack, calendar, hasher);
    for (const PreparedExample& example : prepared.examples()) {
      const ExampleResult result = RunExample(example, stage, /*explain=*/false);
      if (!result.passed) return absl::InternalError(absl::StrCat(result.name, ": ", result.differences.front()));
    }
    rates.push_back(static_cast<double>(prepared.examples().size()) / absl::ToDoubleSeconds(absl::Now() - began));
  }
  report.AtLeast("running its examples, median", Percentile(rates, 0.5), "/s", "10,000/s", 10'000, 1.0);
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasurePolicy(const Settings& settings, Report& report) {
  auto source = LoadPack("policies/housing");
  if (!source.ok()) return source.status();
  auto calendar = WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  if (!calendar.ok()) return calendar.status();
  auto pack = MeasureCompiling(*source, settings.smoke, report);
  if (!pack.ok()) return pack.status();
  const PreparedExamples prepared((*pack)->source());
  if (absl::Status s = MeasureDeciding(prepared, **pack, *calendar, settings.smoke, report); !s.ok()) return s;
  return MeasureExamples(prepared, **pack, *calendar, settings.smoke, report);
}

}  // namespace caseward::bench
