// Sends many commands over SubmitStream, pipelined, by many people, without ever overtaking.
//
//   source ─▶ [ waiting, by case ] ─▶ one stream a person ─▶ server
//                    ▲                        │
//                    └──── outcomes ◀─────────┘ ─▶ sink, in the order of the source
//
// A stream has one caller (law L13), and streams are not ordered against each other. So a command is sent when every
// earlier command of its case has been sent by the same person, or has been answered. Commands of the directory (packs,
// calendars, staff) wait for all that came before, and all that comes after waits for them.
//
// A command may name its case, another case or a resident as "@<command id>": what this report opened, or this
// registration made. It waits for that outcome; if there never was one, it is not sent and its answer is
// FAILED_PRECONDITION.
//
// Bounds   at most kInFlightMax commands sent and not answered, and kWaitingMax read and not sent; then the source
//          waits.
// Failure  a fault of one command (malformed, unknown case) is that command's answer. A fault of the server ends the
//          run after what is in flight has been answered. Running the same commands again is safe: each command id
//          gives its first outcome.
// Threads  Run uses the caller's, and one for each person; source and sink run on the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/decision.pb.h"
#include "services/cli/client.h"

namespace caseward::cli {

inline constexpr size_t kInFlightMax = 2048;
inline constexpr size_t kWaitingMax = 65'536;

struct Conducted {
  std::string actor;  // as in the caller's header; empty: the program's own
  v1::Command command;
  // Of use to the sink; not sent.
  uint64_t tag = 0;
  // The last of its case: what "@" stands for may be forgotten after it.
  bool last_of_case = false;
};

class Conductor {
 public:
  using Source = absl::FunctionRef<absl::StatusOr<std::optional<Conducted>>()>;
  using Sink = absl::FunctionRef<void(const Conducted&, const absl::StatusOr<v1::Outcome>&)>;

  explicit Conductor(Client& client);
  ~Conductor();

  absl::Status Run(Source source, Sink sink);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward::cli
