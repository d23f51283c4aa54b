#include "tests/support/simulation/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "engine/base/check.h"

namespace caseward::test {
namespace {

void WriteAll(int to, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(to, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(2);  // nobody listens
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

Child::Child(const std::function<void(const Tell&)>& work) {
  std::array<int, 2> ends{};
  CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
  std::fflush(nullptr);  // nothing is said twice
  id_ = fork();
  CHECK(id_ >= 0);
  if (id_ == 0) {
    close(ends[0]);
    work([&](std::string_view text) { WriteAll(ends[1], text); });
    _exit(0);
  }
  close(ends[1]);
  from_ = ends[0];
}

Child::~Child() {
  if (id_ > 0) kill(id_, SIGKILL);
  Wait();
  if (from_ >= 0) close(from_);
}

bool Child::Read(std::string& text) {
  std::array<char, 4096> buffer{};
  while (from_ >= 0) {
    const ssize_t read = ::read(from_, buffer.data(), buffer.size());
    if (read < 0 && errno == EINTR) continue;
    if (read > 0) {
      text.append(buffer.data(), static_cast<size_t>(read));
      return true;
    }
    close(from_);
    from_ = -1;
  }
  return false;
}

bool Child::Wait() {
  if (id_ <= 0) return false;
  int status = 0;
  while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace caseward::test
