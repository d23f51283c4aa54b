// A topic as a stranger sees it: an ordinary consumer of librdkafka, with nothing of Caseward's readers.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace caseward {

struct SeenMessage {
  int64_t offset = 0;
  bool has_key = false;
  std::string key;
  std::string value;
  std::map<std::string, std::string> headers;
};

class TopicReader {
 public:
  // `isolation`: "read_committed" or "read_uncommitted".
  TopicReader(const std::string& bootstrap, const std::string& isolation = "read_committed") {
    char why[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : std::map<std::string, std::string>{{"bootstrap.servers", bootstrap},
                                                                        {"isolation.level", isolation},
                                                                        {"enable.partition.eof", "true"},
                                                                        {"enable.auto.commit", "false"},
                                                                        {"auto.offset.reset", "error"},
                                                                        {"group.id", "a-stranger"}}) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why), RD_KAFKA_CONF_OK) << why;
    }
    client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why));
    rd_kafka_poll_set_consumer(client_.get());
  }
  ~TopicReader() { rd_kafka_consumer_close(client_.get()); }

  // Everything from `from` to the end, waiting for transactions that are still open.
  std::vector<SeenMessage> ReadAll(const std::string& topic, int32_t partition, int64_t from = 0) {
    std::vector<SeenMessage> out;
    int64_t low = 0;
    int64_t high = 0;
    EXPECT_EQ(rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), partition, &low, &high, kPatienceMs), 0);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = from;
    rd_kafka_assign(client_.get(), list);
    rd_kafka_topic_partition_list_destroy(list);
    const absl::Time until = absl::Now() + absl::Milliseconds(kPatienceMs);
    for (int64_t position = from; position < high;) {
      if (absl::Now() > until) {
        ADD_FAILURE() << topic << " was read to " << position << " of " << high;
        break;
      }
      rd_kafka_message_t* const m = rd_kafka_consumer_poll(client_.get(), 1000);
      if (m == nullptr) continue;
      if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) position = m->offset;
      if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        position = m->offset + 1;
        out.push_back(Seen(m));
      }
      rd_kafka_message_destroy(m);
    }
    return out;
  }

 private:
  static constexpr int kPatienceMs = 60'000;

  struct Destroy {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  };
  static SeenMessage Seen(const rd_kafka_message_t* m) {
    SeenMessage out;
    out.offset = m->offset;
    out.has_key = m->key != nullptr;
    if (m->key != nullptr) out.key.assign(static_cast<const char*>(m->key), m->key_len);
    if (m->payload != nullptr) out.value.assign(static_cast<const char*>(m->payload), m->len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      EXPECT_FALSE(out.headers.contains(name)) << name << " stands twice";
      out.headers[name].assign(static_cast<const char*>(value), size);
    }
    return out;
  }

  std::unique_ptr<rd_kafka_t, Destroy> client_;
};

}  // namespace caseward
