#include "storage/kafka/kafka_partition.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_format.h"
#include "storage/record_frame.h"

namespace caseward {
namespace {

using Kind = AppendResult::Kind;
using LaneKind = KafkaLane::Result::Kind;

constexpr absl::Duration kAskAnywayEvery = absl::Seconds(1);

size_t BytesOfAll(const Round& round) {
  size_t bytes = LoggedBytes(round);
  for (const FeedItem& item : round.feed)
    bytes += item.body.size();
  for (const auto* records : {&round.outcomes, &round.rejects}) {
    for (const TopicRecord& record : *records)
      bytes += record.value.size();
  }
  for (const MovedRecord& moved : round.moves)
    bytes += moved.record.value.size();
  return bytes;
}

}  // namespace

KafkaShared::KafkaShared(KafkaOptions wanted, uint32_t number_of_partitions)
    : options(std::move(wanted)),
      partitions(number_of_partitions),
      readers(options),
      keys(readers, options.Topic(kKeysTopic)),
      owners(readers, options.Topic(kOwnersTopic)),
      inbox(options, readers, partitions),
      intake(options, readers, partitions) {}

KafkaPartition::KafkaPartition(KafkaShared& shared, uint32_t partition)
    : shared_(shared),
      partition_(partition),
      events_(shared.options.Topic(kEventsTopic)),
      feed_(shared.options.FeedTopic()),
      tail_(partition, shared.options.recent_bytes),
      scan_(shared.readers, events_, partition, tail_),
      worker_([this] { Work(); }) {}

KafkaPartition::~KafkaPartition() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  worker_.join();
}

// ------------------------------------------------------------------------------------------------ any thread

absl::StatusOr<uint64_t> KafkaPartition::Claim(std::string_view owner, uint64_t above) {
  std::promise<absl::StatusOr<uint64_t>> term;
  {
    // Behind the rounds that wait already: they are judged by the old term, everything after by the new one.
    const std::lock_guard lock(mutex_);
    queue_.push_back(ClaimOp{std::string(owner), above, &term});
  }
  work_.notify_one();
  return term.get_future().get();
}

void KafkaPartition::AppendRound(Round round, AppendDone done) {
  const size_t bytes = BytesOfAll(round);
  bool full = false;
  {
    const std::lock_guard lock(mutex_);
    full = queued_rounds_ >= shared_.options.max_queued_rounds ||
           (queued_rounds_ > 0 && queued_bytes_ + bytes > shared_.options.max_queued_bytes);
    if (!full) {
      ++queued_rounds_;
      queued_bytes_ += bytes;
      queue_.push_back(AppendOp{std::move(round), std::move(done), bytes});
    }
  }
  if (full) {
    done({Kind::kAborted, absl::ResourceExhaustedError(StrCat("partition ", partition_, ": the log's queue is full"))});
    return;
  }
  work_.notify_one();
}

absl::StatusOr<uint64_t> KafkaPartition::End() {
  const auto held = [&] {
    const std::lock_guard lock(mutex_);
    return held_;
  };
  if (!held()) {
    const std::lock_guard scanning(scan_mutex_);
    if (!followed_.ok()) return followed_;
    // While a follower reads along, asking the broker now and then is for finding out that it is away.
    const bool fresh = shared_.followed && absl::Now() - caught_up_ < kAskAnywayEvery;
    if (!held() && !fresh) {
      const absl::Duration wait = shared_.followed ? shared_.options.glance_timeout : shared_.options.read_timeout;
      if (absl::Status s = scan_.CatchUp(/*whole=*/false, shared_.owners.Last(partition_).term, wait); !s.ok())
        return s;
      caught_up_ = absl::Now();
    }
  }
  return tail_.head().next;
}

void KafkaPartition::Release() {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(ReleaseOp{});
  }
  work_.notify_one();
}

void KafkaPartition::Forget() {
  std::promise<void> done;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(ReleaseOp{&done});
  }
  work_.notify_one();
  done.get_future().wait();
}

std::string KafkaPartition::LastOwner() const {
  const KafkaTail::Head head = tail_.head();
  const KafkaOwners::Claim last = shared_.owners.Last(partition_);
  return head.term >= last.term && !head.owner.empty() ? head.owner : last.owner;
}

std::optional<int64_t> KafkaPartition::FollowFrom() {
  if (!others_) return std::nullopt;
  const int64_t offset = tail_.head().offset;
  return offset < 0 ? std::nullopt : std::optional(offset);
}

bool KafkaPartition::Followed(const absl::StatusOr<KafkaIn>& in) {
  if (!others_) return false;
  const std::lock_guard scanning(scan_mutex_);
  if (!others_ || !followed_.ok()) return false;
  if (in.ok() && in->offset < tail_.head().offset) return false;
  followed_ = in.ok() ? tail_.Take(*in) : in.status();
  caught_up_ = absl::Now();
  return true;
}

absl::Status KafkaPartition::ReadFrom(uint64_t from, absl::FunctionRef<bool(uint64_t, std::string_view)> record) {
  const absl::StatusOr<uint64_t> end = End();
  if (!end.ok()) return end.status();
  if (from > *end) {
    return absl::OutOfRangeError(
        StrCat("log partition ", partition_, ": reading from ", from, ", but the end is ", *end));
  }
  return scan_.Read(from, *end, record);
}

// ------------------------------------------------------------------------------------------------ the worker

void KafkaPartition::Work() {
  const auto wait = absl::ToChronoMilliseconds(std::min(shared_.options.idle_commit / 4, absl::Minutes(10)));
  while (true) {
    std::deque<Op> ops;
    {
      std::unique_lock lock(mutex_);
      work_.wait_for(lock, wait, [&] { return !queue_.empty() || stopping_; });
      if (queue_.empty() && stopping_) return;
      if (!queue_.empty()) {
        ops.push_back(std::move(queue_.front()));
        queue_.pop_front();
        if (const AppendOp* append = std::get_if<AppendOp>(&ops.front())) {
          --queued_rounds_;
          queued_bytes_ -= append->bytes;
        }
      }
    }
    TouchIdleLanes();
    for (Op& op : ops) {
      if (AppendOp* append = std::get_if<AppendOp>(&op)) {
        append->done(Append(append->round));
      } else if (const ClaimOp* claim = std::get_if<ClaimOp>(&op)) {
        claim->term->set_value(MakeClaim(claim->owner, claim->above));
      } else if (const ReleaseOp* release = std::get_if<ReleaseOp>(&op)) {
        LoseLanes(absl::FailedPreconditionError(StrCat("partition ", partition_, " was given up")));
        if (release->forgotten == nullptr) continue;
        ForgetTail();
        feed_next_ = 0;
        release->forgotten->set_value();
      }
    }
  }
}

// A lane that nobody uses is forgotten by the broker in time.
void KafkaPartition::TouchIdleLanes() {
  for (std::unique_ptr<KafkaLane>& lane : lanes_) {
    if (lane == nullptr || absl::Now() - lane->last_commit() < shared_.options.idle_commit) continue;
    const KafkaLane::Result result = lane->Commit({Barrier(head_.term)});
    if (result.kind == LaneKind::kCommitted) continue;
    LoseLanes(absl::UnavailableError(
        StrCat("partition ", partition_, ": an idle lane is gone: ", StdText(result.why.message()))));
    return;
  }
}

void KafkaPartition::LoseLanes(absl::Status why) {
  broken_ = std::move(why);
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
  }
  for (std::unique_ptr<KafkaLane>& lane : lanes_)
    lane.reset();
  others_ = true;
}

void KafkaPartition::ForgetTail() {
  const std::lock_guard scanning(scan_mutex_);
  tail_.Forget();
  followed_ = absl::OkStatus();
  caught_up_ = absl::InfinitePast();
}

AppendResult KafkaPartition::Append(const Round& round) {
  if (absl::Status s = CheckRound(partition_, shared_.partitions, head_, round); !s.ok()) return {Kind::kAborted, s};
  if (absl::Status s = CheckIntakeParts(partition_, shared_.partitions, /*has_intake=*/true, round); !s.ok()) {
    return {Kind::kAborted, s};
  }
  if (!broken_.ok()) return {Kind::kAborted, broken_};
  for (const std::string& record : round.records) {
    if (record.size() > shared_.options.max_record_bytes) {
      return {Kind::kAborted,
              absl::InvalidArgumentError(StrCat("partition ", partition_, ": a record of ", record.size(),
                                                " bytes; the topics take at most ", shared_.options.max_record_bytes))};
    }
  }
  if (absl::Status s = shared_.keys.Reserve(round.keys, partition_); !s.ok()) return {Kind::kAborted, s};
  AppendResult result = Commit(round);
  // With an unknown outcome the ids stay taken until the log has said what became of them.
  if (result.kind != Kind::kUnknown) shared_.keys.Release(partition_);
  return result;
}

KafkaOut KafkaPartition::Barrier(uint64_t term) const {
  return {shared_.options.Topic(kBarriersTopic), partition_, {KafkaKind::kBarrier, term, 0, partition_, 0}, "", ""};
}

// The records first, so that the offsets of a committed round begin with theirs.
absl::StatusOr<std::vector<KafkaOut>> KafkaPartition::Lay(const Round& round) const {
  std::vector<KafkaOut> out;
  uint64_t sequence = round.first_sequence;
  const int64_t end = tail_.head().offset;
  for (const std::string& record : round.records) {
    std::string frame;
    frame.reserve(kFrameHeader + record.size());
    AppendFrame(partition_, sequence, record, frame);
    KafkaOut& at = out.emplace_back(KafkaOut{
        events_, partition_, {KafkaKind::kRecord, round.term, sequence++, partition_, 0}, "", std::move(frame)});
    at.at_least = end;
  }
  std::vector<const OutboundMessage*> messages;
  for (const OutboundMessage& message : round.messages)
    messages.push_back(&message);
  // A sender's messages lie in their order, so that whoever has read some of them has read the first ones.
  std::stable_sort(messages.begin(), messages.end(), [](const OutboundMessage* a, const OutboundMessage* b) {
    return std::pair(a->from_sequence, a->n) < std::pair(b->from_sequence, b->n);
  });
  for (const OutboundMessage* m : messages) {
    if (m->command.size() > shared_.options.max_record_bytes) {
      return absl::InvalidArgumentError(StrCat("partition ", partition_, ": a message of ", m->command.size(),
                                               " bytes; the topics take at most ", shared_.options.max_record_bytes));
    }
    out.push_back({shared_.options.Topic(kMessagesTopic),
                   m->to_partition,
                   {KafkaKind::kMessage, round.term, m->from_sequence, partition_, m->n},
                   "",
                   m->command});
  }
  for (const KeyRecord& key : round.keys) {
    for (const uint32_t place : shared_.keys.PlacesOf(key, partition_)) {
      KafkaOut& at = out.emplace_back(KafkaOut{shared_.keys.topic(),
                                               place,
                                               {KafkaKind::kKey, round.term, round.first_sequence, partition_, 0},
                                               key.key_id,
                                               KafkaKeys::Encode(key)});
      at.at_least = shared_.keys.position(place);
    }
  }
  LayIntake(round, out);
  if (shared_.options.feed.form > 0) {
    for (const FeedItem& item : round.feed) {
      out.push_back(
          {feed_, partition_, {KafkaKind::kFeed, round.term, 0, partition_, 0}, "", "", &item, nullptr, feed_next_});
    }
  }
  // Nothing to write still has to ask the coordinator whether the term holds.
  if (out.empty()) out.push_back(Barrier(round.term));
  return out;
}

void KafkaPartition::LayIntake(const Round& round, std::vector<KafkaOut>& out) const {
  const auto lay = [&](const char* topic, uint32_t partition, const TopicRecord& record) {
    KafkaOut& one = out.emplace_back();
    one.topic = shared_.options.Topic(topic);
    one.partition = partition;
    one.plain = &record;
  };
  for (const TopicRecord& record : round.outcomes)
    lay(kOutcomesTopic, partition_, record);
  for (const TopicRecord& record : round.rejects)
    lay(kRejectsTopic, partition_, record);
  for (const MovedRecord& moved : round.moves)
    lay(kCommandsTopic, moved.to_partition, moved.record);
}

AppendResult KafkaPartition::Commit(const Round& round) {
  const absl::StatusOr<std::vector<KafkaOut>> out = Lay(round);
  if (!out.ok()) return {Kind::kAborted, out.status()};
  KafkaLane& lane = *lanes_[turn_++ % lanes_.size()];
  const KafkaLane::Result result = lane.Commit(*out);
  if (result.kind != LaneKind::kCommitted) return Failed(round, result);
  if (out->back().item != nullptr) feed_next_ = result.offsets.back() + 1;
  Committed(round, *out, result.offsets);
  return {Kind::kCommitted, absl::OkStatus()};
}

// What was committed becomes visible, before anybody is told.
void KafkaPartition::Committed(const Round& round, const std::vector<KafkaOut>& out,
                               const std::vector<int64_t>& offsets) {
  for (size_t i = round.records.size(); i < out.size(); ++i) {
    if (out[i].plain == nullptr && out[i].stamp.kind == KafkaKind::kMessage)
      shared_.inbox.Expect(out[i].partition, offsets[i]);
  }
  for (const KeyRecord& key : round.keys)
    shared_.keys.Put(key, partition_);
  head_.next += round.records.size();
  tail_.Committed(round.first_sequence, round.records, offsets);
}

AppendResult KafkaPartition::Failed(const Round& round, const KafkaLane::Result& result) {
  const PartitionHead before = head_;
  const absl::Status why =
      absl::IsDataLoss(result.why)
          ? result.why
          : absl::UnavailableError(StrCat("partition ", partition_, ": ", StdText(result.why.message())));
  LoseLanes(why);
  if (result.fenced) {
    const std::lock_guard scanning(scan_mutex_);
    const absl::Status read = scan_.CatchUp(/*whole=*/true, 0, shared_.options.read_timeout);
    if (read.ok() && tail_.head().term > before.term) return AfterHeir(round, before);
  }
  if (result.kind == LaneKind::kUnknown) {
    head_.in_doubt = true;
    return {Kind::kUnknown, why};
  }
  return {Kind::kAborted, absl::IsInvalidArgument(result.why) ? result.why : why};
}

// The heir's claim lies behind every round of ours that will ever be visible, and it was read.
AppendResult KafkaPartition::AfterHeir(const Round& round, const PartitionHead& before) {
  const KafkaTail::Head now = tail_.head();
  head_.term = now.term;
  head_.owner = now.owner;
  head_.next = now.next;
  bool ours = false;
  if (!round.records.empty() && now.next > round.first_sequence) {
    // A sequence belongs to one term; whether that was ours, its bytes say, for they hold the term.
    const absl::Status read =
        scan_.Read(round.first_sequence, round.first_sequence + 1, [&](uint64_t, std::string_view bytes) {
          ours = bytes == round.records.front();
          return false;
        });
    if (!read.ok()) {
      head_.in_doubt = true;
      return {Kind::kUnknown, read};
    }
  }
  if (ours) {
    for (const KeyRecord& key : round.keys)
      shared_.keys.Put(key, partition_);
    return {Kind::kCommitted, absl::OkStatus()};
  }
  return {Kind::kAborted, absl::FailedPreconditionError(StrCat("partition ", partition_, ": the round is of term ",
                                                               before.term, ", the partition is held under term ",
                                                               now.term, " by '", now.owner, "'"))};
}

// ------------------------------------------------------------------------------------------------ claiming

std::string KafkaPartition::LaneId(char lane) const {
  return StrCat(shared_.options.prefix, ".", partition_, ".", std::string(1, lane));
}

absl::Status KafkaPartition::OpenLanes() {
  auto other = std::async(std::launch::async, [&] { return KafkaLane::Open(shared_.options, LaneId('b')); });
  absl::StatusOr<std::unique_ptr<KafkaLane>> one = KafkaLane::Open(shared_.options, LaneId('a'));
  absl::StatusOr<std::unique_ptr<KafkaLane>> two = other.get();
  if (!one.ok()) return one.status();
  if (!two.ok()) return two.status();
  lanes_ = {*std::move(one), *std::move(two)};
  turn_ = 0;
  return absl::OkStatus();
}

absl::Status KafkaPartition::CommitClaim(KafkaLane& lane, uint64_t term, const std::string& owner) {
  const KafkaStamp stamp{KafkaKind::kClaim, term, head_.next, partition_, 0};
  KafkaOut in_events{events_, partition_, stamp, "", owner};
  in_events.at_least = tail_.head().offset;
  KafkaOut in_owners{shared_.owners.topic(), partition_, stamp, KafkaOwners::ClaimKey(partition_), owner};
  in_owners.at_least = shared_.owners.position(partition_);
  const KafkaLane::Result result = lane.Commit({std::move(in_events), std::move(in_owners)});
  if (absl::IsDataLoss(result.why)) return result.why;
  if (result.kind != LaneKind::kCommitted) {
    return absl::UnavailableError(
        StrCat("partition ", partition_, ": claiming term ", term, ": ", StdText(result.why.message())));
  }
  return tail_.Take({result.offsets.front(), stamp, "", owner});
}

absl::Status KafkaPartition::FindFeedEnd() {
  if (shared_.options.feed.form == 0) return absl::OkStatus();
  const absl::StatusOr<KafkaWatermarks> marks = shared_.readers.Watermarks(feed_, partition_);
  if (!marks.ok()) return marks.status();
  if (marks->high < feed_next_) {
    return absl::DataLossError(StrCat("topic ", feed_, " partition ", partition_, ": expected it to end at offset ",
                                      feed_next_, " or behind, found its end at ", marks->high,
                                      ": the topic was deleted and made anew, or has lost its end"));
  }
  feed_next_ = marks->high;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> KafkaPartition::MakeClaim(const std::string& owner, uint64_t above) {
  LoseLanes(absl::UnavailableError(StrCat("partition ", partition_, " is not claimed")));
  if (absl::Status s = OpenLanes(); !s.ok()) return s;
  others_ = false;  // the follower leaves it alone, and does not wait for us
  // From here on no round of an older term can become visible any more, and what was open is decided.
  const std::lock_guard scanning(scan_mutex_);
  followed_ = absl::OkStatus();
  absl::Status read = CheckKafkaBeginning(shared_, partition_);
  if (read.ok()) read = shared_.owners.Refresh(partition_, /*whole=*/true);
  if (read.ok()) read = FindFeedEnd();
  const KafkaOwners::Claim last = shared_.owners.Last(partition_);
  if (read.ok()) read = scan_.CatchUp(/*whole=*/true, last.term, shared_.options.read_timeout);
  if (read.ok()) read = shared_.keys.Refresh(partition_, /*whole=*/true);
  const KafkaTail::Head tail = tail_.head();
  if (read.ok() && tail.next < last.next) {
    read = absl::DataLossError(StrCat("log partition ", partition_, " ends at sequence ", tail.next, ", but held ",
                                      last.next, " when term ", last.term, " was claimed: it has lost its end"));
  }
  if (!read.ok()) {
    LoseLanes(read);
    return read;
  }
  shared_.keys.Release(partition_);
  const uint64_t term = std::max({tail.term, last.term, above}) + 1;
  head_ = {term, owner, tail.next, false};
  for (const std::unique_ptr<KafkaLane>& lane : lanes_) {
    if (absl::Status s = CommitClaim(*lane, term, owner); !s.ok()) {
      LoseLanes(s);
      return s;
    }
  }
  shared_.owners.Put(partition_, {term, tail.next, owner});
  broken_ = absl::OkStatus();
  const std::lock_guard lock(mutex_);
  held_ = true;
  return term;
}

}  // namespace caseward
