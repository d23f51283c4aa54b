#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/cases/verbs/report_fact.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

void AddReportFact(Deciding& deciding, const v1::ReportCase& asked, const v1::CaseType& type, absl::Time aware) {
  v1::CaseReported& e = *deciding.Fact(true).mutable_case_reported();
  e.set_case_type(asked.case_type());
  e.set_asked_priority(asked.priority());
  e.set_priority(MoreUrgent(asked.priority(), type.priority()) ? asked.priority() : type.priority());
  SetTimestamp(aware, e.mutable_aware_at());
  e.set_received_by(asked.received_by().empty() ? PersonOf(deciding.actor()) : asked.received_by());
  e.set_main_resident_id(std::string(deciding.context().resident_id));
  if (!asked.anonymous()) {
    e.set_reporter_id(asked.reporter_id().empty() ? e.main_resident_id() : asked.reporter_id());
  }
  e.set_anonymous(asked.anonymous());
  e.set_subject_of_report_id(asked.subject_of_report_id());
  if (asked.has_account()) *e.mutable_account() = asked.account();
  e.set_region(asked.region());
  e.set_area(asked.area());
  e.set_uprn(asked.uprn());
  e.set_threat_to_life(asked.threat_to_life());
  e.set_channel(deciding.command().channel());
  *e.mutable_fields() = asked.fields();
  e.set_pack_id(deciding.pack().source().id());
  e.set_pack_version(deciding.pack().source().version());
  if (asked.has_respond_by()) *e.mutable_respond_by() = asked.respond_by();
  e.set_importing(deciding.command().importing());
  const v1::ResidentState* resident = deciding.context().resident;
  if (resident == nullptr || resident->merged_into().empty()) return;
  v1::Event& merged = deciding.Fact(false);
  merged.set_derived(true);
  merged.mutable_main_resident_merged()->set_resident_id(resident->resident_id());
  merged.mutable_main_resident_merged()->set_survivor_id(resident->merged_into());
}

// A report opens the case: in any channel, by anyone, with the moment the organisation knew.
MaybeRefusal Report(Deciding& deciding, const v1::ReportCase& asked) {
  if (deciding.exists()) {
    return Refuse("C-exists", "a case that has not been reported", StrCat("case ", deciding.before().case_id()),
                  "Record a further report on the open case.");
  }
  const CompiledPack& pack = deciding.pack();
  const v1::CaseType* type = pack.case_type(asked.case_type());
  if (type == nullptr) {
    return Invalid("C-case-type", StrCat("a case type of policy ", pack.source().id()),
                   StrCat("\"", asked.case_type(), "\""));
  }
  const absl::Time aware = asked.has_aware_at() ? ToTime(asked.aware_at()) : deciding.when();
  if (aware > deciding.when()) {
    return Invalid("C-aware", StrCat("aware_at not later than the report (", FormatInstant(deciding.when()), ")"),
                   FormatInstant(aware));
  }
  const absl::Time earliest = deciding.context().now - kBackdateMax;
  if (!deciding.command().importing() && aware < earliest) {
    return Invalid("C-backdate", "aware_at not before " + FormatInstant(earliest), FormatInstant(aware));
  }
  if (!v1::Priority_IsValid(asked.priority())) return Invalid("C-priority", "P1, P2 or P3", "another");
  if (auto refusal = CheckFields("a report", pack.step("report"), asked.fields())) return refusal;

  AddReportFact(deciding, asked, *type, aware);
  return std::nullopt;
}

}  // namespace caseward::verbs
