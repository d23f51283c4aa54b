// What one seed is like: how the world is built, which misfortunes it has and how often, and what its clients ask most.
// Swarm testing: a run in which everything goes wrong at once hides what only shows when one thing does, so each seed
// leaves out about half of the misfortunes and some of the verbs, and has plenty of others.
//
//   mix partitions=3 delays=1 ... crash=20 jump=0 ... verbs=refer:4,split:0
//
// One line, printed with the seed and kept in a script (script.h).
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace caseward::test {

struct Mix {
  // ---- the world
  int partitions = 2;
  int inbox_max = 64;
  int round_max = 64;
  int cached_cases = 100;
  int cached_lines = 1000;
  int ids_kept_hours = 24 * 400;
  int intake_idle_seconds = 3600;
  int delays = 0;  // rounds wait until they are delivered
  int loads = 0;   // the pack weighs what everybody carries
  int shared = 0;  // nodes share the log, and take over from one another

  // ---- misfortunes: how many of a thousand turns; 0: none of the kind
  int crash = 0;     // a process dies between two turns, or between two hops of one
  int between = 0;   // of a hundred turns with a message under way: its sender or its receiver dies
  int lost = 0;      // 1: a crash takes what the state had not flushed
  int abort = 0;     // a round that never becomes visible
  int unknown = 0;   // a round of unknown fate
  int claim = 0;     // a claim that fails
  int inbox = 0;     // of a hundred processes that die, those whose inbox somebody empties then
  int disk = 0;      // the state cannot be written
  int second = 0;    // another node takes the partition
  int jump = 0;      // the wall clock jumps
  int topics = 0;    // the topics cannot be read
  int nonsense = 0;  // records on the topics that are none

  // ---- clients, by the hundred
  int by_topic = 0;    // of what is asked, by topic
  int retries = 0;     // of what is asked, asked again
  int imports = 0;     // of what is asked, for a case under import
  int residents = 0;   // of what is asked, about a person
  int directory = 0;   // of what is asked, of the directory
  int wrong = 0;       // of what is asked of a case, whatever its phase
  int closing = 0;     // of what is asked of a case, the next step to its end
  int cases = 5;       // how many are worked on at a time
  int year = 0;        // not by the hundred: cases of the generated year, which then is most of what is asked
  int references = 0;  // of reports and contacts, with another system's reference
  // Verbs that are asked more or less often than usual; 1: as usual.
  std::map<std::string, int> verbs;

  int WeightOf(const std::string& verb) const {
    const auto found = verbs.find(verb);
    return found == verbs.end() ? 1 : found->second;
  }
  std::string Text() const;
};

Mix DrawMix(std::mt19937_64& random);
// INVALID_ARGUMENT: what was expected and found.
absl::StatusOr<Mix> ParseMix(std::string_view text);

}  // namespace caseward::test
