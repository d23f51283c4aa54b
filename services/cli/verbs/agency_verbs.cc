// Partner agencies and the agreements with them: what may be shared with whom, until when.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/time.h"
#include "engine/policy/enum_names.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/submit_one.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct AgencyOptions {
  std::string id, title, kind;
  std::vector<std::string> services;
  bool closed = false;
};

Exit RunRegisterAgency(Session& session, const AgencyOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("agency"));
  v1::Agency& agency = *command.mutable_register_agency()->mutable_agency();
  agency.set_id(options.id);
  agency.set_title(options.title);
  agency.set_kind(options.kind);
  for (const std::string& service : options.services)
    agency.add_services(service);
  agency.set_closed(options.closed);
  return SubmitOne(session, command);
}

Exit RunListAgencies(Session& session) {
  v1::ListAgenciesResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::DirectoryService::Stub::ListAgencies, client.directory(),
                                   v1::ListAgenciesRequest(), &response);
      !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    for (const v1::AgencyState& agency : response.agencies())
      session.out << ToJsonLine(agency) << "\n";
    return Exit::kDone;
  }
  Table table(
      {{.title = "AGENCY"}, {.title = "KIND"}, {.title = "SERVICES"}, {.title = "AGREEMENT"}, {.title = "COVERS"}});
  for (const v1::AgencyState& state : response.agencies()) {
    const v1::Agency& agency = state.agency();
    const std::string id = absl::StrCat(agency.id(), agency.closed() ? " (closed)" : "");
    if (state.agreements().empty()) table.Add({id, agency.kind(), absl::StrJoin(agency.services(), ","), "none", ""});
    for (const v1::AgreementState& agreement : state.agreements()) {
      std::vector<std::string> covers(agreement.agreement().purposes().begin(), agreement.agreement().purposes().end());
      for (const int data_class : agreement.agreement().data_classes())
        covers.push_back(EnumText(static_cast<v1::DataClass>(data_class)));
      table.Add({id, agency.kind(), absl::StrJoin(agency.services(), ","),
                 absl::StrCat(agreement.agreement().id(), " ", Standing(agreement)), absl::StrJoin(covers, ",")});
    }
  }
  table.Print(session.out);
  return Exit::kDone;
}

struct AgreementOptions {
  std::string id, agency, from, until, review_by, document, reason;
  std::vector<std::string> purposes, bases, classes;
};

absl::Status SetInstant(const std::string& option, const std::string& text, google::protobuf::Timestamp* out) {
  const absl::StatusOr<absl::Time> at = InstantOf(option, text);
  if (at.ok()) SetTimestamp(*at, out);
  return at.status();
}

absl::Status FillAgreement(const AgreementOptions& options, v1::Agreement& agreement) {
  agreement.set_id(options.id);
  agreement.set_agency(options.agency);
  for (const std::string& purpose : options.purposes)
    agreement.add_purposes(purpose);
  for (const std::string& basis : options.bases)
    agreement.add_lawful_bases(basis);
  for (const std::string& name : options.classes) {
    const auto* value = FindEnumValue(*v1::DataClass_descriptor(), name);
    if (value == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("--classes: expected internal, personal, special or safe_contact; found \"", name, "\""));
    }
    agreement.add_data_classes(static_cast<v1::DataClass>(value->number()));
  }
  if (absl::Status s = SetInstant("--from", options.from, agreement.mutable_from()); !s.ok()) return s;
  if (absl::Status s = SetInstant("--until", options.until, agreement.mutable_until()); !s.ok()) return s;
  agreement.set_document_ref(options.document);
  if (options.review_by.empty()) return absl::OkStatus();
  return SetInstant("--review-by", options.review_by, agreement.mutable_review_by());
}

Exit RunRegisterAgreement(Session& session, const AgreementOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("agreement"));
  if (absl::Status s = FillAgreement(options, *command.mutable_register_agreement()->mutable_agreement()); !s.ok()) {
    return session.Usage(std::string(s.message()));
  }
  return SubmitOne(session, command);
}

Exit RunReviewAgreement(Session& session, const AgreementOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("agreement"));
  v1::ReviewAgreement& review = *command.mutable_review_agreement();
  review.set_agreement_id(options.id);
  absl::Status s = SetInstant("--until", options.until, review.mutable_until());
  if (s.ok() && !options.review_by.empty())
    s = SetInstant("--review-by", options.review_by, review.mutable_review_by());
  if (!s.ok()) return session.Usage(std::string(s.message()));
  return SubmitOne(session, command);
}

Exit RunSuspendAgreement(Session& session, const AgreementOptions& options) {
  v1::Command command;
  command.set_command_id(FreshId("agreement"));
  command.mutable_suspend_agreement()->set_agreement_id(options.id);
  command.mutable_suspend_agreement()->set_reason_code(options.reason);
  return SubmitOne(session, command);
}

}  // namespace

void AddAgencyVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("agency", "Partner agencies: police, councils, charities");
  auto options = std::make_shared<AgencyOptions>();
  Syntax verb =
      verbs.Verb(group, "register", "Make an agency known, or change what is known of it", Verbs::Talks::kToServer,
                 [options](Session& session) { return RunRegisterAgency(session, *options); });
  verb.Add("ID", options->id, "Short id, as policies and cases name it").Required();
  verb.Add("--title", options->title, "What the organisation calls itself").Required();
  verb.Add("--kind", options->kind, "police, council, health, third_sector, ...").Required();
  verb.Add("--services", options->services, "What cases may be referred to it for, separated by commas").DividedBy(',');
  verb.Flag("--closed", options->closed, "Nobody works with it any more");
  verbs.Verb(group, "list", "Agencies, and how the agreements with each stand", Verbs::Talks::kToServer,
             [](Session& session) { return RunListAgencies(session); });
}

void AddAgreementVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("agreement", "Data sharing agreements: what may be told to whom, until when");
  auto options = std::make_shared<AgreementOptions>();
  Syntax registering = verbs.Verb(group, "register", "Register an agreement as it was signed", Verbs::Talks::kToServer,
                                  [options](Session& session) { return RunRegisterAgreement(session, *options); });
  registering.Add("ID", options->id, "Short id").Required();
  registering.Add("--agency", options->agency, "With whom").Required();
  registering.Add("--purposes", options->purposes, "For what, as codes separated by commas").Required().DividedBy(',');
  registering.Add("--bases", options->bases, "Lawful bases, as codes separated by commas").Required().DividedBy(',');
  registering.Add("--classes", options->classes, "internal, personal, special, safe_contact").Required().DividedBy(',');
  registering.Add("--from", options->from, "In force from this instant").Required();
  registering.Add("--until", options->until, "The first instant it is in force no more").Required();
  registering.Add("--review-by", options->review_by, "When it is looked at again");
  registering.Add("--document", options->document, "Where the signed document lies");

  auto review = std::make_shared<AgreementOptions>();
  Syntax reviewing =
      verbs.Verb(group, "review", "It was looked at and goes on; ends a suspension", Verbs::Talks::kToServer,
                 [review](Session& session) { return RunReviewAgreement(session, *review); });
  reviewing.Add("ID", review->id, "Its id").Required();
  reviewing.Add("--until", review->until, "The first instant it is in force no more").Required();
  reviewing.Add("--review-by", review->review_by, "When it is looked at again");

  auto suspend = std::make_shared<AgreementOptions>();
  Syntax suspending =
      verbs.Verb(group, "suspend", "Nothing is shared under it until it is reviewed", Verbs::Talks::kToServer,
                 [suspend](Session& session) { return RunSuspendAgreement(session, *suspend); });
  suspending.Add("ID", suspend->id, "Its id").Required();
  suspending.Add("--reason", suspend->reason, "Why, as a code").Required();
}

}  // namespace caseward::cli
