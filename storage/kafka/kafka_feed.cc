#include "storage/kafka/kafka_feed.h"

#include <librdkafka/rdkafka.h>

#include <future>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_topics.h"

namespace caseward {
namespace {

constexpr int64_t kFirstFeedWindow = 64;
constexpr int64_t kFeedWindowGrows = 16;
// Of one round that tells what is missing. A record's items are never parted.
constexpr size_t kRoundItems = 4096;
constexpr size_t kRoundBytes = 4u << 20;

void AddHeader(rd_kafka_headers_t* headers, const std::string& name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

// The ids of the first and the last item that were committed; both empty: there is none.
struct Ends {
  std::string first;
  std::string last;
};

// One partition of the topic.
class FeedTopic {
 public:
  FeedTopic(KafkaReaders& readers, const KafkaOptions& options, uint32_t partition)
      : readers_(readers),
        topic_(options.FeedTopic()),
        partition_(partition),
        where_(StrCat("topic ", topic_, " partition ", partition)) {}
  const std::string& where() const { return where_; }

  absl::StatusOr<Ends> FindEnds() {
    const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition_);
    if (!marks.ok()) return marks.status();
    if (marks->low > 0) {
      return absl::DataLossError(StrCat(where_, " begins at offset ", marks->low,
                                        ": expected it to begin at 0, for the feed is kept for ever"));
    }
    Ends ends;
    // A window may hold nothing but control records and aborted rounds.
    for (int64_t window = kFirstFeedWindow; ends.last.empty(); window *= kFeedWindowGrows) {
      const int64_t from = window >= marks->high ? 0 : marks->high - window;
      const absl::Status read = Read(from, marks->high, [&](std::string_view id) {
        ends.last = std::string(id);
        return true;
      });
      if (!read.ok()) return read;
      if (from == 0) break;
    }
    if (ends.last.empty()) return ends;
    const absl::Status read = Read(0, marks->high, [&](std::string_view id) {
      ends.first = std::string(id);
      return false;
    });
    if (!read.ok()) return read;
    return ends;
  }

 private:
  absl::Status Read(int64_t from, int64_t until, absl::FunctionRef<bool(std::string_view)> id) {
    return readers_
        .Read(topic_, partition_, from, until, KafkaWait::kUntilDecided,
              [&](const KafkaIn& in) { return id(in.feed_id); })
        .status();
  }

  KafkaReaders& readers_;
  const std::string topic_;
  const uint32_t partition_;
  const std::string where_;
};

// The id of the first item that the log gives; empty: it gives none.
absl::StatusOr<std::string> FirstIdOf(EventLog& log, const std::string& log_id, const KafkaOptions& options,
                                      uint32_t partition) {
  std::vector<FeedItem> items;
  absl::Status made;
  const absl::Status read = log.ReadFrom(partition, 0, [&](uint64_t sequence, std::string_view record) {
    made = options.feed.of_record(log, log_id, partition, sequence, record, items);
    return made.ok() && items.empty();
  });
  if (!read.ok()) return read;
  if (!made.ok()) return made;
  return items.empty() ? std::string() : items.front().id;
}

// The sequence of the first record that the topic does not tell of.
absl::StatusOr<uint64_t> NextToTell(EventLog& log, const std::string& log_id, const KafkaOptions& options,
                                    KafkaReaders& readers, uint32_t partition, uint64_t end) {
  FeedTopic topic(readers, options, partition);
  const absl::StatusOr<Ends> ends = topic.FindEnds();
  if (!ends.ok()) return ends.status();
  if (ends->last.empty()) return 0;
  const std::optional<FeedPlace> last = ParseFeedId(ends->last);
  if (!last || last->log_id != log_id || last->partition != partition) {
    return absl::DataLossError(StrCat(topic.where(), ": expected the feed of log ", log_id, ", found one of another"));
  }
  if (last->sequence >= end) {
    return absl::DataLossError(StrCat(topic.where(), " tells of sequence ", last->sequence, ", but the log ends at ",
                                      end, ": the log has lost its end"));
  }
  const absl::StatusOr<std::string> first = FirstIdOf(log, log_id, options, partition);
  if (!first.ok()) return first.status();
  if (*first != ends->first) {
    return absl::DataLossError(StrCat(topic.where(), " begins with ", ends->first, ", the log's first event is ",
                                      *first, ": it was made anew under a running node; delete it while none runs, ",
                                      "and it is told anew"));
  }
  return last->sequence + 1;
}

absl::Status AppendAndWait(EventLog& log, uint32_t partition, Round round) {
  std::promise<AppendResult> promise;
  std::future<AppendResult> answer = promise.get_future();
  log.AppendRound(partition, std::move(round), [&](AppendResult result) { promise.set_value(std::move(result)); });
  const AppendResult result = answer.get();
  if (result.kind == AppendResult::Kind::kCommitted) return absl::OkStatus();
  return absl::UnavailableError(
      StrCat("partition ", partition, ": completing the feed: ", StdText(result.why.message())));
}

}  // namespace

rd_kafka_headers_s* MakeFeedHeaders(const FeedItem& item) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(item.attributes.size() + 4);
  AddHeader(headers, "ce_specversion", "1.0");
  AddHeader(headers, kFeedIdHeader, item.id);
  if (!item.subject.empty()) AddHeader(headers, "ce_subject", item.subject);
  for (const auto& [name, value] : item.attributes)
    AddHeader(headers, StrCat("ce_", name), value);
  AddHeader(headers, "content-type", "application/protobuf");
  return headers;
}

std::optional<FeedPlace> ParseFeedId(std::string_view id) {
  const std::vector<std::string> parts = absl::StrSplit(AbslText(id), '/');
  FeedPlace out;
  if (parts.size() != 4 || parts[0].empty() || !absl::SimpleAtoi(parts[1], &out.partition) ||
      !absl::SimpleAtoi(parts[2], &out.sequence) || !absl::SimpleAtoi(parts[3], &out.index)) {
    return std::nullopt;
  }
  out.log_id = parts[0];
  return out;
}

absl::Status CompleteKafkaFeed(EventLog& log, const std::string& log_id, const KafkaOptions& options,
                               KafkaReaders& readers, uint32_t partition, uint64_t term) {
  const absl::StatusOr<uint64_t> end = log.End(partition);
  if (!end.ok()) return end.status();
  const absl::StatusOr<uint64_t> first = NextToTell(log, log_id, options, readers, partition, *end);
  if (!first.ok()) return first.status();
  if (*first == 0 && *end > 0) {
    const absl::Status made = EnsureKafkaTopics(options, log.partitions(), /*create=*/false);
    if (absl::IsFailedPrecondition(made)) return absl::DataLossError(made.message());
    if (!made.ok()) return made;
  }
  for (uint64_t next = *first; next < *end;) {
    Round round;
    round.term = term;
    round.first_sequence = *end;
    size_t bytes = 0;
    absl::Status made;
    const absl::Status read = log.ReadFrom(partition, next, [&](uint64_t sequence, std::string_view record) {
      made = options.feed.of_record(log, log_id, partition, sequence, record, round.feed);
      if (!made.ok()) return false;
      bytes += record.size();
      next = sequence + 1;
      return next < *end && bytes < kRoundBytes && round.feed.size() < kRoundItems;
    });
    if (!read.ok()) return read;
    if (!made.ok()) return made;
    if (round.feed.empty()) continue;
    if (absl::Status s = AppendAndWait(log, partition, std::move(round)); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace caseward
