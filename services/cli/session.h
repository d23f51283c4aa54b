// What every verb of the program shares: where it reads and writes, the server it talks to, and the four ways it can
// end.
//
//   arguments ─▶ program (CLI11) ─▶ one verb's action ─▶ Exit
//
// Results go to `out`, everything said about them (progress, faults) to `err`, so that a pipe holds results alone.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caseward::cli {

class Client;

enum class Exit {
  kDone = 0,
  kFault = 1,    // could not be done: no server, unreadable input, a full disk
  kUsage = 2,    // the command line makes no sense
  kRefused = 3,  // done, and the answer is a refusal by a rule
};

class Session {
 public:
  Session(std::istream& in_stream, std::ostream& out_stream, std::ostream& err_stream);
  ~Session();

  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;

  bool json = false;
  std::string server = "127.0.0.1:7411";
  std::string actor;

  // The server's stubs (client.h), made on first use.
  Client& client();
  // Says what went wrong.
  Exit Fault(const absl::Status& status);
  // Says what is wrong with the command line.
  Exit Usage(const std::string& what);

 private:
  std::unique_ptr<Client> client_;
};

using Action = std::function<Exit(Session&)>;

}  // namespace caseward::cli
