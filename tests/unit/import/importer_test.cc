#include "services/import/importer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kMap[] = R"(
pack: receipt
case_type: permit_receipt
system: coselog
case:
  reference: concept:name
  reported_at: startdate
  respond_by: deadline
  channel: {from: channel, values: {Internet: web}, otherwise: other}
  area: department
end: {at: enddate, activity: finished}
)";

XesMap Map(std::string_view yaml = kMap) {
  auto map = ParseXesMap(yaml, "map.yaml");
  EXPECT_TRUE(map.ok()) << map.status();
  return map.value_or(XesMap{});
}

const absl::Time kUpTo = absl::FromUnixSeconds(1'400'000'000);

absl::StatusOr<ImportedCase> Import(std::string_view inside, const XesMap& map, std::string_view before = "") {
  absl::StatusOr<ImportedCase> made = absl::NotFoundError("no trace");
  const auto source =
      BytesFromString("<log>" + std::string(before) + "<trace>" + std::string(inside) + "</trace></log>");
  const auto counts = ReadXes(*source, {}, [&](const XesLogHeader& header, XesTrace trace) {
    made = CommandsOfTrace(header, trace, map, kUpTo);
    return absl::OkStatus();
  });
  EXPECT_TRUE(counts.ok()) << counts.status();
  return made;
}

constexpr char kTrace[] = R"(
  <string key="concept:name" value="case-1"/><string key="channel" value="Internet"/><string key="department" value="General"/>
  <date key="startdate" value="2011-10-11T10:00:00+02:00"/><date key="deadline" value="2011-12-06T10:00:00+01:00"/>
  <date key="enddate" value="2011-10-20T12:00:00+02:00"/>
  <event><string key="concept:name" value="late one"/><date key="time:timestamp" value="2011-10-21T10:00:00+02:00"/></event>
  <event><string key="concept:name" value="early one"/><string key="org:resource" value="R1"/>
    <string key="lifecycle:transition" value="complete"/><date key="time:timestamp" value="2011-10-12T10:00:00+02:00"/></event>)";

std::vector<std::string> Verbs(const ImportedCase& made) {
  std::vector<std::string> verbs;
  for (const v1::Command& c : made.commands) {
    if (c.has_report_case()) verbs.push_back("report");
    if (c.has_record_history()) verbs.push_back(c.record_history().activity());
    if (c.has_finish_import()) verbs.push_back("finish");
  }
  return verbs;
}

TEST(Importer, TurnsATraceIntoItsCaseInItsOwnTime) {
  const auto made = Import(kTrace, Map());

  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(Verbs(*made), ElementsAre("report", "early one", "finished", "late one", "finish"));
  const v1::Command& report = made->commands[0];
  EXPECT_TRUE(report.importing());
  EXPECT_EQ(report.channel(), "web");
  EXPECT_EQ(report.report_case().area(), "general");
  EXPECT_EQ(report.report_case().case_type(), "permit_receipt");
  EXPECT_EQ(report.references(0).system(), "coselog");
  EXPECT_EQ(report.references(0).value(), "case-1");
  EXPECT_EQ(FormatInstant(ToTime(report.occurred_at())), "2011-10-11T08:00:00Z");
  EXPECT_EQ(FormatInstant(ToTime(report.report_case().respond_by())), "2011-12-06T09:00:00Z");
  const v1::Command& early = made->commands[1];
  EXPECT_EQ(early.case_id(), absl::StrCat("@", report.command_id()));
  EXPECT_EQ(early.record_history().resource(), "R1");
  EXPECT_EQ(early.record_history().lifecycle(), "complete");
  EXPECT_EQ(FormatInstant(ToTime(early.occurred_at())), "2011-10-12T08:00:00Z");
  EXPECT_EQ(ToTime(made->commands.back().finish_import().up_to()), kUpTo);
}

TEST(Importer, GivesTheSameCommandsTheSecondTime) {
  const auto first = Import(kTrace, Map());
  const auto second = Import(kTrace, Map());

  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_EQ(first->commands.size(), second->commands.size());
  for (size_t i = 0; i < first->commands.size(); ++i) {
    EXPECT_EQ(first->commands[i].SerializeAsString(), second->commands[i].SerializeAsString());
  }
}

TEST(Importer, ReportsTheCaseBeforeAnythingThatHappenedToIt) {
  const auto made = Import(R"(<string key="concept:name" value="c"/><date key="startdate" value="2011-10-11T10:00:00Z"/>
    <date key="enddate" value="2011-10-09T10:00:00Z"/>
    <event><string key="concept:name" value="x"/><date key="time:timestamp" value="2011-10-10T10:00:00Z"/></event>)",
                           Map());

  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(Verbs(*made), ElementsAre("report", "finished", "x", "finish"));
  EXPECT_EQ(FormatInstant(ToTime(made->commands[0].occurred_at())), "2011-10-09T10:00:00Z");
}

// By the clock on the wall they stand in the order c, a, b; as instants in the order a, b, c.
TEST(Importer, OffsetsThatDifferAreInstantsAndWhatIsOutOfOrderIsCounted) {
  const auto made = Import(R"(<string key="concept:name" value="mixed"/>
    <event><string key="concept:name" value="c"/><date key="time:timestamp" value="2011-10-10T08:00:00-05:00"/></event>
    <event><string key="concept:name" value="a"/><date key="time:timestamp" value="2011-10-10T10:00:00+05:30"/></event>
    <event><string key="concept:name" value="b"/><date key="time:timestamp" value="2011-10-10T10:30:00Z"/></event>)",
                           Map());

  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(Verbs(*made), ElementsAre("report", "a", "b", "c", "finish"));
  EXPECT_EQ(FormatInstant(ToTime(made->commands[1].occurred_at())), "2011-10-10T04:30:00Z");
  EXPECT_EQ(FormatInstant(ToTime(made->commands[3].occurred_at())), "2011-10-10T13:00:00Z");
  EXPECT_EQ(made->out_of_order, 1u);
}

TEST(Importer, AnEventWithoutATimeTakesTheTimeOfTheOneBefore) {
  const auto made = Import(R"(<string key="concept:name" value="c"/>
    <event><string key="concept:name" value="a"/></event>
    <event><string key="concept:name" value="b"/><date key="time:timestamp" value="2011-10-10T10:00:00Z"/></event>
    <event><string key="concept:name" value="c"/></event>)",
                           Map());

  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->without_time, 2u);
  EXPECT_THAT(Verbs(*made), ElementsAre("report", "a", "b", "c", "finish"));
  for (size_t i = 0; i + 1 < made->commands.size(); ++i) {
    EXPECT_EQ(FormatInstant(ToTime(made->commands[i].occurred_at())), "2011-10-10T10:00:00Z");
  }
}

TEST(Importer, ATraceWithoutAnyTimeOrAnActivityIsNamed) {
  const auto timeless =
      Import(R"(<string key="concept:name" value="c"/><event><string key="concept:name" value="a"/></event>)", Map());
  EXPECT_THAT(std::string(timeless.status().message()), HasSubstr("trace \"c\": expected a time"));
  const auto empty = Import(R"(<string key="concept:name" value="c"/>)", Map());
  EXPECT_THAT(std::string(empty.status().message()), HasSubstr("expected a time"));
  const auto nameless = Import(R"(<event><date key="time:timestamp" value="2011-10-10T10:00:00Z"/></event>)", Map());
  EXPECT_THAT(std::string(nameless.status().message()), HasSubstr("expected an activity under \"concept:name\""));
}

TEST(Importer, AGlobalDefaultCountsOnlyWhereTheMapSaysSo) {
  const char* const globals = R"(<global scope="trace"><date key="enddate" value="1970-01-01T00:00:00+01:00"/>
    <string key="channel" value="Internet"/></global>)";
  const char* const trace =
      R"(<string key="concept:name" value="c"/><date key="startdate" value="2011-10-11T10:00:00Z"/>)";

  const auto plain = Import(trace, Map(), globals);
  const auto with_default = Import(trace, Map(std::string(kMap) + "defaults: [channel]\n"), globals);

  ASSERT_TRUE(plain.ok() && with_default.ok());
  EXPECT_THAT(Verbs(*plain), ElementsAre("report", "finish"));
  EXPECT_EQ(plain->commands[0].channel(), "other");
  EXPECT_EQ(with_default->commands[0].channel(), "web");
  EXPECT_THAT(Verbs(*with_default), ElementsAre("report", "finish"));
}

TEST(Importer, CommandIdsAreValidWhateverTheSourceCallsItsCases) {
  const std::string names[] = {"case-1", "SR 1-364285768", std::string(300, 'x'), "Zoë", "a:b", ""};
  std::vector<std::string> ids;
  for (const std::string& name : names) {
    for (const char* what : {"report", "1000000", "f:1400000000000000"}) {
      const std::string id = ImportCommandId("coselog", name, what);
      EXPECT_TRUE(ParseCommandId(id).ok()) << id;
      ids.push_back(id);
    }
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
  EXPECT_EQ(ImportCommandId("coselog", "case-1", "report"), "coselog:case-1:report");
}

TEST(Importer, SurveyFindsTheLatestThingThatHappenedNotTheLatestDueTime) {
  const auto source = BytesFromString("<log><trace>" + std::string(kTrace) + "</trace></log>");
  const auto survey = SurveyXes(*source, {}, Map());

  ASSERT_TRUE(survey.ok()) << survey.status();
  EXPECT_EQ(FormatInstant(survey->latest), "2011-10-21T08:00:00Z");
  EXPECT_EQ(survey->counts.events, 2u);
}

struct BadMap {
  const char* name;
  const char* yaml;
  const char* says;
};
class XesMapBadInput : public ::testing::TestWithParam<BadMap> {};
TEST_P(XesMapBadInput, SaysFileLineAndWhatWasExpected) {
  const auto map = ParseXesMap(GetParam().yaml, "map.yaml");
  EXPECT_EQ(map.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(map.status().message()), HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    All, XesMapBadInput,
    ::testing::Values(
        BadMap{"unknown_key", "pack: p\ncase_typ: x\n", "map.yaml:2: map: expected one of pack, case_type"},
        BadMap{"unknown_inner_key", "case:\n  referenc: x\n", "map.yaml:2: case: expected one of reference"},
        BadMap{"not_a_map", "[1, 2]", "map.yaml:1: map: expected a map of keys; found a list"},
        BadMap{"nothing", "", "expected a map of keys; found nothing"},
        BadMap{"no_pack", "case_type: x\nsystem: s\ncase: {reference: r}\n", "map.yaml: pack: expected a pack's id"},
        BadMap{"no_reference", "pack: p\ncase_type: x\nsystem: s\n", "case.reference: expected the attribute"},
        BadMap{"bad_zone", "time_zone: Mars/Olympus\n", "map.yaml:1: time_zone: expected an IANA time zone"},
        BadMap{"not_yaml", "pack: [1\n", "expected YAML"}),
    [](const ::testing::TestParamInfo<BadMap>& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace caseward
