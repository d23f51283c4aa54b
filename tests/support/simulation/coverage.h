// What the runs of the simulator have reached: how often each verb was decided, in which phase of its case, with which
// result, and under which misfortune. A cell that is always empty is a behaviour that no law was ever tried on.
//
// phase       none, reported, open, closing, closed, withdrawn, importing; of a resident none, known, merging, merged,
//             erased; else -
// misfortune  what struck a partition last while the decision was under way: since a client first asked for it; since
//             the message that asks for it was sent, to the sender or the receiver; of a clock since the record before
//             it. "calm": nothing did.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/status.h"

namespace caseward::test {

enum class Misfortune {
  kCalm,
  kCrash,        // the process died between two turns, or between two hops
  kDropped,      // and its state was deleted
  kAborted,      // a round that never became visible
  kUnknown,      // a round of unknown fate
  kClaimFailed,  // the log refused a claim
  kDiskFull,     // the state could not be written
  kSecondOwner,  // another node took the partition
  kTakenOver,    // a node that shares the log did
  kJumped,       // the wall clock jumped
  kTopicsAway,   // the topics could not be read
  kInboxLost,    // somebody emptied the inbox
};
inline constexpr int kMisfortunes = 12;
const char* NameOf(Misfortune misfortune);

class Coverage {
 public:
  enum class Result { kAccepted, kRefused };

  void Count(std::string_view verb, std::string_view phase, Result result, Misfortune misfortune, uint64_t times = 1);
  void Add(const Coverage& other);

  // Decisions of `verb`, in every phase and under everything.
  uint64_t Of(std::string_view verb, Result result) const;
  uint64_t Under(std::string_view verb, Result result, Misfortune misfortune) const;
  // Verbs of proto/ that no decision of `result` was made of.
  std::vector<std::string> Never(Result result) const;

  // Two tables for people, verb × phase and verb × misfortune, each cell accepted/refused; then what was never reached.
  std::string Table() const;
  // Every cell, a line each: verb, phase, result, misfortune, times, with tabs between.
  std::string Cells() const;
  // Adds what Cells() wrote.
  absl::Status Read(std::string_view cells);

 private:
  using Key = std::tuple<std::string, std::string, Result, Misfortune>;
  // Counts by the part of the key that `column` gives, "accepted/refused".
  template <typename Column>
  std::string TableBy(const std::vector<std::string>& columns, Column column) const;

  std::map<Key, uint64_t> cells_;
};

}  // namespace caseward::test
