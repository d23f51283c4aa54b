#include "services/packs/example_command.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include "pack_text.h"

namespace caseward {
namespace {

// The command of the one step written as YAML.
absl::StatusOr<v1::Command> CommandOf(const std::string& step) {
  PackReading reading = ReadSmallPackWith("examples:\n  - name: x\n    when: " + step + "\n");
  for (const FileProblem& problem : reading.problems)
    ADD_FAILURE() << FormatProblem(problem);
  return CommandFromExample(reading.pack, reading.pack.examples(0).when());
}

void ExpectCommand(const std::string& step, const std::string& expected_text) {
  v1::Command expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(expected_text, &expected)) << expected_text;
  const auto command = CommandOf(step);
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*command, expected)) << command->DebugString();
}

TEST(CommandFromExample, CarriesTheStepsOwnKeys) {
  ExpectCommand("{by: ann, channel: phone, occurred_at: 2026-03-02T09:00:00Z, late_reason_code: sick, close: {}}",
                R"(channel: "phone" occurred_at { seconds: 1772442000 } late_reason_code: "sick" close_case {})");
}

TEST(CommandFromExample, TurnsPlainTextIntoWordsEnumsSpansAndTimes) {
  ExpectCommand(
      "{by: ann, contact: {with: reporter, outcome: two_way, note: 'They talked.', next_update_by: "
      "2026-03-02T09:00:00Z}}",
      R"(record_contact { with: WITH_REPORTER outcome: OUTCOME_TWO_WAY note { text: "They talked." } next_update_by { seconds: 1772442000 } })");
  ExpectCommand("{by: ann, extend: {clock: c, by: 2 working_days, reason_code: r}}",
                R"(extend_clock { clock: "c" by { amount: 2 unit: TIME_UNIT_WORKING_DAY } reason_code: "r" })");
  ExpectCommand(
      "{by: ann, report: {case_type: noise, priority: P2, account: {text: 'A and B', subjects: [r1, r2]}, resident_id: "
      "r1}}",
      R"(resident_id: "r1" report_case { case_type: "noise" priority: PRIORITY_P2 account { text: "A and B" subjects: ["r1", "r2"] } })");
  ExpectCommand(
      "{by: ann, plan: {outcome_sought: Quiet, actions: [{kind: visit, due: 2026-03-02T09:00:00Z}, {kind: letter}]}}",
      R"(agree_plan { outcome_sought { text: "Quiet" } actions { kind: "visit" due { seconds: 1772442000 } } actions { kind: "letter" } })");
  ExpectCommand("{by: ann, correct: {corrects_version: 4, reason_code: typo}}",
                R"(correct_fact { corrects_version: 4 reason_code: "typo" })");
}

TEST(CommandFromExample, DeclaredFieldsTakeTheirDeclaredKind) {
  ExpectCommand(
      "{by: ann, step: {step: risk_assessed, fields: {band: high, score: 12, next_due: 2026-03-02T09:00:00Z, notes: "
      "text}}}",
      R"(record_step { step: "risk_assessed" fields { key: "band" value { code: "high" } } fields { key: "score" value { number: 12 } }
                   fields { key: "next_due" value { at { seconds: 1772442000 } } } fields { key: "notes" value { words { text: "text" } } } })");
  ExpectCommand("{by: ann, step: {step: risk_assessed, fields: {band: 3}}}",
                R"(record_step { step: "risk_assessed" fields { key: "band" value { code: "3" } } })");
}

TEST(CommandFromExample, UndeclaredFieldsTakeTheKindTheyLookLike) {
  ExpectCommand(
      "{by: ann, step: {step: risk_assessed, fields: {extra: true, more: 4, rest: word}}}",
      R"(record_step { step: "risk_assessed" fields { key: "extra" value { flag: true } } fields { key: "more" value { number: 4 } }
                   fields { key: "rest" value { code: "word" } } })");
}

TEST(CommandFromExample, SaysWhatDoesNotFit) {
  const auto message = [](const std::string& step) { return std::string(CommandOf(step).status().message()); };

  EXPECT_THAT(message("{by: ann, contact: {outcome: twoway}}"),
              testing::HasSubstr("contact.fields.outcome: expected one of two_way"));
  EXPECT_THAT(message("{by: ann, contact: {outcom: two_way}}"), testing::HasSubstr("did you mean \"outcome\"?"));
  EXPECT_THAT(message("{by: ann, extend: {by: soon}}"), testing::HasSubstr("expected a span"));
  EXPECT_THAT(message("{by: ann, plan: {review_by: 2026-02-30T00:00:00Z}}"),
              testing::HasSubstr("an instant that exists"));
  EXPECT_THAT(message("{by: ann, contact: {update: maybe}}"), testing::HasSubstr("true or false"));
  EXPECT_THAT(message("{by: ann, step: {step: risk_assessed, fields: {next_due: tomorrow}}}"),
              testing::HasSubstr("fields.next_due"));
}

}  // namespace
}  // namespace caseward
