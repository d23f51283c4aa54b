// Escalations reach people: the events case_escalated, alert_raised and clock_breached are posted to a URL as
// CloudEvents in structured JSON, signed.
//
//   log ─▶ feed form (words removed) ─▶ POST ─▶ 2xx: the mark moves, durably            one event at a time, in order
//                                          └──▶ anything else: the same event again, after 1 s, 2 s, 4 s ... 5 min
//
// At least once: a crash between the answer and the mark sends an event again; its "id" is the same, so a receiver
// can tell. Nothing is skipped however long the receiver is away: the log is the buffer, and one event is held in
// memory. A new mark begins at the log's end: switching the webhook on does not send old history.
//
// Where nodes share a log each sends what happens in the partitions that it owns. Who takes one over goes on at the
// mark that the owner before has left, so it sends again at most the one event of the partition that was on its way.
//
// The header  caseward-signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">  lets the receiver check who
// sent it and when.
//
// Threads   one of its own. Stop ends it within the POST in flight. Failure  logged and counted; never personal words.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "services/host/engine_host.h"
#include "services/host/feed.h"
#include "services/host/webhook_cursor.h"
#include "services/host/webhook_post.h"

namespace caseward {

struct WebhookOptions {
  std::string url;
  std::string secret;              // shared with the receiver; at least 16 bytes
  std::string folder;              // for the mark files; made if it is not there
  DeliveryMarks* marks = nullptr;  // instead of files, which are looked at once more where it has none; outlives it
  bool owned_only = false;         // other nodes send for the partitions that they own
  absl::Duration timeout = absl::Seconds(10);
  absl::Duration backoff_first = absl::Seconds(1);
  absl::Duration backoff_max = absl::Minutes(5);
  // Told "sent" or "failed" for every attempt.
  std::function<void(std::string_view)> tried;
};

class Webhook {
 public:
  // INVALID_ARGUMENT: the URL or the secret; else what the marks say.
  static absl::StatusOr<std::unique_ptr<Webhook>> Start(WebhookOptions options, EngineHost& host, EventLog& log);
  ~Webhook();
  void Stop();

 private:
  Webhook(WebhookOptions options, WebhookUrl url, EngineHost& host, EventLog& log);
  absl::Status LoadCursors();
  absl::Status LoadCursor(uint32_t partition);
  void Run();
  bool Mine(uint32_t partition) const;
  bool stopping();
  // From here on, false: stopping, or the partition is another node's now.
  bool SendPartition(uint32_t partition);
  bool SendRecord(uint32_t partition, const std::string& record);
  bool SendItem(uint32_t partition, const v1::SubscribeResponse& item);
  absl::Status PostOnce(const std::string& body);
  bool MoveCursor(uint32_t partition, WebhookCursor to);
  bool Rest(uint32_t partition, absl::Duration wait);

  const WebhookOptions options_;
  EngineHost& host_;
  EventLog& log_;
  HttpPoster poster_;
  FileMarks files_;
  DeliveryMarks& marks_;
  std::vector<std::optional<WebhookCursor>> cursors_;  // by partition, of those that are ours; the thread's alone
  std::vector<uint64_t> ends_at_start_;                // by partition
  std::unique_ptr<EngineHost::Watch> watch_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool noticed_ = true;    // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

// "t=<unix>,v1=<hex>" for a body sent at `unix_seconds`. Pure.
std::string WebhookSignature(std::string_view secret, int64_t unix_seconds, std::string_view body);
// An item of the feed as a CloudEvent in structured JSON. Pure.
std::string CloudEventJson(const v1::SubscribeResponse& item);

}  // namespace caseward
