// The page and the schema are made from policy.proto, and the copies in the repository are those.
#include "services/study/policy_language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "caseward/v1/policy.pb.h"
#include "services/study/language_source.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PolicyLanguage, IsTheOneThatIsCompiled) {
  const auto& source = PolicyLanguage();
  const auto& compiled = *v1::Pack::descriptor()->file();
  ASSERT_EQ(source.message_type_count(), compiled.message_type_count());
  for (int i = 0; i < source.message_type_count(); ++i) {
    EXPECT_EQ(source.message_type(i)->name(), compiled.message_type(i)->name());
    EXPECT_EQ(source.message_type(i)->field_count(), compiled.message_type(i)->field_count());
  }
}

TEST(PolicyLanguage, EveryMessageStandsOnThePageWithItsComments) {
  const std::string page = PolicyReference();
  for (int i = 0; i < PolicyLanguage().message_type_count(); ++i)
    EXPECT_THAT(page, HasSubstr("\n## " + PolicyLanguage().message_type(i)->name() + "\n"));
  EXPECT_THAT(page, HasSubstr("| `recurring` | true or false | Starts again at the moment it is stopped. |"));
}

// Written by: caseward policy schema --reference > docs/policy-reference.md
TEST(PolicyLanguage, TheCommittedPageIsCurrent) { EXPECT_EQ(ReadAll("docs/policy-reference.md"), PolicyReference()); }

// Written by: caseward policy schema > policies/schema.json
TEST(PolicyLanguage, TheCommittedSchemaIsCurrent) { EXPECT_EQ(ReadAll("policies/schema.json"), PolicySchema()); }

}  // namespace
}  // namespace caseward
