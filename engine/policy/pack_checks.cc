#include "engine/policy/pack_checks.h"

#include <algorithm>
#include <set>

#include "engine/base/time.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

constexpr size_t kIdMax = 64;

bool IsLowerId(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}
bool IsFreeId(std::string_view id) {
  return !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '@';
  });
}

// Ids of one list: their form, and each only once.
template <typename List, typename Id>
void CheckList(const List& list, const std::string& path, bool lower, PackProblems& problems, Id id_of,
               std::string_view key = "id") {
  std::set<std::string_view> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string_view id = id_of(list[i]);
    const std::string at = StrCat(path, "[", i, "].", key);
    if (!(lower ? IsLowerId(id) : IsFreeId(id))) {
      problems.Add(at, lower ? "1 to 64 characters of [a-z0-9_]" : "1 to 64 characters of [A-Za-z0-9_.@-]", Quoted(id));
    } else if (!seen.insert(id).second) {
      problems.Add(at, "an id used once", StrCat(Quoted(id), " a second time"));
    }
  }
}

// Ids that may be used again for other case types.
template <typename List, typename Id>
void CheckListByType(const List& list, const std::string& path, const PackNames& names, PackProblems& problems,
                     Id id_of, std::string_view key = "id") {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string_view id = id_of(list[i]);
    const std::string at = StrCat(path, "[", i, "].", key);
    if (!IsFreeId(id)) problems.Add(at, "1 to 64 characters of [A-Za-z0-9_.@-]", Quoted(id));
    bool again = false;
    for (const std::string_view type : names.TypesOf(list[i].case_types()))
      again |= !seen.emplace(id, type).second;
    if (again) problems.Add(at, "an id used once for a case type", StrCat(Quoted(id), " a second time"));
  }
}

// Names that stand alone in a list. A forgotten dash makes one of two, with a space in it.
void CheckNames(const IdList& list, std::string_view path, PackProblems& problems) {
  std::set<std::string_view> seen;
  for (int i = 0; i < list.size(); ++i) {
    const std::string at = StrCat(path, "[", i, "]");
    if (!IsLowerId(list[i]))
      problems.Add(at, "1 to 64 characters of [a-z0-9_]; an item of a list begins with a dash", Quoted(list[i]));
    else if (!seen.insert(list[i]).second)
      problems.Add(at, "a name used once", StrCat(Quoted(list[i]), " a second time"));
  }
}

template <typename List>
void CheckCaseTypes(const List& list, const std::string& path, const PackNames& names, PackProblems& problems) {
  for (int i = 0; i < list.size(); ++i) {
    for (int n = 0; n < list[i].case_types_size(); ++n) {
      if (names.case_types.contains(list[i].case_types(n))) continue;
      problems.UnknownName(StrCat(path, "[", i, "].case_types[", n, "]"), "a case type of the pack",
                           list[i].case_types(n), KeysOf(names.case_types));
    }
  }
}

template <typename Thing>
void CheckSource(const Thing& thing, const std::string& path, PackProblems& problems) {
  if (thing.clause().empty()) problems.Add(path + ".clause", "the clause it comes from", "none");
  if (thing.provenance() == v1::PROVENANCE_UNSPECIFIED) {
    problems.Add(path + ".provenance", "LAW, CODE, REG, SECTOR, SEED or OURS", "none");
  }
}

void CheckRoles(const IdList& roles, const std::string& path, const PackNames& names, PackProblems& problems) {
  for (int i = 0; i < roles.size(); ++i) {
    if (!names.roles.contains(roles[i])) {
      problems.UnknownName(StrCat(path, "[", i, "]"), "a role of the pack", roles[i], KeysOf(names.roles));
    }
  }
}

// Names that a declared field may not have: tests would take them for something else.
bool HidesAnother(const v1::StepType& step, const std::string& field) {
  if (step.id() == "report") return v1::CaseReported::descriptor()->FindFieldByName(field) != nullptr;
  if (step.id() == "triage") return v1::CaseTriaged::descriptor()->FindFieldByName(field) != nullptr;
  static constexpr std::string_view kKeys[] = {"step", "fields", "channel", "within", "since", "where"};
  return std::find(std::begin(kKeys), std::end(kKeys), field) != std::end(kKeys);
}

void CheckField(const v1::StepType& step, const v1::FieldType& field, const std::string& path, PackProblems& problems) {
  if (HidesAnother(step, field.id())) {
    problems.Add(path + ".id", StrCat("a name that ", step.id(), " does not have by itself"), Quoted(field.id()));
  }
  if (field.type() == v1::FieldType::TYPE_UNSPECIFIED) {
    problems.Add(path + ".type", "bool, number, code, time, ref or words", "none");
    return;
  }
  const bool is_code = field.type() == v1::FieldType::TYPE_CODE;
  const bool is_words = field.type() == v1::FieldType::TYPE_WORDS;
  const bool is_number = field.type() == v1::FieldType::TYPE_NUMBER;
  if (is_code != !field.options().empty()) {
    problems.Add(path + ".options", is_code ? "at least one option" : "options only for a field of type code",
                 is_code ? "none" : "options");
  }
  const std::set<std::string_view> options(field.options().begin(), field.options().end());
  if (options.size() != static_cast<size_t>(field.options_size())) {
    problems.Add(path + ".options", "each option once", "one twice");
  }
  if ((field.has_at_least() || field.has_at_most()) && !is_number) {
    problems.Add(path, "at_least and at_most only for a number", "them");
  }
  if (field.has_at_least() && field.has_at_most() && field.at_least() > field.at_most()) {
    problems.Add(path + ".at_most", StrCat("at least ", field.at_least()), StrCat(field.at_most()));
  }
  // Codes and dates may be more than internal too: what a strand of hate says is special though it is no text.
  if (field.data_class() == v1::DATA_CLASS_UNSPECIFIED) {
    problems.Add(path + ".data_class", "internal, personal, special or safe_contact", "none");
  } else if (is_words && field.data_class() == v1::DATA_CLASS_INTERNAL) {
    problems.Add(path + ".data_class", "personal, special or safe_contact, for words", "internal");
  }
}

void CheckSigners(const v1::SignOffType& type, const std::string& path, const PackNames& names,
                  PackProblems& problems) {
  if (type.signers().empty()) problems.Add(path + ".signers", "at least one signer", "none");
  for (int n = 0; n < type.signers_size(); ++n) {
    const std::string at = Indexed(path, "signers", n);
    if (type.signers(n).roles().empty()) problems.Add(at + ".roles", "at least one role", "none");
    CheckRoles(type.signers(n).roles(), at + ".roles", names, problems);
    if (n > 0 && !type.signers(n - 1).has_when()) {
      problems.Add(at, "a signer that can be reached", "one after a signer without `when`");
    }
  }
  for (int n = 0; n < type.separate_from_size(); ++n) {
    const std::string& who = type.separate_from(n);
    if (who == "owner" || who == "proposer") continue;
    problems.UnknownName(Indexed(path, "separate_from", n), "owner or proposer", who, {"owner", "proposer"});
  }
  if (type.checklist().empty()) return;
  const auto lists = names.checklists.find(type.checklist());
  if (lists == names.checklists.end()) {
    problems.UnknownName(path + ".checklist", "a checklist of the pack", type.checklist(), KeysOf(names.checklists));
    return;
  }
  for (const std::string_view case_type : names.TypesOf(type.case_types())) {
    const bool covered = std::any_of(lists->second.begin(), lists->second.end(), [&](const v1::Checklist* list) {
      return AppliesTo(list->case_types(), case_type);
    });
    if (!covered) {
      problems.Add(path + ".checklist",
                   StrCat("a checklist that applies to case type ", Quoted(case_type), " as this does"),
                   StrCat(Quoted(type.checklist()), ", which does not; narrow this with case_types"));
    }
  }
}

// The checklists that a condition asks for, by itself or through a sign-off.
void AddChecklistsOf(const v1::Condition& condition, const PackNames& names, std::vector<std::string>& out) {
  if (condition.has_not_()) AddChecklistsOf(condition.not_(), names, out);
  for (const auto& one : condition.all().of())
    AddChecklistsOf(one, names, out);
  for (const auto& one : condition.any().of())
    AddChecklistsOf(one, names, out);
  if (condition.kind_case() == v1::Condition::kChecklist) out.push_back(condition.checklist());
  if (condition.kind_case() != v1::Condition::kSignOff) return;
  const auto types = names.sign_offs.find(condition.sign_off().subject());
  if (types == names.sign_offs.end()) return;
  for (const v1::SignOffType* type : types->second) {
    if (!type->checklist().empty()) out.push_back(type->checklist());
  }
}

}  // namespace

void CheckIds(const PackNames& names, PackProblems& problems) {
  const v1::Pack& pack = names.pack;
  const auto id = [](const auto& one) -> std::string_view { return one.id(); };
  if (!IsLowerId(pack.id())) problems.Add("id", "1 to 64 characters of [a-z0-9_]", Quoted(pack.id()));
  if (pack.calendar().empty()) problems.Add("calendar", "the id of a working-time calendar", "none");
  if (pack.case_types().empty()) problems.Add("case_types", "at least one case type", "none");
  if (pack.rules_size() > kRulesMax)
    problems.Add("rules", StrCat("at most ", kRulesMax, " rules"), StrCat(pack.rules_size()));
  CheckList(pack.roles(), "roles", true, problems, id);
  CheckList(pack.case_types(), "case_types", true, problems, id);
  CheckList(pack.steps(), "steps", true, problems, id);
  CheckList(pack.flags(), "flags", true, problems, id);
  CheckList(pack.priorities(), "priorities", false, problems, id);
  CheckList(pack.clocks(), "clocks", true, problems, id);
  CheckList(pack.alerts(), "alerts", true, problems, id);
  CheckList(pack.variances(), "variances", true, problems, id);
  CheckList(pack.people(), "people", false, problems, id);
  CheckList(pack.scenarios(), "scenarios", false, problems, id);
  CheckList(pack.agencies(), "agencies", true, problems, id);
  CheckList(pack.agreements(), "agreements", true, problems, id);
  CheckListByType(pack.rules(), "rules", names, problems, id);
  CheckListByType(pack.checklists(), "checklists", names, problems, id);
  CheckListByType(
      pack.sign_offs(), "sign_offs", names, problems, [](const auto& one) -> std::string_view { return one.subject(); },
      "subject");
  for (int i = 0; i < pack.steps_size(); ++i) {
    CheckList(pack.steps(i).fields(), Indexed("", "steps", i) + ".fields", true, problems, id);
  }
  for (int i = 0; i < pack.checklists_size(); ++i) {
    CheckList(pack.checklists(i).items(), Indexed("", "checklists", i) + ".items", false, problems, id);
  }
  CheckNames(pack.closing_reasons(), "closing_reasons", problems);
  CheckNames(pack.handover_items(), "handover_items", problems);
  CheckCaseTypes(pack.steps(), "steps", names, problems);
  CheckCaseTypes(pack.clocks(), "clocks", names, problems);
  CheckCaseTypes(pack.rules(), "rules", names, problems);
  CheckCaseTypes(pack.checklists(), "checklists", names, problems);
  CheckCaseTypes(pack.sign_offs(), "sign_offs", names, problems);
  CheckCaseTypes(pack.alerts(), "alerts", names, problems);
}

void CheckSources(const PackNames& names, PackProblems& problems) {
  const v1::Pack& pack = names.pack;
  for (int i = 0; i < pack.flags_size(); ++i) {
    CheckSource(pack.flags(i), Indexed("", "flags", i), problems);
    if (pack.flags(i).set_on().empty()) {
      problems.Add(Indexed("", "flags", i) + ".set_on", "an event that sets it", "none");
    }
  }
  for (int i = 0; i < pack.priorities_size(); ++i) {
    CheckSource(pack.priorities(i), Indexed("", "priorities", i), problems);
    if (pack.priorities(i).priority() == v1::PRIORITY_UNSPECIFIED) {
      problems.Add(Indexed("", "priorities", i) + ".priority", "P1, P2 or P3", "none");
    }
  }
  for (int i = 0; i < pack.clocks_size(); ++i)
    CheckSource(pack.clocks(i), Indexed("", "clocks", i), problems);
  for (int i = 0; i < pack.rules_size(); ++i) {
    const v1::Rule& rule = pack.rules(i);
    const std::string path = Indexed("", "rules", i);
    CheckSource(rule, path, problems);
    if (rule.say().empty()) problems.Add(path + ".say", "a sentence for the person refused", "none");
    if (rule.on().empty()) problems.Add(path + ".on", "at least one verb", "none");
    if (!rule.has_when() && rule.needs().empty()) {
      problems.Add(path, "`when` or `need`", "neither: it would always refuse");
    }
  }
  for (int i = 0; i < pack.checklists_size(); ++i) {
    const v1::Checklist& list = pack.checklists(i);
    const std::string path = Indexed("", "checklists", i);
    CheckSource(list, path, problems);
    if (list.items().empty()) problems.Add(path + ".items", "at least one item", "none");
    for (int n = 0; n < list.items_size(); ++n) {
      if (list.items(n).say().empty()) {
        problems.Add(Indexed(path, "items", n) + ".say", "what is missing, in words", "none");
      }
    }
  }
  for (int i = 0; i < pack.sign_offs_size(); ++i)
    CheckSource(pack.sign_offs(i), Indexed("", "sign_offs", i), problems);
  for (int i = 0; i < pack.alerts_size(); ++i)
    CheckSource(pack.alerts(i), Indexed("", "alerts", i), problems);
}

void CheckSteps(const PackNames& names, PackProblems& problems) {
  for (int i = 0; i < names.pack.steps_size(); ++i) {
    const v1::StepType& step = names.pack.steps(i);
    const std::string path = Indexed("", "steps", i);
    if (ParseEventName(step.id()).has_value()) {
      problems.Add(path + ".id", "an id that is not an event's name", Quoted(step.id()));
    }
    CheckRoles(step.roles(), path + ".roles", names, problems);
    for (int n = 0; n < step.fields_size(); ++n) {
      CheckField(step, step.fields(n), Indexed(path, "fields", n), problems);
    }
  }
}

void CheckReferences(const PackNames& names, PackProblems& problems) {
  const v1::Pack& pack = names.pack;
  for (int i = 0; i < pack.roles_size(); ++i) {
    if (pack.roles(i).tier() == 0)
      problems.Add(Indexed("", "roles", i) + ".tier", "a tier, 1 is the front line", "none");
  }
  for (int i = 0; i < pack.sign_offs_size(); ++i) {
    CheckSigners(pack.sign_offs(i), Indexed("", "sign_offs", i), names, problems);
  }
  for (int i = 0; i < pack.alerts_size(); ++i) {
    if (!names.roles.contains(pack.alerts(i).to_role())) {
      problems.UnknownName(Indexed("", "alerts", i) + ".to_role", "a role of the pack", pack.alerts(i).to_role(),
                           KeysOf(names.roles));
    }
  }
  for (int i = 0; i < pack.rules_size(); ++i) {
    for (int n = 0; n < pack.rules(i).needs_size(); ++n) {
      CheckRoles(pack.rules(i).needs(n).by_roles(), Indexed(Indexed("", "rules", i), "needs", n) + ".by_roles", names,
                 problems);
    }
  }
}

void CheckVariances(const PackNames& names, PackProblems& problems) {
  for (int i = 0; i < names.pack.variances_size(); ++i) {
    const v1::Variance& one = names.pack.variances(i);
    const std::string path = Indexed("", "variances", i);
    CheckSource(one, path, problems);
    if (one.region().empty()) problems.Add(path + ".region", "the region it is for", "none");
    if (!names.roles.contains(one.approved_by())) {
      problems.UnknownName(path + ".approved_by", "the role of the pack that approved it", one.approved_by(),
                           KeysOf(names.roles));
    }
    if (!one.has_from()) problems.Add(path + ".from", "an instant from which it holds", "none");
    if (!one.has_until()) problems.Add(path + ".until", "an instant at which it is over", "none");
    if (!one.has_from() || !one.has_until()) continue;
    const absl::Duration lasts = ToTime(one.until()) - ToTime(one.from());
    if (lasts <= absl::ZeroDuration() || lasts > kVarianceMax) {
      problems.Add(path + ".until", "an instant after `from`, by 184 days at most",
                   StrCat(absl::ToInt64Hours(lasts) / 24, " days"));
    }
  }
}

// What may be shared at once is reviewed afterwards: without a clock nobody would be told that it was not.
void CheckSharing(const PackNames& names, PackProblems& problems) {
  const v1::Pack& pack = names.pack;
  for (int i = 0; i < pack.agreements_size(); ++i) {
    const std::string& agency = pack.agreements(i).agency();
    const bool known = std::any_of(pack.agencies().begin(), pack.agencies().end(),
                                   [&](const v1::Agency& one) { return one.id() == agency; });
    if (!known) problems.Add(Indexed("", "agreements", i) + ".agency", "one of the pack's agencies", Quoted(agency));
  }
  for (int i = 0; i < pack.emergency_bases_size(); ++i) {
    if (!IsLowerId(pack.emergency_bases(i))) {
      problems.Add(Indexed("", "emergency_bases", i), "1 to 64 characters of [a-z0-9_]",
                   Quoted(pack.emergency_bases(i)));
    }
  }
  if (pack.emergency_bases().empty()) return;
  const auto is = [](const auto& triggers, std::string_view event) {
    return std::any_of(triggers.begin(), triggers.end(),
                       [&](const v1::Trigger& trigger) { return trigger.on().event() == event; });
  };
  for (const std::string_view type : KeysOf(names.case_types)) {
    const bool reviewed = std::any_of(pack.clocks().begin(), pack.clocks().end(), [&](const v1::Clock& clock) {
      return clock.for_each() == v1::FOR_EACH_SHARING && AppliesTo(clock.case_types(), type) &&
             is(clock.starts_on(), "information_shared") && is(clock.stops_on(), "sharing_reviewed");
    });
    if (reviewed) continue;
    problems.Add("emergency_bases",
                 "a clock for_each: sharing, from information_shared to sharing_reviewed, for every case type",
                 StrCat("none for ", Quoted(type)));
  }
}

void CheckChecklistCircles(const PackNames& names, PackProblems& problems) {
  std::map<std::string, std::vector<std::string>> asks;
  for (const v1::Checklist& list : names.pack.checklists()) {
    for (const v1::ChecklistItem& item : list.items()) {
      AddChecklistsOf(item.pass(), names, asks[list.id()]);
      AddChecklistsOf(item.unless(), names, asks[list.id()]);
    }
  }
  const std::string circle = FindCircle(asks);
  if (!circle.empty()) {
    problems.Add("checklists", "no checklists that ask for one another, by themselves or through a sign-off", circle);
  }
}

}  // namespace caseward
