#include "engine/base/words.h"

#include <string>
#include <vector>

#include "caseward/v1/decision.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;

// Words in every kind of place: a field, a member of a oneof, a list, and a map's value.
v1::Decision WithWordsEverywhere() {
  v1::Decision decision;
  v1::ReportCase& report = *decision.mutable_command()->mutable_report_case();
  report.mutable_account()->set_text("account");
  report.mutable_account()->add_subjects("resident-1");
  v1::Event& event = *decision.mutable_accepted()->add_events();
  event.mutable_contact_made()->mutable_note()->set_text("note");
  v1::Event& step = *decision.mutable_accepted()->add_events();
  (*step.mutable_step_recorded()->mutable_fields())["said"].mutable_words()->set_text("said");
  (*step.mutable_step_recorded()->mutable_fields())["answer"].set_code("agrees");
  return decision;
}

std::vector<std::string> TextsOf(v1::Decision decision) {
  std::vector<std::string> texts;
  EXPECT_TRUE(ForEachWords(decision, [&](v1::Words& words) {
                texts.push_back(words.text());
                return absl::OkStatus();
              }).ok());
  return texts;
}

TEST(Words, AreFoundWhereverTheyAre) {
  EXPECT_THAT(TextsOf(WithWordsEverywhere()), ElementsAre("account", "note", "said"));
}

TEST(Words, TheFirstFaultStopsTheVisit) {
  v1::Decision decision = WithWordsEverywhere();
  int visited = 0;
  const absl::Status status = ForEachWords(decision, [&](v1::Words&) {
    ++visited;
    return absl::NotFoundError("erased");
  });
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(visited, 1);
}

TEST(Words, TextInClearIsSeenInEachPlace) {
  EXPECT_FALSE(HasText(v1::Decision()));
  const size_t places = TextsOf(WithWordsEverywhere()).size();
  for (size_t place = 0; place < places; ++place) {
    v1::Decision decision = WithWordsEverywhere();
    size_t at = 0;
    ASSERT_TRUE(ForEachWords(decision, [&](v1::Words& words) {
                  if (at++ != place) words.clear_text();
                  return absl::OkStatus();
                }).ok());
    EXPECT_TRUE(HasText(decision)) << place;
    EXPECT_TRUE(BytesHaveText(*decision.GetDescriptor(), decision.SerializeAsString())) << place;
  }
}

TEST(Words, SealedWordsAreNoTextAlsoInBytes) {
  v1::Decision decision = WithWordsEverywhere();
  ASSERT_TRUE(ForEachWords(decision, [&](v1::Words& words) {
                words.clear_text();
                words.set_sealed("sealed");
                words.set_key_id("key");
                return absl::OkStatus();
              }).ok());
  decision.set_term(7);
  EXPECT_FALSE(BytesHaveText(*decision.GetDescriptor(), decision.SerializeAsString()));
  EXPECT_FALSE(BytesHaveText(*decision.GetDescriptor(), ""));
}

TEST(Words, BytesThatAreNoMessageCountAsText) {
  const google::protobuf::Descriptor& type = *v1::Decision::descriptor();
  EXPECT_TRUE(BytesHaveText(type, "\xff"));          // a tag without an end
  EXPECT_TRUE(BytesHaveText(type, "\x0a\x05word"));  // shorter than it says
  EXPECT_TRUE(BytesHaveText(type, "\x0b"));          // a group, which no message of ours has
}

TEST(Words, StrippedWordsStillSayWhomTheyAreAbout) {
  v1::Decision decision = WithWordsEverywhere();
  StripWords(decision);
  EXPECT_FALSE(HasText(decision));
  EXPECT_THAT(decision.command().report_case().account().subjects(), ElementsAre("resident-1"));
}

TEST(Words, DroppedWordsLeaveEverythingElse) {
  v1::Decision decision = WithWordsEverywhere();
  DropWords(decision);
  EXPECT_FALSE(decision.command().report_case().has_account());
  EXPECT_FALSE(decision.accepted().events(0).contact_made().has_note());
  const auto& fields = decision.accepted().events(1).step_recorded().fields();
  EXPECT_FALSE(fields.at("said").has_words());
  EXPECT_EQ(fields.at("answer").code(), "agrees");
}

}  // namespace
}  // namespace caseward
