// The program: the command line in services/cli. What needs storage reaches it through services/wiring.h and
// services/offline.h.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/cli/program.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of that write, not the end of the process
  // Debian builds Abseil with its search for lock cycles on: every lock that gRPC takes would pass through one graph.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const caseward::cli::Streams streams{std::cin, std::cout, std::cerr, isatty(STDERR_FILENO) == 1};
    return caseward::cli::RunProgram(arguments, streams);
  } catch (const std::exception& error) {
    std::cerr << "caseward: " << error.what() << "\n";
    return 1;
  }
}
