#include "tests/support/arbitrary.h"

#include <algorithm>
#include <functional>
#include <string>

#include "engine/base/time.h"

namespace caseward::test {
namespace {

// Who acts: mostly people, now and then a system or a partner.
v1::Actor ActorOf(uint32_t how) {
  const v1::Actor people[] = {Mo(),
                              Nia(),
                              Tess(),
                              Ruth(),
                              Rob(),
                              Hana(),
                              Ada(),
                              Dee(),
                              Cleo(),
                              Partner(),
                              Service("regional_manager", ""),
                              Service("regional_manager", "mo"),
                              Service("assistant_director", "ruth")};
  return people[how % std::size(people)];
}

std::string OneOf(const std::vector<std::string>& list, uint32_t how, const std::string& otherwise) {
  return list.empty() ? otherwise : list[how % list.size()];
}

std::string ClockOf(const v1::CaseState& state, uint32_t how) {
  std::vector<std::string> ids;
  for (const v1::ClockState& clock : state.clocks())
    ids.push_back(clock.clock());
  return OneOf(ids, how, "none");
}

std::string ItemOf(const v1::CaseState& state, bool promise, uint32_t how) {
  std::vector<std::string> ids;
  for (const v1::ActionState& action : state.actions()) {
    if (action.promise() == promise) ids.push_back(action.action_id());
  }
  return OneOf(ids, how, "none");
}

std::string OpenItemOf(const v1::CaseState& state, bool promise) {
  for (const v1::ActionState& action : state.actions()) {
    if (action.promise() == promise && action.status() == v1::ActionState::STATUS_OPEN) return action.action_id();
  }
  return "none";
}

const char* ReasonFor(const std::string& clock, uint32_t how) {
  if (how % 7 == 0) return "no_such_reason";
  if (clock == "first_contact") return "resident_away";
  if (clock == "risk") return "victim_unavailable";
  return clock == "life" ? "police_ask" : "court";
}

v1::Command Report(uint32_t how, absl::Time now) {
  const char* const types[] = {"noise", "hate", "query"};
  v1::Command report = ask::Report(types[how % 3], static_cast<v1::Priority>(how / 3 % 4));
  v1::ReportCase& asked = *report.mutable_report_case();
  asked.mutable_account()->set_text("They shout every night.");
  asked.set_threat_to_life(how % 5 == 0);
  asked.set_anonymous(how % 11 == 0);
  if (how % 4 == 0) SetTimestamp(now - absl::Hours(how % 300), asked.mutable_aware_at());
  if (how % 6 == 0) SetTimestamp(now + absl::Hours(how % 500), asked.mutable_respond_by());
  return report;
}

v1::Command Step(uint32_t how, absl::Time now) {
  switch (how % 9) {
    case 0:
    case 1:
      return ask::Step("risk",
                       {{"band", ask::Code(how % 5 == 0 ? "high" : "low")}, {"notes", ask::Words("She is afraid.")}});
    case 2: return ask::Step("review", {{"finding", ask::Words("On track.")}});
    case 3: return ask::Step("incident", {{"weapon", ask::Flag(how % 2 == 0)}});
    case 4: return ask::Step("resident_response", {{"answer", ask::Code(how % 4 == 0 ? "disagrees" : "agrees")}});
    case 5: return ask::Step("booking", {{"by", ask::Time(now + absl::Hours(how % 100))}});
    case 6: return ask::Step("visit", {{"held_at", ask::Time(now - absl::Hours(how % 50))}});
    case 7: return ask::Step(how % 2 == 0 ? "weapon_found" : "further_report");
    default: return ask::Step(how % 2 == 0 ? "survey" : "no_such_step");
  }
}

// The noise: what clients get wrong, and what comes late.
void Disturb(uint32_t how, absl::Time now, v1::Command& command) {
  if (how % 13 == 0) SetTimestamp(now - absl::Hours(how % 200), command.mutable_occurred_at());
  if (how % 97 == 0) SetTimestamp(now + absl::Hours(1), command.mutable_occurred_at());
  if (how % 31 == 0) command.set_expected_version(how % 20);
  if (how % 17 == 0) {
    command.add_references()->set_system("d365");
    command.mutable_references(0)->set_value(std::to_string(how % 10));
  }
}

using Maker = std::function<v1::Command()>;

// What the case's phase makes likely, so that stories get somewhere.
void AddLikely(uint32_t how, const v1::CaseState& state, absl::Time now, std::vector<Maker>& makers) {
  const auto priority = static_cast<v1::Priority>(how % 4);
  if (how % 19 == 0) makers.push_back([=] { return ask::Withdraw(); });
  if (state.phase() == v1::PHASE_REPORTED) {
    for (int i = 0; i < 20; ++i)
      makers.push_back([=] { return ask::Triage(priority); });
  }
  if (state.phase() == v1::PHASE_OPEN) {
    for (int i = 0; i < 8; ++i) {
      makers.push_back([=] { return ask::ProposeClosure(); });
      makers.push_back([=] { return ask::Step("risk", {{"band", ask::Code("low")}}); });
      makers.push_back([=] { return ask::CompleteAction(OpenItemOf(state, false)); });
      makers.push_back([=] { return ask::KeepPromise(OpenItemOf(state, true)); });
    }
  }
  if (state.phase() == v1::PHASE_CLOSING) {
    for (int i = 0; i < 60; ++i) {
      makers.push_back([=] {
        return ask::Step("resident_response", {{"answer", ask::Code(how % 4 == 0 ? "disagrees" : "agrees")}});
      });
      makers.push_back([=] { return ask::Grant(); });
      makers.push_back([=] { return ask::Close(); });
      if (i < 3) makers.push_back([=] { return how % 2 == 0 ? ask::Waive("response") : ask::Refuse(); });
      if (i < 2) makers.push_back([=] { return ask::WithdrawClosure(); });
    }
  }
  if (state.importing()) {
    for (int i = 0; i < 10; ++i)
      makers.push_back([=] { return ask::History("visit"); });
    if (how % 5 == 0) makers.push_back([=] { return ask::FinishImport(now); });
  }
}

// What may be asked of a case that stands so, the likely things several times.
std::vector<Maker> Makers(uint32_t how, const v1::CaseState& state, absl::Time now) {
  const std::string clock = ClockOf(state, how);
  const auto later = [=] { return now + absl::Hours(1 + how % 400); };
  const auto priority = static_cast<v1::Priority>(how % 4);
  std::vector<Maker> makers = {
      [=] {
        return ask::Contact(static_cast<v1::RecordContact::Outcome>(how % 7),
                            static_cast<v1::RecordContact::With>(1 + how % 3));
      },
      [=] { return ask::Update(later()); },
      [=] { return Step(how, now); },
      [=] { return Step(how / 9, now); },
      [=] { return ask::Assign(how % 2 == 0 ? "mo" : "nia"); },
      [=] { return ask::HandOver(how % 3 == 0 ? "tess" : "nia"); },
      [=] { return how % 3 == 0 ? ask::RejectHandover() : ask::AcceptHandover(); },
      [=] {
        return ask::Plan({{"", later()}, {"", later()}});
      },
      [=] { return ask::AddAction("", later()); },
      [=] { return ask::CompleteAction(ItemOf(state, false, how)); },
      [=] { return ask::CompleteAction(ItemOf(state, false, how / 2)); },
      [=] { return ask::CancelAction(ItemOf(state, false, how)); },
      [=] { return ask::Promise("", later()); },
      [=] { return ask::KeepPromise(ItemOf(state, true, how)); },
      [=] { return ask::Escalate("director"); },
      [=] { return ask::Pause(clock, ReasonFor(clock, how)); },
      [=] { return ask::Resume(clock); },
      [=] { return ask::Resume(ClockOf(state, how / 3)); },
      [=] { return ask::Extend("first_contact", how % 3 == 0 ? "3 working_days" : "1 working_day", "complex"); },
      [=] { return ask::Cease(clock, "in_error"); },
      [=] { return ask::ChangePriority(priority); },
      [=] {
        return ask::Triage(priority, how % 5 == 0 ? "hate" : "",
                           {{"motive", ask::Code(how % 3 == 0 ? "hate" : "none")}});
      },
      [=] { return ask::Grant(how % 2 == 0 ? "priority_lowering" : "motive"); },
      [=] { return ask::ProposeClosure(); },
      [=] { return ask::Close(); },
      [=] { return ask::Reopen(); },
      [=] { return ask::Link("C-00-000000-000001-1"); },
      [=] { return ask::Correct(how % 30); },
      [=] { return ask::History("letter"); },
      [=] { return ask::NoteLinked("C-00-000000-000001-1"); },
      [=] { return ask::Refer(how % 3 == 0 ? "refuge" : "police", "hate_unit", later()); },
      [=] {
        return ask::Enquire(
            "police", how % 2 == 0 ? v1::ENQUIRY_DIRECTION_FROM_AGENCY : v1::ENQUIRY_DIRECTION_TO_AGENCY, how % 5 == 0);
      },
      [=] {
        const std::string id = "e" + std::to_string(1 + how % 3);
        return how % 2 == 0 ? ask::Told(id) : ask::AnswerEnquiry(id);
      },
      [=] { return ask::ChaseReferral("r1"); },
      [=] { return ask::AnswerReferral("r1", static_cast<v1::AnswerReferral::Answer>(1 + how % 4)); },
      [=] { return how % 2 == 0 ? ask::Share("police") : ask::Share("refuge", ask::InAnEmergency()); },
      [=] { return ask::ReviewSharing("s1"); },
      [=] { return ask::Split({2 + how % 6}); },
  };
  AddLikely(how, state, now, makers);
  return makers;
}

}  // namespace

Asked AskedBy(const Move& move, const v1::CaseState* state, absl::Time now) {
  Asked asked{.command = {}, .actor = ActorOf(move.how / 7)};
  if (state == nullptr) {
    asked.command = Report(move.how, now);
    asked.command.set_importing(move.what % 8 == 0);
    return asked;
  }
  const std::vector<Maker> makers = Makers(move.how, *state, now);
  asked.command = makers[move.what % makers.size()]();
  asked.command.set_importing(state->importing() != (move.how % 101 == 0));
  if (asked.command.has_note_linked()) asked.actor = SystemActor();
  // Those who are asked for, more often than chance would have it.
  if (asked.command.has_accept_handover())
    asked.actor = Person(state->handover_to().empty() ? "nia" : state->handover_to(), "case_manager");
  if (asked.command.has_sign_off() && move.how % 3 != 0) asked.actor = move.how % 2 == 0 ? Ruth() : Ada();
  Disturb(move.how / 3, now, asked.command);
  return asked;
}

absl::Time TimeOf(const Move& move, const v1::CaseState* state, absl::Time now) {
  const absl::Duration tick = absl::Microseconds(1);
  absl::Time next_due = absl::InfiniteFuture();
  if (state != nullptr) {
    for (const v1::ClockState& clock : state->clocks()) {
      if (clock.status() != v1::ClockState::STATUS_RUNNING) continue;
      if (ToTime(clock.due_exclusive()) > now + tick) next_due = std::min(next_due, ToTime(clock.due_exclusive()));
    }
  }
  switch (move.when % 8) {
    case 0: return now;
    case 1: return now + absl::Hours(move.when % 72);
    case 2: return now + absl::Hours(24 * (move.when % 9));
    case 3: return next_due == absl::InfiniteFuture() ? now : next_due;
    case 4: return next_due == absl::InfiniteFuture() ? now : next_due - tick;
    default: return now + absl::Minutes(move.when % 600);
  }
}

}  // namespace caseward::test
