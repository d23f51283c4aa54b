#include "services/cli/session.h"

#include "services/cli/client.h"
#include "services/cli/json.h"

namespace caseward::cli {

Session::Session(std::istream& in_stream, std::ostream& out_stream, std::ostream& err_stream)
    : in(in_stream), out(out_stream), err(err_stream) {}
Session::~Session() = default;

Client& Session::client() {
  if (client_ == nullptr) client_ = std::make_unique<Client>(server, actor);
  return *client_;
}

Exit Session::Fault(const absl::Status& status) {
  if (json) {
    err << "{\"fault\":" << JsonText(absl::StatusCodeToString(status.code()))
        << ",\"message\":" << JsonText(std::string(status.message())) << "}\n";
  } else {
    err << "caseward: " << status.message() << "\n";
  }
  return Exit::kFault;
}

Exit Session::Usage(const std::string& what) {
  err << "caseward: " << what << "\n";
  return Exit::kUsage;
}

}  // namespace caseward::cli
