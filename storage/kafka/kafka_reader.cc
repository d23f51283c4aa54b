#include "storage/kafka/kafka_reader.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_handles.h"

namespace caseward {
namespace {

constexpr size_t kFreeReadersMax = 4;
constexpr absl::Duration kBriefly = absl::Milliseconds(300);

constexpr int kAskAgainMs = 20;

bool IsUnknown(rd_kafka_resp_err_t err) {
  return err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

bool LeaderIsOnItsWay(rd_kafka_resp_err_t err) {
  return err == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         IsUnknown(err);
}

// A broker says that there is no such topic, or no such partition of it. (A client that reaches no broker may say that
// it knows of none, which is another thing.)
bool IsGone(rd_kafka_s* client, const std::string& topic, uint32_t partition, absl::Duration wait) {
  const KafkaTopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  if (handle == nullptr ||
      rd_kafka_metadata(client, 0, handle.get(), &raw, Milliseconds(wait)) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  const KafkaMetadata metadata(raw);
  bool gone = false;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& found = metadata->topics[i];
    gone = gone || IsUnknown(found.err) ||
           (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt <= static_cast<int>(partition));
  }
  return gone;
}

// Fetching of one partition, from here to the end of the scope.
class Fetching {
 public:
  static absl::StatusOr<std::unique_ptr<Fetching>> Begin(rd_kafka_s* client, const std::string& topic,
                                                         int32_t partition, int64_t from) {
    KafkaTopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
    if (handle == nullptr) return FromKafka(rd_kafka_last_error(), topic);
    if (rd_kafka_consume_start(handle.get(), partition, from) != 0) return FromKafka(rd_kafka_last_error(), topic);
    return std::unique_ptr<Fetching>(new Fetching(std::move(handle), partition));
  }
  ~Fetching() { rd_kafka_consume_stop(topic_.get(), partition_); }
  // Waits for one, and takes what has come with it. (A batch alone would wait until it is full.)
  size_t Next(absl::Duration wait, rd_kafka_message_t** messages, size_t most) {
    messages[0] = rd_kafka_consume(topic_.get(), partition_, Milliseconds(wait));
    if (messages[0] == nullptr) return 0;
    const ssize_t more = rd_kafka_consume_batch(topic_.get(), partition_, 0, messages + 1, most - 1);
    return more < 0 ? 1 : 1 + static_cast<size_t>(more);
  }

 private:
  Fetching(KafkaTopicHandle topic, int32_t partition) : topic_(std::move(topic)), partition_(partition) {}
  const KafkaTopicHandle topic_;
  const int32_t partition_;
};

}  // namespace

absl::StatusOr<KafkaIn> ParseKafkaMessage(const void* message, const std::string& topic) {
  const auto* const m = static_cast<const rd_kafka_message_t*>(message);
  KafkaIn in;
  in.offset = m->offset;
  in.key = {static_cast<const char*>(m->key), m->key_len};
  in.value = {static_cast<const char*>(m->payload), m->len};
  rd_kafka_headers_t* headers = nullptr;
  rd_kafka_message_headers(m, &headers);
  const auto header = [&](const char* name) -> std::string_view {
    const void* value = nullptr;
    size_t size = 0;
    if (headers == nullptr || rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return {};
    }
    return {static_cast<const char*>(value), size};
  };
  if (const std::optional<KafkaStamp> ours = DecodeStamp(header(kStampHeader))) {
    in.stamp = *ours;
    return in;
  }
  in.feed_id = header(kFeedIdHeader);
  if (!in.feed_id.empty()) {
    in.stamp.kind = KafkaKind::kFeed;
    return in;
  }
  return absl::DataLossError(StrCat("topic ", topic, " partition ", m->partition, " offset ", m->offset,
                                    ": expected a record of Caseward, found another's"));
}

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Make(const KafkaOptions& options) {
  absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kReadCommitted);
  if (!client.ok()) return client.status();
  return std::unique_ptr<KafkaReader>(new KafkaReader(options, *std::move(client)));
}
KafkaReader::KafkaReader(const KafkaOptions& options, KafkaClient client)
    : options_(options), client_(std::move(client)) {}
KafkaReader::~KafkaReader() = default;

absl::StatusOr<int64_t> KafkaReader::Read(const std::string& topic, uint32_t partition, int64_t from, int64_t until,
                                          KafkaWait wait, absl::FunctionRef<bool(const KafkaIn&)> record) {
  if (from >= until) return from;
  absl::StatusOr<std::unique_ptr<Fetching>> fetching =
      Fetching::Begin(client_.get(), topic, static_cast<int32_t>(partition), from);
  if (!fetching.ok()) return fetching.status();
  const std::string where = StrCat("topic ", topic, " partition ", partition);
  int64_t position = from;
  absl::Time give_up = absl::Now() + options_.read_timeout;
  absl::Time enough = absl::InfiniteFuture();
  rd_kafka_message_t* messages[kFetchBatch];
  absl::Status status;
  for (bool more = true; more;) {
    const size_t got = (*fetching)->Next(std::min(give_up, enough) - absl::Now(), messages, kFetchBatch);
    if (got == 0 && enough < give_up) return position;  // what is open may stay so for long
    if (got == 0) {
      return absl::UnavailableError(
          client_.Saying(StrCat(where, " at offset ", position, ": no answer from ", options_.bootstrap)));
    }
    bool progress = false;
    for (size_t i = 0; i < got; ++i) {
      const rd_kafka_message_t* const m = messages[i];
      if (!more) continue;
      if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        // The end of what is committed; with an open transaction before `until`, more will come.
        position = m->offset;
        more = position < until;
        if (wait == KafkaWait::kBriefly) enough = absl::Now() + kBriefly;
      } else if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        status = FromKafka(m->err, StrCat(where, " from offset ", position));
        // Brokers that move, restart or are out of reach are waited for.
        if (absl::IsUnavailable(status) && absl::Now() < give_up) status = absl::OkStatus();
        more = status.ok();
      } else if (m->offset >= until) {
        position = until;
        more = false;
      } else {
        const absl::StatusOr<KafkaIn> in = ParseKafkaMessage(m, topic);
        status = in.status();
        more = in.ok() && record(*in);
        position = m->offset + 1;
        if (position >= until) more = false;
        enough = absl::InfiniteFuture();
        progress = true;
      }
    }
    for (size_t i = 0; i < got; ++i)
      rd_kafka_message_destroy(messages[i]);
    if (progress) give_up = absl::Now() + options_.read_timeout;
  }
  if (!status.ok()) return status;
  return position;
}

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReaders::Borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<KafkaReader> reader = std::move(free_.back());
      free_.pop_back();
      return reader;
    }
  }
  return KafkaReader::Make(options_);
}

void KafkaReaders::Return(std::unique_ptr<KafkaReader> reader) {
  const std::lock_guard lock(mutex_);
  if (free_.size() < kFreeReadersMax) free_.push_back(std::move(reader));
}

absl::StatusOr<int64_t> KafkaReaders::Read(const std::string& topic, uint32_t partition, int64_t from, int64_t until,
                                           KafkaWait wait, absl::FunctionRef<bool(const KafkaIn&)> record) {
  absl::StatusOr<std::unique_ptr<KafkaReader>> reader = Borrow();
  if (!reader.ok()) return reader.status();
  absl::StatusOr<int64_t> position = (*reader)->Read(topic, partition, from, until, wait, record);
  // A reader that failed may be in any state; the next one begins afresh.
  if (position.ok()) Return(*std::move(reader));
  return position;
}

absl::StatusOr<KafkaWatermarks> KafkaReaders::Watermarks(const std::string& topic, uint32_t partition,
                                                         std::optional<absl::Duration> wait) {
  const std::lock_guard lock(asking_mutex_);
  if (!asking_) {
    absl::StatusOr<KafkaClient> client = KafkaClient::Make(options_, KafkaClient::Kind::kReadUncommitted);
    if (!client.ok()) return client.status();
    asking_ = *std::move(client);
  }
  constexpr KafkaWatermarks kNoAnswer{.low = -1, .high = -1};
  KafkaWatermarks out = kNoAnswer;
  bool sure = false;
  const absl::Time give_up = absl::Now() + wait.value_or(options_.read_timeout);
  rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
  do {
    const KafkaWatermarks before = std::exchange(out, kNoAnswer);
    err = rd_kafka_query_watermark_offsets(asking_->get(), topic.c_str(), static_cast<int32_t>(partition), &out.low,
                                           &out.high, Milliseconds(give_up - absl::Now()));
    // librdkafka asks for the first and the last offset and takes the answers as they come. When a broker goes and
    // comes back it may take one of them twice, and then a partition looks as if it held nothing. One that does hold
    // nothing says so again.
    sure = out.low != out.high || out == before;
    // A partition that was just made, or moves, has its leader in a moment; polling waits for it without asking at
    // once.
    if (LeaderIsOnItsWay(err)) rd_kafka_poll(asking_->get(), kAskAgainMs);
  } while ((LeaderIsOnItsWay(err) || (err == RD_KAFKA_RESP_ERR_NO_ERROR && !sure)) && absl::Now() < give_up);
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR && !sure) err = RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  if (IsUnknown(err) && IsGone(asking_->get(), topic, partition, wait.value_or(options_.read_timeout))) {
    return absl::DataLossError(StrCat("topic ", topic, " partition ", partition,
                                      ": expected it to be there, found that ", options_.bootstrap,
                                      " knows none of that name: it was deleted"));
  }
  return FromKafka(err, asking_->Saying(StrCat("topic ", topic, " partition ", partition, " at ", options_.bootstrap)));
}

}  // namespace caseward
