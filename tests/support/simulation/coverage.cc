#include "tests/support/simulation/coverage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "engine/policy/verbs.h"

namespace caseward::test {
namespace {

constexpr std::array<const char*, kMisfortunes> kNames = {"calm",       "crash",        "dropped",     "aborted",
                                                          "unknown",    "claim_failed", "disk_full",   "second_owner",
                                                          "taken_over", "jumped",       "topics_away", "inbox_lost"};

const std::vector<std::string>& Phases() {
  static const auto& phases =
      *new std::vector<std::string>{"none",      "reported", "open",    "closing", "closed", "withdrawn",
                                    "importing", "known",    "merging", "merged",  "erased", "-"};
  return phases;
}

std::vector<std::string> Verbs() {
  std::vector<std::string> names;
  const auto& verbs = *v1::Command::descriptor()->FindOneofByName("verb");
  for (int i = 0; i < verbs.field_count(); ++i)
    names.emplace_back(VerbName(static_cast<Verb>(verbs.field(i)->number())));
  return names;
}

const char* NameOf(Coverage::Result result) { return result == Coverage::Result::kAccepted ? "accepted" : "refused"; }

}  // namespace

const char* NameOf(Misfortune misfortune) { return kNames[static_cast<size_t>(misfortune)]; }

void Coverage::Count(std::string_view verb, std::string_view phase, Result result, Misfortune misfortune,
                     uint64_t times) {
  cells_[{std::string(verb), std::string(phase), result, misfortune}] += times;
}

void Coverage::Add(const Coverage& other) {
  for (const auto& [key, times] : other.cells_)
    cells_[key] += times;
}

uint64_t Coverage::Of(std::string_view verb, Result result) const {
  uint64_t times = 0;
  for (const auto& [key, count] : cells_) {
    if (std::get<0>(key) == verb && std::get<2>(key) == result) times += count;
  }
  return times;
}

uint64_t Coverage::Under(std::string_view verb, Result result, Misfortune misfortune) const {
  uint64_t times = 0;
  for (const auto& [key, count] : cells_) {
    if (std::get<0>(key) == verb && std::get<2>(key) == result && std::get<3>(key) == misfortune) times += count;
  }
  return times;
}

std::vector<std::string> Coverage::Never(Result result) const {
  std::vector<std::string> never = Verbs();
  std::erase_if(never, [&](const std::string& verb) { return Of(verb, result) > 0; });
  return never;
}

template <typename Column>
std::string Coverage::TableBy(const std::vector<std::string>& columns, Column column) const {
  std::map<std::pair<std::string, std::string>, std::array<uint64_t, 2>> sums;
  for (const auto& [key, times] : cells_)
    sums[{std::get<0>(key), column(key)}][static_cast<size_t>(std::get<2>(key))] += times;
  std::string text = absl::StrFormat("%-23s", "accepted/refused");
  for (const std::string& name : columns)
    text += absl::StrFormat("%13s", name);
  text += "\n";
  for (const std::string& verb : Verbs()) {
    text += absl::StrFormat("%-23s", verb);
    for (const std::string& name : columns) {
      const auto found = sums.find({verb, name});
      const std::array<uint64_t, 2> cell = found == sums.end() ? std::array<uint64_t, 2>{} : found->second;
      text += absl::StrFormat("%13s", cell[0] + cell[1] == 0 ? "." : StrCat(cell[0], "/", cell[1]));
    }
    text += "\n";
  }
  return text;
}

std::string Coverage::Table() const {
  std::vector<std::string> misfortunes(kNames.begin(), kNames.end());
  std::set<std::tuple<std::string, std::string, Result>> reached;
  for (const auto& [key, times] : cells_)
    reached.emplace(std::get<0>(key), std::get<1>(key), std::get<2>(key));
  std::string text = "verb by phase\n";
  text += TableBy(Phases(), [](const Key& key) { return std::get<1>(key); });
  text += "\nverb by misfortune\n";
  text += TableBy(misfortunes, [](const Key& key) { return std::string(NameOf(std::get<3>(key))); });
  text += StrCat("\n", reached.size(), " of verb x phase x result were reached, and ", cells_.size(), " of the ",
                 reached.size() * kMisfortunes, " of these x misfortune\n");
  for (const Result result : {Result::kAccepted, Result::kRefused}) {
    const std::vector<std::string> never = Never(result);
    text += StrCat("never ", NameOf(result), ": ", never.empty() ? "none" : absl::StrJoin(never, ", "), "\n");
  }
  for (int i = 0; i < kMisfortunes; ++i) {
    std::vector<std::string> never;
    for (const std::string& verb : Verbs()) {
      const uint64_t all = Of(verb, Result::kAccepted);
      if (all > 0 && Under(verb, Result::kAccepted, static_cast<Misfortune>(i)) == 0) never.push_back(verb);
    }
    if (!never.empty())
      text += StrCat("never accepted under ", kNames[static_cast<size_t>(i)], ": ", absl::StrJoin(never, ", "), "\n");
  }
  return text;
}

std::string Coverage::Cells() const {
  std::string text;
  for (const auto& [key, times] : cells_) {
    text += StrCat(std::get<0>(key), "\t", std::get<1>(key), "\t", NameOf(std::get<2>(key)), "\t",
                   NameOf(std::get<3>(key)), "\t", times, "\n");
  }
  return text;
}

absl::Status Coverage::Read(std::string_view cells) {
  for (const absl::string_view line : absl::StrSplit(AbslText(cells), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, '\t');
    uint64_t times = 0;
    const auto name = parts.size() == 5 ? std::find(kNames.begin(), kNames.end(), parts[3]) : kNames.end();
    if (name == kNames.end() || !absl::SimpleAtoi(parts[4], &times)) {
      return absl::InvalidArgumentError(StrCat("expected a cell of a coverage, found \"", StdText(line), "\""));
    }
    Count(parts[0], parts[1], parts[2] == "accepted" ? Result::kAccepted : Result::kRefused,
          static_cast<Misfortune>(name - kNames.begin()), times);
  }
  return absl::OkStatus();
}

}  // namespace caseward::test
