#include "services/server/principal.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace caseward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ActorHeader, AllPartsAreRead) {
  const auto actor = ParseActorHeader("pat.lee; roles=case_manager, asb_lead; region=north; org=homes; kind=staff");
  ASSERT_TRUE(actor.ok()) << actor.status();
  EXPECT_EQ(actor->id(), "pat.lee");
  EXPECT_EQ(actor->kind(), v1::Actor::KIND_STAFF);
  EXPECT_THAT(actor->roles(), ElementsAre("case_manager", "asb_lead"));
  EXPECT_EQ(actor->region(), "north");
  EXPECT_EQ(actor->org(), "homes");
}

TEST(ActorHeader, TheIdAloneIsStaffWithoutRoles) {
  const auto actor = ParseActorHeader("pat");
  ASSERT_TRUE(actor.ok());
  EXPECT_EQ(actor->kind(), v1::Actor::KIND_STAFF);
  EXPECT_TRUE(actor->roles().empty());
}

TEST(ActorHeader, AServiceSpeaksForAPerson) {
  const auto actor = ParseActorHeader("d365; kind=service; on_behalf_of=pat.lee");
  ASSERT_TRUE(actor.ok());
  EXPECT_EQ(actor->on_behalf_of(), "pat.lee");
}

TEST(ActorHeader, WhatCannotBeReadIsUnauthenticatedAndNamed) {
  const struct {
    const char* header;
    const char* part;
  } rows[] = {
      {"", "id"},
      {"; roles=a", "id"},
      {"has spaces", "id"},
      {"pat; roles=Not Lower", "roles"},
      {"pat; kind=system", "kind"},
      {"pat; region=<script>", "region"},
      {"pat; org=", "org"},
      {"pat; on_behalf_of=lee", "on_behalf_of"},
      {"pat; trained=dash", "trained"},
      {"pat; shoe_size=9", "not known"},
      {"pat; roles", "name=value"},
  };
  for (const auto& row : rows) {
    const absl::Status status = ParseActorHeader(row.header).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << row.header;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.part)) << row.header;
    EXPECT_THAT(std::string(status.message()), HasSubstr("expected")) << row.header;
  }
}

TEST(DevAuthenticator, OneHeaderExactly) {
  const DevAuthenticator authenticator;
  const auto directory = Directory::Empty();
  EXPECT_EQ(authenticator.Authenticate({{}}, *directory).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(authenticator.Authenticate({{"pat", "lee"}}, *directory).status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(authenticator.Authenticate({{"pat"}}, *directory).ok());
}

std::shared_ptr<const Directory> WithStaff(const std::string& id, bool left) {
  v1::Event event;
  event.mutable_staff_registered()->set_staff_id(id);
  event.mutable_staff_registered()->add_roles("team_leader");
  event.mutable_staff_registered()->set_region("south");
  event.mutable_staff_registered()->set_left(left);
  return Directory::Empty()->With(event, absl::UnixEpoch(), v1::Actor(), 1);
}

TEST(DevAuthenticator, TheDirectoryAddsRolesAndItsRegionWins) {
  const auto actor = DevAuthenticator().Authenticate({{"pat; roles=case_manager,team_leader; region=north"}},
                                                     *WithStaff("pat", false));
  ASSERT_TRUE(actor.ok()) << actor.status();
  EXPECT_THAT(actor->roles(), ElementsAre("case_manager", "team_leader"));
  EXPECT_EQ(actor->region(), "south");
}

TEST(DevAuthenticator, ALeaverIsTurnedAway) {
  const auto actor = DevAuthenticator().Authenticate({{"pat"}}, *WithStaff("pat", true));
  EXPECT_EQ(actor.status().code(), absl::StatusCode::kPermissionDenied);
}

TEST(DevAuthenticator, AServiceIsNoMemberOfStaff) {
  const auto actor = DevAuthenticator().Authenticate({{"pat; kind=service"}}, *WithStaff("pat", true));
  ASSERT_TRUE(actor.ok());
  EXPECT_TRUE(actor->roles().empty());
}

TEST(DevAuthenticator, NobodySpeaksForALeaver) {
  const char* header = "d365; kind=service; roles=integration; on_behalf_of=pat";
  EXPECT_EQ(DevAuthenticator().Authenticate({{header}}, *WithStaff("pat", true)).status().code(),
            absl::StatusCode::kPermissionDenied);

  const auto actor = DevAuthenticator().Authenticate({{header}}, *WithStaff("pat", false));
  ASSERT_TRUE(actor.ok()) << actor.status();
  EXPECT_THAT(actor->roles(), ElementsAre("integration")) << "a service's roles are its own";
}

TEST(DevAuthenticator, LoopbackOnly) {
  const DevAuthenticator authenticator;
  for (const char* good : {"127.0.0.1:7400", "127.8.8.8:1", "localhost:0", "[::1]:7400"}) {
    EXPECT_TRUE(authenticator.MayListenOn(good).ok()) << good;
  }
  for (const char* bad :
       {"0.0.0.0:7400", "10.0.0.1:7400", "[::]:7400", "example.org:7400", "127.0.0.1.example.org:7400"}) {
    EXPECT_FALSE(authenticator.MayListenOn(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace caseward
