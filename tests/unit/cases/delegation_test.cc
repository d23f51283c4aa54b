// Signing for another, for a time; and whether whoever takes a case is trained for it today.
#include <gtest/gtest.h>

#include <optional>

#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

const absl::Time kStarts = At("2026-11-23T00:00:00Z");
const absl::Time kEnds = At("2026-11-24T10:00:00Z");

v1::StaffState Employed(const std::string& id, const std::string& role) {
  v1::StaffState staff;
  staff.set_staff_id(id);
  staff.add_roles(role);
  return staff;
}

// Ruth, a regional manager, lets tess sign closures until Tuesday at ten.
struct Office {
  v1::StaffState ruth = Employed("ruth", "regional_manager");
  v1::StaffState tess = Employed("tess", "team_manager");
  v1::StaffState nia = Employed("nia", "case_manager");

  Office() {
    v1::DelegationState& given = *tess.add_delegations();
    given.set_from("ruth");
    given.add_subjects("closure");
    SetTimestamp(kStarts, given.mutable_starts());
    SetTimestamp(kEnds, given.mutable_ends());
  }
  const v1::StaffState* Find(std::string_view id) const {
    for (const v1::StaffState* one : {&ruth, &tess, &nia}) {
      if (one->staff_id() == id) return one;
    }
    return nullptr;
  }

  // The verdict on a command of somebody's, on a case that stands so, at a moment; recorded later if it is imported.
  CaseVerdict Ask(const ACase& c, const v1::Command& command, const v1::Actor& actor, absl::Time now,
                  std::optional<absl::Time> recorded_at = std::nullopt) const {
    CaseContext context = c.Context(actor);
    context.now = now;
    context.recorded_at = recorded_at;
    context.staff = Find(actor.id());
    context.staff_of = [this](std::string_view id) { return Find(id); };
    return Decide(&c.state(), command, context);
  }
};

ACase ReadyForASignature() {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Owned("mo").Triaged().Assessed().Proposed().Answered();
  return c;
}

TEST(Delegation, SignsUnderTheDelegatorsRoleAndSaysForWhom) {
  const Office office;
  const ACase c = ReadyForASignature();
  const CaseVerdict verdict = office.Ask(c, ask::Grant(), Tess(), kEnds - absl::Microseconds(1));
  ASSERT_THAT(verdict, GivesA("sign_off_granted"));
  const v1::SignOffGranted& granted = Accepted(verdict).events[0].sign_off_granted();
  EXPECT_EQ(granted.by(), "tess");
  EXPECT_EQ(granted.role(), "regional_manager");
  EXPECT_EQ(granted.tier(), 3U);
  EXPECT_EQ(granted.delegated_by(), "ruth");
  EXPECT_EQ(Accepted(verdict).after->sign_offs(0).delegated_by(), "ruth");
}

TEST(Delegation, OneThatEndedASecondAgoIsRefusedAndSaysSo) {
  const Office office;
  const ACase c = ReadyForASignature();
  for (const absl::Time late : {kEnds, kEnds + absl::Seconds(1)}) {
    const CaseVerdict verdict = office.Ask(c, ask::Grant(), Tess(), late);
    EXPECT_THAT(verdict, IsRefusedBy("T-SIGN"));
    EXPECT_THAT(verdict, Misses(Names({"signer", "delegation"})));
    EXPECT_EQ(Refused(verdict).missing(1).say(), "the delegation by ruth ended at 2026-11-24T10:00:00Z");
  }
}

TEST(Delegation, IsTodaysWheneverAnImportSaysThatItWasSigned) {
  const Office office;
  const ACase c = ReadyForASignature();
  const CaseVerdict ended = office.Ask(c, ask::Grant(), Tess(), c.now(), kEnds);
  EXPECT_THAT(ended, IsRefusedBy("T-SIGN"));
  EXPECT_THAT(ended, Misses(Names({"signer", "delegation"})));
  EXPECT_EQ(Refused(ended).missing(1).say(), "the delegation by ruth ended at 2026-11-24T10:00:00Z");
  EXPECT_THAT(office.Ask(c, ask::Grant(), Tess(), c.now(), kEnds - absl::Microseconds(1)), IsAccepted());
  EXPECT_THAT(office.Ask(c, ask::Grant(), Tess(), kEnds, c.now()), IsAccepted()) << "the claimed time says nothing";
}

TEST(Delegation, NotBeforeItBeginsNorForAnotherSubject) {
  Office office;
  const ACase c = ReadyForASignature();
  SetTimestamp(At("2026-11-23T10:00:01Z"), office.tess.mutable_delegations(0)->mutable_starts());
  EXPECT_THAT(office.Ask(c, ask::Grant(), Tess(), c.now()), IsRefusedBy("T-SIGN"));
  office = Office();
  EXPECT_THAT(office.Ask(c, ask::Grant("priority_lowering"), Tess(), c.now()), IsRefusedBy("T-LOWER"));
  office.tess.mutable_delegations(0)->clear_subjects();
  EXPECT_THAT(office.Ask(c, ask::Grant("priority_lowering"), Tess(), c.now()), IsAccepted()) << "all subjects";
}

TEST(Delegation, NothingIsDelegatedThatTheDelegatorDoesNotHaveToday) {
  Office office;
  const ACase c = ReadyForASignature();
  office.ruth.clear_roles();
  EXPECT_THAT(office.Ask(c, ask::Grant(), Tess(), c.now()), IsRefusedBy("T-SIGN"));
  office = Office();
  office.ruth.set_left(true);
  EXPECT_THAT(office.Ask(c, ask::Grant(), Tess(), c.now()), IsRefusedBy("T-SIGN"));
}

TEST(Delegation, R_05_1_FourEyesCountTheDelegatorToo) {
  Office office;
  office.ruth = Employed("mo", "regional_manager");
  office.tess.mutable_delegations(0)->set_from("mo");
  const CaseVerdict verdict = office.Ask(ReadyForASignature(), ask::Grant(), Tess(), kStarts + absl::Hours(10));
  EXPECT_THAT(verdict, Misses(Names({"separation"}))) << "mo owns the case and signs through tess";
}

TEST(Delegation, R_05_1_OfSeveralDelegatorsOneWhoIsNotTooNearTheCaseIsTaken) {
  Office office;
  office.nia = Employed("mo", "regional_manager");  // owns the case
  v1::DelegationState ruths = office.tess.delegations(0);
  office.tess.mutable_delegations(0)->set_from("mo");
  *office.tess.add_delegations() = ruths;
  const CaseVerdict verdict = office.Ask(ReadyForASignature(), ask::Grant(), Tess(), kStarts + absl::Hours(10));
  ASSERT_THAT(verdict, GivesA("sign_off_granted"));
  EXPECT_EQ(Accepted(verdict).events[0].sign_off_granted().delegated_by(), "ruth");
}

TEST(Delegation, R_05_1_ASignatureIsVoidOnceTheCaseIsTheDelegators) {
  const Office office;
  const ACase c = ReadyForASignature();
  const CaseVerdict granted = office.Ask(c, ask::Grant(), Tess(), c.now());
  ASSERT_THAT(granted, IsAccepted());
  const v1::Actor tess = Tess();
  for (const std::string& owner : {std::string("ruth"), std::string("nia")}) {
    const CaseVerdict given = Decide(Accepted(granted).after.get(), ask::Assign(owner), c.Context(tess));
    ASSERT_THAT(given, IsAccepted());
    EXPECT_EQ(Accepted(given).after->sign_offs(0).void_(), owner == "ruth") << owner;
  }
}

// ---------------------------------------------------------------------------------------------- training

const CompiledPack& GatedPack() {
  static const CompiledPack& pack = *[] {
    v1::Pack source = FullPackSource();
    v1::Rule& rule = *source.add_rules();
    rule.set_id("T-TRAINED");
    rule.set_title("Only trained people take hate cases");
    rule.set_clause("Tests 1");
    rule.set_provenance(v1::PROVENANCE_OURS);
    rule.set_say("Whoever takes it is trained.");
    rule.set_unblock("Name somebody who is.");
    for (const char* verb : {"assign", "hand_over", "accept_handover"})
      rule.add_on(verb);
    v1::Need& need = *rule.add_needs();
    need.set_id("trained");
    need.mutable_condition()->mutable_taker()->set_trained_in("hate_crime");
    auto compiled = CompiledPack::Compile(source);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return std::move(compiled)->release();  // lives for ever
  }();
  return pack;
}

TEST(TrainingGate, R_68_2_WhoeverTakesTheCaseIsTrainedAndInDate) {
  Office office;
  ACase c(GatedPack());
  c.At("2026-11-23T10:00:00Z").Reported();
  EXPECT_THAT(office.Ask(c, ask::Assign("nia"), Tess(), c.now()), IsRefusedBy("T-TRAINED"));
  v1::Training& training = *office.nia.add_trainings();
  training.set_course("hate_crime");
  SetTimestamp(At("2026-11-24T10:00:00Z"), training.mutable_expires_at());
  EXPECT_THAT(office.Ask(c, ask::Assign("nia"), Tess(), c.now()), IsAccepted());
  EXPECT_THAT(office.Ask(c, ask::Assign("nia"), Tess(), At("2026-11-24T10:00:00Z")), IsRefusedBy("T-TRAINED"))
      << "expired at this very instant";
  EXPECT_THAT(office.Ask(c, ask::Assign("nia"), Tess(), c.now(), At("2026-11-24T10:00:00Z")), IsRefusedBy("T-TRAINED"))
      << "today, whatever an import claims";
  EXPECT_THAT(office.Ask(c, ask::HandOver("nia"), Mo(), c.now()), IsAccepted());
  EXPECT_THAT(office.Ask(c, ask::HandOver("ruth"), Mo(), c.now()), IsRefusedBy("T-TRAINED"));
  EXPECT_THAT(office.Ask(c, ask::Assign("unknown"), Tess(), c.now()), IsRefusedBy("T-TRAINED"));
}

// Taken, lapsed, taken again: what counts is any time that counts today.
TEST(TrainingGate, R_68_2_ACourseTakenAgainCountsFromWhenItIsCompleted) {
  Office office;
  ACase c(GatedPack());
  c.At("2026-11-23T10:00:00Z").Reported();
  v1::Training& first = *office.nia.add_trainings();
  first.set_course("hate_crime");
  SetTimestamp(At("2025-11-01T10:00:00Z"), first.mutable_completed_at());
  SetTimestamp(At("2026-11-01T10:00:00Z"), first.mutable_expires_at());
  v1::Training& again = *office.nia.add_trainings();
  again.set_course("hate_crime");
  SetTimestamp(At("2026-11-24T10:00:00Z"), again.mutable_completed_at());
  office.nia.add_trained_in("hate_crime");
  EXPECT_THAT(office.Ask(c, ask::Assign("nia"), Tess(), c.now()), IsRefusedBy("T-TRAINED")) << "only booked yet";
  EXPECT_THAT(office.Ask(c, ask::Assign("nia"), Tess(), At("2026-11-24T10:00:00Z")), IsAccepted());
}

// ---------------------------------------------------------------------------------------------- sampling

TEST(Sampled, R_06_IsADeterministicShareOfAllCases) {
  v1::Pack source = FullPackSource();
  v1::Rule& rule = *source.add_rules();
  rule.set_id("T-AUDIT");
  rule.set_clause("Tests 1");
  rule.set_provenance(v1::PROVENANCE_OURS);
  rule.set_say("It is audited first.");
  rule.add_on("escalate");
  rule.mutable_when()->mutable_sampled()->set_percent(20);
  rule.mutable_when()->mutable_sampled()->set_seed("2026-q4");
  const auto pack = CompiledPack::Compile(source);
  ASSERT_TRUE(pack.ok()) << pack.status();
  const ACase c(**pack);
  const v1::Actor mo = Mo();
  const CaseContext context = c.Context(mo);
  v1::CaseState state;
  state.set_case_type("noise");
  state.set_phase(v1::PHASE_OPEN);
  int drawn = 0;
  for (int i = 0; i < 400; ++i) {
    state.set_case_id("C-" + std::to_string(i));
    const CaseVerdict first = Decide(&state, ask::Escalate("director"), context);
    const CaseVerdict again = Decide(&state, ask::Escalate("director"), context);
    EXPECT_EQ(first.index(), again.index());
    drawn += std::holds_alternative<v1::Refusal>(first) ? 1 : 0;
  }
  EXPECT_GT(drawn, 50);
  EXPECT_LT(drawn, 110);
}

}  // namespace
}  // namespace caseward::test
