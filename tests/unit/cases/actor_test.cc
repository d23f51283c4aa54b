// Who may: SYSTEM and nameless systems never bind or harm anyone (law L12), and hand-overs are between persons (R-12,
//
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

ACase ReadyToSign() {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Triaged().Owned("mo").Assessed();
  // The resident's own task: open, and never in the way of closing.
  v1::Command diary = ask::AddAction("diary", At("2026-11-30T10:00:00Z"));
  diary.mutable_add_action()->set_resident_task(true);
  c.Does(diary);
  return c.Proposed(Nia()).Answered();
}

TEST(L12, NoAdverseDecisionWithoutANamedPerson) {
  const v1::Command adverse[] = {ask::Grant(),
                                 ask::Refuse(),
                                 ask::Waive("response"),
                                 ask::Close(),
                                 ask::Withdraw(),
                                 ask::ProposeClosure(),
                                 ask::ChangePriority(kP1),
                                 ask::Pause("long", "court"),
                                 ask::Extend("first_contact", "1 working_day", "complex"),
                                 ask::Cease("first_contact", "in_error"),
                                 ask::CancelAction("diary")};
  v1::Actor system = SystemActor();
  system.add_roles("regional_manager");
  v1::Actor nameless = Ruth();
  nameless.clear_id();
  v1::Actor of_no_kind = Ruth();
  of_no_kind.clear_kind();
  for (const v1::Actor& actor : {system, Partner(), Service("regional_manager", ""), nameless, of_no_kind}) {
    for (const v1::Command& command : adverse) {
      ACase c = ReadyToSign();
      const CaseVerdict verdict = c.Do(command, actor);
      EXPECT_THAT(verdict, IsRefusedBy("L12")) << command.ShortDebugString() << " by " << actor.ShortDebugString();
    }
  }
}

TEST(L12, AServiceThatSpeaksForAPersonMay) {
  ACase c = ReadyToSign();
  EXPECT_THAT(ReadyToSign().Do(ask::CancelAction("diary"), Service("case_manager", "mo")), IsAccepted());
  c.Does(ask::Grant(), Service("regional_manager", "ruth")).Does(ask::Close(), Service("case_manager", "mo"));
  EXPECT_EQ(c.state().phase(), v1::PHASE_CLOSED);
}

TEST(L12, WhatInformsNeedsNoPerson) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Does(ask::Report(), Service("contact_centre", ""));
  c.Does(ask::Step("further_report"), Partner()).Does(ask::Contact(), Service("contact_centre", ""));
}

TEST(L12, AClockThatFiresNeverSignsOrCloses) {
  ACase c = ReadyToSign();
  c.Signed().Until("2028-06-01T00:00:00Z");
  EXPECT_EQ(c.state().phase(), v1::PHASE_CLOSING) << "nothing closes on a timer (R-02.4)";
}

TEST(L12, CannotBeImportedAway) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Imported();
  EXPECT_THAT(c.Do(ask::Close(), SystemActor()), IsRefusedBy("L12"));
}

// ---------------------------------------------------------------------------------------------- hand-over

TEST(HandOver, R_12_2_TheSenderStaysAccountableUntilItIsAccepted) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Owned("mo").Does(ask::HandOver("nia"));
  EXPECT_EQ(c.state().owner(), "mo");
  EXPECT_EQ(c.state().handover_to(), "nia");
  EXPECT_THAT(c.Do(ask::HandOver("tess")), IsRefusedBy("C-handover")) << "one at a time";

  EXPECT_THAT(c.Do(ask::AcceptHandover(), Tess()), IsRefusedBy("C-handover")) << "only the one it was handed to";
  c.Does(ask::AcceptHandover(), Service("case_manager", "nia"));
  EXPECT_EQ(c.state().owner(), "nia");
  EXPECT_EQ(c.state().previous_owner(), "mo");
  EXPECT_EQ(c.state().handover_to(), "");
}

TEST(HandOver, IsRejectedByReceiverOrSender) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Owned("mo").Does(ask::HandOver("nia"));
  EXPECT_THAT(c.Do(ask::RejectHandover(), Tess()), IsRefusedBy("C-handover"));
  v1::Command silent = ask::RejectHandover();
  silent.mutable_reject_handover()->clear_reason_code();
  EXPECT_THAT(c.Do(silent, Nia()), IsRefusedBy("C-reason"));
  c.Does(ask::RejectHandover(), Nia());
  EXPECT_EQ(c.state().owner(), "mo");
  EXPECT_EQ(c.state().handover_to(), "");
}

TEST(HandOver, NamesAPersonOtherThanTheOwner) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Owned("mo");
  EXPECT_THAT(c.Do(ask::HandOver("")), IsRefusedBy("C-owner"));
  EXPECT_THAT(c.Do(ask::HandOver("Mrs Smith of flat 4")), IsRefusedBy("C-owner"));
  EXPECT_THAT(c.Do(ask::HandOver("mo")), IsRefusedBy("C-owner"));
  EXPECT_THAT(c.Do(ask::Assign("")), IsRefusedBy("C-owner"));
  EXPECT_THAT(c.Do(ask::Assign("mo")), IsRefusedBy("C-owner"));
}

// A directory that knows mo, nia and zed, who has left.
Standing OfThree(std::string_view person) {
  if (person == "zed") return Standing::kLeft;
  return person == "mo" || person == "nia" ? Standing::kActive : Standing::kUnknown;
}

CaseVerdict DecideWithDirectory(const ACase& c, const v1::Command& command, const v1::Actor& actor) {
  CaseContext context = c.Context(actor);
  context.standing_of = OfThree;
  return Decide(&c.state(), command, context);
}

TEST(HandOver, GoesOnlyToSomebodyTheDirectoryKnowsWhoIsThere) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Owned("mo");
  const v1::Actor mo = Mo();

  EXPECT_THAT(DecideWithDirectory(c, ask::HandOver("nia"), mo), IsAccepted());
  const CaseVerdict left = DecideWithDirectory(c, ask::HandOver("zed"), mo);
  EXPECT_THAT(left, IsRefusedBy("C-owner"));
  EXPECT_THAT(Refused(left).say(), testing::HasSubstr("zed, who has left"));
  const CaseVerdict unknown = DecideWithDirectory(c, ask::HandOver("nai"), mo);
  EXPECT_THAT(unknown, IsRefusedBy("C-owner"));
  EXPECT_FALSE(Refused(unknown).invalid()) << "registering the person lets it through";
}

TEST(HandOver, IsNotAcceptedByWhoHasLeftSince) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Owned("mo").Does(ask::HandOver("zed"));

  EXPECT_THAT(DecideWithDirectory(c, ask::AcceptHandover(), Person("zed", "case_manager")), IsRefusedBy("C-owner"));
}

TEST(Assign, GoesOnlyToSomebodyTheDirectoryKnowsWhoIsThere) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  const v1::Actor tess = Tess();

  EXPECT_THAT(DecideWithDirectory(c, ask::Assign("mo"), tess), IsAccepted());
  EXPECT_THAT(DecideWithDirectory(c, ask::Assign("zed"), tess), IsRefusedBy("C-owner"));
  EXPECT_THAT(DecideWithDirectory(c, ask::Assign("nai"), tess), IsRefusedBy("C-owner"));
}

TEST(Assign, AnImportTellsAlsoOfThoseWhoHaveLeft) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Imported();
  v1::Command assign = ask::Assign("zed");
  assign.set_importing(true);

  EXPECT_THAT(DecideWithDirectory(c, assign, Tess()), IsAccepted());
}

}  // namespace
}  // namespace caseward::test
