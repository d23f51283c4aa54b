// The network between one node and the broker, in the hands of a test: a broker with a second listener behind
// toxiproxy, which cuts it, falls silent or slows it down.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/foreign_checkers.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/patience.h"

namespace caseward::test {

// A port that nobody listens on now.
inline int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0);
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

class Toxiproxy {
 public:
  Toxiproxy() : api_("http://127.0.0.1:" + std::to_string(port_)) {
    const Verdict built = RunCommand(std::string(CASEWARD_SOURCE) +
                                     "/tests/kafka/go_program.sh toxiproxy github.com/Shopify/toxiproxy/v2/cmd/server");
    EXPECT_EQ(built.exit, 0) << built.said;
    const std::string program = built.said.substr(0, built.said.find('\n'));
    const std::string port = std::to_string(port_);
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (std::freopen("/dev/null", "w", stdout) == nullptr || ::dup2(STDOUT_FILENO, STDERR_FILENO) < 0) ::_exit(127);
      ::execl(program.c_str(), "toxiproxy", "-host", "127.0.0.1", "-port", port.c_str(), nullptr);
      ::_exit(127);
    }
    EXPECT_TRUE(WaitUntil([&] { return RunCommand("curl -sf " + api_ + "/version").exit == 0; }));
    Post("/proxies", R"({"name": "broker", "listen": ")" + address() + R"(", "upstream": "127.0.0.1:1"})");
  }
  ~Toxiproxy() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Toxiproxy(const Toxiproxy&) = delete;
  Toxiproxy& operator=(const Toxiproxy&) = delete;

  // Where clients go.
  std::string address() const { return "127.0.0.1:" + std::to_string(listen_); }
  void LeadTo(const std::string& upstream) { Post("/proxies/broker", R"({"upstream": ")" + upstream + R"("})"); }

  // Connections are closed, and none is taken.
  void Cut() { Post("/proxies/broker", R"({"enabled": false})"); }
  void Heal() { Post("/proxies/broker", R"({"enabled": true})"); }
  // Connections stay, and nothing comes through any more, as when a cable is pulled.
  void FallSilent() {
    for (const char* const stream : {"upstream", "downstream"})
      Toxic(stream, "timeout", R"({"timeout": 0})");
  }
  // Each packet takes so much longer, there and back.
  void SlowDown(std::chrono::milliseconds latency) {
    for (const char* const stream : {"upstream", "downstream"})
      Toxic(stream, "latency", R"({"latency": )" + std::to_string(latency.count()) + "}");
  }
  // No more than this comes through, each way.
  void Narrow(int kib_per_second) {
    for (const char* const stream : {"upstream", "downstream"})
      Toxic(stream, "bandwidth", R"({"rate": )" + std::to_string(kib_per_second) + "}");
  }
  // As it was.
  void TakeToxicsAway() { Post("/reset", ""); }

 private:
  void Toxic(const std::string& stream, const std::string& type, const std::string& attributes) {
    Post("/proxies/broker/toxics",
         R"({"type": ")" + type + R"(", "stream": ")" + stream + R"(", "attributes": )" + attributes + "}");
  }
  void Post(const std::string& path, const std::string& body) {
    const Verdict verdict = RunCommand("curl -sf -X POST -d '" + body + "' " + api_ + path);
    EXPECT_EQ(verdict.exit, 0) << path << " " << body << ": " << verdict.said;
  }

  const int port_ = FreePort();
  const int listen_ = FreePort();
  const std::string api_;
  pid_t pid_ = 0;
};

// A broker that some reach through the proxy, others at its own address.
class ProxiedBroker {
 public:
  ProxiedBroker() : broker_("", network_.address()) { network_.LeadTo(broker_.proxied()); }
  Toxiproxy& network() { return network_; }
  const std::string& direct() const { return broker_.address(); }
  std::string proxied() const { return network_.address(); }

 private:
  Toxiproxy network_;
  OwnBroker broker_;
};

}  // namespace caseward::test
