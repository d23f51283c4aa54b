// What a pack says of caseloads: what may be wrong with it, what a case weighs, how much a role may carry.
#include <algorithm>
#include <set>

#include "engine/policy/pack_checks.h"

namespace caseward {
namespace {

void CheckWeights(const PackNames& names, PackProblems& problems) {
  const auto& weights = names.pack.caseload().weights();
  if (weights.size() > kLoadLinesMax) {
    problems.Add("caseload.weights", StrCat("at most ", kLoadLinesMax), StrCat(weights.size()));
  }
  bool fits_all = false;
  for (int i = 0; i < weights.size(); ++i) {
    const v1::LoadWeight& line = weights[i];
    const std::string path = Indexed("caseload", "weights", i);
    if (line.weight() < 1 || line.weight() > kLoadWeightMax) {
      problems.Add(path + ".weight", StrCat("1 to ", kLoadWeightMax), StrCat(line.weight()));
    }
    for (int n = 0; n < line.case_types_size(); ++n) {
      if (names.case_types.contains(line.case_types(n))) continue;
      problems.UnknownName(Indexed(path, "case_types", n), "a case type of the pack", line.case_types(n),
                           KeysOf(names.case_types));
    }
    if (fits_all) problems.Add(path, "the line that fits every case as the last", "one behind it");
    fits_all = fits_all || (line.case_types().empty() && line.priority() == v1::PRIORITY_UNSPECIFIED);
  }
}

void CheckCaps(const PackNames& names, PackProblems& problems) {
  const auto& caps = names.pack.caseload().caps();
  std::set<std::string_view> seen;
  for (int i = 0; i < caps.size(); ++i) {
    const std::string path = Indexed("caseload", "caps", i);
    if (!names.roles.contains(caps[i].role())) {
      problems.UnknownName(path + ".role", "a role of the pack", caps[i].role(), KeysOf(names.roles));
    } else if (!seen.insert(caps[i].role()).second) {
      problems.Add(path + ".role", "each role once", StrCat(Quoted(caps[i].role()), " a second time"));
    }
    if (caps[i].at_most() < 1 || caps[i].at_most() > kLoadCapMax) {
      problems.Add(path + ".at_most", StrCat("1 to ", kLoadCapMax), StrCat(caps[i].at_most()));
    }
  }
}

}  // namespace

void CheckCaseload(const PackNames& names, PackProblems& problems) {
  if (!names.pack.has_caseload()) return;
  const v1::Caseload& caseload = names.pack.caseload();
  if (caseload.clause().empty()) problems.Add("caseload.clause", "the clause it comes from", "none");
  if (caseload.provenance() == v1::PROVENANCE_UNSPECIFIED) {
    problems.Add("caseload.provenance", "LAW, CODE, REG, SECTOR, SEED or OURS", "none");
  }
  CheckWeights(names, problems);
  CheckCaps(names, problems);
}

uint32_t CompiledPack::WeightOf(std::string_view case_type, v1::Priority priority) const {
  if (!source_.has_caseload()) return 0;
  for (const v1::LoadWeight& line : source_.caseload().weights()) {
    if (line.priority() != v1::PRIORITY_UNSPECIFIED && line.priority() != priority) continue;
    if (AppliesTo(line.case_types(), case_type)) return line.weight();
  }
  return 1;
}

uint32_t CompiledPack::CapOf(const google::protobuf::RepeatedPtrField<std::string>& roles) const {
  uint32_t highest = 0;
  for (const v1::LoadCap& cap : source_.caseload().caps()) {
    if (std::find(roles.begin(), roles.end(), cap.role()) != roles.end()) highest = std::max(highest, cap.at_most());
  }
  return highest;
}

}  // namespace caseward
