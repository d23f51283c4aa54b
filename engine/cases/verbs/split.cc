#include <algorithm>
#include <set>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"
#include "engine/cases/verbs/report_fact.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {
namespace {

constexpr std::string_view kSplitTo = "split_to";
constexpr std::string_view kSplitFrom = "split_from";

template <typename List>
bool Repeats(const List& list) {
  return std::set(list.begin(), list.end()).size() != static_cast<size_t>(list.size());
}

// Given away by an earlier split that stands.
bool IsGone(const v1::CaseState& before, uint64_t version) {
  return FindIn(before.splits(), [&](const v1::SplitState& split) {
           return split.status() != v1::SplitState::STATUS_REFUSED &&
                  std::find(split.versions().begin(), split.versions().end(), version) != split.versions().end();
         }) != nullptr;
}

MaybeRefusal CheckVersions(const Deciding& d, const v1::SplitCase& asked) {
  const v1::CaseState& before = d.before();
  if (Repeats(asked.versions())) return Invalid("C-split", "each fact once", "one named twice");
  for (const uint64_t version : asked.versions()) {
    // The first fact is the report that opened this case.
    if (version < 2 || version > before.version()) {
      return Invalid("C-split", StrCat("facts of this case after its report, versions 2 to ", before.version()),
                     StrCat(version));
    }
    if (IsGone(before, version)) {
      return Refuse("C-split", "a fact that is still this case's", StrCat("version ", version, ", which was split off"),
                    "Leave it out: the other case has it.");
    }
  }
  return std::nullopt;
}

MaybeRefusal CheckPeople(const Deciding& d, const v1::SplitCase& asked) {
  if (Repeats(asked.people())) return Invalid("C-split", "each person once", "one named twice");
  for (const std::string& person : asked.people()) {
    if (!ResidentId::Parse(person).ok()) return Invalid("C-split", "the ids of residents", "another text");
    if (person == d.before().main_resident_id() && person != asked.resident_id()) {
      return Invalid("C-split", "people other than the main resident, whose case this is", "the main resident");
    }
  }
  return std::nullopt;
}

MaybeRefusal CheckSplit(const Deciding& d, const v1::SplitCase& asked) {
  if (d.pack().case_type(asked.case_type()) == nullptr) {
    return Invalid("C-case-type", StrCat("a case type of policy ", d.pack().source().id()), asked.case_type());
  }
  if (!v1::Priority_IsValid(asked.priority())) return Invalid("C-priority", "P1, P2 or P3", "another");
  if (auto refusal = CheckReasonCode(asked.reason_code(), true, "a reason for splitting the case")) return refusal;
  if (asked.versions().empty() && asked.people().empty()) {
    return Invalid("C-split", "facts or people that are another matter", "neither");
  }
  if (asked.versions_size() > kSplitMax || asked.people_size() > kSplitMax) {
    return Invalid("C-split", StrCat("at most ", kSplitMax, " facts and as many people"),
                   StrCat(std::max(asked.versions_size(), asked.people_size())));
  }
  if (!asked.resident_id().empty() && !ResidentId::Parse(asked.resident_id()).ok()) {
    return Invalid("C-split", "the id of the new case's main resident", "another text");
  }
  if (!asked.subject_of_report_id().empty() && !ResidentId::Parse(asked.subject_of_report_id()).ok()) {
    return Invalid("C-split", "the id of the resident whom the new case is about", "another text");
  }
  if (d.before().links_size() >= kLinksMax) {
    return Refuse("C-limit", StrCat("at most ", kLinksMax, " links of a case"), "one more",
                  "Split one of the linked cases.");
  }
  if (d.before().splits_size() >= kSplitsMax) {
    return Refuse("C-limit", StrCat("at most ", kSplitsMax, " splits of a case"), "one more",
                  "Open another case and link it.");
  }
  if (auto refusal = CheckVersions(d, asked)) return refusal;
  return CheckPeople(d, asked);
}

// When the earliest of the facts happened; if none is named, since when anyone knew of the case. A split must not win
// time: the new case's clocks count from here.
absl::Time AwareOf(const Deciding& d, const v1::SplitCase& asked) {
  const absl::Time known = ToTime(d.before().aware_at());
  if (asked.versions().empty() || d.context().lines == nullptr) return known;
  absl::Time earliest = absl::InfiniteFuture();
  uint64_t version = d.before().version();
  d.context().lines->NewestFirst([&](const FactLine& line) {
    if (line.event->derived()) return true;
    if (std::find(asked.versions().begin(), asked.versions().end(), version) != asked.versions().end()) {
      earliest = std::min(earliest, line.occurred_at);
    }
    return --version > 0;
  });
  return earliest == absl::InfiniteFuture() ? known : std::min(earliest, d.when());
}

v1::Event& Derived(Deciding& d) {
  v1::Event& event = d.Fact(false);
  event.set_derived(true);
  return event;
}

void AddLink(v1::Event& event, std::string_view other, std::string_view relation, bool confirmed) {
  event.mutable_case_linked()->set_other_case_id(std::string(other));
  event.mutable_case_linked()->set_relation(std::string(relation));
  event.mutable_case_linked()->set_confirmed(confirmed);
}

// Word to the case this one comes from.
void TellOpen(Deciding& d, const std::string& from_case_id) {
  CaseAccepted::Send send;
  send.to_case_id = from_case_id;
  send.command.mutable_note_split()->set_new_case_id(std::string(d.context().case_id));
  d.Send(std::move(send));
}

void AskToOpen(Deciding& d, const v1::SplitCase& asked, const std::string& resident_id, const CaseId& id) {
  const v1::CaseState& before = d.before();
  CaseAccepted::Send send;
  send.to_case_id = id.string();
  send.command.set_resident_id(resident_id);
  send.command.set_channel(d.command().channel());
  v1::OpenSplit& open = *send.command.mutable_open_split();
  open.set_from_case_id(before.case_id());
  *open.mutable_versions() = asked.versions();
  *open.mutable_people() = asked.people();
  open.set_reason_code(asked.reason_code());
  v1::ReportCase& report = *open.mutable_report();
  report.set_case_type(asked.case_type());
  report.set_pack_id(before.pack_id());
  report.set_priority(asked.priority());
  report.set_received_by(before.received_by());
  report.set_anonymous(before.anonymous());
  report.set_subject_of_report_id(asked.subject_of_report_id());
  report.set_region(before.region());
  // Where the one lives and who spoke for them is nothing that the case of another may show: perhaps the very person
  // they are afraid of. Then the case's own resident reports, as in any report that names nobody.
  if (resident_id == before.main_resident_id()) {
    report.set_reporter_id(before.reporter_id());
    report.set_area(before.area());
    report.set_uprn(before.uprn());
  }
  report.set_threat_to_life(before.threat_to_life());
  if (asked.has_account()) *report.mutable_account() = asked.account();
  SetTimestamp(AwareOf(d, asked), report.mutable_aware_at());
  d.Send(std::move(send));
}

}  // namespace

// First step: this case says what it gives away, and asks for the new one to be opened where its resident is at home.
MaybeRefusal Split(Deciding& d, const v1::SplitCase& asked) {
  if (auto refusal = CheckSplit(d, asked)) return refusal;
  const std::string& resident_id = asked.resident_id().empty() ? d.before().main_resident_id() : asked.resident_id();
  const absl::StatusOr<ResidentId> resident = ResidentId::Parse(resident_id);
  if (!resident.ok()) return Invalid("C-split", "the id of the new case's main resident", "none");
  // No command id has a '/': a report can never be given the same id.
  const CaseId id = DeriveCaseId(d.context().hasher, resident->partition(), d.actor().id(),
                                 StrCat(d.command().command_id(), "/split"));
  v1::CaseSplit& e = *d.Fact(true).mutable_case_split();
  e.set_new_case_id(id.string());
  e.set_case_type(asked.case_type());
  *e.mutable_versions() = asked.versions();
  *e.mutable_people() = asked.people();
  e.set_reason_code(asked.reason_code());
  AddLink(d.Fact(false), id.string(), kSplitTo, /*confirmed=*/false);
  AskToOpen(d, asked, resident->string(), id);
  if (d.before().importing()) {
    return Refuse("C-importing", "a case that is not under import", "one that is", "Finish the import first.");
  }
  return std::nullopt;
}

// Second step, at the new case's home: it opens under the newest version of the policy, and says so.
MaybeRefusal OpenSplit(Deciding& d, const v1::OpenSplit& asked) {
  if (d.exists()) {
    return Refuse("C-exists", "a case that has not been reported", StrCat("case ", d.before().case_id()),
                  "Nothing: it is open.");
  }
  const v1::CaseType* type = d.pack().case_type(asked.report().case_type());
  if (type == nullptr) {
    return Refuse("C-case-type", StrCat("a case type of policy ", d.pack().source().id(), " as it is now"),
                  asked.report().case_type(), "Split the case under a type that the newest version has.");
  }
  AddReportFact(d, asked.report(), *type, ToTime(asked.report().aware_at()));
  v1::CaseSplitFrom& e = *Derived(d).mutable_case_split_from();
  e.set_from_case_id(asked.from_case_id());
  *e.mutable_versions() = asked.versions();
  *e.mutable_people() = asked.people();
  e.set_reason_code(asked.reason_code());
  AddLink(Derived(d), asked.from_case_id(), kSplitFrom, /*confirmed=*/true);
  TellOpen(d, asked.from_case_id());
  return std::nullopt;
}

// The answer, to the case it comes from.
MaybeRefusal NoteSplit(Deciding& d, const v1::NoteSplit& asked) {
  const bool waits =
      FindIn(d.before().splits(), [&](const v1::SplitState& one) {
        return one.new_case_id() == asked.new_case_id() && one.status() == v1::SplitState::STATUS_HALF_DONE;
      }) != nullptr;
  if (!waits) return std::nullopt;
  if (asked.refused_by().empty()) {
    Derived(d).mutable_split_confirmed()->set_new_case_id(asked.new_case_id());
    AddLink(Derived(d), asked.new_case_id(), kSplitTo, /*confirmed=*/true);
  } else {
    v1::SplitRefused& e = *Derived(d).mutable_split_refused();
    e.set_new_case_id(asked.new_case_id());
    e.set_rule(asked.refused_by());
  }
  return std::nullopt;
}

// The case stays at home; whoever reads it is led to the entry that goes on.
MaybeRefusal NoteResidentMerged(Deciding& d, const v1::NoteResidentMerged& asked) {
  if (d.before().survivor_id() == asked.survivor_id()) return std::nullopt;
  v1::MainResidentMerged& e = *Derived(d).mutable_main_resident_merged();
  e.set_resident_id(asked.resident_id());
  e.set_survivor_id(asked.survivor_id());
  return std::nullopt;
}

}  // namespace caseward::verbs
