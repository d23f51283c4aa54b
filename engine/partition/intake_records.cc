#include "engine/partition/intake_records.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"

namespace caseward {
namespace {

constexpr size_t kWhyBytesMax = 1024;  // so that what we add fits what topics allow beyond a record's limit

using Headers = std::vector<std::pair<std::string, std::string>>;

void Add(Headers& headers, std::string_view name, std::string value) {
  headers.emplace_back(std::string(name), std::move(value));
}

// A sender does not speak for us.
void DropOurs(Headers& headers) {
  constexpr std::string_view kOurs[] = {kMovedFromHeader, kCommandIdHeader, kPartitionHeader, kOffsetHeader,
                                        kResultHeader,    kTimeHeader,      kWhyHeader,       kLeftOutHeader};
  std::erase_if(headers, [&](const auto& header) {
    return std::find(std::begin(kOurs), std::end(kOurs), header.first) != std::end(kOurs);
  });
}

std::string_view ResultName(const v1::IntakeOutcome& outcome) {
  if (outcome.has_fault()) return "fault";
  return outcome.outcome().has_refusal() ? "refused" : "accepted";
}

}  // namespace

std::optional<std::string_view> FindHeader(const TopicRecord& record, std::string_view name) {
  for (auto it = record.headers.rbegin(); it != record.headers.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return std::nullopt;
}

size_t BytesOf(const TopicRecord& record) {
  size_t bytes = record.value.size() + (record.key ? record.key->size() : 0);
  for (const auto& [name, value] : record.headers)
    bytes += name.size() + value.size();
  return bytes;
}

std::optional<v1::IntakePlace> MovedFrom(const TopicRecord& record) {
  const std::optional<std::string_view> text = FindHeader(record, kMovedFromHeader);
  if (!text) return std::nullopt;
  v1::IntakePlace place;
  const std::vector<absl::string_view> parts = absl::StrSplit(AbslText(*text), '/');
  uint32_t partition = 0;
  uint64_t offset = 0;
  // One that cannot be read still says that it was moved.
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &partition) && absl::SimpleAtoi(parts[1], &offset)) {
    place.set_partition(partition);
    place.set_offset(offset);
  }
  return place;
}

TopicRecord MakeOutcomeRecord(const IntakeRecord& came, const v1::IntakeOutcome& outcome) {
  TopicRecord out{.key = came.record.key, .value = DeterministicBytes(outcome)};
  Add(out.headers, kContentTypeHeader, "application/protobuf");
  if (!outcome.command_id().empty()) Add(out.headers, kCommandIdHeader, outcome.command_id());
  Add(out.headers, kPartitionHeader, StrCat(outcome.partition()));
  Add(out.headers, kOffsetHeader, StrCat(outcome.offset()));
  Add(out.headers, kResultHeader, std::string(ResultName(outcome)));
  if (outcome.has_moved_from()) {
    Add(out.headers, kMovedFromHeader, StrCat(outcome.moved_from().partition(), "/", outcome.moved_from().offset()));
  }
  return out;
}

TopicRecord MakeRejectRecord(IntakeRecord came, uint32_t partition, std::string_view why, size_t bytes_max) {
  TopicRecord out = std::move(came.record);
  const size_t bytes = BytesOf(out);
  if (bytes > bytes_max) {
    out = TopicRecord();
    Add(out.headers, kLeftOutHeader, StrCat(bytes));
  } else {
    DropOurs(out.headers);
  }
  Add(out.headers, kPartitionHeader, StrCat(partition));
  Add(out.headers, kOffsetHeader, StrCat(came.offset));
  Add(out.headers, kTimeHeader, FormatInstant(came.time));
  Add(out.headers, kWhyHeader, std::string(why.substr(0, kWhyBytesMax)));
  return out;
}

TopicRecord MakeMovedRecord(IntakeRecord came, uint32_t from_partition) {
  TopicRecord out = std::move(came.record);
  DropOurs(out.headers);
  Add(out.headers, kMovedFromHeader, StrCat(from_partition, "/", came.offset));
  return out;
}

std::string_view IntakeResult(const v1::Decision& decision) {
  switch (decision.intake_noted().kind()) {
    case v1::IntakeNoted::KIND_DUPLICATE: return "duplicate";
    case v1::IntakeNoted::KIND_REJECTED: return "rejected";
    case v1::IntakeNoted::KIND_MOVED: return "moved";
    case v1::IntakeNoted::KIND_COUNTED: return "counted";
    case v1::IntakeNoted::KIND_FAULT: return "fault";
    case v1::IntakeNoted::KIND_POSITION:
    case v1::IntakeNoted::KIND_ACCEPTED_LOSS:
    case v1::IntakeNoted::KIND_UNSPECIFIED:
    case v1::IntakeNoted_Kind_IntakeNoted_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::IntakeNoted_Kind_IntakeNoted_Kind_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "decided";
}

void SetIntake(const IntakeCursor::Taken& taken, v1::Decision& decision) {
  decision.set_intake_offset(taken.offset);
  SetTimestamp(taken.time, decision.mutable_intake_time());
}

IntakeCursor IntakeCursorOf(const v1::PartitionMeta& meta) {
  IntakeCursor cursor{.next = meta.intake_offset(), .last = std::nullopt};
  if (meta.has_intake_last_offset()) {
    cursor.last = {.offset = meta.intake_last_offset(), .time = ToTime(meta.intake_last_time())};
  }
  return cursor;
}

void ApplyIntake(const v1::Decision& decision, v1::PartitionMeta& meta) {
  if (decision.has_intake_offset()) {
    meta.set_intake_offset(decision.intake_offset() + 1);
    meta.set_intake_last_offset(decision.intake_offset());
    *meta.mutable_intake_last_time() = decision.intake_time();
    return;
  }
  const v1::IntakeNoted::Kind kind = decision.intake_noted().kind();
  if (kind != v1::IntakeNoted::KIND_POSITION && kind != v1::IntakeNoted::KIND_ACCEPTED_LOSS) return;
  meta.set_intake_offset(decision.intake_noted().next_offset());
  if (kind == v1::IntakeNoted::KIND_POSITION) return;
  // What was read before says nothing of the topic that is read from now on.
  meta.clear_intake_last_offset();
  meta.clear_intake_last_time();
}

}  // namespace caseward
