#include "services/host/cloud_event.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "services/host/directory_steps.h"
#include "services/host/feed.h"

namespace caseward {
namespace {

void AddItems(const v1::Decision& decision, const std::string& log_id,
              const std::shared_ptr<const Directory>& directory, std::vector<FeedItem>& items) {
  if (decision.accepted().events().empty()) {
    return;
  }
  for (const v1::SubscribeResponse& item : FeedForm(decision, log_id, StepsOf(directory))) {
    items.push_back(CloudEventOf(item));
  }
}

}  // namespace

std::string CloudEventId(const v1::SubscribeResponse& item) {
  const v1::Position& at = item.position();
  return StrCat(at.log_id(), "/", at.partition(), "/", at.sequence(), "/", item.index());
}

std::string CloudEventSource(const v1::SubscribeResponse& item) {
  return StrCat("/caseward/", item.position().log_id(), "/", item.position().partition());
}

FeedItem CloudEventOf(const v1::SubscribeResponse& item) {
  FeedItem out;
  out.id = CloudEventId(item);
  out.subject = item.subject();
  out.attributes = {{"type", item.type()},
                    {"source", CloudEventSource(item)},
                    {"time", FormatInstant(ToTime(item.recorded_at()))},
                    {"position", out.id},
                    {"feedform", StrCat(item.feed_form())}};
  out.body = DeterministicBytes(item);
  return out;
}

FeedMaker MakeFeedOf(std::string log_id) {
  return [log_id = std::move(log_id)](const v1::Decision& decision, const std::shared_ptr<const Directory>& directory,
                                      std::vector<FeedItem>& items) { AddItems(decision, log_id, directory, items); };
}

absl::Status FeedFromLog::Add(EventLog& log, const std::string& log_id, uint32_t partition, uint64_t sequence,
                              std::string_view record, std::vector<FeedItem>& items) {
  v1::Decision decision;
  if (absl::Status parsed = ParseRecord(record, partition, sequence, decision); !parsed.ok()) {
    return parsed;
  }
  if (decision.accepted().events().empty()) {
    return absl::OkStatus();
  }
  const auto directory = DirectoryAt(log, decision.directory_sequence());
  if (!directory.ok()) {
    return directory.status();
  }
  AddItems(decision, log_id, *directory, items);
  return absl::OkStatus();
}

// One that is newer does no harm: a version of a pack never changes.
absl::StatusOr<std::shared_ptr<const Directory>> FeedFromLog::DirectoryAt(EventLog& log, uint64_t sequence) {
  std::lock_guard lock(mutex_);
  if (next_ > sequence) {
    return directory_;
  }
  absl::Status parsed;
  absl::Status read = log.ReadFrom(0, next_, [&](uint64_t at, std::string_view record) {
    v1::Decision decision;
    parsed = ParseRecord(record, 0, at, decision);
    if (!parsed.ok()) {
      return false;
    }
    if (KindOf(decision.stream()) == StreamKind::kDirectory) {
      for (const v1::Event& event : decision.accepted().events()) {
        directory_ = directory_->With(event, ToTime(decision.recorded_at()), decision.actor(), at);
      }
    }
    next_ = at + 1;
    return true;
  });
  if (!read.ok() || !parsed.ok()) {
    return read.ok() ? parsed : read;
  }
  return directory_;
}

}  // namespace caseward
