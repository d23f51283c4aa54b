#include "storage/acked_ends.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/base/text.h"
#include "storage/files.h"
#include "storage/record_frame.h"

namespace caseward {
namespace {

constexpr size_t kEntry = 16;  // the end, then its complement: an entry that was half written is not believed

}  // namespace

absl::StatusOr<AckedEnds> AckedEnds::Open(const std::string& path, uint32_t partitions) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return absl::ErrnoToStatus(errno, StrCat("cannot open ", path));
  AckedEnds out(fd, partitions);
  const absl::StatusOr<std::string> bytes = ReadSmallFile(path);
  if (!bytes.ok()) return bytes.status();
  for (uint32_t partition = 0; partition < partitions && bytes->size() >= (partition + 1) * kEntry; ++partition) {
    const std::string_view entry = std::string_view(*bytes).substr(partition * kEntry, kEntry);
    if (ReadBig64(entry) == ~ReadBig64(entry.substr(8))) out.ends_[partition] = ReadBig64(entry);
  }
  return out;
}

AckedEnds::AckedEnds(AckedEnds&& other) noexcept : fd_(std::exchange(other.fd_, -1)), ends_(std::move(other.ends_)) {}
AckedEnds& AckedEnds::operator=(AckedEnds&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(ends_, other.ends_);
  return *this;
}
AckedEnds::~AckedEnds() {
  if (fd_ >= 0) ::close(fd_);
}

void AckedEnds::Write() {
  bytes_.clear();
  for (const uint64_t end : ends_) {
    AppendBig64(end, bytes_);
    AppendBig64(~end, bytes_);
  }
  const ssize_t written = ::pwrite(fd_, bytes_.data(), bytes_.size(), 0);
  static_cast<void>(written);
}

}  // namespace caseward
