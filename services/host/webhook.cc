#include "services/host/webhook.h"

#include <google/protobuf/util/json_util.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "services/host/cloud_event.h"
#include "services/host/directory_steps.h"

namespace caseward {
namespace {

constexpr size_t kSecretBytesMin = 16;
constexpr absl::Duration kCursorRetry = absl::Seconds(1);

bool ReachesPeople(const v1::SubscribeResponse& item) {
  return item.event().has_case_escalated() || item.event().has_alert_raised() || item.event().has_clock_breached();
}

// Views of standard strings for Boost.JSON, which has a type of its own.
boost::json::string_view JsonText(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string WebhookSignature(std::string_view secret, int64_t unix_seconds, std::string_view body) {
  const std::string signed_text = StrCat(unix_seconds, ".", body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  const unsigned char* made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(), &size);
  CHECK(made != nullptr);
  const absl::string_view bytes(reinterpret_cast<const char*>(mac.data()), size);
  return StrCat("t=", unix_seconds, ",v1=", absl::BytesToHexString(bytes));
}

std::string CloudEventJson(const v1::SubscribeResponse& item) {
  std::string event;
  google::protobuf::util::JsonPrintOptions form;
  form.preserve_proto_field_names = true;
  CHECK(google::protobuf::util::MessageToJsonString(item.event(), &event, form).ok());
  boost::json::error_code wrong;
  boost::json::object out;
  out["specversion"] = "1.0";
  out["id"] = CloudEventId(item);
  out["source"] = CloudEventSource(item);
  out["type"] = item.type();
  out["subject"] = item.subject();
  out["time"] = FormatInstant(ToTime(item.recorded_at()));
  out["datacontenttype"] = "application/json";
  out["data"] = boost::json::parse(JsonText(event), wrong);
  CHECK(!wrong);
  return boost::json::serialize(out);
}

absl::StatusOr<std::unique_ptr<Webhook>> Webhook::Start(WebhookOptions options, EngineHost& host, EventLog& log) {
  auto url = WebhookUrl::Parse(options.url);
  if (!url.ok()) {
    return url.status();
  }
  if (options.secret.size() < kSecretBytesMin) {
    return absl::InvalidArgumentError(
        StrCat("webhook: expected a secret of at least ", kSecretBytesMin, " bytes; found ", options.secret.size()));
  }
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    return absl::UnavailableError(StrCat("webhook: cannot make folder ", options.folder, ": ", error.message()));
  }
  auto webhook = std::unique_ptr<Webhook>(new Webhook(std::move(options), *std::move(url), host, log));
  if (absl::Status loaded = webhook->LoadCursors(); !loaded.ok()) {
    return loaded;
  }
  webhook->watch_ = host.AddWatcher([raw = webhook.get()](uint32_t) {
    std::lock_guard lock(raw->mutex_);
    raw->noticed_ = true;
    raw->wake_.notify_all();
  });
  webhook->thread_ = std::thread([raw = webhook.get()] { raw->Run(); });
  return webhook;
}

Webhook::Webhook(WebhookOptions options, WebhookUrl url, EngineHost& host, EventLog& log)
    : options_(std::move(options)), host_(host), log_(log), poster_(std::move(url), options_.timeout) {}

Webhook::~Webhook() { Stop(); }

void Webhook::Stop() {
  watch_.reset();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  poster_.Cancel();
  if (thread_.joinable()) {
    thread_.join();
  }
}

std::string Webhook::CursorPath(uint32_t partition) const { return StrCat(options_.folder, "/partition-", partition); }

absl::Status Webhook::LoadCursors() {
  for (uint32_t p = 0; p < host_.partitions(); ++p) {
    auto stored = ReadCursor(CursorPath(p));
    auto end = log_.End(p);
    if (!stored.ok() || !end.ok()) {
      return stored.ok() ? end.status() : stored.status();
    }
    if (stored->has_value() && (*stored)->sequence > *end) {
      return absl::FailedPreconditionError(
          StrCat("webhook cursor ", CursorPath(p), ": expected a place in this log, which ends at ", *end, "; found ",
                 (*stored)->sequence, ". It belongs to another log; delete it to begin at the end of this one"));
    }
    cursors_.push_back(stored->value_or(WebhookCursor{*end, 0}));
    if (!stored->has_value()) {
      if (absl::Status written = WriteCursor(CursorPath(p), cursors_.back()); !written.ok()) {
        return written;
      }
    }
  }
  return absl::OkStatus();
}

void Webhook::Run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return noticed_ || stopping_; });
      if (stopping_) {
        return;
      }
      noticed_ = false;
    }
    for (uint32_t p = 0; p < host_.partitions(); ++p) {
      if (!SendPartition(p)) {
        return;
      }
    }
  }
}

// To the partition's end. False: stopping.
bool Webhook::SendPartition(uint32_t partition) {
  for (;;) {
    const uint64_t from = cursors_[partition].sequence;
    std::string record;
    bool found = false;
    absl::Status read = log_.ReadFrom(partition, from, [&](uint64_t, std::string_view bytes) {
      record = std::string(bytes);
      found = true;
      return false;
    });
    if (!read.ok()) {
      spdlog::error("webhook: partition {}: {}", partition, read.ToString());
      if (!Rest(options_.backoff_max)) {
        return false;
      }
    } else if (!found) {
      return true;
    } else if (!SendRecord(partition, record)) {
      return false;
    }
  }
}

bool Webhook::SendRecord(uint32_t partition, const std::string& record) {
  const WebhookCursor at = cursors_[partition];
  v1::Decision decision;
  if (absl::Status parsed = ParseRecord(record, partition, at.sequence, decision); !parsed.ok()) {
    spdlog::error("webhook: partition {}: {}", partition, parsed.ToString());
    return Rest(options_.backoff_max);  // a damaged record is never skipped
  }
  bool sent_any = false;
  for (const v1::SubscribeResponse& item : FeedForm(decision, host_.log_id(), StepsOf(host_.directory().Now()))) {
    if (item.index() < at.index || !ReachesPeople(item)) {
      continue;
    }
    if (!SendItem(item) || !MoveCursor(partition, {at.sequence, item.index() + 1})) {
      return false;
    }
    sent_any = true;
  }
  cursors_[partition] = {at.sequence + 1, 0};
  // A record with nothing to send does not need its own write to disk: after a crash it is looked at again.
  return !sent_any || MoveCursor(partition, cursors_[partition]);
}

// Until the receiver has it. False: stopping.
bool Webhook::SendItem(const v1::SubscribeResponse& item) {
  const std::string body = CloudEventJson(item);
  absl::Duration wait = options_.backoff_first;
  for (;;) {
    const absl::Status posted = PostOnce(body);
    if (options_.tried) {
      options_.tried(posted.ok() ? "sent" : "failed");
    }
    if (posted.ok()) {
      return true;
    }
    {
      std::lock_guard lock(mutex_);
      if (stopping_) {
        return false;
      }
    }
    spdlog::warn("webhook: {} of {} at {}:{} not taken, next try in {}: {}", item.type(), item.subject(),
                 item.position().partition(), item.position().sequence(), absl::FormatDuration(wait),
                 posted.ToString());
    if (!Rest(wait)) {
      return false;
    }
    wait = std::min(wait * 2, options_.backoff_max);
  }
}

absl::Status Webhook::PostOnce(const std::string& body) {
  const int64_t now = absl::ToUnixSeconds(host_.Now().wall);
  auto code = poster_.Post({{"content-type", "application/cloudevents+json"},
                            {"caseward-signature", WebhookSignature(options_.secret, now, body)}},
                           body);
  if (!code.ok()) {
    return code.status();
  }
  if (*code < 200 || *code > 299) {
    return absl::UnavailableError(StrCat("expected an answer of 200 to 299; found ", *code));
  }
  return absl::OkStatus();
}

bool Webhook::MoveCursor(uint32_t partition, WebhookCursor to) {
  for (;;) {
    const absl::Status written = WriteCursor(CursorPath(partition), to);
    if (written.ok()) {
      cursors_[partition] = to;
      return true;
    }
    spdlog::error("{}", written.ToString());
    if (!Rest(kCursorRetry)) {
      return false;
    }
  }
}

// False: stopping.
bool Webhook::Rest(absl::Duration wait) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoNanoseconds(wait), [this] { return stopping_; });
}

}  // namespace caseward
