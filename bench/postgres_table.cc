#include "bench/postgres_table.h"

#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace caseward::bench {
namespace {

// What the script printed; it says on standard error what went wrong.
absl::StatusOr<std::string> Cluster(const std::string& verb, const std::string& folder, const std::string& more = "") {
  const std::string command =
      absl::StrCat("bench/postgres/cluster.sh ", verb, " '", absl::StrReplaceAll(folder, {{"'", "'\\''"}}), "' ", more);
  std::FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) return absl::InternalError(absl::StrCat("cannot run ", command));
  std::string text;
  char piece[256];
  while (std::fgets(piece, sizeof piece, out) != nullptr)
    text += piece;
  const int status = pclose(out);
  if (status == 0) return text;
  return absl::FailedPreconditionError(absl::StrCat(command, " failed (", WEXITSTATUS(status), "): see above"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresTable>> PostgresTable::Start(const std::string& folder) {
  // Before starting, so that a start that fails half way is cleaned up too.
  auto table = std::unique_ptr<PostgresTable>(new PostgresTable(std::filesystem::absolute(folder).string()));
  auto started = Cluster("start", table->folder_);
  if (!started.ok()) return started.status();
  return table;
}

PostgresTable::~PostgresTable() {
  if (auto stopped = Cluster("stop", folder_); !stopped.ok()) {
    std::fprintf(stderr, "bench: %s\n", std::string(stopped.status().message()).c_str());
  }
}

absl::StatusOr<CallsResult> PostgresTable::Run(size_t callers, absl::Duration warm_up, absl::Duration duration) {
  auto said =
      Cluster("run", folder_,
              absl::StrCat(callers, " ", absl::ToInt64Milliseconds(warm_up), " ", absl::ToInt64Milliseconds(duration)));
  if (!said.ok()) return said.status();
  CallsResult result;
  std::istringstream words(*said);
  words >> result.calls >> result.per_second >> result.p50_us >> result.p99_us;
  if (!words || result.calls == 0) {
    return absl::InternalError(
        absl::StrCat("expected calls, calls a second, p50 and p99 of pgbench's log, found '", *said, "'"));
  }
  return result;
}

}  // namespace caseward::bench
