#include "storage/kafka/kafka_lane.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_feed.h"
#include "storage/kafka/kafka_handles.h"

namespace caseward {
namespace {

using ResultKind = KafkaLane::Result::Kind;

// The code of the fatal error that lies behind `code`, if there is one: after it everything else fails in its own way.
int Underlying(rd_kafka_s* client, int code) {
  char text[8];
  const int fatal = rd_kafka_fatal_error(client, text, sizeof text);
  return fatal == RD_KAFKA_RESP_ERR_NO_ERROR ? code : fatal;
}

rd_kafka_headers_t* Stamped(const KafkaStamp& stamp) {
  const std::string bytes = EncodeStamp(stamp);
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(1);
  rd_kafka_header_add(headers, kStampHeader, -1, bytes.data(), static_cast<ssize_t>(bytes.size()));
  return headers;
}

rd_kafka_headers_t* Plain(const TopicRecord& record) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return headers;
}

// What librdkafka needs of a record; the views live as long as it.
struct Parts {
  rd_kafka_headers_t* headers;  // to be handed over
  std::string_view value;
  std::optional<std::string_view> key;
};

Parts PartsOf(const KafkaOut& record) {
  const auto unless_empty = [](const std::string& key) {
    return key.empty() ? std::nullopt : std::optional<std::string_view>(key);
  };
  if (record.item != nullptr)
    return {MakeFeedHeaders(*record.item), record.item->body, unless_empty(record.item->subject)};
  if (record.plain != nullptr) return {Plain(*record.plain), record.plain->value, record.plain->key};
  return {Stamped(record.stamp), record.value, unless_empty(record.key)};
}

absl::Status CheckPlaces(const std::vector<KafkaOut>& records, const std::vector<int64_t>& offsets) {
  for (size_t i = 0; i < records.size(); ++i) {
    const KafkaOut& record = records[i];
    if (offsets[i] >= record.at_least) continue;
    return absl::DataLossError(StrCat("topic ", record.topic, " partition ", record.partition,
                                      ": expected a record to come to offset ", record.at_least,
                                      " or behind, found it at ", offsets[i],
                                      ": the topic was deleted and made anew, or has lost its end"));
  }
  return absl::OkStatus();
}

}  // namespace

// What the reports of one transaction have said so far.
struct KafkaLane::Delivery {
  std::vector<int64_t> offsets;
  size_t left = 0;
  int error = RD_KAFKA_RESP_ERR_NO_ERROR;
};

absl::StatusOr<std::unique_ptr<KafkaLane>> KafkaLane::Open(const KafkaOptions& options, const std::string& id) {
  absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kTransactional, id);
  if (!client.ok()) return client.status();
  std::unique_ptr<KafkaLane> lane(new KafkaLane(options, *std::move(client), id));
  if (absl::Status s = lane->MeetTopics(); !s.ok()) return s;
  rd_kafka_s* const handle = lane->client_.get();
  const KafkaError error(rd_kafka_init_transactions(handle, Milliseconds(options.connect_timeout)));
  if (error != nullptr) {
    return FromKafka(Underlying(handle, rd_kafka_error_code(error.get())),
                     lane->client_.Saying(StrCat("Kafka at ", options.bootstrap, ", transactional id ", id)));
  }
  return lane;
}

// A first record for a topic whose leaders are not known yet would wait a second for them.
absl::Status KafkaLane::MeetTopics() {
  for (const char* const name : kTopicNames) {
    topics_.push_back(rd_kafka_topic_new(client_.get(), options_.Topic(name).c_str(), nullptr));
  }
  if (options_.feed.form > 0) {
    topics_.push_back(rd_kafka_topic_new(client_.get(), options_.FeedTopic().c_str(), nullptr));
  }
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t err =
      rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, Milliseconds(options_.connect_timeout));
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
    return absl::OkStatus();
  }
  return FromKafka(err, client_.Saying(StrCat("Kafka at ", options_.bootstrap)));
}

KafkaLane::KafkaLane(const KafkaOptions& options, KafkaClient client, std::string id)
    : options_(options), client_(std::move(client)), id_(std::move(id)), last_commit_(absl::Now()) {}
KafkaLane::~KafkaLane() {
  for (rd_kafka_topic_s* const topic : topics_)
    rd_kafka_topic_destroy(topic);
}

absl::Status KafkaLane::Failed(int code, std::string_view what, Result& result) const {
  const int underlying = Underlying(client_.get(), code);
  // A fenced producer drops what it holds, and the reports may say only that.
  result.fenced = IsFenced(underlying) || underlying == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                  underlying == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
  return FromKafka(underlying, StrCat(what, " of ", id_));
}

absl::Status KafkaLane::Produce(const std::vector<KafkaOut>& records, Delivery& delivery) {
  for (size_t i = 0; i < records.size(); ++i) {
    const KafkaOut& record = records[i];
    const Parts parts = PartsOf(record);
    std::array<rd_kafka_vu_t, 7> fields = {};
    size_t used = 0;
    const auto field = [&](rd_kafka_vtype_t type) -> auto& {
      fields[used].vtype = type;
      return fields[used++].u;
    };
    field(RD_KAFKA_VTYPE_TOPIC).cstr = record.topic.c_str();
    field(RD_KAFKA_VTYPE_PARTITION).i32 = static_cast<int32_t>(record.partition);
    field(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
    field(RD_KAFKA_VTYPE_VALUE).mem = {const_cast<char*>(parts.value.data()), parts.value.size()};
    field(RD_KAFKA_VTYPE_HEADERS).headers = parts.headers;
    field(RD_KAFKA_VTYPE_OPAQUE).ptr = &delivery.offsets[i];
    if (parts.key) field(RD_KAFKA_VTYPE_KEY).mem = {const_cast<char*>(parts.key->data()), parts.key->size()};
    const KafkaError error(rd_kafka_produceva(client_.get(), fields.data(), used));
    if (error != nullptr) {
      rd_kafka_headers_destroy(parts.headers);
      delivery.error = rd_kafka_error_code(error.get());
      return absl::UnavailableError("not produced");
    }
  }
  return absl::OkStatus();
}

absl::Status KafkaLane::AwaitDelivery(Delivery& delivery) {
  const KafkaQueue queue(rd_kafka_queue_get_main(client_.get()));
  const absl::Time until = absl::Now() + options_.transaction_timeout + absl::Seconds(1);
  while (delivery.left > 0 && delivery.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), Milliseconds(until - absl::Now())));
    if (event == nullptr) {
      delivery.error = RD_KAFKA_RESP_ERR__TIMED_OUT;
      break;
    }
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      const int code = rd_kafka_event_error(event.get());
      if (code == RD_KAFKA_RESP_ERR__FATAL) delivery.error = code;  // others are told by the reports, if they matter
      continue;
    }
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
      --delivery.left;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && delivery.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery.error = message->err;
      }
      *static_cast<int64_t*>(message->_private) = message->offset;
    }
  }
  return delivery.error == RD_KAFKA_RESP_ERR_NO_ERROR ? absl::OkStatus() : absl::UnavailableError("not delivered");
}

KafkaLane::Result KafkaLane::Commit(const std::vector<KafkaOut>& records) {
  CHECK(!records.empty());
  Result result;
  Delivery delivery;
  delivery.offsets.assign(records.size(), -1);
  delivery.left = records.size();

  if (const KafkaError error(rd_kafka_begin_transaction(client_.get())); error != nullptr) {
    result.why = Failed(rd_kafka_error_code(error.get()), "beginning a transaction", result);
    return result;
  }
  absl::Status sent = Produce(records, delivery);
  if (sent.ok()) sent = AwaitDelivery(delivery);
  if (!sent.ok()) {
    // Reports that come later lie unread in the queue until the lane is destroyed, so their slots may go.
    result.why = Failed(delivery.error, "delivering a round", result);
    return result;
  }
  // Before it is committed: what is not committed nobody ever sees.
  if (result.why = CheckPlaces(records, delivery.offsets); !result.why.ok()) return result;

  if (const KafkaError error(rd_kafka_commit_transaction(client_.get(), Milliseconds(options_.transaction_timeout)));
      error != nullptr) {
    result.kind = ResultKind::kUnknown;
    result.why = Failed(rd_kafka_error_code(error.get()), "committing a round", result);
    return result;
  }
  result.kind = ResultKind::kCommitted;
  result.offsets = std::move(delivery.offsets);
  last_commit_ = absl::Now();
  return result;
}

}  // namespace caseward
