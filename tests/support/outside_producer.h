// An outside system that puts records on a topic: an ordinary producer of librdkafka, with nothing of Caseward's.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_handles.h"

namespace caseward {

class OutsideProducer {
 public:
  // `transactional_id` empty: each record for itself.
  explicit OutsideProducer(const std::string& bootstrap, const std::string& transactional_id = "") {
    char why[256];
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    const auto set = [&](const char* name, const std::string& value) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why), RD_KAFKA_CONF_OK) << why;
    };
    set("bootstrap.servers", bootstrap);
    set("enable.idempotence", "true");
    set("message.max.bytes", "16000000");
    set("linger.ms", "0");
    if (!transactional_id.empty()) set("transactional.id", transactional_id);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      auto* const offset = static_cast<int64_t*>(message->_private);
      *offset = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? message->offset : kFailed;
    });
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why));
    if (!transactional_id.empty()) {
      EXPECT_EQ(rd_kafka_init_transactions(client_.get(), kPatienceMs), nullptr);
    }
  }

  // Its offset, once the broker has it.
  uint64_t Put(const std::string& topic, uint32_t partition, const TopicRecord& record) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    int64_t offset = kWaiting;
    std::array<rd_kafka_vu_t, 7> fields = {};
    size_t used = 0;
    const auto field = [&](rd_kafka_vtype_t type) -> auto& {
      fields[used].vtype = type;
      return fields[used++].u;
    };
    field(RD_KAFKA_VTYPE_TOPIC).cstr = topic.c_str();
    field(RD_KAFKA_VTYPE_PARTITION).i32 = static_cast<int32_t>(partition);
    field(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
    field(RD_KAFKA_VTYPE_VALUE).mem = {const_cast<char*>(record.value.data()), record.value.size()};
    field(RD_KAFKA_VTYPE_HEADERS).headers = headers;
    field(RD_KAFKA_VTYPE_OPAQUE).ptr = &offset;
    if (record.key) field(RD_KAFKA_VTYPE_KEY).mem = {const_cast<char*>(record.key->data()), record.key->size()};
    rd_kafka_error_t* const error = rd_kafka_produceva(client_.get(), fields.data(), used);
    EXPECT_EQ(error, nullptr) << rd_kafka_error_string(error);
    while (error == nullptr && offset == kWaiting)
      rd_kafka_poll(client_.get(), 100);
    EXPECT_GE(offset, 0) << "not delivered to " << topic;
    return static_cast<uint64_t>(offset);
  }

  void Begin() { EXPECT_EQ(rd_kafka_begin_transaction(client_.get()), nullptr); }
  void End(bool commit) {
    EXPECT_EQ(commit ? rd_kafka_commit_transaction(client_.get(), kPatienceMs)
                     : rd_kafka_abort_transaction(client_.get(), kPatienceMs),
              nullptr);
  }

 private:
  static constexpr int kPatienceMs = 60'000;
  static constexpr int64_t kWaiting = -100;
  static constexpr int64_t kFailed = -101;

  struct Destroy {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  };
  std::unique_ptr<rd_kafka_t, Destroy> client_;
};

// An operator, or retention, takes what lies before `offset`.
inline void DeleteRecordsBefore(const std::string& bootstrap, const std::string& topic, uint32_t partition,
                                uint64_t offset) {
  KafkaOptions options;
  options.bootstrap = bootstrap;
  const auto client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
  ASSERT_TRUE(client.ok()) << client.status();
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), static_cast<int32_t>(partition))->offset =
      static_cast<int64_t>(offset);
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  const KafkaQueue queue(rd_kafka_queue_new(client->get()));
  rd_kafka_DeleteRecords(client->get(), &request, 1, nullptr, queue.get());
  const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), 30'000));
  ASSERT_NE(event, nullptr) << "records were not deleted";
  EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_event_error_string(event.get());
  rd_kafka_DeleteRecords_destroy(request);
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace caseward
