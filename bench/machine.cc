#include "bench/machine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace caseward::bench {
namespace {

double StatusMiB(pid_t process, std::string_view name) {
  std::ifstream in(absl::StrCat("/proc/", process, "/status"));
  std::string word;
  double kib = 0;
  while (in >> word) {
    if (word == name && in >> kib) break;
  }
  return kib / 1024;
}

// Files that go while we look are passed over.
void ForEachFile(const std::string& folder, const std::function<void(const std::string&)>& visit) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(folder, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) visit(it->path().string());
  }
}

}  // namespace

double ResidentMiB(pid_t process) { return StatusMiB(process, "VmRSS:"); }
double PeakResidentMiB(pid_t process) { return StatusMiB(process, "VmHWM:"); }

double FolderMiB(const std::string& folder) {
  double bytes = 0;
  ForEachFile(folder, [&](const std::string& file) {
    struct stat found {};
    if (stat(file.c_str(), &found) == 0) bytes += static_cast<double>(found.st_blocks) * 512;
  });
  return bytes / (1 << 20);
}

void ForgetCached(const std::string& folder) {
  ForEachFile(folder, [](const std::string& file) {
    const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) return;
    fdatasync(opened);  // what is not written yet cannot be put out
    posix_fadvise(opened, 0, 0, POSIX_FADV_DONTNEED);
    close(opened);
  });
}

}  // namespace caseward::bench
