// Every example that help shows is run, from the first to the last, against one server.
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/text.h"
#include "services/cli/examples.h"
#include "tests/integration/cli/cli_fixture.h"

namespace caseward {
namespace {

using HelpExamples = CliTest;

Ran RunExample(const cli::HelpExample& example) {
  std::vector<std::string> words = SplitCommandLine(std::string(example.line));
  EXPECT_EQ(words.front(), "caseward") << example.line;
  words.erase(words.begin());
  return RunCli(words);
}

// A reference is claimed in a partition of its own, a moment after the case it names is opened.
void WaitForReference(const std::string& reference) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (RunCli({"case", "show", reference}).exit != 0) {
    ASSERT_LT(absl::Now(), deadline) << reference << " was not found within 30 s";
    std::this_thread::yield();
  }
}

TEST_F(HelpExamples, AllWork) {
  StartServer();
  ASSERT_FALSE(HasFatalFailure());
  for (const cli::HelpExample& example : cli::HelpExamples()) {
    if (example.verb == "serve") continue;     // ServeTest runs it
    if (example.verb == "log copy") continue;  // tests/kafka/program runs it, beside a broker
    if (example.once_stopped) StopServer();
    const Ran ran = RunExample(example);
    EXPECT_EQ(ran.exit, example.exit) << example.line << "\n" << ran.out << ran.err;
    if (example.verb == "submit") WaitForReference("d365:INC-1042");
  }
}

TEST_F(HelpExamples, EveryVerbHasOneAndShowsIt) {
  const Ran all = RunCli({"--help-all"});
  EXPECT_EQ(all.exit, 0);
  for (const cli::HelpExample& example : cli::HelpExamples()) {
    std::vector<std::string> words = SplitCommandLine(std::string(example.verb));
    words.emplace_back("--help");
    const Ran help = RunCli(words);
    EXPECT_EQ(help.exit, 0) << example.verb;
    EXPECT_TRUE(absl::StrContains(help.out, AbslText(example.line))) << example.verb << "\n" << help.out;
  }
}

}  // namespace
}  // namespace caseward
