#include "storage/kafka/kafka_inbox.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <deque>
#include <set>

#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr std::chrono::milliseconds kWaitForExpected(500);
constexpr std::chrono::seconds kWaitForFirst(5);
constexpr int kTurnMs = 50;
constexpr size_t kBatch = 512;

}  // namespace

// The consumer of all boxes, its partitions joined in one queue. The thread's own.
class KafkaInbox::Consumer {
 public:
  static absl::StatusOr<std::unique_ptr<Consumer>> Make(const KafkaOptions& options, const std::string& topic) {
    absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kFollow);
    if (!client.ok()) return client.status();
    return std::unique_ptr<Consumer>(new Consumer(*std::move(client), topic));
  }
  ~Consumer() {
    for (const int32_t partition : started_)
      rd_kafka_consume_stop(topic_, partition);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_topic_destroy(topic_);
  }
  bool Start(int32_t partition, int64_t offset) {
    if (rd_kafka_consume_start_queue(topic_, partition, offset, queue_) != 0) return false;
    started_.insert(partition);
    return true;
  }
  void Stop(int32_t partition) {
    rd_kafka_consume_stop(topic_, partition);
    started_.erase(partition);
  }
  bool started(int32_t partition) const { return started_.contains(partition); }
  size_t Next(rd_kafka_message_t** messages) {
    messages[0] = rd_kafka_consume_queue(queue_, kTurnMs);
    if (messages[0] == nullptr) return 0;
    const ssize_t more = rd_kafka_consume_batch_queue(queue_, 0, messages + 1, kBatch - 1);
    return more < 0 ? 1 : 1 + static_cast<size_t>(more);
  }

 private:
  Consumer(KafkaClient client, const std::string& topic)
      : client_(std::move(client)),
        topic_(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)),
        queue_(rd_kafka_queue_new(client_.get())) {}
  KafkaClient client_;
  rd_kafka_topic_t* const topic_;
  rd_kafka_queue_t* const queue_;
  std::set<int32_t> started_;
};

KafkaInbox::KafkaInbox(const KafkaOptions& options, KafkaReaders& readers, uint32_t partitions)
    : options_(options), readers_(readers), topic_(options.Topic(kCommandsTopic)), boxes_(partitions) {}

KafkaInbox::~KafkaInbox() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// The first reader of a box waits until what is there at present was read.
absl::Status KafkaInbox::Want(uint32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    if (boxes_[partition].wanted) return absl::OkStatus();
  }
  const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition);
  if (!marks.ok()) return marks.status();
  std::unique_lock lock(mutex_);
  Box& box = boxes_[partition];
  box.wanted = true;
  box.position = std::max(box.position, marks->low);
  box.expected = std::max(box.expected, marks->high);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_all();
  changed_.wait_for(lock, kWaitForFirst, [&] { return box.position >= box.expected || !box.fault.ok() || stopping_; });
  return absl::OkStatus();
}

absl::StatusOr<std::vector<InboundMessage>> KafkaInbox::Read(uint32_t partition,
                                                             const std::vector<InboxCursor>& cursors, size_t limit) {
  if (absl::Status s = Want(partition); !s.ok()) return s;
  std::unique_lock lock(mutex_);
  Box& box = boxes_[partition];
  changed_.wait_for(lock, kWaitForExpected, [&] {
    return box.position >= box.expected || !box.fault.ok() || box.bytes > options_.inbox_bytes;
  });
  if (!box.fault.ok()) return box.fault;
  std::map<uint32_t, Place> after;
  for (const InboxCursor& cursor : cursors)
    after[cursor.from_partition] = {cursor.from_sequence, cursor.n};
  struct Turn {
    uint32_t from = 0;
    std::map<Place, std::string>::const_iterator next, end;
  };
  std::deque<Turn> turns;
  for (const auto& [from, sender] : box.senders) {
    const auto cursor = after.find(from);
    const auto begin = cursor == after.end() ? sender.waiting.begin() : sender.waiting.upper_bound(cursor->second);
    if (begin != sender.waiting.end()) turns.push_back({from, begin, sender.waiting.end()});
  }
  // One of each sender in turn, so that a busy one does not starve the others.
  std::vector<InboundMessage> out;
  while (!turns.empty() && out.size() < limit) {
    Turn turn = turns.front();
    turns.pop_front();
    out.push_back({turn.from, turn.next->first.first, turn.next->first.second, turn.next->second});
    if (++turn.next != turn.end) turns.push_back(turn);
  }
  return out;
}

void KafkaInbox::Trim(uint32_t partition, const std::vector<InboxCursor>& cursors) {
  const std::lock_guard lock(mutex_);
  Box& box = boxes_[partition];
  for (const InboxCursor& cursor : cursors) {
    Sender& sender = box.senders[cursor.from_partition];
    const Place last = {cursor.from_sequence, cursor.n};
    sender.trimmed = sender.trimmed ? std::max(*sender.trimmed, last) : last;
    const auto end = sender.waiting.upper_bound(last);
    for (auto it = sender.waiting.begin(); it != end; it = sender.waiting.erase(it))
      box.bytes -= it->second.size();
  }
  changed_.notify_all();
}

void KafkaInbox::Forget(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  boxes_[partition] = Box();
  boxes_[partition].restart = true;
}

void KafkaInbox::Expect(uint32_t partition, int64_t offset) {
  const std::lock_guard lock(mutex_);
  boxes_[partition].expected = std::max(boxes_[partition].expected, offset + 1);
}

void KafkaInbox::Take(uint32_t partition, const KafkaIn& in) {
  Box& box = boxes_[partition];
  if (in.stamp.kind != KafkaKind::kMessage) {
    box.fault = absl::DataLossError(StrCat("topic ", topic_, " partition ", partition, " offset ", in.offset,
                                           ": expected a message, found something else"));
    return;
  }
  Sender& sender = box.senders[in.stamp.from_partition];
  const Place place = {in.stamp.sequence, in.stamp.n};
  if (in.stamp.term < sender.term) return;  // stale, as in the log (law L4)
  sender.term = in.stamp.term;
  if (sender.trimmed && place <= *sender.trimmed) return;
  if (sender.waiting.try_emplace(place, in.value).second) box.bytes += in.value.size();
}

// Starts and stops fetching by what is wanted and what fits.
void KafkaInbox::Steer(Consumer& consumer) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < boxes_.size(); ++i) {
    Box& box = boxes_[i];
    const auto partition = static_cast<int32_t>(i);
    if (std::exchange(box.restart, false) && consumer.started(partition)) consumer.Stop(partition);
    if (!box.wanted || !box.fault.ok()) continue;
    if (!consumer.started(partition) && box.bytes <= options_.inbox_bytes / 2) {
      consumer.Start(partition, box.position);
    } else if (consumer.started(partition) && box.bytes > options_.inbox_bytes) {
      consumer.Stop(partition);
    }
  }
}

void KafkaInbox::Run() {
  const absl::StatusOr<std::unique_ptr<Consumer>> consumer = Consumer::Make(options_, topic_);
  if (!consumer.ok()) {
    const std::lock_guard lock(mutex_);
    for (Box& box : boxes_)
      box.fault = consumer.status();
    changed_.notify_all();
    return;
  }
  rd_kafka_message_t* messages[kBatch];
  while (true) {
    Steer(**consumer);
    const size_t got = (*consumer)->Next(messages);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      for (size_t i = 0; i < got; ++i)
        rd_kafka_message_destroy(messages[i]);
      return;
    }
    for (size_t i = 0; i < got; ++i) {
      const rd_kafka_message_t* const m = messages[i];
      Box& box = boxes_[static_cast<size_t>(m->partition)];
      // What was fetched before fetching stopped comes again when it starts.
      if ((*consumer)->started(m->partition) && box.fault.ok()) {
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          box.position = m->offset;
        } else if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          const absl::Status status = FromKafka(m->err, StrCat("topic ", topic_, " partition ", m->partition));
          if (!absl::IsUnavailable(status)) box.fault = status;
        } else if (const absl::StatusOr<KafkaIn> in = ParseKafkaMessage(m, topic_); in.ok()) {
          Take(static_cast<uint32_t>(m->partition), *in);
          box.position = m->offset + 1;
        } else {
          box.fault = in.status();
        }
      }
      rd_kafka_message_destroy(messages[i]);
    }
    if (got > 0) changed_.notify_all();
  }
}

}  // namespace caseward
