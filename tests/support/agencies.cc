#include "tests/support/agencies.h"

#include <google/protobuf/text_format.h>

#include <map>

#include "engine/base/check.h"
#include "engine/base/time.h"
#include "tests/support/england_and_wales.h"

namespace caseward::test {
namespace {

v1::AgencyState Agency(std::string id, std::string kind, std::string service) {
  v1::AgencyState state;
  state.mutable_agency()->set_id(id);
  state.mutable_agency()->set_title("An agency");
  state.mutable_agency()->set_kind(std::move(kind));
  state.mutable_agency()->add_services(std::move(service));
  return state;
}

}  // namespace

v1::AgreementState PoliceAgreement() {
  v1::AgreementState state;
  state.set_version(1);
  v1::Agreement& agreement = *state.mutable_agreement();
  agreement.set_id("police_2026");
  agreement.set_agency("police");
  agreement.add_purposes("prevent_crime");
  agreement.add_lawful_bases("public_task");
  agreement.add_data_classes(v1::DATA_CLASS_INTERNAL);
  agreement.add_data_classes(v1::DATA_CLASS_PERSONAL);
  SetTimestamp(At("2026-01-01T00:00:00Z"), agreement.mutable_from());
  SetTimestamp(At("2026-12-01T00:00:00Z"), agreement.mutable_until());
  return state;
}

const v1::AgencyState* TestAgency(std::string_view id) {
  static const auto& agencies = *[] {
    auto* made = new std::map<std::string, v1::AgencyState, std::less<>>;  // lives for ever
    *(*made)["police"].add_agreements() = PoliceAgreement();
    (*made)["police"].MergeFrom(Agency("police", "police", "hate_unit"));
    (*made)["refuge"] = Agency("refuge", "third_sector", "advocacy");
    (*made)["old_team"] = Agency("old_team", "council", "mediation");
    (*made)["old_team"].mutable_agency()->set_closed(true);
    return made;
  }();
  const auto found = agencies.find(id);
  return found == agencies.end() ? nullptr : &found->second;
}

AgencyOf WithAgreement(v1::AgreementState agreement) {
  v1::AgencyState police = *TestAgency("police");
  *police.mutable_agreements(0) = std::move(agreement);
  return [police](std::string_view id) { return id == "police" ? &police : TestAgency(id); };
}

v1::Actor PartnerOf(std::string agency) {
  v1::Actor actor;
  actor.set_id("desk@" + agency);
  actor.set_kind(v1::Actor::KIND_PARTNER);
  actor.set_org(std::move(agency));
  return actor;
}

void AllowEmergencies(v1::Pack& pack) {
  pack.add_emergency_bases("vital_interests");
  CHECK(google::protobuf::TextFormat::ParseFromString(R"pb(
                                                        id: "sharing_review"
                                                        catalogue: "GK-9"
                                                        title: "A look at an emergency sharing"
                                                        clause: "Golden 1"
                                                        provenance: PROVENANCE_OURS
                                                        for_each: FOR_EACH_SHARING
                                                        starts_on {
                                                          on {
                                                            event: "information_shared"
                                                            where { field: "door" any_of: "emergency" }
                                                          }
                                                        }
                                                        stops_on { on { event: "sharing_reviewed" } }
                                                        within { span { amount: 1 unit: TIME_UNIT_DAY } }
                                                      )pb",
                                                      pack.add_clocks()));
}

namespace ask {

v1::Sharing ByAgreement(std::vector<v1::DataClass> classes) {
  v1::Sharing sharing;
  sharing.set_purpose("prevent_crime");
  sharing.set_lawful_basis("public_task");
  for (const v1::DataClass data_class : classes)
    sharing.add_data_classes(data_class);
  sharing.add_requested("account");
  sharing.add_provided("account");
  return sharing;
}

v1::Sharing InAnEmergency() {
  v1::Sharing sharing = ByAgreement();
  sharing.set_door(v1::Sharing::DOOR_EMERGENCY);
  sharing.set_lawful_basis("vital_interests");
  sharing.set_reason_code("threat_to_life");
  return sharing;
}

v1::Command Refer(std::string agency, std::string service, absl::Time respond_by, v1::Sharing sharing) {
  v1::Command command;
  v1::ReferCase& refer = *command.mutable_refer_case();
  refer.set_agency(std::move(agency));
  refer.set_service(std::move(service));
  SetTimestamp(respond_by, refer.mutable_respond_by());
  *refer.mutable_sharing() = std::move(sharing);
  if (refer.sharing().door() > v1::Sharing::DOOR_AGREEMENT) refer.mutable_sharing_reason()->set_text("It cannot wait.");
  return command;
}
v1::Command AnswerReferral(std::string id, v1::AnswerReferral::Answer answer) {
  v1::Command command;
  command.mutable_answer_referral()->set_referral_id(std::move(id));
  command.mutable_answer_referral()->set_answer(answer);
  if (answer == v1::AnswerReferral::ANSWER_DECLINED || answer == v1::AnswerReferral::ANSWER_WITHDRAWN) {
    command.mutable_answer_referral()->set_reason_code("no_capacity");
  }
  return command;
}
v1::Command Enquire(std::string agency, v1::EnquiryDirection direction, bool urgent) {
  v1::Command command;
  v1::Enquire& enquire = *command.mutable_enquire();
  enquire.set_agency(std::move(agency));
  enquire.set_direction(direction);
  enquire.set_urgent(urgent);
  enquire.set_purpose("prevent_crime");
  enquire.add_items("incidents");
  return command;
}
v1::Command AnswerEnquiry(std::string id, v1::AnswerEnquiry::Answer answer) {
  v1::Command command;
  command.mutable_answer_enquiry()->set_enquiry_id(std::move(id));
  command.mutable_answer_enquiry()->set_answer(answer);
  if (answer != v1::AnswerEnquiry::ANSWER_GIVEN) command.mutable_answer_enquiry()->set_reason_code("not_lawful");
  return command;
}
v1::Command Told(std::string id, v1::Sharing sharing) {
  v1::Command command = AnswerEnquiry(std::move(id));
  *command.mutable_answer_enquiry()->mutable_sharing() = std::move(sharing);
  return command;
}
v1::Command ChaseEnquiry(std::string id) {
  v1::Command command;
  command.mutable_chase_agency()->set_enquiry_id(std::move(id));
  return command;
}
v1::Command ChaseReferral(std::string id) {
  v1::Command command;
  command.mutable_chase_agency()->set_referral_id(std::move(id));
  return command;
}
v1::Command Share(std::string agency, v1::Sharing sharing) {
  v1::Command command;
  v1::ShareInformation& share = *command.mutable_share_information();
  share.set_agency(std::move(agency));
  *share.mutable_sharing() = std::move(sharing);
  if (share.sharing().door() > v1::Sharing::DOOR_AGREEMENT) share.mutable_sharing_reason()->set_text("It cannot wait.");
  return command;
}
v1::Command ReviewSharing(std::string id, v1::ReviewSharing::Finding finding) {
  v1::Command command;
  command.mutable_review_sharing()->set_share_id(std::move(id));
  command.mutable_review_sharing()->set_finding(finding);
  if (finding == v1::ReviewSharing::FINDING_NOT_JUSTIFIED) {
    command.mutable_review_sharing()->set_reason_code("could_have_waited");
  }
  return command;
}

}  // namespace ask
}  // namespace caseward::test
