#include "storage/kafka/kafka_intake.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_fetch_queue.h"
#include "storage/round_rules.h"

namespace caseward {
namespace {

constexpr absl::Duration kLookTakesMax = absl::Seconds(3);
constexpr absl::Duration kLookAgain = absl::Seconds(1);
constexpr std::chrono::milliseconds kIdleTurn(200);

absl::Time StampOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  return absl::FromUnixMillis(rd_kafka_message_timestamp(&message, &type));
}

std::string TextOf(const void* data, size_t size) {
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

IntakeRecord RecordOf(const rd_kafka_message_t& message) {
  IntakeRecord out;
  out.offset = static_cast<uint64_t>(message.offset);
  out.time = StampOf(message);
  if (message.key != nullptr) out.record.key = TextOf(message.key, message.key_len);
  out.record.value = TextOf(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    out.record.headers.emplace_back(name, TextOf(value, size));
  return out;
}

size_t BytesOf(const IntakeRecord& record) {
  size_t bytes = sizeof record + record.record.value.size() + (record.record.key ? record.record.key->size() : 0);
  for (const auto& [name, value] : record.record.headers)
    bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

KafkaIntake::KafkaIntake(const KafkaOptions& options, KafkaReaders& readers, uint32_t partitions)
    : options_(options), readers_(readers), topic_(options.Topic(kCommandsTopic)), boxes_(partitions) {}

KafkaIntake::~KafkaIntake() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void KafkaIntake::Watch(std::function<void(uint32_t)> grown) {
  const std::lock_guard lock(mutex_);
  grown_ = std::move(grown);
}

void KafkaIntake::Forget(uint32_t partition) {
  const std::lock_guard lock(mutex_);
  boxes_[partition] = Box();
  boxes_[partition].restart = true;
}

absl::StatusOr<IntakeRange> KafkaIntake::Find(uint32_t partition) {
  const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition);
  if (!marks.ok()) return marks.status();
  return IntakeRange{static_cast<uint64_t>(marks->low), static_cast<uint64_t>(marks->high)};
}

// ------------------------------------------------------------------------------------------------ any thread

// What is read in order is read on; any other place has to be looked at. A place that was accepted after a fault may be
// the same one, but forgets what was taken before.
bool KafkaIntake::ReadsOn(const Box& box, const IntakeCursor& cursor) {
  const bool in_order = cursor.next >= box.base && cursor.next <= box.position;
  switch (box.stage) {
    case Stage::kIdle: return false;
    case Stage::kLook:
    case Stage::kFetch: return in_order;
    case Stage::kFault: return in_order && cursor.last.has_value() == box.begin.last.has_value();
  }
  return false;
}

void KafkaIntake::Begin(uint32_t partition, const IntakeCursor& cursor) {
  Box& box = boxes_[partition];
  box = Box();
  box.restart = true;
  box.stage = Stage::kLook;
  box.begin = cursor;
  box.base = box.position = box.end = cursor.next;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  changed_.notify_all();
}

absl::StatusOr<IntakeBatch> KafkaIntake::Read(uint32_t partition, const IntakeCursor& cursor, size_t limit,
                                              size_t bytes) {
  const std::lock_guard lock(mutex_);
  Box& box = boxes_[partition];
  if (!ReadsOn(box, cursor)) Begin(partition, cursor);
  while (!box.records.empty() && box.records.front().offset < cursor.next) {
    box.bytes -= BytesOf(box.records.front());
    box.records.pop_front();
  }
  box.base = cursor.next;
  if (box.records.empty() && box.stage == Stage::kFault) return box.fault;
  if (box.records.empty() && !box.trouble.ok()) return box.trouble;
  IntakeBatch out{.records = {}, .next = cursor.next, .end = std::max(box.end, box.position)};
  size_t taken = 0;
  for (const IntakeRecord& record : box.records) {
    if (out.records.size() == limit || (!out.records.empty() && taken >= bytes)) return out;
    taken += record.record.value.size();
    out.next = record.offset + 1;
    out.records.push_back(record);
  }
  out.next = std::max(out.next, box.position);
  return out;
}

// ------------------------------------------------------------------------------------------------ the thread

std::vector<uint32_t> KafkaIntake::ToLookAt() {
  std::vector<uint32_t> out;
  const absl::Time now = absl::Now();
  for (size_t i = 0; i < boxes_.size(); ++i) {
    if (boxes_[i].stage == Stage::kLook && boxes_[i].look_again <= now) out.push_back(static_cast<uint32_t>(i));
  }
  return out;
}

void KafkaIntake::Stop(uint32_t partition, absl::Status fault) {
  Box& box = boxes_[partition];
  box.stage = Stage::kFault;
  box.fault = std::move(fault);
  box.restart = true;
  news_.insert(partition);
}

// Asks the broker, so without the lock; what was asked meanwhile is looked at the next time.
void KafkaIntake::LookAt(uint32_t partition, const IntakeCursor& cursor) {
  const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition, kLookTakesMax);
  const std::lock_guard lock(mutex_);
  Box& box = boxes_[partition];
  if (box.stage != Stage::kLook || box.begin.next != cursor.next) return;
  if (!marks.ok()) {
    if (box.trouble != marks.status()) news_.insert(partition);
    box.trouble = marks.status();
    box.look_again = absl::Now() + kLookAgain;
    return;
  }
  const IntakeRange range{static_cast<uint64_t>(marks->low), static_cast<uint64_t>(marks->high)};
  if (absl::Status s = CheckIntakeCursor(partition, range, cursor); !s.ok()) return Stop(partition, std::move(s));
  box.stage = Stage::kFetch;
  box.trouble = absl::OkStatus();
  box.prove = cursor.last && cursor.last->offset >= range.begin;
  box.end = range.end;
}

// Starts and stops fetching by what is wanted and what fits.
void KafkaIntake::Steer(KafkaFetchQueue& queue) {
  for (size_t i = 0; i < boxes_.size(); ++i) {
    Box& box = boxes_[i];
    const auto partition = static_cast<uint32_t>(i);
    if (std::exchange(box.restart, false) && queue.started(partition)) queue.Stop(partition);
    if (box.stage != Stage::kFetch) continue;
    if (!queue.started(partition) && box.bytes <= options_.intake_bytes / 2) {
      queue.Start(partition, static_cast<int64_t>(box.prove ? box.begin.last->offset : box.position));
    } else if (queue.started(partition) && box.bytes > options_.intake_bytes) {
      queue.Stop(partition);
    }
  }
}

// The record that was taken last must be there still, as it was. `message`: what lies there; null: nothing does.
void KafkaIntake::Prove(uint32_t partition, Box& box, const rd_kafka_message_t* message) {
  const IntakeCursor::Taken& last = *box.begin.last;
  const bool there = message != nullptr && static_cast<uint64_t>(message->offset) == last.offset;
  if (there && StampOf(*message) == last.time) {
    box.prove = false;
  } else {
    Stop(partition, AnotherIntake(partition, last, there ? std::optional(StampOf(*message)) : std::nullopt));
  }
}

void KafkaIntake::TakeRecord(Box& box, const rd_kafka_message_t& message) {
  const auto offset = static_cast<uint64_t>(message.offset);
  if (offset < box.position) return;
  box.position = offset + 1;
  if (offset < box.begin.next) return;
  box.records.push_back(RecordOf(message));
  box.bytes += BytesOf(box.records.back());
}

void KafkaIntake::Take(KafkaFetchQueue& queue, const rd_kafka_message_t& message) {
  const auto partition = static_cast<uint32_t>(message.partition);
  Box& box = boxes_[partition];
  // What was fetched before fetching stopped comes again when it starts.
  if (!queue.started(partition) || box.restart || box.stage != Stage::kFetch) return;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && message.err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    const absl::Status status = FromKafka(message.err, StrCat("topic ", topic_, " partition ", partition));
    if (box.trouble != status) news_.insert(partition);
    box.trouble = status;
    if (absl::IsUnavailable(status)) return;
    // Where it stood is gone, perhaps: whoever looks will know, and say it in numbers.
    box.restart = true;
    box.stage = Stage::kLook;
    box.begin.next = std::max(box.begin.next, box.position);
    box.look_again = absl::Now() + kLookAgain;
    return;
  }
  if (!box.trouble.ok()) news_.insert(partition);
  box.trouble = absl::OkStatus();
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (box.prove) return Prove(partition, box, nullptr);
    if (static_cast<uint64_t>(message.offset) > box.position) box.position = static_cast<uint64_t>(message.offset);
  } else if (box.prove) {
    Prove(partition, box, &message);
    if (box.stage == Stage::kFetch) return;  // it was taken
  } else {
    TakeRecord(box, message);
    news_.insert(partition);
  }
  box.end = std::max<uint64_t>(box.position, static_cast<uint64_t>(std::max<int64_t>(queue.End(partition), 0)));
}

void KafkaIntake::Run() {
  std::unique_ptr<KafkaFetchQueue> queue;
  std::vector<rd_kafka_message_t*> messages;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (const uint32_t partition : ToLookAt()) {
      const IntakeCursor cursor = boxes_[partition].begin;
      lock.unlock();
      LookAt(partition, cursor);
      lock.lock();
    }
    if (queue == nullptr) {
      absl::StatusOr<std::unique_ptr<KafkaFetchQueue>> made = KafkaFetchQueue::Make(options_, topic_);
      if (!made.ok()) {
        for (Box& box : boxes_)
          box.trouble = made.status();
        changed_.wait_for(lock, kIdleTurn);
        continue;
      }
      queue = *std::move(made);
    }
    Steer(*queue);
    lock.unlock();
    queue->Next(messages);
    lock.lock();
    for (const rd_kafka_message_t* const message : messages)
      Take(*queue, *message);
    const std::set<uint32_t> news = std::exchange(news_, {});
    const std::function<void(uint32_t)> grown = grown_;
    lock.unlock();
    for (const uint32_t partition : news) {
      if (grown) grown(partition);
    }
    lock.lock();
  }
}

}  // namespace caseward
