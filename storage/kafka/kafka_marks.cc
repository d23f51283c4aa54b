#include "storage/kafka/kafka_marks.h"

#include <utility>

#include "engine/base/text.h"

namespace caseward {

KafkaMarks::KafkaMarks(KafkaOptions options)
    : options_(std::move(options)), topic_(options_.Topic(kWebhookTopic)), readers_(options_) {}

absl::StatusOr<std::optional<DeliveryMark>> KafkaMarks::Read(uint32_t partition) {
  // Opened first: what the owner before had begun to write is decided then, and nothing follows it.
  absl::StatusOr<std::unique_ptr<KafkaLane>> lane =
      KafkaLane::Open(options_, StrCat(options_.prefix, ".webhook.", partition));
  if (!lane.ok()) return lane.status();
  lanes_[partition] = *std::move(lane);
  const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition);
  if (!marks.ok()) return marks.status();
  std::optional<DeliveryMark> last;
  absl::Status status;
  const absl::StatusOr<int64_t> read =
      readers_.Read(topic_, partition, marks->low, marks->high, KafkaWait::kUntilDecided, [&](const KafkaIn& in) {
        if (in.stamp.kind != KafkaKind::kMark) {
          status = absl::DataLossError(StrCat("topic ", topic_, " partition ", partition, " offset ", in.offset,
                                              ": expected a delivery mark, found something else"));
          return false;
        }
        last = DeliveryMark{in.stamp.sequence, in.stamp.n};
        return true;
      });
  if (!status.ok()) return status;
  if (!read.ok()) return read.status();
  return last;
}

absl::Status KafkaMarks::Write(uint32_t partition, const DeliveryMark& mark) {
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end()) {
    return absl::FailedPreconditionError(
        StrCat("topic ", topic_, " partition ", partition, ": expected to have read the mark before writing it"));
  }
  const KafkaLane::Result result = lane->second->Commit(
      {{topic_, partition, {KafkaKind::kMark, 0, mark.sequence, partition, mark.index}, "mark", ""}});
  if (result.kind == KafkaLane::Result::Kind::kCommitted) return absl::OkStatus();
  lanes_.erase(lane);
  if (result.fenced) return absl::FailedPreconditionError(result.why.message());
  return result.why;
}

}  // namespace caseward
