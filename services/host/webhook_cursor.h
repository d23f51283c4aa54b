// How far the webhook has come in one partition, kept in a small file that survives a crash: written aside, synced, and
// renamed over the old one. For a node that is alone; several keep it beside their log (delivery_marks.h).
//
// Failure  a file that cannot be read or written is a fault that names it. An absent one is nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/port/delivery_marks.h"

namespace caseward {

using WebhookCursor = DeliveryMark;

absl::StatusOr<std::optional<WebhookCursor>> ReadCursor(const std::string& path);
absl::Status WriteCursor(const std::string& path, const WebhookCursor& cursor);

// One file a partition, in `folder`, which is there.
class FileMarks final : public DeliveryMarks {
 public:
  explicit FileMarks(std::string folder) : folder_(std::move(folder)) {}
  absl::StatusOr<std::optional<DeliveryMark>> Read(uint32_t partition) override { return ReadCursor(Path(partition)); }
  absl::Status Write(uint32_t partition, const DeliveryMark& mark) override {
    return WriteCursor(Path(partition), mark);
  }
  void Release(uint32_t /*partition*/) override {}

 private:
  std::string Path(uint32_t partition) const { return folder_ + "/partition-" + std::to_string(partition); }
  const std::string folder_;
};

}  // namespace caseward
