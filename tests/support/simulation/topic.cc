// The simulator's outside systems: they put commands on topics, on the right partition or another, once or twice, by
// themselves or in transactions, and sometimes nonsense. And the law of the second door: each intake record leaves
// exactly one record in the log, in the order of offsets, and has exactly one outcome, which is what the log says.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/text.h"
#include "engine/partition/intake_records.h"
#include "engine/partition/records.h"
#include "tests/support/intake_door.h"
#include "tests/support/simulation/simulation.h"

namespace caseward::test {

void Simulation::PutOnTopic(uint32_t topic, const Asked& asked) {
  if (topic >= partitions_) return;
  ++counts_.by_topic;
  Say(StrCat("put ", asked.command.command_id(), " on topic ", topic, ", at home in ", asked.partition));
  intake_changed_ = true;
  log_->PutIntake(topic, ByTopic(asked.command, asked.actor));
}

void Simulation::PutNonsense(uint32_t topic, bool sender) {
  if (topic >= partitions_) return;
  ++counts_.by_topic;
  Say(StrCat("nonsense on topic ", topic));
  intake_changed_ = true;
  TopicRecord nonsense{.key = "k",
                       .value =
                           "\xff"
                           "cleartext"};
  if (sender) nonsense.headers.emplace_back(kSender, "mo;case_manager");
  log_->PutIntake(topic, std::move(nonsense));
}

// An outside system's transaction begins, or ends one way or the other.
void Simulation::Transact(uint32_t topic, bool commit) {
  if (topic >= partitions_) return;
  const bool ends = std::exchange(seen_[topic].transaction, !seen_[topic].transaction);
  Say(StrCat("a transaction on topic ", topic, ends ? " ends" : " begins"));
  intake_changed_ = true;
  ends ? log_->EndIntakeTransaction(topic, commit) : log_->BeginIntakeTransaction(topic);
}

// What can be read now; retention may take it later.
void Simulation::SeeIntake() {
  if (!std::exchange(intake_changed_, false)) return;
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
  if (!seen.came.contains(offset)) Fail("L3 intake", StrCat(where, ": nothing that could be read lay there"));
  if (!seen.taken.empty() && offset <= *seen.taken.rbegin()) {
    Fail("L3 intake", StrCat(where, ": taken after ", *seen.taken.rbegin()));
  }
  seen.taken.insert(offset);
  const v1::IntakeNoted& noted = decision.intake_noted();
  counts_.noted += decision.has_intake_noted() ? 1 : 0;
  counts_.rejected += noted.kind() == v1::IntakeNoted::KIND_REJECTED ? 1 : 0;
  if (noted.kind() != v1::IntakeNoted::KIND_MOVED) return;
  ++counts_.moved;
  intake_changed_ = true;
  seen.moved.insert(offset);
}

void Simulation::CheckOutcomes(uint32_t n) {
  const Seen& seen = seen_[n];
  if (seen.came != seen.taken) {
    Fail("intake rest", StrCat("partition ", n, ": ", seen.came.size(), " records came, ", seen.taken.size(),
                               " were taken, though all is well"));
  }
  if (const IntakeView intake = owners_[n].partition->view().intake; intake.condition != "OPEN") {
    Fail("intake rest", StrCat("partition ", n, " is ", intake.condition, " (", intake.why, "), though all is well"));
  }
  std::set<uint64_t> told;
  for (const TopicRecord& record : log_->outcomes(n)) {
    const v1::IntakeOutcome outcome = ReadOutcome(record);
    if (!told.insert(outcome.offset()).second) {
      Fail("intake outcomes", StrCat("partition ", n, ": two outcomes of intake offset ", outcome.offset()));
    }
    if (record.value.find("cleartext") != std::string::npos) Fail("L11", "text in clear in an outcome");
    if (!outcome.has_outcome() || outcome.outcome().refusal().repeats() > 0) continue;
    CheckAcknowledged({.command = {}, .actor = {}, .partition = n, .first = outcome.outcome()});
  }
  std::set<uint64_t> expected;
  std::set_difference(seen.taken.begin(), seen.taken.end(), seen.moved.begin(), seen.moved.end(),
                      std::inserter(expected, expected.end()));
  if (told != expected) {
    Fail("intake outcomes",
         StrCat("partition ", n, ": ", expected.size(), " intake records were taken, ", told.size(), " have outcomes"));
  }
}

}  // namespace caseward::test
