// Submit, end to end: one node, real log, real gRPC.
#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/served.h"

namespace caseward::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Bytes to a method, as a client that is broken or hostile would send them.
grpc::Status CallRaw(Served& node, const std::string& method, const std::string& bytes, const std::string& actor) {
  grpc::GenericStub stub(node.channel());
  grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  const auto context = Served::As(actor);
  stub.UnaryCall(context.get(), method, {}, &request, &response, [&](grpc::Status status) { done.set_value(status); });
  return done.get_future().get();
}

constexpr char kSubmit[] = "/caseward.v1.CaseService/Submit";

class Submit : public testing::Test {
 protected:
  Submit() { node.PublishPack(); }
  Served node;
};

TEST_F(Submit, OpensACaseAndSaysWhereItIs) {
  const v1::Outcome outcome = node.Accept(Report("r1"));

  EXPECT_EQ(outcome.command_id(), "r1");
  EXPECT_EQ(outcome.version(), 1u);
  EXPECT_FALSE(outcome.position().log_id().empty());
  EXPECT_EQ(outcome.accepted().events(0), "case_reported");
  const v1::CaseState state = node.Case(outcome.stream());
  EXPECT_EQ(state.case_id(), outcome.stream());
  EXPECT_EQ(state.phase(), v1::PHASE_REPORTED);
}

TEST_F(Submit, ARefusalIsDataWithStatusOk) {
  const std::string id = node.NewCase("r1");
  node.Accept(Triage("t1", id));

  const v1::Outcome outcome = node.Submit(ProposeClosure("p1", id));

  ASSERT_TRUE(outcome.has_refusal());
  EXPECT_EQ(outcome.refusal().rule(), "S-1");
  EXPECT_EQ(outcome.refusal().clause(), "Tests 4");
  EXPECT_EQ(outcome.refusal().missing(0).id(), "visited");
  EXPECT_EQ(outcome.refusal().unblock(), "Visit, and record it.");
  EXPECT_EQ(node.Case(id).version(), 2u) << "a refusal does not move the version";
}

TEST_F(Submit, L5_TheSameCommandAgainGivesTheFirstOutcome) {
  const v1::Outcome first = node.Accept(Report("r1"));

  const v1::Outcome again = node.Accept(Report("r1"));

  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.stream(), first.stream());
  EXPECT_EQ(again.position().sequence(), first.position().sequence());
}

TEST_F(Submit, L5_TheSameIdWithOtherContentIsAnError) {
  node.Accept(Report("r1"));
  v1::Command other = Report("r1");
  other.mutable_report_case()->set_area("riverside");

  v1::Outcome outcome;
  const grpc::Status status = node.TrySubmit(other, kManager, &outcome);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS) << status.error_message();
}

TEST_F(Submit, TwoPeopleMayUseTheSameCommandId) {
  const v1::Outcome mine = node.Accept(Report("r1"), kManager);
  const v1::Outcome yours = node.Accept(Report("r1"), kLeader);

  EXPECT_NE(mine.stream(), yours.stream());
}

TEST_F(Submit, AStaleExpectedVersionIsRefused) {
  const std::string id = node.NewCase("r1");
  v1::Command triage = Triage("t1", id);
  triage.set_expected_version(7);

  const v1::Outcome outcome = node.Submit(triage);

  ASSERT_TRUE(outcome.has_refusal());
  EXPECT_EQ(outcome.refusal().rule(), "C-version");
}

TEST_F(Submit, OfTwoClientsClosingOneCaseAtOnceOneCloses) {
  const std::string id = node.NewCase("r1");
  node.Accept(Triage("t1", id));
  node.Accept(Assign("a1", id, "mo"));
  node.Accept(Visit("v1", id));
  node.Accept(ProposeClosure("p1", id));
  node.Accept(SignClosure("s1", id), kLeader);

  auto one = std::async(std::launch::async, [&] { return node.Submit(Close("c1", id), kManager); });
  auto two = std::async(std::launch::async, [&] { return node.Submit(Close("c2", id), "sam; roles=case_manager"); });
  const int closed = one.get().has_accepted() + two.get().has_accepted();

  EXPECT_EQ(closed, 1);
  EXPECT_EQ(node.Case(id).phase(), v1::PHASE_CLOSED);
}

TEST_F(Submit, L13_TheActorOfTheRecordIsTheCaller) {
  const std::string id = node.NewCase("r1");

  v1::GetTimelineRequest request;
  request.set_case_id(id);
  v1::GetTimelineResponse timeline;
  ASSERT_TRUE(node.cases->GetTimeline(Served::As(kLeader).get(), request, &timeline).ok());

  ASSERT_GE(timeline.decisions_size(), 1);
  EXPECT_EQ(timeline.decisions(0).actor().id(), "mo");
  EXPECT_EQ(timeline.decisions(0).actor().region(), "north");
  EXPECT_EQ(timeline.decisions(0).actor().roles(0), "case_manager");
}

TEST_F(Submit, RolesOfTheDirectoryAreAddedAndItsRegionWins) {
  v1::Command staff;
  staff.set_command_id("staff-1");
  staff.mutable_register_staff()->set_staff_id("mo");
  staff.mutable_register_staff()->add_roles("team_leader");
  staff.mutable_register_staff()->set_region("south");
  node.Accept(staff, kAdmin);

  const std::string id = node.NewCase("r1");

  v1::GetTimelineRequest request;
  request.set_case_id(id);
  v1::GetTimelineResponse timeline;
  ASSERT_TRUE(node.cases->GetTimeline(Served::As(kManager).get(), request, &timeline).ok());
  EXPECT_THAT(timeline.decisions(0).actor().roles(), testing::ElementsAre("case_manager", "team_leader"));
  EXPECT_EQ(timeline.decisions(0).actor().region(), "south");
}

TEST_F(Submit, WithoutTheHeaderNobodyIsAuthenticated) {
  v1::Outcome outcome;
  const grpc::Status status = node.TrySubmit(Report("r1"), "", &outcome);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("caseward-actor"), HasSubstr("found 0")));
}

TEST_F(Submit, AnUnknownCaseIsARefusalOrNotFoundByName) {
  v1::Outcome outcome;
  const grpc::Status status = node.TrySubmit(Triage("t1", "no-such-case"), kManager, &outcome);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("command.case_id"));

  const grpc::Status reference = node.TrySubmit(Triage("t2", "d365:nobody-claimed-this"), kManager, &outcome);
  EXPECT_EQ(reference.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(Submit, AReferenceOfAnotherSystemStandsForTheCase) {
  v1::Command report = Report("r1");
  v1::ExternalReference* reference = report.add_references();
  reference->set_system("d365");
  reference->set_value("7f3a-01");
  const v1::Outcome reported = node.Accept(report);

  // The claim travels by message to the partition that the reference names.
  v1::Outcome outcome;
  grpc::Status status;
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    status = node.TrySubmit(Triage("t1", "d365:7f3a-01"), kManager, &outcome);
    if (status.error_code() != grpc::StatusCode::NOT_FOUND) break;
  }

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(outcome.has_accepted());
  EXPECT_EQ(outcome.stream(), reported.stream());
}

TEST_F(Submit, MalformedCommandsAreNamed) {
  v1::Outcome outcome;
  const auto error = [&](const v1::Command& command) {
    const grpc::Status status = node.TrySubmit(command, kManager, &outcome);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };

  v1::Command no_verb;
  no_verb.set_command_id("x1");
  EXPECT_THAT(error(no_verb), HasSubstr("found none"));
  v1::Command system_verb;
  system_verb.set_command_id("x2");
  system_verb.mutable_fire_clock()->set_clock("answer");
  EXPECT_THAT(error(system_verb), HasSubstr("fire_clock"));
  EXPECT_THAT(error(Report("")), HasSubstr("command_id"));
  EXPECT_THAT(error(Report("has spaces")), HasSubstr("command_id"));
  v1::Command strange_enum = Report("x3");
  strange_enum.mutable_report_case()->set_priority(static_cast<v1::Priority>(77));
  EXPECT_THAT(error(strange_enum), AllOf(HasSubstr("command.report_case.priority"), HasSubstr("77")));
  v1::Command sealed = Report("x4");
  sealed.mutable_report_case()->mutable_account()->set_sealed("made up");
  EXPECT_THAT(error(sealed), HasSubstr("sealed"));
  v1::Command strange_time = Report("x5");
  strange_time.mutable_occurred_at()->set_nanos(-5);
  EXPECT_THAT(error(strange_time), HasSubstr("occurred_at"));
}

TEST_F(Submit, AVerbOfALaterVersionIsNamedByItsNumber) {
  // command { command_id: "x" ; field 900 (a verb this server does not know): length 0 }
  const std::string command = std::string("\x0a\x01x", 3) + std::string("\xa2\x38\x00", 3);
  const std::string request = std::string("\x0a", 1) + static_cast<char>(command.size()) + command;

  const grpc::Status status = CallRaw(node, kSubmit, request, kManager);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("field 900"));
}

TEST_F(Submit, BytesThatAreNoMessageAreInvalidArgument) {
  const grpc::Status garbage = CallRaw(node, kSubmit, "\xff\xff\xff\xff", kManager);
  EXPECT_EQ(garbage.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(garbage.error_message(), HasSubstr("caseward.v1.SubmitRequest"));

  v1::SubmitRequest whole;
  *whole.mutable_command() = Report("r1");
  const std::string bytes = whole.SerializeAsString();
  const grpc::Status truncated = CallRaw(node, kSubmit, bytes.substr(0, bytes.size() - 3), kManager);
  EXPECT_EQ(truncated.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(truncated.error_message(), HasSubstr("the message ends"));
}

TEST_F(Submit, InvalidUtf8IsNamedByItsField) {
  v1::SubmitRequest request;
  *request.mutable_command() = Report("r1");
  request.mutable_command()->mutable_report_case()->set_area("PLACE");
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find("PLACE"), 5, "\xc3\x28\xa0\xa1\xff");

  const grpc::Status status = CallRaw(node, kSubmit, bytes, kManager);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("command.report_case.area"), HasSubstr("UTF-8")));
}

TEST_F(Submit, AnOversizeMessageIsRefusedByTheBoundsName) {
  v1::Command command = Report("r1");
  command.mutable_report_case()->mutable_account()->set_text(std::string(4 << 20, 'x'));

  v1::Outcome outcome;
  const grpc::Status status = node.TrySubmit(command, kManager, &outcome);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("message_bytes_max"));
}

TEST_F(Submit, AnOversizeCommandAndOversizeWordsAreRefused) {
  v1::Command words = Report("r1");
  words.mutable_report_case()->mutable_account()->set_text(std::string((64 << 10) + 1, 'x'));
  v1::Command command = Report("r2");
  command.mutable_report_case()->set_area(std::string(300 << 10, 'x'));
  v1::Outcome outcome;

  EXPECT_EQ(node.TrySubmit(words, kManager, &outcome).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(node.TrySubmit(command, kManager, &outcome).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Submit, AMethodThatIsNotThereIsUnimplemented) {
  const grpc::Status status = CallRaw(node, "/caseward.v1.CaseService/Nothing", "", kManager);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(Submit, L11_WordsAreSealedInTheLogAndOpenedForThoseWhoMay) {
  v1::Command report = Report("r1");
  report.mutable_report_case()->mutable_account()->set_text("They shouted through the wall.");
  const std::string id = node.Accept(report).stream();

  v1::GetCaseRequest request;
  request.set_case_id(id);
  v1::GetCaseResponse sealed;
  ASSERT_TRUE(node.cases->GetCase(Served::As(kManager).get(), request, &sealed).ok());
  request.set_with_words(true);
  v1::GetCaseResponse open;
  ASSERT_TRUE(node.cases->GetCase(Served::As(kManager).get(), request, &open).ok());
  v1::GetCaseResponse refused;
  const grpc::Status partner = node.cases->GetCase(Served::As("pol; kind=partner").get(), request, &refused);

  EXPECT_EQ(sealed.case_().account().text(), "");
  EXPECT_FALSE(sealed.case_().account().sealed().empty());
  EXPECT_EQ(open.case_().account().text(), "They shouted through the wall.");
  EXPECT_EQ(partner.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

// ------------------------------------------------------------------------------------------------ bounds and deadlines

TEST(SubmitBounds, L10_AFullInboxIsResourceExhaustedAndReadsStillAnswer) {
  ServeOptions options;
  options.partitions = 1;
  options.partition_limits.inbox_max = 3;
  Served node(options);
  node.PublishPack();
  const std::string id = node.NewCase("r0");

  node.clock().Hold();
  std::vector<std::future<grpc::Status>> calls;
  std::vector<v1::Outcome> outcomes(8);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    calls.push_back(std::async(std::launch::async, [&, i] {
      return node.TrySubmit(Report("full-" + std::to_string(i)), kManager, &outcomes[i]);
    }));
  }
  // Whatever does not fit is answered while the loop still stands.
  size_t exhausted = 0;
  std::vector<std::future<grpc::Status>> waiting;
  for (const auto until = std::chrono::steady_clock::now() + kPatience;
       exhausted < outcomes.size() - 3 && std::chrono::steady_clock::now() < until;) {
    for (auto& call : calls) {
      if (call.valid() && call.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) {
        const grpc::Status status = call.get();
        EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
        EXPECT_THAT(status.error_message(), HasSubstr("retryable"));
        ++exhausted;
      }
    }
  }
  EXPECT_EQ(exhausted, outcomes.size() - 3);
  EXPECT_EQ(node.Case(id).case_id(), id);
  node.clock().Release();

  for (auto& call : calls) {
    if (call.valid()) {
      EXPECT_TRUE(call.get().ok());
    }
  }
}

TEST(SubmitBounds, L5_ACommandWhoseCallerGaveUpKeepsItsOutcome) {
  Served node;
  node.PublishPack();

  node.clock().Hold();
  v1::SubmitRequest request;
  *request.mutable_command() = Report("late");
  v1::SubmitResponse response;
  const auto context = Served::As(kManager);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const grpc::Status status = node.cases->Submit(context.get(), request, &response);
  node.clock().Release();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);

  v1::GetOutcomeRequest ask;
  ask.set_command_id("late");
  v1::GetOutcomeResponse told;
  grpc::Status found;
  for (const auto until = std::chrono::steady_clock::now() + kPatience; std::chrono::steady_clock::now() < until;) {
    found = node.cases->GetOutcome(Served::As(kManager).get(), ask, &told);
    if (found.error_code() != grpc::StatusCode::NOT_FOUND) break;
  }
  ASSERT_TRUE(found.ok()) << found.error_message();
  EXPECT_TRUE(told.outcome().has_accepted());
}

}  // namespace
}  // namespace caseward::test
