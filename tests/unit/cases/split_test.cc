// Splitting a case in two steps: what may be moved, from when the new case's clocks count, and how each side knows.
#include <gtest/gtest.h>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

// Reported on Monday; an incident on Tuesday is its second fact, another on Wednesday its third.
ACase WithIncidents() {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported();
  c.At("2026-11-24T10:00:00Z").Does(ask::Step("incident"));
  c.At("2026-11-25T10:00:00Z").Does(ask::Step("incident"));
  return c.At("2026-11-26T10:00:00Z");
}

// The message that a split sends.
const CaseAccepted::Send& SentBy(const CaseVerdict& verdict) {
  EXPECT_EQ(Accepted(verdict).sends.size(), 1U);
  return Accepted(verdict).sends.at(0);
}

TEST(Split, ShowsAsHalfDoneUntilTheNewCaseHasIt) {
  ACase c = WithIncidents();
  const CaseVerdict verdict = c.Do(ask::Split({2}));
  ASSERT_THAT(verdict, GivesA("case_split"));
  const std::string id = c.state().splits(0).new_case_id();
  EXPECT_TRUE(CaseId::Parse(id).ok());
  EXPECT_EQ(c.state().splits(0).status(), v1::SplitState::STATUS_HALF_DONE);
  EXPECT_FALSE(c.state().links(0).confirmed());
  EXPECT_EQ(c.state().links(0).other_case_id(), id);
  EXPECT_EQ(SentBy(verdict).to_case_id, id);

  c.Does(ask::NoteSplit(id), SystemActor());
  EXPECT_EQ(c.state().splits(0).status(), v1::SplitState::STATUS_DONE);
  EXPECT_TRUE(c.state().links(0).confirmed());
  EXPECT_THAT(c.Do(ask::NoteSplit(id, "C-pack"), SystemActor()), IsAccepted()) << "it had its answer";
  EXPECT_EQ(c.state().splits(0).status(), v1::SplitState::STATUS_DONE);
}

TEST(Split, ARetryOfTheCommandGivesTheSameNewCase) {
  ACase one = WithIncidents();
  ACase two = WithIncidents();
  one.Does(ask::Split({2}));
  two.Does(ask::Split({2}));
  EXPECT_EQ(one.state().splits(0).new_case_id(), two.state().splits(0).new_case_id());
}

TEST(Split, ARefusedSplitGivesEverythingBack) {
  ACase c = WithIncidents();
  c.Does(ask::Split({2}));
  c.Does(ask::NoteSplit(c.state().splits(0).new_case_id(), "C-pack"), SystemActor());
  EXPECT_EQ(c.state().splits(0).status(), v1::SplitState::STATUS_REFUSED);
  EXPECT_EQ(c.state().links_size(), 0);
  EXPECT_THAT(c.Do(ask::Split({2})), IsAccepted()) << "the fact is this case's again";
}

TEST(Split, TheNewCasesClocksCountFromTheEarliestFactMoved) {
  ACase c = WithIncidents();
  const v1::OpenSplit asked = SentBy(c.Do(ask::Split({3, 2}))).command.open_split();
  EXPECT_EQ(ToTime(asked.report().aware_at()), At("2026-11-24T10:00:00Z"));
  ACase people = WithIncidents();
  v1::Command split = ask::Split({});
  split.mutable_split_case()->add_people(DeriveResidentId(TestHasher(), 0, "x", "y").string());
  const v1::OpenSplit of_people = SentBy(people.Do(split)).command.open_split();
  EXPECT_EQ(ToTime(of_people.report().aware_at()), At("2026-11-23T10:00:00Z")) << "a split wins no time";
}

TEST(Split, L11_TheCaseOfAnotherResidentDoesNotShowWhereTheFirstLives) {
  for (const bool same : {true, false}) {
    v1::Command report = ask::Report();
    report.mutable_report_case()->set_reporter_id("R-00-000000-000009-9");
    report.mutable_report_case()->set_area("elm_street");
    report.mutable_report_case()->set_uprn("100023336956");
    report.mutable_report_case()->set_region("north");
    ACase c;
    c.At("2026-11-23T10:00:00Z").Does(report, Cleo()).Does(ask::Step("incident"));
    v1::Command split = ask::Split({2});
    if (!same) split.mutable_split_case()->set_resident_id(DeriveResidentId(TestHasher(), 0, "x", "y").string());
    const v1::ReportCase told = SentBy(c.Do(split)).command.open_split().report();
    EXPECT_EQ(told.reporter_id(), same ? "R-00-000000-000009-9" : "");
    EXPECT_EQ(told.area(), same ? "elm_street" : "");
    EXPECT_EQ(told.uprn(), same ? "100023336956" : "");
    EXPECT_EQ(told.region(), "north") << "whose work it is";
  }
}

TEST(Split, TheNewCaseOpensLinkedAndWithItsClocksRunning) {
  ACase c;
  c.At("2026-11-26T10:00:00Z");
  const std::string from = "C-00-000000-000001-1";
  const CaseVerdict verdict = c.Do(ask::OpenSplit(from, At("2026-11-24T10:00:00Z")), SystemActor());
  ASSERT_THAT(verdict, GivesA("case_split_from"));
  EXPECT_EQ(SentBy(verdict).to_case_id, from);
  EXPECT_EQ(SentBy(verdict).command.note_split().refused_by(), "");
  EXPECT_EQ(c.state().split_from(), from);
  EXPECT_TRUE(c.state().links(0).confirmed());
  EXPECT_EQ(c.state().phase(), v1::PHASE_REPORTED);
  EXPECT_EQ(ToTime(c.clock("first_contact")->started_at()), At("2026-11-24T10:00:00Z"));
  EXPECT_EQ(c.Due("first_contact"), At("2026-12-02T00:00:00Z"));
}

TEST(Split, NotOfAClosedCase) {
  ACase c = WithIncidents();
  c.Withdrawn();
  EXPECT_THAT(c.Do(ask::Split({2})), IsRefusedBy("C-closed"));
}

TEST(Split, NotWhatIsNotThisCases) {
  ACase c = WithIncidents();
  EXPECT_THAT(c.Do(ask::Split({1})), IsRefusedBy("C-split")) << "the report";
  EXPECT_THAT(c.Do(ask::Split({4})), IsRefusedBy("C-split")) << "not there";
  EXPECT_THAT(c.Do(ask::Split({2, 2})), IsRefusedBy("C-split")) << "twice";
  EXPECT_THAT(c.Do(ask::Split({})), IsRefusedBy("C-split")) << "nothing";
  EXPECT_THAT(c.Do(ask::Split({2}, "no_such_type")), IsRefusedBy("C-case-type"));
  v1::Command silent = ask::Split({2});
  silent.mutable_split_case()->clear_reason_code();
  EXPECT_THAT(c.Do(silent), IsRefusedBy("C-reason"));
  v1::Command in_words = ask::Split({2});
  in_words.mutable_split_case()->set_reason_code("Agnes hit him");
  EXPECT_THAT(c.Do(in_words), IsRefusedBy("C-reason"));
  v1::Command about = ask::Split({2});
  about.mutable_split_case()->set_subject_of_report_id("Agnes from number 4");
  EXPECT_THAT(c.Do(about), IsRefusedBy("C-split"));
  v1::Command nobody = ask::Split({2});
  nobody.mutable_split_case()->add_people("not an id");
  EXPECT_THAT(c.Do(nobody), IsRefusedBy("C-split"));
  v1::Command main = ask::Split({2});
  main.mutable_split_case()->add_people(c.state().main_resident_id());
  EXPECT_THAT(c.Do(main), IsRefusedBy("C-split"));
  c.Does(ask::Split({2}));
  EXPECT_THAT(c.Do(ask::Split({2})), IsRefusedBy("C-split")) << "given away";
}

TEST(Split, L12_OnlyByANamedPerson) {
  ACase c = WithIncidents();
  EXPECT_THAT(c.Do(ask::Split({2}), Service("case_manager", "")), IsRefusedBy("L12"));
}

TEST(Split, SplitMax) {
  ACase c = WithIncidents();
  v1::Command split = ask::Split({});
  for (int i = 0; i < kSplitMax; ++i)
    split.mutable_split_case()->add_people(DeriveResidentId(TestHasher(), 0, "x", std::to_string(i)).string());
  EXPECT_THAT(c.Do(split), IsAccepted());
  split.mutable_split_case()->add_people(DeriveResidentId(TestHasher(), 0, "x", "more").string());
  EXPECT_THAT(c.Do(split), IsRefusedBy("C-split"));
}

TEST(Split, SplitsMaxCountsThoseThatCameToNothing) {
  const ACase c = WithIncidents();
  v1::CaseState state = c.state();
  while (state.splits_size() < kSplitsMax - 1) {
    v1::SplitState& refused = *state.add_splits();
    refused.set_new_case_id("x" + std::to_string(state.splits_size()));
    refused.set_status(v1::SplitState::STATUS_REFUSED);
  }
  const v1::Actor mo = Mo();
  const CaseVerdict last = Decide(&state, ask::Split({2}), c.Context(mo));
  ASSERT_EQ(Accepted(last).after->splits_size(), kSplitsMax);
  EXPECT_THAT(Decide(Accepted(last).after.get(), ask::Split({3}), c.Context(mo)), IsRefusedBy("C-limit"));
}

TEST(Merge, ACaseOfOneWhoWasMergedPointsToTheSurvivorOnce) {
  ACase c = WithIncidents();
  c.Does(ask::NoteResidentMerged("R-00-000000-000001-1"), SystemActor());
  EXPECT_EQ(c.state().survivor_id(), "R-00-000000-000001-1");
  EXPECT_EQ(c.state().main_resident_id(), "R-00-000000-000000-0") << "it stays at home";
  EXPECT_TRUE(Accepted(c.Do(ask::NoteResidentMerged("R-00-000000-000001-1"), SystemActor())).events.empty());
}

}  // namespace
}  // namespace caseward::test
