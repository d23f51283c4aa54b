#include "services/host/webhook_cursor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/numbers.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

absl::Status Fault(std::string_view doing, const std::string& path) {
  return absl::UnavailableError(
      StrCat("webhook cursor: cannot ", doing, " ", path, ": ", std::generic_category().message(errno)));
}

// Makes what is under `path` (a file or a folder) durable.
absl::Status Sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return Fault("open", path);
  }
  const bool synced = ::fsync(file) == 0;
  absl::Status status = synced ? absl::OkStatus() : Fault("sync", path);
  ::close(file);
  return status;
}

// Digits only.
template <typename Number>
bool ReadNumber(const std::string& text, Number& number) {
  return text.find_first_not_of("0123456789") == std::string::npos && absl::SimpleAtoi(text, &number);
}

}  // namespace

absl::StatusOr<std::optional<WebhookCursor>> ReadCursor(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return std::nullopt;
  }
  // Streams read "-1" into an unsigned number, so the parts are read as text first.
  std::ifstream in(path);
  WebhookCursor cursor;
  std::string sequence;
  std::string index;
  std::string rest;
  if (!(in >> sequence >> index) || (in >> rest) || !ReadNumber(sequence, cursor.sequence) ||
      !ReadNumber(index, cursor.index)) {
    return absl::DataLossError(
        StrCat("webhook cursor ", path, ": expected two numbers (sequence and index); found something else"));
  }
  return cursor;
}

absl::Status WriteCursor(const std::string& path, const WebhookCursor& cursor) {
  const std::string aside = path + ".new";
  {
    std::ofstream out(aside, std::ios::trunc);
    out << cursor.sequence << ' ' << cursor.index << '\n';
    out.close();
    if (!out) {
      return Fault("write", aside);
    }
  }
  if (absl::Status synced = Sync(aside); !synced.ok()) {
    return synced;
  }
  if (std::rename(aside.c_str(), path.c_str()) != 0) {
    return Fault("rename", aside);
  }
  return Sync(std::filesystem::path(path).parent_path().string());
}

}  // namespace caseward
