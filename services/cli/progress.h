// Progress of long work at a terminal: after two seconds, then ten times a second, one line with what is done, the rate
// and an estimate of what is left. Elsewhere (a pipe, a log file) it is silent.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace caseward::cli {

class Progress {
 public:
  // `unit` as in "1,200 commands".
  Progress(std::ostream& err, bool terminal, std::string unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `of` 0: not known. When things done and what is left are counted differently (commands and bytes of a file), say
  // the share that is done instead.
  void Update(uint64_t done, uint64_t of);
  void UpdateShare(uint64_t done, double share);
  // Ends the line.
  void Finish();

  absl::Duration elapsed() const;
  // "4,812 commands in 1.3 s (3,700/s)".
  static std::string Summary(uint64_t done, const std::string& unit, absl::Duration took);

 private:
  std::ostream& err_;
  const bool terminal_;
  const std::string unit_;
  const absl::Time began_;
  absl::Time last_shown_;
  bool shown_ = false;
};

// 1234567 → "1,234,567".
std::string WithCommas(uint64_t number);

}  // namespace caseward::cli
