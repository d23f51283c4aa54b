// Agencies and agreements as the tests of cases find them, and the commands between a case and an agency.
//
//   police    agreement police_2026, for prevent_crime on public_task, of internal and personal data,
//             from 2026-01-01 until 2026-12-01
//   refuge    services advocacy; no agreement
//   old_team  closed
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/time.h"
#include "engine/cases/decide.h"

namespace caseward::test {

inline constexpr v1::EnquiryDirection kTheirs = v1::ENQUIRY_DIRECTION_FROM_AGENCY;
inline constexpr v1::EnquiryDirection kOurs = v1::ENQUIRY_DIRECTION_TO_AGENCY;
inline const absl::Time kFriday = *ParseInstant("2026-11-27T12:00:00Z");

// Null for another id. Holds for ever.
const v1::AgencyState* TestAgency(std::string_view id);
// The same with what the test makes of police's agreement.
AgencyOf WithAgreement(v1::AgreementState agreement);
v1::AgreementState PoliceAgreement();
// Gives a pack an emergency basis, and the clock that brings the review about.
void AllowEmergencies(v1::Pack& pack);
// A partner who speaks for the agency.
v1::Actor PartnerOf(std::string agency);

namespace ask {

// What police's agreement covers.
v1::Sharing ByAgreement(std::vector<v1::DataClass> classes = {v1::DATA_CLASS_PERSONAL});
// By the emergency door, on a basis that the full pack names.
v1::Sharing InAnEmergency();
v1::Command Refer(std::string agency, std::string service, absl::Time respond_by, v1::Sharing sharing = ByAgreement());
v1::Command AnswerReferral(std::string id, v1::AnswerReferral::Answer answer);
v1::Command Enquire(std::string agency, v1::EnquiryDirection direction, bool urgent = false);
v1::Command AnswerEnquiry(std::string id, v1::AnswerEnquiry::Answer answer = v1::AnswerEnquiry::ANSWER_GIVEN);
// Our answer to a question of theirs, and what it tells them.
v1::Command Told(std::string id, v1::Sharing sharing = ByAgreement());
v1::Command ChaseEnquiry(std::string id);
v1::Command ChaseReferral(std::string id);
// Words for the reason go with the emergency and the one-off door.
v1::Command Share(std::string agency, v1::Sharing sharing = ByAgreement());
v1::Command ReviewSharing(std::string id, v1::ReviewSharing::Finding finding = v1::ReviewSharing::FINDING_JUSTIFIED);

}  // namespace ask
}  // namespace caseward::test
