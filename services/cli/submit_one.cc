#include "services/cli/submit_one.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <unistd.h>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "engine/base/text.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/text.h"

namespace caseward::cli {
namespace {

// Maps in a fixed order, so that the same content has the same bytes.
std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

std::string IdFromContent(std::string_view what, const google::protobuf::Message& content) {
  uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a: stable between versions and machines
  for (const char c : DeterministicBytes(content)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return absl::StrFormat("%s:%016x", AbslText(what), hash);
}

std::string FreshId(std::string_view what) {
  return absl::StrFormat("%s:%x-%x", AbslText(what), absl::ToUnixNanos(absl::Now()), getpid());
}

absl::StatusOr<v1::Outcome> Submit(Session& session, const v1::Command& command) {
  v1::SubmitRequest request;
  *request.mutable_command() = command;
  v1::SubmitResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::CaseService::Stub::Submit, client.cases(), request, &response); !s.ok())
    return s;
  return std::move(*response.mutable_outcome());
}

Exit SubmitOne(Session& session, const v1::Command& command) {
  const absl::StatusOr<v1::Outcome> outcome = Submit(session, command);
  if (!outcome.ok()) return session.Fault(outcome.status());
  if (session.json) {
    session.out << ToJsonLine(*outcome) << "\n";
  } else {
    PrintOutcome(session.out, command, *outcome);
  }
  return outcome->has_refusal() ? Exit::kRefused : Exit::kDone;
}

}  // namespace caseward::cli
