#include "bench/house.h"

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/partition/routing.h"

namespace caseward::bench {
namespace {

constexpr uint64_t kReportsOneIn = 8;

// Later than any run of a benchmark.
absl::Time FarAway(uint64_t number) {
  return absl::FromCivil(absl::CivilDay(2100, 1, 1), absl::UTCTimeZone()) + absl::Seconds(number);
}

v1::Command ReportOf(std::string id, absl::Time due) {
  v1::Command command;
  command.set_command_id(std::move(id));
  command.set_channel("phone");
  v1::ReportCase& report = *command.mutable_report_case();
  report.set_case_type("request");
  report.set_pack_id("scale");
  report.set_region("north");
  report.mutable_account()->set_text(
      "Water comes through the ceiling of the bathroom when it rains, since the spring.");
  SetTimestamp(due, report.mutable_respond_by());
  return command;
}

std::string ReportId(uint64_t number) { return absl::StrCat("case-", number); }

}  // namespace

std::string House::Officer(uint64_t officer) const {
  return absl::StrCat("officer-", officer, "; roles=case_manager; region=north");
}

std::string House::CaseId(uint64_t number) const {
  const absl::StatusOr<Route> route =
      RouteCommand(hasher_, ReportOf(ReportId(number), FarAway(number)), "desk", partitions_);
  CHECK(route.ok());
  return route->stream;
}

Course House::Filling() const {
  return {.commands = 2,
          .command =
              [officers = officers()](uint64_t number, int step, const std::string& case_id) {
                if (step == 0) return ReportOf(ReportId(number), FarAway(number));
                v1::Command command;
                command.set_command_id(absl::StrCat("assign-", number));
                command.set_channel("phone");
                command.set_case_id(case_id);
                command.mutable_assign_case()->set_owner(absl::StrCat("officer-", number % officers));
                return command;
              },
          .actor = [](int) { return kDesk; }};
}

Course House::Reporting(const std::string& run, std::function<absl::Time(uint64_t)> due) {
  return {.commands = 1,
          .command = [run, due = std::move(due)](
                         uint64_t number, int,
                         const std::string&) { return ReportOf(absl::StrCat(run, "-", number), due(number)); },
          .actor = [](int) { return kDesk; }};
}

PacedCommand DayAtTheDesk::Next() {
  const uint64_t number = sent_++;
  PacedCommand next{.command = {}, .actor = House::kDesk, .answered = nullptr};
  if (number % kReportsOneIn == 0) {
    next.command = ReportOf(absl::StrCat(run_, "-report-", number), FarAway(number));
    return next;
  }
  v1::Command& command = next.command;
  command.set_command_id(absl::StrCat(run_, "-call-", number));
  command.set_channel("phone");
  command.set_case_id(house_.CaseId(draw_() % house_.cases()));
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_with(v1::RecordContact::WITH_REPORTER);
  contact.set_outcome(v1::RecordContact::OUTCOME_NO_ANSWER);
  contact.mutable_note()->set_text("Rang twice in the morning; nobody answered. To be tried again after work.");
  return next;
}

}  // namespace caseward::bench
