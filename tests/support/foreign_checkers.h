// Checkers that share no code with the program: what they are given, and what they say.
#pragma once

#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/program_under_test.h"
#include "tests/support/temp_folder.h"

namespace caseward::test {

struct Verdict {
  int exit = -1;
  std::string said;
};

inline Verdict RunCommand(const std::string& command) {
  Verdict out;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  CHECK(pipe != nullptr);
  char buffer[4096];
  for (size_t n = 0; (n = ::fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
    out.said.append(buffer, n);
  const int status = ::pclose(pipe);
  out.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

// tests/kafka/check: the log holds each acknowledged command once and where its outcome said, without a gap, nothing of
// it by a stale term; and its feed, if it has one, tells the same. `actor` has asked for all of them.
inline void CheckLogInKafka(const std::string& broker, const std::string& prefix,
                            const std::map<std::string, Acknowledged>& acknowledged, const std::string& actor = "mo") {
  const TempFolder folder;
  const std::string ledger = folder / "ledger.jsonl";
  {
    std::ofstream out(ledger);
    for (const auto& [id, at] : acknowledged) {
      out << R"({"actor": ")" << actor << R"(", "command_id": ")" << id << R"(", "partition": )" << at.partition
          << R"(, "sequence": )" << at.sequence << "}\n";
    }
    ASSERT_TRUE(out.flush().good());
  }
  const Verdict verdict =
      RunCommand(std::string(CASEWARD_SOURCE) + "/tests/kafka/check/check.sh check_log.py --broker " + broker +
                 " --prefix " + prefix + " --ledger " + ledger);
  EXPECT_EQ(verdict.exit, 0) << verdict.said;
  std::printf("check_log: %s", verdict.said.c_str());
}

}  // namespace caseward::test
