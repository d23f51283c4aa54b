#include "tests/support/simulation/author.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "storage/log_faults.h"
#include "tests/support/simple_pack.h"

namespace caseward::test {

using Kind = Act::Kind;

Act Author::Next(Simulation& simulation) {
  if (const auto n = std::exchange(empties_, std::nullopt)) return {.kind = Kind::kLoseInbox, .numbers = {*n}};
  if (std::optional<Act> between = Between(simulation)) return *std::move(between);
  // A state that was lost is reopened soon, as the host of partitions does.
  for (uint32_t n = 0; n < simulation.partitions(); ++n) {
    if (simulation.HasLostState(n, 0) && dice_.Chance(15)) return Reopen(simulation);
  }
  return Turn(simulation);
}

Act Author::Turn(Simulation& simulation) {
  const Mix& mix = script_.mix;
  const uint32_t n = Anywhere(simulation);
  const std::vector<std::pair<int, Maker>> turns = {
      {360, [&] { return Ask(simulation); }},
      {340, [&] { return StepOne(simulation); }},
      {mix.delays != 0 ? 100 : 0,
       [&] {
         return Act{.kind = Kind::kDeliver, .numbers = {n, dice_.Chance(30)}};
       }},
      {mix.unknown,
       [&] {
         return Act{.kind = Kind::kDeliver, .numbers = {n, 1}};
       }},
      {80, [&] { return Pass(simulation); }},
      {simulation.olds() > 0 ? 40 : 0, [&] { return StepOld(simulation); }},
      {mix.abort + mix.unknown, [&] { return Fault(simulation); }},
      {mix.crash, [&] { return Crash(simulation, n); }},
      {mix.claim, [&] { return Act{.kind = Kind::kClaimFails, .numbers = {n}}; }},
      {mix.disk, [&] { return Act{.kind = Kind::kDiskFull, .numbers = {n}}; }},
      {mix.disk / 2, [&] { return Reopen(simulation); }},
      {mix.second,
       [&] {
         if (mix.shared == 0) return Act{.kind = Kind::kSecondOwner, .numbers = {n}};
         const bool warm = dice_.Chance(80);
         return Act{.kind = Kind::kTakeOver, .numbers = {n, warm, dice_.Chance(60)}};
       }},
      {mix.jump, [&] { return Act{.kind = Kind::kJump, .numbers = {dice_.Between(-120, 120) * 60'000}}; }},
      {mix.topics,
       [&] {
         topics_away_ = !topics_away_;
         return Act{.kind = Kind::kTopics, .numbers = {topics_away_}};
       }},
      {mix.nonsense,
       [&] {
         return Act{.kind = Kind::kNonsense, .numbers = {n, dice_.Chance(50)}};
       }},
      {mix.by_topic / 3,
       [&] {
         if (dice_.Chance(40)) return Act{.kind = Kind::kExpire, .numbers = {n}};
         return Act{.kind = Kind::kTransaction, .numbers = {n, dice_.Chance(60)}};
       }},
  };
  int all = 0;
  for (const auto& [weight, make] : turns)
    all += weight;
  auto left = static_cast<int>(dice_.Draw(static_cast<uint64_t>(all)));
  for (const auto& [weight, make] : turns) {
    left -= weight;
    if (left < 0) return make();
  }
  CHECK(false && "the weights add up to less than their sum");
  return {};
}

// Between the two steps of whatever crosses partitions: the one who sent dies, or the one who is to take it.
std::optional<Act> Author::Between(Simulation& simulation) {
  if (script_.mix.between == 0 || simulation.in_flight().empty() || !dice_.Chance(script_.mix.between)) {
    return std::nullopt;
  }
  const auto flight =
      std::next(simulation.in_flight().begin(), static_cast<int64_t>(dice_.Draw(simulation.in_flight().size())));
  return Crash(simulation, dice_.Chance(50) ? flight->second.from : flight->second.to);
}

Act Author::Crash(Simulation&, uint32_t n) {
  const int64_t reached = dice_.Between(0, 1);
  const int64_t lost = script_.mix.lost != 0 ? dice_.Between(0, 3) : 0;
  if (dice_.Chance(50)) return {.kind = Kind::kDie, .numbers = {n, dice_.Between(1, 8), reached, lost}};
  if (dice_.Chance(script_.mix.inbox)) empties_ = n;
  const int64_t how = dice_.Chance(20) ? 2 : dice_.Chance(30) ? 1 : 0;
  return {.kind = Kind::kCrash, .numbers = {n, how, reached, lost}};
}

Act Author::Fault(Simulation& simulation) {
  const Mix& mix = script_.mix;
  const bool aborted = dice_.Draw(static_cast<uint64_t>(mix.abort + mix.unknown)) < static_cast<uint64_t>(mix.abort);
  const LogFault fault = aborted
                             ? LogFault::kAborted
                             : dice_.Of({LogFault::kUnknownVisible, LogFault::kUnknownLost, LogFault::kUnknownLate});
  return {.kind = Kind::kFault, .numbers = {Anywhere(simulation), static_cast<int64_t>(fault)}};
}

Act Author::StepOne(Simulation& simulation) {
  // Mostly the one that has something to do.
  const uint32_t n = dice_.Chance(50) ? simulation.last_asked() : Anywhere(simulation);
  if (simulation.IsDown(n, 0) && dice_.Chance(50)) return {.kind = Kind::kOpen, .numbers = {n}};
  return {.kind = Kind::kStep, .numbers = {n, 0, dice_.Chance(50)}};
}

Act Author::StepOld(Simulation& simulation) {
  const int64_t old = dice_.Between(1, static_cast<int64_t>(simulation.olds()));
  if (simulation.IsDown(0, static_cast<uint64_t>(old))) return {.kind = Kind::kOpen, .numbers = {0, old}};
  if (script_.mix.disk > 0 && dice_.Chance(5)) return {.kind = Kind::kDiskFull, .numbers = {0, old}};
  return {.kind = Kind::kStep, .numbers = {0, old, dice_.Chance(50)}};
}

// One whose state was lost, if there is any.
Act Author::Reopen(Simulation& simulation) {
  Act action{.kind = Kind::kReopen, .numbers = {Anywhere(simulation), 0, dice_.Between(0, 3)}};
  for (uint32_t n = 0; n < simulation.partitions(); ++n) {
    if (simulation.HasLostState(n, 0)) action.numbers[0] = n;
  }
  for (size_t old = 1; old <= simulation.olds(); ++old) {
    if (simulation.HasLostState(0, old) && dice_.Chance(50)) action.numbers[1] = static_cast<int64_t>(old);
  }
  return action;
}

Act Author::Pass(Simulation&) {
  const absl::Duration by = dice_.Of(
      {absl::Milliseconds(1), absl::Seconds(1), absl::Seconds(70), absl::Minutes(40), absl::Hours(3), absl::Hours(30)});
  return {.kind = Kind::kPass, .numbers = {absl::ToInt64Milliseconds(by)}};
}

// ---------------------------------------------------------------------------------------------- clients

Act Author::Ask(Simulation& simulation) {
  const Mix& mix = script_.mix;
  // Beside the year somebody asks what the model has: corrections and mistakes that no story tells.
  if (year_ && dice_.Chance(85)) {
    if (std::optional<Act> act = OfYear(simulation)) return *std::move(act);
  }
  const bool by_topic = dice_.Chance(mix.by_topic);
  const std::vector<std::string>& asked = simulation.asked_ids();
  if (!asked.empty() && dice_.Chance(mix.retries)) {
    // Mostly a recent one: that is what retries are.
    const size_t back = dice_.Chance(80) ? std::min<size_t>(asked.size(), 8) : asked.size();
    const std::string& id = asked[asked.size() - 1 - dice_.Draw(back)];
    if (!by_topic) return {.kind = Kind::kAgain, .numbers = {dice_.Chance(30)}, .command_id = id};
    if (id.starts_with("t")) return {.kind = Kind::kPutAgain, .numbers = {Anywhere(simulation)}, .command_id = id};
  }
  // Who has reported waits for the case to show before reporting more.
  if (simulation.cases().empty() && reports_ >= script_.mix.cases && dice_.Chance(85)) return StepOne(simulation);
  Asking asking = Draw(simulation);
  // By topic come members of staff, in one role each, and nothing without a home.
  const bool may = asking.actor.kind() == v1::Actor::KIND_STAFF && !asking.command.has_confirm_time();
  if (!by_topic || !may) return Send(std::move(asking));
  asking.command.set_command_id("t" + asking.command.command_id());
  const uint32_t anywhere = Anywhere(simulation);
  return {.kind = Kind::kPut,
          .numbers = {anywhere, anywhere},
          .actor = std::move(asking.actor),
          .command = std::move(asking.command)};
}

std::optional<Act> Author::OfYear(Simulation& simulation) {
  if (std::optional<Asking> asking = year_->Next(dice_, simulation)) {
    MarkWords(asking->command);
    return Send(*std::move(asking));
  }
  if (year_->over()) return std::nullopt;
  if (const auto awaited = year_->Awaited(simulation); awaited && dice_.Chance(30)) {
    return Act{.kind = Kind::kAgain, .numbers = {0}, .command_id = *awaited};
  }
  return StepOne(simulation);
}

Act Author::Send(Asking asking) {
  return {.kind = Kind::kSend,
          .numbers = {dice_.Between(0, script_.mix.partitions - 1), dice_.Chance(30)},
          .actor = std::move(asking.actor),
          .command = std::move(asking.command)};
}

// ---------------------------------------------------------------------------------------------- what is asked

Asking Author::Draw(Simulation& simulation) {
  const Mix& mix = script_.mix;
  Asking asking;
  const bool open = !simulation.cases().empty();
  if (mix.jump > 0 && dice_.Chance(5)) {
    asking.actor = Administrator();
    asking.command.mutable_confirm_time()->set_reason_code("checked");
  } else if (dice_.Chance(mix.directory)) {
    asking = OfDirectory(simulation);
  } else if (dice_.Chance(mix.imports)) {
    asking = Import(simulation);
  } else if (!open || dice_.Chance(reports_ < mix.cases ? 50 : 3)) {
    asking = Report(simulation);
  } else if (std::optional<Asking> resident; dice_.Chance(mix.residents) && (resident = OfResident(simulation))) {
    asking = *std::move(resident);
  } else {
    asking = OfCase(simulation);
  }
  Dress(simulation, asking);
  return asking;
}

void Author::Dress(Simulation& simulation, Asking& asking) {
  v1::Command& command = asking.command;
  command.set_command_id(StrCat("k", ++ids_));
  if (dice_.Chance(5)) command.set_expected_version(dice_.Draw(8));
  const bool dates = !command.importing() && !command.case_id().empty();
  if (dates && dice_.Chance(10)) {
    SetTimestamp(simulation.now() - absl::Minutes(dice_.Between(0, 300)), command.mutable_occurred_at());
  }
  if ((command.has_report_case() || command.has_record_contact() || command.has_register_resident()) &&
      dice_.Chance(script_.mix.references)) {
    v1::ExternalReference& reference = *command.add_references();
    reference.set_system("d365");
    reference.set_value(StrCat("ref-", dice_.Draw(6)));
  }
  MarkWords(command);
}

// A mark that no log may show; as letters that a household keeps when its address is made alike.
void Author::MarkWords(v1::Command& command) {
  const absl::Status marked = ForEachWords(command, [&](v1::Words& words) {
    words.set_text(StrCat("cleartext", ++words_));
    return absl::OkStatus();
  });
  CHECK(marked.ok());
}

Asking Author::OfCase(Simulation& simulation) {
  // Those that are worked on now; the others come by now and then.
  const auto all = simulation.cases().size();
  const auto open = std::min(all, static_cast<size_t>(script_.mix.cases));
  const std::string& id =
      dice_.Chance(80) ? simulation.cases()[all - 1 - dice_.Draw(open)] : dice_.Among(simulation.cases());
  const v1::CaseState* state = simulation.CaseOf(id);
  if (state == nullptr) return Report(simulation);
  Asking asking = DrawCaseAsk(
      dice_, script_.mix,
      {.state = *state, .now = simulation.now(), .cases = simulation.cases(), .residents = simulation.residents()});
  asking.command.set_case_id(id);
  return asking;
}

Asking Author::Import(Simulation& simulation) {
  if (simulation.imports().empty() || dice_.Chance(15)) {
    Asking asking = Report(simulation);
    asking.command.set_importing(true);
    SetTimestamp(simulation.now() - absl::Hours(24 * 300), asking.command.mutable_occurred_at());
    asking.command.mutable_report_case()->clear_respond_by();
    return asking;
  }
  const Simulation::ImportedCase& import = dice_.Among(simulation.imports());
  const v1::CaseState* state = simulation.CaseOf(import.case_id);
  if (state == nullptr) return Report(simulation);
  const absl::Time now = std::min(import.time + absl::Minutes(dice_.Between(0, 9000)), simulation.now());
  Asking asking =
      DrawCaseAsk(dice_, script_.mix,
                  {.state = *state, .now = now, .cases = simulation.cases(), .residents = simulation.residents()});
  asking.command.set_case_id(import.case_id);
  asking.command.set_importing(true);
  SetTimestamp(now, asking.command.mutable_occurred_at());
  return asking;
}

}  // namespace caseward::test
