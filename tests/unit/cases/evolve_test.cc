// Evolve alone: what an event makes of a case, whatever decided it (law L2).
#include <gtest/gtest.h>

#include "engine/base/time.h"
#include "engine/cases/evolve.h"
#include "engine/policy/verbs.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

TEST(Evolve, WhatIsRecordedLateDoesNotBecomeTheLatest) {
  ACase c;
  c.At("2026-11-20T10:00:00Z").Reported().At("2026-11-23T10:00:00Z").Assessed("high").At("2026-11-24T10:00:00Z");
  c.Does(ask::Then(At("2026-11-21T10:00:00Z"), ask::Step("risk", {{"band", ask::Code("low")}})));

  const v1::StepState& risk = c.state().steps(0);
  EXPECT_EQ(risk.fields().at("band").code(), "high");
  EXPECT_EQ(ToTime(risk.at()), At("2026-11-23T10:00:00Z"));
  EXPECT_EQ(risk.times(), 2U);
  for (const v1::LatestEvent& latest : c.state().latest()) {
    if (latest.kind() != v1::Event::kStepRecorded) continue;
    EXPECT_EQ(ToTime(latest.at()), At("2026-11-23T10:00:00Z"));
  }
}

TEST(Evolve, LastSubstantiveNeverGoesBack) {
  ACase c;
  c.At("2026-11-20T10:00:00Z").Reported().At("2026-11-24T10:00:00Z").Does(ask::Contact());
  c.Does(ask::Then(At("2026-11-21T10:00:00Z"), ask::Contact()));
  EXPECT_EQ(ToTime(c.state().last_substantive_at()), At("2026-11-24T10:00:00Z"));
  EXPECT_EQ(c.state().last_substantive_version(), 3U) << "but what a signature signs has changed";
}

TEST(Evolve, L11_ALineHasNoWordsAtAnyDepth) {
  v1::Event event;
  v1::HistoricalFact& fact = *event.mutable_historical_fact();
  fact.add_would_be()->mutable_case_reported()->mutable_account()->set_text("He shouted at her.");
  (*fact.mutable_would_be(0)->mutable_case_reported()->mutable_fields())["notes"].mutable_words()->set_sealed("sealed");
  (*fact.mutable_would_be(0)->mutable_case_reported()->mutable_fields())["source"].set_code("neighbour");
  fact.add_would_be()->mutable_sign_off_granted()->mutable_reasons()->set_text("Because she agrees.");

  const std::string line = WithoutWords(event).DebugString();

  EXPECT_EQ(line.find("shouted"), std::string::npos);
  EXPECT_EQ(line.find("sealed"), std::string::npos);
  EXPECT_EQ(line.find("Because"), std::string::npos);
  EXPECT_NE(line.find("neighbour"), std::string::npos);
}

TEST(EvolveDeathTest, AnEventOfAnotherStreamIsABug) {
  v1::CaseState state;
  v1::Event event;
  event.mutable_staff_registered();
  const v1::Actor actor = Mo();
  EXPECT_DEATH(Evolve(state, event, {.actor = actor, .recorded_at = At("2026-11-23T10:00:00Z")}),
               "not an event of a case");
}

TEST(EvolveDeathTest, AClockEventWithoutItsClockIsABug) {
  v1::CaseState state;
  v1::Event event;
  event.mutable_clock_met()->set_clock("first_contact");
  const v1::Actor actor = Mo();
  EXPECT_DEATH(Evolve(state, event, {.actor = actor, .recorded_at = At("2026-11-23T10:00:00Z")}), "CHECK failed");
}

TEST(Evolve, FlagsStaySorted) {
  ACase c;
  c.At("2026-11-23T10:00:00Z").Reported().Does(ask::Step("incident", {{"weapon", ask::Flag(true)}}));
  c.Does(ask::Triage(v1::PRIORITY_UNSPECIFIED, "", {{"motive", ask::Code("hate")}}));
  ASSERT_EQ(c.state().flags_size(), 2);
  EXPECT_EQ(c.state().flags(0), "hate");
  EXPECT_EQ(c.state().flags(1), "weapon");
  c.Does(ask::Step("weapon_found"));
  EXPECT_EQ(c.state().flags_size(), 1);
}

}  // namespace
}  // namespace caseward::test
