#include "storage/kafka/kafka_inbox.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <deque>

#include "engine/base/text.h"
#include "storage/kafka/kafka_fetch_queue.h"

namespace caseward {
namespace {

constexpr std::chrono::milliseconds kWaitForExpected(500);
constexpr std::chrono::seconds kWaitForFirst(5);

}  // namespace

KafkaInbox::KafkaInbox(const KafkaOptions& options, KafkaReaders& readers, uint32_t partitions)
    : options_(options), readers_(readers), topic_(options.Topic(kMessagesTopic)), boxes_(partitions) {}

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
void KafkaInbox::Steer(KafkaFetchQueue& consumer) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < boxes_.size(); ++i) {
    Box& box = boxes_[i];
    const auto partition = static_cast<uint32_t>(i);
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
  const absl::StatusOr<std::unique_ptr<KafkaFetchQueue>> consumer = KafkaFetchQueue::Make(options_, topic_);
  if (!consumer.ok()) {
    const std::lock_guard lock(mutex_);
    for (Box& box : boxes_)
      box.fault = consumer.status();
    changed_.notify_all();
    return;
  }
  std::vector<rd_kafka_message_t*> messages;
  while (true) {
    Steer(**consumer);
    (*consumer)->Next(messages);
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    for (const rd_kafka_message_t* const m : messages) {
      Box& box = boxes_[static_cast<size_t>(m->partition)];
      // What was fetched before fetching stopped comes again when it starts.
      if ((*consumer)->started(static_cast<uint32_t>(m->partition)) && box.fault.ok()) {
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
    }
    if (!messages.empty()) changed_.notify_all();
  }
}

}  // namespace caseward
