#include "bench/kafka/streams_app.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace caseward::bench {

absl::StatusOr<std::unique_ptr<StreamsApp>> StreamsApp::Start(const KafkaSettings& settings, const std::string& name) {
  const std::string folder = absl::StrCat(settings.folder, "/", name);
  const std::string prefix = settings.prefix + name;
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return absl::InternalError("pipe");
  std::signal(SIGPIPE, SIG_IGN);  // one that has ended is told by the write that fails
  auto app = std::unique_ptr<StreamsApp>(new StreamsApp);
  app->pid_ = fork();
  if (app->pid_ < 0) return absl::InternalError("fork");
  if (app->pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execl("bench/kafka/streams/streams.sh", "streams.sh", settings.bootstrap.c_str(), folder.c_str(), prefix.c_str(),
          static_cast<char*>(nullptr));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  app->to_ = in[1];
  app->from_ = out[0];
  const auto line = app->ReadLine();
  if (!line.ok()) return line.status();
  if (*line != "ready") return absl::InternalError(absl::StrCat("Kafka Streams said '", *line, "', expected 'ready'"));
  return app;
}

// It ends when there is no more to be played.
StreamsApp::~StreamsApp() {
  if (to_ >= 0) close(to_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  if (from_ >= 0) close(from_);
}

absl::StatusOr<std::string> StreamsApp::ReadLine() {
  std::string line;
  char c = 0;
  while (read(from_, &c, 1) == 1) {
    if (c == '\n') return line;
    line.push_back(c);
  }
  return absl::FailedPreconditionError("the program on Kafka Streams has ended: see above");
}

absl::StatusOr<CallsResult> StreamsApp::Play(const std::string& what, absl::Duration warm_up, absl::Duration duration) {
  const std::string line =
      absl::StrCat(what, " ", absl::ToInt64Milliseconds(warm_up), " ", absl::ToInt64Milliseconds(duration), "\n");
  if (write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return absl::FailedPreconditionError("the program on Kafka Streams takes no more: see above");
  }
  const auto said = ReadLine();
  if (!said.ok()) return said.status();
  CallsResult result;
  std::istringstream words(*said);
  words >> result.calls >> result.per_second >> result.p50_us >> result.p99_us;
  if (!words) {
    return absl::InternalError(
        absl::StrCat("Kafka Streams: expected calls, calls a second, p50 and p99, found '", *said, "'"));
  }
  return result;
}

absl::StatusOr<CallsResult> StreamsApp::Busy(size_t callers, absl::Duration warm_up, absl::Duration duration) {
  return Play(absl::StrCat("busy ", callers), warm_up, duration);
}

absl::StatusOr<CallsResult> StreamsApp::Paced(double per_second, absl::Duration warm_up, absl::Duration duration) {
  return Play(absl::StrCat("paced ", per_second), warm_up, duration);
}

}  // namespace caseward::bench
