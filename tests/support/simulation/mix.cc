#include "tests/support/simulation/mix.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "engine/partition/routing.h"
#include "engine/policy/verbs.h"
#include "tests/support/simulation/chance.h"

namespace caseward::test {
namespace {

constexpr std::pair<const char*, int Mix::*> kFieldNames[] = {
    {"partitions", &Mix::partitions},
    {"inbox_max", &Mix::inbox_max},
    {"round_max", &Mix::round_max},
    {"cached_cases", &Mix::cached_cases},
    {"cached_lines", &Mix::cached_lines},
    {"ids_kept_hours", &Mix::ids_kept_hours},
    {"intake_idle_seconds", &Mix::intake_idle_seconds},
    {"delays", &Mix::delays},
    {"loads", &Mix::loads},
    {"shared", &Mix::shared},
    {"crash", &Mix::crash},
    {"between", &Mix::between},
    {"lost", &Mix::lost},
    {"abort", &Mix::abort},
    {"unknown", &Mix::unknown},
    {"claim", &Mix::claim},
    {"inbox", &Mix::inbox},
    {"disk", &Mix::disk},
    {"second", &Mix::second},
    {"jump", &Mix::jump},
    {"topics", &Mix::topics},
    {"nonsense", &Mix::nonsense},
    {"by_topic", &Mix::by_topic},
    {"retries", &Mix::retries},
    {"imports", &Mix::imports},
    {"residents", &Mix::residents},
    {"directory", &Mix::directory},
    {"wrong", &Mix::wrong},
    {"closing", &Mix::closing},
    {"cases", &Mix::cases},
    {"year", &Mix::year},
    {"references", &Mix::references},
};

// Verbs without which a run says nothing are never left out.
bool MayBeLeftOut(std::string_view verb) { return verb != "report" && verb != "triage" && verb != "contact"; }

}  // namespace

Mix DrawMix(std::mt19937_64& random) {
  Dice dice(random);
  Mix mix;
  // On in `percent` of the seeds, and then rare, common or frequent.
  const auto some = [&](int percent, int rare, int common, int frequent) {
    if (!dice.Chance(percent)) return 0;
    return dice.Of({rare, common, common, frequent});
  };
  mix.partitions = 2 + static_cast<int>(dice.Draw(3));
  mix.inbox_max = dice.Chance(20) ? 3 : 64;
  mix.round_max = dice.Chance(30) ? 1 + static_cast<int>(dice.Draw(4)) : 64;
  mix.cached_cases = dice.Chance(30) ? 2 : 100;
  mix.cached_lines = dice.Chance(30) ? 5 : 1000;
  mix.ids_kept_hours = dice.Chance(20) ? 24 : 24 * 400;
  mix.intake_idle_seconds = dice.Chance(50) ? 30 : 3600;
  mix.delays = dice.Chance(60);
  mix.loads = dice.Chance(50);
  mix.shared = dice.Chance(50);
  mix.crash = some(60, 10, 30, 80);
  mix.between = mix.crash > 0 ? some(70, 5, 15, 40) : 0;
  mix.lost = dice.Chance(60);
  mix.abort = some(40, 5, 20, 60);
  mix.unknown = some(40, 5, 20, 60);
  mix.claim = some(30, 10, 25, 60);
  mix.inbox = mix.crash > 0 ? some(30, 20, 50, 80) : 0;
  mix.disk = some(30, 5, 20, 50);
  mix.second = some(50, 8, 25, 60);
  mix.jump = some(30, 5, 20, 40);
  mix.topics = some(30, 5, 10, 20);
  mix.nonsense = some(50, 3, 10, 30);
  mix.by_topic = some(55, 15, 40, 80);
  mix.retries = some(70, 5, 20, 40);
  mix.imports = some(40, 5, 15, 40);
  mix.residents = some(70, 5, 12, 30);
  mix.directory = some(60, 2, 5, 15);
  mix.wrong = dice.Of({2, 10, 10, 40});
  mix.closing = dice.Of({0, 0, 30, 70});
  mix.cases = dice.Of({1, 1, 2, 3, 8});
  mix.references = some(60, 10, 30, 60);
  const auto& verbs = *v1::Command::descriptor()->FindOneofByName("verb");
  for (int i = 0; i < verbs.field_count(); ++i) {
    const auto verb = static_cast<Verb>(verbs.field(i)->number());
    const std::string name(VerbName(verb));
    if (!IsClientVerb(verb)) continue;
    const int weight = dice.Of({1, 1, 1, 1, 0, 5});
    if (weight != 1 && (weight > 0 || MayBeLeftOut(name))) mix.verbs[name] = weight;
  }
  // Drawn aside: a seed without it asks what it asked before there was one.
  std::mt19937_64 copy = random;
  std::mt19937_64 aside(copy());
  Dice year(aside);
  mix.year = year.Chance(4) ? static_cast<int>(year.Between(1, 4)) : 0;
  // The year has its own imports, and its own directory.
  if (mix.year > 0) mix.imports = mix.directory = mix.loads = 0;
  return mix;
}

std::string Mix::Text() const {
  std::vector<std::string> parts;
  for (const auto& [name, field] : kFieldNames)
    parts.push_back(StrCat(name, "=", this->*field));
  std::vector<std::string> weights;
  for (const auto& [verb, weight] : verbs)
    weights.push_back(StrCat(verb, ":", weight));
  parts.push_back(StrCat("verbs=", absl::StrJoin(weights, ",")));
  return absl::StrJoin(parts, " ");
}

absl::StatusOr<Mix> ParseMix(std::string_view text) {
  Mix mix;
  const auto wrong = [](std::string_view found) {
    return absl::InvalidArgumentError(StrCat("expected name=number of a mix, found \"", found, "\""));
  };
  for (const absl::string_view part : absl::StrSplit(AbslText(text), ' ', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (pair.first == "verbs") {
      for (const absl::string_view one : absl::StrSplit(pair.second, ',', absl::SkipEmpty())) {
        const std::pair<std::string, std::string> verb = absl::StrSplit(one, ':');
        if (!absl::SimpleAtoi(verb.second, &mix.verbs[verb.first])) return wrong(StdText(part));
      }
      continue;
    }
    bool known = false;
    for (const auto& [name, field] : kFieldNames) {
      if (pair.first == name) known = absl::SimpleAtoi(pair.second, &(mix.*field));
    }
    if (!known) return wrong(StdText(part));
  }
  if (mix.partitions < 1) return wrong("partitions=0");
  return mix;
}

}  // namespace caseward::test
