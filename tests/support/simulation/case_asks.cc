#include "tests/support/simulation/case_asks.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/policy/verbs.h"
#include "tests/support/case_builder.h"

namespace caseward::test {
namespace {

// How likely a verb is in each phase, among the others.
struct Likely {
  const char* verb;
  //                  reported, open, closing, closed or withdrawn, importing
  std::array<int, 5> in;
  Asking (*make)(Dice&, const CaseView&);
};

// The id of nothing that there is.
constexpr char kNone[] = "none";
bool IsNone(const std::string& id) { return id == kNone; }

absl::Time Later(Dice& dice, const CaseView& view) { return view.now + absl::Hours(dice.Between(1, 400)); }

v1::Actor CaseManager(Dice& dice, const CaseView& view) {
  const std::string& owner = view.state.owner();
  return owner.empty() || dice.Chance(20) ? (dice.Chance(50) ? Mo() : Nia()) : Person(owner, "case_manager");
}
v1::Actor Manager(Dice& dice) { return dice.Of({Ruth(), Ruth(), Rob(), Hana(), Ada(), Tess()}); }

// One of those that `fits`, if there is any and chance does not want a wrong one.
template <typename List, typename Fits>
std::string OneOf(Dice& dice, const List& list, const std::string& wrong, Fits fits,
                  const std::string& (*id)(const typename List::value_type&)) {
  std::vector<std::string> fitting;
  for (const auto& one : list) {
    if (fits(one)) fitting.push_back(id(one));
  }
  return fitting.empty() || dice.Chance(4) ? wrong : dice.Among(fitting);
}

std::string ItemOf(Dice& dice, const CaseView& view, bool promise) {
  return OneOf(
      dice, view.state.actions(), kNone,
      [&](const v1::ActionState& a) { return a.promise() == promise && a.status() == v1::ActionState::STATUS_OPEN; },
      +[](const v1::ActionState& a) -> const std::string& { return a.action_id(); });
}

std::string ClockOf(Dice& dice, const CaseView& view, v1::ClockState::Status status, const std::string& likely) {
  const auto& clocks = view.state.clocks();
  const bool fits = std::any_of(clocks.begin(), clocks.end(), [&](const v1::ClockState& clock) {
    return clock.clock() == likely && clock.status() == status;
  });
  if (fits && dice.Chance(80)) return likely;
  return OneOf(
      dice, clocks, kNone, [&](const v1::ClockState& clock) { return clock.status() == status; },
      +[](const v1::ClockState& clock) -> const std::string& { return clock.clock(); });
}

std::string ReasonToPause(Dice& dice, const std::string& clock) {
  if (dice.Chance(5)) return "no_such_reason";
  if (clock == "risk") return "victim_unavailable";
  if (clock == "life") return "police_ask";
  return clock == "long" ? "court" : "resident_away";
}

v1::Sharing SharingOf(Dice& dice) {
  const uint64_t how = dice.Draw(10);
  if (how < 6) return ask::ByAgreement();
  if (how < 9) return ask::InAnEmergency();
  v1::Sharing sharing = ask::InAnEmergency();
  sharing.set_door(v1::Sharing::DOOR_ONE_OFF);
  return sharing;
}

// A sharing outside an agreement needs its reason in words.
template <typename Message>
void GiveReason(const v1::Sharing& sharing, Message& message) {
  if (sharing.door() > v1::Sharing::DOOR_AGREEMENT) message.mutable_sharing_reason()->set_text("It cannot wait.");
}

const std::string& EnquiryId(const v1::EnquiryState& enquiry) { return enquiry.enquiry_id(); }
const std::string& ReferralId(const v1::ReferralState& referral) { return referral.referral_id(); }

std::string OpenEnquiry(Dice& dice, const CaseView& view, v1::EnquiryDirection direction) {
  return OneOf(
      dice, view.state.enquiries(), kNone,
      [&](const v1::EnquiryState& e) {
        return e.status() == v1::EnquiryState::STATUS_OPEN && e.direction() == direction;
      },
      &EnquiryId);
}

Asking StepOf(Dice& dice, const CaseView& view) {
  const v1::Actor actor = CaseManager(dice, view);
  switch (dice.Draw(10)) {
    case 0: return {actor, ask::Step("review", {{"finding", ask::Words("On track.")}})};
    case 1: return {actor, ask::Step("incident", {{"weapon", ask::Flag(dice.Chance(50))}})};
    case 2: return {actor, ask::Step("booking", {{"by", ask::Time(Later(dice, view))}})};
    case 3: return {actor, ask::Step("visit", {{"held_at", ask::Time(view.now - absl::Hours(dice.Between(0, 50)))}})};
    case 4: return {actor, ask::Step(dice.Chance(50) ? "weapon_found" : "further_report")};
    case 5: return {actor, ask::Step(dice.Chance(50) ? "request" : "request_answered")};
    case 6: return {actor, ask::Step(dice.Chance(80) ? "survey" : "no_such_step")};
    default: break;
  }
  return {actor, ask::Step("risk", {{"band", ask::Code(dice.Chance(85) ? "low" : "high")},
                                    {"notes", ask::Words("She is afraid.")}})};
}

// Null: it was not recorded.
const v1::StepState* FindStep(const v1::CaseState& state, const std::string& step) {
  const auto& steps = state.steps();
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& one) { return one.step() == step; });
  return found == steps.end() ? nullptr : &*found;
}

// What closing waits for: the next thing that is missing, mostly.
Asking TowardsClosing(Dice& dice, const CaseView& view) {
  const std::string action = ItemOf(dice, view, false);
  const std::string promise = ItemOf(dice, view, true);
  if (!IsNone(action)) return {CaseManager(dice, view), ask::CompleteAction(action)};
  if (!IsNone(promise)) return {CaseManager(dice, view), ask::KeepPromise(promise)};
  const v1::StepState* risk = FindStep(view.state, "risk");
  if (risk == nullptr || risk->fields().at("band").code() != "low") {
    return {CaseManager(dice, view), ask::Step("risk", {{"band", ask::Code("low")}})};
  }
  const v1::StepState* response = FindStep(view.state, "resident_response");
  if (response == nullptr || ToTime(response->at()) < ToTime(view.state.proposed_at())) {
    return {CaseManager(dice, view),
            ask::Step("resident_response", {{"answer", ask::Code(dice.Chance(80) ? "agrees" : "disagrees")}})};
  }
  const auto& signatures = view.state.sign_offs();
  const bool signed_off = std::any_of(signatures.begin(), signatures.end(), [](const v1::SignOffState& one) {
    return one.subject() == "closure" && one.granted() && !one.void_();
  });
  if (signed_off) return {CaseManager(dice, view), ask::Close()};
  return {dice.Chance(60) ? Ada() : Manager(dice), ask::Grant()};
}

// ---------------------------------------------------------------------------------------------- verb by verb

Asking Triage(Dice& dice, const CaseView& view) {
  const char* motive = dice.Chance(30) ? "hate" : "none";
  const auto priority = static_cast<v1::Priority>(dice.Draw(4));
  return {CaseManager(dice, view),
          ask::Triage(priority, dice.Of({"", "", "hate", "noise"}), {{"motive", ask::Code(motive)}})};
}
Asking Assign(Dice& dice, const CaseView&) {
  v1::Command command = ask::Assign(dice.Of({"mo", "nia", "tess", "mo", "nobody"}));
  // Where the pack weighs what people carry, more than was agreed takes a reason.
  if (dice.Chance(60)) command.mutable_assign_case()->set_reason_code("agreed");
  return {dice.Chance(70) ? Tess() : Mo(), command};
}
Asking HandOver(Dice& dice, const CaseView& view) {
  v1::Command command = ask::HandOver(dice.Of({"nia", "mo", "tess"}));
  if (dice.Chance(60)) command.mutable_hand_over_case()->set_reason_code("agreed");
  return {CaseManager(dice, view), command};
}
Asking TakeHandover(Dice& dice, const CaseView& view, v1::Command command) {
  const std::string& to = view.state.handover_to();
  if (to.empty() && dice.Chance(85)) return HandOver(dice, view);
  return {to.empty() || dice.Chance(5) ? Mo() : Person(to, "case_manager"), std::move(command)};
}
Asking AcceptHandover(Dice& dice, const CaseView& view) { return TakeHandover(dice, view, ask::AcceptHandover()); }
Asking RejectHandover(Dice& dice, const CaseView& view) { return TakeHandover(dice, view, ask::RejectHandover()); }
Asking Contact(Dice& dice, const CaseView& view) {
  if (dice.Chance(25)) return {CaseManager(dice, view), ask::Update(Later(dice, view))};
  const auto with = static_cast<v1::RecordContact::With>(dice.Between(1, 3));
  const auto any = static_cast<v1::RecordContact::Outcome>(dice.Between(1, 6));
  v1::Command command = ask::Contact(dice.Chance(50) ? v1::RecordContact::OUTCOME_TWO_WAY : any, with);
  if (dice.Chance(40)) command.mutable_record_contact()->mutable_note()->set_text("They were in.");
  return {CaseManager(dice, view), command};
}
Asking Plan(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view), ask::Plan({{"", Later(dice, view)}, {"", Later(dice, view)}})};
}
Asking AddAction(Dice& dice, const CaseView& view) {
  const absl::Time due = Later(dice, view);
  return {CaseManager(dice, view), ask::AddAction(dice.Of({"", "", "letter"}), due)};
}
Asking CompleteAction(Dice& dice, const CaseView& view) {
  const std::string action = ItemOf(dice, view, false);
  if (IsNone(action) && dice.Chance(85)) return AddAction(dice, view);
  return {CaseManager(dice, view), ask::CompleteAction(action)};
}
Asking CancelAction(Dice& dice, const CaseView& view) {
  const std::string action = ItemOf(dice, view, false);
  if (IsNone(action) && dice.Chance(85)) return AddAction(dice, view);
  return {CaseManager(dice, view), ask::CancelAction(action)};
}
Asking Promise(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view), ask::Promise("", Later(dice, view))};
}
Asking KeepPromise(Dice& dice, const CaseView& view) {
  const std::string promise = ItemOf(dice, view, true);
  if (IsNone(promise) && dice.Chance(85)) return Promise(dice, view);
  return {CaseManager(dice, view), ask::KeepPromise(promise)};
}
Asking Escalate(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view), ask::Escalate(dice.Of({"director", "team_manager", "nobody"}))};
}
Asking Pause(Dice& dice, const CaseView& view) {
  const std::string clock =
      ClockOf(dice, view, v1::ClockState::STATUS_RUNNING, dice.Of({"first_contact", "risk", "long"}));
  return {CaseManager(dice, view), ask::Pause(clock, ReasonToPause(dice, clock))};
}
Asking Resume(Dice& dice, const CaseView& view) {
  const std::string clock = ClockOf(dice, view, v1::ClockState::STATUS_PAUSED, "long");
  if (IsNone(clock) && dice.Chance(85)) return Pause(dice, view);
  return {CaseManager(dice, view), ask::Resume(clock)};
}
Asking Extend(Dice& dice, const CaseView& view) {
  const char* by = dice.Of({"1 working_day", "1 working_day", "3 working_days"});
  return {CaseManager(dice, view),
          ask::Extend(ClockOf(dice, view, v1::ClockState::STATUS_RUNNING, "first_contact"), by, "complex")};
}
Asking Cease(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view),
          ask::Cease(ClockOf(dice, view, v1::ClockState::STATUS_RUNNING, "first_contact"), "in_error")};
}
Asking ChangePriority(Dice& dice, const CaseView& view) {
  const int now = view.state.priority();
  const bool raised = now > v1::PRIORITY_P1 && dice.Chance(70);
  const auto to = static_cast<v1::Priority>(raised ? dice.Between(1, now - 1) : dice.Between(0, 3));
  return {CaseManager(dice, view), ask::ChangePriority(to)};
}
Asking ProposeClosure(Dice& dice, const CaseView& view) {
  // The full pack wants an owner, and the risk to be known, first.
  if (view.state.owner().empty() && dice.Chance(80)) return Assign(dice, view);
  if (FindStep(view.state, "risk") == nullptr && dice.Chance(80)) {
    return {CaseManager(dice, view), ask::Step("risk", {{"band", ask::Code("low")}})};
  }
  return {CaseManager(dice, view), ask::ProposeClosure()};
}
Asking WithdrawClosure(Dice& dice, const CaseView& view) { return {CaseManager(dice, view), ask::WithdrawClosure()}; }
Asking SignOff(Dice& dice, const CaseView& view) {
  if (view.state.phase() == v1::PHASE_CLOSING && dice.Chance(60)) {
    return {Manager(dice), dice.Of({ask::Grant(), ask::Grant(), ask::Waive("response"), ask::Refuse()})};
  }
  return {Manager(dice), ask::Grant(dice.Of({"priority_lowering", "motive", "one_off_sharing", "no_such_subject"}))};
}
Asking Close(Dice& dice, const CaseView& view) {
  if (view.state.phase() == v1::PHASE_CLOSING && dice.Chance(90)) return TowardsClosing(dice, view);
  if (view.state.phase() == v1::PHASE_OPEN && dice.Chance(90)) return ProposeClosure(dice, view);
  return {CaseManager(dice, view), ask::Close()};
}
Asking Reopen(Dice& dice, const CaseView& view) { return {CaseManager(dice, view), ask::Reopen()}; }
Asking Link(Dice& dice, const CaseView& view) { return {CaseManager(dice, view), ask::Link(dice.Among(view.cases))}; }
Asking Withdraw(Dice& dice, const CaseView& view) {
  return {dice.Chance(80) ? Tess() : CaseManager(dice, view), ask::Withdraw()};
}
Asking Correct(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view), ask::Correct(dice.Draw(view.state.version() + 2))};
}
Asking History(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view), ask::History(dice.Of({"visit", "letter", "Spoke to Ann"}))};
}
Asking FinishImport(Dice&, const CaseView& view) { return {Mo(), ask::FinishImport(view.now)}; }
Asking Refer(Dice& dice, const CaseView& view) {
  const bool police = dice.Chance(70);
  const absl::Time respond_by = Later(dice, view);
  return {CaseManager(dice, view),
          ask::Refer(police ? "police" : "refuge", police ? "hate_unit" : "advocacy", respond_by, SharingOf(dice))};
}
Asking AnswerReferral(Dice& dice, const CaseView& view) {
  const auto& referrals = view.state.referrals();
  const bool open = dice.Chance(60);
  const std::string id = OneOf(
      dice, referrals, kNone,
      [&](const v1::ReferralState& r) {
        return r.status() == (open ? v1::ReferralState::STATUS_OPEN : v1::ReferralState::STATUS_ACCEPTED);
      },
      &ReferralId);
  if (IsNone(id) && dice.Chance(85)) return Refer(dice, view);
  const auto answer = static_cast<v1::AnswerReferral::Answer>(open ? dice.Between(1, 3) : dice.Between(3, 4));
  return {dice.Chance(40) ? PartnerOf("police") : CaseManager(dice, view), ask::AnswerReferral(id, answer)};
}
Asking Enquire(Dice& dice, const CaseView& view) {
  if (dice.Chance(50)) {
    const bool urgent = dice.Chance(30);
    return {dice.Chance(60) ? PartnerOf("police") : CaseManager(dice, view),
            ask::Enquire(dice.Chance(90) ? "police" : "refuge", v1::ENQUIRY_DIRECTION_FROM_AGENCY, urgent)};
  }
  v1::Command command = ask::Enquire("police", v1::ENQUIRY_DIRECTION_TO_AGENCY);
  if (dice.Chance(50)) {
    v1::Enquire& enquire = *command.mutable_enquire();
    *enquire.mutable_sharing() = SharingOf(dice);
    GiveReason(enquire.sharing(), enquire);
    enquire.mutable_question()->set_text("Have you been there?");
  }
  return {CaseManager(dice, view), command};
}
Asking AnswerEnquiry(Dice& dice, const CaseView& view) {
  const bool ours = dice.Chance(40);
  const std::string id =
      OpenEnquiry(dice, view, ours ? v1::ENQUIRY_DIRECTION_TO_AGENCY : v1::ENQUIRY_DIRECTION_FROM_AGENCY);
  if (IsNone(id) && dice.Chance(85)) return Enquire(dice, view);
  if (ours) return {PartnerOf("police"), ask::AnswerEnquiry(id)};
  if (dice.Chance(30)) return {CaseManager(dice, view), ask::AnswerEnquiry(id, v1::AnswerEnquiry::ANSWER_REFUSED)};
  v1::Command command = ask::Told(id, SharingOf(dice));
  GiveReason(command.answer_enquiry().sharing(), *command.mutable_answer_enquiry());
  return {CaseManager(dice, view), command};
}
Asking Chase(Dice& dice, const CaseView& view) {
  const std::string ours = OpenEnquiry(dice, view, v1::ENQUIRY_DIRECTION_TO_AGENCY);
  if (!IsNone(ours) && dice.Chance(50)) return {CaseManager(dice, view), ask::ChaseEnquiry(ours)};
  const std::string id = OneOf(
      dice, view.state.referrals(), kNone,
      [](const v1::ReferralState& r) { return r.status() == v1::ReferralState::STATUS_OPEN; }, &ReferralId);
  if (IsNone(id) && dice.Chance(85)) return dice.Chance(50) ? Refer(dice, view) : Enquire(dice, view);
  return {CaseManager(dice, view), ask::ChaseReferral(id)};
}
Asking Share(Dice& dice, const CaseView& view) {
  return {CaseManager(dice, view), ask::Share(dice.Chance(70) ? "police" : "refuge", SharingOf(dice))};
}
Asking ReviewSharing(Dice& dice, const CaseView& view) {
  const std::string id = OneOf(
      dice, view.state.sharings(), kNone,
      [](const v1::SharingState& s) { return s.finding() == v1::ReviewSharing::FINDING_UNSPECIFIED; },
      +[](const v1::SharingState& s) -> const std::string& { return s.share_id(); });
  if (IsNone(id) && dice.Chance(85)) return Share(dice, view);
  return {dice.Chance(90) ? Tess() : Mo(),
          ask::ReviewSharing(id, static_cast<v1::ReviewSharing::Finding>(dice.Between(1, 2)))};
}
Asking Split(Dice& dice, const CaseView& view) {
  v1::Command command = ask::Split({}, dice.Of({"noise", "hate"}));
  v1::SplitCase& split = *command.mutable_split_case();
  split.add_versions(2 + dice.Draw(std::max<uint64_t>(view.state.version(), 2)));
  if (!view.residents.empty() && dice.Chance(70)) split.set_resident_id(dice.Among(view.residents));
  if (dice.Chance(50)) split.mutable_account()->set_text("It is another matter.");
  return {CaseManager(dice, view), command};
}

constexpr Likely kLikely[] = {
    {"triage", {30, 2, 1, 0, 6}, Triage},
    {"assign", {12, 3, 1, 0, 3}, Assign},
    {"hand_over", {2, 5, 1, 0, 3}, HandOver},
    {"accept_handover", {2, 5, 1, 0, 3}, AcceptHandover},
    {"reject_handover", {1, 3, 1, 0, 2}, RejectHandover},
    {"contact", {12, 10, 3, 0, 10}, Contact},
    {"step", {6, 10, 4, 2, 8}, StepOf},
    {"plan", {2, 4, 1, 0, 2}, Plan},
    {"add_action", {3, 4, 1, 0, 3}, AddAction},
    {"complete_action", {2, 6, 2, 0, 3}, CompleteAction},
    {"cancel_action", {2, 3, 1, 0, 2}, CancelAction},
    {"promise", {2, 4, 1, 0, 3}, Promise},
    {"keep_promise", {2, 4, 2, 0, 3}, KeepPromise},
    {"escalate", {2, 3, 1, 0, 2}, Escalate},
    {"pause", {4, 4, 2, 0, 2}, Pause},
    {"resume", {4, 4, 2, 0, 2}, Resume},
    {"extend", {3, 2, 1, 0, 2}, Extend},
    {"cease", {2, 2, 1, 0, 2}, Cease},
    {"change_priority", {3, 4, 1, 0, 2}, ChangePriority},
    {"propose_closure", {1, 10, 1, 0, 4}, ProposeClosure},
    {"withdraw_closure", {0, 1, 3, 0, 2}, WithdrawClosure},
    {"sign_off", {1, 3, 8, 0, 2}, SignOff},
    {"close", {1, 24, 80, 0, 4}, Close},
    {"reopen", {0, 0, 0, 12, 1}, Reopen},
    {"link", {3, 4, 2, 6, 3}, Link},
    {"withdraw", {1, 1, 1, 0, 1}, Withdraw},
    {"correct", {1, 2, 1, 6, 2}, Correct},
    {"history", {1, 1, 1, 2, 12}, History},
    {"finish_import", {0, 0, 0, 0, 5}, FinishImport},
    {"refer", {3, 6, 2, 0, 3}, Refer},
    {"answer_referral", {3, 6, 3, 5, 3}, AnswerReferral},
    {"enquire", {4, 6, 3, 6, 3}, Enquire},
    {"answer", {4, 6, 3, 6, 3}, AnswerEnquiry},
    {"chase", {2, 4, 2, 4, 2}, Chase},
    {"share", {3, 5, 2, 5, 3}, Share},
    {"review_sharing", {2, 4, 2, 5, 2}, ReviewSharing},
    {"split", {4, 5, 2, 0, 1}, Split},
};

size_t ColumnOf(const v1::CaseState& state) {
  if (state.importing()) return 4;
  switch (state.phase()) {
    case v1::PHASE_REPORTED: return 0;
    case v1::PHASE_OPEN: return 1;
    case v1::PHASE_CLOSING: return 2;
    case v1::PHASE_CLOSED:
    case v1::PHASE_WITHDRAWN: return 3;
    case v1::PHASE_UNSPECIFIED:
    case v1::Phase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Phase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return 0;
}

// The next step of the shortest way from a report to the end of a case, and back.
Asking TowardsTheEnd(Dice& dice, const CaseView& view) {
  switch (view.state.phase()) {
    case v1::PHASE_REPORTED: return Triage(dice, view);
    case v1::PHASE_OPEN: return ProposeClosure(dice, view);
    case v1::PHASE_CLOSING: return TowardsClosing(dice, view);
    case v1::PHASE_CLOSED:
    case v1::PHASE_WITHDRAWN: return dice.Chance(30) ? Reopen(dice, view) : Asking{Mo(), ask::Step("survey")};
    case v1::PHASE_UNSPECIFIED:
    case v1::Phase_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Phase_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return Contact(dice, view);
}

Asking DrawOnce(Dice& dice, const Mix& mix, const CaseView& view) {
  if (dice.Chance(mix.closing)) return TowardsTheEnd(dice, view);
  const bool wrong = dice.Chance(mix.wrong);
  const size_t column = ColumnOf(view.state);
  const auto weight = [&](const Likely& likely) { return (wrong ? 1 : likely.in[column]) * mix.WeightOf(likely.verb); };
  int all = 0;
  for (const Likely& likely : kLikely)
    all += weight(likely);
  // A mix may have left out all that fits.
  if (all == 0) return {CaseManager(dice, view), ask::Correct(1)};
  auto left = static_cast<int>(dice.Draw(static_cast<uint64_t>(all)));
  for (const Likely& likely : kLikely) {
    left -= weight(likely);
    if (left < 0) return likely.make(dice, view);
  }
  CHECK(false && "the weights add up to less than their sum");
  return {};
}

}  // namespace

Asking DrawCaseAsk(Dice& dice, const Mix& mix, const CaseView& view) {
  // What is asked in a verb's stead may be a verb that the mix has left out.
  for (int tries = 0; tries < 8; ++tries) {
    Asking asking = DrawOnce(dice, mix, view);
    if (mix.WeightOf(std::string(VerbName(asking.command.verb_case()))) > 0) return asking;
  }
  return {CaseManager(dice, view), ask::Contact()};
}

}  // namespace caseward::test
