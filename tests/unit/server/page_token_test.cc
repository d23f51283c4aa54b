#include "services/server/page_token.h"

#include "gtest/gtest.h"

namespace caseward {
namespace {

TEST(PageToken, ComesBackAsThePlace) {
  const std::string place("C-01\x00\xff", 6);
  const std::string token = MakePageToken(place, "question");
  const auto read = ReadPageToken(token, "question");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, place);
}

TEST(PageToken, NoneIsTheFirstPage) { EXPECT_EQ(*ReadPageToken("", "question"), ""); }

TEST(PageToken, OfAnotherQuestionOrMadeUpIsAnError) {
  const std::string token = MakePageToken("place", "question");
  EXPECT_FALSE(ReadPageToken(token, "another").ok());
  EXPECT_FALSE(ReadPageToken("made up", "question").ok());
  EXPECT_FALSE(ReadPageToken(token.substr(0, token.size() - 2), "question").ok());
}

TEST(PageSize, HasADefaultAndABound) {
  EXPECT_EQ(*PageSize(0, 100, 1000), 100);
  EXPECT_EQ(*PageSize(1000, 100, 1000), 1000);
  EXPECT_EQ(*PageSize(1001, 100, 1000), 1000);
  EXPECT_FALSE(PageSize(-1, 100, 1000).ok());
}

}  // namespace
}  // namespace caseward
