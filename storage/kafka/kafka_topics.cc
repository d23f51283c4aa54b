#include "storage/kafka/kafka_topics.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_client.h"
#include "storage/kafka/kafka_handles.h"

namespace caseward {
namespace {

// A broker that refuses us is noticed after so long.
constexpr absl::Duration kAskAtOnce = absl::Seconds(3);
constexpr int kHearMs = 100;

// From 4.0 on brokers refuse what librdkafka before 2.6.1 says by SCRAM (its pull request 4895), and call the password
// wrong.
std::string ScramHint(const KafkaOptions& options) {
  constexpr int kMended = 0x020601ff;
  const bool scram = std::any_of(options.client.begin(), options.client.end(), [](const auto& property) {
    return property.first.starts_with("sasl.mechanism") && property.second.starts_with("SCRAM");
  });
  if (!scram || rd_kafka_version() >= kMended) return "";
  return StrCat("; by SCRAM, librdkafka ", rd_kafka_version_str(),
                " of this machine reaches only brokers before Kafka 4.0, whatever the password: 2.6.1 or newer reaches "
                "all, and so does PLAIN over TLS");
}

// The brokers' topics and how many partitions each has.
class Admin {
 public:
  static absl::StatusOr<Admin> Connect(const KafkaOptions& options) {
    absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kAdmin);
    if (!client.ok()) return client.status();
    return Admin(options, *std::move(client));
  }

  absl::StatusOr<std::map<std::string, uint32_t>> Topics() const {
    const absl::StatusOr<KafkaMetadata> answer = Ask();
    if (!answer.ok()) return answer.status();
    const KafkaMetadata& metadata = *answer;
    std::map<std::string, uint32_t> out;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic& topic = metadata->topics[i];
      if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) out[topic.topic] = static_cast<uint32_t>(topic.partition_cnt);
    }
    return out;
  }

  absl::Status Create(const KafkaTopicSpec& spec) const {
    char why[512] = "";
    const int replication = options_.replication == 0 ? -1 : options_.replication;
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(spec.name.c_str(), static_cast<int>(spec.partitions), replication, why, sizeof why);
    if (topic == nullptr) return absl::InvalidArgumentError(StrCat("topic ", spec.name, ": ", why));
    for (const auto& [name, value] : spec.settings)
      rd_kafka_NewTopic_set_config(topic, name.c_str(), value.c_str());
    const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_CreateTopics(client_.get(), &topic, 1, MakeOptions(RD_KAFKA_ADMIN_OP_CREATETOPICS).get(), queue.get());
    rd_kafka_NewTopic_destroy(topic);
    const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), Milliseconds(options_.connect_timeout)));
    if (event == nullptr) return absl::UnavailableError(StrCat("making topic ", spec.name, ": no answer"));
    if (const rd_kafka_resp_err_t err = rd_kafka_event_error(event.get()); err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return FromKafka(err, StrCat("making topic ", spec.name));
    }
    size_t count = 0;
    const rd_kafka_topic_result_t** const results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (size_t i = 0; i < count; ++i) {
      const rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
      if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
      const char* const text = rd_kafka_topic_result_error_string(results[i]);
      return FromKafka(err, StrCat("making topic ", spec.name, text == nullptr ? "" : StrCat(" (", text, ")")));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::map<std::string, std::string>> Settings(const std::string& topic) const {
    rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
    rd_kafka_DescribeConfigs(client_.get(), &resource, 1, MakeOptions(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(),
                             queue.get());
    rd_kafka_ConfigResource_destroy(resource);
    const KafkaAnswer event(rd_kafka_queue_poll(queue.get(), Milliseconds(options_.connect_timeout)));
    if (event == nullptr) return absl::UnavailableError(StrCat("reading the settings of topic ", topic, ": no answer"));
    if (const rd_kafka_resp_err_t err = rd_kafka_event_error(event.get()); err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return FromKafka(err, StrCat("reading the settings of topic ", topic));
    }
    size_t count = 0;
    const rd_kafka_ConfigResource_t** const results =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    std::map<std::string, std::string> out;
    for (size_t i = 0; i < count; ++i) {
      if (const rd_kafka_resp_err_t err = rd_kafka_ConfigResource_error(results[i]);
          err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FromKafka(err, StrCat("reading the settings of topic ", topic));
      }
      size_t entries = 0;
      const rd_kafka_ConfigEntry_t** const list = rd_kafka_ConfigResource_configs(results[i], &entries);
      for (size_t e = 0; e < entries; ++e) {
        const char* const value = rd_kafka_ConfigEntry_value(list[e]);
        out[rd_kafka_ConfigEntry_name(list[e])] = value == nullptr ? "" : value;
      }
    }
    return out;
  }

 private:
  Admin(const KafkaOptions& options, KafkaClient client) : options_(options), client_(std::move(client)) {}

  // Waits for brokers that are away, but not long for one that refuses us.
  absl::StatusOr<KafkaMetadata> Ask() const {
    const absl::Time give_up = absl::Now() + options_.connect_timeout;
    while (true) {
      const rd_kafka_metadata_t* raw = nullptr;
      const absl::Duration wait = std::min(kAskAtOnce, give_up - absl::Now());
      const rd_kafka_resp_err_t err = rd_kafka_metadata(client_.get(), 1, nullptr, &raw, Milliseconds(wait));
      if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaMetadata(raw);
      rd_kafka_poll(client_.get(), kHearMs);
      if (client_.refused()) {
        return absl::PermissionDeniedError(StrCat(
            client_.Saying(StrCat("no connection to Kafka at ", options_.bootstrap, ", as --kafka-config has it")),
            ScramHint(options_)));
      }
      if (absl::Now() >= give_up) {
        return FromKafka(err, client_.Saying(StrCat("no Kafka broker answers at ", options_.bootstrap)));
      }
    }
  }

  KafkaAdminOptions MakeOptions(rd_kafka_admin_op_t op) const {
    KafkaAdminOptions out(rd_kafka_AdminOptions_new(client_.get(), op));
    char why[256];
    // Best effort: the wait for the answer is bounded anyhow.
    rd_kafka_AdminOptions_set_request_timeout(out.get(), Milliseconds(options_.connect_timeout), why, sizeof why);
    return out;
  }

  const KafkaOptions& options_;
  KafkaClient client_;
};

// At least, where more does no harm; the very value elsewhere.
bool Fits(const std::string& name, const std::string& expected, const std::string& found) {
  int64_t wanted = 0;
  int64_t there = 0;
  const bool more_is_fine = name == "max.message.bytes" || name == "min.insync.replicas";
  if (!more_is_fine || !absl::SimpleAtoi(expected, &wanted) || !absl::SimpleAtoi(found, &there)) {
    return expected == found;
  }
  return there >= wanted;
}

absl::Status Check(const KafkaTopicSpec& spec, uint32_t partitions, const std::map<std::string, std::string>& found) {
  const auto differs = [&](std::string_view setting, std::string_view expected, std::string_view there) {
    return absl::FailedPreconditionError(
        StrCat("topic ", spec.name, ", ", setting, ": expected ", expected, ", found ", there));
  };
  if (partitions != spec.partitions) {
    return differs("partitions", std::to_string(spec.partitions), std::to_string(partitions));
  }
  for (const auto& [name, expected] : spec.settings) {
    const auto there = found.find(name);
    if (there == found.end()) return differs(name, expected, "no such setting");
    if (!Fits(name, expected, there->second)) return differs(name, expected, there->second);
  }
  return absl::OkStatus();
}

// How long a broker may take to speak of topics that it has made, and how often it is asked meanwhile: each question
// gives it work of the kind that it is late with.
constexpr absl::Duration kTopicsAppearWithin = absl::Seconds(60);
constexpr absl::Duration kBetweenQuestions = absl::Milliseconds(50);

// All topics, once those that were made are among them.
absl::StatusOr<std::map<std::string, uint32_t>> TopicsOnceThere(const Admin& admin,
                                                                const std::vector<KafkaTopicSpec>& specs) {
  for (const absl::Time until = absl::Now() + kTopicsAppearWithin;; absl::SleepFor(kBetweenQuestions)) {
    absl::StatusOr<std::map<std::string, uint32_t>> topics = admin.Topics();
    if (!topics.ok()) return topics;
    const auto lacks = std::find_if(specs.begin(), specs.end(),
                                    [&](const KafkaTopicSpec& spec) { return !topics->contains(spec.name); });
    if (lacks == specs.end()) return topics;
    if (absl::Now() > until) {
      return absl::UnavailableError(StrCat("expected topic ", lacks->name, ", which was made, to appear within ",
                                           absl::ToInt64Seconds(kTopicsAppearWithin), " s; it has not"));
    }
  }
}

}  // namespace

std::vector<KafkaTopicSpec> KafkaTopicsOf(const KafkaOptions& options, uint32_t partitions) {
  constexpr std::string_view kHour = "3600000";
  constexpr std::string_view kDay = "86400000";
  constexpr std::string_view kWeek = "604800000";
  std::map<std::string, std::string> common = {
      {"message.timestamp.type", "LogAppendTime"},  // the broker's clock is a second witness of time
      {"max.message.bytes", std::to_string(options.max_record_bytes + (64u << 10))},
  };
  if (options.min_insync_replicas > 0) common["min.insync.replicas"] = std::to_string(options.min_insync_replicas);
  const auto spec = [&](std::string_view name, std::map<std::string, std::string> settings) {
    settings.insert(common.begin(), common.end());
    return KafkaTopicSpec{.name = options.Topic(name), .partitions = partitions, .settings = std::move(settings)};
  };
  const auto truth = [](KafkaTopicSpec one) {
    one.truth = true;
    return one;
  };
  const auto kept = [](std::string_view how_long) {
    return std::map<std::string, std::string>{
        {"cleanup.policy", "delete"}, {"retention.ms", std::string(how_long)}, {"retention.bytes", "-1"}};
  };
  const std::map<std::string, std::string> compacted = {{"cleanup.policy", "compact"},
                                                        {"max.compaction.lag.ms", std::string(kDay)}};
  std::vector<KafkaTopicSpec> out = {truth(spec(kEventsTopic, kept("-1"))), spec(kMessagesTopic, kept(kWeek)),
                                     truth(spec(kKeysTopic, compacted)), truth(spec(kOwnersTopic, compacted)),
                                     spec(kBarriersTopic, kept(kHour))};
  out[1].made_when_missing = true;  // what was lost with it is in the senders' logs
  // The second door. A lost topic of commands shows by the position that its reader has recorded.
  for (const char* const name : {kCommandsTopic, kOutcomesTopic, kRejectsTopic}) {
    out.push_back(spec(name, kept(kWeek)));
    out.back().made_when_missing = true;
  }
  out.emplace_back(spec(kWebhookTopic, compacted)).made_when_missing = true;  // older logs have none
  if (options.feed.form > 0) {
    KafkaTopicSpec& feed = out.emplace_back(spec(kFeedTopic, kept("-1")));
    feed.name = options.FeedTopic();
    feed.made_when_missing = true;
  }
  return out;
}

absl::StatusOr<uint32_t> CountKafkaPartitions(const KafkaOptions& options) {
  const absl::StatusOr<Admin> admin = Admin::Connect(options);
  if (!admin.ok()) return admin.status();
  const absl::StatusOr<std::map<std::string, uint32_t>> topics = admin->Topics();
  if (!topics.ok()) return topics.status();
  const auto events = topics->find(options.Topic(kEventsTopic));
  return events == topics->end() ? 0 : events->second;
}

absl::Status EnsureKafkaTopics(const KafkaOptions& options, uint32_t partitions, bool create) {
  const absl::StatusOr<Admin> admin = Admin::Connect(options);
  if (!admin.ok()) return admin.status();
  const std::vector<KafkaTopicSpec> specs = KafkaTopicsOf(options, partitions);
  absl::StatusOr<std::map<std::string, uint32_t>> topics = admin->Topics();
  if (!topics.ok()) return topics.status();
  const std::string events = options.Topic(kEventsTopic);
  const bool log_is_there = topics->contains(events);
  bool made = false;
  // .events last, so that a making that was broken off is no log yet.
  for (size_t i = specs.size(); i > 0; --i) {
    const KafkaTopicSpec& spec = specs[i - 1];
    if (topics->contains(spec.name)) continue;
    if (spec.truth && log_is_there) {
      return absl::FailedPreconditionError(
          StrCat("expected topic ", spec.name, " beside topic ", events, ", found none of that name: it was deleted"));
    }
    if (!create && !spec.made_when_missing) return absl::NotFoundError(StrCat("topic ", spec.name, " is not there"));
    if (absl::Status s = admin->Create(spec); !s.ok()) return s;
    made = true;
  }
  if (made) {
    topics = TopicsOnceThere(*admin, specs);
    if (!topics.ok()) return topics.status();
  }
  for (const KafkaTopicSpec& spec : specs) {
    const absl::StatusOr<std::map<std::string, std::string>> found = admin->Settings(spec.name);
    if (!found.ok()) return found.status();
    if (absl::Status s = Check(spec, (*topics)[spec.name], *found); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace caseward
