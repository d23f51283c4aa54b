// What a search over a pack's model tries: the commands of its examples, each by whoever gives it there, the three that
// closing needs by everybody, and waiting. And the stories that the examples tell with them.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "caseward/v1/commands.pb.h"
#include "caseward/v1/policy.pb.h"
#include "services/packs/example_play.h"

namespace caseward {

struct Move {
  std::string says;  // "mo triage"
  v1::Command command;
  v1::Actor actor;
  const v1::StaffState* staff = nullptr;
  bool wait = false;  // to where the next clock warns or falls due
};

// The names that rules on the way to closing look at, by themselves or through a flag: steps without one of these lead
// nowhere that the search looks.
std::set<std::string> NamesOnTheWayToClosing(const v1::Pack& pack);

// Indexes of moves. What the search has no move for (a step that does not matter) is left out.
using Story = std::vector<size_t>;

class Moves {
 public:
  // Both outlive it.
  Moves(const v1::Pack& pack, const std::set<std::string>& names);

  const Move& at(size_t index) const { return moves_[index]; }
  bool IsReport(size_t index) const { return moves_[index].command.has_report_case(); }
  size_t size() const { return moves_.size(); }
  size_t wait() const { return wait_; }
  // Of every scenario and example, as far as it can be made; each once.
  const std::set<Story>& stories() const { return stories_; }
  const PreparedExamples& prepared() const { return prepared_; }

 private:
  // What a scenario tells, with what it begins with; -1: nothing yet.
  Story StoryOf(int scenario);
  void AddClosing(const v1::Pack& pack);
  void AddBy(const v1::ExampleActor& person, const v1::Command& command);
  void AddAll(const std::vector<PreparedStep>& steps, Story& story);
  // Its index, and whether it is one of the search's.
  std::pair<size_t, bool> Add(const v1::Command& command, const v1::Actor& actor, const v1::StaffState* staff);

  const std::set<std::string>& names_;
  const PreparedExamples prepared_;
  const StaffOf staff_of_;
  std::map<std::string, size_t> seen_;
  std::map<int, Story> told_;  // by scenario
  std::vector<Move> moves_;
  size_t wait_ = 0;
  std::set<Story> stories_;
};

}  // namespace caseward
