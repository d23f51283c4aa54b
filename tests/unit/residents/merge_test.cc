// Merging two entries that are one person, step by step, and what the same person is found by.
#include "engine/residents/merge.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/actor.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/residents/found_by.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'600'000);

std::string Id(const std::string& name) { return DeriveResidentId(OpensslHasher(), 1, "tests", name).string(); }
const std::string& Agnes() {
  static const auto& id = *new std::string(Id("agnes"));
  return id;
}
const std::string& Other() {
  static const auto& id = *new std::string(Id("other"));
  return id;
}

v1::Actor Person() {
  v1::Actor actor;
  actor.set_id("ann");
  actor.set_kind(v1::Actor::KIND_STAFF);
  return actor;
}

v1::ResidentState Resident(const std::string& id) {
  v1::ResidentState state;
  state.set_resident_id(id);
  state.set_version(1);
  state.mutable_needs()->set_language("en");
  return state;
}
v1::ResidentState WithSafeContact(v1::ResidentState state) {
  state.mutable_needs()->mutable_safe_contact()->set_sealed("sealed for " + state.resident_id());
  state.mutable_needs()->set_safe_contact_only(true);
  return state;
}

v1::Command Merge(v1::MergeResident::SafeContact keep = v1::MergeResident::SAFE_CONTACT_UNSPECIFIED) {
  v1::Command command;
  command.mutable_merge_resident()->set_survivor_id(Agnes());
  command.mutable_merge_resident()->set_keep_safe_contact(keep);
  command.mutable_merge_resident()->set_reason_code("registered_twice");
  return command;
}
v1::Command AcceptOf(const v1::ResidentState& merged,
                     v1::MergeResident::SafeContact keep = v1::MergeResident::SAFE_CONTACT_UNSPECIFIED) {
  v1::Command command;
  command.mutable_accept_merge()->set_merged_id(merged.resident_id());
  command.mutable_accept_merge()->set_keep_safe_contact(keep);
  *command.mutable_accept_merge()->mutable_needs() = merged.needs();
  return command;
}
v1::Command Answer(const std::string& refused_by = "") {
  v1::Command command;
  command.mutable_note_merge()->set_survivor_id(Agnes());
  command.mutable_note_merge()->set_refused_by(refused_by);
  command.mutable_note_merge()->mutable_needs()->set_language("pt");
  return command;
}

ResidentVerdict Decide(const v1::ResidentState& state, const v1::Command& command, const v1::Actor& actor = Person()) {
  return DecideResident(&state, command, {.actor = actor, .now = kNow, .resident_id = state.resident_id()});
}
std::string Rule(const ResidentVerdict& verdict) {
  const auto* refusal = std::get_if<v1::Refusal>(&verdict);
  return refusal == nullptr ? "accepted" : refusal->rule();
}
ResidentAccepted Accepted(ResidentVerdict verdict) {
  EXPECT_EQ(Rule(verdict), "accepted");
  return std::get<ResidentAccepted>(std::move(verdict));
}

TEST(Merge, TakesTwoStepsAndShowsWhileHalfDone) {
  v1::ResidentState other = Resident(Other());
  other.add_case_ids("C-01-000000-000000-0");
  ResidentAccepted begun = Accepted(Decide(other, Merge()));
  EXPECT_EQ(begun.after.merging_into(), Agnes());
  EXPECT_EQ(begun.after.merged_into(), "");
  ASSERT_EQ(begun.sends.size(), 1U);
  EXPECT_EQ(begun.sends[0].to_resident_id, Agnes());

  ResidentAccepted accepted = Accepted(Decide(Resident(Agnes()), AcceptOf(other), SystemActor()));
  ASSERT_EQ(accepted.after.merged_from_size(), 1);
  EXPECT_EQ(accepted.after.merged_from(0), Other());
  EXPECT_EQ(accepted.after.version(), 1U) << "no fact of the survivor's";
  ASSERT_EQ(accepted.sends.size(), 1U);
  EXPECT_EQ(accepted.sends[0].to_resident_id, Other());

  ResidentAccepted done = Accepted(Decide(begun.after, accepted.sends[0].command, SystemActor()));
  EXPECT_EQ(done.after.merging_into(), "");
  EXPECT_EQ(done.after.merged_into(), Agnes());
  ASSERT_EQ(done.sends.size(), 1U);
  EXPECT_EQ(done.sends[0].to_case_id, "C-01-000000-000000-0");
  EXPECT_EQ(done.sends[0].command.note_resident_merged().survivor_id(), Agnes());
}

TEST(Merge, ARefusedMergeLeavesTheEntryAsItWas) {
  const ResidentAccepted begun = Accepted(Decide(Resident(Other()), Merge()));
  const ResidentAccepted refused = Accepted(Decide(begun.after, Answer("C-erased"), SystemActor()));
  EXPECT_EQ(refused.after.merging_into(), "");
  EXPECT_EQ(refused.after.merged_into(), "");
  EXPECT_EQ(Rule(Decide(refused.after, Merge())), "accepted");
  EXPECT_EQ(Rule(Decide(refused.after, Answer(), SystemActor())), "C-merge") << "nothing waits for it";
}

TEST(Merge, NotWithHimself) {
  EXPECT_EQ(Rule(Decide(Resident(Agnes()), Merge())), "C-merge");
  v1::Command nobody = Merge();
  nobody.mutable_merge_resident()->set_survivor_id("Agnes from number 4");
  EXPECT_EQ(Rule(Decide(Resident(Other()), nobody)), "C-merge");
}

TEST(Merge, NotOneWhoseDetailsWereErasedOnEitherSide) {
  v1::ResidentState erased = Resident(Other());
  erased.set_erased(true);
  EXPECT_EQ(Rule(Decide(erased, Merge())), "C-erased");
  v1::ResidentState survivor = Resident(Agnes());
  survivor.set_erased(true);
  EXPECT_EQ(Rule(Decide(survivor, AcceptOf(Resident(Other())), SystemActor())), "C-erased");
}

TEST(Merge, ASafeContactIsNeverChosenByARule) {
  const v1::ResidentState other = WithSafeContact(Resident(Other()));
  const ResidentVerdict unsaid = Decide(other, Merge());
  ASSERT_EQ(Rule(unsaid), "C-merge");
  EXPECT_EQ(std::get<v1::Refusal>(unsaid).missing(0).id(), "keep_safe_contact");
  EXPECT_EQ(Rule(Decide(other, Merge(v1::MergeResident::SAFE_CONTACT_SURVIVOR))), "accepted");
  v1::ResidentState only = Resident(Other());
  only.mutable_needs()->set_safe_contact_only(true);
  EXPECT_EQ(Rule(Decide(only, Merge())), "C-merge");
  v1::Actor service = Person();
  service.set_kind(v1::Actor::KIND_SERVICE);
  EXPECT_EQ(Rule(Decide(other, Merge(v1::MergeResident::SAFE_CONTACT_MERGED), service)), "L12");
}

TEST(Merge, TheSafeContactThatWasChosenHoldsForBoth) {
  const v1::ResidentState agnes = WithSafeContact(Resident(Agnes()));
  const v1::ResidentState other = WithSafeContact(Resident(Other()));
  const auto kept = [&](v1::MergeResident::SafeContact keep) {
    return Accepted(Decide(agnes, AcceptOf(other, keep), SystemActor())).after.needs().safe_contact().sealed();
  };
  EXPECT_EQ(kept(v1::MergeResident::SAFE_CONTACT_SURVIVOR), "sealed for " + Agnes());
  EXPECT_EQ(kept(v1::MergeResident::SAFE_CONTACT_MERGED), "sealed for " + Other());
  EXPECT_EQ(kept(v1::MergeResident::SAFE_CONTACT_UNSPECIFIED), "sealed for " + Agnes()) << "the other one had none";
}

TEST(Merge, ASafeContactIsNeverReplacedByNone) {
  using Keep = v1::MergeResident;
  EXPECT_EQ(Rule(Decide(Resident(Other()), Merge(Keep::SAFE_CONTACT_MERGED))), "C-merge");
  v1::ResidentState only = Resident(Other());
  only.mutable_needs()->set_safe_contact_only(true);
  EXPECT_EQ(Rule(Decide(only, Merge(Keep::SAFE_CONTACT_MERGED))), "C-merge") << "to be used, and not there";
  EXPECT_EQ(Rule(Decide(only, Merge(Keep::SAFE_CONTACT_SURVIVOR))), "accepted");
  EXPECT_EQ(Rule(Decide(WithSafeContact(Resident(Other())), Merge(Keep::SAFE_CONTACT_MERGED))), "accepted");
  const v1::ResidentState agnes = WithSafeContact(Resident(Agnes()));
  const auto needs = Accepted(Decide(agnes, AcceptOf(only, Keep::SAFE_CONTACT_MERGED), SystemActor())).after.needs();
  EXPECT_EQ(needs.safe_contact().sealed(), "sealed for " + Agnes());
}

TEST(Merge, WhatEitherNeedsIsKnownOfBoth) {
  v1::ResidentState other = Resident(Other());
  other.mutable_needs()->set_language("pt");
  other.mutable_needs()->set_format("large_print");
  other.mutable_needs()->set_interpreter(true);
  other.mutable_needs()->add_adjustments("ring_twice");
  const v1::ResidentNeeds needs = Accepted(Decide(Resident(Agnes()), AcceptOf(other), SystemActor())).after.needs();
  EXPECT_EQ(needs.language(), "en") << "the survivor's word comes first";
  EXPECT_EQ(needs.format(), "large_print");
  EXPECT_TRUE(needs.interpreter());
  ASSERT_EQ(needs.adjustments_size(), 1);
}

TEST(Merge, NoChainsAndNoCircles) {
  v1::ResidentState merged = Resident(Other());
  merged.set_merged_into(Agnes());
  v1::ResidentState merging = Resident(Other());
  merging.set_merging_into(Agnes());
  v1::ResidentState survivor = Resident(Other());
  survivor.add_merged_from(Id("third"));
  for (const v1::ResidentState& state : {merged, merging, survivor}) {
    EXPECT_EQ(Rule(Decide(state, Merge())), "C-merge") << state.ShortDebugString();
  }
  EXPECT_EQ(Rule(Decide(merged, AcceptOf(Resident(Id("third"))), SystemActor())), "C-merge");
  EXPECT_EQ(Rule(Decide(merging, AcceptOf(Resident(Id("third"))), SystemActor())), "C-merge");
  EXPECT_EQ(Rule(Decide(survivor, AcceptOf(Resident(Agnes())), SystemActor())), "accepted") << "several into one";
}

TEST(Merge, AMergedEntryIsNeitherChangedNorErasedByItself) {
  v1::ResidentState merged = Resident(Other());
  merged.set_merged_into(Agnes());
  v1::Command update;
  update.mutable_update_resident()->mutable_needs()->set_format("easy_read");
  v1::Command erase;
  erase.mutable_erase_resident()->set_reason_code("asked");
  EXPECT_EQ(Rule(Decide(merged, update)), "C-merge");
  EXPECT_EQ(Rule(Decide(merged, erase)), "C-merge");
}

TEST(Merge, WhatTheSurvivorSaysLaterReachesTheOthers) {
  v1::ResidentState agnes = Resident(Agnes());
  agnes.add_merged_from(Other());
  v1::Command update;
  update.mutable_update_resident()->mutable_needs()->set_format("easy_read");
  ResidentAccepted updated = Accepted(Decide(agnes, update));
  ASSERT_EQ(updated.sends.size(), 1U);
  v1::ResidentState merged = Resident(Other());
  merged.set_merged_into(Agnes());
  EXPECT_EQ(Accepted(Decide(merged, updated.sends[0].command, SystemActor())).after.needs().format(), "easy_read");

  v1::Command erase;
  erase.mutable_erase_resident()->set_reason_code("asked");
  ResidentAccepted erased = Accepted(Decide(agnes, erase));
  ASSERT_EQ(erased.sends.size(), 1U);
  const ResidentAccepted followed = Accepted(Decide(merged, erased.sends[0].command, SystemActor()));
  EXPECT_TRUE(followed.after.erased());
  EXPECT_FALSE(followed.after.has_needs());
  EXPECT_EQ(Rule(Decide(followed.after, erased.sends[0].command, SystemActor())), "C-erased") << "once";
  EXPECT_EQ(Rule(Decide(followed.after, updated.sends[0].command, SystemActor())), "C-erased") << "nothing comes back";
}

TEST(Merge, Limits) {
  v1::ResidentState other = Resident(Other());
  for (int i = 0; i < kCasesToldMax; ++i)
    other.add_case_ids(StrCat("C-", i));
  EXPECT_EQ(Rule(Decide(other, Merge())), "accepted");
  other.add_case_ids("C-more");
  EXPECT_EQ(Rule(Decide(other, Merge())), "C-limit");

  v1::ResidentState agnes = Resident(Agnes());
  for (int i = 0; i + 1 < kMergedMax; ++i)
    agnes.add_merged_from(StrCat("R-", i));
  const ResidentAccepted last = Accepted(Decide(agnes, AcceptOf(Resident(Other())), SystemActor()));
  EXPECT_EQ(last.sends.size(), static_cast<size_t>(kMergedMax));
  EXPECT_EQ(Rule(Decide(last.after, AcceptOf(Resident(Id("third"))), SystemActor())), "C-limit");

  v1::ResidentState many = Resident(Other());
  for (int i = 0; i < kAdjustmentsMax; ++i)
    many.mutable_needs()->add_adjustments(StrCat("a", i));
  EXPECT_EQ(Rule(Decide(Resident(Agnes()), AcceptOf(many), SystemActor())), "accepted");
  v1::ResidentState one = Resident(Agnes());
  one.mutable_needs()->add_adjustments("another");
  EXPECT_EQ(Rule(Decide(one, AcceptOf(many), SystemActor())), "C-limit");
}

// ---------------------------------------------------------------------------------------------- found by

TEST(FoundBy, OnePhoneHoweverItIsWritten) {
  for (const char* written : {"01632 960001", "+44 1632 960 001", "0044 (1632) 960001", "01632-960-001",
                              "+44 (0)1632 960001", "0044 (0) 1632 960001"}) {
    EXPECT_EQ(NormalPhone(written), "01632960001") << written;
  }
  EXPECT_EQ(NormalPhone("+351 21 000 0000"), "351210000000");
  EXPECT_EQ(NormalPhone("none"), "");
}

TEST(FoundBy, OneHouseholdHoweverItIsWritten) {
  EXPECT_EQ(NormalHousehold("Flat 2, 14 Elm St"), NormalHousehold("flat 2 / 14 elm st"));
  EXPECT_NE(NormalHousehold("Flat 2, 14 Elm St"), NormalHousehold("Flat 3, 14 Elm St"));
  EXPECT_EQ(NormalHousehold("Café"), "café");
}

TEST(FoundBy, TextIsBroughtIntoFormAndWhatIsSealedStays) {
  v1::Command command;
  command.mutable_register_resident()->mutable_phone()->set_text("+44 1632 960001");
  command.mutable_register_resident()->mutable_household()->set_sealed("sealed");
  EXPECT_FALSE(NormalizeFoundBy(command));
  EXPECT_EQ(command.register_resident().phone().text(), "01632960001");
  EXPECT_EQ(command.register_resident().household().sealed(), "sealed");
}

TEST(FoundBy, WhatLeavesNothingToCompareIsRefusedAndAnEmptyTextTakesAway) {
  v1::Command command;
  command.mutable_update_resident()->mutable_phone()->set_text("ask her sister");
  command.mutable_update_resident()->mutable_household()->set_text("--");
  const std::optional<v1::Refusal> refusal = NormalizeFoundBy(command);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->rule(), "C-field");
  ASSERT_EQ(refusal->missing_size(), 2);
  EXPECT_EQ(refusal->missing(0).id(), "phone");
  EXPECT_EQ(refusal->missing(1).id(), "household");
  EXPECT_EQ(refusal->ShortDebugString().find("sister"), std::string::npos) << "words are not repeated";
  command.mutable_update_resident()->mutable_phone()->clear_text();
  command.mutable_update_resident()->clear_household();
  EXPECT_FALSE(NormalizeFoundBy(command)) << "the number is theirs no more";
}

}  // namespace
}  // namespace caseward
