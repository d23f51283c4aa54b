#include "tests/support/simulation/script.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/text.h"

namespace caseward::test {
namespace {

using Kind = Act::Kind;

struct Form {
  Kind kind;
  const char* name;
  std::array<const char*, 4> numbers;
};
constexpr Form kForms[] = {
    {Kind::kSend, "send", {"partition", "stale"}},
    {Kind::kAgain, "again", {"stale"}},
    {Kind::kPut, "put", {"partition", "topic"}},
    {Kind::kPutAgain, "put_again", {"topic"}},
    {Kind::kNonsense, "nonsense", {"topic", "sender"}},
    {Kind::kTransaction, "transaction", {"topic", "commit"}},
    {Kind::kExpire, "expire", {"topic"}},
    {Kind::kTopics, "topics", {"away"}},
    {Kind::kStep, "step", {"partition", "old", "look"}},
    {Kind::kOpen, "open", {"partition", "old"}},
    {Kind::kDeliver, "deliver", {"partition", "late"}},
    {Kind::kPass, "pass", {"ms"}},
    {Kind::kJump, "jump", {"ms"}},
    {Kind::kFault, "fault", {"partition", "kind"}},
    {Kind::kDie, "die", {"partition", "hops", "reached", "lost"}},
    {Kind::kCrash, "crash", {"partition", "how", "reached", "lost"}},
    {Kind::kLoseInbox, "lose_inbox", {"partition"}},
    {Kind::kClaimFails, "claim_fails", {"partition"}},
    {Kind::kDiskFull, "disk_full", {"partition", "old"}},
    {Kind::kReopen, "reopen", {"partition", "old", "lost"}},
    {Kind::kSecondOwner, "second_owner", {"partition"}},
    {Kind::kTakeOver, "take_over", {"partition", "warm", "told"}},
};

const Form& FormOf(Kind kind) {
  const auto* found = std::find_if(std::begin(kForms), std::end(kForms), [&](const Form& f) { return f.kind == kind; });
  CHECK(found != std::end(kForms));
  return *found;
}

std::string OneLine(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  CHECK(printer.PrintToString(message, &text));
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text;
}

absl::Status Wrong(std::string_view expected, std::string_view found) {
  return absl::InvalidArgumentError(StrCat("expected ", expected, ", found \"", found.substr(0, 80), "\""));
}

absl::Status ParseNumbers(const Form& form, const std::vector<std::string>& words, Act& action) {
  for (size_t i = 1; i < words.size(); ++i) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(words[i], absl::MaxSplits('=', 1));
    bool known = false;
    for (size_t n = 0; n < form.numbers.size(); ++n) {
      if (form.numbers[n] != nullptr && pair.first == form.numbers[n]) {
        known = absl::SimpleAtoi(pair.second, &action.numbers[n]);
      }
    }
    if (!known) return Wrong(StrCat("a number of \"", form.name, "\""), words[i]);
  }
  return absl::OkStatus();
}

absl::StatusOr<Act> ParseAct(std::string_view line) {
  // A command's text may hold anything but a line's end, a bar between blanks included: only the first two count.
  const std::vector<std::string> parts = absl::StrSplit(AbslText(line), absl::MaxSplits(" | ", 2));
  const std::vector<std::string> words = absl::StrSplit(parts[0], ' ', absl::SkipEmpty());
  const auto* form = std::find_if(std::begin(kForms), std::end(kForms),
                                  [&](const Form& f) { return !words.empty() && words[0] == f.name; });
  if (form == std::end(kForms)) return Wrong("an action", line);
  Act action{.kind = form->kind};
  if (absl::Status status = ParseNumbers(*form, words, action); !status.ok()) return status;
  const bool again = action.kind == Kind::kAgain || action.kind == Kind::kPutAgain;
  const bool asks = action.kind == Kind::kSend || action.kind == Kind::kPut;
  if (parts.size() != (asks ? 3U : again ? 2U : 1U)) return Wrong("an actor and a command, or a command's id", line);
  if (again) action.command_id = parts[1];
  if (asks && (!google::protobuf::TextFormat::ParseFromString(parts[1], &action.actor) ||
               !google::protobuf::TextFormat::ParseFromString(parts[2], &action.command))) {
    return Wrong("an actor and a command, as protobuf text", line);
  }
  return action;
}

absl::Status ParseLine(std::string_view line, Script& script) {
  const std::pair<std::string, std::string> head = absl::StrSplit(AbslText(line), absl::MaxSplits(' ', 1));
  if (head.first == "seed") {
    return absl::SimpleAtoi(head.second, &script.seed) ? absl::OkStatus() : Wrong("a seed", head.second);
  }
  if (head.first == "mix") {
    absl::StatusOr<Mix> mix = ParseMix(head.second);
    if (mix.ok()) script.mix = *std::move(mix);
    return mix.status();
  }
  absl::StatusOr<Act> action = ParseAct(line);
  if (action.ok()) script.actions.push_back(*std::move(action));
  return action.status();
}

}  // namespace

std::string Act::Text() const {
  const Form& form = FormOf(kind);
  std::string text = form.name;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (form.numbers[i] != nullptr) text += StrCat(" ", form.numbers[i], "=", numbers[i]);
  }
  if (kind == Kind::kAgain || kind == Kind::kPutAgain) text += StrCat(" | ", command_id);
  if (kind == Kind::kSend || kind == Kind::kPut) text += StrCat(" | ", OneLine(actor), " | ", OneLine(command));
  return text;
}

std::string Script::Text(const std::vector<std::string>& after) const {
  std::string text = StrCat("seed ", seed, "\nmix ", mix.Text(), "\n");
  for (size_t i = 0; i < actions.size(); ++i) {
    text += StrCat(actions[i].Text(), "\n");
    if (i >= after.size()) continue;
    for (const absl::string_view line : absl::StrSplit(after[i], '\n', absl::SkipEmpty()))
      text += StrCat("#   ", line, "\n");
  }
  return text;
}

absl::StatusOr<Script> ParseScript(std::string_view text) {
  Script script;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(AbslText(text), '\n')) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    if (absl::Status status = ParseLine(StdText(line), script); !status.ok()) {
      return absl::InvalidArgumentError(StrCat("line ", number, ": ", status.message()));
    }
  }
  return script;
}

}  // namespace caseward::test
