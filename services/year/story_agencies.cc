// Between us and agencies, and what is done today, after the history has been taken in.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/year/story.h"

namespace caseward::year {
namespace {

constexpr char kPolice[] = "police";

}  // namespace

// By the agreement of year.cc.
void Story::FillSharing(v1::Sharing& sharing, const char* purpose) const {
  sharing.set_door(v1::Sharing::DOOR_AGREEMENT);
  sharing.set_purpose(purpose);
  sharing.set_lawful_basis("public_task");
  sharing.add_data_classes(v1::DATA_CLASS_INTERNAL);
  sharing.add_data_classes(v1::DATA_CLASS_PERSONAL);
  sharing.add_requested("incident_dates");
  sharing.add_requested("tenancy_history");
  sharing.add_provided("incident_dates");
}

void Story::Refer(const char* agency, const char* service) {
  v1::ReferCase& refer = *Say(Owner()).mutable_refer_case();
  refer.set_agency(agency);
  refer.set_service(service);
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, 10), refer.mutable_respond_by());
  FillSharing(*refer.mutable_sharing(), "support");
  refer.mutable_need()->set_text("Somebody to talk to, and help with forms.");
}

void Story::AnswerReferral(bool accepted) {
  v1::Command& command = Say(Owner());
  command.set_channel("email");
  v1::AnswerReferral& answer = *command.mutable_answer_referral();
  answer.set_referral_id(absl::StrCat("r", ++referrals_));
  answer.set_answer(accepted ? v1::AnswerReferral::ANSWER_ACCEPTED : v1::AnswerReferral::ANSWER_DECLINED);
  if (accepted) return;
  answer.set_reason_code("no_places");
  answer.set_alternative_code("support_by_us");
}

void Story::AgencyAsks() {
  v1::Command& command = Say("contact_centre");
  command.set_channel("email");
  v1::Enquire& enquire = *command.mutable_enquire();
  ++enquiries_;
  enquire.set_agency(kPolice);
  enquire.set_direction(v1::ENQUIRY_DIRECTION_FROM_AGENCY);
  enquire.set_purpose("crime_and_disorder");
  enquire.add_items("incident_dates");
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, 5), enquire.mutable_respond_by());
  enquire.set_their_reference(Ref("cad"));
}

void Story::AnswerAgency() {
  v1::AnswerEnquiry& answer = *Say(Owner()).mutable_answer_enquiry();
  answer.set_enquiry_id(absl::StrCat("e", enquiries_));
  answer.set_answer(v1::AnswerEnquiry::ANSWER_GIVEN);
  FillSharing(*answer.mutable_sharing(), "crime_and_disorder");
}

void Story::Ask() {
  v1::Enquire& enquire = *Say(Owner()).mutable_enquire();
  ++enquiries_;
  enquire.set_agency(kPolice);
  enquire.set_direction(v1::ENQUIRY_DIRECTION_TO_AGENCY);
  enquire.set_purpose("crime_and_disorder");
  enquire.add_items("callouts");
  SetTimestamp(world_.calendar.WorkingDaysAfter(now_, 5), enquire.mutable_respond_by());
}

void Story::Chase() { Say(Owner()).mutable_chase_agency()->set_enquiry_id(absl::StrCat("e", enquiries_)); }

void Story::AgencyAnswers() {
  v1::Command& command = Say(Owner());
  command.set_channel("email");
  v1::AnswerEnquiry& answer = *command.mutable_answer_enquiry();
  answer.set_enquiry_id(absl::StrCat("e", enquiries_));
  answer.set_answer(v1::AnswerEnquiry::ANSWER_GIVEN);
  answer.mutable_text()->set_text("Two callouts, no arrest.");
}

void Story::Share(bool emergency) {
  v1::ShareInformation& share = *Say(Owner()).mutable_share_information();
  share.set_agency(kPolice);
  FillSharing(*share.mutable_sharing(), "crime_and_disorder");
  if (!emergency) return;
  // The basis is none that the policy names for emergencies.
  share.mutable_sharing()->set_door(v1::Sharing::DOOR_EMERGENCY);
  share.mutable_sharing()->set_reason_code("threat_to_life");
  share.mutable_sharing_reason()->set_text("They were told where the knife is kept.");
}

// ---- today

// The report's own facts are versions 1 and 2; the further report about something else, told before triage, is the
// third.
void Story::SplitOff() {
  v1::SplitCase& split = *Say("team_manager").mutable_split_case();
  split.set_case_type(std::string(kCaseTypeNames[static_cast<size_t>(CaseType::kNeighbourDispute)]));
  split.add_versions(3);
  split.set_reason_code("another_matter");
  split.mutable_account()->set_text("The fence, which has nothing to do with the rest.");
}

// What waited for a signature when the year ended is signed by whoever stands in.
void Story::SignDelegated(bool points, bool for_director) {
  Sign("closure", for_director ? "regional_manager" : "team_manager", points);
  Say("duty_manager").mutable_close_case();
}

void Story::WriteUpToday() {
  const absl::Time happened = std::max(end() - absl::Hours(24 * 12), reported_at_ + absl::Hours(1));
  v1::Command& command = Say("team_manager");
  SetTimestamp(happened, command.mutable_occurred_at());
  command.set_channel("visit");
  command.set_late_reason_code("found_in_a_notebook");
  v1::RecordContact& contact = *command.mutable_record_contact();
  contact.set_with(v1::RecordContact::WITH_REPORTER);
  contact.set_outcome(v1::RecordContact::OUTCOME_TWO_WAY);
  contact.set_safe_contact_followed(true);
}

}  // namespace caseward::year
