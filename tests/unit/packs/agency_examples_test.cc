// A pack whose examples need a directory: agencies and what was agreed with them, training in date, sign-offs given to
// another for a time; and what a pack builds of clocks and flags alone: a ladder and a referral trigger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "plain_calendar.h"
#include "services/packs/example_runner.h"
#include "services/packs/lint_pack.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAgencyPack[] = R"(
id: partners
title: Partners
calendar: plain
roles: {officer: {tier: 1}, manager: {tier: 2}}
closing_reasons: [done]
emergency_bases: [vital_interests]
case_types:
  harm: {title: Harm, priority: P2, clause: Partners 1, provenance: OURS}
steps:
  risk_assessed:
    title: Risk
    fields: {band: {type: code, options: [high, low], data_class: internal}}
flags:
  needs_advocate:
    clause: Partners 2
    provenance: OURS
    set_on: {event: step_recorded, where: {step: risk_assessed, band: high}}
    clear_on: {event: case_referred, where: {service: advocacy}}
clocks:
  letter_answered:
    title: A letter is answered
    clause: Partners 3
    provenance: OURS
    starts_on: {event: contact_attempted, where: {channel: letter}}
    stops_on: contact_made
    within: 5 days
  visit:
    title: Then somebody goes there
    clause: Partners 3
    provenance: OURS
    starts_on: {event: clock_breached, where: {clock: letter_answered}}
    stops_on: contact_made
    within: 2 days
    on_breach: [{escalate_to: manager}]
  emergency_review:
    for_each: sharing
    title: Somebody else looks at it
    clause: Partners 4
    provenance: OURS
    starts_on: {event: information_shared, where: {door: emergency}}
    stops_on: sharing_reviewed
    within: 1 day
sign_offs:
  closure:
    clause: Partners 5
    provenance: OURS
    rule: P-SIGN
    signers: [{roles: [manager]}]
    separate_from: [owner]
rules:
  - id: P-ADVOCATE
    title: An advocate before the plan
    clause: Partners 2
    provenance: OURS
    on: plan
    when: {flag: needs_advocate}
    say: The resident needs an advocate first.
    unblock: Refer the case for advocacy.
  - id: P-TRAINED
    title: Whoever takes it is trained
    clause: Partners 6
    provenance: OURS
    on: [assign, hand_over, accept_handover]
    need: {id: trained, taker: {trained_in: harm_awareness}, say: A course in date.}
    say: The person is not trained.
    unblock: Name somebody who is.
  - id: P-OPEN
    title: Nothing open with partners on closing
    clause: Partners 7
    provenance: OURS
    on: propose_closure
    when: {any: [{open_enquiries: true}, {open_referrals: {services: [advocacy]}}, {unreviewed_sharings: true}]}
    say: Something is open with a partner.
    unblock: Chase it.
  - id: P-WITHDRAW
    title: Withdrawing is for managers
    clause: Partners 8
    provenance: OURS
    on: withdraw
    need: {id: manager, actor: {min_tier: 2}, say: A manager.}
    say: A case ends by closing it.
    unblock: Propose closure.
people:
  mo: {roles: [officer], trained_in: [harm_awareness]}
  ida: {roles: [officer], trainings: {course: harm_awareness, expires_at: 2026-03-20T00:00:00Z}}
  nia: {roles: [officer]}
  may: {roles: [manager]}
  ned:
    roles: [officer]
    delegations: {from: may, subjects: [closure], starts: 2026-03-02T00:00:00Z, ends: 2026-03-06T09:00:00Z}
agencies:
  refuge: {title: Refuge, kind: third_sector, services: [advocacy]}
agreements:
  refuge_2026:
    agency: refuge
    purposes: [support]
    lawful_bases: [public_task]
    data_classes: [personal]
    from: 2026-01-01T00:00:00Z
    until: 2026-03-10T00:00:00Z
scenarios:
  owned:
    steps:
      - {at: 2026-03-02T09:00:00Z, by: nia, channel: phone, report: {case_type: harm}}
      - {by: nia, triage: {priority: P2}}
      - {by: may, assign: {owner: mo}}
)";

constexpr char kExamples[] = R"(
examples:
  - name: the ladder goes on by itself
    from: owned
    given: [{by: mo, channel: letter, contact: {with: subject, outcome: no_answer}}]
    then: {at: 2026-03-12T12:00:00Z, clocks: {letter_answered: breached, visit: breached}, escalated_to: [manager]}
  - name: the need sets the flag, and the flag holds up the plan
    from: owned
    given: [{by: mo, step: {step: risk_assessed, fields: {band: high}}}]
    when: {by: mo, plan: {}}
    then: {refused: P-ADVOCATE, flags: {needs_advocate: true}}
  - name: the referral clears it
    from: owned
    given: [{by: mo, step: {step: risk_assessed, fields: {band: high}}}]
    when:
      by: mo
      refer:
        agency: refuge
        service: advocacy
        respond_by: 2026-03-09T00:00:00Z
        sharing: {purpose: support, lawful_basis: public_task, data_classes: [personal]}
    then: {accepted: true, flags: {needs_advocate: false}, events: [case_referred, information_shared]}
  - name: not once the agreement has lapsed
    from: owned
    when:
      at: 2026-03-10T00:00:00Z
      by: mo
      share: {agency: refuge, sharing: {purpose: support, lawful_basis: public_task, data_classes: [personal]}}
    then: {refused: C-agreement, missing: [refuge_2026]}
  - name: an emergency at once, reviewed by another
    from: owned
    given:
      - at: 2026-03-10T00:00:00Z
        by: mo
        share:
          agency: refuge
          sharing: {door: emergency, purpose: support, lawful_basis: vital_interests, data_classes: [personal],
                    reason_code: threat}
          sharing_reason: He is at the door.
    when: {by: mo, propose_closure: {reason_code: done}}
    then: {refused: P-OPEN, clocks: {emergency_review/s1: running}}
  - name: another matter goes into a case of its own
    from: owned
    when: {by: mo, split: {case_type: harm, versions: [2, 3], reason_code: another_matter}}
    then: {accepted: true, events: [case_split, case_linked]}
  - name: nobody who was not trained takes the case
    from: owned
    when: {by: mo, hand_over: {to: nia}}
    then: {refused: P-TRAINED, missing: [trained]}
  - name: nor whose course has expired
    from: owned
    when: {at: 2026-03-20T00:00:00Z, by: mo, hand_over: {to: ida}}
    then: {refused: P-TRAINED}
  - name: whose course has not
    from: owned
    when: {at: 2026-03-19T23:59:59Z, by: mo, hand_over: {to: ida}}
    then: {accepted: true}
  - name: ned signs for may
    from: owned
    given: [{by: mo, propose_closure: {reason_code: done}}]
    when: {at: 2026-03-06T08:59:59Z, by: ned, sign_off: {subject: closure, answer: grant}}
    then: {accepted: true}
  - name: not when it ended a second ago
    from: owned
    given: [{by: mo, propose_closure: {reason_code: done}}]
    when: {at: 2026-03-06T09:00:01Z, by: ned, sign_off: {subject: closure, answer: grant}}
    then: {refused: P-SIGN, missing: [delegation]}
)";

std::vector<std::string> ErrorsOf(const std::string& text) {
  std::vector<std::string> out;
  for (const FileProblem& problem : LintPackText(text, "partners.yaml").errors)
    out.push_back(FormatProblem(problem));
  return out;
}

TEST(AgencyExamples, ArePlayedWithThePacksOwnDirectory) {
  const PackLint lint = LintPackText(absl::StrCat(kAgencyPack, kExamples), "partners.yaml");
  for (const FileProblem& problem : lint.errors)
    ADD_FAILURE() << FormatProblem(problem);
  const CalendarReading calendar = ReadCalendarText(kPlainCalendar, "plain.yaml");
  const auto compiled = WorkingCalendar::Compile(calendar.calendar);
  ASSERT_TRUE(lint.compiled != nullptr && compiled.ok());
  const OpensslHasher hasher;

  const std::vector<ExampleResult> results = RunExamples(*lint.compiled, *compiled, hasher);

  EXPECT_EQ(results.size(), 11u);
  for (const ExampleResult& result : results)
    EXPECT_THAT(result.differences, IsEmpty()) << result.name;
}

TEST(AgencyExamples, AConditionThatMayBeTrueIsTrueOrAMapOfItsOwnKeys) {
  const std::string was = "{open_enquiries: true}";
  const auto with = [&](const std::string& is) { return absl::StrReplaceAll(kAgencyPack, {{was, is}}); };
  EXPECT_THAT(ErrorsOf(kAgencyPack), IsEmpty());
  EXPECT_THAT(ErrorsOf(with("{open_enquiries: false}")),
              ElementsAre(HasSubstr("true, or a map of overdue, urgent, direction, agencies, chased_at_least")));
  EXPECT_THAT(ErrorsOf(with("{open_enquiries: {overdu: true}}")), ElementsAre(HasSubstr("did you mean \"overdue\"?")));
  EXPECT_THAT(ErrorsOf(with("{sampled: {percent: 100, seed: a}}")), ElementsAre(HasSubstr("1 to 99")));
  EXPECT_THAT(ErrorsOf(with("{taker: {trained_in: harm_awareness}}")),
              ElementsAre(HasSubstr("taker only in rules on assign, hand_over and accept_handover")));
}

}  // namespace
}  // namespace caseward
