// Takes one XES log in: traces become commands, commands are conducted, and once a case is in, its clocks are read back
// and counted as they stood at the moment the import reaches.
//
//   ReadXes pushes traces ─▶ a batch of cases ─▶ Conductor ─▶ the clocks of the batch ─▶ one tally a case, in the log's
//   order
//
// Memory holds one batch, whatever the file's size. A case of very many events spans several batches: its clocks are
// read back after the last.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "services/cli/conductor.h"
#include "services/cli/session.h"
#include "services/import/importer.h"

namespace caseward::cli {

// Rounds of one clock of a case, as they stood at the moment the import reaches.
struct ClockTally {
  uint64_t met = 0;
  uint64_t breached = 0;
};

// What came of one case.
struct CaseTally {
  std::string reference;
  std::string case_id;
  v1::Position position;  // of its last decision
  uint64_t events = 0;
  uint64_t met = 0;
  uint64_t breached = 0;
  uint64_t historical = 0;
  uint64_t refused = 0;
  uint64_t faults = 0;
  uint64_t hand_overs = 0;  // accepted by whom they were meant for
  uint64_t pauses = 0;
  std::map<std::string, ClockTally> clocks;
  bool replayed = false;
  bool ended = false;  // all of its trace has been read
  const char* verdict() const { return breached > 0 ? "breached" : met > 0 ? "met" : "running"; }
};

struct ImportTotals {
  uint64_t cases = 0, events = 0, commands = 0, met = 0, breached = 0, running = 0;
  uint64_t historical = 0, refused = 0, faults = 0, replayed = 0, without_time = 0, unreadable = 0, stray = 0;
  uint64_t out_of_order = 0, hand_overs = 0, pauses = 0;
  // The first thing that went wrong, in words.
  std::string first_trouble;
};

class XesImport {
 public:
  XesImport(Session& session, XesMap map, absl::Time up_to)
      : session_(session), map_(std::move(map)), up_to_(up_to), importer_(map_, up_to) {}

  // `limit` 0: all traces. Each case's tally goes to the session's output if it writes JSON.
  absl::Status Run(ByteSource& source, const XesReadOptions& options, uint64_t limit, uint64_t expected_events);
  const ImportTotals& totals() const { return totals_; }

 private:
  void Add(const XesLogHeader& header, const XesTrace& trace);
  absl::Status Drain(class Progress& progress, uint64_t expected_events);
  void Settle(const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer);
  void JudgeBatch();
  ClockTally JudgeClock(const v1::ClockState& clock) const;
  void Judge(const absl::StatusOr<v1::GetCaseResponse>& read, CaseTally& tally);
  void Finish(const CaseTally& tally);
  void Trouble(const std::string& what);

  Session& session_;
  const XesMap map_;
  const absl::Time up_to_;
  Importer importer_;
  // The trace whose parts are coming cannot be a case: the rest of it is left out as well.
  bool leave_out_ = false;
  ImportTotals totals_;
  std::deque<Conducted> ready_;   // commands of the batch that have not been handed out
  std::vector<CaseTally> batch_;  // its cases; a command's tag is its case's place here
};

}  // namespace caseward::cli
