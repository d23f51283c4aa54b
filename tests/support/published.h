// Small packs, calendars and staff as the directory's tests publish them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/directory/directory.h"

namespace caseward::test {

inline const absl::Time kRecordedAt = absl::FromUnixSeconds(1'795'600'000);

inline v1::Actor Admin() {
  v1::Actor actor;
  actor.set_id("pat");
  actor.set_kind(v1::Actor::KIND_STAFF);
  actor.add_roles("policy_admin");
  return actor;
}

// The least a pack can be: a title, a calendar and case types.
inline v1::Pack MakePack(const std::string& id, uint32_t version, const std::vector<std::string>& case_types) {
  v1::Pack pack;
  pack.set_id(id);
  pack.set_version(version);
  pack.set_title("A pack for tests");
  pack.set_calendar("england_and_wales");
  for (const std::string& name : case_types) {
    v1::CaseType* type = pack.add_case_types();
    type->set_id(name);
    type->set_title(name);
    type->set_priority(v1::PRIORITY_P1);
    type->set_clause("Policy 1");
    type->set_provenance(v1::PROVENANCE_OURS);
  }
  return pack;
}

inline v1::Event Published(const v1::Pack& pack) {
  v1::Event event;
  *event.mutable_pack_published()->mutable_pack() = pack;
  return event;
}
inline v1::Event Published(const v1::Calendar& calendar) {
  v1::Event event;
  *event.mutable_calendar_published()->mutable_calendar() = calendar;
  return event;
}
inline v1::Event StaffEvent(const std::string& id, const std::vector<std::string>& roles, bool left = false) {
  v1::Event event;
  event.mutable_staff_registered()->set_staff_id(id);
  event.mutable_staff_registered()->set_left(left);
  for (const std::string& role : roles)
    event.mutable_staff_registered()->add_roles(role);
  return event;
}

// A directory with these packs, in order, at sequences 1, 2, ...
inline std::shared_ptr<const Directory> Publish(const std::vector<v1::Pack>& packs) {
  auto directory = Directory::Empty();
  for (const v1::Pack& pack : packs) {
    directory = directory->With(Published(pack), kRecordedAt, Admin(), directory->sequence() + 1);
  }
  return directory;
}

}  // namespace caseward::test
