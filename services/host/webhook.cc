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
constexpr size_t kRecordsAtOnce = 64;
// Who takes a partition over looks through so many records at most that have been looked through before.
constexpr uint64_t kMarkEvery = 1000;
// Whether partitions came or went is looked at so often.
constexpr absl::Duration kLookForPartitionsEvery = absl::Seconds(1);

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
    : options_(std::move(options)),
      host_(host),
      log_(log),
      poster_(std::move(url), options_.timeout),
      files_(options_.folder),
      marks_(options_.marks != nullptr ? *options_.marks : files_),
      cursors_(host.partitions()) {}

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

// What is another node's is loaded when it comes to be ours; where nobody has left a mark by then, everything is told
// of that came since this node began.
absl::Status Webhook::LoadCursors() {
  for (uint32_t p = 0; p < host_.partitions(); ++p) {
    auto end = log_.End(p);
    if (!end.ok()) {
      return end.status();
    }
    ends_at_start_.push_back(*end);
    if (options_.owned_only) {
      continue;
    }
    if (absl::Status loaded = LoadCursor(p); !loaded.ok()) {
      return loaded;
    }
  }
  return absl::OkStatus();
}

absl::Status Webhook::LoadCursor(uint32_t partition) {
  auto stored = marks_.Read(partition);
  if (stored.ok() && !stored->has_value()) {
    stored = files_.Read(partition);  // as this node left it when it was alone
  }
  auto end = log_.End(partition);
  if (!stored.ok() || !end.ok()) {
    return stored.ok() ? end.status() : stored.status();
  }
  if (stored->has_value() && (*stored)->sequence > *end) {
    return absl::FailedPreconditionError(
        StrCat("webhook cursor of partition ", partition, ": expected a place in this log, which ends at ", *end,
               "; found ", (*stored)->sequence, ". It belongs to another log; delete it (folder ", options_.folder,
               ", or the topic .webhook) to begin at the end of this one"));
  }
  const WebhookCursor cursor = stored->value_or(WebhookCursor{ends_at_start_[partition], 0});
  if (absl::Status written = marks_.Write(partition, cursor); !written.ok()) {
    return written;
  }
  cursors_[partition] = cursor;
  return absl::OkStatus();
}

bool Webhook::Mine(uint32_t partition) const { return !options_.owned_only || host_.partition(partition).owner(); }

bool Webhook::stopping() {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void Webhook::Run() {
  while (!stopping()) {
    {
      std::unique_lock lock(mutex_);
      // What was taken from another node, or could not be loaded, is looked at without a word from the log.
      const auto again = options_.owned_only ? kLookForPartitionsEvery : absl::InfiniteDuration();
      wake_.wait_for(lock, absl::ToChronoNanoseconds(std::min(again, absl::Hours(1))),
                     [this] { return noticed_ || stopping_; });
      noticed_ = false;
    }
    for (uint32_t p = 0; p < host_.partitions() && !stopping(); ++p) {
      if (!Mine(p)) {
        if (cursors_[p]) {
          cursors_[p].reset();
          marks_.Release(p);
        }
        continue;
      }
      if (!cursors_[p]) {
        if (absl::Status loaded = LoadCursor(p); !loaded.ok()) {
          spdlog::error("webhook: partition {}: {}", p, loaded.ToString());
          continue;
        }
      }
      SendPartition(p);
    }
  }
}

// To the partition's end.
bool Webhook::SendPartition(uint32_t partition) {
  for (;;) {
    std::vector<std::string> records;
    absl::Status read = log_.ReadFrom(partition, cursors_[partition]->sequence, [&](uint64_t, std::string_view bytes) {
      records.emplace_back(bytes);
      return records.size() < kRecordsAtOnce;
    });
    if (!read.ok()) {
      spdlog::error("webhook: partition {}: {}", partition, read.ToString());
      if (!Rest(partition, options_.backoff_max)) {
        return false;
      }
    } else if (records.empty()) {
      return true;
    }
    for (const std::string& record : records) {
      if (!SendRecord(partition, record)) {
        return false;
      }
    }
  }
}

bool Webhook::SendRecord(uint32_t partition, const std::string& record) {
  const WebhookCursor at = *cursors_[partition];
  v1::Decision decision;
  if (absl::Status parsed = ParseRecord(record, partition, at.sequence, decision); !parsed.ok()) {
    spdlog::error("webhook: partition {}: {}", partition, parsed.ToString());
    Rest(partition, options_.backoff_max);
    return false;  // read again; a damaged record is never skipped
  }
  bool sent_any = false;
  for (const v1::SubscribeResponse& item : FeedForm(decision, host_.log_id(), StepsOf(host_.directory().Now()))) {
    if (item.index() < at.index || !ReachesPeople(item)) {
      continue;
    }
    if (!SendItem(partition, item) || !MoveCursor(partition, {at.sequence, item.index() + 1})) {
      return false;
    }
    sent_any = true;
  }
  cursors_[partition] = {at.sequence + 1, 0};
  // A record with nothing to send does not need a write of its own: after a crash it is looked at again.
  return !(sent_any || (at.sequence + 1) % kMarkEvery == 0) || MoveCursor(partition, *cursors_[partition]);
}

// Until the receiver has it.
bool Webhook::SendItem(uint32_t partition, const v1::SubscribeResponse& item) {
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
    if (stopping()) {
      return false;
    }
    spdlog::warn("webhook: {} of {} at {}:{} not taken, next try in {}: {}", item.type(), item.subject(),
                 item.position().partition(), item.position().sequence(), absl::FormatDuration(wait),
                 posted.ToString());
    if (!Rest(partition, wait)) {
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
    const absl::Status written = marks_.Write(partition, to);
    if (written.ok()) {
      cursors_[partition] = to;
      return true;
    }
    spdlog::error("webhook: partition {}: {}", partition, written.ToString());
    if (absl::IsFailedPrecondition(written)) {
      // Another node has it, or our hold on the mark is lost: read it anew, if the partition is still ours.
      cursors_[partition].reset();
      return false;
    }
    if (!Rest(partition, kCursorRetry)) {
      return false;
    }
  }
}

bool Webhook::Rest(uint32_t partition, absl::Duration wait) {
  const absl::Time until = absl::Now() + wait;
  std::unique_lock lock(mutex_);
  while (!stopping_ && Mine(partition) && absl::Now() < until) {
    wake_.wait_for(lock, absl::ToChronoNanoseconds(std::min(until - absl::Now(), kLookForPartitionsEvery)),
                   [this] { return stopping_; });
  }
  return !stopping_ && Mine(partition);
}

}  // namespace caseward
