// What somebody asks of a case, drawn by how it stands: what its phase calls for often, what fits it sometimes, and now
// and then what does not. By the person who may, mostly.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/state.pb.h"
#include "tests/support/simulation/chance.h"
#include "tests/support/simulation/mix.h"

namespace caseward::test {

struct Asking {
  v1::Actor actor;
  v1::Command command;
};

struct CaseView {
  const v1::CaseState& state;
  absl::Time now;  // of an import, its own
  const std::vector<std::string>& cases;
  const std::vector<std::string>& residents;
};

Asking DrawCaseAsk(Dice& dice, const Mix& mix, const CaseView& view);

}  // namespace caseward::test
