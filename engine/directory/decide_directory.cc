// Deciding what is published and who is registered.
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/refusal.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/directory/decide_agencies.h"
#include "engine/directory/directory.h"
#include "engine/directory/directory_checks.h"
#include "engine/policy/nearest_name.h"
#include "engine/policy/pack_checks.h"

namespace caseward {
namespace {

void AppendText(std::string* out, std::string_view text) { out->append(text); }

MaybeRefusal CheckActor(const v1::Actor& actor) {
  if (!IsNamedHuman(actor)) return RefusedWithoutHuman(actor);
  if (HasRole(actor, kPolicyAdmin) || HasRole(actor, kSystemAdmin)) return std::nullopt;
  v1::Refusal refusal = Refuse("C-role", "a person with role policy_admin or system_admin", "neither",
                               "Ask somebody who holds one of these roles.");
  AddMissing(refusal, "role", "policy_admin or system_admin");
  refusal.mutable_missing(0)->add_by_roles("policy_admin");
  refusal.mutable_missing(0)->add_by_roles("system_admin");
  return refusal;
}

// ---------------------------------------------------------------------------------------------- packs

// Every problem of the pack, up to a limit.
MaybeRefusal CheckPack(const Directory& directory, const v1::Pack& pack) {
  std::vector<PackProblem> problems;
  const absl::Status compiled = CompiledPack::Compile(pack, &problems).status();
  v1::Refusal refusal = Invalid("C-pack", "a pack without problems",
                                StrCat(problems.size(), problems.size() == 1 ? " problem" : " problems"));
  for (const PackProblem& problem : problems) {
    if (static_cast<size_t>(refusal.missing_size()) == kProblemsShownMax) break;
    AddMissing(refusal, problem.path, StrCat("expected ", problem.expected, "; found ", problem.found));
  }
  if (!compiled.ok() && problems.empty()) AddMissing(refusal, "pack", StdText(compiled.message()));
  if (!compiled.ok()) return refusal;

  if (directory.NewestCalendar(pack.calendar()) == nullptr) {
    refusal = Refuse("C-pack", "a calendar that is published", StrCat("\"", pack.calendar(), "\""),
                     "Publish the calendar first.");
    AddMissing(refusal, "calendar", "expected the id of a published calendar");
    return refusal;
  }
  return std::nullopt;
}

DirectoryVerdict DecidePack(const Directory& directory, const v1::Command& command, v1::Event event) {
  const v1::Pack& asked = command.publish_pack().pack();
  if (MaybeRefusal refusal = CheckId(ParseName(asked.id()), "pack.id")) return *std::move(refusal);
  std::string stream = DirectoryStream(command);
  const uint64_t version = directory.StreamVersion(stream);
  if (MaybeRefusal refusal = CheckVersion(command, version)) return *std::move(refusal);

  v1::Pack* pack = event.mutable_pack_published()->mutable_pack();
  *pack = asked;
  pack->set_version(static_cast<uint32_t>(version + 1));
  if (MaybeRefusal refusal = CheckPack(directory, *pack)) return *std::move(refusal);
  return DirectoryAccepted{.stream = std::move(stream), .version = version + 1, .events = {std::move(event)}};
}

// ---------------------------------------------------------------------------------------------- calendars

DirectoryVerdict DecideCalendar(const Directory& directory, const v1::Command& command, v1::Event event) {
  const v1::Calendar& asked = command.publish_calendar().calendar();
  if (MaybeRefusal refusal = CheckId(ParseName(asked.id()), "calendar.id")) return *std::move(refusal);
  std::string stream = DirectoryStream(command);
  const uint64_t version = directory.StreamVersion(stream);
  if (MaybeRefusal refusal = CheckVersion(command, version)) return *std::move(refusal);

  v1::Calendar* calendar = event.mutable_calendar_published()->mutable_calendar();
  *calendar = asked;
  calendar->set_version(static_cast<uint32_t>(version + 1));
  if (const absl::Status compiled = WorkingCalendar::Compile(*calendar).status(); !compiled.ok()) {
    v1::Refusal refusal = Invalid("C-calendar", "a calendar without problems", "one problem");
    AddMissing(refusal, "calendar", StdText(compiled.message()));
    return refusal;
  }
  return DirectoryAccepted{.stream = std::move(stream), .version = version + 1, .events = {std::move(event)}};
}

// ---------------------------------------------------------------------------------------------- staff

MaybeRefusal CheckStaff(const v1::RegisterStaff& staff) {
  if (MaybeRefusal refusal = CheckId(ParseActorId(staff.staff_id()), "staff_id")) return refusal;
  v1::Refusal refusal = Invalid("C-field", "names as policy packs write them", "other fields");
  CheckNames(staff.roles(), "roles", kStaffRolesMax, refusal);
  CheckNames(staff.trained_in(), "trained_in", kStaffRolesMax, refusal);
  for (const v1::Training& training : staff.trainings()) {
    const bool dated = !training.has_expires_at() || !training.has_completed_at() ||
                       ToTime(training.completed_at()) < ToTime(training.expires_at());
    const bool proved = training.evidence_ref().empty() || ParseOutsideReference(training.evidence_ref()).ok();
    if (ParseName(training.course()).ok() && dated && proved && staff.trainings_size() <= kStaffRolesMax) continue;
    AddMissing(refusal, "trainings",
               StrCat("expected at most ", kStaffRolesMax,
                      ", each with a course of [a-z0-9_] that was completed before it expires, and an evidence_ref of "
                      "at most ",
                      kOutsideReferenceMax, " characters of [A-Za-z0-9._:/#?=&%+~-]"));
    break;
  }
  if (staff.caseload_cap() > kLoadCapMax) {
    AddMissing(refusal, "caseload_cap", StrCat("expected at most ", kLoadCapMax, "; 0 is what the roles say"));
  }
  if (!staff.region().empty() && !ParseName(staff.region()).ok()) {
    AddMissing(refusal, "region", StrCat("expected at most ", kNameMax, " characters of [a-z0-9_]"));
  }
  if (refusal.missing().empty()) return std::nullopt;
  return refusal;
}

// The roles that mean something: those of the system, and of every version of every pack, because a case goes by the
// version it opened under. None if the directory cannot tell: nothing is published, or this build cannot use a version.
std::optional<std::set<std::string_view>> KnownRoles(const Directory& directory) {
  if (directory.packs().empty()) return std::nullopt;
  std::set<std::string_view> known = {kPolicyAdmin, kSystemAdmin};
  for (const auto& [id, versions] : directory.packs()) {
    for (const PackVersion& version : versions) {
      if (version.pack == nullptr) return std::nullopt;
      for (const v1::RoleType& role : version.pack->source().roles())
        known.insert(role.id());
    }
  }
  return known;
}

// A role that nothing asks for opens nothing, and its holder would be refused everywhere without seeing why. Nobody
// acts under the roles of a person who has left.
MaybeRefusal CheckRoles(const Directory& directory, const v1::RegisterStaff& staff) {
  const std::optional<std::set<std::string_view>> known = KnownRoles(directory);
  if (!known.has_value() || staff.left()) return std::nullopt;
  std::set<std::string_view> unknown;
  for (const std::string& role : staff.roles()) {
    if (!known->contains(role)) unknown.insert(role);
  }
  if (unknown.empty()) return std::nullopt;

  const auto shown_end = std::next(known->begin(), static_cast<ptrdiff_t>(std::min(known->size(), kRolesShownMax)));
  const size_t left_out = known->size() - std::min(known->size(), kRolesShownMax);
  const std::string roles = StrCat(absl::StrJoin(known->begin(), shown_end, ", ", AppendText),
                                   left_out == 0 ? "" : StrCat(" and ", left_out, " more"));
  v1::Refusal refusal =
      Refuse("C-role", "roles that a published policy has", absl::StrJoin(unknown, ", ", AppendText),
             StrCat("Correct the role, or publish the policy that has it first. Known are: ", roles, "."));
  for (const std::string_view role : unknown)
    AddMissing(refusal, role, ExpectedName("a role of a published policy", role, {known->begin(), known->end()}));
  return refusal;
}

DirectoryVerdict DecideStaff(const Directory& directory, const v1::Command& command, v1::Event event) {
  const v1::RegisterStaff& asked = command.register_staff();
  if (MaybeRefusal refusal = CheckStaff(asked)) return *std::move(refusal);
  std::string stream = DirectoryStream(command);
  const uint64_t version = directory.StreamVersion(stream);
  if (MaybeRefusal refusal = CheckVersion(command, version)) return *std::move(refusal);
  if (MaybeRefusal refusal = CheckRoles(directory, asked)) return *std::move(refusal);

  v1::StaffRegistered* staff = event.mutable_staff_registered();
  staff->set_staff_id(asked.staff_id());
  *staff->mutable_roles() = asked.roles();
  staff->set_region(asked.region());
  *staff->mutable_trained_in() = asked.trained_in();
  staff->set_left(asked.left());
  *staff->mutable_trainings() = asked.trainings();
  staff->set_caseload_cap(asked.caseload_cap());
  return DirectoryAccepted{.stream = std::move(stream), .version = version + 1, .events = {std::move(event)}};
}

// ---------------------------------------------------------------------------------------------- delegation

// The delegator gives away what is theirs; an administrator may do it for somebody who is ill.
MaybeRefusal CheckDelegator(const v1::DelegateSignOff& asked, const v1::Actor& actor) {
  if (IsNamedHuman(actor) && PersonOf(actor) == asked.from()) return std::nullopt;
  return CheckActor(actor);
}

MaybeRefusal CheckDelegation(const Directory& directory, const v1::DelegateSignOff& asked, absl::Time now) {
  v1::Refusal refusal = Invalid("C-delegation", "who delegates to whom, from when until when", "less than that");
  if (!ParseActorId(asked.from()).ok()) AddMissing(refusal, "from", "the id of a person");
  if (!ParseActorId(asked.to()).ok() || asked.to() == asked.from()) {
    AddMissing(refusal, "to", "the id of another person");
  }
  CheckNames(asked.subjects(), "subjects", kStaffRolesMax, refusal);
  if (!asked.has_starts()) AddMissing(refusal, "starts", "when it begins");
  if (!asked.has_ends() || (asked.has_starts() && ToTime(asked.ends()) <= ToTime(asked.starts()))) {
    AddMissing(refusal, "ends", "when it ends, after it begins: no delegation is for ever");
  } else if (asked.has_starts() && ToTime(asked.ends()) - ToTime(asked.starts()) > kDelegationMax) {
    AddMissing(refusal, "ends", StrCat("at most ", absl::ToInt64Hours(kDelegationMax) / 24, " days after it begins"));
  }
  if (!ParseName(asked.reason_code()).ok()) AddMissing(refusal, "reason_code", "a reason, 1 to 64 of [a-z0-9_]");
  if (!refusal.missing().empty()) return refusal;
  for (const std::string& person : {asked.from(), asked.to()}) {
    const v1::StaffState* staff = directory.Staff(person);
    if (staff != nullptr && !staff->staff_id().empty() && !staff->left()) continue;
    return Refuse("C-delegation", "two people who are registered and work here",
                  staff == nullptr ? StrCat(person, ", who is not registered") : StrCat(person, ", who has left"),
                  "Register the person first, or name somebody who works here.");
  }
  // Those that have ended, and one that takes the place of another or is itself over, need no room.
  const auto& held = directory.Staff(asked.to())->delegations();
  const auto others = std::count_if(held.begin(), held.end(), [&](const v1::DelegationState& one) {
    return one.from() != asked.from() && ToTime(one.ends()) > now;
  });
  if (others < kDelegationsMax || ToTime(asked.ends()) <= now) return std::nullopt;
  return Refuse("C-limit", StrCat("at most ", kDelegationsMax, " people who delegate to one at a time"), "one more",
                "Delegate to somebody else.");
}

DirectoryVerdict DecideDelegation(const Directory& directory, const v1::Command& command, v1::Event event,
                                  absl::Time now) {
  const v1::DelegateSignOff& asked = command.delegate_sign_off();
  if (MaybeRefusal refusal = CheckDelegation(directory, asked, now)) return *std::move(refusal);
  std::string stream = DirectoryStream(command);
  const uint64_t version = directory.StreamVersion(stream);
  if (MaybeRefusal refusal = CheckVersion(command, version)) return *std::move(refusal);
  v1::SignOffDelegated& delegated = *event.mutable_sign_off_delegated();
  delegated.set_from(asked.from());
  delegated.set_to(asked.to());
  *delegated.mutable_subjects() = asked.subjects();
  *delegated.mutable_starts() = asked.starts();
  *delegated.mutable_ends() = asked.ends();
  delegated.set_reason_code(asked.reason_code());
  return DirectoryAccepted{.stream = std::move(stream), .version = version + 1, .events = {std::move(event)}};
}

}  // namespace

DirectoryVerdict DecideDirectory(const Directory& directory, const v1::Command& command, const v1::Actor& actor,
                                 absl::Time now) {
  MaybeRefusal refusal =
      command.has_delegate_sign_off() ? CheckDelegator(command.delegate_sign_off(), actor) : CheckActor(actor);
  if (refusal) return *std::move(refusal);
  v1::Event event;
  SetTimestamp(now, event.mutable_occurred_at());
  if (command.has_delegate_sign_off()) return DecideDelegation(directory, command, std::move(event), now);
  if (command.has_publish_pack()) return DecidePack(directory, command, std::move(event));
  if (command.has_publish_calendar()) return DecideCalendar(directory, command, std::move(event));
  if (IsAgencyVerb(command)) return DecideAgencies(directory, command, std::move(event), now);
  CHECK(command.has_register_staff());
  return DecideStaff(directory, command, std::move(event));
}

std::string DirectoryStream(const v1::Command& command) {
  if (command.has_publish_pack()) return StrCat("pack/", command.publish_pack().pack().id());
  if (command.has_publish_calendar()) return StrCat("calendar/", command.publish_calendar().calendar().id());
  if (command.has_register_staff()) return StrCat("staff/", command.register_staff().staff_id());
  if (command.has_delegate_sign_off()) return StrCat("staff/", command.delegate_sign_off().to());
  if (command.has_register_agency()) return StrCat("agency/", command.register_agency().agency().id());
  if (command.has_register_agreement()) return StrCat("agreement/", command.register_agreement().agreement().id());
  if (command.has_review_agreement()) return StrCat("agreement/", command.review_agreement().agreement_id());
  if (command.has_suspend_agreement()) return StrCat("agreement/", command.suspend_agreement().agreement_id());
  return "";
}

}  // namespace caseward
