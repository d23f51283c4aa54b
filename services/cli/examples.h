// Every example that help shows, in one table. tests/integration/cli/help_examples_test.cc runs them from top to bottom
// against one server, so an example that stops working stops the build. The order therefore tells a story: publish,
// register, submit, look, import, check the log, back up.
#pragma once

#include <string_view>

#include "absl/types/span.h"

namespace caseward::cli {

struct HelpExample {
  std::string_view verb;  // "case show"
  std::string_view says;
  std::string_view line;
  int exit = 0;
  // For verbs that work on a data folder no server uses: run once the server has stopped.
  bool once_stopped = false;
};

absl::Span<const HelpExample> HelpExamples();

}  // namespace caseward::cli
