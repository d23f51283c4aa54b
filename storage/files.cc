#include "storage/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "engine/base/text.h"

namespace caseward {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Fault(int error, std::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(error, StrCat("cannot ", what, " ", path));
}

constexpr size_t kMaxSmallFile = 1u << 20;

}  // namespace

absl::Status WriteNewFile(const std::string& path, std::string_view content, FileMode mode) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == FileMode::kSecret ? 0600 : 0644));
  if (file.get() < 0) return Fault(errno, "create", path);
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fault(errno, "write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file.get()) != 0) return Fault(errno, "sync", path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Fault(errno, "open", path);
  std::string out;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fault(errno, "read", path);
    if (got == 0) return out;
    out.append(buffer, static_cast<size_t>(got));
    if (out.size() > kMaxSmallFile) return absl::InvalidArgumentError(StrCat(path, ": larger than any such file is"));
  }
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return Fault(errno, "open", path);
  if ((about.st_mode & S_IRWXO) != 0) {
    return absl::FailedPreconditionError(
        StrCat(path, " may be used by every user of this machine; run: chmod 600 ", path));
  }
  return ReadSmallFile(path);
}

absl::Status SyncFile(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0) return Fault(errno, "sync", path);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return Fault(errno, "sync folder", path);
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::UnavailableError(StrCat("cannot create folder ", path, ": ", error.message()));
  return absl::OkStatus();
}

absl::Status CheckAbsentOrEmpty(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return absl::OkStatus();
  if (std::filesystem::is_directory(path, error) && std::filesystem::is_empty(path, error)) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat(path, " exists and is not an empty folder; name a new one"));
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  std::filesystem::directory_iterator it(folder, error);
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (it->is_regular_file(error)) out.push_back(it->path().filename().string());
  }
  if (error) return absl::UnavailableError(StrCat("cannot list ", folder, ": ", error.message()));
  return out;
}

absl::Status CopyFolder(const std::string& from, const std::string& to,
                        absl::FunctionRef<bool(std::string_view)> wanted) {
  if (absl::Status s = MakeFolder(to); !s.ok()) return s;
  const absl::StatusOr<std::vector<std::string>> names = ListFiles(from);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (!wanted(name)) continue;
    const std::string original = (std::filesystem::path(from) / name).string();
    const std::string copy = (std::filesystem::path(to) / name).string();
    std::error_code error;
    if (!std::filesystem::copy_file(original, copy, error)) {
      return absl::UnavailableError(StrCat("cannot copy ", original, " to ", copy, ": ", error.message()));
    }
    if (absl::Status s = SyncFile(copy); !s.ok()) return s;
  }
  return SyncFolder(to);
}

}  // namespace caseward
