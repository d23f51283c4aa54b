// The feed in Kafka, for systems that know nothing of Caseward: one CloudEvents 1.0 message an event, in the binary
// mode of CloudEvents' Kafka binding, in the same transaction as the record it tells of. So it is as complete and as
// ordered as the log.
//
//   headers  ce_specversion, ce_id, ce_subject, ce_<attribute> ..., content-type      key  the subject      value  the
//   body
//
// No header of ours is among them: stock libraries read every header as text.
//
// A topic holds one form of the feed: .feed the first, .feed.<n> form n. Whoever claims a partition first tells what
// the log holds and the topic does not: all of it where the form is new, nothing where the owner before had the same
// form. What is told there is found from its last message, so an interrupted telling goes on where it stopped, and
// nothing is told twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "engine/port/event_log.h"
#include "storage/kafka/kafka_config.h"
#include "storage/kafka/kafka_reader.h"

struct rd_kafka_headers_s;

namespace caseward {

// Headers of `item`, which librdkafka takes over.
rd_kafka_headers_s* MakeFeedHeaders(const FeedItem& item);

// Where the item that a message's ce_id names stands.
struct FeedPlace {
  std::string log_id;
  uint32_t partition = 0;
  uint64_t sequence = 0;
  uint32_t index = 0;
};
// nullopt: not the id of an item.
std::optional<FeedPlace> ParseFeedId(std::string_view id);

// Appends rounds of items alone until the feed tells all that `log` holds in `partition`, which was claimed under
// `term`. A topic that is told everything must be as EnsureKafkaTopics wants it. DATA_LOSS: it is not, or holds the
// feed of another log, lost its beginning, was made anew under a running node, or tells of what the log does not hold;
// a fault of reading, or of a round that did not commit.
absl::Status CompleteKafkaFeed(EventLog& log, const std::string& log_id, const KafkaOptions& options,
                               KafkaReaders& readers, uint32_t partition, uint64_t term);

}  // namespace caseward
