// What CaseService lists, gathered over partitions. A page comes from one view of state, so all of it is of one moment;
// the next page is of a later one, and goes on after the last item whatever has changed.
#pragma once

#include "caseward/v1/case_service.pb.h"
#include "services/server/backend.h"
#include "services/server/unary_call.h"

namespace caseward {

// A page may hold fewer items than asked for, even none, and still have a next one: a call looks at no more than this
// many cases (law L10).
inline constexpr size_t kCasesLookedAtMax = 100'000;

// In order of case id.
void ListCases(Backend& backend, v1::ListCasesRequest request, v1::Actor actor, Answer<v1::ListCasesResponse> answer);
// Soonest first.
void ListDue(Backend& backend, v1::ListDueRequest request, v1::Actor actor, Answer<v1::ListDueResponse> answer);
// Three days (OURS), so that a Friday shows what the weekend brings.
inline constexpr absl::Duration kDueSoon = absl::Hours(72);
// P1 first, then soonest first; what has no clock comes last. P1, what is breached and what falls due within
// kDueSoon is always shown; of what can wait a person is shown a few at once and told how many more there are.
void ListWork(Backend& backend, v1::ListWorkRequest request, v1::Actor actor, Answer<v1::ListWorkResponse> answer);

}  // namespace caseward
