#include "services/cli/log_reading.h"

#include "absl/strings/str_cat.h"
#include "services/cli/client.h"

namespace caseward::cli {

absl::StatusOr<v1::GetDigestResponse> GetDigests(Session& session) {
  v1::GetDigestResponse response;
  Client& client = session.client();
  absl::Status s = client.Call(&v1::AdminService::Stub::GetDigest, client.admin(), v1::GetDigestRequest(), &response);
  if (!s.ok()) return s;
  return response;
}

absl::Status ReadLog(Session& session, uint32_t partition, uint64_t from, bool follow,
                     absl::FunctionRef<absl::Status(uint64_t, const std::string&, const v1::Decision&)> record) {
  v1::ReadLogRequest request;
  request.set_partition(partition);
  request.set_from_sequence(from);
  request.set_follow(follow);
  Client& client = session.client();
  grpc::ClientContext context;
  client.Prepare(context, absl::InfiniteDuration());
  const auto reader = client.admin().ReadLog(&context, request);
  v1::ReadLogResponse response;
  while (reader->Read(&response)) {
    v1::Decision decision;
    absl::Status status = absl::OkStatus();
    if (!decision.ParseFromString(response.record())) {
      status = absl::DataLossError(
          absl::StrCat("partition ", partition, " record ", response.sequence(), " cannot be read"));
    } else {
      status = record(response.sequence(), response.record(), decision);
    }
    if (!status.ok()) {
      context.TryCancel();
      while (reader->Read(&response)) {
      }
      reader->Finish();
      return status;
    }
  }
  return client.FromGrpc(reader->Finish());
}

}  // namespace caseward::cli
