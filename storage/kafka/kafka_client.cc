#include "storage/kafka/kafka_client.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "engine/base/text.h"

namespace caseward {
namespace {

using Properties = std::map<std::string, std::string>;

Properties PropertiesOf(const KafkaOptions& options, KafkaClient::Kind kind, const std::string& id) {
  const std::string timeout = std::to_string(Milliseconds(options.transaction_timeout));
  Properties out = {
      {"bootstrap.servers", options.bootstrap},
      {"client.id", "caseward"},
      {"socket.nagle.disable", "true"},  // a round is a dozen small packets: waiting to join them costs 40 ms each
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"topic.metadata.refresh.interval.ms", "60000"},
      {"message.max.bytes", std::to_string(options.max_record_bytes + (64u << 10))},
  };
  switch (kind) {
    case KafkaClient::Kind::kTransactional:
      out["transactional.id"] = id;
      out["transaction.timeout.ms"] = timeout;
      out["message.timeout.ms"] = timeout;
      out["retry.backoff.ms"] = "5";  // the coordinator is often busy with the round before for a few milliseconds
      out["linger.ms"] = "0";         // a round is handed over whole
      out["queue.buffering.max.messages"] = "1000000";
      out["queue.buffering.max.kbytes"] = "1048576";
      break;
    case KafkaClient::Kind::kAdmin: break;
    case KafkaClient::Kind::kReadCommitted:
    case KafkaClient::Kind::kFollow:
    case KafkaClient::Kind::kReadUncommitted:
      out["isolation.level"] = kind == KafkaClient::Kind::kReadUncommitted ? "read_uncommitted" : "read_committed";
      out["enable.partition.eof"] = "true";
      out["auto.offset.reset"] = "error";  // never a silent jump
      out["enable.auto.commit"] = "false";
      out["check.crcs"] = "true";
      // An end is known when a fetch comes back empty. Who follows is woken by what comes, and need not ask so often.
      out["fetch.wait.max.ms"] = kind == KafkaClient::Kind::kFollow ? "100" : "3";
      out["fetch.error.backoff.ms"] = "20";
      out["queued.max.messages.kbytes"] = "32768";
      break;
    case KafkaClient::Kind::kGroup:
      out["group.id"] = options.Topic("nodes");
      out["partition.assignment.strategy"] = "cooperative-sticky";
      out["session.timeout.ms"] = std::to_string(Milliseconds(options.session_timeout));
      out["heartbeat.interval.ms"] = std::to_string(Milliseconds(options.session_timeout / 12));
      out["enable.auto.commit"] = "false";
      out["enable.auto.offset.store"] = "false";
      out["auto.offset.reset"] = "latest";
      break;
  }
  for (const auto& [name, value] : options.client)
    out[name] = value;
  return out;
}

}  // namespace

struct KafkaClient::LastWords {
  std::mutex mutex;
  std::string line;
  bool refused = false;
};

KafkaClient::KafkaClient() : last_words_(std::make_unique<LastWords>()) {}
KafkaClient::KafkaClient(KafkaClient&& other) noexcept
    : last_words_(std::move(other.last_words_)), handle_(std::exchange(other.handle_, nullptr)) {}
KafkaClient& KafkaClient::operator=(KafkaClient&& other) noexcept {
  std::swap(last_words_, other.last_words_);
  std::swap(handle_, other.handle_);
  return *this;
}
KafkaClient::~KafkaClient() {
  if (handle_ == nullptr) return;
  // What is queued belongs to a transaction that nobody will commit; waiting for it would only take time.
  if (rd_kafka_type(handle_) == RD_KAFKA_PRODUCER) {
    rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }
  rd_kafka_destroy(handle_);
}

void KafkaClient::KeepLine(const rd_kafka_s* handle, int level, const char* facility, const char* line) {
  constexpr int kWarning = 4;
  auto* const words = static_cast<LastWords*>(rd_kafka_opaque(handle));
  // That a broker hangs up at once, as one that expects TLS does, is no more than information to librdkafka.
  if (words == nullptr || (level > kWarning && std::string_view(facility) != "FAIL")) return;
  const std::lock_guard lock(words->mutex);
  words->line = line;
}

void KafkaClient::KeepError(rd_kafka_s* /*handle*/, int code, const char* reason, void* opaque) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // follows what was the matter with the last of them
  auto* const words = static_cast<LastWords*>(opaque);
  const std::lock_guard lock(words->mutex);
  words->line = reason;
  words->refused = code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
}

std::string KafkaClient::last_words() const {
  const std::lock_guard lock(last_words_->mutex);
  return last_words_->line;
}

bool KafkaClient::refused() const {
  const std::lock_guard lock(last_words_->mutex);
  return last_words_->refused;
}

std::string KafkaClient::Saying(std::string_view what) const {
  const std::string words = last_words();
  return StrCat(what, words.empty() ? "" : StrCat(" (", words, ")"));
}

absl::StatusOr<KafkaClient> KafkaClient::Make(const KafkaOptions& options, Kind kind, const std::string& id) {
  char why[512] = "";
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [name, value] : PropertiesOf(options, kind, id)) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return absl::InvalidArgumentError(StrCat("Kafka setting ", name, ": ", why));
    }
  }
  KafkaClient client;
  rd_kafka_conf_set_opaque(conf, client.last_words_.get());
  rd_kafka_conf_set_log_cb(conf, KeepLine);
  if (kind == Kind::kAdmin) rd_kafka_conf_set_error_cb(conf, KeepError);
  // Delivery reports come as events on the queue that the lane waits on: callbacks would be served by polling every 10
  // ms.
  if (kind == Kind::kTransactional) rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  if (kind == Kind::kGroup) rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE);
  const bool reads = kind != Kind::kTransactional && kind != Kind::kAdmin;
  client.handle_ = rd_kafka_new(reads ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client.handle_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return absl::InvalidArgumentError(StrCat("Kafka client: ", why));
  }
  return client;
}

bool IsFenced(int code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

absl::Status FromKafka(int code, std::string_view what) {
  const auto err = static_cast<rd_kafka_resp_err_t>(code);
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string text = StrCat(what, ": ", rd_kafka_err2str(err), " (", rd_kafka_err2name(err), ")");
  if (IsFenced(code)) return absl::FailedPreconditionError(text);
  if (err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE ||
      err == RD_KAFKA_RESP_ERR__BAD_MSG) {
    return absl::DataLossError(text);
  }
  if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || err == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE) {
    return absl::InvalidArgumentError(text);
  }
  if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
      err == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED || err == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    return absl::PermissionDeniedError(text);
  }
  return absl::UnavailableError(text);
}

int Milliseconds(absl::Duration duration) {
  const int64_t ms = absl::ToInt64Milliseconds(duration);
  return static_cast<int>(std::clamp<int64_t>(ms, 0, std::numeric_limits<int>::max()));
}

}  // namespace caseward
