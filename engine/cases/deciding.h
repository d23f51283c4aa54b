// One decision in the making: what a verb's file gets to look at and to add to. Lives for one call of Decide.
//
//   verb's checks ─▶ Fact() ... ─▶ (pack's rules) ─▶ (last gate) ─▶ consequences
//
// A verb returns a refusal or nothing. Facts it added before it refused are thrown away, except in an import, where
// they tell what the refused command would have given; so a verb whose refusal rests on the case's state adds its facts
// first.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/refusal.h"
#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"
#include "engine/cases/decide.h"

namespace caseward {

using MaybeRefusal = std::optional<v1::Refusal>;

class Deciding {
 public:
  Deciding(const v1::CaseState* before, const v1::Command& command, const CaseContext& context);

  // The case as it stands; an empty one for a report.
  const v1::CaseState& before() const { return *before_; }
  bool exists() const { return exists_; }
  const v1::Command& command() const { return command_; }
  const CaseContext& context() const { return context_; }
  const v1::Actor& actor() const { return context_.actor; }
  const CompiledPack& pack() const { return context_.pack; }
  // When it happened: claimed, or now.
  absl::Time when() const { return when_; }

  // Adds a fact: claimed by the actor, at when().
  v1::Event& Fact(bool substantive);
  std::vector<v1::Event>& facts() { return facts_; }
  const std::vector<v1::Event>& facts() const { return facts_; }
  void Send(CaseAccepted::Send send) { sends_.push_back(std::move(send)); }
  std::vector<CaseAccepted::Send>& sends() { return sends_; }

  // What conditions may look at, as the case stands before the command.
  Facts FactsBefore() const { return FactsOn(*before_, nullptr); }
  // The same, on another state of the case, and at the event that triggers.
  Facts FactsOn(const v1::CaseState& state, const v1::Event* event) const;
  // The first fault a condition met: a day the calendar does not cover. A decision must not rest on it.
  const absl::Status& fault() const { return fault_; }

 private:
  static const v1::CaseState& Empty();
  // Whom the command gives the case to; empty: nobody.
  std::string_view Taker() const;

  const v1::CaseState* before_;
  bool exists_;
  const v1::Command& command_;
  const CaseContext& context_;
  absl::Time when_;
  std::vector<v1::Event> facts_;
  std::vector<CaseAccepted::Send> sends_;
  mutable absl::Status fault_;  // conditions are read through const views
};

// True if a running clock's due time has come, whether or not its timer has fired: nothing may be done to it that would
// hide the breach. At one instant facts come before timers, so an act before a due time that is just now is still
// before it.
bool IsPastDue(const Deciding& deciding, const v1::ClockState& clock);

// Fields of a step (or of report and triage) against what the pack declares: C-field names each that is wrong.
MaybeRefusal CheckFields(std::string_view where, const v1::StepType* type,
                         const google::protobuf::Map<std::string, v1::FieldValue>& fields);

// Can the person take a case: known to the directory, and still there? A case must not go to somebody who never comes
// to read it (C-owner). What is imported happened, whoever has left since.
MaybeRefusal CheckTaker(const Deciding& deciding, std::string_view person);

// The clock of the case that a verb names, running or paused, or a refusal (C-clock).
struct NamedClock {
  const v1::ClockState* clock = nullptr;
  const CompiledClock* definition = nullptr;
};
std::variant<NamedClock, v1::Refusal> FindNamedClock(const Deciding& deciding, std::string_view name);

// `reason` is a code; or, where none is needed, empty (C-reason). It goes where words may not.
MaybeRefusal CheckReasonCode(std::string_view reason, bool needed, std::string_view what);

// `reason` is one of `allowed`, or a refusal (`rule`) that lists them.
MaybeRefusal CheckReason(std::string_view rule, std::string_view what, std::string_view reason,
                         const google::protobuf::RepeatedPtrField<std::string>& allowed);

}  // namespace caseward
