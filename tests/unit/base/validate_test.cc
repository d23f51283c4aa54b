#include "engine/base/validate.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {
namespace {

TEST(Validate, ACommandIdAtItsLimitsAndOnePast) {
  EXPECT_EQ(*ParseCommandId("a.B_c:D-9"), "a.B_c:D-9");
  EXPECT_TRUE(ParseCommandId(std::string(kCommandIdMax, 'x')).ok());
  EXPECT_EQ(ParseCommandId(std::string(kCommandIdMax + 1, 'x')).status().message(),
            "command_id: expected 1 to 64 characters of [A-Za-z0-9._:-]; found 65 characters");
  EXPECT_EQ(ParseCommandId("").status().message(),
            "command_id: expected 1 to 64 characters of [A-Za-z0-9._:-]; found none");
}

TEST(Validate, AMessageNeverQuotesTheText) {
  const absl::Status status = ParseCommandId("Ann Example, flat 3").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(),
            "command_id: expected 1 to 64 characters of [A-Za-z0-9._:-]; found another character at 3");
}

TEST(Validate, EachFormHasItsOwnSignsAndLength) {
  EXPECT_TRUE(ParseActorId("ann@example.org").ok());
  EXPECT_TRUE(ParseActorId(std::string(kActorIdMax, 'x')).ok());
  EXPECT_FALSE(ParseActorId(std::string(kActorIdMax + 1, 'x')).ok());
  EXPECT_FALSE(ParseActorId("ann:x").ok());

  EXPECT_TRUE(ParseSystemName("d365").ok());
  EXPECT_TRUE(ParseSystemName(std::string(kSystemNameMax, 'x')).ok());
  EXPECT_FALSE(ParseSystemName(std::string(kSystemNameMax + 1, 'x')).ok());
  EXPECT_FALSE(ParseSystemName("D365").ok());

  EXPECT_TRUE(ParseName("england_and_wales").ok());
  EXPECT_TRUE(ParseName(std::string(kNameMax, 'x')).ok());
  EXPECT_FALSE(ParseName(std::string(kNameMax + 1, 'x')).ok());
  EXPECT_FALSE(ParseName("a-b").ok());

  EXPECT_TRUE(ParseItemId("visit-2").ok());
  EXPECT_TRUE(ParseItemId(std::string(kItemIdMax, 'x')).ok());
  EXPECT_FALSE(ParseItemId(std::string(kItemIdMax + 1, 'x')).ok());
  EXPECT_FALSE(ParseItemId("a/b").ok());
  EXPECT_TRUE(ParseOutsideReference("CAD/2026-11:1234").ok());
  EXPECT_TRUE(ParseOutsideReference("https://files.example/a?b=c%20d").ok());
  EXPECT_TRUE(ParseOutsideReference(std::string(kOutsideReferenceMax, 'x')).ok());
  EXPECT_FALSE(ParseOutsideReference(std::string(kOutsideReferenceMax + 1, 'x')).ok());
  EXPECT_FALSE(ParseOutsideReference("").ok());
  EXPECT_FALSE(ParseOutsideReference("ask for Agnes").ok());
}

TEST(Validate, AReferenceIsASystemAndAShortText) {
  const auto check = [](const std::string& system, const std::string& value) {
    v1::ExternalReference reference;
    reference.set_system(system);
    reference.set_value(value);
    return CheckReference(reference);
  };
  EXPECT_TRUE(check("d365", "8a1f0c9e-55d7-4a1e-9a53-1f0a4f5b2c11").ok());
  EXPECT_TRUE(check("partner", "Réf 12/3").ok());
  EXPECT_TRUE(check("partner", std::string(kReferenceValueMax, 'x')).ok());
  EXPECT_FALSE(check("partner", std::string(kReferenceValueMax + 1, 'x')).ok());
  EXPECT_FALSE(check("partner", "").ok());
  EXPECT_FALSE(check("partner", std::string("a\0b", 3)).ok());
  EXPECT_FALSE(check("", "x").ok());
}

TEST(Utf8, AcceptsEveryLengthAtItsEdges) {
  for (const std::string text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "New Year’s Day"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  EXPECT_TRUE(IsValidUtf8(std::string("a\0b", 3)));
}

TEST(Utf8, RefusesWhatIsCutOverlongASurrogateOrTooLarge) {
  for (const std::string text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE0\xA0",
                                 "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80", "\xF4\x90\x80\x80",
                                 "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "fine until \xC3"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(Instant, IsOneThatCanBeRecorded) {
  for (const char* good : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-03-29T01:30:00+01:00"}) {
    EXPECT_TRUE(ParseInstant(good).ok()) << good;
  }
  for (const char* bad : {"infinite-future", "infinite-past", "10000-01-01T00:00:00Z", "0000-12-31T23:59:59Z",
                          "-0001-01-01T00:00:00Z", "2026-03-29T01:30:00", ""}) {
    EXPECT_FALSE(ParseInstant(bad).ok()) << bad;
  }
}

TEST(QuotedShort, IsPrintableAndBounded) {
  EXPECT_EQ(QuotedShort("tomorrow"), "\"tomorrow\"");
  EXPECT_EQ(QuotedShort("né \"x\"\n"), "\"né \\\"x\\\"\\n\"");
  EXPECT_EQ(QuotedShort("\xc3\x28"), "\"\\303(\"");
  const std::string many(63, 'a');
  EXPECT_EQ(QuotedShort(StrCat(many, "é")), StrCat("\"", many, "\"..."));
  EXPECT_EQ(PlainOrQuoted("a sentence, as it is"), "a sentence, as it is");
  EXPECT_EQ(PlainOrQuoted("two\nlines"), "\"two\\nlines\"");
  EXPECT_EQ(PlainOrQuoted(many, 62), QuotedShort(many));
}

}  // namespace
}  // namespace caseward
