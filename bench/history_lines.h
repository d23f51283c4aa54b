// What happened in a rehearsal, for conditions that count.
#pragma once

#include "engine/base/time.h"
#include "engine/cases/rehearsal.h"

namespace caseward::bench {

class HistoryLines : public FactLines {
 public:
  explicit HistoryLines(const Rehearsal::History& history) : history_(history) {}
  void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
    for (auto it = history_.rbegin(); it != history_.rend(); ++it) {
      const absl::Time at = ToTime((*it)->occurred_at());
      if (!line({it->get(), at, at, "mo"})) return;
    }
  }

 private:
  const Rehearsal::History& history_;
};

}  // namespace caseward::bench
