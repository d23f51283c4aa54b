#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

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

  v1::CaseReported& e = *deciding.Fact(true).mutable_case_reported();
  e.set_case_type(asked.case_type());
  e.set_asked_priority(asked.priority());
  e.set_priority(MoreUrgent(asked.priority(), type->priority()) ? asked.priority() : type->priority());
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
  e.set_pack_id(pack.source().id());
  e.set_pack_version(pack.source().version());
  if (asked.has_respond_by()) *e.mutable_respond_by() = asked.respond_by();
  e.set_importing(deciding.command().importing());
  return std::nullopt;
}

}  // namespace caseward::verbs
