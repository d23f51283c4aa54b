#include <librdkafka/rdkafka.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/kafka/measure.h"
#include "bench/play_stream.h"
#include "services/offline.h"
#include "storage/kafka/kafka_client.h"

namespace caseward::bench {
namespace {

constexpr int kPatienceMs = 15'000;
// A batch that is not full is given after so long.
constexpr int kBatchWaitMs = 5;

// A consumer of one partition from its beginning, in batches, as fast as librdkafka gives it.
class BareConsumer {
 public:
  static absl::StatusOr<std::unique_ptr<BareConsumer>> Open(const std::string& bootstrap, const std::string& topic,
                                                            int32_t partition) {
    KafkaOptions options;
    options.bootstrap = bootstrap;
    options.prefix = topic;
    absl::StatusOr<KafkaClient> client = KafkaClient::Make(options, KafkaClient::Kind::kReadCommitted);
    if (!client.ok()) return client.status();
    auto consumer = std::unique_ptr<BareConsumer>(new BareConsumer(*std::move(client), topic, partition));
    int64_t low = 0;
    const rd_kafka_resp_err_t found = rd_kafka_query_watermark_offsets(consumer->client_.get(), topic.c_str(),
                                                                       partition, &low, &consumer->end_, kPatienceMs);
    if (found != RD_KAFKA_RESP_ERR_NO_ERROR) return absl::InternalError(rd_kafka_err2str(found));
    if (rd_kafka_consume_start(consumer->topic_, partition, RD_KAFKA_OFFSET_BEGINNING) != 0) {
      return absl::InternalError(rd_kafka_err2str(rd_kafka_last_error()));
    }
    return consumer;
  }
  ~BareConsumer() {
    rd_kafka_consume_stop(topic_, partition_);
    rd_kafka_topic_destroy(topic_);
  }

  // How many messages came; 0: this was the end.
  absl::StatusOr<size_t> Read() {
    const absl::Time until = absl::Now() + absl::Milliseconds(kPatienceMs);
    while (!ended_) {
      if (absl::Now() > until) return absl::DeadlineExceededError("the bare consumer was given nothing");
      std::array<rd_kafka_message_t*, 1000> batch{};
      const ssize_t got = rd_kafka_consume_batch(topic_, partition_, kBatchWaitMs, batch.data(), batch.size());
      if (got < 0) return absl::InternalError(rd_kafka_err2str(rd_kafka_last_error()));
      size_t records = 0;
      for (ssize_t i = 0; i < got; ++i) {
        if (batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++records;
        // The last offsets are a transaction's marker, which is never given: the end of the partition is told instead.
        if (batch[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && batch[i]->offset >= end_) ended_ = true;
        rd_kafka_message_destroy(batch[i]);
      }
      if (records > 0) return records;
    }
    return 0;
  }

 private:
  BareConsumer(KafkaClient client, const std::string& topic, int32_t partition)
      : client_(std::move(client)),
        topic_(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)),
        partition_(partition) {}

  KafkaClient client_;
  rd_kafka_topic_t* const topic_;
  const int32_t partition_;
  int64_t end_ = 0;
  bool ended_ = false;
};

// Reads the partition to its end and writes, for each recorded round whose records have come, that round's puts in one
// batch. Records a second, from opening both to the last batch.
absl::StatusOr<double> BareRebuild(const KafkaSettings& settings, const std::string& topic, const std::string& folder,
                                   const std::vector<RecordedRound>& rounds) {
  std::filesystem::create_directories(folder);
  const absl::Time began = absl::Now();
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status open = rocksdb::DB::Open(options, folder, &opened);
  if (!open.ok()) return absl::InternalError(open.ToString());
  const std::unique_ptr<rocksdb::DB> state(opened);
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  auto consumer = BareConsumer::Open(settings.bootstrap, topic, 1);
  if (!consumer.ok()) return consumer.status();
  size_t read = 0;
  size_t needed = 0;
  for (const RecordedRound& round : rounds) {
    needed += round.records.size();
    while (read < needed) {
      const absl::StatusOr<size_t> more = (*consumer)->Read();
      if (!more.ok()) return more.status();
      if (*more == 0) return absl::InternalError("the partition has fewer records than were written");
      read += *more;
    }
    if (round.puts.empty()) continue;
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : round.puts)
      batch.Put(key, value);
    const rocksdb::Status written = state->Write(unlogged, &batch);
    if (!written.ok()) return absl::InternalError(written.ToString());
  }
  // Rebuilding makes state durable in the end, and so does this.
  const rocksdb::Status flushed = state->Flush(rocksdb::FlushOptions());
  if (!flushed.ok()) return absl::InternalError(flushed.ToString());
  return static_cast<double>(needed) / absl::ToDoubleSeconds(absl::Now() - began);
}

absl::StatusOr<double> Rebuild(const std::string& folder) {
  const absl::Time began = absl::Now();
  auto rebuilt = RebuildData({.data = folder});
  if (!rebuilt.ok()) return rebuilt.status();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - began);
  double records = 0;
  for (const v1::PartitionDigest& partition : *rebuilt)
    records += static_cast<double>(partition.tree_size());
  return records / seconds;
}

}  // namespace

absl::Status MeasureRebuild(const KafkaSettings& settings, Report& report) {
  auto node = StartOnKafka(settings, "rebuild");
  if (!node.ok()) return node.status();
  (*node)->Record();
  if (auto played = StreamPerSecond(**node, "rebuild", settings.stream_cases); !played.ok()) return played.status();
  const std::vector<RecordedRound> rounds = (*node)->Recorded();
  (*node)->Stop();
  node->reset();
  std::vector<double> ours;
  std::vector<double> bare;
  for (int turn = 0; turn < settings.turns; ++turn) {
    const absl::StatusOr<double> rebuilt = Rebuild(settings.folder + "/rebuild");
    if (!rebuilt.ok()) return rebuilt.status();
    ours.push_back(*rebuilt);
    const absl::StatusOr<double> consumed = BareRebuild(settings, settings.prefix + "rebuild.events",
                                                        absl::StrCat(settings.folder, "/bare_rebuild", turn), rounds);
    if (!consumed.ok()) return consumed.status();
    bare.push_back(*consumed);
  }
  report.AtLeast("state rebuilt from the log in Kafka", Median(ours), "decisions/s",
                 "bare consumer that writes the same puts", Median(bare), 0.7);
  return absl::OkStatus();
}

}  // namespace caseward::bench
