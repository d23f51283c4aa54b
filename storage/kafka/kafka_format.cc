#include "storage/kafka/kafka_format.h"

#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/text.h"
#include "storage/kafka/kafka_topics.h"

namespace caseward {
namespace {

constexpr int kWithMarkInKeys = 2;

std::string FormatText(const KafkaShared& shared) {
  return StrCat("caseward-log ", kKafkaFormatVersion, " ", shared.partitions, " ", shared.options.log_id);
}

std::string Told(const std::string& text) { return text.empty() ? "nothing" : StrCat("\"", text, "\""); }

// The text of the format record with which a partition begins; empty if nothing was ever committed there, or, told by
// `other`, it begins with something else.
absl::StatusOr<std::string> FirstFormat(KafkaShared& shared, const std::string& topic, uint32_t partition,
                                        std::optional<int64_t>& other) {
  const absl::StatusOr<KafkaWatermarks> marks = shared.readers.Watermarks(topic, partition);
  if (!marks.ok()) return marks.status();
  if (marks->high == 0) return std::string();
  std::string text;
  const absl::StatusOr<int64_t> read =
      shared.readers.Read(topic, partition, marks->low, marks->high, KafkaWait::kBriefly, [&](const KafkaIn& in) {
        if (in.stamp.kind == KafkaKind::kFormat) {
          text = std::string(in.value);
        } else {
          other = in.offset;
        }
        return false;
      });
  if (!read.ok()) return read.status();
  return text;
}

// The same of a partition of .events, which begins with nothing else.
absl::StatusOr<std::string> FormatAt(KafkaShared& shared, uint32_t partition) {
  const std::string topic = shared.options.Topic(kEventsTopic);
  std::optional<int64_t> other;
  absl::StatusOr<std::string> text = FirstFormat(shared, topic, partition, other);
  if (text.ok() && other) {
    return absl::DataLossError(StrCat("topic ", topic, " partition ", partition,
                                      ": expected the log's format at its start, found offset ", *other,
                                      "; the start of the log is gone"));
  }
  return text;
}

int VersionOf(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  int version = 0;
  return parts.size() > 1 && absl::SimpleAtoi(parts[1], &version) ? version : 0;
}

// An empty .keys beside a log would mean that nobody's words can be read any more, and say nothing.
absl::Status CheckKeys(KafkaShared& shared, const std::string& expected) {
  if (VersionOf(expected) < kWithMarkInKeys) return absl::OkStatus();
  std::optional<int64_t> other;
  const absl::StatusOr<std::string> found = FirstFormat(shared, shared.keys.topic(), 0, other);
  if (!found.ok()) return found.status();
  if (*found == expected) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("topic ", shared.keys.topic(), " partition 0: expected it to begin with ",
                                              Told(expected), ", found ", Told(*found),
                                              ": it was deleted and made anew, or is of another log"));
}

// Empty: there is no log yet.
absl::StatusOr<std::string> FindFormat(KafkaShared& shared) {
  if (absl::Status s = shared.owners.Refresh(0, /*whole=*/false); !s.ok()) return s;
  const std::string expected = shared.owners.format();
  for (uint32_t partition = 0; partition < shared.partitions; ++partition) {
    const absl::StatusOr<std::string> found = FormatAt(shared, partition);
    if (!found.ok()) return found.status();
    if (*found == expected) continue;
    const std::string events = shared.options.Topic(kEventsTopic);
    return absl::FailedPreconditionError(StrCat(
        "topic ", events, " partition ", partition, " begins with ", Told(*found), ", topic ", shared.owners.topic(),
        " says ", Told(expected), ": one of them was deleted and made anew, or they are of two logs"));
  }
  if (absl::Status s = CheckKeys(shared, expected); !s.ok()) return s;
  return expected;
}

KafkaOut CopyMark(const KafkaShared& shared, const std::string& says) {
  return {shared.owners.topic(), 0, {KafkaKind::kCopy, 0, 0, 0, 0}, "copy", says};
}

absl::StatusOr<std::unique_ptr<KafkaLane>> OpenMaker(const KafkaShared& shared) {
  return KafkaLane::Open(shared.options, StrCat(shared.options.prefix, ".make"));
}

absl::Status Make(KafkaShared& shared) {
  // Of two nodes that make the log at once, the second fences the first, and looks again at what the first has done.
  const absl::StatusOr<std::unique_ptr<KafkaLane>> lane = OpenMaker(shared);
  if (!lane.ok()) return lane.status();
  const absl::StatusOr<std::string> found = FindFormat(shared);
  if (!found.ok() || !found->empty()) return found.status();
  const std::string text = FormatText(shared);
  std::vector<KafkaOut> out = {{shared.owners.topic(), 0, {KafkaKind::kFormat, 0, 0, 0, 0}, "format", text},
                               {shared.keys.topic(), 0, {KafkaKind::kFormat, 0, 0, 0, 0}, "format", text}};
  for (uint32_t partition = 0; partition < shared.partitions; ++partition) {
    out.push_back({shared.options.Topic(kEventsTopic), partition, {KafkaKind::kFormat, 0, 0, partition, 0}, "", text});
  }
  // In the same transaction, so that nobody ever takes what is there for the whole log.
  if (shared.options.copying) out.push_back(CopyMark(shared, kCopyBegun));
  const KafkaLane::Result result = (*lane)->Commit(out);
  return result.kind == KafkaLane::Result::Kind::kCommitted ? absl::OkStatus() : result.why;
}

absl::StatusOr<std::string> ParseFormat(const KafkaShared& shared, const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  int version = 0;
  if (parts.size() < 2 || parts[0] != "caseward-log" || !absl::SimpleAtoi(parts[1], &version)) {
    return absl::DataLossError(
        StrCat("topic ", shared.owners.topic(), ": expected the log's format, found other text"));
  }
  if (version < kKafkaFormatVersionMin || version > kKafkaFormatVersion) {
    return absl::FailedPreconditionError(StrCat("the log has format version ", version,
                                                "; this program reads versions ", kKafkaFormatVersionMin, " to ",
                                                kKafkaFormatVersion));
  }
  uint32_t partitions = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[2], &partitions)) {
    return absl::DataLossError(StrCat("topic ", shared.owners.topic(), ": the log's format is cut short"));
  }
  if (partitions != shared.partitions) {
    return absl::FailedPreconditionError(
        StrCat("log ", parts[3], " was made with ", partitions, " partitions, its topics have ", shared.partitions));
  }
  return parts[3];
}

}  // namespace

absl::StatusOr<std::string> FindOrMakeKafkaLog(KafkaShared& shared) {
  absl::StatusOr<std::string> text = FindFormat(shared);
  if (!text.ok()) return text.status();
  if (text->empty()) {
    if (!shared.options.create) {
      return absl::NotFoundError(
          StrCat("there is no log in topic ", shared.options.Topic(kEventsTopic), " at ", shared.options.bootstrap));
    }
    if (absl::Status s = Make(shared); !s.ok()) return s;
    // The markers of the commit may take a moment.
    if (absl::Status s = shared.owners.Refresh(0, /*whole=*/true); !s.ok()) return s;
    text = shared.owners.format();
  }
  const absl::StatusOr<std::string> log_id = ParseFormat(shared, *text);
  if (!log_id.ok()) return log_id.status();
  const std::string& wanted = shared.options.log_id;
  if (!wanted.empty() && *log_id != wanted) {
    return absl::FailedPreconditionError(
        StrCat("expected log ", wanted, " in topic ", shared.options.Topic(kEventsTopic), ", found log ", *log_id));
  }
  if (shared.owners.copying() && !shared.options.copying) {
    return absl::FailedPreconditionError(StrCat("log ", *log_id, " in topic ", shared.options.Topic(kEventsTopic),
                                                " is not whole: its copying was begun and not finished; run"
                                                " `caseward log copy` again"));
  }
  return log_id;
}

absl::Status CheckKafkaBeginning(KafkaShared& shared, uint32_t partition) {
  const std::string expected = shared.owners.format();
  const absl::StatusOr<std::string> found = FormatAt(shared, partition);
  if (!found.ok()) return found.status();
  if (*found == expected) return absl::OkStatus();
  return absl::DataLossError(StrCat("topic ", shared.options.Topic(kEventsTopic), " partition ", partition,
                                    ": expected it to begin with ", Told(expected), ", found ", Told(*found),
                                    ": the topic was deleted and made anew"));
}

absl::Status CheckKafkaLog(KafkaShared& shared, const std::string& log_id) {
  if (absl::Status s = EnsureKafkaTopics(shared.options, shared.partitions, /*create=*/false); !s.ok()) return s;
  shared.owners.Forget(0);
  const absl::StatusOr<std::string> text = FindFormat(shared);
  if (!text.ok()) return text.status();
  const absl::StatusOr<std::string> found = ParseFormat(shared, *text);
  if (!found.ok()) return found.status();
  if (*found == log_id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("expected log ", log_id, " in topic ", shared.options.Topic(kEventsTopic), ", found log ", *found));
}

absl::Status FinishKafkaCopy(KafkaShared& shared) {
  const absl::StatusOr<std::unique_ptr<KafkaLane>> lane = OpenMaker(shared);
  if (!lane.ok()) return lane.status();
  const KafkaLane::Result result = (*lane)->Commit({CopyMark(shared, kCopyDone)});
  return result.kind == KafkaLane::Result::Kind::kCommitted ? absl::OkStatus() : result.why;
}

}  // namespace caseward
