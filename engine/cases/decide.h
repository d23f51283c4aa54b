// Deciding a command of a case (hop 2). Pure: the same arguments always give the same answer.
//
//   Decide(state, command, context) → Accepted{events, after} | Refusal
//
// Order: the verb's own checks, the pack's rules for the verb, the verb's facts, then what follows from them by the
// pack: flags, priority, clocks, alerts, until nothing more follows (bounded). Every event of the answer is already
// evolved into `after`, by the same Evolve that replay runs.
//
// A clock that fires always stands (law L8): where the calendar cannot state what follows from it, an alert
// "C-calendar" says so beside the breach.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "caseward/v1/decision.pb.h"
#include "engine/policy/compiled_pack.h"
#include "engine/port/hasher.h"

namespace caseward {

// What the directory says of somebody who is to take a case.
enum class Standing { kActive, kLeft, kUnknown };
using StandingOf = std::function<Standing(std::string_view person)>;
// A member of staff, as the directory has them today; null: it knows none of that id.
using StaffOf = std::function<const v1::StaffState*(std::string_view person)>;
// What somebody carries and the most they may, as the directory has it today.
using LoadOf = std::function<Load(std::string_view person)>;
// An agency and the agreements with it, as the directory has them today; null: it knows none of that id.
using AgencyOf = std::function<const v1::AgencyState*(std::string_view agency)>;

// Everything a decision may use besides the state and the command.
struct CaseContext {
  const CompiledPack& pack;
  const WorkingCalendar& calendar;
  const Hasher& hasher;
  const v1::Actor& actor;
  absl::Time now;  // the case's: recorded_at of the decision, or what an import claims
  const v1::StaffState* staff = nullptr;
  const v1::ResidentState* resident = nullptr;
  const FactLines* lines = nullptr;
  std::string_view case_id;      // for a report: the id derived for it
  std::string_view resident_id;  // for a report: the main resident's id
  // Empty: nobody is asked after. So it is where the directory knows no staff at all (a first look, a pilot that takes
  // roles from its sign-in alone) and where a policy is rehearsed.
  StandingOf standing_of = nullptr;
  // Empty: agencies are taken at their word, as where a policy without agencies is rehearsed.
  AgencyOf agency_of = nullptr;
  // Empty: nobody can sign for another, and nobody is known who takes a case.
  StaffOf staff_of = nullptr;
  // recorded_at of the decision, where `now` is not. The directory's delegations, agreements and training are always
  // today's (design §6), whenever an import says that something happened.
  std::optional<absl::Time> recorded_at = std::nullopt;
  // Empty: nobody carries anything, nor has a cap.
  LoadOf load_of = nullptr;

  absl::Time today() const { return recorded_at.value_or(now); }
};

struct CaseAccepted {
  std::vector<v1::Event> events;
  std::shared_ptr<const v1::CaseState> after;  // the case as it becomes; never null
  // Commands for other partitions: reference claims and links. `to_stream` is the case id or reference that says where
  // to.
  struct Send {
    std::string to_case_id;  // empty: to the resident, else to the reference's own partition
    std::string to_resident_id;
    v1::Command command;
    bool to_directory = false;  // rather than to any of these
  };
  std::vector<Send> sends;
};
using CaseVerdict = std::variant<CaseAccepted, v1::Refusal>;

// `state` is null for a report of a new case.
CaseVerdict Decide(const v1::CaseState* state, const v1::Command& command, const CaseContext& context);

// Limits, each with a test at it and one past it.
inline constexpr absl::Duration kBackdateMax = absl::Hours(24 * 400);  // occurred_at, law L6
inline constexpr int kActionsMax = 1000;
inline constexpr int kEventsPerDecisionMax = 512;
inline constexpr int kReferencesMax = 64;
inline constexpr int kHoldsMax = 64;         // pauses of one clock in one round
inline constexpr int kLinksMax = 256;        // links this case asked for
inline constexpr int kSplitMax = 256;        // facts, and people, that one split moves
inline constexpr int kSplitsMax = 64;        // splits of a case, also those that came to nothing
inline constexpr int kAgencyItemsMax = 500;  // referrals, enquiries, sharings: each

}  // namespace caseward
