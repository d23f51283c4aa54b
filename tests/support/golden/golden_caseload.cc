#include "tests/support/golden/golden_caseload.h"

namespace caseward::test {

void PlayCaseloads(GoldenScript& script) {
  v1::Command pack;
  *pack.mutable_publish_pack()->mutable_pack() = GoldenPack();
  v1::Caseload& caseload = *pack.mutable_publish_pack()->mutable_pack()->mutable_caseload();
  caseload.set_clause("Golden 9");
  caseload.set_provenance(v1::PROVENANCE_OURS);
  caseload.add_weights()->set_weight(3);
  v1::LoadCap& cap = *caseload.add_caps();
  cap.set_role("officer");
  cap.set_at_most(2);
  script.Does(pack, Pim());

  const std::string case_id = script.Opens(ask::Report("noise"), kGoldenPartitions - 1);
  v1::Command assign = ask::Assign("olu");
  assign.mutable_assign_case()->set_reason_code("knows_them");
  script.Of(case_id, assign, May());
  script.After(absl::Seconds(2));  // until the directory has heard of it
  script.Of(case_id, ask::Withdraw(), May());
  script.After(absl::Seconds(2));
}

}  // namespace caseward::test
