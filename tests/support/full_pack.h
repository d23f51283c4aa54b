// A policy that uses everything a policy can say about a case, for tests of the engine's cases. Not a policy anyone
// should have.
//
//   case types  noise (P3), hate (P1), query (no priority until triaged)
//   people      cleo contact_centre, mo and nia case_manager, tess team_manager, ruth and rob regional_manager, hana
//   hate_lead,
//               ada assistant_director, dee director
//   clocks      first_contact    from aware_at, P1 1, P2 3, else 5 working days, warns at 75 %; may be paused,
//   extended, ceased
//               triage           4 business hours
//               life             24 hours, only if life is threatened
//               review           P1 only, 10 working days, recurring, counts once a day, repeats after a breach
//               update           from triage, 10 working days, recurring; due when the update promised the next one
//               risk             from triage and each further report; 1 working day with a weapon, P1 2, else 5; may be
//               paused risk_after       from an incident, 1 working day, takes the place of risk action_due,
//               promise_due   one for each plan             from the moment first_contact is met, 2 days answer due at
//               the report's respond_by visit            due at the booking's own field; stopped at the time the
//               visit's own field says request          1 month long             60 working days, may be paused stalled
//               15 working days, recurring, stopped by anything substantive response, turnaround   of a proposal to
//               close after_close      20 working days after closing
//   flags       hate, weapon, exhausted (third attempt)
//   sign-offs   closure (checklist; an assistant director if the resident disagrees), priority_lowering, motive
#pragma once

#include "caseward/v1/policy.pb.h"
#include "engine/policy/compiled_pack.h"

namespace caseward::test {

v1::Pack FullPackSource();
const CompiledPack& FullPack();

}  // namespace caseward::test
