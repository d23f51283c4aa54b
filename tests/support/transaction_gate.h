// A proxy between a node and the broker that knows one thing of Kafka's protocol: which request ends a transaction. One
// such request can be kept from the broker, or its answer from the node, for as long as a test likes: that is the
// moment in which nobody but the log can say what became of a round.
//
//   node ──▶ frames, read one by one ──▶ broker     kRequest: an EndTxn waits here
//   node ◀── bytes, as they come     ◀── broker     kAnswer: whatever follows an EndTxn on its connection waits here
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"
#include "tests/support/patience.h"

namespace caseward::test {

class TransactionGate {
 public:
  enum class Hold { kNothing, kRequest, kAnswer };

  TransactionGate() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    CHECK(::listen(listener_, 64) == 0);
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { Accept(); });
  }
  ~TransactionGate() {
    Release();
    closing_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (const std::shared_ptr<Call>& call : calls_)
      call->HangUp();
    for (std::thread& thread : threads_)
      thread.join();
    ::close(listener_);
  }
  TransactionGate(const TransactionGate&) = delete;
  TransactionGate& operator=(const TransactionGate&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // "host:port" of the broker, whose host is this machine.
  void LeadTo(const std::string& upstream) { upstream_ = std::stoi(upstream.substr(upstream.rfind(':') + 1)); }

  // Of the next request that ends a transaction; of that one alone.
  void HoldNext(Hold what) {
    const std::lock_guard lock(mutex_);
    next_ = what;
    held_ = false;
    released_ = false;
  }
  bool WaitUntilHeld() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return held_; });
  }
  void Release() {
    {
      const std::lock_guard lock(mutex_);
      next_ = Hold::kNothing;
      released_ = true;
    }
    changed_.notify_all();
  }

 private:
  static constexpr int kEndTxn = 26;  // Kafka's API key
  static constexpr size_t kFrameMax = 64u << 20;

  struct Call {
    int node = -1;
    int broker = -1;
    std::atomic<bool> silent{false};
    void HangUp() const {
      ::shutdown(node, SHUT_RDWR);
      ::shutdown(broker, SHUT_RDWR);
    }
    ~Call() {
      ::close(node);
      ::close(broker);
    }
  };

  static sockaddr_in Loopback(int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return address;
  }
  static bool ReadAll(int from, char* to, size_t size) { return ::recv(from, to, size, MSG_WAITALL) == ssize_t(size); }
  static bool WriteAll(int to, const char* from, size_t size) {
    while (size > 0) {
      const ssize_t sent = ::send(to, from, size, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      from += sent;
      size -= static_cast<size_t>(sent);
    }
    return true;
  }

  void Accept() {
    for (int node = -1; (node = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      auto call = std::make_shared<Call>();
      call->node = node;
      call->broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = Loopback(upstream_);
      const int yes = 1;
      ::setsockopt(call->broker, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ::setsockopt(call->node, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      if (closing_ || ::connect(call->broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        continue;
      calls_.push_back(call);
      threads_.emplace_back([this, call] { Requests(*call); });
      threads_.emplace_back([this, call] { Answers(*call); });
    }
  }
  // Size (4 bytes), API key (2), and the rest.
  void Requests(Call& call) {
    std::vector<char> frame(6);
    while (ReadAll(call.node, frame.data(), 6)) {
      uint32_t size = 0;
      std::copy_n(frame.data(), sizeof size, reinterpret_cast<char*>(&size));
      size = ntohl(size);
      if (size < 2 || size > kFrameMax) break;
      frame.resize(4 + size_t{size});
      if (!ReadAll(call.node, frame.data() + 6, frame.size() - 6)) break;
      const int key = static_cast<unsigned char>(frame[4]) << 8 | static_cast<unsigned char>(frame[5]);
      if (key == kEndTxn) MeetEnd(call);
      if (!WriteAll(call.broker, frame.data(), frame.size())) break;
      frame.resize(6);
    }
    call.HangUp();
  }
  void Answers(Call& call) {
    std::vector<char> bytes(1 << 16);
    for (ssize_t got = 0; (got = ::recv(call.broker, bytes.data(), bytes.size(), 0)) > 0;) {
      if (call.silent) WaitForRelease();
      if (!WriteAll(call.node, bytes.data(), static_cast<size_t>(got))) break;
    }
    call.HangUp();
  }
  void MeetEnd(Call& call) {
    Hold hold = Hold::kNothing;
    {
      const std::lock_guard lock(mutex_);
      hold = std::exchange(next_, Hold::kNothing);
      held_ = held_ || hold != Hold::kNothing;
    }
    changed_.notify_all();
    if (hold == Hold::kAnswer) call.silent = true;
    if (hold == Hold::kRequest) WaitForRelease();
  }
  void WaitForRelease() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return released_; });
  }

  const int listener_;
  int port_ = 0;
  std::atomic<int> upstream_{0};
  std::atomic<bool> closing_{false};
  std::vector<std::shared_ptr<Call>> calls_;  // the accepting thread's, until it has ended
  std::vector<std::thread> threads_;
  std::thread accepting_;

  std::mutex mutex_;
  std::condition_variable changed_;
  Hold next_ = Hold::kNothing;  // guarded by mutex_, as the rest
  bool held_ = false;
  bool released_ = true;
};

}  // namespace caseward::test
