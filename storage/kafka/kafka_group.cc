#include "storage/kafka/kafka_group.h"

#include <librdkafka/rdkafka.h>

#include <chrono>

#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr int kGroupTurnMs = 100;

std::vector<uint32_t> PartitionsOf(const rd_kafka_topic_partition_list_t& list) {
  std::vector<uint32_t> partitions;
  for (int i = 0; i < list.cnt; ++i)
    partitions.push_back(static_cast<uint32_t>(list.elems[i].partition));
  return partitions;
}

}  // namespace

absl::Status KafkaGroup::Join(Changed changed, absl::Duration wait) {
  changed_ = std::move(changed);
  absl::StatusOr<KafkaClient> client = KafkaClient::Make(options_, KafkaClient::Kind::kGroup);
  if (!client.ok()) return client.status();
  client_ = std::make_unique<KafkaClient>(*std::move(client));
  rd_kafka_poll_set_consumer(client_->get());
  queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
  rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, options_.Topic(kMessagesTopic).c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t subscribed = rd_kafka_subscribe(client_->get(), topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (absl::Status s = FromKafka(subscribed, "joining the group of nodes"); !s.ok()) return s;
  thread_ = std::thread([this] { Run(); });
  std::unique_lock lock(mutex_);
  if (said_.wait_for(lock, absl::ToChronoNanoseconds(wait), [this] { return told_; })) return absl::OkStatus();
  const std::string words = client_->last_words();
  return absl::DeadlineExceededError(StrCat("the group of nodes at ", options_.bootstrap, " has handed out nothing yet",
                                            words.empty() ? "" : StrCat(" (", words, ")")));
}

void KafkaGroup::Run() {
  // Closing makes the group take everything back, by an event; it ends when that is answered.
  bool closing = false;
  while (!closing || rd_kafka_consumer_closed(client_->get()) == 0) {
    if (leaving_ && !closing) {
      closing = true;
      (void)KafkaError(rd_kafka_consumer_close_queue(client_->get(), queue_.get()));
    }
    const KafkaAnswer event(rd_kafka_queue_poll(queue_.get(), kGroupTurnMs));
    if (event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) Rebalance(event.get());
  }
}

void KafkaGroup::Rebalance(rd_kafka_op_s* event) {
  rd_kafka_topic_partition_list_t* const list = rd_kafka_event_topic_partition_list(event);
  const rd_kafka_resp_err_t what = rd_kafka_event_error(event);
  Change change;
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    (void)KafkaError(rd_kafka_incremental_assign(client_->get(), list));
    rd_kafka_pause_partitions(client_->get(), list);
    change.gained = PartitionsOf(*list);
    changed_(change);
  } else if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    change.lost = PartitionsOf(*list);
    change.taken = rd_kafka_assignment_lost(client_->get()) != 0;
    changed_(change);
    (void)KafkaError(rd_kafka_incremental_unassign(client_->get(), list));
  } else {
    rd_kafka_assign(client_->get(), nullptr);
  }
  {
    const std::lock_guard lock(mutex_);
    told_ = true;
  }
  said_.notify_all();
}

void KafkaGroup::Leave() {
  leaving_ = true;
  if (thread_.joinable()) thread_.join();
  queue_.reset();
  client_.reset();
}

}  // namespace caseward
