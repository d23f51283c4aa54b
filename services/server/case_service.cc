// CaseService: commands in, outcomes and views out. Each method is a function of its own; this file only hangs them on
// gRPC.
#include "caseward/v1/case_service.grpc.pb.h"
#include "services/server/case_lists.h"
#include "services/server/case_reads.h"
#include "services/server/services.h"
#include "services/server/submit.h"
#include "services/server/submit_stream.h"
#include "services/server/unary_call.h"

namespace caseward {
namespace {

void Submit(Backend& backend, v1::SubmitRequest request, v1::Actor actor, Answer<v1::SubmitResponse> answer) {
  // The answer goes to whoever comes first: the reply, or a submission that was not taken.
  auto shared = std::make_shared<Answer<v1::SubmitResponse>>(std::move(answer));
  absl::Status submitted = SubmitCommand(backend, std::move(*request.mutable_command()), std::move(actor),
                                         [shared](absl::StatusOr<v1::Outcome> outcome) {
                                           if (!outcome.ok()) {
                                             (*shared)(outcome.status());
                                             return;
                                           }
                                           v1::SubmitResponse response;
                                           *response.mutable_outcome() = *std::move(outcome);
                                           (*shared)(std::move(response));
                                         });
  if (!submitted.ok()) {
    (*shared)(submitted);
  }
}

using Service = v1::CaseService::Service;
template <typename Below>
using Writes =
    v1::CaseService::WithRawCallbackMethod_Submit<v1::CaseService::WithRawCallbackMethod_SubmitStream<Below>>;
template <typename Below>
using Reads = v1::CaseService::WithRawCallbackMethod_GetOutcome<v1::CaseService::WithRawCallbackMethod_GetCase<
    v1::CaseService::WithRawCallbackMethod_GetTimeline<v1::CaseService::WithRawCallbackMethod_ExplainCase<Below>>>>;
template <typename Below>
using Lists = v1::CaseService::WithRawCallbackMethod_ListCases<
    v1::CaseService::WithRawCallbackMethod_ListDue<v1::CaseService::WithRawCallbackMethod_ListWork<Below>>>;

class CaseServiceImpl : public Writes<Reads<Lists<Service>>> {
 public:
  explicit CaseServiceImpl(Backend& backend) : backend_(backend) {}

  using Context = grpc::CallbackServerContext;
  using Bytes = grpc::ByteBuffer;

  grpc::ServerUnaryReactor* Submit(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::SubmitRequest, v1::SubmitResponse>::Start(backend_, context, in, out, caseward::Submit);
  }
  grpc::ServerBidiReactor<Bytes, Bytes>* SubmitStream(Context* context) override {
    return StartSubmitStream(backend_, context);
  }
  grpc::ServerUnaryReactor* GetOutcome(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::GetOutcomeRequest, v1::GetOutcomeResponse>::Start(backend_, context, in, out,
                                                                           caseward::GetOutcome);
  }
  grpc::ServerUnaryReactor* GetCase(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::GetCaseRequest, v1::GetCaseResponse>::Start(backend_, context, in, out, caseward::GetCase);
  }
  grpc::ServerUnaryReactor* ListCases(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::ListCasesRequest, v1::ListCasesResponse>::Start(backend_, context, in, out,
                                                                         caseward::ListCases);
  }
  grpc::ServerUnaryReactor* GetTimeline(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::GetTimelineRequest, v1::GetTimelineResponse>::Start(backend_, context, in, out,
                                                                             caseward::GetTimeline);
  }
  grpc::ServerUnaryReactor* ExplainCase(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::ExplainCaseRequest, v1::ExplainCaseResponse>::Start(backend_, context, in, out,
                                                                             caseward::ExplainCase);
  }
  grpc::ServerUnaryReactor* ListDue(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::ListDueRequest, v1::ListDueResponse>::Start(backend_, context, in, out, caseward::ListDue);
  }
  grpc::ServerUnaryReactor* ListWork(Context* context, const Bytes* in, Bytes* out) override {
    return UnaryCall<v1::ListWorkRequest, v1::ListWorkResponse>::Start(backend_, context, in, out, caseward::ListWork);
  }

 private:
  Backend& backend_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCaseService(Backend& backend) { return std::make_unique<CaseServiceImpl>(backend); }

}  // namespace caseward
