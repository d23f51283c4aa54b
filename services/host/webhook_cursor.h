// How far the webhook has come in one partition, kept in a small file that survives a crash: written aside, synced, and
// renamed over the old one.
//
// Failure  a file that cannot be read or written is a fault that names it. An absent one is nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace caseward {

// The next event to send: of record `sequence`, its event number `index`.
struct WebhookCursor {
  uint64_t sequence = 0;
  uint32_t index = 0;
  bool operator==(const WebhookCursor&) const = default;
};

absl::StatusOr<std::optional<WebhookCursor>> ReadCursor(const std::string& path);
absl::Status WriteCursor(const std::string& path, const WebhookCursor& cursor);

}  // namespace caseward
