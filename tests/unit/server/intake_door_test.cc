// What the services make of a record by topic: the command, its sender, or why there is none, in words that quote
// nothing of what it held.
#include "services/server/intake_door.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caseward {
namespace {

using testing::HasSubstr;
using testing::Not;

class NoHasher final : public Hasher {
 public:
  Sha256Digest Sha256(std::initializer_list<std::string_view>) const override { return {}; }
};
// One reference is claimed, or the state cannot be read.
class OneReference final : public StateReader {
 public:
  absl::StatusOr<std::optional<std::string>> Get(std::string_view) const override { return answer; }
  absl::Status Scan(std::string_view, std::string_view,
                    absl::FunctionRef<bool(std::string_view, std::string_view)>) const override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<std::string>> answer = std::nullopt;
};

class IntakeDoorTest : public testing::Test {
 protected:
  IntakeCommand Open(TopicRecord record) {
    const IntakeDoor door = MakeIntakeDoor(authenticator_, {.partitions = 4, .hasher = hasher_, .state = state_});
    return door({.offset = 7, .time = absl::UnixEpoch(), .record = std::move(record)}, *Directory::Empty());
  }
  static v1::Command Report() {
    v1::Command command;
    command.set_command_id("r1");
    command.set_channel("email");
    command.mutable_report_case()->set_case_type("anti_social_behaviour");
    return command;
  }
  static TopicRecord Binary(const v1::Command& command) {
    return {.key = std::nullopt, .value = command.SerializeAsString(), .headers = {{"caseward-actor", kOlu}}};
  }
  static TopicRecord Json(std::string text, std::string type = "application/json") {
    return {.key = std::nullopt,
            .value = std::move(text),
            .headers = {{"content-type", std::move(type)}, {"caseward-actor", kOlu}}};
  }
  static constexpr char kOlu[] = "olu; roles=case_manager";

  DevAuthenticator authenticator_;
  NoHasher hasher_;
  OneReference state_;
};

TEST_F(IntakeDoorTest, ASerialisedCommandWithItsSender) {
  const IntakeCommand made = Open(Binary(Report()));
  ASSERT_TRUE(made.status.ok()) << made.status;
  EXPECT_EQ(made.command.SerializeAsString(), Report().SerializeAsString());
  EXPECT_EQ(made.actor.id(), "olu");
  EXPECT_EQ(made.actor.roles(0), "case_manager");
}

TEST_F(IntakeDoorTest, TheSameAsJson) {
  for (const char* const type : {"application/json", "application/json; charset=utf-8"}) {
    const IntakeCommand made =
        Open(Json(R"({"command_id":"r1","channel":"email","reportCase":{"caseType":"anti_social_behaviour"}})", type));
    ASSERT_TRUE(made.status.ok()) << made.status;
    EXPECT_EQ(made.command.SerializeAsString(), Report().SerializeAsString());
  }
}

TEST_F(IntakeDoorTest, JsonThatCannotBeReadIsNamedAndNotQuoted) {
  const std::map<std::string, std::string> rows = {
      {R"({"command_id": "r1", "report_case": {"account": {"text": 17}}, "x": "Mrs Example"})",
       "expected Command as JSON"},
      {R"({"command_id": "r1", "Mrs Example)", "expected Command as JSON"},
      {R"({"channel": ["Mrs Example"]})", "expected Command as JSON"},
      {R"({"occurred_at": "Mrs Example"})", "expected Command as JSON"},
  };
  for (const auto& [text, said] : rows) {
    const IntakeCommand made = Open(Json(text));
    EXPECT_TRUE(absl::IsInvalidArgument(made.status)) << made.status;
    EXPECT_THAT(made.status.message(), HasSubstr(said));
    EXPECT_THAT(made.status.message(), Not(HasSubstr("Mrs Example")));
  }
}

TEST_F(IntakeDoorTest, L10_JsonIsReadUpToItsLimitAndNotOneByteBeyond) {
  std::string text = R"({"command_id":"r1","channel":"email","reportCase":{"caseType":"anti_social_behaviour"}})";
  text.resize(kIntakeJsonBytesMax, ' ');
  EXPECT_TRUE(Open(Json(text)).status.ok());
  text.push_back(' ');
  EXPECT_THAT(Open(Json(text)).status.message(), HasSubstr("at most 4194304 bytes of JSON; found 4194305"));
}

TEST_F(IntakeDoorTest, BytesThatAreNoCommandAreLocated) {
  TopicRecord record = Binary(Report());
  record.value = record.value.substr(0, record.value.size() - 3);
  const IntakeCommand made = Open(record);
  EXPECT_TRUE(absl::IsInvalidArgument(made.status));
  EXPECT_THAT(made.status.message(), HasSubstr("at byte"));
  record.value.clear();
  EXPECT_THAT(Open(record).status.message(), HasSubstr("expected a command; found an empty value"));
  EXPECT_THAT(Open(Json("{}", "text/xml")).status.message(), HasSubstr("content-type: expected application/protobuf"));
}

TEST_F(IntakeDoorTest, L13_TheSenderIsTheHeaderAloneAndExactlyOne) {
  TopicRecord record = Binary(Report());
  record.headers.clear();
  EXPECT_TRUE(absl::IsUnauthenticated(Open(record).status));
  record.headers = {{"caseward-actor", "a"}, {"caseward-actor", "b"}};
  EXPECT_TRUE(absl::IsUnauthenticated(Open(record).status));
  record.headers = {{"caseward-actor", "SYSTEM; kind=system"}};
  const IntakeCommand made = Open(record);
  EXPECT_TRUE(absl::IsUnauthenticated(made.status)) << made.status;
  EXPECT_EQ(made.command.command_id(), "r1") << "its outcome names the command";
}

TEST_F(IntakeDoorTest, TheFormIsCheckedAsAtTheFirstDoor) {
  v1::Command command = Report();
  command.set_channel("Mrs Example");
  const IntakeCommand made = Open(Binary(command));
  EXPECT_TRUE(absl::IsInvalidArgument(made.status));
  EXPECT_THAT(made.status.message(), HasSubstr("command.channel"));
  EXPECT_THAT(made.status.message(), Not(HasSubstr("Mrs Example")));
}

TEST_F(IntakeDoorTest, AReferenceThatNobodyClaimedIsNotFoundAndAStateThatCannotBeReadIsForLater) {
  v1::Command command;
  command.set_command_id("c1");
  command.set_case_id("d365:abc");
  command.mutable_record_contact();
  EXPECT_TRUE(absl::IsNotFound(Open(Binary(command)).status));
  state_.answer = absl::UnavailableError("the disk is full");
  EXPECT_TRUE(absl::IsUnavailable(Open(Binary(command)).status));
}

}  // namespace
}  // namespace caseward
