// What can happen to files: a flipped bit, a cut end, a full disk. For tests that show damage is named and never
// skipped.
#pragma once

#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace caseward {

inline std::string ReadBytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}
inline void WriteBytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}
inline void FlipBit(const std::filesystem::path& file, size_t bit) {
  std::string bytes = ReadBytes(file);
  bytes.at(bit / 8) = static_cast<char>(bytes.at(bit / 8) ^ (1 << (bit % 8)));
  WriteBytes(file, bytes);
}
inline void CutEnd(const std::filesystem::path& file, size_t bytes) {
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - bytes);
}
// Files of a folder whose name ends so, oldest name first.
inline std::vector<std::filesystem::path> FilesEnding(const std::string& folder, std::string_view end) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(end)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}
inline bool AnyFileHolds(const std::string& folder, const std::string& bytes) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && ReadBytes(entry.path()).find(bytes) != std::string::npos) return true;
  }
  return false;
}
inline void CopyTree(const std::string& from, const std::string& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

// A disk of a few megabytes, mounted at `path` while it lives. Needs the right to mount: mounted() says whether it had
// it.
class TinyDisk {
 public:
  TinyDisk(std::string path, int megabytes) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    const std::string options = "size=" + std::to_string(megabytes) + "m";
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~TinyDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  bool mounted() const { return mounted_; }

  // Takes all space that is left, or gives it back.
  void Fill() {
    std::ofstream out(path_ + "/ballast", std::ios::binary);
    const std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void Free() { std::filesystem::remove(path_ + "/ballast"); }

 private:
  std::string path_;
  bool mounted_ = false;
};

// While it lives no file of this process can grow beyond `bytes`: writes fail as on a broken disk. Needs no rights.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(uint64_t bytes) : before_(Current()), handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0) << std::strerror(errno);
  }
  ~FileSizeLimit() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0) << std::strerror(errno);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  static rlimit Current() {
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    return limit;
  }
  const rlimit before_;
  void (*const handler_)(int);
};

}  // namespace caseward
