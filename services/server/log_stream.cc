#include "services/server/log_stream.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "services/server/unary_call.h"

namespace caseward {
namespace {

using LogReactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;

class LogStream : public LogReactor, public Drainable, public std::enable_shared_from_this<LogStream> {
 public:
  explicit LogStream(Backend& backend) : backend_(backend) {}
  ~LogStream() override {
    if (counted_) {
      --backend_.subscribers;
    }
  }

  void Begin(absl::StatusOr<LogStreamPlan> plan) {
    self_ = shared_from_this();
    if (!plan.ok()) {
      Close(plan.status());
      return;
    }
    counted_ = true;
    if (++backend_.subscribers > backend_.limits.subscribers_max) {
      Close(absl::ResourceExhaustedError(StrCat("expected at most ", backend_.limits.subscribers_max,
                                                " streams that follow the log (subscribers_max)")));
      return;
    }
    plan_ = *std::move(plan);
    if (absl::Status noted = NoteEnds(); !noted.ok()) {
      Close(noted);
      return;
    }
    if (plan_.follow) {
      watch_ = backend_.host.AddWatcher([weak = weak_from_this()](uint32_t) {
        if (const auto stream = weak.lock()) {
          stream->Notice();
        }
      });
      backend_.streams.Add(self_);
    }
    Notice();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) {
      Close(absl::CancelledError("the caller went away"));
      return;
    }
    std::lock_guard lock(mutex_);
    writing_ = false;
    const LogItem& sent = queue_.front();
    if (sent.last_of_record) {
      resume_after_[sent.partition] = sent.sequence;
    }
    queue_.pop_front();
    WriteOrPump();
  }

  void OnCancel() override { Close(absl::CancelledError("the caller went away")); }

  void OnDone() override {
    watch_.reset();
    self_.reset();
  }

  void Drain() override {
    std::lock_guard lock(mutex_);
    CloseLocked(absl::UnavailableError(StrCat("the server is stopping; ", ResumeText())));
  }

 private:
  absl::Status NoteEnds() {
    for (const LogCursor& cursor : plan_.cursors) {
      auto end = backend_.log.End(cursor.partition);
      if (!end.ok()) {
        return end.status();
      }
      ends_at_start_.push_back(*end);
    }
    return absl::OkStatus();
  }

  // Has sent all that was recorded before the call.
  bool Live() const {
    for (size_t i = 0; i < ends_at_start_.size(); ++i) {
      if (plan_.cursors[i].next < ends_at_start_[i]) {
        return false;
      }
    }
    return true;
  }

  // Something new may have been recorded.
  void Notice() {
    std::lock_guard lock(mutex_);
    noticed_ = true;
    WriteOrPump();
  }

  void Close(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    CloseLocked(status);
  }

  // Reads chunks until there is something to send or nothing more to read. Runs on the worker pool, one at a time.
  void Pump() {
    for (;;) {
      std::vector<LogItem> items;
      absl::StatusOr<bool> advanced = TooFarBehind();
      if (advanced.ok()) {
        advanced = ReadSome(items);
      }
      std::lock_guard lock(mutex_);
      if (closed_) {
        return;
      }
      for (LogItem& item : items) {
        queue_.push_back(std::move(item));
      }
      if (!advanced.ok()) {
        CloseLocked(advanced.status());
        return;
      }
      if (!queue_.empty()) {
        pumping_ = false;
        WriteOrPump();
        return;
      }
      if (!*advanced && !noticed_) {
        pumping_ = false;
        if (!plan_.follow || AllStopped()) {
          CloseLocked(absl::OkStatus());
        }
        return;
      }
      noticed_ = false;
    }
  }

  // One chunk of the next partition that has something. False: all are at their end.
  absl::StatusOr<bool> ReadSome(std::vector<LogItem>& items) {
    for (size_t turn = 0; turn < plan_.cursors.size(); ++turn) {
      LogCursor& cursor = plan_.cursors[next_cursor_];
      next_cursor_ = (next_cursor_ + 1) % plan_.cursors.size();
      const uint64_t before = cursor.next;
      if (absl::Status read = ReadChunk(cursor, items); !read.ok()) {
        return read;
      }
      if (cursor.next != before) {
        return true;
      }
    }
    return false;
  }

  absl::Status ReadChunk(LogCursor& cursor, std::vector<LogItem>& items) {
    if (cursor.stop_at && cursor.next >= *cursor.stop_at) {
      return absl::OkStatus();
    }
    const bool live = Live();
    size_t records = 0;
    size_t bytes = 0;
    absl::Status converted;
    absl::Status read =
        backend_.log.ReadFrom(cursor.partition, cursor.next, [&](uint64_t sequence, std::string_view record) {
          if (cursor.stop_at && sequence >= *cursor.stop_at) {
            return false;
          }
          converted = plan_.convert(cursor.partition, sequence, record, live, items);
          if (!converted.ok()) {
            return false;
          }
          cursor.next = sequence + 1;
          bytes += record.size();
          return ++records < backend_.limits.chunk_records_max && bytes < backend_.limits.chunk_bytes_max;
        });
    return read.ok() ? converted : read;
  }

  bool AllStopped() const {
    return std::all_of(plan_.cursors.begin(), plan_.cursors.end(),
                       [](const LogCursor& cursor) { return cursor.stop_at && cursor.next >= *cursor.stop_at; });
  }

  // A bound for those who had caught up: catching up from the beginning is no fault.
  absl::StatusOr<bool> TooFarBehind() {
    if (!Live()) {
      return false;
    }
    uint64_t behind = 0;
    for (const LogCursor& cursor : plan_.cursors) {
      auto end = backend_.log.End(cursor.partition);
      if (!end.ok()) {
        return end.status();
      }
      behind += *end - std::min(*end, cursor.next);
    }
    if (behind <= backend_.limits.subscriber_lag_max) {
      return false;
    }
    std::lock_guard lock(mutex_);
    return absl::ResourceExhaustedError(StrCat("this subscriber has fallen ", behind,
                                               " records behind; expected at most ", backend_.limits.subscriber_lag_max,
                                               " (subscriber_lag_max); ", ResumeText()));
  }

  // ---- below: mutex_ is held

  void WriteOrPump() {
    if (closed_ || writing_) {
      return;
    }
    if (!queue_.empty()) {
      writing_ = true;
      // No buffer hint: gRPC may hold a hinted message back until some later one is written.
      StartWrite(&queue_.front().bytes);
    } else if (!pumping_) {
      pumping_ = true;
      noticed_ = false;
      backend_.workers.Post([self = shared_from_this()] { self->Pump(); });
    }
  }

  std::string ResumeText() const {
    std::string text = "resume after";
    for (const auto& [partition, sequence] : resume_after_) {
      text += StrCat(" ", partition, ":", sequence);
    }
    return resume_after_.empty() ? "nothing had been sent" : text;
  }

  void CloseLocked(const absl::Status& status) {
    if (!closed_) {
      closed_ = true;
      Finish(ToGrpc(status));
    }
  }

  Backend& backend_;
  bool counted_ = false;
  std::shared_ptr<LogStream> self_;
  std::unique_ptr<EngineHost::Watch> watch_;

  // The pump's alone:
  LogStreamPlan plan_;
  size_t next_cursor_ = 0;
  std::vector<uint64_t> ends_at_start_;  // as the cursors

  std::mutex mutex_;
  std::deque<LogItem> queue_;                  // guarded by mutex_, as is all below; the front is the write in flight
  std::map<uint32_t, uint64_t> resume_after_;  // by partition: the last record that went out whole
  bool noticed_ = false;
  bool pumping_ = false;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace

LogReactor* StartLogStream(Backend& backend, absl::StatusOr<LogStreamPlan> plan) {
  auto stream = std::make_shared<LogStream>(backend);
  stream->Begin(std::move(plan));
  return stream.get();
}

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  const grpc::Status written =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &bytes, &own);
  CHECK(written.ok());
  return bytes;
}

}  // namespace caseward
