// What a log's events say of a case besides that they happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "services/import/importer.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kMap[] = R"(
pack: desk
case_type: incident
system: log
case:
  reference: concept:name
  priority: {from: impact, values: {High: P1}, otherwise: P3}
  fields: {product: product}
events:
  fields: {size: size, urgent: urgent, due: due, product: product}
owner: {from: org:group, waiting: {concept:name: [Queued]}}
pauses:
  - {clock: resolve, reason: user, while: {status: [Wait - User]}}
  - {clock: resolve, reason: vendor, while: {status: [Wait - Vendor]}}
closings: {reason: resolved, when: {status: [Closed]}}
reopenings: {reason: resumed, when: {concept:name: [Accepted, Queued]}}
)";

XesMap Map() {
  auto map = ParseXesMap(kMap, "map.yaml");
  EXPECT_TRUE(map.ok()) << map.status();
  return map.value_or(XesMap{});
}

struct Happened {
  const char* activity;
  const char* status;
  const char* team;
};

std::string Event(const Happened& happened, int minute, std::string_view more = "") {
  return absl::StrCat(
      "<event><string key=\"concept:name\" value=\"", happened.activity, "\"/><string key=\"status\" value=\"",
      happened.status, "\"/><string key=\"org:group\" value=\"", happened.team,
      "\"/><date key=\"time:timestamp\" value=\"",
      absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", absl::FromUnixSeconds(1'300'000'000 + 60 * minute), absl::UTCTimeZone()),
      "\"/>", std::string(more), "</event>");
}

std::vector<v1::Command> CommandsOf(const std::string& inside) {
  const XesMap map = Map();
  absl::StatusOr<ImportedCase> made = absl::NotFoundError("no trace");
  const auto source =
      BytesFromString(absl::StrCat("<log><trace><string key=\"concept:name\" value=\"c\"/>", inside, "</trace></log>"));
  const auto counts = ReadXes(*source, {}, [&](const XesLogHeader& header, XesTrace trace) {
    made = CommandsOfTrace(header, trace, map, absl::FromUnixSeconds(1'400'000'000));
    return absl::OkStatus();
  });
  EXPECT_TRUE(counts.ok() && made.ok()) << made.status();
  return made.ok() ? made->commands : std::vector<v1::Command>();
}

// "assign N1", "history", ... of one trace, without its report and its end.
std::vector<std::string> Course(const std::vector<Happened>& happened) {
  std::string inside;
  for (size_t i = 0; i < happened.size(); ++i)
    absl::StrAppend(&inside, Event(happened[i], static_cast<int>(i)));
  std::vector<std::string> course;
  for (const v1::Command& c : CommandsOf(inside)) {
    EXPECT_TRUE(ParseCommandId(c.command_id()).ok()) << c.command_id();
    if (c.has_assign_case()) course.push_back("assign " + c.assign_case().owner());
    if (c.has_hand_over_case()) course.push_back("hand over " + c.hand_over_case().to());
    if (c.has_accept_handover()) course.push_back("accept");
    if (c.has_reject_handover()) course.push_back("reject " + c.reject_handover().reason_code());
    if (c.has_record_history()) course.push_back("history");
    if (c.has_pause_clock()) course.push_back("pause " + c.pause_clock().reason_code());
    if (c.has_resume_clock()) course.push_back("resume " + c.resume_clock().clock());
    if (c.has_propose_closure()) course.push_back("propose " + c.propose_closure().reason_code());
    if (c.has_close_case()) course.push_back("close");
    if (c.has_reopen_case()) course.push_back("reopen " + c.reopen_case().reason_code());
  }
  return course;
}

TEST(CaseCourse, TheFirstTeamIsAssignedAndEveryOtherIsHandedTheCase) {
  EXPECT_THAT(Course({{"Accepted", "", "N1"}, {"Accepted", "", "N1"}, {"Accepted", "", "G 2"}}),
              ElementsAre("assign N1", "history", "history", "hand over G_2", "accept", "history"));
}

TEST(CaseCourse, AHandOverIsAcceptedByTheFirstEventThatDoesNotWait) {
  EXPECT_THAT(Course({{"Accepted", "", "N1"}, {"Queued", "", "G2"}, {"Queued", "", "G2"}, {"Accepted", "", "G2"}}),
              ElementsAre("assign N1", "history", "hand over G2", "history", "history", "accept", "history"));
}

TEST(CaseCourse, WhatNobodyTookIsPassedOnOrComesBack) {
  EXPECT_THAT(Course({{"Accepted", "", "N1"}, {"Queued", "", "G2"}, {"Queued", "", "G3"}, {"Accepted", "", "N1"}}),
              ElementsAre("assign N1", "history", "hand over G2", "history", "reject passed_on", "hand over G3",
                          "history", "reject passed_on", "history"));
}

TEST(CaseCourse, AClockIsHeldFromTheFirstWaitingEventToTheNextThatIsNot) {
  EXPECT_THAT(Course({{"Accepted", "Wait - User", "N1"},
                      {"Accepted", "Wait - User", "N1"},
                      {"Accepted", "Wait - Vendor", "N1"},
                      {"Completed", "Resolved", "N1"}}),
              ElementsAre("assign N1", "history", "pause user", "history", "resume resolve", "history", "pause vendor",
                          "resume resolve", "history"));
}

TEST(CaseCourse, AClosedCaseIsReopenedByWorkAndByNothingElse) {
  EXPECT_THAT(Course({{"Completed", "Closed", "N1"},
                      {"Completed", "Closed", "G2"},
                      {"Accepted", "", "G2"},
                      {"Completed", "Closed", "G2"}}),
              ElementsAre("assign N1", "history", "propose resolved", "close", "history", "reopen resumed",
                          "hand over G2", "accept", "history", "history", "propose resolved", "close"));
}

TEST(CaseCourse, PriorityAndFieldsComeWithTheirTypes) {
  const std::vector<v1::Command> commands = CommandsOf(
      Event({"Accepted", "", "N1"}, 0,
            "<string key=\"impact\" value=\"High\"/><string key=\"product\" value=\"P1\"/><int key=\"size\" "
            "value=\"3\"/><boolean key=\"urgent\" value=\"true\"/><date key=\"due\" value=\"2012-01-01T00:00:00Z\"/>"));

  ASSERT_EQ(commands.size(), 4u);  // report, assign, history, finish
  EXPECT_EQ(commands[0].report_case().priority(), v1::PRIORITY_P1);
  EXPECT_EQ(commands[0].report_case().fields().at("product").code(), "P1");
  const auto& fields = commands[2].record_history().fields();
  EXPECT_EQ(fields.at("size").number(), 3);
  EXPECT_TRUE(fields.at("urgent").flag());
  EXPECT_EQ(FormatInstant(ToTime(fields.at("due").at())), "2012-01-01T00:00:00Z");
}

TEST(CaseCourse, WhatIsTooLongOrEmptyIsNotCarried) {
  const auto history = [](const std::string& value) {
    const std::vector<v1::Command> commands =
        CommandsOf(Event({"Accepted", "", "N1"}, 0, absl::StrCat("<string key=\"product\" value=\"", value, "\"/>")));
    return commands.at(2).record_history().fields().contains("product");
  };
  EXPECT_TRUE(history(std::string(256, 'x')));
  EXPECT_FALSE(history(std::string(257, 'x')));
  EXPECT_FALSE(history(""));
}

// A trace in parts of two events gives what the same trace gives at once.
TEST(CaseCourse, ATraceInPartsGivesTheSameCommands) {
  const XesMap map = Map();
  std::string inside = "<string key=\"concept:name\" value=\"c\"/>";
  const Happened happened[] = {{"Accepted", "", "N1"},
                               {"Queued", "", "G2"},
                               {"Accepted", "Wait - User", "G2"},
                               {"Accepted", "Wait - User", "G2"},
                               {"Completed", "Closed", "G2"},
                               {"Accepted", "", "G2"},
                               {"Completed", "Closed", "G2"}};
  for (int i = 0; i < 7; ++i)
    inside += Event(happened[i], i);
  const auto read = [&](size_t part_events) {
    XesReadOptions options;
    options.limits.part_events = part_events;
    Importer importer(map, absl::FromUnixSeconds(1'400'000'000));
    std::vector<std::string> all;
    const auto source = BytesFromString("<log><trace>" + inside + "</trace></log>");
    const auto counts = ReadXes(*source, options, [&](const XesLogHeader& header, XesTrace trace) {
      const auto made = importer.Take(header, trace);
      EXPECT_TRUE(made.ok()) << made.status();
      for (const v1::Command& command : made->commands)
        all.push_back(command.SerializeAsString());
      return made.status();
    });
    EXPECT_TRUE(counts.ok()) << counts.status();
    EXPECT_EQ(counts->traces, 1u);
    EXPECT_EQ(counts->events, 7u);
    return all;
  };

  EXPECT_EQ(read(2), read(1000));
  EXPECT_EQ(read(1), read(1000));
}

TEST(CaseCourse, PartsThatAreNotInOrderOfTimeAreNamedBeforeAnythingIsImported) {
  const XesMap map = Map();
  XesReadOptions options;
  options.name = "log.xes";
  options.limits.part_events = 2;
  const std::string inside = Event({"a", "", "N1"}, 5) + Event({"b", "", "N1"}, 6) + Event({"c", "", "N1"}, 1);
  const std::string log = "<log><trace><string key=\"concept:name\" value=\"c\"/>" + inside + "</trace></log>";

  const auto survey = SurveyXes(*BytesFromString(log), options, map);

  EXPECT_EQ(survey.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(survey.status().message()), HasSubstr("log.xes line 1: expected a trace of so many events"));
  options.limits.part_events = 3;  // in one part they are put in order
  EXPECT_TRUE(SurveyXes(*BytesFromString(log), options, map).ok());
}

TEST(Survey, NamesBothLinesOfAReferenceUsedTwice) {
  const std::string trace =
      "<trace><string key=\"concept:name\" value=\"c\"/>" + Event({"a", "", "N1"}, 1) + "</trace>\n";
  XesReadOptions options;
  options.name = "log.xes";

  const auto survey = SurveyXes(*BytesFromString("<log>\n" + trace + trace + "</log>"), options, Map());

  EXPECT_EQ(survey.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(survey.status().message()),
              HasSubstr("log.xes line 3: expected each trace to have a concept:name of its own; found that of the "
                        "trace at line 2"));
}

TEST(Survey, AMapThatNamesWhatTheLogDoesNotHave) {
  const std::string log = "<log><trace><string key=\"id\" value=\"c\"/>" + Event({"a", "", "N1"}, 1) + "</trace></log>";
  XesReadOptions options;
  options.name = "log.xes";

  // The event has a concept:name, the trace has not.
  XesMap map = Map();
  map.reference = {"case id"};
  const auto survey = SurveyXes(*BytesFromString(log), options, map);
  EXPECT_THAT(std::string(survey.status().message()),
              HasSubstr("expected the attribute \"case id\", which the map names as case.reference"));

  map.reference = {"id"};
  const auto found = SurveyXes(*BytesFromString(log), options, map);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->never_seen, testing::Contains("events.fields.size: size"));
}

TEST(CheckXesMap, NamesTheKeyAndWhatThePackHas) {
  v1::Pack pack;
  pack.set_id("desk");
  pack.add_case_types()->set_id("incident");
  pack.add_clocks()->set_id("resolve");
  pack.add_closing_reasons("resolved");
  v1::StepType& report = *pack.add_steps();
  report.set_id("report");
  report.add_fields()->set_id("product");
  v1::StepType& history = *pack.add_steps();
  history.set_id("history");
  for (const char* field : {"size", "urgent", "due", "product"})
    history.add_fields()->set_id(field);
  const XesMap good = Map();
  EXPECT_TRUE(CheckXesMap(good, pack).ok()) << CheckXesMap(good, pack);

  const auto says = [&](const XesMap& map) { return std::string(CheckXesMap(map, pack).message()); };
  XesMap map = good;
  map.case_type = "incidents";
  EXPECT_THAT(says(map), HasSubstr("map.yaml: case_type: expected a case type of pack desk (incident)"));
  map = good;
  map.pauses[1].clock = "resolv";
  EXPECT_THAT(says(map), HasSubstr("pauses[1].clock: expected a clock of pack desk (resolve); found \"resolv\""));
  map = good;
  map.closings[0].reason = "done";
  EXPECT_THAT(says(map), HasSubstr("closings[0].reason: expected a closing reason"));
  map = good;
  map.event_fields["colour"] = {"colour"};
  EXPECT_THAT(says(map), HasSubstr("events.fields: expected a field of the step \"history\""));
  map = good;
  map.case_fields["size"] = {"size"};
  EXPECT_THAT(says(map), HasSubstr("case.fields: expected a field of the step \"report\""));
}

}  // namespace
}  // namespace caseward
