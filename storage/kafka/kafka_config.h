// How the log in Kafka is reached and made: the one place for its settings. What a user may set has its reason here;
// what follows from the protocol (acks, isolation, idempotence) is fixed in kafka_client.cc.
//
// Topics, each with the prefix:
//   .events     the truth: claims and records, one Kafka partition a partition of the log, kept for ever
//   .messages   messages between partitions, by receiver, kept seven days
//   .commands   what outside systems ask (kafka_intake.h), kept seven days
//   .outcomes   what came of it, kept seven days
//   .rejects    what was no command, as it came, kept seven days
//   .keys       wrapped data keys, compacted
//   .owners     the log's format, and each partition's last claim, compacted
//   .feed       what other systems read (kafka_feed.h), kept for ever; .feed.<n> where the form is n
//   .webhook    how far the webhook's receiver was told, compacted
//   .barriers   proofs that a term still holds; nobody reads them, kept for an hour
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/port/event_log.h"

namespace caseward {

inline constexpr char kEventsTopic[] = "events";
inline constexpr char kMessagesTopic[] = "messages";
inline constexpr char kCommandsTopic[] = "commands";
inline constexpr char kOutcomesTopic[] = "outcomes";
inline constexpr char kRejectsTopic[] = "rejects";
inline constexpr char kKeysTopic[] = "keys";
inline constexpr char kOwnersTopic[] = "owners";
inline constexpr char kFeedTopic[] = "feed";
inline constexpr char kBarriersTopic[] = "barriers";
// All but the feed's, whose name depends on its form.
inline constexpr std::array<const char*, 8> kTopicNames = {kEventsTopic,   kMessagesTopic, kCommandsTopic,
                                                           kOutcomesTopic, kRejectsTopic,  kKeysTopic,
                                                           kOwnersTopic,   kBarriersTopic};
inline constexpr char kWebhookTopic[] = "webhook";

// The feed that this node writes.
struct KafkaFeedOptions {
  // Of the items that rounds bring; 0: there is no feed. A node that owns partitions of a log with a feed has one too,
  // or the next owner has to make up for it.
  uint32_t form = 0;
  // Adds the items of a record of `log` that the feed does not tell of yet. Any thread.
  std::function<absl::Status(EventLog& log, const std::string& log_id, uint32_t partition, uint64_t sequence,
                             std::string_view record, std::vector<FeedItem>& items)>
      of_record;
};

struct KafkaOptions {
  std::string bootstrap;  // host:port[,host:port...]
  std::string prefix = "caseward";
  // Further properties of librdkafka: how brokers are reached, and who we are to them (kAllowed in
  // kafka_properties.cc). They win over ours.
  std::map<std::string, std::string> client;

  // Of a log that does not exist yet; for one that does, 0 and "" mean whatever it was made with.
  uint32_t partitions = 0;
  std::string log_id;
  bool create = false;
  // The log is brought here from elsewhere (log_copy.h): it may be made, or found, as one that is not whole yet, which
  // nobody else opens.
  bool copying = false;
  // 0: as the brokers are set. For three brokers: 3 and 2.
  int replication = 0;
  int min_insync_replicas = 0;

  // A dead owner's open transaction holds readers back for so long, at most.
  absl::Duration transaction_timeout = absl::Seconds(10);
  // A node that was not heard of for so long is dead, and others get its partitions. Brokers allow 6 s and more unless
  // told otherwise (group.min.session.timeout.ms).
  absl::Duration session_timeout = absl::Seconds(6);
  // How long a broker may take to answer before a call fails with UNAVAILABLE.
  absl::Duration connect_timeout = absl::Seconds(15);
  absl::Duration read_timeout = absl::Seconds(15);
  // The same for who follows and only wants to know whether it is away: meanwhile a loop of partitions waits.
  absl::Duration glance_timeout = absl::Seconds(3);
  // Brokers forget a transactional id that was not used for seven days.
  absl::Duration idle_commit = absl::Hours(12);

  // At the bound a round is Aborted with RESOURCE_EXHAUSTED.
  size_t max_queued_rounds = 256;
  size_t max_queued_bytes = 64u << 20;
  // The largest record; the topics are made to hold it.
  size_t max_record_bytes = 8u << 20;
  // Records kept in memory for whoever reads at the end, by partition.
  size_t recent_bytes = 4u << 20;
  // Messages kept in memory while they wait, by partition.
  size_t inbox_bytes = 32u << 20;
  // Commands by topic kept in memory while they wait, by partition; and one record more.
  size_t intake_bytes = 8u << 20;

  KafkaFeedOptions feed;

  std::string Topic(std::string_view name) const { return prefix + "." + std::string(name); }
  std::string FeedTopic() const {
    return Topic(feed.form <= 1 ? kFeedTopic : std::string(kFeedTopic) + "." + std::to_string(feed.form));
  }
};

}  // namespace caseward
