// Laws L9 to L14: readers see their writes, everything is bounded, words are sealed, SYSTEM signs nothing, the actor
// comes from the credential, and the log is a transparency log.
#include <memory>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/partition/intake.h"
#include "engine/partition/merkle.h"
#include "engine/partition/records.h"
#include "engine/partition/sealing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::HasSubstr;

std::string ResidentOf(PartitionWorld& world, const std::string& case_id) {
  return world.CaseAt(case_id).main_resident_id();
}

v1::Command Erase(std::string command_id, std::string resident_id) {
  v1::Command command;
  command.set_command_id(std::move(command_id));
  command.set_resident_id(std::move(resident_id));
  command.mutable_erase_resident()->set_reason_code("asked");
  return command;
}

absl::Status SubmitAs(PartitionWorld& world, const v1::Command& command, const v1::Actor& actor) {
  return world.partition(1).Submit({.command = command, .actor = actor, .reply = [](absl::StatusOr<v1::Outcome>) {}});
}

TEST(L9, WhoeverIsAnsweredSeesTheirOwnWrite) {
  PartitionWorld world(2);
  bool seen = false;
  const v1::Command command = Report("r1");
  ASSERT_TRUE(world.partition(1)
                  .Submit({.command = command,
                           .actor = Officer(),
                           .reply =
                               [&](absl::StatusOr<v1::Outcome> outcome) {
                                 seen = outcome.ok() && (*world.Reader(1).GetCase(outcome->stream())).has_value() &&
                                        world.partition(1).view().position.sequence() >= outcome->position().sequence();
                               }})
                  .ok());

  world.Drive();

  EXPECT_TRUE(seen);
}

TEST(L9, WhenAppliedWaitsForThePositionAndAnswersAtOnceAfterIt) {
  PartitionWorld world(2);
  const uint64_t next = world.partition(1).view().position.sequence() + 1;
  int answered = 0;
  const auto done = [&](absl::Status status) { answered += status.ok() ? 1 : 100; };
  world.partition(1).WhenApplied(next, done);
  world.Drive();
  EXPECT_EQ(answered, 0);

  world.Must(Report("r1"), Officer());
  EXPECT_EQ(answered, 1);
  world.partition(1).WhenApplied(next, done);

  EXPECT_EQ(answered, 2);
}

TEST(L9, LatestAnswersOnlyOnceARoundBegunAfterTheCallHasCommitted) {
  PartitionWorld world(2);
  int answered = 0;
  ASSERT_TRUE(world.partition(1).Barrier([&](absl::Status status) { answered += status.ok() ? 1 : 100; }).ok());
  EXPECT_EQ(answered, 0);
  const size_t records = world.Records(1).size();

  world.Drive();

  EXPECT_EQ(answered, 1);
  EXPECT_EQ(world.Records(1).size(), records) << "proving the term needs no record";
}

TEST(L9, AnOwnerThatWasOvertakenCannotServeALatestRead) {
  PartitionWorld world(2);
  ASSERT_TRUE(world.log().Claim(1, "another").ok());
  absl::Status answer;
  ASSERT_TRUE(world.partition(1).Barrier([&](absl::Status status) { answer = std::move(status); }).ok());

  world.Drive();

  EXPECT_TRUE(absl::IsUnavailable(answer)) << answer;
}

TEST(L10, TheInboxTakesWhatItSaysAndNotOneMore) {
  PartitionLimits limits;
  limits.inbox_max = 3;
  PartitionWorld world(2, limits);
  std::vector<std::shared_ptr<PartitionWorld::Waiting>> waiting;
  for (int i = 0; i < 4; ++i)
    waiting.push_back(world.Submit(Report(StrCat("r", i)), Officer()));

  EXPECT_FALSE(waiting[2]->answered);
  ASSERT_TRUE(waiting[3]->answered);
  EXPECT_TRUE(absl::IsResourceExhausted(waiting[3]->outcome.status()));
  world.Drive();
  EXPECT_TRUE(waiting[2]->outcome.ok());
  EXPECT_TRUE(world.Must(Report("r3"), Officer()).has_accepted());
}

TEST(L10, ARoundTakesNoMoreThanItsLimitAndTheRestGoesOn) {
  PartitionLimits limits;
  limits.round_commands_max = 8;
  PartitionWorld world(2, limits);
  const size_t before = world.Records(1).size();
  std::vector<std::shared_ptr<PartitionWorld::Waiting>> waiting;
  for (int i = 0; i < 30; ++i)
    waiting.push_back(world.Submit(Report(StrCat("r", i)), Officer()));

  world.partition(1).Step(world.now());
  EXPECT_LE(world.Records(1).size() - before, 8u);
  world.Drive();

  for (const auto& w : waiting)
    EXPECT_TRUE(w->answered && w->outcome.ok());
}

TEST(L10, ACommandMayBeAsLargeAsTheLimitAndNotAByteLarger) {
  v1::Command command = Report("r1");
  command.mutable_report_case()->mutable_account()->set_text("x");
  PartitionLimits limits;
  limits.command_bytes_max = command.ByteSizeLong();
  PartitionWorld world(2, limits, /*publish=*/false);

  EXPECT_TRUE(SubmitAs(world, command, Officer()).ok());
  command.mutable_report_case()->mutable_account()->set_text("xx");
  EXPECT_TRUE(absl::IsInvalidArgument(SubmitAs(world, command, Officer())));
}

TEST(L10, WordsMayHave64KiBAndNotAByteMore) {
  PartitionWorld world(2);
  EXPECT_TRUE(SubmitAs(world, Report("r1", std::string(kWordsBytesMax, 'x')), Officer()).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(SubmitAs(world, Report("r2", std::string(kWordsBytesMax + 1, 'x')), Officer())));
}

TEST(L10, BadInputIsNamedAtTheDoor) {
  PartitionWorld world(2);
  const auto message = [&](const v1::Command& command) {
    const absl::Status status = SubmitAs(world, command, Officer());
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  v1::Command none;
  none.set_command_id("x1");
  v1::Command spaces = Report("with spaces");
  v1::Command broken = Report("x2");
  broken.set_channel("\xff\xfe");
  v1::Command zero = Report("x3");
  zero.set_channel(std::string("a\0b", 3));
  v1::Command instant = Report("x4");
  instant.mutable_occurred_at()->set_nanos(-1);
  v1::Command unknown = Report("x5");
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddVarint(999, 1);
  v1::Command elsewhere = OfCase("x6", "C-99-000000-000000-0");
  elsewhere.mutable_close_case();

  EXPECT_THAT(message(none), HasSubstr("verb"));
  EXPECT_THAT(message(spaces), HasSubstr("[A-Za-z0-9._:-]"));
  EXPECT_THAT(message(broken), HasSubstr("channel: expected valid UTF-8"));
  EXPECT_THAT(message(zero), HasSubstr("zero bytes"));
  EXPECT_THAT(message(instant), HasSubstr("occurred_at: expected an instant"));
  EXPECT_THAT(message(unknown), HasSubstr("999"));
  EXPECT_FALSE(message(elsewhere).empty());
}

TEST(L10, AnUnknownCaseIsNotFound) {
  PartitionWorld world(2);
  const std::string id = DeriveCaseId(world.hasher(), 1, "nobody", "nothing").string();
  EXPECT_TRUE(absl::IsNotFound(world.Do(Close("x1", id), Officer()).status()));
}

TEST(L11, NothingInLogOrStateHoldsTextInClear) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "SECRET account"), Officer()).stream();
  ASSERT_TRUE(world.Must(Note("n1", id, "SECRET note in a map"), Officer()).has_accepted());
  ASSERT_TRUE(world.Must(Contact("c1", id, "SECRET call"), Officer()).has_accepted());

  for (const v1::Decision& decision : world.Records(1)) {
    EXPECT_FALSE(HasText(decision));
    EXPECT_EQ(decision.SerializeAsString().find("SECRET"), std::string::npos);
  }
  ASSERT_TRUE(world.store(1)
                  .Scan("", "",
                        [](std::string_view, std::string_view value) {
                          EXPECT_EQ(value.find("SECRET"), std::string_view::npos);
                          return true;
                        })
                  .ok());
  const v1::Words account = world.CaseAt(id).account();
  EXPECT_EQ(account.key_id(), ResidentOf(world, id));
  EXPECT_EQ(*world.vault(1).Open(account.key_id(), account.sealed()), "SECRET account");
}

TEST(L11, AnErasedPersonsWordsAreGoneAndDigestsStay) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "SECRET account"), Officer()).stream();
  const v1::Words account = world.CaseAt(id).account();

  const v1::Outcome erased = world.Must(Erase("e1", ResidentOf(world, id)), Administrator());

  ASSERT_TRUE(erased.has_accepted()) << erased.ShortDebugString();
  EXPECT_TRUE(absl::IsNotFound(world.vault(1).Open(account.key_id(), account.sealed()).status()));
  EXPECT_EQ(world.Digest(1), world.RebuiltDigest(1));
  world.Reopen(1);
  EXPECT_TRUE(absl::IsNotFound(world.vault(1).Open(account.key_id(), account.sealed()).status()));
}

TEST(L11, NewWordsAboutAnErasedPersonAreRefusedAndNotKept) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "SECRET account"), Officer()).stream();
  world.Must(Contact("c1", id, "SECRET call"), Officer());
  world.Must(Erase("e1", ResidentOf(world, id)), Administrator());

  const v1::Outcome refused = world.Must(Note("n1", id, "SECRET note"), Officer());

  EXPECT_EQ(refused.refusal().rule(), "C-erased");
  EXPECT_EQ(world.Records(1).back().SerializeAsString().find("SECRET"), std::string::npos);
  EXPECT_TRUE(world.Must(Contact("c2", id), Officer()).has_accepted()) << "without words the case goes on";
  EXPECT_TRUE(world.Must(Contact("c1", id, "SECRET call"), Officer()).replayed()) << "an honest retry is still one";
}

TEST(L11, TheErasureOfARoundThatDidNotCommitIsUndone) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1", "SECRET account"), Officer()).stream();
  const v1::Words account = world.CaseAt(id).account();
  for (int i = 0; i < 3; ++i)
    world.log().faults().Next(1, LogFault::kAborted);

  const absl::StatusOr<v1::Outcome> outcome = world.Do(Erase("e1", ResidentOf(world, id)), Administrator());

  EXPECT_TRUE(absl::IsUnavailable(outcome.status())) << outcome.status();
  const absl::StatusOr<std::string> opened = world.vault(1).Open(account.key_id(), account.sealed());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, "SECRET account");
}

TEST(L11, WordsAboutSeveralPeopleNameThemAndDieWithAnyOne) {
  PartitionWorld world(2);
  const std::string one = world.Must(Report("r1"), Officer()).stream();
  const std::string two = world.Must(Report("r2"), Officer()).stream();
  v1::Command note = Note("n1", one, "SECRET about both");
  v1::Words& words = *(*note.mutable_record_step()->mutable_fields())["words"].mutable_words();
  words.add_subjects(ResidentOf(world, one));
  words.add_subjects(ResidentOf(world, two));
  ASSERT_TRUE(world.Must(note, Officer()).has_accepted());
  const v1::Words sealed = world.CaseAt(one).steps(0).fields().at("words").words();
  ASSERT_TRUE(world.vault(1).Open(sealed.key_id(), sealed.sealed()).ok());

  world.Must(Erase("e1", ResidentOf(world, two)), Administrator());

  EXPECT_TRUE(absl::IsNotFound(world.vault(1).Open(sealed.key_id(), sealed.sealed()).status()));
  EXPECT_TRUE(world.Must(note, Officer()).replayed());
}

TEST(L11, SealedBytesAClientMadeUpAreRefusedAtTheDoor) {
  PartitionWorld world(2);
  v1::Command command = Report("r1");
  command.mutable_report_case()->mutable_account()->set_sealed("in truth clear text");

  EXPECT_TRUE(absl::IsInvalidArgument(SubmitAs(world, command, Officer())));
}

TEST(L11, EveryFieldThatCanHoldWordsIsFound) {
  // A field of type Words added anywhere under a decision is walked without anybody thinking of it.
  v1::Decision decision;
  decision.mutable_command()->mutable_agree_plan()->add_actions()->mutable_what()->set_text("a");
  EXPECT_TRUE(HasText(decision));
  decision.Clear();
  (*decision.mutable_command()->mutable_report_case()->mutable_fields())["f"].mutable_words()->set_text("a");
  EXPECT_TRUE(HasText(decision));
  decision.Clear();
  decision.mutable_accepted()
      ->add_events()
      ->mutable_historical_fact()
      ->add_would_be()
      ->mutable_action_added()
      ->mutable_what()
      ->set_text("a");
  EXPECT_TRUE(HasText(decision));
  StripWords(decision);
  EXPECT_FALSE(HasText(decision));
}

TEST(L12, NoOneMayActAsSystem) {
  PartitionWorld world(2);
  v1::Actor system = Officer();
  system.set_kind(v1::Actor::KIND_SYSTEM);
  v1::Actor unspecified = Officer();
  unspecified.clear_kind();

  EXPECT_TRUE(absl::IsInvalidArgument(SubmitAs(world, Report("r1"), system)));
  EXPECT_TRUE(absl::IsInvalidArgument(SubmitAs(world, Report("r1"), unspecified)));
}

TEST(L13, TheSystemsOwnVerbsAreNotForClients) {
  PartitionWorld world(2);
  const std::string id = world.Must(Report("r1"), Officer()).stream();
  int own = 0;
  const auto* verbs = v1::Command::descriptor()->FindOneofByName("verb");
  for (int i = 0; i < verbs->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* verb = verbs->field(i);
    if (verb->number() < v1::Command::kFireClock || verb->number() == v1::Command::kConfirmTime) continue;
    v1::Command command = OfCase("x1", id);
    command.GetReflection()->MutableMessage(&command, verb);
    const absl::Status status = SubmitAs(world, command, Administrator());
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status << " " << verb->name();
    world.Put(1, command, Administrator());
    EXPECT_EQ(world.log().rejects(1).size(), static_cast<size_t>(++own)) << "by topic, too: " << verb->name();
  }
  EXPECT_EQ(own, 13);
}

TEST(L13, TheRecordNamesTheActorOfTheCredential) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());

  EXPECT_EQ(world.Records(1).back().actor().id(), "olu");
  EXPECT_EQ(world.Records(1).back().actor().roles(0), "officer");
}

TEST(L14, AHeadIsSignedHourlyOverEveryRecordBeforeIt) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());
  world.Advance(absl::Hours(1));

  MerkleFrontier tree;
  int heads = 0;
  const absl::Status read = world.log().ReadFrom(1, 0, [&](uint64_t sequence, std::string_view raw) {
    v1::Decision decision;
    EXPECT_TRUE(ParseRecord(raw, 1, sequence, decision).ok());
    if (decision.command().has_sign_head()) {
      ++heads;
      const v1::HeadSigned& head = decision.accepted().events(0).head_signed();
      EXPECT_EQ(head.tree_size(), sequence);
      EXPECT_EQ(head.root(), AsBytes(tree.Root(world.hasher())));
      EXPECT_TRUE(world.vault(1)
                      .Verify(head.key_id(), HeadBytes("test-log", 1, head.tree_size(), head.root()), head.signature())
                      .ok());
    }
    tree.Append(world.hasher(), raw);
    return true;
  });

  EXPECT_TRUE(read.ok());
  EXPECT_EQ(heads, 1);
  EXPECT_EQ((*world.Reader(1).Meta())->tree_size(), world.Records(1).size());
}

TEST(L14, WhereNothingHappenedNoHeadIsSigned) {
  PartitionWorld world(2);
  world.Advance(absl::Hours(1));
  const size_t records = world.Records(1).size();

  for (int hour = 0; hour < 24; ++hour)
    world.Advance(absl::Hours(1));

  EXPECT_EQ(world.Records(1).size(), records);
}

TEST(L14, AnAlteredPastShowsAgainstAnOldHead) {
  PartitionWorld world(2);
  world.Must(Report("r1"), Officer());
  world.Advance(absl::Hours(1));
  const v1::HeadSigned head = world.Records(1).back().accepted().events(0).head_signed();

  MerkleFrontier altered;
  MerkleFrontier reordered;
  std::vector<std::string> raws;
  ASSERT_TRUE(world.log()
                  .ReadFrom(1, 0,
                            [&](uint64_t, std::string_view raw) {
                              raws.emplace_back(raw);
                              return raws.size() < head.tree_size();
                            })
                  .ok());
  std::swap(raws[0], raws[1]);
  for (const std::string& raw : raws)
    reordered.Append(world.hasher(), raw);
  std::swap(raws[0], raws[1]);
  raws[2][5] = static_cast<char>(raws[2][5] ^ 1);
  for (const std::string& raw : raws)
    altered.Append(world.hasher(), raw);

  EXPECT_NE(AsBytes(altered.Root(world.hasher())), head.root());
  EXPECT_NE(AsBytes(reordered.Root(world.hasher())), head.root());
}

}  // namespace
}  // namespace caseward
