// What `./dev test kafka` prints at its end: each fault, how often it was brought about, and whether all held. A line a
// test, in the file that CASEWARD_FAULT_REPORT names.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace caseward::test {

class FaultReport {
 public:
  explicit FaultReport(std::string fault) : fault_(std::move(fault)) {}
  ~FaultReport() {
    const char* const path = std::getenv("CASEWARD_FAULT_REPORT");
    if (path == nullptr) return;
    const bool held = !testing::Test::HasFailure() && !testing::Test::IsSkipped();
    std::ofstream(path, std::ios::app) << fault_ + "\t" + std::to_string(runs_) + "\t" +
                                              (testing::Test::IsSkipped() ? "not run"
                                               : held                     ? "holds"
                                                                          : "FAILED") +
                                              "\n";
  }
  FaultReport(const FaultReport&) = delete;
  FaultReport& operator=(const FaultReport&) = delete;
  // It was brought about once more.
  void Ran() { ++runs_; }

 private:
  const std::string fault_;
  int runs_ = 0;
};

}  // namespace caseward::test
