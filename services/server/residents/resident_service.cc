// ResidentService: what is known of a person, told once.
#include "caseward/v1/other_services.grpc.pb.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/partition/reader.h"
#include "services/host/words_opener.h"
#include "services/server/case_reads.h"
#include "services/server/read_after.h"
#include "services/server/residents/match_residents.h"
#include "services/server/services.h"
#include "services/server/unary_call.h"

namespace caseward {
namespace {

absl::StatusOr<v1::GetResidentResponse> ReadResident(Backend& backend, const ResidentId& id, bool with_words) {
  const std::unique_ptr<StateReader> view = backend.state.View();
  auto resident = PartitionReader(id.partition(), *view).GetResident(id.string());
  auto position = PositionOf(id.partition(), *view);
  if (!resident.ok() || !position.ok()) {
    return resident.ok() ? position.status() : resident.status();
  }
  if (!resident->has_value()) {
    return absl::NotFoundError(
        StrCat("resident_id: expected a resident who is known; found none with id ", id.string()));
  }
  v1::GetResidentResponse response;
  *response.mutable_resident() = **std::move(resident);
  *response.mutable_position() = *std::move(position);
  if (with_words) {
    if (absl::Status opened = OpenWords(backend.vault, *response.mutable_resident()); !opened.ok()) {
      return opened;
    }
  }
  return response;
}

absl::StatusOr<ResidentId> ParseId(const Backend& backend, const std::string& text) {
  auto id = ResidentId::Parse(text);
  if (!id.ok()) {
    return absl::InvalidArgumentError(StrCat("resident_id: ", StdText(id.status().message())));
  }
  if (id->partition() >= backend.host.partitions()) {
    return absl::NotFoundError(StrCat("resident_id: expected an id of one of the ", backend.host.partitions(),
                                      " partitions here; found one of partition ", id->partition()));
  }
  return id;
}

void GetResident(Backend& backend, v1::GetResidentRequest request, v1::Actor actor,
                 Answer<v1::GetResidentResponse> answer) {
  absl::Status may = request.with_words() ? CheckMayReadWords(backend, actor) : absl::OkStatus();
  auto id = ParseId(backend, request.resident_id());
  if (!may.ok() || !id.ok()) {
    answer(may.ok() ? id.status() : may);
    return;
  }
  const bool with_words = request.with_words();
  ReadAfter(backend, id->partition(), request.freshness(),
            [&backend, id = *id, with_words, answer = std::move(answer)](absl::Status ready) mutable {
              answer(ready.ok() ? ReadResident(backend, id, with_words) : ready);
            });
}

void MatchResidents(Backend& backend, v1::MatchResidentsRequest request, v1::Actor actor,
                    Answer<v1::MatchResidentsResponse> answer) {
  // Whoever asks learns what others told us: as for opening words.
  if (absl::Status may = CheckMayReadWords(backend, actor, "MatchResidents"); !may.ok()) {
    answer(may);
    return;
  }
  backend.workers.Post([&backend, request = std::move(request), answer = std::move(answer)]() mutable {
    answer(FindMatches(backend, request));
  });
}

using Base = v1::ResidentService::WithRawCallbackMethod_GetResident<
    v1::ResidentService::WithRawCallbackMethod_MatchResidents<v1::ResidentService::Service>>;

class ResidentServiceImpl : public Base {
 public:
  explicit ResidentServiceImpl(Backend& backend) : backend_(backend) {}

  grpc::ServerUnaryReactor* GetResident(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetResidentRequest, v1::GetResidentResponse>::Start(backend_, context, in, out,
                                                                             caseward::GetResident);
  }
  grpc::ServerUnaryReactor* MatchResidents(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                           grpc::ByteBuffer* out) override {
    return UnaryCall<v1::MatchResidentsRequest, v1::MatchResidentsResponse>::Start(backend_, context, in, out,
                                                                                   caseward::MatchResidents);
  }

 private:
  Backend& backend_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeResidentService(Backend& backend) {
  return std::make_unique<ResidentServiceImpl>(backend);
}

}  // namespace caseward
