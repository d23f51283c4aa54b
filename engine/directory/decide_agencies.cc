// Deciding which agencies there are and what was agreed with each.
#include "engine/directory/decide_agencies.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/directory/directory_checks.h"

namespace caseward {
namespace {

DirectoryVerdict Accept(std::string stream, uint64_t version, v1::Event event) {
  return DirectoryAccepted{.stream = std::move(stream), .version = version, .events = {std::move(event)}};
}

MaybeRefusal CheckKnownAgency(const Directory& directory, std::string_view agency) {
  if (directory.Agency(agency) != nullptr) return std::nullopt;
  return Invalid("C-agency", "an agency that is registered", "an id that is not known");
}

MaybeRefusal CheckAgency(const v1::Agency& agency) {
  if (MaybeRefusal refusal = CheckId(ParseName(agency.id()), "agency.id")) return refusal;
  v1::Refusal refusal = Invalid("C-field", "what says who the agency is", "other fields");
  if (agency.title().empty() || agency.title().size() > kAgencyTitleMax) {
    AddMissing(refusal, "agency.title", StrCat("expected 1 to ", kAgencyTitleMax, " bytes"));
  }
  if (!ParseName(agency.kind()).ok()) {
    AddMissing(refusal, "agency.kind", StrCat("expected 1 to ", kNameMax, " characters of [a-z0-9_]"));
  }
  CheckNames(agency.services(), "agency.services", kAgencyListMax, refusal);
  if (refusal.missing().empty()) return std::nullopt;
  return refusal;
}

MaybeRefusal CheckAgreement(const v1::Agreement& agreement, absl::Time now) {
  if (MaybeRefusal refusal = CheckId(ParseName(agreement.id()), "agreement.id")) return refusal;
  v1::Refusal refusal = Invalid("C-field", "what an agreement says", "other fields");
  const auto some = [&](const auto& list, std::string_view field) {
    if (list.empty()) AddMissing(refusal, field, "expected at least one: what is not listed is not covered");
  };
  some(agreement.purposes(), "agreement.purposes");
  some(agreement.lawful_bases(), "agreement.lawful_bases");
  some(agreement.data_classes(), "agreement.data_classes");
  CheckNames(agreement.purposes(), "agreement.purposes", kAgencyListMax, refusal);
  CheckNames(agreement.lawful_bases(), "agreement.lawful_bases", kAgencyListMax, refusal);
  for (const int data_class : agreement.data_classes()) {
    if (data_class != v1::DATA_CLASS_UNSPECIFIED && v1::DataClass_IsValid(data_class)) continue;
    AddMissing(refusal, "agreement.data_classes", "expected internal, personal, special or safe_contact");
    break;
  }
  if (!agreement.has_from()) AddMissing(refusal, "agreement.from", "expected when it begins");
  if (!agreement.has_until() || ToTime(agreement.until()) <= now) {
    AddMissing(refusal, "agreement.until", StrCat("expected when it ends, later than now (", FormatInstant(now), ")"));
  } else if (agreement.has_from() && ToTime(agreement.from()) >= ToTime(agreement.until())) {
    AddMissing(refusal, "agreement.until", "expected later than agreement.from");
  }
  if (agreement.document_ref().size() > kDocumentRefMax) {
    AddMissing(refusal, "agreement.document_ref", StrCat("expected at most ", kDocumentRefMax, " bytes"));
  }
  if (refusal.missing().empty()) return std::nullopt;
  return refusal;
}

DirectoryVerdict DecideAgency(const Directory& directory, const v1::Command& command, v1::Event event) {
  const v1::Agency& asked = command.register_agency().agency();
  if (MaybeRefusal refusal = CheckAgency(asked)) return *std::move(refusal);
  std::string stream = DirectoryStream(command);
  const uint64_t version = directory.StreamVersion(stream);
  if (MaybeRefusal refusal = CheckVersion(command, version)) return *std::move(refusal);
  *event.mutable_agency_registered()->mutable_agency() = asked;
  return Accept(std::move(stream), version + 1, std::move(event));
}

DirectoryVerdict DecideAgreement(const Directory& directory, const v1::Command& command, v1::Event event,
                                 absl::Time now) {
  const v1::Agreement& asked = command.register_agreement().agreement();
  if (MaybeRefusal refusal = CheckAgreement(asked, now)) return *std::move(refusal);
  if (MaybeRefusal refusal = CheckKnownAgency(directory, asked.agency())) return *std::move(refusal);
  const v1::AgreementState* known = directory.Agreement(asked.id());
  if (known != nullptr && known->agreement().agency() != asked.agency()) {
    return Refuse("C-agreement", StrCat("the agency it was made with, ", known->agreement().agency()), asked.agency(),
                  "Give an agreement with another agency an id of its own.");
  }
  if (known == nullptr && directory.Agency(asked.agency())->agreements_size() >= kAgreementsMax) {
    return Refuse("C-limit", StrCat("at most ", kAgreementsMax, " agreements with one agency"), "one more",
                  "Register the new text under the id of one that it replaces.");
  }
  std::string stream = DirectoryStream(command);
  const uint64_t version = directory.StreamVersion(stream);
  if (MaybeRefusal refusal = CheckVersion(command, version)) return *std::move(refusal);
  *event.mutable_agreement_registered()->mutable_agreement() = asked;
  return Accept(std::move(stream), version + 1, std::move(event));
}

// The agreement that a review or a suspension names.
std::variant<const v1::AgreementState*, v1::Refusal> Named(const Directory& directory, const v1::Command& command,
                                                           std::string_view id) {
  if (MaybeRefusal refusal = CheckId(ParseName(id), "agreement_id")) return *std::move(refusal);
  const v1::AgreementState* known = directory.Agreement(id);
  if (known == nullptr) return Invalid("C-agreement", "an agreement that is registered", "an id that is not known");
  if (MaybeRefusal refusal = CheckVersion(command, known->version())) return *std::move(refusal);
  return known;
}

DirectoryVerdict DecideReview(const Directory& directory, const v1::Command& command, v1::Event event, absl::Time now) {
  const v1::ReviewAgreement& asked = command.review_agreement();
  auto named = Named(directory, command, asked.agreement_id());
  if (auto* refusal = std::get_if<v1::Refusal>(&named)) return std::move(*refusal);
  const v1::AgreementState& known = *std::get<const v1::AgreementState*>(named);
  v1::Refusal refusal = Invalid("C-field", "until when the agreement goes on", "other fields");
  if (!asked.has_until() || ToTime(asked.until()) <= now) {
    AddMissing(refusal, "until", StrCat("expected when it ends, later than now (", FormatInstant(now), ")"));
  }
  if (asked.has_review_by() && ToTime(asked.review_by()) <= now) {
    AddMissing(refusal, "review_by", StrCat("expected later than now (", FormatInstant(now), ")"));
  }
  if (!refusal.missing().empty()) return refusal;
  v1::AgreementReviewed& e = *event.mutable_agreement_reviewed();
  e.set_agreement_id(asked.agreement_id());
  e.set_agency(known.agreement().agency());
  *e.mutable_until() = asked.until();
  if (asked.has_review_by()) *e.mutable_review_by() = asked.review_by();
  return Accept(DirectoryStream(command), known.version() + 1, std::move(event));
}

DirectoryVerdict DecideSuspension(const Directory& directory, const v1::Command& command, v1::Event event) {
  const v1::SuspendAgreement& asked = command.suspend_agreement();
  auto named = Named(directory, command, asked.agreement_id());
  if (auto* refusal = std::get_if<v1::Refusal>(&named)) return std::move(*refusal);
  const v1::AgreementState& known = *std::get<const v1::AgreementState*>(named);
  if (MaybeRefusal refusal = CheckId(ParseName(asked.reason_code()), "reason_code")) return *std::move(refusal);
  if (known.suspended()) {
    return Refuse("C-agreement", "an agreement that is not suspended", StrCat(asked.agreement_id(), ", which is"),
                  "Nothing: it is suspended.");
  }
  v1::AgreementSuspended& e = *event.mutable_agreement_suspended();
  e.set_agreement_id(asked.agreement_id());
  e.set_agency(known.agreement().agency());
  e.set_reason_code(asked.reason_code());
  return Accept(DirectoryStream(command), known.version() + 1, std::move(event));
}

}  // namespace

bool IsAgencyVerb(const v1::Command& command) {
  return command.has_register_agency() || command.has_register_agreement() || command.has_review_agreement() ||
         command.has_suspend_agreement();
}

DirectoryVerdict DecideAgencies(const Directory& directory, const v1::Command& command, v1::Event event,
                                absl::Time now) {
  if (command.has_register_agency()) return DecideAgency(directory, command, std::move(event));
  if (command.has_register_agreement()) return DecideAgreement(directory, command, std::move(event), now);
  if (command.has_review_agreement()) return DecideReview(directory, command, std::move(event), now);
  return DecideSuspension(directory, command, std::move(event));
}

}  // namespace caseward
