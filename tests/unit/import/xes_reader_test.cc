#include "services/import/xes_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Read {
  absl::StatusOr<XesCounts> counts;
  XesLogHeader header;
  std::vector<XesTrace> traces;
};

Read ReadBytes(std::string bytes, XesReadOptions options = {}) {
  Read read{.counts = XesCounts{}, .header = {}, .traces = {}};
  const auto source = BytesFromString(std::move(bytes));
  read.counts = ReadXes(*source, options, [&](const XesLogHeader& header, XesTrace trace) {
    read.header = header;
    read.traces.push_back(std::move(trace));
    return absl::OkStatus();
  });
  return read;
}

std::string Log(std::string_view inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<log xes.version=\"1.0\" "
         "xmlns=\"http://www.xes-standard.org/\">\n" +
         std::string(inside) + "\n</log>\n";
}

std::string Gzip(const std::string& text) {
  z_stream z = {};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 256, '\0');
  std::string in = text;
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  const size_t written = z.total_out;
  deflateEnd(&z);
  return out.substr(0, written);
}

constexpr char kTwoTraces[] = R"(
  <trace><string key="concept:name" value="a"/>
    <event><string key="concept:name" value="one"/><date key="time:timestamp" value="2011-10-18T09:05:12.359+02:00"/></event>
    <event><string key="concept:name" value="two"/></event>
  </trace>
  <trace><string key="concept:name" value="b"/></trace>)";

TEST(XesReader, GivesTracesInOrderWithTheirEvents) {
  const Read read = ReadBytes(Log(kTwoTraces));

  ASSERT_TRUE(read.counts.ok()) << read.counts.status();
  EXPECT_EQ(read.counts->traces, 2u);
  EXPECT_EQ(read.counts->events, 2u);
  ASSERT_THAT(read.traces, SizeIs(2));
  EXPECT_EQ(FindXes(read.traces[0].attributes, {"concept:name"})->value, "a");
  ASSERT_THAT(read.traces[0].events, SizeIs(2));
  const XesAttribute* at = FindXes(read.traces[0].events[0].attributes, {"time:timestamp"});
  EXPECT_EQ(at->date, absl::FromUnixMillis(1318921512359));
  EXPECT_THAT(read.traces[1].events, SizeIs(0));
}

TEST(XesReader, ReadsGzipByItsFirstBytesAndSeveralMembers) {
  const std::string text = Log(kTwoTraces);
  const std::string packed = Gzip(text.substr(0, 100)) + Gzip(text.substr(100));

  const Read read = ReadBytes(packed);

  ASSERT_TRUE(read.counts.ok()) << read.counts.status();
  EXPECT_EQ(read.counts->traces, 2u);
}

TEST(XesReader, TruncatedGzipIsDataLossAtEveryLength) {
  const std::string packed = Gzip(Log(kTwoTraces));
  for (size_t length = 2; length < packed.size(); ++length) {
    const Read read = ReadBytes(packed.substr(0, length));
    EXPECT_EQ(read.counts.status().code(), absl::StatusCode::kDataLoss) << "cut to " << length;
    EXPECT_THAT(std::string(read.counts.status().message()), HasSubstr("truncated"));
  }
}

TEST(XesReader, DamagedGzipIsNamed) {
  std::string packed = Gzip(Log(kTwoTraces));
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // its checksum

  const Read read = ReadBytes(packed);

  EXPECT_EQ(read.counts.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.counts.status().message()), HasSubstr("damaged"));
}

TEST(XesReader, TruncatedXmlIsDataLossWithItsLine) {
  const std::string text = Log(kTwoTraces);

  const Read read = ReadBytes(text.substr(0, text.size() / 2));

  EXPECT_EQ(read.counts.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(read.counts.status().message()), HasSubstr("log line "));
}

TEST(XesReader, KeepsNestedAndListAttributes) {
  const Read read = ReadBytes(Log(R"(
    <trace>
      <string key="outer" value="o"><int key="inner" value="7"><boolean key="deep" value="true"/></int></string>
      <list key="old"><string key="x" value="1"/><string key="x" value="2"/></list>
      <list key="new"><values><string key="x" value="3"/></values></list>
      <container key="box"><float key="f" value="1.5"/></container>
      <id key="identity:id" value="f81d4fae-7dec-11d0-a765-00a0c91e6bf6"/>
    </trace>)"));

  ASSERT_TRUE(read.counts.ok()) << read.counts.status();
  const auto& attributes = read.traces.at(0).attributes;
  EXPECT_EQ(FindXes(attributes, {"outer", "inner", "deep"})->value, "true");
  EXPECT_THAT(FindXes(attributes, {"old"})->children, SizeIs(2));
  EXPECT_EQ(FindXes(attributes, {"new"})->children.at(0).value, "3");
  EXPECT_EQ(FindXes(attributes, {"box", "f"})->type, XesAttribute::Type::kFloat);
  EXPECT_EQ(FindXes(attributes, {"outer", "absent"}), nullptr);
}

TEST(XesReader, KeepsGlobalsAndClassifiersBesideTheTraceAndFillsNothingIn) {
  const Read read = ReadBytes(Log(R"(
    <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
    <global scope="trace"><date key="enddate" value="1970-01-01T00:00:00.000+01:00"/></global>
    <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
    <classifier name="Activity" keys="concept:name lifecycle:transition"/>
    <classifier name="Spaced" scope="trace" keys="'my key' other"/>
    <string key="meta" value="of the log"><string key="child" value="x"/></string>
    <trace><event/></trace>)"));

  ASSERT_TRUE(read.counts.ok()) << read.counts.status();
  EXPECT_EQ(FindXes(read.traces.at(0).attributes, {"enddate"}), nullptr);
  EXPECT_NE(FindXes(read.header.trace_globals, {"enddate"}), nullptr);
  EXPECT_NE(FindXes(read.header.event_globals, {"concept:name"}), nullptr);
  ASSERT_THAT(read.header.classifiers, SizeIs(2));
  EXPECT_THAT(read.header.classifiers[0].keys, ElementsAre("concept:name", "lifecycle:transition"));
  EXPECT_EQ(read.header.classifiers[0].scope, "event");
  EXPECT_THAT(read.header.classifiers[1].keys, ElementsAre("my key", "other"));
}

TEST(XesReader, ReadsUtf8AndCountsEventsWithoutATrace) {
  const Read read = ReadBytes(Log(R"(
    <event><string key="concept:name" value="stray"/></event>
    <trace><string key="naam" value="Zoë 漢字 &amp; &#x1F600;"/></trace>)"));

  ASSERT_TRUE(read.counts.ok()) << read.counts.status();
  EXPECT_EQ(FindXes(read.traces.at(0).attributes, {"naam"})->value, "Zoë 漢字 & 😀");
  EXPECT_EQ(read.counts->stray_events, 1u);
}

TEST(XesReader, RefusesADocumentTypeSoThatNoEntityIsEverExpanded) {
  const char* const bombs[] = {
      "<!DOCTYPE log [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><log><trace><string key=\"x\" "
      "value=\"&b;\"/></trace></log>",
      "<!DOCTYPE log [<!ENTITY f SYSTEM \"file:///etc/hostname\">]><log>&f;</log>",
      "<!DOCTYPE log SYSTEM \"http://example.org/xes.dtd\"><log/>"};
  for (const char* bomb : bombs) {
    const Read read = ReadBytes(bomb);
    EXPECT_EQ(read.counts.status().code(), absl::StatusCode::kInvalidArgument) << bomb;
    EXPECT_THAT(std::string(read.counts.status().message()), HasSubstr("found <!DOCTYPE>"));
  }
}

struct Bad {
  const char* name;
  const char* text;
  const char* says;
};

class XesReaderBadInput : public ::testing::TestWithParam<Bad> {};

TEST_P(XesReaderBadInput, IsNamedWithItsLine) {
  const Read read = ReadBytes(GetParam().text);

  EXPECT_EQ(read.counts.status().code(), absl::StatusCode::kInvalidArgument) << read.counts.status();
  EXPECT_THAT(std::string(read.counts.status().message()), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, XesReaderBadInput,
    ::testing::Values(
        Bad{"other_root", "<html></html>", "line 1: expected the root element <log>; found <html>"},
        Bad{"no_key", "<log><trace>\n<string value=\"x\"/></trace></log>", "line 2: expected <string> to have a key"},
        Bad{"no_value", "<log><trace>\n<int key=\"x\"/></trace></log>",
            "line 2: expected <int key=\"x\"> to have a value"},
        Bad{"bad_int", "<log><trace>\n\n<int key=\"x\" value=\"seven\"/></trace></log>",
            "line 3: expected the value of \"x\""},
        Bad{"bad_date", "<log><trace>\n<date key=\"d\" value=\"18/10/2011\"/></trace></log>",
            "<date key=\"d\">: expected a date"},
        Bad{"date_without_offset", "<log><trace>\n<date key=\"d\" value=\"2011-10-18T09:00:00\"/></trace></log>",
            "expected a date with an offset"},
        Bad{"mismatched", "<log><trace></log>", "expected well-formed XML"},
        Bad{"bad_utf8", "<log><trace><string key=\"x\" value=\"\xC3\x28\"/></trace></log>", "expected well-formed XML"},
        Bad{"undefined_entity", "<log><trace><string key=\"x\" value=\"&nbsp;\"/></trace></log>", "undefined entity"},
        Bad{"bad_scope", "<log>\n<global scope=\"case\"/></log>", "line 2: expected <global scope=\"trace\">"}),
    [](const ::testing::TestParamInfo<Bad>& param) { return std::string(param.param.name); });

TEST(XesReader, AValueIsNeverQuotedAndADateIsOneThatCanBeRecorded) {
  const Read named = ReadBytes(Log("<trace><date key=\"d\" value=\"Agnes Weir\"/></trace>"));
  EXPECT_THAT(std::string(named.counts.status().message()), ::testing::Not(HasSubstr("Agnes")));
  const Read counted = ReadBytes(Log("<trace><int key=\"i\" value=\"Agnes Weir\"/></trace>"));
  EXPECT_THAT(std::string(counted.counts.status().message()), ::testing::Not(HasSubstr("Agnes")));
  for (const char* never : {"infinite-future", "10000-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ReadBytes(Log(absl::StrCat("<trace><date key=\"d\" value=\"", never, "\"/></trace>"))).counts.ok());
  }
}

TEST(XesReader, AnEmptyFileIsTruncated) {
  EXPECT_EQ(ReadBytes("").counts.status().code(), absl::StatusCode::kDataLoss);
}

TEST(XesReader, ADateWithoutOffsetTakesTheZoneThatWasGiven) {
  XesReadOptions options;
  absl::TimeZone amsterdam;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Amsterdam", &amsterdam));
  options.zone = amsterdam;

  const Read read = ReadBytes(Log("<trace><date key=\"d\" value=\"2011-10-18T09:05:12.359\"/></trace>"), options);

  ASSERT_TRUE(read.counts.ok()) << read.counts.status();
  EXPECT_EQ(FindXes(read.traces.at(0).attributes, {"d"})->date, absl::FromUnixMillis(1318921512359));
}

TEST(XesReader, StopsWithTheCallbacksError) {
  const auto source = BytesFromString(Log(kTwoTraces));
  int seen = 0;
  const auto counts = ReadXes(*source, {}, [&](const XesLogHeader&, XesTrace) {
    ++seen;
    return absl::CancelledError("enough");
  });
  EXPECT_EQ(counts.status(), absl::CancelledError("enough"));
  EXPECT_EQ(seen, 1);
}

std::string Nested(int depth) {
  std::string open;
  std::string close;
  for (int i = 0; i < depth; ++i) {
    open += "<string key=\"k\" value=\"v\">";
    close += "</string>";
  }
  return "<log><trace>" + open + close + "</trace></log>";
}

TEST(XesReader, EachLimitHoldsAtItAndIsNamedPastIt) {
  XesReadOptions options;
  options.limits = {.trace_bytes_max = 4096, .trace_events_max = 3, .value_bytes_max = 10, .nesting_max = 8};
  const auto code = [&](const std::string& text) { return ReadBytes(text, options).counts.status().code(); };
  const auto events = [](int n) {
    std::string text = "<log><trace>";
    for (int i = 0; i < n; ++i)
      text += "<event/>";
    return text + "</trace></log>";
  };
  const auto value = [](int n) {
    return "<log><trace><string key=\"k\" value=\"" + std::string(n, 'v') + "\"/></trace></log>";
  };
  const auto many = [](int n) {
    std::string text = "<log><trace>";
    for (int i = 0; i < n; ++i)
      text += "<string key=\"k\" value=\"v\"/>";
    return text + "</trace></log>";
  };
  const int fit = static_cast<int>(4096 / (sizeof(XesAttribute) + 2));

  EXPECT_EQ(code(events(3)), absl::StatusCode::kOk);
  EXPECT_EQ(code(events(4)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(value(10)), absl::StatusCode::kOk);
  EXPECT_EQ(code(value(11)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(Nested(6)), absl::StatusCode::kOk);
  EXPECT_EQ(code(Nested(7)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(many(fit)), absl::StatusCode::kOk);
  EXPECT_EQ(code(many(fit + 1)), absl::StatusCode::kResourceExhausted);
}

TEST(XesReader, TheTraceLimitIsPerTraceNotPerLog) {
  XesReadOptions options;
  options.limits.trace_bytes_max = 4096;
  std::string text = "<log>";
  for (int i = 0; i < 1000; ++i)
    text += "<trace><string key=\"concept:name\" value=\"x\"/></trace>";

  const Read read = ReadBytes(text + "</log>", options);

  EXPECT_TRUE(read.counts.ok()) << read.counts.status();
}

TEST(ByteSource, NamesAFileThatIsNotThere) {
  EXPECT_EQ(OpenByteSource("/nowhere/at/all.xes").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(OpenByteSource(testing::TempDir()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace caseward
