// What the verbs between us and partner agencies share: ids, who the agency is, and what may be told to it.
//
//   sharing.door     agreement ─▶ one in force with the agency that covers purpose, lawful basis and every class
//                    emergency ─▶ a lawful basis that the policy names; somebody else reviews it afterwards
//                    one_off   ─▶ sign-off "one_off_sharing", given beforehand
//
// Agreements are today's: one that lapsed a moment ago covers nothing, whenever the act is said to have happened.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "engine/cases/deciding.h"

namespace caseward::verbs {

inline constexpr std::string_view kOneOffSharingSubject = "one_off_sharing";
inline constexpr int kSharingCodesMax = 64;  // requested, provided; items of an enquiry

// The id asked for, or the next free one ("r1", "e1", "s1"); a refusal if it is taken, malformed, or the case is full.
std::variant<std::string, v1::Refusal> NewReferralId(const Deciding& deciding, std::string_view asked);
std::variant<std::string, v1::Refusal> NewEnquiryId(const Deciding& deciding, std::string_view asked);
std::variant<std::string, v1::Refusal> NewShareId(const Deciding& deciding, std::string_view asked);

// The agency is one that the directory knows and works with; `service`, if given, is one it has (C-agency).
MaybeRefusal CheckAgency(const Deciding& deciding, std::string_view agency, std::string_view service = "");
// A partner speaks for its own agency alone (C-agency); everybody else for whom they say.
MaybeRefusal CheckParty(const Deciding& deciding, std::string_view agency);
// A referral or an enquiry of this agency's is one that the actor may know of: a partner is told nothing of another
// agency's, also not that it is there, so both are answered in the same words as an id that is not one.
bool MayKnowOf(const Deciding& deciding, std::string_view agency);
// What leaves the house is decided by a named person of ours (law L12).
MaybeRefusal CheckSharer(const Deciding& deciding);

// A list of codes, each 1 to 64 of [a-z0-9_].
MaybeRefusal CheckCodes(std::string_view rule, std::string_view what,
                        const google::protobuf::RepeatedPtrField<std::string>& codes);
// An agency's own number of the matter, if there is one.
MaybeRefusal CheckTheirReference(std::string_view rule, std::string_view reference);
// A date by which somebody is to answer lies after the act.
MaybeRefusal CheckRespondBy(const Deciding& deciding, std::string_view rule,
                            const google::protobuf::Timestamp& respond_by);

// What the request says of itself, whatever the case and the directory (C-sharing).
MaybeRefusal CheckSharing(const Deciding& deciding, const v1::Sharing& asked, bool has_reason);
// What the fact is part of.
struct SharedFor {
  std::string_view share_id;
  std::string_view agency;
  std::string_view enquiry_id;
  std::string_view referral_id;
};
// Adds InformationShared.
void AddSharingFact(Deciding& deciding, const v1::Sharing& asked, const v1::Words* reason, const SharedFor& what);
// May it go out by the door it asks for (C-agreement)?
MaybeRefusal CheckDoor(const Deciding& deciding, const v1::Sharing& asked, std::string_view agency);

}  // namespace caseward::verbs
