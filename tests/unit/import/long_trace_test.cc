// A trace of a million events, made as it is read: it comes in parts, each bounded, and becomes a million commands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/import/importer.h"

namespace caseward {
namespace {

constexpr char kMap[] = "pack: p\ncase_type: t\nsystem: s\ncase: {reference: concept:name}\n";

// The log's text, a piece at a time.
class LongTrace : public ByteSource {
 public:
  explicit LongTrace(uint64_t events) : events_(events) {
    text_ = "<log><trace><string key=\"concept:name\" value=\"long\"/>";
  }
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    while (text_.size() < out.size() && made_ < events_) {
      absl::StrAppend(
          &text_, "<event><string key=\"concept:name\" value=\"ping\"/><date key=\"time:timestamp\" value=\"",
          absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", absl::FromUnixSeconds(1'300'000'000 + static_cast<int64_t>(made_)),
                           absl::UTCTimeZone()),
          "\"/></event>");
      if (++made_ == events_) text_ += "</trace></log>";
    }
    const size_t n = std::min(text_.size(), out.size());
    std::copy_n(text_.begin(), n, out.begin());
    text_.erase(0, n);
    return n;
  }
  uint64_t consumed() const override { return 0; }
  uint64_t size() const override { return 0; }

 private:
  const uint64_t events_;
  uint64_t made_ = 0;
  std::string text_;
};

TEST(LongTrace, AMillionEventsComeInBoundedPartsAndNoneIsLost) {
  const auto map = ParseXesMap(kMap, "map.yaml");
  ASSERT_TRUE(map.ok()) << map.status();
  Importer importer(*map, absl::FromUnixSeconds(1'400'000'000));
  LongTrace log(1'000'000);
  uint64_t commands = 0;
  uint64_t parts = 0;
  std::string last_id;

  const auto counts = ReadXes(log, {}, [&](const XesLogHeader& header, XesTrace part) {
    ++parts;
    EXPECT_LE(part.events.size(), XesLimits().part_events);
    const auto made = importer.Take(header, part);
    if (!made.ok()) return made.status();
    EXPECT_EQ(made->begins, parts == 1);
    commands += made->commands.size();
    last_id = made->commands.back().command_id();
    return absl::OkStatus();
  });

  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->traces, 1u);
  EXPECT_EQ(counts->events, 1'000'000u);
  EXPECT_EQ(commands, 1'000'002u);  // with the report and the end of the import
  EXPECT_EQ(parts, 16u);
  EXPECT_EQ(last_id, "s:long:f:1400000000000000");
}

TEST(LongTrace, PastTheLimitIsNamed) {
  LongTrace log(5);
  XesReadOptions options;
  options.limits.part_events = 2;
  options.limits.trace_events_max = 4;
  const auto ignore = [](const XesLogHeader&, XesTrace) { return absl::OkStatus(); };

  const auto counts = ReadXes(log, options, ignore);

  EXPECT_EQ(counts.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(counts.status().message()), testing::HasSubstr("a trace of more than 4 events"));
  options.limits.trace_events_max = 5;
  LongTrace again(5);
  EXPECT_TRUE(ReadXes(again, options, ignore).ok());
}

TEST(LongTrace, APartAlsoEndsWithItsBytes) {
  LongTrace log(10);
  XesReadOptions options;
  options.limits.part_bytes = 4 * 2 * sizeof(XesAttribute);
  uint64_t parts = 0;

  const auto counts = ReadXes(log, options, [&](const XesLogHeader&, XesTrace part) {
    ++parts;
    EXPECT_LE(part.events.size(), 4u);
    return absl::OkStatus();
  });

  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->events, 10u);
  EXPECT_GE(parts, 3u);
}

}  // namespace
}  // namespace caseward
