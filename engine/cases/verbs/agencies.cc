#include "engine/cases/verbs/agencies.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_join.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/cases/verbs/current_sign_off.h"
#include "engine/policy/enum_names.h"

namespace caseward::verbs {
namespace {

using IdOrRefusal = std::variant<std::string, v1::Refusal>;

IdOrRefusal NewId(std::string_view rule, std::string_view asked, std::string_view start, int count,
                  absl::FunctionRef<bool(std::string_view)> taken) {
  if (count >= kAgencyItemsMax) {
    return Refuse("C-limit", StrCat("at most ", kAgencyItemsMax, " of a kind between a case and agencies"),
                  StrCat(count + 1), "Open another case and link it.");
  }
  if (asked.empty()) {
    for (int n = count + 1;; ++n) {
      std::string id = StrCat(start, n);
      if (!taken(id)) return id;
    }
  }
  if (!ParseItemId(asked).ok()) {
    return Invalid(rule, StrCat("an id of 1 to ", kItemIdMax, " characters of [a-z0-9_-]"), "another text");
  }
  if (taken(asked)) {
    return Refuse(rule, "an id that is not used in this case", asked, "Give another id, or none: then one is chosen.");
  }
  return std::string(asked);
}

std::string NamesOf(const google::protobuf::RepeatedField<int>& classes) {
  std::vector<std::string> names;
  for (const int data_class : classes)
    names.push_back(EnumText(static_cast<v1::DataClass>(data_class)));
  return absl::StrJoin(names, ", ");
}

// Why an agreement does not cover what is asked; empty if it does.
std::string WhyNot(const v1::AgreementState& state, const v1::Sharing& asked, absl::Time now) {
  const v1::Agreement& agreement = state.agreement();
  if (state.suspended()) return StrCat("suspended (", state.reason_code(), ")");
  if (now < ToTime(agreement.from())) return StrCat("in force from ", FormatInstant(ToTime(agreement.from())));
  if (now >= ToTime(agreement.until())) return StrCat("lapsed at ", FormatInstant(ToTime(agreement.until())));
  if (!Contains(agreement.purposes(), asked.purpose())) {
    return StrCat("for purposes ", absl::StrJoin(agreement.purposes(), ", "));
  }
  if (!Contains(agreement.lawful_bases(), asked.lawful_basis())) {
    return StrCat("on lawful bases ", absl::StrJoin(agreement.lawful_bases(), ", "));
  }
  for (const int data_class : asked.data_classes()) {
    if (!Contains(agreement.data_classes(), data_class)) {
      return StrCat("for data of class ", NamesOf(agreement.data_classes()));
    }
  }
  return "";
}

const v1::AgencyState* AgencyIn(const Deciding& deciding, std::string_view agency) {
  return deciding.context().agency_of ? deciding.context().agency_of(agency) : nullptr;
}

const v1::AgreementState* Covering(const Deciding& deciding, const v1::Sharing& asked, std::string_view agency) {
  const v1::AgencyState* known = AgencyIn(deciding, agency);
  if (known == nullptr) return nullptr;
  return FindIn(known->agreements(), [&](const v1::AgreementState& state) {
    return WhyNot(state, asked, deciding.context().today()).empty();
  });
}

v1::Sharing::Door DoorOf(const v1::Sharing& asked) {
  return asked.door() == v1::Sharing::DOOR_UNSPECIFIED ? v1::Sharing::DOOR_AGREEMENT : asked.door();
}

v1::Refusal NotCovered(const Deciding& deciding, const v1::Sharing& asked, std::string_view agency) {
  const v1::AgencyState* known = AgencyIn(deciding, agency);
  const bool none = known == nullptr || known->agreements().empty();
  v1::Refusal refusal =
      Refuse("C-agreement",
             StrCat("an agreement in force with ", agency, " for purpose ", asked.purpose(), " on ",
                    asked.lawful_basis(), " that covers data of class ", NamesOf(asked.data_classes())),
             none ? "none" : "none that does",
             "Have an agreement registered or reviewed that covers it; or share less; or, where life or safety cannot "
             "wait, by the emergency door with its reason; or once, signed beforehand.");
  const v1::AgencyState& listed = known != nullptr ? *known : v1::AgencyState::default_instance();
  for (const v1::AgreementState& state : listed.agreements())
    AddMissing(refusal, state.agreement().id(), WhyNot(state, asked, deciding.context().today()));
  if (none) AddMissing(refusal, "agreement", "an agreement with the agency");
  return refusal;
}

}  // namespace

IdOrRefusal NewReferralId(const Deciding& deciding, std::string_view asked) {
  const auto& items = deciding.before().referrals();
  return NewId("C-referral", asked, "r", items.size(), [&](std::string_view id) {
    return FindIn(items, [&](const v1::ReferralState& one) { return one.referral_id() == id; }) != nullptr;
  });
}
IdOrRefusal NewEnquiryId(const Deciding& deciding, std::string_view asked) {
  const auto& items = deciding.before().enquiries();
  return NewId("C-enquiry", asked, "e", items.size(), [&](std::string_view id) {
    return FindIn(items, [&](const v1::EnquiryState& one) { return one.enquiry_id() == id; }) != nullptr;
  });
}
IdOrRefusal NewShareId(const Deciding& deciding, std::string_view asked) {
  const auto& items = deciding.before().sharings();
  return NewId("C-sharing", asked, "s", items.size(), [&](std::string_view id) {
    return FindIn(items, [&](const v1::SharingState& one) { return one.share_id() == id; }) != nullptr;
  });
}

MaybeRefusal CheckAgency(const Deciding& deciding, std::string_view agency, std::string_view service) {
  if (!ParseName(agency).ok()) return Invalid("C-agency", "the id of an agency", "another text");
  if (!deciding.context().agency_of) return std::nullopt;
  const v1::AgencyState* known = AgencyIn(deciding, agency);
  if (known == nullptr) {
    return Refuse("C-agency", "an agency that the directory knows", agency,
                  "Correct the id, or have the agency registered.");
  }
  if (known->agency().closed()) {
    return Refuse("C-agency", "an agency that is worked with", StrCat(agency, ", which is closed"),
                  "Turn to another agency.");
  }
  if (!service.empty() && !Contains(known->agency().services(), service)) {
    return Refuse("C-agency",
                  StrCat("one of the services of ", agency, " (", absl::StrJoin(known->agency().services(), ", "), ")"),
                  service, "Refer for one of the services, or have the agency's entry corrected.");
  }
  return std::nullopt;
}

bool MayKnowOf(const Deciding& deciding, std::string_view agency) {
  return deciding.actor().kind() != v1::Actor::KIND_PARTNER || deciding.actor().org() == agency;
}

MaybeRefusal CheckParty(const Deciding& deciding, std::string_view agency) {
  if (MayKnowOf(deciding, agency)) return std::nullopt;
  return Refuse("C-agency", "the agency that the partner speaks for", agency,
                "The agency itself, or one of us, does it.");
}

MaybeRefusal CheckSharer(const Deciding& deciding) {
  if (IsNamedHuman(deciding.actor())) return std::nullopt;
  return RefusedWithoutHuman(deciding.actor());
}

MaybeRefusal CheckCodes(std::string_view rule, std::string_view what,
                        const google::protobuf::RepeatedPtrField<std::string>& codes) {
  const bool named = std::all_of(codes.begin(), codes.end(), [](const auto& code) { return ParseName(code).ok(); });
  if (named && codes.size() <= kSharingCodesMax) return std::nullopt;
  return Invalid(
      rule,
      StrCat("at most ", kSharingCodesMax, " codes of ", what, ", each 1 to ", kNameMax, " characters of [a-z0-9_]"),
      named ? StrCat(codes.size()) : "another text");
}

MaybeRefusal CheckTheirReference(std::string_view rule, std::string_view reference) {
  if (reference.empty() || ParseOutsideReference(reference).ok()) return std::nullopt;
  return Invalid(rule,
                 StrCat("their_reference of at most ", kOutsideReferenceMax, " characters of [A-Za-z0-9._:/#?=&%+~-]"),
                 "another text");
}

MaybeRefusal CheckRespondBy(const Deciding& deciding, std::string_view rule,
                            const google::protobuf::Timestamp& respond_by) {
  if (ToTime(respond_by) > deciding.when()) return std::nullopt;
  return Invalid(rule, "respond_by after the request itself", FormatInstant(ToTime(respond_by)));
}

MaybeRefusal CheckSharing(const Deciding& deciding, const v1::Sharing& asked, bool has_reason) {
  v1::Refusal refusal = Invalid("C-sharing", "what is shared, for what and on which basis", "less than that");
  const auto code = [&](std::string_view field, std::string_view value) {
    if (!ParseName(value).ok()) AddMissing(refusal, field, "a code, 1 to 64 characters of [a-z0-9_]");
  };
  if (!v1::Sharing::Door_IsValid(asked.door())) AddMissing(refusal, "door", "agreement, emergency or one_off");
  code("purpose", asked.purpose());
  code("lawful_basis", asked.lawful_basis());
  const auto& classes = asked.data_classes();
  const bool known = std::all_of(classes.begin(), classes.end(), [](int data_class) {
    return data_class != v1::DATA_CLASS_UNSPECIFIED && v1::DataClass_IsValid(data_class);
  });
  if (classes.empty() || !known || classes.size() > v1::DataClass_MAX) {
    AddMissing(refusal, "data_classes",
               "each class of what is shared, once: internal, personal, special, safe_contact");
  }
  if (!asked.condition_code().empty() || Contains(classes, static_cast<int>(v1::DATA_CLASS_SPECIAL))) {
    code("condition_code", asked.condition_code());
  }
  if (DoorOf(asked) != v1::Sharing::DOOR_AGREEMENT) {
    code("reason_code", asked.reason_code());
    if (!has_reason) AddMissing(refusal, "sharing_reason", "why it could not go by an agreement, in words");
  }
  if (asked.has_expires_at() && ToTime(asked.expires_at()) <= deciding.when()) {
    AddMissing(refusal, "expires_at", "a time after it is shared");
  }
  if (!refusal.missing().empty()) return refusal;
  if (auto wrong = CheckCodes("C-sharing", "what was requested", asked.requested())) return wrong;
  return CheckCodes("C-sharing", "what is provided", asked.provided());
}

void AddSharingFact(Deciding& deciding, const v1::Sharing& asked, const v1::Words* reason, const SharedFor& what) {
  v1::InformationShared& e = *deciding.Fact(true).mutable_information_shared();
  e.set_share_id(std::string(what.share_id));
  e.set_agency(std::string(what.agency));
  e.set_enquiry_id(std::string(what.enquiry_id));
  e.set_referral_id(std::string(what.referral_id));
  e.set_door(DoorOf(asked));
  e.set_purpose(asked.purpose());
  e.set_lawful_basis(asked.lawful_basis());
  e.set_condition_code(asked.condition_code());
  *e.mutable_data_classes() = asked.data_classes();
  *e.mutable_requested() = asked.requested();
  *e.mutable_provided() = asked.provided();
  e.set_reason_code(asked.reason_code());
  if (asked.has_expires_at()) *e.mutable_expires_at() = asked.expires_at();
  if (reason != nullptr) *e.mutable_reason() = *reason;
  if (e.door() != v1::Sharing::DOOR_AGREEMENT) return;
  if (const v1::AgreementState* agreement = Covering(deciding, asked, what.agency)) {
    e.set_agreement_id(agreement->agreement().id());
    e.set_agreement_version(agreement->version());
  }
}

MaybeRefusal CheckDoor(const Deciding& deciding, const v1::Sharing& asked, std::string_view agency) {
  switch (DoorOf(asked)) {
    case v1::Sharing::DOOR_EMERGENCY: {
      const auto& bases = deciding.pack().source().emergency_bases();
      if (Contains(bases, asked.lawful_basis())) return std::nullopt;
      return Refuse("C-agreement",
                    StrCat("a lawful basis that the policy names for emergencies (",
                           bases.empty() ? "none" : absl::StrJoin(bases, ", "), ")"),
                    asked.lawful_basis(), "Share by an agreement, or on one of these bases if it is one.");
    }
    case v1::Sharing::DOOR_ONE_OFF:
      if (deciding.pack().sign_off(kOneOffSharingSubject, deciding.before().case_type()) != nullptr) {
        return NeedSignOff(deciding, kOneOffSharingSubject, "share without an agreement");
      }
      return Refuse("C-agreement", StrCat("a policy with sign-off \"", kOneOffSharingSubject, "\""), "one without",
                    "Share by an agreement.");
    case v1::Sharing::DOOR_AGREEMENT:
    case v1::Sharing::DOOR_UNSPECIFIED:
    case v1::Sharing_Door_Sharing_Door_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Sharing_Door_Sharing_Door_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  if (!deciding.context().agency_of || Covering(deciding, asked, agency) != nullptr) return std::nullopt;
  return NotCovered(deciding, asked, agency);
}

}  // namespace caseward::verbs
