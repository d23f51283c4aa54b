#include "tests/support/simulation/year_asks.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "services/packs/pack_reader.h"
#include "services/year/placeholders.h"
#include "services/year/year.h"
#include "tests/support/case_builder.h"
#include "tests/support/simple_pack.h"
#include "tests/support/simulation/simulation.h"

namespace caseward::test {
namespace {

constexpr int kDays = 365;
// How many lines are looked at for one that may be asked: as many cases go on side by side.
constexpr size_t kAtOnce = 12;

v1::Command PublishHousingPack() {
  static const v1::Pack* const kPack = [] {
    absl::StatusOr<v1::Pack> pack = LoadPack("policies/housing");
    CHECK(pack.ok());
    pack->clear_version();
    // What it is rehearsed with is most of its bytes, and nothing that decides.
    pack->clear_people();
    pack->clear_scenarios();
    pack->clear_examples();
    for (v1::Rule& rule : *pack->mutable_rules())
      rule.clear_examples();
    for (v1::Alert& alert : *pack->mutable_alerts())
      alert.clear_examples();
    return new v1::Pack(*std::move(pack));  // lives for ever
  }();
  v1::Command command;
  *command.mutable_publish_pack()->mutable_pack() = *kPack;
  return command;
}

// "cm-north-1; roles=case_manager; region=north", as the year writes its actors.
v1::Actor ActorOf(const std::string& header) {
  const std::vector<std::string> parts = absl::StrSplit(header, "; ");
  v1::Actor actor;
  actor.set_id(parts[0]);
  actor.set_kind(v1::Actor::KIND_STAFF);
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::pair<std::string, std::string> named = absl::StrSplit(parts[i], '=');
    CHECK(named.first == "roles" || named.first == "region");
    named.first == "roles" ? actor.add_roles(named.second) : actor.set_region(named.second);
  }
  return actor;
}

bool OfTheDirectory(const v1::Command& command) {
  return command.has_register_staff() || command.has_register_agency() || command.has_register_agreement() ||
         command.has_delegate_sign_off();
}

}  // namespace

YearAsks::YearAsks(const Script& script) {
  entries_ = {{.actor = Administrator(), .command = PublishSimpleCalendar("")},
              {.actor = Administrator(), .command = PublishHousingPack()}};
  const year::YearOptions options{.seed = script.seed,
                                  .cases = static_cast<uint64_t>(script.mix.year),
                                  .start = absl::CivilDay(2026, 3, 2) - kDays,
                                  .days = kDays};
  std::map<std::string, std::string> last_of_case;  // by what the case is named by
  const absl::Status told = year::GenerateYear(options, [&](const year::Line& line) {
    Asking asking{.actor = ActorOf(line.actor), .command = line.command};
    if (OfTheDirectory(line.command)) {
      entries_.push_back(std::move(asking));
      return absl::OkStatus();
    }
    Waiting waiting{.asking = std::move(asking), .needs = {}};
    v1::Command& command = waiting.asking.command;
    for (const std::string* name : year::PlaceholdersOf(command))
      waiting.needs.push_back(name->substr(1));
    const std::string case_name =
        command.has_report_case() ? "@" + command.command_id() : std::string(command.case_id());
    if (!case_name.empty()) {
      std::string& last = last_of_case[case_name];
      if (!last.empty()) waiting.needs.push_back(last);
      last = command.command_id();
    }
    lines_.push_back(std::move(waiting));
    return absl::OkStatus();
  });
  CHECK(told.ok());
}

bool YearAsks::IsReady(const Waiting& line, const Simulation& simulation) const {
  return std::all_of(line.needs.begin(), line.needs.end(),
                     [&](const std::string& id) { return simulation.IsAnswered(id); });
}

std::optional<Asking> YearAsks::Next(Dice& dice, const Simulation& simulation) {
  std::vector<Waiting*> ready;
  size_t looked = 0;
  for (size_t i = first_; i < lines_.size() && looked < kAtOnce; ++i) {
    if (lines_[i].asked) continue;
    ++looked;
    if (IsReady(lines_[i], simulation)) ready.push_back(&lines_[i]);
  }
  if (ready.empty()) return std::nullopt;
  Waiting& line = *dice.Among(ready);
  line.asked = true;
  while (first_ < lines_.size() && lines_[first_].asked)
    ++first_;
  for (std::string* name : year::PlaceholdersOf(line.asking.command))
    *name = simulation.MadeBy(name->substr(1));
  return line.asking;
}

std::optional<std::string> YearAsks::Awaited(const Simulation& simulation) const {
  for (size_t i = first_; i < lines_.size(); ++i) {
    for (const std::string& id : lines_[i].needs) {
      if (simulation.IsAsked(id) && !simulation.IsAnswered(id)) return id;
    }
  }
  return std::nullopt;
}

}  // namespace caseward::test
