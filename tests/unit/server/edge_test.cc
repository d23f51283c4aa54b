#include "services/server/edge.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caseward {
namespace {

using testing::HasSubstr;

v1::Command Good() {
  v1::Command command;
  command.set_command_id("c-1");
  command.set_channel("phone");
  command.mutable_report_case()->set_case_type("noise");
  return command;
}

std::string Error(const v1::Command& command) {
  const absl::Status status = CheckCommand(command);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(Edge, AWellFormedCommandPasses) { EXPECT_TRUE(CheckCommand(Good()).ok()); }

TEST(Edge, TheCommandIdIsChecked) {
  v1::Command command = Good();
  command.set_command_id(std::string(65, 'x'));
  EXPECT_THAT(Error(command), HasSubstr("command.command_id"));
  command.set_command_id(std::string(64, 'x'));
  EXPECT_TRUE(CheckCommand(command).ok());
}

TEST(Edge, TheChannelIsACode) {
  v1::Command command = Good();
  command.set_channel("By Phone");
  EXPECT_THAT(Error(command), HasSubstr("command.channel"));
  command.set_channel(std::string(33, 'a'));
  EXPECT_THAT(Error(command), HasSubstr("at most 32"));
}

TEST(Edge, VerbsOfTheSystemAreItsOwn) {
  v1::Command command = Good();
  command.mutable_sign_head();
  EXPECT_THAT(Error(command), HasSubstr("sign_head"));
  command.clear_verb();
  EXPECT_THAT(Error(command), HasSubstr("found none"));
}

TEST(Edge, AnEnumValueThatIsNotKnownIsNamedHoweverDeep) {
  v1::Command command = Good();
  command.mutable_publish_pack()->mutable_pack()->add_clocks()->add_within()->mutable_span()->set_unit(
      static_cast<v1::TimeUnit>(42));
  EXPECT_THAT(Error(command), HasSubstr("command.publish_pack.pack.clocks.within.span.unit"));
}

TEST(Edge, ATextIsNeverQuoted) {
  v1::Command command = Good();
  command.set_command_id("Jo Bloggs, 1 High Street");
  EXPECT_THAT(Error(command), testing::Not(HasSubstr("Bloggs")));
}

}  // namespace
}  // namespace caseward
