// What the writers of other programs' formats put down, read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "services/export/csv_writer.h"
#include "services/export/xes_writer.h"

namespace caseward {
namespace {

struct Cell {
  const char* name;
  std::string text;
  std::string written;
};
class CsvCells : public ::testing::TestWithParam<Cell> {};
TEST_P(CsvCells, AreQuotedAsRfc4180SaysAndNeverBeginAFormula) {
  EXPECT_EQ(CsvCell(GetParam().text), GetParam().written);
}
INSTANTIATE_TEST_SUITE_P(
    All, CsvCells,
    ::testing::Values(Cell{"plain", "plain", "plain"}, Cell{"empty", "", ""}, Cell{"comma", "a,b", "\"a,b\""},
                      Cell{"quote", "say \"x\"", "\"say \"\"x\"\"\""}, Cell{"lines", "a\nb", "\"a\nb\""},
                      Cell{"carriage_return", "a\rb", "\"a\rb\""}, Cell{"formula", "=1+1", "'=1+1"},
                      Cell{"plus", "+44", "'+44"}, Cell{"minus", "-1", "'-1"}, Cell{"at", "@SUM(A1)", "'@SUM(A1)"},
                      Cell{"tab", "\tx", "'\tx"}, Cell{"leading_return", "\r=1", "\"'\r=1\""},
                      Cell{"apostrophe", "'quoted'", "''quoted'"}, Cell{"inside", "a=1", "a=1"},
                      Cell{"quoted_formula", "=HYPERLINK(\"http://x\",\"y\")",
                           "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""}),
    [](const ::testing::TestParamInfo<Cell>& param) { return std::string(param.param.name); });

TEST(CsvWriter, EndsRowsAsRfc4180SaysAndMarksUtf8WhenAsked) {
  std::ostringstream plain;
  CsvWriter(plain, false).Row({"a", "b"});
  EXPECT_EQ(plain.str(), "a,b\r\n");
  std::ostringstream marked;
  CsvWriter(marked, true).Row({"a"});
  EXPECT_EQ(marked.str(),
            "\xEF\xBB\xBF"
            "a\r\n");
}

std::vector<XesTrace> ReadBack(const std::string& text, XesLogHeader* header = nullptr) {
  std::vector<XesTrace> traces;
  const auto source = BytesFromString(text);
  const auto counts = ReadXes(*source, {}, [&](const XesLogHeader& head, XesTrace trace) {
    if (header != nullptr) *header = head;
    traces.push_back(std::move(trace));
    return absl::OkStatus();
  });
  EXPECT_TRUE(counts.ok()) << counts.status() << "\n" << text;
  return traces;
}

void ExpectSame(const std::vector<XesAttribute>& read, const std::vector<XesAttribute>& written) {
  ASSERT_EQ(read.size(), written.size());
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].key, written[i].key);
    EXPECT_EQ(read[i].type, written[i].type) << read[i].key;
    EXPECT_EQ(read[i].value, written[i].value) << read[i].key;
    EXPECT_EQ(read[i].date, written[i].date) << read[i].key;
    ExpectSame(read[i].children, written[i].children);
  }
}

TEST(XesWriter, WhatIsWrittenReadsBackTheSame) {
  XesAttribute list = XesText("list", "");
  list.type = XesAttribute::Type::kList;
  list.children = {XesText("one", "1"), XesNumber("two", 2)};
  XesAttribute nested = XesText("outer", "o");
  nested.children = {XesText("inner", "i")};
  const std::vector<XesAttribute> attributes = {XesText("concept:name", "a <b> & \"c\" 'd' \t\n\r Zoë"),
                                                XesText("empty", ""),
                                                XesNumber("number", -7),
                                                XesFlag("flag", true),
                                                XesDate("date", absl::FromUnixMicros(1'318'333'540'276'001)),
                                                nested,
                                                list};
  std::ostringstream out;
  XesWriter writer(out);
  writer.BeginLog({});
  writer.BeginTrace();
  writer.Attribute(attributes[0]);
  writer.BeginEvent();
  for (const XesAttribute& attribute : attributes)
    writer.Attribute(attribute);
  writer.EndEvent();
  writer.EndTrace();
  writer.EndLog();

  const std::vector<XesTrace> traces = ReadBack(out.str());

  ASSERT_EQ(traces.size(), 1u);
  ASSERT_EQ(traces[0].events.size(), 1u);
  ExpectSame(traces[0].attributes, {attributes[0]});
  ExpectSame(traces[0].events[0].attributes, attributes);
}

TEST(XesWriter, DeclaresExtensionsGlobalsAndClassifiers) {
  XesLogHead head;
  head.extensions = StandardXesExtensions();
  head.trace_globals = {XesText("concept:name", "UNKNOWN")};
  head.event_globals = {XesText("org unit", "UNKNOWN")};
  head.classifiers = {{.name = "Both", .scope = "event", .keys = {"concept:name", "org unit"}}};
  std::ostringstream out;
  XesWriter writer(out);
  writer.BeginLog(head);
  writer.BeginTrace();
  writer.EndTrace();
  writer.EndLog();

  XesLogHeader read;
  ReadBack(out.str(), &read);

  EXPECT_THAT(out.str(), testing::HasSubstr("<extension name=\"Concept\" prefix=\"concept\""));
  ASSERT_EQ(read.classifiers.size(), 1u);
  EXPECT_THAT(read.classifiers[0].keys, testing::ElementsAre("concept:name", "org unit"));
  ExpectSame(read.trace_globals, head.trace_globals);
  ExpectSame(read.event_globals, head.event_globals);
}

// XML 1.0 has no way to write these, not even as references.
TEST(XesWriter, ACharacterThatXmlCannotHoldIsReplaced) {
  std::ostringstream out;
  XesWriter writer(out);
  writer.BeginLog({});
  writer.BeginTrace();
  writer.Attribute(XesText("k", std::string("a\0b\x01"
                                            "c\xEF\xBF\xBE",
                                            8)));
  writer.EndTrace();
  writer.EndLog();

  const std::vector<XesTrace> traces = ReadBack(out.str());

  ASSERT_EQ(traces.size(), 1u);
  EXPECT_EQ(traces[0].attributes.at(0).value,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD"
            "c\xEF\xBF\xBD");
}

}  // namespace
}  // namespace caseward
