// The human forms and what they stand for.
#include "services/packs/pack_reader.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <filesystem>
#include <fstream>

#include "engine/policy/compiled_pack.h"
#include "pack_text.h"
#include "services/packs/lint_pack.h"

namespace caseward {
namespace {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

MATCHER_P(IsMessage, text, "") {
  const auto expected = FromText<std::decay_t<decltype(arg)>>(text);
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(expected, arg)) return true;
  *result_listener << difference;
  return false;
}

v1::Condition ConditionOf(const std::string& yaml) {
  PackReading reading = ReadPackText("rules:\n  - id: R\n    when: " + yaml + "\n", "pack.yaml");
  for (const FileProblem& problem : reading.problems)
    ADD_FAILURE() << FormatProblem(problem);
  return reading.pack.rules(0).when();
}

TEST(Conditions, EveryForm) {
  EXPECT_THAT(ConditionOf("{all: [{flag: a}, {not: {flag: b}}]}"),
              IsMessage(R"(all { of { flag: "a" } of { not { flag: "b" } } })"));
  EXPECT_THAT(ConditionOf("{any: {flag: a}}"), IsMessage(R"(any { of { flag: "a" } })"));
  EXPECT_THAT(ConditionOf("{last: {step: s, answer: [x, y], score: {at_least: 3}, within: 10 working_days, since: e}}"),
              IsMessage(R"(last { step: "s" within { amount: 10 unit: TIME_UNIT_WORKING_DAY } since: "e"
                where { field: "answer" any_of: ["x", "y"] } where { field: "score" at_least: 3 } })"));
  EXPECT_THAT(
      ConditionOf("{count: {event: contact_made, where: {with: victim}, at_least: 3, within: 5 days, span: 24 hours, "
                  "distinct_by: channel, distinct_at_least: 2, since: case_reported, by_asker: true}}"),
      IsMessage(R"(count { of { event: "contact_made" where { field: "with" any_of: "victim" } } at_least: 3
                within { amount: 5 unit: TIME_UNIT_DAY } span { amount: 24 unit: TIME_UNIT_HOUR } distinct_by: "channel"
                distinct_at_least: 2 since: "case_reported" by_asker: true })"));
  EXPECT_THAT(ConditionOf("{open_actions: true}"), IsMessage("open_actions {}"));
  EXPECT_THAT(ConditionOf("{open_actions: {overdue: true, promises: true, kinds: visit}}"),
              IsMessage(R"(open_actions { overdue: true promises: true kinds: "visit" })"));
  EXPECT_THAT(ConditionOf("{clock: {clock: c, status: breached}}"),
              IsMessage(R"(clock { clock: "c" status: "breached" })"));
  EXPECT_THAT(ConditionOf("{priority: P1}"), IsMessage("priority { any_of: PRIORITY_P1 }"));
  EXPECT_THAT(ConditionOf("{priority: [P1, P2]}"), IsMessage("priority { any_of: [PRIORITY_P1, PRIORITY_P2] }"));
  EXPECT_THAT(ConditionOf("{case_type: noise}"), IsMessage(R"(case_type { any_of: "noise" })"));
  EXPECT_THAT(
      ConditionOf("{actor: {roles: a, is: [owner], is_not: proposer, min_tier: 2, human: true, trained_in: x}}"),
      IsMessage(R"(actor { roles: "a" is: "owner" is_not: "proposer" min_tier: 2 human: true trained_in: "x" })"));
  EXPECT_THAT(ConditionOf("{asked: {with: victim, next_update_by: {within: 20 working_days}}}"),
              IsMessage(R"(asked { of { field: "with" any_of: "victim" }
                of { field: "next_update_by" within { amount: 20 unit: TIME_UNIT_WORKING_DAY } } })"));
  EXPECT_THAT(ConditionOf("{age: {of: opened, at_least: 5 working_days}}"),
              IsMessage(R"(age { of: "opened" at_least { amount: 5 unit: TIME_UNIT_WORKING_DAY } })"));
  EXPECT_THAT(ConditionOf("{sign_off: {subject: closure, by_roles: [a]}}"),
              IsMessage(R"(sign_off { subject: "closure" by_roles: "a" })"));
  EXPECT_THAT(ConditionOf("{sign_off: {by: a}}"), IsMessage(R"(sign_off { subject: "closure" by_roles: "a" })"));
  EXPECT_THAT(
      ConditionOf("{case: {anonymous: true, owner: {present: false}}}"),
      IsMessage(R"(case_state { of { field: "anonymous" any_of: "true" } of { field: "owner" present: false } })"));
  EXPECT_THAT(ConditionOf("{resident: {interpreter: true}}"),
              IsMessage(R"(resident { of { field: "interpreter" any_of: "true" } })"));
  EXPECT_THAT(ConditionOf("{checklist: closing}"), IsMessage(R"(checklist: "closing")"));
  EXPECT_THAT(ConditionOf("{event: {channel: web}}"), IsMessage(R"(event { of { field: "channel" any_of: "web" } })"));
}

TEST(Clocks, InTheFormsPeopleWrite) {
  const PackReading reading = ReadPackText(R"yaml(
clocks:
  - id: first_contact            # CK-01
    clause: "4.2"
    provenance: SECTOR
    starts_on: {event: case_reported, at: aware_at}
    stops_on: {event: contact_made, where: {with: reporter, two_way: true}, when: {flag: hate}}
    ceases_on: [case_closed, {event: case_withdrawn}]
    within: {P1: 1 working_day, P2: 3 working_days, any: 5 working_days}
    warn_at: 75%
    on_breach: [{escalate_to: manager}, {alert: late, when: {priority: P1}}]
  - id: answer
    due: {from: respond_by}
    within:
      - {priority: P1, when: {flag: a}, span: 24 hours}
      - {P1: 1 day}
      - {any: 2 days}
  - {id: simple, within: 5 days}
)yaml",
                                           "pack.yaml");

  EXPECT_THAT(reading.problems, testing::IsEmpty());
  EXPECT_THAT(reading.pack, IsMessage(R"(
    clocks { id: "first_contact" clause: "4.2" provenance: PROVENANCE_SECTOR
      starts_on { on { event: "case_reported" } at: "aware_at" }
      stops_on { on { event: "contact_made" where { field: "with" any_of: "reporter" } where { field: "two_way" any_of: "true" } } when { flag: "hate" } }
      ceases_on { on { event: "case_closed" } } ceases_on { on { event: "case_withdrawn" } }
      within { priority: PRIORITY_P1 span { amount: 1 unit: TIME_UNIT_WORKING_DAY } }
      within { priority: PRIORITY_P2 span { amount: 3 unit: TIME_UNIT_WORKING_DAY } }
      within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
      warn_percent: 75 on_breach { escalate_to: "manager" } on_breach { alert: "late" when { priority { any_of: PRIORITY_P1 } } } }
    clocks { id: "answer" due_from: "respond_by"
      within { priority: PRIORITY_P1 when { flag: "a" } span { amount: 24 unit: TIME_UNIT_HOUR } }
      within { priority: PRIORITY_P1 span { amount: 1 unit: TIME_UNIT_DAY } } within { span { amount: 2 unit: TIME_UNIT_DAY } } }
    clocks { id: "simple" within { span { amount: 5 unit: TIME_UNIT_DAY } } })"));
}

TEST(Rules, NeedsInTheirForms) {
  const PackReading reading = ReadPackText(R"yaml(
rules:
  - id: R-1
    on: close
    need: {sign_off: {by: director}}
  - id: R-2
    on: [close, reopen]
    need:
      - {last: {step: risk}, say: Assess it., by_roles: officer}
      - {id: own, condition: {flag: hate}}
      - {flag: hate}
)yaml",
                                           "pack.yaml");

  EXPECT_THAT(reading.problems, testing::IsEmpty());
  EXPECT_THAT(reading.pack, IsMessage(R"(
    rules { id: "R-1" on: "close" needs { id: "closure" condition { sign_off { subject: "closure" by_roles: "director" } } } }
    rules { id: "R-2" on: ["close", "reopen"]
      needs { id: "risk" condition { last { step: "risk" } } say: "Assess it." by_roles: "officer" }
      needs { id: "own" condition { flag: "hate" } } needs { id: "R-2" condition { flag: "hate" } } })"));
}

TEST(CaseTypes, WhatTheirBodyHoldsGoesToThePackForThatType) {
  const PackReading reading = ReadPackText(R"yaml(
clocks: [{id: of_all}]
case_types:
  hate:
    priority: P1
    clocks: {mine: {within: 1 day}}
    rules:
      - {id: R-1, examples: [{name: x, when: {by: ann, close: {}}}]}
    checklists: {list: {}}
    sign_offs: {closure: {rule: R-1}}
    alerts: {late: {}}
    steps: {visit: {}}
)yaml",
                                           "pack.yaml");

  EXPECT_THAT(reading.problems, testing::IsEmpty());
  EXPECT_THAT(reading.pack, IsMessage(R"(
    case_types { id: "hate" priority: PRIORITY_P1 }
    clocks { id: "of_all" } clocks { id: "mine" within { span { amount: 1 unit: TIME_UNIT_DAY } } case_types: "hate" }
    rules { id: "R-1" case_types: "hate" examples { name: "x" case_type: "hate" when { by: "ann" verb: "close" fields {} } } }
    checklists { id: "list" case_types: "hate" } sign_offs { subject: "closure" rule: "R-1" case_types: "hate" }
    alerts { id: "late" case_types: "hate" } steps { id: "visit" case_types: "hate" })"));
}

TEST(Examples, StepsKeepTheirFieldsAsPlainValues) {
  const PackReading reading = ReadPackText(R"yaml(
scenarios:
  opened:
    from: nothing
    steps:
      - at: 2026-03-02T09:00:00+00:00
        by: ann
        channel: phone
        report: {account: 'shouting', anonymous: true, fields: {score: 12, code: "12", ratio: 0.5, postcode: 0123}}
      - {after: 2 working_days, by: ann, occurred_at: 2026-03-03T09:00:00Z, refused: R-1, close: {}}
examples:
  - name: late
    from: opened
    then: {at: 2026-04-01T00:00:00Z, clocks: {c: breached}, due: {c: 2026-03-09T00:00:00Z}, flags: {hate: true}, priority: P1}
)yaml",
                                           "pack.yaml");

  EXPECT_THAT(reading.problems, testing::IsEmpty());
  EXPECT_THAT(reading.pack, IsMessage(R"(
    scenarios { id: "opened" from: "nothing"
      steps { at { seconds: 1772442000 } by: "ann" channel: "phone" verb: "report" fields {
        fields { key: "account" value { string_value: "shouting" } } fields { key: "anonymous" value { bool_value: true } }
        fields { key: "fields" value { struct_value {
          fields { key: "score" value { number_value: 12 } } fields { key: "code" value { string_value: "12" } }
          fields { key: "ratio" value { number_value: 0.5 } } fields { key: "postcode" value { string_value: "0123" } } } } } } }
      steps { after { amount: 2 unit: TIME_UNIT_WORKING_DAY } by: "ann" occurred_at { seconds: 1772528400 } refused: "R-1" verb: "close" fields {} } }
    examples { name: "late" from: "opened" then { at { seconds: 1775001600 } priority: PRIORITY_P1
      clocks { key: "c" value: "breached" } due { key: "c" value { seconds: 1773014400 } } flags { key: "hate" value: true } } })"));
}

// ---------------------------------------------------------------------------------------------- folders

struct FolderTest : testing::Test {
  std::filesystem::path folder;
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(testing::TempDir()) /
             (std::string("packs_") + test->name() + std::to_string(::testing::UnitTest::GetInstance()->random_seed()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; }
};

TEST_F(FolderTest, FilesAddUpInTheOrderOfTheirNamesAfterTheHead) {
  Write("a.yaml", "closing_reasons: [first]\nrules: [{id: R-1}]\n");
  Write("pack.yaml", "id: small\nclosing_reasons: [head]\n");
  Write("z.yaml", "closing_reasons: last\nrules: [{id: R-2}]\n");
  Write("notes.md", "not a part: [");

  const PackReading reading = ReadPack(folder.string());

  EXPECT_THAT(reading.problems, testing::IsEmpty());
  EXPECT_THAT(
      reading.pack,
      IsMessage(R"(id: "small" closing_reasons: ["head", "first", "last"] rules { id: "R-1" } rules { id: "R-2" })"));
  EXPECT_EQ(reading.marks.Find("rules[1].id").file, (folder / "z.yaml").string());
  EXPECT_EQ(reading.marks.Find("rules[1].say").line, 2);
}

TEST_F(FolderTest, AFileAboutAPackIsNoPartOfIt) {
  Write("pack.yaml", "id: small\n");
  Write("map.yaml", "pack: small\nsystem: other\n");

  EXPECT_THAT(ReadPack(folder.string()).problems, testing::IsEmpty());
}

TEST_F(FolderTest, OnlyPackYamlIsTheHead) {
  Write("pack.yaml", "id: small\n");
  Write("other.yaml", "title: Not here\n");

  EXPECT_THAT(ReadPack(folder.string()).problems,
              testing::ElementsAre(testing::Field(&FileProblem::expected, "only in pack.yaml")));
  std::filesystem::remove(folder / "pack.yaml");
  EXPECT_THAT(ReadPack(folder.string()).problems,
              testing::Contains(testing::Field(&FileProblem::expected, "pack.yaml")));
}

TEST_F(FolderTest, LoadPackGivesThePackOrEveryProblem) {
  Write("pack.yaml", kSmallPack);
  ASSERT_TRUE(LoadPack(folder.string()).ok()) << LoadPack(folder.string()).status();
  EXPECT_EQ(LoadPack(folder.string())->id(), "small");

  Write("more.yaml", "rules:\n  - {id: R-1}\n");
  const auto failed = LoadPack(folder.string());
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(failed.status().message()), testing::HasSubstr("more.yaml:2:5: rules[0].clause: expected"));
}

// ---------------------------------------------------------------------------------------------- lint

TEST(LintPack, ARuleWithoutBothKindsOfExampleIsAWarning) {
  const std::string rule = R"yaml(rules:
  - id: R-1
    clause: c
    provenance: OURS
    on: [close, withdraw]
    when: {flag: hate}
    say: "No."
    examples:
      - {name: no, case_type: hate, when: {by: ann, close: {}}, then: {refused: R-1}}
)yaml";

  const PackLint one = LintPackText(kSmallPack + rule, "pack.yaml");
  EXPECT_TRUE(one.ok());
  EXPECT_NE(one.compiled, nullptr);
  EXPECT_THAT(one.warnings,
              testing::ElementsAre(ProblemAt(2, "rules[0]", "one it lets through", "none it lets through")));

  const PackLint both = LintPackText(
      kSmallPack + rule + "      - {name: yes, case_type: noise, when: {by: ann, close: {}}, then: {accepted: true}}\n",
      "pack.yaml");
  EXPECT_THAT(both.warnings, testing::IsEmpty());
}

TEST(LintPack, AClockNothingCanStopIsAnError) {
  const PackLint lint =
      LintPackText(std::string(kSmallPack) +
                       "clocks:\n  - {id: c, clause: c, provenance: OURS, starts_on: case_reported, within: 1 day}\n",
                   "pack.yaml");

  EXPECT_THAT(lint.errors, testing::ElementsAre(
                               ProblemAt(2, "clocks[0]", "stops_on, ceases_on or cease_reasons", "nothing can stop")));
  EXPECT_EQ(lint.compiled, nullptr);
}

// ---------------------------------------------------------------------------------------------- calendars

const char kWeekdaysOnly[] = R"yaml(id: weekdays
time_zone: Europe/London
covers_from: 2026-01-01
covers_to: 2026-12-31
working_weekdays: [1, 2, 3, 4, 5]
opens: "09:00"
closes: "17:00"
holidays:
  - {date: 2026-12-25, title: Christmas Day}
)yaml";

TEST(Calendar, IsReadByItsKeys) {
  const CalendarReading reading = ReadCalendarText(kWeekdaysOnly, "c.yaml");

  EXPECT_THAT(reading.problems, testing::IsEmpty());
  EXPECT_THAT(reading.calendar,
              IsMessage(R"(id: "weekdays" time_zone: "Europe/London" covers_from: "2026-01-01" covers_to: "2026-12-31"
    working_weekdays: [1, 2, 3, 4, 5] opens_minute: 540 closes_minute: 1020 holidays { date: "2026-12-25" title: "Christmas Day" })"));
}

TEST(Calendar, DatesExistAndAreCovered) {
  const auto with = [](const std::string& holiday) {
    return ReadCalendarText(std::string(kWeekdaysOnly) + holiday, "c.yaml").problems;
  };

  EXPECT_THAT(with("  - {date: 2026-02-30, title: x}\n"),
              testing::ElementsAre(testing::AllOf(
                  testing::Field(&FileProblem::line, 10), testing::Field(&FileProblem::path, "holidays[1].date"),
                  testing::Field(&FileProblem::expected, testing::HasSubstr("a date that exists")))));
  EXPECT_THAT(with("  - {date: 2027-01-01, title: x}\n"),
              testing::ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("covers"))));
  EXPECT_THAT(with("  - {date: 2026-12-25, title: x}\n"),
              testing::ElementsAre(testing::Field(&FileProblem::expected, testing::HasSubstr("once"))));
}

TEST(Calendar, WhatCannotBeUsedIsSaid) {
  std::string nowhere = kWeekdaysOnly;
  nowhere.replace(nowhere.find("London"), 6, "Lundon");

  EXPECT_THAT(ReadCalendarText(nowhere, "c.yaml").problems,
              testing::ElementsAre(testing::Field(&FileProblem::found, testing::HasSubstr("Lundon"))));
}

TEST(ShippedPolicies, CanBeRead) {
  for (const char* file : {"policies/calendars/england_and_wales.yaml", "policies/calendars/netherlands.yaml"}) {
    for (const FileProblem& problem : ReadCalendarFile(file).problems)
      ADD_FAILURE() << FormatProblem(problem);
  }
  for (const char* pack : {"policies/receipt", "policies/service_desk", "policies/housing"}) {
    for (const FileProblem& problem : LintPack(pack).errors)
      ADD_FAILURE() << FormatProblem(problem);
  }
}

}  // namespace
}  // namespace caseward
