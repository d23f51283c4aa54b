// The simulator's outside systems: they put commands on topics, on the right partition or another, once or twice, by
// themselves or in transactions, and sometimes nonsense. And the law of the second door: each intake record leaves
// exactly one record in the log, in the order of offsets, and has exactly one outcome, which is what the log says.
#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/records.h"
#include "engine/partition/routing.h"
#include "tests/support/intake_door.h"
#include "tests/support/simulation.h"

namespace caseward::test {

void Simulation::UseTopic() {
  const auto n = static_cast<uint32_t>(Draw(partitions_));
  const uint64_t what = Draw(100);
  if (what < 84) return PutByTopic();
  if (what < 90) {
    // An outside system's transaction begins, or ends one way or the other.
    Say(StrCat("a transaction on topic ", n, seen_[n].transaction ? " ends" : " begins"));
    seen_[n].transaction ? log_->EndIntakeTransaction(n, Chance(60)) : log_->BeginIntakeTransaction(n);
    seen_[n].transaction = !seen_[n].transaction;
  } else if (what < 95) {
    // Retention takes what was taken.
    log_->ExpireIntake(n, seen_[n].replay->meta().intake_offset());
  } else if (swarm_.topic_faults) {
    const bool away = Chance(50);
    Say(StrCat("the topics ", away ? "cannot be read" : "can be read"));
    log_->FailIntake(away ? absl::UnavailableError("no broker answers") : absl::OkStatus());
  }
}

void Simulation::PutByTopic() {
  ++counts_.by_topic;
  const auto anywhere = static_cast<uint32_t>(Draw(partitions_));
  if (Chance(10)) {
    Say(StrCat("nonsense on topic ", anywhere));
    TopicRecord nonsense{.key = "k", .value = StrCat("\xff", Text())};
    if (Chance(50)) nonsense.headers.emplace_back(kSender, "olu;officer");
    log_->PutIntake(anywhere, std::move(nonsense));
    return;
  }
  size_t index = asked_.size();
  if (!asked_.empty() && Chance(25)) {
    index -= 1 + Draw(std::min<size_t>(asked_.size(), 8));
  } else {
    v1::Actor actor = Staff(Chance(50) ? "olu" : "ben", "officer");
    v1::Command command = DrawCommand(actor);
    const absl::StatusOr<Route> route = RouteCommand(hasher_, command, actor.id(), partitions_);
    if (!route.ok()) return Fail(StrCat("a command that goes nowhere: ", route.status().ToString()));
    // Asked by call too, in the end: the first outcome is the one, whichever way it came.
    asked_.push_back({.command = std::move(command),
                      .actor = std::move(actor),
                      .partition = route->partition.value_or(anywhere),
                      .stream = route->stream,
                      .resident_id = route->resident_id});
  }
  const Asked& asked = asked_[index];
  const uint32_t n = Chance(75) ? asked.partition : anywhere;
  Say(StrCat("put ", asked.command.command_id(), " on topic ", n, ", at home in ", asked.partition));
  log_->PutIntake(n, ByTopic(asked.command, asked.actor));
}

// What can be read now; retention may take it later.
void Simulation::SeeIntake() {
  for (uint32_t n = 0; n < partitions_; ++n) {
    for (const IntakeRecord& record : log_->intake(n))
      seen_[n].came.insert(record.offset);
  }
}

void Simulation::CheckTaken(uint32_t n, const v1::Decision& decision) {
  if (!decision.has_intake_offset()) return;
  Seen& seen = seen_[n];
  const uint64_t offset = decision.intake_offset();
  const std::string where = StrCat("partition ", n, ", record ", decision.sequence(), ", intake offset ", offset);
  if (!seen.came.contains(offset)) Fail(StrCat("L3: ", where, ": nothing that could be read lay there"));
  if (!seen.taken.empty() && offset <= *seen.taken.rbegin()) {
    Fail(StrCat("L3: ", where, ": taken after ", *seen.taken.rbegin()));
  }
  seen.taken.insert(offset);
  const v1::IntakeNoted& noted = decision.intake_noted();
  counts_.noted += decision.has_intake_noted() ? 1 : 0;
  counts_.rejected += noted.kind() == v1::IntakeNoted::KIND_REJECTED ? 1 : 0;
  if (noted.kind() != v1::IntakeNoted::KIND_MOVED) return;
  ++counts_.moved;
  seen.moved.insert(offset);
}

void Simulation::CheckOutcomes(uint32_t n) {
  const Seen& seen = seen_[n];
  if (seen.came != seen.taken) {
    Fail(StrCat("intake of partition ", n, ": ", seen.came.size(), " records came, ", seen.taken.size(),
                " were taken, though all is well"));
  }
  if (const IntakeView intake = owners_[n].partition->view().intake; intake.condition != "OPEN") {
    Fail(StrCat("intake of partition ", n, " is ", intake.condition, " (", intake.why, "), though all is well"));
  }
  std::set<uint64_t> told;
  for (const TopicRecord& record : log_->outcomes(n)) {
    const v1::IntakeOutcome outcome = ReadOutcome(record);
    if (!told.insert(outcome.offset()).second) {
      Fail(StrCat("partition ", n, ": two outcomes of intake offset ", outcome.offset()));
    }
    if (record.value.find("CLEARTEXT") != std::string::npos) Fail("L11: text in clear in an outcome");
    if (!outcome.has_outcome() || outcome.outcome().refusal().repeats() > 0) continue;
    CheckAcknowledged({.command = {}, .actor = {}, .partition = n, .first = outcome.outcome()});
  }
  std::set<uint64_t> expected;
  std::set_difference(seen.taken.begin(), seen.taken.end(), seen.moved.begin(), seen.moved.end(),
                      std::inserter(expected, expected.end()));
  if (told != expected) {
    Fail(StrCat("partition ", n, ": ", expected.size(), " intake records were taken, ", told.size(), " have outcomes"));
  }
}

}  // namespace caseward::test
