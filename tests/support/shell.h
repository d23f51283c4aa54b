// What a command prints.
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace caseward {

// Its standard output; a failure of the test if it does not end with 0.
inline std::string OutputOf(const std::string& command) {
  std::string out;
  FILE* const pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) {
    ADD_FAILURE() << "cannot run: " << command;
    return out;
  }
  char buffer[4096];
  for (size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.append(buffer, got);
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << "\n" << out;
  return out;
}

}  // namespace caseward
