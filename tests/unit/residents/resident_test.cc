// Residents: a table of state × command, then what each event makes of a resident.
#include "engine/residents/resident.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/base/time.h"

namespace caseward {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'600'000);

v1::Actor ActorOf(v1::Actor::Kind kind, const std::string& on_behalf_of = "") {
  v1::Actor actor;
  actor.set_id("ann");
  actor.set_kind(kind);
  actor.set_on_behalf_of(on_behalf_of);
  return actor;
}

v1::Words Sealed(const std::string& bytes) {
  v1::Words words;
  words.set_sealed(bytes);
  words.set_key_id("R-1");
  return words;
}

v1::Command Registering() {
  v1::Command command;
  v1::RegisterResident* verb = command.mutable_register_resident();
  *verb->mutable_name() = Sealed("name");
  verb->mutable_needs()->set_language("pt-BR");
  *verb->mutable_needs()->mutable_safe_contact() = Sealed("safe");
  verb->set_uprn("100023336956");
  return command;
}
v1::Command Updating() {
  v1::Command command;
  command.mutable_update_resident()->mutable_needs()->set_format("large_print");
  return command;
}
v1::Command Erasing() {
  v1::Command command;
  command.mutable_erase_resident()->set_reason_code("asked_by_resident");
  return command;
}

ResidentVerdict Decide(const v1::ResidentState* state, const v1::Command& command,
                       const v1::Actor& actor = ActorOf(v1::Actor::KIND_STAFF)) {
  return DecideResident(state, command, {.actor = actor, .now = kNow, .resident_id = "R-1"});
}

v1::ResidentState After(const v1::ResidentState* state, const v1::Command& command) {
  return std::get<ResidentAccepted>(Decide(state, command)).after;
}
v1::ResidentState Registered() { return After(nullptr, Registering()); }
v1::ResidentState Erased() {
  const v1::ResidentState registered = Registered();
  return After(&registered, Erasing());
}
v1::ResidentState StandIn() {
  v1::ResidentState state;
  AddCase(state, "R-1", "C-1");
  return state;
}

// The rule that refuses, or the names of the facts.
std::string Summary(const ResidentVerdict& verdict) {
  if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) return refusal->rule();
  std::string names;
  for (const v1::Event& event : std::get<ResidentAccepted>(verdict).events) {
    const auto* field = v1::Event::descriptor()->FindFieldByNumber(event.kind_case());
    names += (names.empty() ? "" : " ") + field->name();
  }
  return names;
}

TEST(DecideResident, EveryVerbInEveryState) {
  const v1::ResidentState registered = Registered(), erased = Erased(), stand_in = StandIn();
  struct Row {
    std::string name;
    const v1::ResidentState* state;
    std::string on_register, on_update, on_erase;
  };
  for (const Row& row : std::vector<Row>{
           {"unknown", nullptr, "resident_registered", "C-unknown-resident", "C-unknown-resident"},
           {"stand-in", &stand_in, "resident_registered", "resident_details_updated", "resident_erased"},
           {"registered", &registered, "C-exists", "resident_details_updated", "resident_erased"},
           {"erased", &erased, "C-erased", "C-erased", "C-erased"},
       }) {
    EXPECT_EQ(Summary(Decide(row.state, Registering())), row.on_register) << row.name;
    EXPECT_EQ(Summary(Decide(row.state, Updating())), row.on_update) << row.name;
    EXPECT_EQ(Summary(Decide(row.state, Erasing())), row.on_erase) << row.name;
  }
}

TEST(DecideResident, AStaleVersionIsRefusedAndAnExactOneIsNot) {
  const v1::ResidentState registered = Registered();
  v1::Command update = Updating();

  update.set_expected_version(0);
  const ResidentVerdict stale = Decide(&registered, update);
  EXPECT_EQ(Summary(stale), "C-version");
  EXPECT_EQ(std::get<v1::Refusal>(stale).say(), "Expected version 0, found version 1.");
  EXPECT_FALSE(std::get<v1::Refusal>(stale).unblock().empty());

  update.set_expected_version(1);
  EXPECT_EQ(Summary(Decide(&registered, update)), "resident_details_updated");

  v1::Command first = Registering();
  first.set_expected_version(0);
  EXPECT_EQ(Summary(Decide(nullptr, first)), "resident_registered");
  first.set_expected_version(1);
  EXPECT_EQ(Summary(Decide(nullptr, first)), "C-version");
}

TEST(DecideResident, L12_OnlyANamedHumanErases) {
  const v1::ResidentState registered = Registered();
  struct Row {
    v1::Actor actor;
    std::string erase;
  };
  for (const Row& row : std::vector<Row>{
           {ActorOf(v1::Actor::KIND_STAFF), "resident_erased"},
           {ActorOf(v1::Actor::KIND_SERVICE, "ann"), "resident_erased"},
           {ActorOf(v1::Actor::KIND_SERVICE), "L12"},
           {ActorOf(v1::Actor::KIND_SYSTEM), "L12"},
           {ActorOf(v1::Actor::KIND_PARTNER), "L12"},
           {ActorOf(v1::Actor::KIND_UNSPECIFIED), "L12"},
       }) {
    EXPECT_EQ(Summary(Decide(&registered, Erasing(), row.actor)), row.erase) << row.actor.ShortDebugString();
    EXPECT_EQ(Summary(Decide(&registered, Updating(), row.actor)), "resident_details_updated");
  }
}

TEST(DecideResident, EraseNeedsAReason) {
  const v1::ResidentState registered = Registered();
  v1::Command erase = Erasing();
  for (const std::string reason : {"", "He asked us to"}) {
    erase.mutable_erase_resident()->set_reason_code(reason);
    const ResidentVerdict verdict = Decide(&registered, erase);
    ASSERT_EQ(Summary(verdict), "C-field");
    EXPECT_EQ(std::get<v1::Refusal>(verdict).missing(0).id(), "reason_code");
  }
}

TEST(DecideResident, AnUpdateOfNothingIsRefused) {
  const v1::ResidentState registered = Registered();
  v1::Command command;
  command.mutable_update_resident();
  EXPECT_EQ(Summary(Decide(&registered, command)), "C-empty");
}

TEST(DecideResident, L11_FieldsTakeCodesSoThatNoWordsSlipIn) {
  v1::Command command = Registering();
  v1::RegisterResident* verb = command.mutable_register_resident();
  verb->set_uprn("12 Example Road");
  verb->mutable_needs()->set_preferred_channel("call after six");
  verb->mutable_needs()->set_language("Portuguese, she says");
  verb->mutable_needs()->set_format("large print");
  verb->mutable_needs()->add_adjustments("Uses a wheelchair");

  const v1::Refusal refusal = std::get<v1::Refusal>(Decide(nullptr, command));

  EXPECT_EQ(refusal.rule(), "C-field");
  EXPECT_TRUE(refusal.invalid());
  std::vector<std::string> ids;
  for (const v1::Missing& missing : refusal.missing())
    ids.push_back(missing.id());
  EXPECT_EQ(ids, (std::vector<std::string>{"uprn", "needs.preferred_channel", "needs.language", "needs.format",
                                           "needs.adjustments"}));
  EXPECT_EQ(refusal.ShortDebugString().find("wheelchair"), std::string::npos);
}

TEST(DecideResident, LimitsHoldAtThemAndNotOnePast) {
  v1::Command command = Registering();
  v1::ResidentNeeds* needs = command.mutable_register_resident()->mutable_needs();
  needs->set_language(std::string(kNeedsCodeMax, 'x'));
  for (int i = 0; i < kAdjustmentsMax; ++i)
    needs->add_adjustments("ramp");
  command.mutable_occurred_at()->CopyFrom(ToTimestamp(kNow - kResidentBackdateMax));
  EXPECT_EQ(Summary(Decide(nullptr, command)), "resident_registered");

  v1::Command past = command;
  past.mutable_register_resident()->mutable_needs()->set_language(std::string(kNeedsCodeMax + 1, 'x'));
  EXPECT_EQ(Summary(Decide(nullptr, past)), "C-field");
  past = command;
  past.mutable_register_resident()->mutable_needs()->add_adjustments("ramp");
  EXPECT_EQ(Summary(Decide(nullptr, past)), "C-field");
  past = command;
  past.mutable_occurred_at()->CopyFrom(ToTimestamp(kNow - kResidentBackdateMax - absl::Microseconds(1)));
  EXPECT_EQ(Summary(Decide(nullptr, past)), "C-backdate");
  past.mutable_occurred_at()->CopyFrom(ToTimestamp(kNow + absl::Microseconds(1)));
  EXPECT_EQ(Summary(Decide(nullptr, past)), "C-future");
}

TEST(DecideResident, AfterIsWhatEvolvingTheEventsGives) {
  const v1::ResidentState registered = Registered();
  for (const v1::Command& command : {Updating(), Erasing()}) {
    const auto accepted = std::get<ResidentAccepted>(Decide(&registered, command));
    v1::ResidentState replayed = registered;
    for (const v1::Event& event : accepted.events)
      EvolveResident(replayed, event, kNow);
    EXPECT_EQ(replayed.SerializeAsString(), accepted.after.SerializeAsString());
  }
}

TEST(EvolveResident, RegistrationKeepsWhatWasTold) {
  const v1::ResidentState state = Registered();

  EXPECT_EQ(state.resident_id(), "R-1");
  EXPECT_EQ(state.version(), 1U);
  EXPECT_EQ(state.name().sealed(), "name");
  EXPECT_EQ(state.needs().language(), "pt-BR");
  EXPECT_EQ(state.uprn(), "100023336956");
  EXPECT_EQ(ToTime(state.registered_at()), kNow);
  EXPECT_FALSE(state.stand_in());
}

TEST(EvolveResident, AnUpdateLeavesWhatItDoesNotMention) {
  const v1::ResidentState before = Registered();

  const v1::ResidentState after = After(&before, Updating());

  EXPECT_EQ(after.name().sealed(), "name");
  EXPECT_EQ(after.needs().format(), "large_print");
  EXPECT_EQ(after.needs().language(), "");                   // needs are told as a whole
  EXPECT_EQ(after.needs().safe_contact().sealed(), "safe");  // but safe contact is never lost by leaving it out
  EXPECT_EQ(after.version(), 2U);
}

TEST(EvolveResident, AnUpdateReplacesSafeContactThatItMentions) {
  const v1::ResidentState before = Registered();
  v1::Command update = Updating();
  *update.mutable_update_resident()->mutable_needs()->mutable_safe_contact() = Sealed("safer");

  EXPECT_EQ(After(&before, update).needs().safe_contact().sealed(), "safer");
}

void AddReferences(v1::Command& command, int from, int count) {
  for (int i = 0; i < count; ++i) {
    v1::ExternalReference& reference = *command.add_references();
    reference.set_system("d365");
    reference.set_value(StrCat(from + i));
  }
}

TEST(DecideResident, ResidentReferencesMax) {
  v1::Command full = Registering();
  AddReferences(full, 0, kResidentReferencesMax);
  const v1::ResidentState registered = After(nullptr, full);
  EXPECT_EQ(registered.references_size(), kResidentReferencesMax);

  v1::Command past = Registering();
  AddReferences(past, 0, kResidentReferencesMax + 1);
  EXPECT_EQ(Summary(Decide(nullptr, past)), "C-limit");
  v1::Command more = Updating();
  AddReferences(more, kResidentReferencesMax, 1);
  EXPECT_EQ(Summary(Decide(&registered, more)), "C-limit");
}

TEST(EvolveResident, ErasureLeavesOnlyOrderAndProof) {
  v1::Command found_by = Registering();
  *found_by.mutable_register_resident()->mutable_phone() = Sealed("phone");
  *found_by.mutable_register_resident()->mutable_household() = Sealed("household");
  AddReferences(found_by, 0, 1);
  v1::ResidentState before = After(nullptr, found_by);
  AddCase(before, "R-1", "C-1");

  const v1::ResidentState after = After(&before, Erasing());

  EXPECT_TRUE(after.erased());
  EXPECT_FALSE(after.has_name());
  EXPECT_FALSE(after.has_needs());
  EXPECT_FALSE(after.has_phone());
  EXPECT_FALSE(after.has_household());
  EXPECT_TRUE(after.references().empty());
  EXPECT_EQ(after.uprn(), "");
  EXPECT_EQ(after.case_ids_size(), 1);
  EXPECT_EQ(after.version(), 2U);
}

TEST(EvolveResident, EventsOfOtherStreamsChangeNothing) {
  v1::ResidentState state = Registered();
  const std::string before = state.SerializeAsString();
  v1::Event event;
  event.mutable_case_closed();

  EvolveResident(state, event, kNow);

  EXPECT_EQ(state.SerializeAsString(), before);
}

TEST(AddCase, MakesAStandInThatRegistrationNames) {
  v1::ResidentState state = StandIn();
  EXPECT_TRUE(state.stand_in());
  EXPECT_EQ(state.version(), 0U);

  const v1::ResidentState named = After(&state, Registering());

  EXPECT_FALSE(named.stand_in());
  EXPECT_EQ(named.case_ids(0), "C-1");
  EXPECT_EQ(named.name().sealed(), "name");
}

TEST(AddCase, AddsACaseOnceAndDoesNotMoveTheVersion) {
  v1::ResidentState state = Registered();
  AddCase(state, "R-1", "C-1");
  AddCase(state, "R-1", "C-2");
  AddCase(state, "R-1", "C-1");

  EXPECT_EQ(std::vector<std::string>(state.case_ids().begin(), state.case_ids().end()),
            (std::vector<std::string>{"C-1", "C-2"}));
  EXPECT_EQ(state.version(), 1U);
  EXPECT_FALSE(state.stand_in());
}

}  // namespace
}  // namespace caseward
