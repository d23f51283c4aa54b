// Deciding and evolving a resident: what the landlord must be told only once (needs, adjustments, safe contact; R-14)
// and every later case can see. A stream of its own, in the resident's home partition.
//
//   DecideResident(state, command, context) → ResidentAccepted{events, after} | Refusal    pure
//   EvolveResident(state, event, recorded_at)                                              pure, total, never refuses
//
// A case opened for somebody not registered yet makes a stand-in (AddCase); registering that id later names it.
//
// Refusals in code, in the order they are tried: C-exists, C-unknown-resident, C-erased, C-merge, C-version, L12,
// C-future, C-backdate, C-empty, C-field. What merges two residents stands in merge.h. Words arrive sealed and nothing
// here can read them; the other fields take codes only, so that no personal word slips in beside them (law L11).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward {

struct ResidentContext {
  const v1::Actor& actor;
  absl::Time now;                // recorded_at of the decision
  std::string_view resident_id;  // for a registration: the id given or derived for it
};

struct ResidentAccepted {
  std::vector<v1::Event> events;
  v1::ResidentState after;
  // Commands for other streams, by message: a resident or a case.
  struct Send {
    std::string to_resident_id;
    std::string to_case_id;
    v1::Command command;
  };
  std::vector<Send> sends;
};
using ResidentVerdict = std::variant<ResidentAccepted, v1::Refusal>;

// `state` is null for a resident this partition does not know.
ResidentVerdict DecideResident(const v1::ResidentState* state, const v1::Command& command,
                               const ResidentContext& context);

// `state` has its resident_id set before its first event. Events of other streams change nothing.
void EvolveResident(v1::ResidentState& state, const v1::Event& event, absl::Time recorded_at);

// A case was reported with this main resident (case_reported, applied in the same partition). Makes a stand-in of a
// state that is new. Adds the case once however often it is called; does not move the version, which counts the
// resident's own facts.
void AddCase(v1::ResidentState& state, std::string_view resident_id, std::string_view case_id);

// Limits, each with a test at it and one past it.
inline constexpr absl::Duration kResidentBackdateMax = absl::Hours(24 * 400);  // occurred_at, law L6
inline constexpr int kAdjustmentsMax = 50;
inline constexpr int kResidentReferencesMax = 64;
inline constexpr size_t kNeedsCodeMax = 32;  // preferred_channel, language, format, uprn

}  // namespace caseward
