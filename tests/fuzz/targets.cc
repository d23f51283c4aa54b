#include "tests/fuzz/targets.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "caseward/v1/decision.pb.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward::fuzz {
namespace {

constexpr size_t kMessageBytesMax = 4096;

std::vector<std::string>& Broken() {
  static std::vector<std::string> broken;
  return broken;
}

// The message without what stands between quotes in it; \" is none.
std::string WithoutQuoted(std::string_view message) {
  std::string rest;
  bool quoted = false;
  for (size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '"' && (i == 0 || message[i - 1] != '\\')) {
      quoted = !quoted;
    } else if (!quoted) {
      rest += message[i];
    }
  }
  return rest;
}

std::vector<std::string> With(std::vector<std::string> tokens) {
  tokens.emplace_back("Zebedee Quill, 01632 960002");
  tokens.emplace_back("\xc3\x28");      // no UTF-8
  tokens.emplace_back("\xed\xa0\x80");  // a surrogate
  tokens.emplace_back("\xef\xbb\xbf");  // a byte order mark
  tokens.emplace_back(std::string(1, 0));
  return tokens;
}

std::vector<std::string> YamlTokens(std::vector<std::string> more) {
  for (const char* token :
       {"\n",        "  ",    "- ",    ": ", "{",  "}",  "[", "]", "|\n",  ">\n", "&a ",         "*a",
        "!!binary ", "---\n", "...\n", "? ", "\t", "\"", "'", "#", "null", "~",   "%YAML 1.2\n", "<<: "})
    more.emplace_back(token);
  return With(std::move(more));
}

std::vector<Target> MakeTargets() {
  const std::vector<std::string> spans = {"working_days",
                                          " business_hours",
                                          "months",
                                          "10000",
                                          "infinite-future",
                                          "+99:99",
                                          "T24:00:00Z",
                                          "C-",
                                          "R-",
                                          "-",
                                          "I",
                                          "O",
                                          "u",
                                          ".9999999999"};
  return {
      {.name = "record", .run = FuzzRecord, .tokens = With({}), .message = v1::Decision::descriptor()},
      {.name = "submit",
       .run = FuzzSubmit,
       .mutations = 25,
       .tokens = With({"case"}),
       .message = v1::Command::descriptor()},
      {.name = "pack", .run = FuzzPack, .tokens = With({}), .message = v1::Pack::descriptor()},
      {.name = "calendar",
       .run = FuzzCalendar,
       .tokens = With({"UTC", "9999-12-31", "2024-02-30", "/dev/null"}),
       .message = v1::Calendar::descriptor()},
      {.name = "text", .run = FuzzText, .mutations = 1000, .tokens = With(spans)},
      {.name = "xes",
       .run = FuzzXes,
       .tokens = With({"<trace>", "</trace>", "<event>", "</event>", "<list key=\"l\">", "<values>", "<log>", "/>",
                       "<!DOCTYPE a [<!ENTITY b \"c\">]>", "&b;", "&#0;", "<![CDATA[", "]]>", "\x1f\x8b", "value=\"",
                       "0000-00-00T00:00:00Z", "UTF-16"})},
      {.name = "pack_yaml",
       .run = FuzzPackYaml,
       .tokens = YamlTokens({"within: ", "when: ", "not: ", "clocks:", "P1"})},
      {.name = "calendar_yaml", .run = FuzzCalendarYaml, .tokens = YamlTokens({"holidays:", "\"2024-02-30\"", "1440"})},
      {.name = "map_yaml", .run = FuzzMapYaml, .tokens = YamlTokens({"case:", "values:", "Europe/London", "from: "})},
      {.name = "json_line",
       .run = FuzzJsonLine,
       .tokens = With({"{", "}", "[", "]", ":", ",", "\"", "null", "1e400", "\\u0000", "\\ud800",
                       "\"@type\":", "\"command\":", "\"actor\":", "NaN"})},
      {.name = "wire",
       .run = FuzzWire,
       .mutations = 400,
       .tokens = With({"\x0a", "\xa2\x01", "\x0b"}),
       .message = v1::Command::descriptor()},
      {.name = "actor_header",
       .run = FuzzActorHeader,
       .mutations = 1000,
       .tokens = With({"; ", "=", ",", "roles=", "kind=service", "on_behalf_of=", "region=", "trained="})},
      {.name = "page_token", .run = FuzzPageToken, .mutations = 1000, .tokens = With({"=", "-", "_", "MQ"})},
      {.name = "read_mask",
       .run = FuzzReadMask,
       .mutations = 400,
       .tokens = With({".", ",", "clocks", "account.text"})},
      {.name = "webhook",
       .run = FuzzWebhook,
       .mutations = 200,
       .tokens = With({"https://", "http://", "@", "[::1]", ":", "/", "?", "#", "\r\n", "99999"})},
      {.name = "frame", .run = FuzzFrame, .mutations = 400, .tokens = With({"s/R-1", "\xff\xff\xff\xff"})},
      {.name = "state_key", .run = FuzzStateKey, .mutations = 1000, .tokens = With({"t", "e", "C-01"})},
  };
}

}  // namespace

const std::vector<Target>& Targets() {
  static const std::vector<Target> targets = MakeTargets();
  return targets;
}

void Demand(bool holds, std::string_view promise) {
  if (!holds) Broken().emplace_back(promise);
}

std::vector<std::string> TakeBroken() { return std::exchange(Broken(), {}); }

void DemandGoodMessage(std::string_view message, std::string_view where, Quotes quotes) {
  const auto demand = [&](bool holds, std::string_view promise) {
    if (!holds) Demand(false, StrCat(promise, ": \"", message.substr(0, 300), "\""));
  };
  demand(!message.empty(), "an error has a message");
  demand(message.find(where) != std::string_view::npos, StrCat("an error says where (", where, ")"));
  demand(IsValidUtf8(message), "an error is valid UTF-8");
  demand(message.size() <= kMessageBytesMax, StrCat("an error is short, not ", message.size(), " bytes"));
  demand(std::none_of(message.begin(), message.end(),
                      [](unsigned char c) { return c != '\n' && (c < 0x20 || c == 0x7f); }),
         "an error has no control characters");
  const std::string said = quotes == Quotes::kNothing ? std::string(message) : WithoutQuoted(message);
  demand(absl::AsciiStrToLower(said).find(absl::AsciiStrToLower(AbslText(kPersonalWord))) == std::string::npos,
         "an error quotes no personal words");
}

void DemandGoodError(const absl::Status& status, std::string_view where, Quotes quotes) {
  Demand(!absl::IsInternal(status) && !absl::IsUnknown(status), "an error of the input is not one of ours");
  DemandGoodMessage(StdText(status.message()), where, quotes);
}

}  // namespace caseward::fuzz
