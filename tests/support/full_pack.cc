#include "tests/support/full_pack.h"

#include "absl/strings/str_cat.h"

#include <google/protobuf/text_format.h>

#include <cstdio>
#include <string>

#include "engine/base/check.h"

namespace caseward::test {
namespace {

// Steps and their fields.
constexpr char kSteps[] = R"(
  steps { id: "report" fields { id: "source" type: TYPE_CODE options: "resident" options: "neighbour" } }
  steps { id: "triage" fields { id: "motive" type: TYPE_CODE options: "hate" options: "none" } }
  steps {
    id: "risk"
    fields { id: "band" type: TYPE_CODE options: "low" options: "high" required: true }
    fields { id: "score" type: TYPE_NUMBER at_least: 0 at_most: 24 }
    fields { id: "urgent" type: TYPE_BOOL }
    fields { id: "form" type: TYPE_REF }
    fields { id: "seen_at" type: TYPE_TIME }
    fields { id: "notes" type: TYPE_WORDS data_class: DATA_CLASS_PERSONAL }
  }
  steps { id: "review" fields { id: "finding" type: TYPE_WORDS data_class: DATA_CLASS_PERSONAL required: true } }
  steps { id: "further_report" }
  steps { id: "incident" fields { id: "weapon" type: TYPE_BOOL } }
  steps { id: "weapon_found" }
  steps { id: "booking" fields { id: "by" type: TYPE_TIME required: true } }
  steps { id: "visit" fields { id: "held_at" type: TYPE_TIME required: true } }
  steps { id: "request" }
  steps { id: "request_answered" }
  steps { id: "resident_response" fields { id: "answer" type: TYPE_CODE options: "agrees" options: "disagrees" required: true } }
  steps { id: "survey" administrative: true }
  steps { id: "specialist" roles: "hate_lead" case_types: "hate" }
)";

constexpr char kClocks[] = R"(
  clocks {
    id: "first_contact" catalogue: "CK-01" title: "First contact"
    starts_on { on { event: "case_reported" } at: "aware_at" }
    stops_on { on { event: "contact_made" where { field: "with" any_of: "reporter" any_of: "victim" } } }
    within { priority: PRIORITY_P1 span { amount: 1 unit: TIME_UNIT_WORKING_DAY } }
    within { priority: PRIORITY_P2 span { amount: 3 unit: TIME_UNIT_WORKING_DAY } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
    warn_percent: 75
    on_warn { escalate_to: "team_manager" }
    on_breach { escalate_to: "regional_manager" alert: "contact_missed" }
    on_breach { escalate_to: "director" when { priority { any_of: PRIORITY_P1 } } }
    pause_reasons: "resident_away"
    extension_reasons: "complex" extension_at_most { amount: 2 unit: TIME_UNIT_WORKING_DAY }
    cease_reasons: "in_error"
  }
  clocks {
    id: "triage" catalogue: "CK-02" title: "Triage"
    starts_on { on { event: "case_reported" } at: "aware_at" }
    stops_on { on { event: "case_triaged" } }
    within { span { amount: 4 unit: TIME_UNIT_BUSINESS_HOUR } }
  }
  clocks {
    id: "life" title: "A threat to life"
    when { case_state { of { field: "threat_to_life" any_of: "true" } } }
    starts_on { on { event: "case_reported" } }
    stops_on { on { event: "contact_made" } }
    within { span { amount: 24 unit: TIME_UNIT_HOUR } }
    pause_reasons: "police_ask"
  }
  clocks {
    id: "review" catalogue: "CK-08" title: "Manager's review"
    when { priority { any_of: PRIORITY_P1 } }
    starts_on { on { event: "case_triaged" } }
    starts_on { on { event: "priority_changed" where { field: "to" any_of: "P1" } } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "review" } } }
    ceases_on { on { event: "priority_changed" where { field: "to" any_of: "P2" any_of: "P3" } } }
    within { span { amount: 10 unit: TIME_UNIT_WORKING_DAY } }
    on_breach { alert: "review_missed_twice" when { count { of { event: "clock_breached" where { field: "clock" any_of: "review" } } at_least: 2 } } }
    recurring: true once_a_day: true repeats_after_breach: true
  }
  clocks {
    id: "update" catalogue: "CK-07" title: "The resident hears from us"
    starts_on { on { event: "case_triaged" } }
    stops_on { on { event: "resident_updated" } }
    within { span { amount: 10 unit: TIME_UNIT_WORKING_DAY } }
    due_from: "next_update_by"
    recurring: true
  }
  clocks {
    id: "risk" catalogue: "CK-04" title: "Risk assessment"
    starts_on { on { event: "case_triaged" } }
    starts_on { on { event: "step_recorded" where { field: "step" any_of: "further_report" } } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "risk" } } }
    within { when { flag: "weapon" } span { amount: 1 unit: TIME_UNIT_WORKING_DAY } }
    within { priority: PRIORITY_P1 span { amount: 2 unit: TIME_UNIT_WORKING_DAY } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
    pause_reasons: "victim_unavailable"
  }
  clocks {
    id: "risk_after" title: "Risk after an incident"
    starts_on { on { event: "step_recorded" where { field: "step" any_of: "incident" } } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "risk" } } }
    within { span { amount: 1 unit: TIME_UNIT_WORKING_DAY } }
    supersedes: "risk"
  }
  clocks {
    id: "action_due" catalogue: "CK-06" title: "An action" for_each: FOR_EACH_ACTION due_from: "due" warn_percent: 50
    starts_on { on { event: "action_added" where { field: "resident_task" any_of: "false" } } }
    stops_on { on { event: "action_completed" } }
    ceases_on { on { event: "action_cancelled" } }
  }
  clocks {
    id: "promise_due" catalogue: "CK-06" title: "A promise" for_each: FOR_EACH_PROMISE due_from: "due"
    starts_on { on { event: "promise_recorded" } }
    stops_on { on { event: "promise_kept" } }
  }
  clocks {
    id: "plan" catalogue: "CK-05" title: "Action plan"
    starts_on { on { event: "clock_met" where { field: "clock" any_of: "first_contact" } } at: "met_at" }
    stops_on { on { event: "plan_agreed" } }
    within { span { amount: 2 unit: TIME_UNIT_DAY } }
  }
  clocks {
    id: "answer" title: "The reporter's own deadline" due_from: "respond_by"
    starts_on { on { event: "case_reported" } when { event { of { field: "respond_by" present: true } } } }
    stops_on { on { event: "contact_made" } }
  }
  clocks {
    id: "visit" title: "A booked visit" due_from: "by"
    starts_on { on { event: "step_recorded" where { field: "step" any_of: "booking" } } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "visit" } } at: "held_at" }
  }
  clocks {
    id: "request" title: "Subject access request"
    starts_on { on { event: "step_recorded" where { field: "step" any_of: "request" } } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "request_answered" } } }
    within { span { amount: 1 unit: TIME_UNIT_MONTH } }
  }
  clocks {
    id: "long" catalogue: "CK-11" title: "A long case"
    starts_on { on { event: "case_reported" } }
    stops_on { on { event: "case_closed" } }
    within { span { amount: 60 unit: TIME_UNIT_WORKING_DAY } }
    pause_reasons: "court"
  }
  clocks {
    id: "stalled" catalogue: "CK-09" title: "Nothing has moved"
    starts_on { on { event: "case_reported" } }
    stops_on { on { event: "substantive" } }
    within { span { amount: 15 unit: TIME_UNIT_WORKING_DAY } }
    recurring: true
  }
  clocks {
    id: "response" catalogue: "CK-13" title: "The resident's answer to closing"
    starts_on { on { event: "closure_proposed" } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "resident_response" } } }
    ceases_on { on { event: "closure_withdrawn" } }
    within { span { amount: 10 unit: TIME_UNIT_WORKING_DAY } }
  }
  clocks {
    id: "their_enquiry" catalogue: "CK-40" title: "An agency's question" for_each: FOR_EACH_ENQUIRY
    starts_on { on { event: "enquiry_made" where { field: "direction" any_of: "from_agency" } where { field: "urgent" any_of: "false" } } }
    stops_on { on { event: "enquiry_answered" } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
  }
  clocks {
    id: "their_urgent_enquiry" catalogue: "CK-40" title: "An agency's urgent question" for_each: FOR_EACH_ENQUIRY
    starts_on { on { event: "enquiry_made" where { field: "direction" any_of: "from_agency" } where { field: "urgent" any_of: "true" } } }
    stops_on { on { event: "enquiry_answered" } }
    within { span { amount: 24 unit: TIME_UNIT_HOUR } }
  }
  clocks {
    id: "our_enquiry" catalogue: "CK-41" title: "Our question to an agency" for_each: FOR_EACH_ENQUIRY due_from: "respond_by"
    starts_on { on { event: "enquiry_made" where { field: "direction" any_of: "to_agency" } } }
    stops_on { on { event: "enquiry_answered" } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
  }
  clocks {
    id: "referral_answer" catalogue: "CK-41" title: "The answer to a referral" for_each: FOR_EACH_REFERRAL due_from: "respond_by"
    starts_on { on { event: "case_referred" } }
    stops_on { on { event: "referral_decided" } }
  }
  clocks {
    id: "sharing_review" catalogue: "CK-46" title: "A look at an emergency sharing" for_each: FOR_EACH_SHARING
    starts_on { on { event: "information_shared" where { field: "door" any_of: "emergency" } } }
    stops_on { on { event: "sharing_reviewed" } }
    within { span { amount: 1 unit: TIME_UNIT_WORKING_DAY } }
  }
  clocks {
    id: "turnaround" catalogue: "CK-14" title: "The signature"
    starts_on { on { event: "closure_ready" } }
    stops_on { on { event: "sign_off_granted" where { field: "subject" any_of: "closure" } } }
    within { span { amount: 5 unit: TIME_UNIT_WORKING_DAY } }
  }
  clocks {
    id: "after_close" catalogue: "CK-16" title: "A look after closing"
    starts_on { on { event: "case_closed" } }
    stops_on { on { event: "step_recorded" where { field: "step" any_of: "survey" } } }
    within { span { amount: 20 unit: TIME_UNIT_WORKING_DAY } }
  }
)";

constexpr char kRest[] = R"(
  id: "full" version: 3 title: "Everything a policy can say" calendar: "england_and_wales" needs_owner: true
  roles { id: "contact_centre" tier: 1 } roles { id: "case_manager" tier: 1 } roles { id: "team_manager" tier: 2 }
  roles { id: "regional_manager" tier: 3 } roles { id: "hate_lead" tier: 3 } roles { id: "assistant_director" tier: 4 }
  roles { id: "director" tier: 5 }
  case_types { id: "noise" title: "Noise" priority: PRIORITY_P3 }
  case_types { id: "hate" title: "Hate incident" priority: PRIORITY_P1 }
  case_types { id: "query" title: "A question" }
  closing_reasons: "resolved" closing_reasons: "moved"
  flags {
    id: "hate"
    set_on { on { event: "case_triaged" where { field: "motive" any_of: "hate" } } }
    clear_on { on { event: "sign_off_granted" where { field: "subject" any_of: "motive" } } }
  }
  flags {
    id: "weapon"
    set_on { on { event: "step_recorded" where { field: "step" any_of: "incident" } where { field: "weapon" any_of: "true" } } }
    clear_on { on { event: "step_recorded" where { field: "step" any_of: "weapon_found" } } }
  }
  flags {
    id: "exhausted"
    set_on { on { event: "contact_attempted" } when { count { of { event: "contact_attempted" } at_least: 3 } } }
    clear_on { on { event: "contact_made" } }
  }
  priorities { id: "P-hate" priority: PRIORITY_P1 when { flag: "hate" } }
  priorities { id: "P-weapon" priority: PRIORITY_P2 when { flag: "weapon" } }
  rules {
    id: "T-1" title: "No closing before the risk is known" on: "propose_closure" say: "The risk is not known." unblock: "Assess it."
    needs { id: "risk" condition { last { step: "risk" } } say: "a risk assessment" by_roles: "case_manager" }
  }
  rules {
    id: "T-2" title: "Withdrawing is for managers" on: "withdraw" say: "A manager withdraws a case." unblock: "Ask one."
    needs { id: "manager" condition { actor { min_tier: 2 } } say: "a manager" by_roles: "team_manager" }
  }
  rules {
    id: "T-3" title: "An estimate needs a recent look" on: "step" say: "The last review is too old." unblock: "Review it."
    when { all {
      of { asked { of { field: "step" any_of: "risk" } of { field: "score" at_least: 20 } } }
      of { not { last { step: "review" within { amount: 5 unit: TIME_UNIT_WORKING_DAY } } } }
    } }
  }
  checklists {
    id: "closure"
    items { id: "risk_low" say: "The risk is low." pass { last { step: "risk" where { field: "band" any_of: "low" } } } firm: true }
    items {
      id: "response" say: "The resident has answered."
      unless { case_state { of { field: "anonymous" any_of: "true" } } }
      pass { last { step: "resident_response" since: "closure_proposed" } }
    }
    items { id: "actions_done" say: "Every action is done." pass { not { open_actions {} } } }
  }
  sign_offs {
    subject: "closure" rule: "T-SIGN" checklist: "closure" separate_from: "owner" separate_from: "proposer" void_on_change: true
    signers {
      when { last { step: "resident_response" where { field: "answer" any_of: "disagrees" } since: "closure_proposed" } }
      roles: "assistant_director" rule: "T-SIGN.2" say: "The resident disagrees: an assistant director signs."
    }
    signers { roles: "regional_manager" roles: "hate_lead" roles: "assistant_director" }
  }
  sign_offs {
    subject: "priority_lowering" rule: "T-LOWER" separate_from: "owner" void_on_change: true
    signers { roles: "regional_manager" }
  }
  sign_offs {
    subject: "motive" rule: "T-MOTIVE" void_on_change: true
    signers { when { flag: "hate" } roles: "hate_lead" }
  }
  sign_offs {
    subject: "one_off_sharing" rule: "T-SHARE" void_on_change: true
    signers { roles: "regional_manager" }
  }
  emergency_bases: "vital_interests" emergency_bases: "safeguarding"
  alerts { id: "contact_missed" to_role: "director" say: "Nobody was reached in time." }
  alerts { id: "review_missed_twice" to_role: "director" say: "Two reviews in a row did not happen." }
  alerts { id: "exhausted" on { on { event: "flag_set" where { field: "flag" any_of: "exhausted" } } } to_role: "team_manager" say: "Three attempts." }
)";

// Every part needs its source; these tests do not care which.
template <typename List>
void GiveSource(List* list) {
  for (auto& one : *list) {
    one.set_clause("Tests 1");
    one.set_provenance(v1::PROVENANCE_OURS);
  }
}

}  // namespace

v1::Pack FullPackSource() {
  v1::Pack pack;
  CHECK(google::protobuf::TextFormat::ParseFromString(absl::StrCat(kRest, kSteps, kClocks), &pack));
  GiveSource(pack.mutable_case_types());
  GiveSource(pack.mutable_steps());
  GiveSource(pack.mutable_flags());
  GiveSource(pack.mutable_priorities());
  GiveSource(pack.mutable_clocks());
  GiveSource(pack.mutable_rules());
  GiveSource(pack.mutable_checklists());
  GiveSource(pack.mutable_sign_offs());
  GiveSource(pack.mutable_alerts());
  for (v1::StepType& step : *pack.mutable_steps()) {
    for (v1::FieldType& field : *step.mutable_fields()) {
      if (field.type() != v1::FieldType::TYPE_WORDS) field.set_data_class(v1::DATA_CLASS_INTERNAL);
    }
  }
  return pack;
}

const CompiledPack& FullPack() {
  static const CompiledPack& pack = *[] {
    auto compiled = CompiledPack::Compile(FullPackSource());
    if (!compiled.ok()) std::fprintf(stderr, "%s\n", compiled.status().ToString().c_str());
    CHECK(compiled.ok());
    return std::move(compiled)->release();  // lives for ever
  }();
  return pack;
}

}  // namespace caseward::test
