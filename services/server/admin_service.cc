// AdminService: the state of the node, digests, raw records, backup.
#include <spdlog/spdlog.h>

#include <memory>

#include "caseward/v1/other_services.grpc.pb.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/partition/merkle.h"
#include "engine/partition/reader.h"
#include "services/server/log_stream.h"
#include "services/server/services.h"
#include "services/server/unary_call.h"

namespace caseward {
namespace {

// Counting is a walk; past this a status call says "at least".
constexpr uint64_t kTimersCountedMax = 100'000;

absl::StatusOr<v1::PartitionDigest> DigestOf(const Backend& backend, uint32_t partition, const StateReader& state) {
  auto meta = PartitionReader(partition, state).Meta();
  if (!meta.ok()) {
    return meta.status();
  }
  v1::PartitionDigest out;
  out.mutable_position()->set_partition(partition);
  if (!meta->has_value()) {
    return out;
  }
  out.mutable_position()->set_log_id((*meta)->log_id());
  out.mutable_position()->set_sequence((*meta)->applied_sequence());
  out.set_digest((*meta)->digest());
  out.set_tree_size((*meta)->tree_size());
  MerkleFrontier tree;
  if (!tree.Load(**meta)) {
    return absl::DataLossError(StrCat("partition ", partition, ": the Merkle frontier in its books cannot be read"));
  }
  out.set_merkle_root(std::string(AsBytes(tree.Root(backend.hasher))));
  return out;
}

// Without its timers.
v1::PartitionStatus StatusOf(const Backend& backend, uint32_t partition) {
  const PartitionView view = backend.host.partition(partition).view();
  v1::PartitionStatus status;
  status.set_partition(partition);
  status.set_applied_sequence(view.position.sequence());
  status.set_term(view.term);
  status.set_condition(view.condition);
  status.set_why(view.why);
  status.set_inbox(static_cast<uint32_t>(view.inbox));
  status.set_intake(view.intake.condition);
  status.set_intake_why(view.intake.why);
  status.set_intake_next(view.intake.next);
  status.set_intake_end(view.intake.end);
  status.set_messages_why(view.messages_why);
  return status;
}

void GetStatus(Backend& backend, v1::GetStatusRequest, v1::Actor, Answer<v1::GetStatusResponse> answer) {
  v1::GetStatusResponse response;
  response.set_version(backend.version);
  response.set_log_id(backend.host.log_id());
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    v1::PartitionStatus& status = *response.add_partitions();
    status = StatusOf(backend, p);
    uint64_t timers = 0;
    absl::Status counted = PartitionReader(p, backend.state)
                               .ListTimers(absl::InfiniteFuture(), std::nullopt,
                                           [&timers](const keys::Timer&) { return ++timers < kTimersCountedMax; });
    if (!counted.ok()) {
      answer(counted);
      return;
    }
    status.set_open_timers(timers);
  }
  answer(std::move(response));
}

void GetDigest(Backend& backend, v1::GetDigestRequest, v1::Actor, Answer<v1::GetDigestResponse> answer) {
  const std::unique_ptr<StateReader> view = backend.state.View();
  v1::GetDigestResponse response;
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    auto digest = DigestOf(backend, p, *view);
    if (!digest.ok()) {
      answer(digest.status());
      return;
    }
    *response.add_partitions() = *std::move(digest);
  }
  answer(std::move(response));
}

// The copy holds `records` of the partition. Its digest is the one that holds now, unless more has been applied since.
absl::StatusOr<v1::PartitionDigest> DigestOfCopy(const Backend& backend, uint32_t partition, uint64_t records) {
  auto now = DigestOf(backend, partition, backend.state);
  if (!now.ok() || now->position().sequence() + 1 == records) {
    return now;
  }
  v1::PartitionDigest out;
  out.mutable_position()->set_log_id(backend.host.log_id());
  out.mutable_position()->set_partition(partition);
  out.mutable_position()->set_sequence(records == 0 ? 0 : records - 1);
  out.set_tree_size(records);
  return out;
}

absl::StatusOr<v1::CreateBackupResponse> Backup(Backend& backend, const std::string& folder) {
  auto ends = backend.backup(folder);
  if (!ends.ok()) {
    return ends.status();
  }
  v1::CreateBackupResponse response;
  for (uint32_t p = 0; p < ends->size(); ++p) {
    auto digest = DigestOfCopy(backend, p, (*ends)[p]);
    if (!digest.ok()) {
      return digest.status();
    }
    *response.add_partitions() = *std::move(digest);
  }
  return response;
}

void CreateBackup(Backend& backend, v1::CreateBackupRequest request, v1::Actor actor,
                  Answer<v1::CreateBackupResponse> answer) {
  if (absl::Status may = CheckNotPartner(actor); !may.ok()) {
    answer(may);
    return;
  }
  if (!backend.backup) {
    answer(absl::UnimplementedError("this log is backed up by its own means"));
    return;
  }
  if (request.folder().empty() || request.folder().front() != '/') {
    answer(absl::InvalidArgumentError("folder: expected an absolute path on the server's machine; found another"));
    return;
  }
  backend.workers.Post(
      [&backend, folder = request.folder(), answer = std::move(answer)]() mutable { answer(Backup(backend, folder)); });
}

absl::Status CheckSystemAdmin(const v1::Actor& actor) {
  if (IsNamedHuman(actor) && HasRole(actor, "system_admin")) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError("expected a person with the role system_admin; found another actor");
}

absl::Status CheckPartition(const Backend& backend, uint32_t partition) {
  if (partition < backend.host.partitions()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      StrCat("partition: expected a number below ", backend.host.partitions(), "; found ", partition));
}

// Reading goes on from a place that is there: one that is not would only stop it again.
absl::Status CheckIntakeFrom(const Backend& backend, uint32_t partition, uint64_t from) {
  auto range = backend.log.FindIntake(partition);
  if (!range.ok()) {
    return range.status();
  }
  if (from >= range->begin && from <= range->end) {
    return absl::OkStatus();
  }
  return absl::OutOfRangeError(StrCat("accept_intake_from: expected an offset from ", range->begin, " to ", range->end,
                                      ", where the topic begins and ends; found ", from));
}

void AcceptIntake(Backend& backend, uint32_t p, uint64_t from, const v1::Actor& actor,
                  Answer<v1::ResumePartitionResponse> answer) {
  if (absl::Status there = CheckIntakeFrom(backend, p, from); !there.ok()) {
    answer(there);
    return;
  }
  const IntakeView before = backend.host.partition(p).view().intake;
  spdlog::warn("partition {}: {} asks that its intake go on from offset {}; it stood at {} and is {}: {}", p,
               actor.id(), from, before.next, before.condition, before.why);
  auto shared = std::make_shared<Answer<v1::ResumePartitionResponse>>(std::move(answer));
  absl::Status asked =
      backend.host.partition(p).AcceptIntake(from, actor, [&backend, p, shared](absl::Status accepted) {
        if (!accepted.ok()) {
          (*shared)(accepted);
          return;
        }
        v1::ResumePartitionResponse response;
        *response.mutable_partition() = StatusOf(backend, p);
        (*shared)(std::move(response));
      });
  if (!asked.ok()) {
    (*shared)(asked);
  }
}

void ResumePartition(Backend& backend, v1::ResumePartitionRequest request, v1::Actor actor,
                     Answer<v1::ResumePartitionResponse> answer) {
  absl::Status may = CheckSystemAdmin(actor);
  if (may.ok()) {
    may = CheckPartition(backend, request.partition());
  }
  if (!may.ok()) {
    answer(may);
    return;
  }
  const uint32_t p = request.partition();
  if (request.has_accept_intake_from()) {
    backend.workers.Post(
        [&backend, p, from = request.accept_intake_from(), actor = std::move(actor),
         answer = std::move(answer)]() mutable { AcceptIntake(backend, p, from, actor, std::move(answer)); });
    return;
  }
  spdlog::warn("partition {}: {} asks that it resume; it had stopped: {}", p, actor.id(),
               backend.host.partition(p).view().why);
  backend.host.partition(p).Resume([&backend, p, answer = std::move(answer)](const absl::Status& resumed) mutable {
    if (!resumed.ok()) {
      answer(resumed);
      return;
    }
    v1::ResumePartitionResponse response;
    *response.mutable_partition() = StatusOf(backend, p);
    answer(std::move(response));
  });
}

absl::StatusOr<LogStreamPlan> PlanReading(Backend& backend, const grpc::CallbackServerContext& context,
                                          const grpc::ByteBuffer& bytes) {
  v1::ReadLogRequest request;
  if (absl::Status asked = ParseOwnRequest(backend, context, bytes, request); !asked.ok()) {
    return asked;
  }
  if (absl::Status known = CheckPartition(backend, request.partition()); !known.ok()) {
    return known;
  }
  auto end = backend.log.End(request.partition());
  if (!end.ok()) {
    return end.status();
  }
  if (request.from_sequence() > *end) {
    return absl::OutOfRangeError(
        StrCat("from_sequence: expected at most ", *end, ", where the log ends; found ", request.from_sequence()));
  }
  LogStreamPlan plan;
  plan.follow = request.follow();
  LogCursor cursor{request.partition(), request.from_sequence(), std::nullopt};
  if (request.count() > 0) {
    cursor.stop_at = request.from_sequence() + request.count();
  } else if (!request.follow()) {
    cursor.stop_at = *end;
  }
  plan.cursors.push_back(cursor);
  plan.convert = [](uint32_t partition, uint64_t sequence, std::string_view record, bool, std::vector<LogItem>& out) {
    v1::ReadLogResponse response;
    response.set_sequence(sequence);
    response.set_record(std::string(record));
    out.push_back({ToBytes(response), partition, sequence, true});
    return absl::OkStatus();
  };
  return plan;
}

using AdminBase = v1::AdminService::WithRawCallbackMethod_GetStatus<v1::AdminService::WithRawCallbackMethod_GetDigest<
    v1::AdminService::WithRawCallbackMethod_ReadLog<v1::AdminService::WithRawCallbackMethod_ResumePartition<
        v1::AdminService::WithRawCallbackMethod_CreateBackup<v1::AdminService::Service>>>>>;

class AdminServiceImpl : public AdminBase {
 public:
  explicit AdminServiceImpl(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetStatusRequest, v1::GetStatusResponse>::Start(backend_, context, in, out,
                                                                         caseward::GetStatus);
  }
  grpc::ServerUnaryReactor* GetDigest(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetDigestRequest, v1::GetDigestResponse>::Start(backend_, context, in, out,
                                                                         caseward::GetDigest);
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* ReadLog(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request) override {
    return StartLogStream(backend_, PlanReading(backend_, *context, *request));
  }
  grpc::ServerUnaryReactor* CreateBackup(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    return UnaryCall<v1::CreateBackupRequest, v1::CreateBackupResponse>::Start(backend_, context, in, out,
                                                                               caseward::CreateBackup);
  }
  grpc::ServerUnaryReactor* ResumePartition(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                            grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ResumePartitionRequest, v1::ResumePartitionResponse>::Start(backend_, context, in, out,
                                                                                     caseward::ResumePartition);
  }

 private:
  Backend& backend_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(Backend& backend) {
  return std::make_unique<AdminServiceImpl>(backend);
}

}  // namespace caseward
