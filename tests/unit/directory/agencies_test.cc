// Agencies, agreements, delegations and dated training as the directory decides and keeps them.
#include <gtest/gtest.h>

#include <string>

#include "engine/base/time.h"
#include "engine/directory/directory.h"
#include "tests/support/published.h"

namespace caseward {
namespace {

using test::Admin;
using test::kRecordedAt;

v1::Command Agency(const std::string& id = "police") {
  v1::Command command;
  v1::Agency& agency = *command.mutable_register_agency()->mutable_agency();
  agency.set_id(id);
  agency.set_title("Metropolitan Police");
  agency.set_kind("police");
  agency.add_services("hate_unit");
  return command;
}
v1::Command Agreement(const std::string& id = "police_2026", const std::string& agency = "police") {
  v1::Command command;
  v1::Agreement& agreement = *command.mutable_register_agreement()->mutable_agreement();
  agreement.set_id(id);
  agreement.set_agency(agency);
  agreement.add_purposes("prevent_crime");
  agreement.add_lawful_bases("public_task");
  agreement.add_data_classes(v1::DATA_CLASS_PERSONAL);
  SetTimestamp(kRecordedAt - absl::Hours(24), agreement.mutable_from());
  SetTimestamp(kRecordedAt + absl::Hours(24), agreement.mutable_until());
  return command;
}
v1::Command Review(absl::Time until) {
  v1::Command command;
  command.mutable_review_agreement()->set_agreement_id("police_2026");
  SetTimestamp(until, command.mutable_review_agreement()->mutable_until());
  return command;
}
v1::Command Suspend() {
  v1::Command command;
  command.mutable_suspend_agreement()->set_agreement_id("police_2026");
  command.mutable_suspend_agreement()->set_reason_code("breach_found");
  return command;
}

// A directory that takes what it is asked, or says by which rule not.
class RegisterOffice {
 public:
  std::string Asks(const v1::Command& command, const v1::Actor& actor = Admin(), absl::Time now = kRecordedAt) {
    const DirectoryVerdict verdict = DecideDirectory(*directory_, command, actor, now);
    if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) return refusal->rule();
    const auto& accepted = std::get<DirectoryAccepted>(verdict);
    EXPECT_EQ(accepted.version, directory_->StreamVersion(accepted.stream) + 1);
    directory_ = directory_->With(accepted.events.at(0), now, actor, directory_->sequence() + 1);
    EXPECT_EQ(accepted.version, directory_->StreamVersion(accepted.stream));
    return "accepted";
  }
  const Directory& directory() const { return *directory_; }

 private:
  std::shared_ptr<const Directory> directory_ = Directory::Empty();
};

TEST(Agencies, AreRegisteredAndChanged) {
  RegisterOffice office;
  EXPECT_EQ(office.directory().Agency("police"), nullptr);
  EXPECT_EQ(office.Asks(Agency()), "accepted");
  v1::Command closed = Agency();
  closed.mutable_register_agency()->mutable_agency()->set_closed(true);
  EXPECT_EQ(office.Asks(closed), "accepted");
  EXPECT_TRUE(office.directory().Agency("police")->agency().closed());
  EXPECT_EQ(office.directory().StreamVersion("agency/police"), 2U);
  EXPECT_EQ(office.Asks(Agency("council")), "accepted");
  ASSERT_EQ(office.directory().AllAgencies().size(), 2U);
  EXPECT_EQ(office.directory().AllAgencies()[0]->agency().id(), "council");
}

TEST(Agencies, OnlyAnAdministratorRegisters) {
  RegisterOffice office;
  v1::Actor anyone = Admin();
  anyone.clear_roles();
  EXPECT_EQ(office.Asks(Agency(), anyone), "C-role");
}

TEST(Agencies, WhoTheyAreIsSaidInCodes) {
  RegisterOffice office;
  EXPECT_EQ(office.Asks(Agency("The Police")), "C-field");
  v1::Command no_kind = Agency();
  no_kind.mutable_register_agency()->mutable_agency()->clear_kind();
  EXPECT_EQ(office.Asks(no_kind), "C-field");
  v1::Command title = Agency();
  title.mutable_register_agency()->mutable_agency()->set_title(std::string(kAgencyTitleMax, 'x'));
  EXPECT_EQ(office.Asks(title), "accepted");
  title.mutable_register_agency()->mutable_agency()->set_title(std::string(kAgencyTitleMax + 1, 'x'));
  EXPECT_EQ(office.Asks(title), "C-field");
  v1::Command services = Agency();
  while (services.register_agency().agency().services_size() < kAgencyListMax)
    services.mutable_register_agency()->mutable_agency()->add_services("s");
  EXPECT_EQ(office.Asks(services), "accepted");
  services.mutable_register_agency()->mutable_agency()->add_services("s");
  EXPECT_EQ(office.Asks(services), "C-field");
}

TEST(Agreements, AreRegisteredReviewedAndSuspended) {
  RegisterOffice office;
  EXPECT_EQ(office.Asks(Agreement()), "C-agency");
  office.Asks(Agency());
  EXPECT_EQ(office.Asks(Suspend()), "C-agreement") << "not there";
  EXPECT_EQ(office.Asks(Agreement()), "accepted");
  EXPECT_EQ(office.Asks(Suspend()), "accepted");
  EXPECT_TRUE(office.directory().Agreement("police_2026")->suspended());
  EXPECT_EQ(office.Asks(Suspend()), "C-agreement") << "it is";
  EXPECT_EQ(office.Asks(Review(kRecordedAt + absl::Hours(48))), "accepted");
  const v1::AgreementState& agreement = *office.directory().Agreement("police_2026");
  EXPECT_FALSE(agreement.suspended());
  EXPECT_EQ(ToTime(agreement.agreement().until()), kRecordedAt + absl::Hours(48));
  EXPECT_EQ(agreement.version(), 3U);
  EXPECT_EQ(office.directory().Agency("police")->agreements_size(), 1);
}

TEST(Agreements, CoverNothingThatIsNotListedAndEnd) {
  const auto asks = [](void (*change)(v1::Agreement&)) {
    RegisterOffice office;
    office.Asks(Agency());
    v1::Command command = Agreement();
    change(*command.mutable_register_agreement()->mutable_agreement());
    return office.Asks(command);
  };
  EXPECT_EQ(asks([](v1::Agreement& a) { a.clear_purposes(); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { a.clear_lawful_bases(); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { a.clear_data_classes(); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { a.add_data_classes(v1::DATA_CLASS_UNSPECIFIED); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { a.clear_until(); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { SetTimestamp(kRecordedAt, a.mutable_until()); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { *a.mutable_from() = a.until(); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { a.set_document_ref(std::string(kDocumentRefMax + 1, 'x')); }), "C-field");
  EXPECT_EQ(asks([](v1::Agreement& a) { a.set_document_ref(std::string(kDocumentRefMax, 'x')); }), "accepted");
}

TEST(Agreements, StayWithTheirAgencyAndAreBounded) {
  RegisterOffice office;
  office.Asks(Agency());
  office.Asks(Agency("council"));
  EXPECT_EQ(office.Asks(Agreement()), "accepted");
  EXPECT_EQ(office.Asks(Agreement("police_2026", "council")), "C-agreement");
  for (int i = 1; i < kAgreementsMax; ++i)
    EXPECT_EQ(office.Asks(Agreement("a" + std::to_string(i))), "accepted");
  EXPECT_EQ(office.Asks(Agreement("more")), "C-limit");
  EXPECT_EQ(office.Asks(Agreement("a1")), "accepted") << "a new text of one that is there";
}

// ---------------------------------------------------------------------------------------------- delegation

v1::Actor Somebody(const std::string& id) {
  v1::Actor actor;
  actor.set_id(id);
  actor.set_kind(v1::Actor::KIND_STAFF);
  return actor;
}
v1::Command Staff(const std::string& id, bool left = false) {
  v1::Command command;
  command.mutable_register_staff()->set_staff_id(id);
  command.mutable_register_staff()->set_left(left);
  return command;
}
v1::Command Delegate(const std::string& from = "ruth", const std::string& to = "tess") {
  v1::Command command;
  v1::DelegateSignOff& asked = *command.mutable_delegate_sign_off();
  asked.set_from(from);
  asked.set_to(to);
  asked.add_subjects("closure");
  SetTimestamp(kRecordedAt, asked.mutable_starts());
  SetTimestamp(kRecordedAt + absl::Hours(24), asked.mutable_ends());
  asked.set_reason_code("leave");
  return command;
}

TEST(Delegation, IsTheDelegatorsToGiveOrAnAdministrators) {
  RegisterOffice office;
  EXPECT_EQ(office.Asks(Delegate()), "C-delegation") << "nobody is registered";
  office.Asks(Staff("ruth"));
  office.Asks(Staff("tess"));
  EXPECT_EQ(office.Asks(Delegate(), Somebody("tess")), "C-role") << "nobody takes a signature";
  EXPECT_EQ(office.Asks(Delegate(), Somebody("ruth")), "accepted");
  EXPECT_EQ(office.Asks(Delegate()), "accepted");
  ASSERT_EQ(office.directory().Staff("tess")->delegations_size(), 1) << "again takes the place of before";
  EXPECT_EQ(office.directory().Staff("tess")->delegations(0).from(), "ruth");
  office.Asks(Staff("tess"));
  EXPECT_EQ(office.directory().Staff("tess")->delegations_size(), 1) << "registering again takes nothing away";
}

TEST(Delegation, EndsAndIsBetweenTwoPeopleWhoWorkHere) {
  RegisterOffice office;
  office.Asks(Staff("ruth"));
  office.Asks(Staff("tess"));
  office.Asks(Staff("lee", true));
  EXPECT_EQ(office.Asks(Delegate("ruth", "ruth")), "C-delegation");
  EXPECT_EQ(office.Asks(Delegate("ruth", "lee")), "C-delegation");
  EXPECT_EQ(office.Asks(Delegate("lee", "tess")), "C-delegation");
  v1::Command for_ever = Delegate();
  for_ever.mutable_delegate_sign_off()->clear_ends();
  EXPECT_EQ(office.Asks(for_ever), "C-delegation");
  v1::Command longest = Delegate();
  SetTimestamp(kRecordedAt + kDelegationMax, longest.mutable_delegate_sign_off()->mutable_ends());
  EXPECT_EQ(office.Asks(longest), "accepted");
  SetTimestamp(kRecordedAt + kDelegationMax + absl::Microseconds(1),
               longest.mutable_delegate_sign_off()->mutable_ends());
  EXPECT_EQ(office.Asks(longest), "C-delegation");
}

TEST(Delegation, DelegationsMax) {
  RegisterOffice office;
  office.Asks(Staff("tess"));
  for (int i = 0; i <= kDelegationsMax; ++i) {
    const std::string from = "r" + std::to_string(i);
    office.Asks(Staff(from));
    EXPECT_EQ(office.Asks(Delegate(from)), i < kDelegationsMax ? "accepted" : "C-limit") << i;
  }
}

TEST(Delegation, OnesThatEndedTakeNoRoom) {
  RegisterOffice office;
  office.Asks(Staff("tess"));
  for (int i = 0; i < kDelegationsMax; ++i) {
    const std::string from = "r" + std::to_string(i);
    office.Asks(Staff(from));
    ASSERT_EQ(office.Asks(Delegate(from)), "accepted") << i;
  }
  office.Asks(Staff("ruth"));
  const absl::Time ended = kRecordedAt + absl::Hours(24);
  v1::Command more = Delegate();
  SetTimestamp(ended + absl::Hours(1), more.mutable_delegate_sign_off()->mutable_ends());
  EXPECT_EQ(office.Asks(more, Admin(), ended - absl::Microseconds(1)), "C-limit");
  EXPECT_EQ(office.Asks(more, Admin(), ended), "accepted");
  ASSERT_EQ(office.directory().Staff("tess")->delegations_size(), 1) << "what has ended is gone";
  EXPECT_EQ(office.directory().Staff("tess")->delegations(0).from(), "ruth");
}

TEST(Training, IsKeptWithItsDates) {
  RegisterOffice office;
  v1::Command command = Staff("nia");
  v1::Training& training = *command.mutable_register_staff()->add_trainings();
  training.set_course("hate_crime");
  SetTimestamp(kRecordedAt, training.mutable_completed_at());
  SetTimestamp(kRecordedAt + absl::Hours(1), training.mutable_expires_at());
  EXPECT_EQ(office.Asks(command), "accepted");
  EXPECT_EQ(office.directory().Staff("nia")->trainings(0).course(), "hate_crime");
  training.set_evidence_ref("certificates/nia.pdf");
  EXPECT_EQ(office.Asks(command), "accepted");
  training.set_evidence_ref("in her drawer");
  EXPECT_EQ(office.Asks(command), "C-field");
  training.clear_evidence_ref();
  *training.mutable_expires_at() = training.completed_at();
  EXPECT_EQ(office.Asks(command), "C-field");
}

}  // namespace
}  // namespace caseward
