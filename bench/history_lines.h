// What happened in a rehearsal, for conditions that count.
#pragma once

#include <vector>

#include "engine/base/time.h"
#include "engine/policy/condition.h"

namespace caseward::bench {

class HistoryLines : public FactLines {
 public:
  explicit HistoryLines(const std::vector<v1::Event>& history) : history_(history) {}
  void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
    for (auto it = history_.rbegin(); it != history_.rend(); ++it) {
      const absl::Time at = ToTime(it->occurred_at());
      if (!line({&*it, at, at, "mo"})) return;
    }
  }

 private:
  const std::vector<v1::Event>& history_;
};

}  // namespace caseward::bench
