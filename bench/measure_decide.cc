#include <memory>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/bare.h"
#include "bench/history_lines.h"
#include "bench/measure.h"
#include "bench/six_commands.h"
#include "engine/cases/rehearsal.h"
#include "services/packs/pack_reader.h"
#include "storage/openssl_hasher.h"

namespace caseward::bench {
namespace {

v1::Actor Person(const char* id, const char* role) {
  v1::Actor actor;
  actor.set_id(id);
  actor.set_kind(v1::Actor::KIND_STAFF);
  actor.add_roles(role);
  return actor;
}

}  // namespace

absl::Status MeasureDecide(const Settings& settings, Report& report) {
  auto pack = LoadPack("bench/pack.yaml");
  if (!pack.ok()) return pack.status();
  auto compiled = CompiledPack::Compile(*pack);
  if (!compiled.ok()) return compiled.status();
  auto calendar = WorkingCalendar::Compile(ReadCalendarFile("policies/calendars/england_and_wales.yaml").calendar);
  if (!calendar.ok()) return calendar.status();
  const OpensslHasher hasher;
  const v1::Actor manager = Person("mo", "case_manager");
  const v1::Actor signer = Person("ruth", "regional_manager");
  absl::Time now = absl::FromCivil(absl::CivilMinute(2026, 3, 2, 9, 0), absl::UTCTimeZone());

  Rehearsal rehearsal({**compiled, *calendar, hasher});
  for (int step = 0; step + 1 < kCommandsOfACase; ++step) {
    const CaseVerdict verdict = rehearsal.Submit(CommandOf("decide", 1, step, "C"), step == 5 ? signer : manager, now);
    if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) return absl::InternalError(refusal->say());
    now += absl::Minutes(10);
  }
  const v1::Command close = CommandOf("decide", 1, kCommandsOfACase - 1, "C");
  const HistoryLines lines(rehearsal.history());
  const CaseContext context{.pack = **compiled,
                            .calendar = *calendar,
                            .hasher = hasher,
                            .actor = manager,
                            .now = now,
                            .lines = &lines,
                            .case_id = rehearsal.state().case_id(),
                            .resident_id = ""};
  std::vector<double> samples;
  size_t events = 0;
  for (int i = 0; i < (settings.smoke ? 200 : 20'000); ++i) {
    const absl::Time began = absl::Now();
    const CaseVerdict verdict = Decide(&rehearsal.state(), close, context);
    samples.push_back(absl::ToDoubleMicroseconds(absl::Now() - began));
    const auto* accepted = std::get_if<CaseAccepted>(&verdict);
    if (accepted == nullptr) return absl::InternalError(std::get<v1::Refusal>(verdict).say());
    events += accepted->events.size();
  }
  report.AtMost("deciding a closure, median", Percentile(samples, 0.5), "us", "10 us", 10, 1.0);
  report.Add("  events it gives", static_cast<double>(events) / static_cast<double>(samples.size()), "");
  return absl::OkStatus();
}

}  // namespace caseward::bench
