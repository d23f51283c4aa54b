// In whose caseload a case counts, and how much: what a decision says of it and sends to the directory.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/cases/caseload.h"
#include "tests/support/case_builder.h"
#include "tests/support/full_pack.h"

namespace caseward::test {
namespace {

v1::Pack Weighing() {
  v1::Pack source = FullPackSource();
  v1::Caseload& caseload = *source.mutable_caseload();
  caseload.set_clause("Tests 9");
  caseload.set_provenance(v1::PROVENANCE_OURS);
  v1::LoadWeight& hate = *caseload.add_weights();
  hate.add_case_types("hate");
  hate.set_weight(4);
  v1::LoadWeight& urgent = *caseload.add_weights();
  urgent.set_priority(v1::PRIORITY_P1);
  urgent.set_weight(3);
  v1::LoadCap& cap = *caseload.add_caps();
  cap.set_role("case_manager");
  cap.set_at_most(10);
  return source;
}

const CompiledPack& Compiled(const v1::Pack& source) {
  auto compiled = CompiledPack::Compile(source);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *std::move(compiled)->release();  // lives for ever
}

const CompiledPack& WeighingPack() {
  static const CompiledPack& pack = Compiled(Weighing());
  return pack;
}

// "mo +3 +1, nia -3 -1"
std::string Told(const CaseVerdict& verdict) {
  std::string text;
  for (const CaseAccepted::Send& send : Accepted(verdict).sends) {
    if (!send.to_directory) continue;
    const v1::NoteCaseload& note = send.command.note_caseload();
    EXPECT_EQ(note.case_id(), Accepted(verdict).after->case_id());
    const auto number = [](int32_t n) { return n < 0 ? StrCat(n) : StrCat("+", n); };
    text += StrCat(text.empty() ? "" : ", ", note.staff_id(), " ", number(note.weight_change()), " ",
                   number(note.cases_change()));
  }
  return text;
}

TEST(Caseload, R_67_CountsWhileACaseIsOpenAndOwned) {
  ACase c(WeighingPack());
  c.At("2026-11-23T10:00:00Z").Reported("noise", v1::PRIORITY_P1);
  EXPECT_EQ(c.Count("load_counted"), 0) << "nobody owns it yet";

  EXPECT_EQ(Told(c.Do(ask::Assign("mo"))), "mo +3 +1");
  EXPECT_EQ(c.state().load_owner(), "mo");
  EXPECT_EQ(c.state().load_weight(), 3U);
  EXPECT_EQ(c.Last("load_counted").clause(), "Tests 9");
  EXPECT_TRUE(c.Last("load_counted").derived());

  EXPECT_EQ(Told(c.Do(ask::Contact())), "") << "nothing changed";
  c.Does(ask::HandOver("nia"));
  EXPECT_EQ(c.state().load_owner(), "mo") << "the sender stays accountable";
  EXPECT_EQ(Told(c.Do(ask::AcceptHandover(), Nia())), "mo -3 -1, nia +3 +1");

  EXPECT_EQ(Told(c.Do(ask::Withdraw(), Ruth())), "nia -3 -1");
  EXPECT_EQ(c.state().load_owner(), "");
  EXPECT_EQ(c.state().load_weight(), 0U);
  EXPECT_EQ(Told(c.Do(ask::Reopen(), Ruth())), "nia +3 +1");
}

TEST(Caseload, R_67_WeighsByTypeThenPriorityAndOneOtherwise) {
  const CompiledPack& pack = WeighingPack();
  EXPECT_EQ(pack.WeightOf("hate", v1::PRIORITY_P3), 4U);
  EXPECT_EQ(pack.WeightOf("noise", v1::PRIORITY_P1), 3U);
  EXPECT_EQ(pack.WeightOf("noise", v1::PRIORITY_P2), 1U);
  EXPECT_EQ(FullPack().WeightOf("hate", v1::PRIORITY_P1), 0U) << "a pack without caseloads";
}

TEST(Caseload, R_67_AnotherPriorityIsAnotherWeightOfTheSameCase) {
  ACase c(WeighingPack());
  c.At("2026-11-23T10:00:00Z").Reported("noise", v1::PRIORITY_P2).Triaged(v1::PRIORITY_P2).Owned("mo");
  ASSERT_EQ(c.state().load_weight(), 1U);
  EXPECT_EQ(Told(c.Do(ask::ChangePriority(v1::PRIORITY_P1))), "mo +2 +0");
  EXPECT_EQ(c.state().load_weight(), 3U);
}

TEST(Caseload, R_67_APackWithoutCaseloadsTellsNobody) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  EXPECT_EQ(Told(c.Do(ask::Assign("mo"))), "");
  EXPECT_EQ(c.Count("load_counted"), 0);
}

TEST(Caseload, R_67_ACaseUnderImportCountsOnceTheImportIsFinished) {
  ACase c(WeighingPack());
  c.At("2026-11-23T10:00:00Z").Imported();
  c.After(absl::Hours(1));
  EXPECT_EQ(Told(c.Do(ask::Assign("mo"))), "");
  c.After(absl::Hours(1));
  EXPECT_EQ(Told(c.Do(ask::FinishImport(c.now()))), "mo +1 +1");
}

// ---------------------------------------------------------------------------------------------- above the cap

v1::Pack Gated() {
  v1::Pack source = Weighing();
  v1::Rule& rule = *source.add_rules();
  rule.set_id("T-CAP");
  rule.set_title("More than agreed needs a reason");
  rule.set_clause("Tests 9");
  rule.set_provenance(v1::PROVENANCE_OURS);
  rule.add_on("assign");
  rule.add_on("hand_over");
  v1::Conditions& when = *rule.mutable_when()->mutable_all();
  when.add_of()->mutable_taker()->set_above_cap(true);
  when.add_of()->mutable_not_()->mutable_priority()->add_any_of(v1::PRIORITY_P1);
  v1::Need& need = *rule.add_needs();
  need.set_id("reason");
  v1::FieldTest& reason = *need.mutable_condition()->mutable_asked()->add_of();
  reason.set_field("reason_code");
  reason.set_present(true);
  need.set_say("Why.");
  need.add_by_roles("regional_manager");
  rule.set_say("This person carries enough.");
  rule.set_unblock("A manager says why.");
  return source;
}

class Carrying {
 public:
  explicit Carrying(uint32_t load, uint32_t cap = 10) : load_{.load = load, .cap = cap} {
    nia_.set_staff_id("nia");
    nia_.add_roles("case_manager");
  }
  CaseVerdict Ask(const ACase& c, const v1::Command& command, const v1::Actor& actor = Ruth()) const {
    CaseContext context = c.Context(actor);
    context.staff_of = [this](std::string_view id) { return id == "nia" ? &nia_ : nullptr; };
    context.load_of = [this](std::string_view id) { return id == "nia" ? load_ : Load(); };
    return Decide(&c.state(), command, context);
  }

 private:
  Load load_;
  v1::StaffState nia_;
};

TEST(Caseload, R_67_AboveTheCapAtAndOnePast) {
  static const CompiledPack& pack = Compiled(Gated());
  ACase c(pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise", v1::PRIORITY_P2);

  EXPECT_THAT(Carrying(9).Ask(c, ask::Assign("nia")), IsAccepted()) << "9 and 1 are 10, as agreed";
  const CaseVerdict refused = Carrying(10).Ask(c, ask::Assign("nia"));
  EXPECT_THAT(refused, IsRefusedBy("T-CAP"));
  EXPECT_THAT(refused, Misses(Names({"reason"})));
  EXPECT_EQ(Refused(refused).say(),
            "This person carries enough. nia carries 10 and this case weighs 1; at most 10 is agreed.");
  EXPECT_EQ(Refused(refused).missing(0).by_roles(0), "regional_manager");
  EXPECT_THAT(Carrying(100, 0).Ask(c, ask::Assign("nia")), IsAccepted()) << "no cap";
  EXPECT_THAT(Carrying(10).Ask(c, ask::HandOver("nia")), IsRefusedBy("T-CAP"));
}

TEST(Caseload, R_67_AReasonLetsItThroughAndIsKept) {
  static const CompiledPack& pack = Compiled(Gated());
  ACase c(pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise", v1::PRIORITY_P2);
  v1::Command assign = ask::Assign("nia");
  assign.mutable_assign_case()->set_reason_code("knows_the_family");

  const CaseVerdict given = Carrying(10).Ask(c, assign);

  ASSERT_THAT(given, IsAccepted());
  EXPECT_EQ(Accepted(given).events[0].owner_assigned().reason_code(), "knows_the_family");
  assign.mutable_assign_case()->set_reason_code("In words");
  EXPECT_THAT(Carrying(10).Ask(c, assign), IsRefusedBy("C-reason"));
}

TEST(Caseload, R_67_NeverLeavesAP1WithoutAnOwner) {
  static const CompiledPack& pack = Compiled(Gated());
  ACase c(pack);
  c.At("2026-11-23T10:00:00Z").Reported("noise", v1::PRIORITY_P1);
  EXPECT_THAT(Carrying(10'000).Ask(c, ask::Assign("nia")), IsAccepted());
}

TEST(Caseload, R_67_WhatIsImportedHappenedWhateverSomebodyCarriesToday) {
  static const CompiledPack& pack = Compiled(Gated());
  ACase c(pack);
  c.At("2026-11-23T10:00:00Z").Imported();
  c.After(absl::Hours(1));
  v1::Command assign = ask::Then(c.now(), ask::Assign("nia"));
  assign.set_importing(true);
  const CaseVerdict given = Carrying(10'000).Ask(c, assign);
  ASSERT_THAT(given, IsAccepted());
  EXPECT_THAT(given, GivesA("owner_assigned"));
}

}  // namespace
}  // namespace caseward::test
