// The program as a user meets it, without a process: RunProgram with its streams in memory, against a server of its own
// on a free port, in a temporary working directory that sees policies/, docs/ and tests/ as they are in the source
// tree.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "services/cli/program.h"
#include "services/wiring.h"
#include "tests/support/temp_folder.h"

namespace caseward {

struct Ran {
  int exit = 0;
  std::string out;
  std::string err;
};

inline Ran RunCli(const std::vector<std::string>& arguments, const std::string& in = "") {
  std::istringstream input(in);
  std::ostringstream out;
  std::ostringstream err;
  const int exit = cli::RunProgram(arguments, {.in = input, .out = out, .err = err});
  return {.exit = exit, .out = out.str(), .err = err.str()};
}

// "a \"b c\" d" → a, b c, d. As a shell would for the lines help shows.
inline std::vector<std::string> SplitCommandLine(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(std::exchange(word, ""));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

class CliTest : public ::testing::Test {
 protected:
  CliTest() : source_(std::filesystem::current_path()) {
    for (const char* name : {"policies", "docs", "tests"}) {
      std::filesystem::create_directory_symlink(source_ / name, std::filesystem::path(folder_.path()) / name);
    }
    std::filesystem::current_path(folder_.path());
  }
  ~CliTest() override {
    StopServer();  // while its data folder, a relative path, still means what it meant
    std::filesystem::current_path(source_);
  }

  void StartServer(const std::string& data = "caseward-data") {
    ServeOptions options;
    options.data = data;
    options.listen = "127.0.0.1:0";
    options.partitions = 4;
    absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ::setenv("CASEWARD_SERVER", server_->info().address.c_str(), 1);
    ::setenv("CASEWARD_ACTOR", "ruth; roles=regional_manager,policy_admin; region=north", 1);
  }
  void StopServer() { server_.reset(); }

  void PublishHousing() {
    ASSERT_EQ(RunCli({"calendar", "publish", "england_and_wales"}).exit, 0);
    const Ran published = RunCli({"policy", "publish", "policies/housing"});
    ASSERT_EQ(published.exit, 0) << published.out << published.err;
  }

  TempFolder folder_;
  const std::filesystem::path source_;
  std::unique_ptr<Server> server_;
};

}  // namespace caseward
