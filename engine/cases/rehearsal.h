// A case played through in memory: commands at given times, clocks firing in order between them. Worked examples,
// policy tests and tables of decisions run on it; it calls the same Decide and Evolve as the partition loop.
//
// A copy goes on from where the rehearsal stands, by itself; it shares what has happened so far, which never changes,
// so that thousands of stories that begin alike cost little.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/cases/decide.h"

namespace caseward {

class Rehearsal {
 public:
  // All outlive the rehearsal.
  struct Stage {
    const CompiledPack& pack;
    const WorkingCalendar& calendar;
    const Hasher& hasher;
    // Empty: agencies are taken at their word.
    AgencyOf agency_of = nullptr;
    StaffOf staff_of = nullptr;
    LoadOf load_of = nullptr;
  };
  explicit Rehearsal(Stage stage) : stage_(std::move(stage)) {}

  // Fires the clocks due before `now`, then decides. At one instant facts come before timers. Times never go back: a
  // clock that was due before it was recorded fires at the time of the last decision.
  CaseVerdict Submit(const v1::Command& command, const v1::Actor& actor, absl::Time now,
                     const v1::StaffState* staff = nullptr);
  // Fires the clocks due at or before `now`.
  void AdvanceTo(absl::Time now);
  // What the main resident told us, for conditions that look at it.
  void SetResident(v1::ResidentState resident) { resident_ = std::move(resident); }

  bool opened() const { return state_ != nullptr; }
  // Only once opened.
  const v1::CaseState& state() const { return *state_; }
  // All events so far, in order.
  using History = std::vector<std::shared_ptr<const v1::Event>>;
  const History& history() const { return history_; }
  // How many of them the last Submit or AdvanceTo gave.
  size_t last_events() const { return last_events_; }

 private:
  class Lines;
  struct Line {
    std::shared_ptr<const v1::Event> event;  // without words; the history's own where it has none
    absl::Time recorded_at;
    std::string actor_id;
  };
  // Fires the earliest clock edge before `limit` (or at it, if `also_at`); false if there is none.
  bool FireNext(absl::Time limit, bool also_at);
  CaseVerdict Run(const v1::Command& command, const v1::Actor& actor, absl::Time now, const v1::StaffState* staff);

  Stage stage_;
  std::shared_ptr<const v1::CaseState> state_;
  std::optional<v1::ResidentState> resident_;
  std::vector<Line> lines_;
  absl::Time last_now_ = absl::InfinitePast();
  History history_;
  size_t last_events_ = 0;
};

}  // namespace caseward
