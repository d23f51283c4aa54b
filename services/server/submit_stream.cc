#include "services/server/submit_stream.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "caseward/v1/case_service.pb.h"
#include "engine/base/check.h"
#include "services/server/submit.h"
#include "services/server/unary_call.h"

namespace caseward {
namespace {

using SubmitReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

v1::SubmitStreamResponse FaultResponse(const std::string& command_id, const absl::Status& status) {
  v1::SubmitStreamResponse response;
  const grpc::Status fault = ToGrpc(status);
  response.mutable_fault()->set_command_id(command_id);
  response.mutable_fault()->set_code(fault.error_code());
  response.mutable_fault()->set_message(fault.error_message());
  return response;
}

// Lifetime  owns itself until gRPC is done; replies that come later find it closed.
// Threads   gRPC calls On...Done one at a time for each kind; replies come from loops' threads; `mutex_` orders them.
//           gRPC never calls back from within Start... or Finish, so these are called with the mutex held: nothing is
//           started after Finish.
class SubmitStream : public SubmitReactor, public Drainable, public std::enable_shared_from_this<SubmitStream> {
 public:
  explicit SubmitStream(Backend& backend) : backend_(backend) {}

  void Begin(absl::StatusOr<v1::Actor> actor) {
    self_ = shared_from_this();
    if (!actor.ok()) {
      Close(actor.status());
      return;
    }
    actor_ = *std::move(actor);
    {
      std::lock_guard lock(mutex_);
      ReadOnIfRoom();
    }
    backend_.streams.Add(self_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      NoMoreReads(absl::OkStatus());
      return;
    }
    auto slot = std::make_shared<Slot>();
    {
      std::lock_guard lock(mutex_);
      slots_.push_back(slot);
    }
    Submit(slot);
    std::lock_guard lock(mutex_);
    reading_ = false;
    ReadOnIfRoom();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Close(absl::CancelledError("the caller went away"));
      return;
    }
    std::lock_guard lock(mutex_);
    writing_ = false;
    ReadOnIfRoom();
    WriteNext();
  }

  void OnCancel() override { Close(absl::CancelledError("the caller went away")); }
  void OnDone() override { self_.reset(); }

  // What has been read gets its outcome; then the stream ends.
  void Drain() override { NoMoreReads(absl::UnavailableError("the server is stopping; no further command was read")); }

 private:
  using Slot = std::optional<v1::SubmitStreamResponse>;

  void Submit(const std::shared_ptr<Slot>& slot) {
    v1::SubmitStreamRequest request;
    if (absl::Status parsed = ParseRequest(incoming_, backend_.limits, request); !parsed.ok()) {
      Fill(slot, FaultResponse("", parsed));
      return;
    }
    const std::string command_id = request.command().command_id();
    const auto self = shared_from_this();
    absl::Status submitted = SubmitCommand(backend_, std::move(*request.mutable_command()), actor_,
                                           [self, slot, command_id](absl::StatusOr<v1::Outcome> outcome) {
                                             self->FillOutcome(slot, command_id, std::move(outcome));
                                           });
    if (!submitted.ok()) {
      Fill(slot, FaultResponse(command_id, submitted));
    }
  }

  void FillOutcome(const std::shared_ptr<Slot>& slot, const std::string& command_id,
                   absl::StatusOr<v1::Outcome> outcome) {
    if (!outcome.ok()) {
      Fill(slot, FaultResponse(command_id, outcome.status()));
      return;
    }
    v1::SubmitStreamResponse response;
    *response.mutable_outcome() = *std::move(outcome);
    Fill(slot, std::move(response));
  }

  void Fill(const std::shared_ptr<Slot>& slot, v1::SubmitStreamResponse response) {
    std::lock_guard lock(mutex_);
    *slot = std::move(response);
    WriteNext();
  }

  void NoMoreReads(absl::Status ending) {
    std::lock_guard lock(mutex_);
    if (!no_more_reads_) {
      no_more_reads_ = true;
      ending_ = std::move(ending);
      WriteNext();
    }
  }

  void Close(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    CloseLocked(status);
  }

  // ---- below: mutex_ is held

  void ReadOnIfRoom() {
    if (!closed_ && !reading_ && !no_more_reads_ && slots_.size() < backend_.limits.stream_window_max) {
      reading_ = true;
      StartRead(&incoming_);
    }
  }

  // Writes the oldest outcome if it is there; ends the stream when nothing is left to come.
  void WriteNext() {
    if (closed_ || writing_) {
      return;
    }
    if (slots_.empty()) {
      if (no_more_reads_) {
        CloseLocked(ending_);
      }
      return;
    }
    if (!slots_.front()->has_value()) {
      return;
    }
    bool own = false;
    outgoing_.Clear();
    const grpc::Status written =
        grpc::SerializationTraits<v1::SubmitStreamResponse>::Serialize(**slots_.front(), &outgoing_, &own);
    CHECK(written.ok());
    slots_.pop_front();
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void CloseLocked(const absl::Status& status) {
    if (!closed_) {
      closed_ = true;
      Finish(ToGrpc(status));
    }
  }

  Backend& backend_;
  v1::Actor actor_;            // constant after Begin
  grpc::ByteBuffer incoming_;  // the read in flight
  grpc::ByteBuffer outgoing_;  // the write in flight
  std::shared_ptr<SubmitStream> self_;

  std::mutex mutex_;
  std::deque<std::shared_ptr<Slot>> slots_;  // guarded by mutex_, as is all below
  bool reading_ = false;
  bool writing_ = false;
  bool no_more_reads_ = false;
  bool closed_ = false;
  absl::Status ending_;
};

}  // namespace

SubmitReactor* StartSubmitStream(Backend& backend, grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<SubmitStream>(backend);
  stream->Begin(ActorOf(*context, backend));
  return stream.get();
}

}  // namespace caseward
