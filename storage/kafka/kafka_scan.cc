#include "storage/kafka/kafka_scan.h"

#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "storage/record_frame.h"

namespace caseward {
namespace {

constexpr int64_t kFirstScanWindow = 1024;
constexpr int64_t kScanWindowGrows = 16;
// Bisecting stops where reading straight on is as quick.
constexpr int64_t kNearEnough = 2048;

}  // namespace

absl::Status KafkaScan::CatchUp(bool whole, uint64_t term_at_least, absl::Duration wait_for_marks) {
  const absl::StatusOr<KafkaWatermarks> marks = readers_.Watermarks(topic_, partition_, wait_for_marks);
  if (!marks.ok()) return marks.status();
  const std::string where = StrCat("topic ", topic_, " partition ", partition_);
  if (marks->low > 0) {
    return absl::DataLossError(
        StrCat(where, " begins at offset ", marks->low, ": expected it to begin at 0, for the log is kept for ever"));
  }
  const KafkaWait wait = whole ? KafkaWait::kUntilDecided : KafkaWait::kBriefly;
  const KafkaTail::Head head = tail_.head();
  if (head.offset < 0) return FindEnd(marks->high, wait, term_at_least);
  if (marks->high < head.offset) {
    return absl::DataLossError(StrCat(where, " ends at offset ", marks->high, ", but was read to ", head.offset,
                                      ": it was made anew, or has lost its end"));
  }
  absl::Status status;
  const absl::StatusOr<int64_t> reached =
      readers_.Read(topic_, partition_, head.offset, marks->high, wait, [&](const KafkaIn& in) {
        status = tail_.Take(in);
        return status.ok();
      });
  if (!status.ok()) return status;
  if (!reached.ok()) return reached.status();
  tail_.Reached(*reached);
  return absl::OkStatus();
}

absl::Status KafkaScan::FindEnd(int64_t high, KafkaWait wait, uint64_t term_at_least) {
  for (int64_t window = kFirstScanWindow;; window *= kScanWindowGrows) {
    const int64_t from = window >= high ? 0 : high - window;
    KafkaOrder order;
    std::string owner;
    absl::Status status;
    const absl::StatusOr<int64_t> reached = readers_.Read(topic_, partition_, from, high, wait, [&](const KafkaIn& in) {
      const absl::StatusOr<KafkaOrder::Place> place = order.Take(partition_, in);
      status = place.status();
      if (status.ok() && *place == KafkaOrder::Place::kClaim) owner = std::string(in.value);
      return status.ok();
    });
    if (!reached.ok()) return reached.status();
    // Too small a window may begin with a stale record, or hold nothing but control records.
    const bool trusted = status.ok() && order.known() && order.term() >= term_at_least;
    if (from > 0 && !trusted) continue;
    if (!status.ok()) return status;
    if (order.term() < term_at_least) {
      return absl::DataLossError(StrCat("topic ", topic_, " partition ", partition_, " ends in term ", order.term(),
                                        ", but term ", term_at_least,
                                        " was claimed: the topic was made anew, or has lost its end"));
    }
    tail_.Begin(order, std::move(owner), *reached);
    return absl::OkStatus();
  }
}

absl::StatusOr<KafkaTail::Mark> KafkaScan::Locate(uint64_t sequence) {
  KafkaTail::Mark low = tail_.Floor(sequence);
  std::optional<KafkaTail::Mark> high = tail_.Above(sequence);
  while (high && high->offset - low.offset > kNearEnough && sequence - low.sequence > kMarkEvery) {
    const int64_t middle = low.offset + (high->offset - low.offset) / 2;
    std::optional<KafkaTail::Mark> found;
    const absl::StatusOr<int64_t> read =
        readers_.Read(topic_, partition_, middle, high->offset, KafkaWait::kUntilDecided, [&](const KafkaIn& in) {
          if (in.stamp.kind != KafkaKind::kRecord) return true;
          found = KafkaTail::Mark{in.stamp.sequence, in.offset, in.stamp.term};
          return false;
        });
    if (!read.ok()) return read.status();
    if (!found) {
      high->offset = middle;
      continue;
    }
    const bool between = found->sequence > low.sequence && found->sequence < high->sequence &&
                         found->term >= low.term && found->term <= high->term;
    if (!between) break;  // a stale record: reading on from `low` sorts it out
    tail_.Add(*found);
    (found->sequence <= sequence ? low : *high) = *found;
  }
  return low;
}

absl::Status KafkaScan::ReadFromMark(const KafkaTail::Mark& mark, uint64_t& from, uint64_t end,
                                     absl::FunctionRef<bool(uint64_t, std::string_view)> record, bool& stopped) {
  KafkaOrder order(mark.term, mark.sequence);
  absl::Status status;
  const absl::StatusOr<int64_t> read = readers_.Read(
      topic_, partition_, mark.offset, tail_.head().offset, KafkaWait::kUntilDecided, [&](const KafkaIn& in) {
        const absl::StatusOr<KafkaOrder::Place> place = order.Take(partition_, in);
        status = place.status();
        if (!status.ok()) return false;
        if (*place != KafkaOrder::Place::kNext) return true;
        if (in.stamp.sequence % kMarkEvery == 0) tail_.Add({in.stamp.sequence, in.offset, in.stamp.term});
        if (in.stamp.sequence < from) return true;
        const absl::StatusOr<std::string_view> bytes = OpenFrame(partition_, in.stamp.sequence, in.value);
        status = bytes.status();
        if (!status.ok()) return false;
        stopped = !record(from, *bytes);
        ++from;
        return !stopped && from < end;
      });
  if (!status.ok()) return status;
  return read.status();
}

absl::Status KafkaScan::Read(uint64_t from, uint64_t end, absl::FunctionRef<bool(uint64_t, std::string_view)> record) {
  bool stopped = false;
  from = tail_.ReadRecent(from, end, record, stopped);
  if (stopped || from >= end) return absl::OkStatus();
  const absl::StatusOr<KafkaTail::Mark> mark = Locate(from);
  if (!mark.ok()) return mark.status();
  if (absl::Status s = ReadFromMark(*mark, from, end, record, stopped); !s.ok()) return s;
  if (!stopped && from < end) {
    return absl::DataLossError(StrCat("log partition ", partition_, " sequence ", from, ": the record is missing"));
  }
  return absl::OkStatus();
}

}  // namespace caseward
