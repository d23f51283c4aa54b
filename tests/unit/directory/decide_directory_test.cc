// What may be published and registered, by whom, and what a refusal says.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/directory/directory.h"
#include "tests/support/england_and_wales.h"
#include "tests/support/published.h"

namespace caseward {
namespace {

using test::Admin;
using test::kRecordedAt;
using test::MakePack;
using test::Publish;
using test::Published;

std::shared_ptr<const Directory> WithCalendar() {
  return Directory::Empty()->With(Published(test::EnglandAndWalesSource()), kRecordedAt, Admin(), 1);
}

v1::Command Publishing(const v1::Pack& pack) {
  v1::Command command;
  *command.mutable_publish_pack()->mutable_pack() = pack;
  return command;
}
v1::Command Publishing(const v1::Calendar& calendar) {
  v1::Command command;
  *command.mutable_publish_calendar()->mutable_calendar() = calendar;
  return command;
}
v1::Command Registering(const std::string& id) {
  v1::Command command;
  command.mutable_register_staff()->set_staff_id(id);
  command.mutable_register_staff()->add_roles("case_manager");
  return command;
}

DirectoryVerdict Decide(const Directory& directory, const v1::Command& command, const v1::Actor& actor = Admin()) {
  return DecideDirectory(directory, command, actor, kRecordedAt);
}
std::string Rule(const DirectoryVerdict& verdict) {
  const auto* refusal = std::get_if<v1::Refusal>(&verdict);
  return refusal == nullptr ? "accepted" : refusal->rule();
}

TEST(DecideDirectory, GivesTheNextVersionWhateverTheFileSays) {
  auto directory = WithCalendar();
  for (uint32_t version = 1; version <= 3; ++version) {
    const DirectoryVerdict verdict = Decide(*directory, Publishing(MakePack("hate", 77, {"hate_incident"})));
    ASSERT_EQ(Rule(verdict), "accepted") << std::get<v1::Refusal>(verdict).DebugString();
    const auto& accepted = std::get<DirectoryAccepted>(verdict);
    EXPECT_EQ(accepted.stream, "pack/hate");
    EXPECT_EQ(accepted.version, version);
    ASSERT_EQ(accepted.events.size(), 1U);
    EXPECT_EQ(accepted.events[0].pack_published().pack().version(), version);
    EXPECT_EQ(ToTime(accepted.events[0].occurred_at()), kRecordedAt);
    directory = directory->With(accepted.events[0], kRecordedAt, Admin(), version + 1);
    EXPECT_EQ(directory->NewestPack("hate")->source().version(), version);
  }
}

TEST(DecideDirectory, PublishesCalendarsAndRegistersStaff) {
  const auto calendar = std::get<DirectoryAccepted>(Decide(*WithCalendar(), Publishing(test::EnglandAndWalesSource())));
  EXPECT_EQ(calendar.stream, "calendar/england_and_wales");
  EXPECT_EQ(calendar.version, 2U);
  EXPECT_EQ(calendar.events[0].calendar_published().calendar().version(), 2U);
  EXPECT_EQ(calendar.events[0].calendar_published().calendar().holidays_size(), 83);

  v1::Command command = Registering("ann@example.org");
  command.mutable_register_staff()->set_region("north");
  command.mutable_register_staff()->add_trained_in("hate_crime");
  const auto staff = std::get<DirectoryAccepted>(Decide(*WithCalendar(), command));
  EXPECT_EQ(staff.stream, "staff/ann@example.org");
  EXPECT_EQ(staff.version, 1U);
  const v1::StaffRegistered& registered = staff.events[0].staff_registered();
  EXPECT_EQ(registered.staff_id(), "ann@example.org");
  EXPECT_EQ(registered.roles(0), "case_manager");
  EXPECT_EQ(registered.region(), "north");
  EXPECT_EQ(registered.trained_in(0), "hate_crime");
}

TEST(DecideDirectory, L12_OnlyAHumanWithTheRoleMay) {
  const auto actor = [](v1::Actor::Kind kind, const std::string& role, const std::string& on_behalf_of = "") {
    v1::Actor made;
    made.set_id("pat");
    made.set_kind(kind);
    made.set_on_behalf_of(on_behalf_of);
    if (!role.empty()) made.add_roles(role);
    return made;
  };
  struct Row {
    v1::Actor actor;
    std::string rule;
  };
  const auto directory = WithCalendar();
  for (const Row& row : std::vector<Row>{
           {actor(v1::Actor::KIND_STAFF, "policy_admin"), "accepted"},
           {actor(v1::Actor::KIND_STAFF, "system_admin"), "accepted"},
           {actor(v1::Actor::KIND_SERVICE, "policy_admin", "pat"), "accepted"},
           {actor(v1::Actor::KIND_STAFF, "case_manager"), "C-role"},
           {actor(v1::Actor::KIND_STAFF, ""), "C-role"},
           {actor(v1::Actor::KIND_SERVICE, "policy_admin"), "L12"},
           {actor(v1::Actor::KIND_SYSTEM, "policy_admin"), "L12"},
           {actor(v1::Actor::KIND_PARTNER, "policy_admin"), "L12"},
       }) {
    for (const v1::Command& command : {Publishing(MakePack("hate", 0, {"hate_incident"})),
                                       Publishing(test::EnglandAndWalesSource()), Registering("ann")}) {
      EXPECT_EQ(Rule(Decide(*directory, command, row.actor)), row.rule)
          << row.actor.ShortDebugString() << " " << DirectoryStream(command);
    }
  }
}

TEST(DecideDirectory, APackWithProblemsIsRefusedWithEveryOneOfThem) {
  v1::Pack pack = MakePack("hate", 0, {"hate_incident", "hate_incident"});
  v1::Clock* clock = pack.add_clocks();
  clock->set_id("first_contact");
  clock->set_clause("Policy 2");
  clock->set_provenance(v1::PROVENANCE_OURS);
  clock->add_starts_on()->mutable_on()->set_event("no_such_event");
  clock->add_stops_on()->mutable_on()->set_event("contact_made");

  const DirectoryVerdict verdict = Decide(*WithCalendar(), Publishing(pack));

  ASSERT_EQ(Rule(verdict), "C-pack");
  const auto& refusal = std::get<v1::Refusal>(verdict);
  EXPECT_TRUE(refusal.invalid());
  std::vector<PackProblem> problems;
  pack.set_version(1);
  EXPECT_FALSE(CompiledPack::Compile(pack, &problems).ok());
  ASSERT_GE(problems.size(), 2U);
  ASSERT_EQ(static_cast<size_t>(refusal.missing_size()), problems.size());
  for (int i = 0; i < refusal.missing_size(); ++i) {
    const PackProblem& problem = problems[static_cast<size_t>(i)];
    EXPECT_EQ(refusal.missing(i).id(), problem.path);
    EXPECT_EQ(refusal.missing(i).say(), "expected " + problem.expected + "; found " + problem.found);
  }
}

TEST(DecideDirectory, R_81_5_ALawDurationLoosenedIsRefused) {
  v1::Pack pack = MakePack("awaab", 0, {"hazard"});
  v1::Clock* clock = pack.add_clocks();
  clock->set_id("investigate");
  clock->set_catalogue("CK-81");
  clock->set_clause("SI 2025/1042 reg 6");
  clock->set_provenance(v1::PROVENANCE_LAW);
  clock->add_starts_on()->mutable_on()->set_event("case_reported");
  clock->add_stops_on()->mutable_on()->set_event("case_closed");
  v1::Span* span = clock->add_within()->mutable_span();
  span->set_unit(v1::TIME_UNIT_WORKING_DAY);

  span->set_amount(10);
  const DirectoryVerdict law = Decide(*WithCalendar(), Publishing(pack));
  ASSERT_EQ(Rule(law), "accepted") << std::get<v1::Refusal>(law).DebugString();
  span->set_amount(11);
  EXPECT_EQ(Rule(Decide(*WithCalendar(), Publishing(pack))), "C-pack");
}

TEST(DecideDirectory, ProblemsShownAreBounded) {
  v1::Pack pack = MakePack("hate", 0, std::vector<std::string>(2 * kProblemsShownMax, "same"));

  const auto refusal = std::get<v1::Refusal>(Decide(*WithCalendar(), Publishing(pack)));

  EXPECT_EQ(static_cast<size_t>(refusal.missing_size()), kProblemsShownMax);
  EXPECT_NE(refusal.say().find("199 problems"), std::string::npos) << refusal.say();
}

TEST(DecideDirectory, ThePacksCalendarMustBePublished) {
  const DirectoryVerdict verdict = Decide(*Directory::Empty(), Publishing(MakePack("hate", 0, {"hate_incident"})));

  ASSERT_EQ(Rule(verdict), "C-pack");
  const auto& refusal = std::get<v1::Refusal>(verdict);
  EXPECT_EQ(refusal.say(), "Expected a calendar that is published, found \"england_and_wales\".");
  EXPECT_EQ(refusal.unblock(), "Publish the calendar first.");
  EXPECT_EQ(refusal.missing(0).id(), "calendar");
  EXPECT_FALSE(refusal.invalid());
}

TEST(DecideDirectory, ACalendarWithAProblemIsRefusedByItsName) {
  v1::Calendar calendar = test::EnglandAndWalesSource();
  calendar.mutable_holidays(3)->set_date("2019-13-06");

  const auto refusal = std::get<v1::Refusal>(Decide(*WithCalendar(), Publishing(calendar)));

  EXPECT_EQ(refusal.rule(), "C-calendar");
  EXPECT_EQ(refusal.missing(0).say(),
            "calendar \"england_and_wales\": holidays[3].date: expected a date YYYY-MM-DD; found \"2019-13-06\"");
}

TEST(DecideDirectory, AStaleVersionIsRefused) {
  const auto directory = WithCalendar();
  v1::Command command = Publishing(test::EnglandAndWalesSource());
  command.set_expected_version(1);
  EXPECT_EQ(Rule(Decide(*directory, command)), "accepted");
  command.set_expected_version(0);
  EXPECT_EQ(Rule(Decide(*directory, command)), "C-version");

  v1::Command staff = Registering("ann");
  staff.set_expected_version(1);
  EXPECT_EQ(Rule(Decide(*directory, staff)), "C-version");
}

TEST(DecideDirectory, IdsAndNamesAreChecked) {
  const auto directory = WithCalendar();
  EXPECT_EQ(Rule(Decide(*directory, Publishing(MakePack("Hate Crime", 0, {"hate_incident"})))), "C-field");
  v1::Calendar calendar = test::EnglandAndWalesSource();
  calendar.set_id("");
  EXPECT_EQ(Rule(Decide(*directory, Publishing(calendar))), "C-field");
  EXPECT_EQ(Rule(Decide(*directory, Registering("Ann Example"))), "C-field");

  v1::Command staff = Registering("ann");
  staff.mutable_register_staff()->set_region("Up North");
  staff.mutable_register_staff()->add_trained_in("Hate crime");
  const auto refusal = std::get<v1::Refusal>(Decide(*directory, staff));
  ASSERT_EQ(refusal.missing_size(), 2);
  EXPECT_EQ(refusal.missing(0).id(), "trained_in");
  EXPECT_EQ(refusal.missing(1).id(), "region");
}

TEST(DecideDirectory, RolesAtTheirLimitAndOnePast) {
  v1::Command command = Registering("ann");
  while (command.register_staff().roles_size() < kStaffRolesMax)
    command.mutable_register_staff()->add_roles("role");
  EXPECT_EQ(Rule(Decide(*WithCalendar(), command)), "accepted");
  command.mutable_register_staff()->add_roles("role");
  EXPECT_EQ(Rule(Decide(*WithCalendar(), command)), "C-field");
}

v1::Pack PackWithRoles(const std::string& id, uint32_t version, const std::vector<std::string>& roles) {
  v1::Pack pack = MakePack(id, version, {id + "_case"});
  for (const std::string& name : roles) {
    v1::RoleType* role = pack.add_roles();
    role->set_id(name);
    role->set_tier(1);
  }
  return pack;
}
v1::Command RegisteringAs(const std::vector<std::string>& roles) {
  v1::Command command;
  command.mutable_register_staff()->set_staff_id("ann");
  for (const std::string& role : roles)
    command.mutable_register_staff()->add_roles(role);
  return command;
}

TEST(DecideDirectory, ARoleThatNoPublishedPackHasIsRefusedByName) {
  const auto directory = Publish({PackWithRoles("hate", 1, {"case_manager", "hate_lead"}),
                                  PackWithRoles("repairs", 1, {"surveyor", "case_manager"})});

  const DirectoryVerdict verdict = Decide(*directory, RegisteringAs({"hate_lead", "case_manger", "wizard"}));

  ASSERT_EQ(Rule(verdict), "C-role");
  const auto& refusal = std::get<v1::Refusal>(verdict);
  EXPECT_FALSE(refusal.invalid()) << "a pack may still be published";
  EXPECT_EQ(refusal.say(), "Expected roles that a published policy has, found case_manger, wizard.");
  EXPECT_EQ(refusal.unblock(),
            "Correct the role, or publish the policy that has it first. Known are: case_manager, hate_lead, "
            "policy_admin, surveyor, system_admin.");
  ASSERT_EQ(refusal.missing_size(), 2);
  EXPECT_EQ(refusal.missing(0).id(), "case_manger");
  EXPECT_EQ(refusal.missing(0).say(), "a role of a published policy (did you mean \"case_manager\"?)");
  EXPECT_EQ(refusal.missing(1).id(), "wizard");
  EXPECT_EQ(refusal.missing(1).say(), "a role of a published policy");
}

TEST(DecideDirectory, RolesOfAnyPackOfAnyVersionAndOfTheSystemAreKnown) {
  const auto directory =
      Publish({PackWithRoles("hate", 1, {"case_manager", "warden"}), PackWithRoles("hate", 2, {"case_manager"}),
               PackWithRoles("repairs", 1, {"surveyor"})});
  for (const char* role : {"case_manager", "surveyor", "policy_admin", "system_admin"})
    EXPECT_EQ(Rule(Decide(*directory, RegisteringAs({role}))), "accepted") << role;
  EXPECT_EQ(Rule(Decide(*directory, RegisteringAs({"warden"}))), "accepted") << "cases of version 1 still ask for it";
  EXPECT_EQ(Rule(Decide(*directory, RegisteringAs({}))), "accepted");
}

TEST(DecideDirectory, RolesAreNotJudgedWithoutAPackNorOfALeaver) {
  EXPECT_EQ(Rule(Decide(*WithCalendar(), RegisteringAs({"wizard"}))), "accepted");
  const auto directory = Publish({PackWithRoles("hate", 1, {"case_manager"})});
  v1::Command leaving = RegisteringAs({"wizard"});
  EXPECT_EQ(Rule(Decide(*directory, leaving)), "C-role");
  leaving.mutable_register_staff()->set_left(true);
  EXPECT_EQ(Rule(Decide(*directory, leaving)), "accepted");
}

TEST(DecideDirectory, RolesAreNotJudgedByAPackThatThisBuildCannotUse) {
  v1::Pack unusable = PackWithRoles("repairs", 1, {"surveyor"});
  unusable.add_clocks()->add_stops_on()->mutable_on()->set_event("no_such_event");
  const auto directory = Publish({PackWithRoles("hate", 1, {"case_manager"}), unusable});
  ASSERT_FALSE(directory->Fault().ok());

  EXPECT_EQ(Rule(Decide(*directory, RegisteringAs({"surveyor"}))), "accepted");
}

TEST(DecideDirectory, KnownRolesAreShownUpToALimit) {
  const auto known_with = [](size_t of_pack) {
    std::vector<std::string> roles;
    while (roles.size() < of_pack)
      roles.push_back("a" + std::to_string(roles.size()));
    const auto directory = Publish({PackWithRoles("hate", 1, roles)});
    return std::get<v1::Refusal>(Decide(*directory, RegisteringAs({"wizard"}))).unblock();
  };
  EXPECT_EQ(known_with(kRolesShownMax - 2).find(" more"), std::string::npos);
  EXPECT_NE(known_with(kRolesShownMax - 2).find(", system_admin."), std::string::npos);
  EXPECT_NE(known_with(kRolesShownMax - 1).find(", policy_admin and 1 more."), std::string::npos);
}

TEST(DecideDirectory, NamesTheStreamOfEachCommand) {
  EXPECT_EQ(DirectoryStream(Publishing(MakePack("hate", 0, {}))), "pack/hate");
  EXPECT_EQ(DirectoryStream(Publishing(test::EnglandAndWalesSource())), "calendar/england_and_wales");
  EXPECT_EQ(DirectoryStream(Registering("ann")), "staff/ann");
  EXPECT_EQ(DirectoryStream(v1::Command()), "");
}

}  // namespace
}  // namespace caseward
