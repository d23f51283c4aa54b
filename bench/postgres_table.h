// A plain PostgreSQL event table, written by hand, in a cluster of its own: what a team would build first. The cluster
// and the case that pgbench plays on it are in bench/postgres/; this runs them and reads what they say.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/callers.h"

namespace caseward::bench {

class PostgresTable {
 public:
  // Makes and starts a cluster in `folder`, which is not there yet. If Debian's server is not installed, says so.
  static absl::StatusOr<std::unique_ptr<PostgresTable>> Start(const std::string& folder);
  // Stops the server and removes the folder.
  ~PostgresTable();
  PostgresTable(const PostgresTable&) = delete;
  PostgresTable& operator=(const PostgresTable&) = delete;

  // The case, played by so many connections; counted as RunCallers counts. Every command counted is in the table.
  absl::StatusOr<CallsResult> Run(size_t callers, absl::Duration warm_up, absl::Duration duration);

 private:
  explicit PostgresTable(std::string folder) : folder_(std::move(folder)) {}
  const std::string folder_;
};

}  // namespace caseward::bench
