// What a webhook's receiver may answer, byte for byte: a code, or a fault that says what was wrong with the answer.
#include "services/host/webhook_post.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/patience.h"

namespace caseward {
namespace {

using ::testing::HasSubstr;

constexpr char kBody[] = "{}";
constexpr absl::Duration kLimit = absl::Seconds(30);

// Takes one request on loopback and sends these bytes, part by part. Then it closes the connection, or waits until the
// other side does.
class Answering {
 public:
  enum class Then { kClose, kWait };
  explicit Answering(std::vector<std::string> parts, Then then = Then::kClose)
      : parts_(std::move(parts)), then_(then), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener_, any, size) == 0 && ::listen(listener_, 1) == 0);
    CHECK(::getsockname(listener_, any, &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
    thread_ = std::thread([this] { Serve(); });
  }
  ~Answering() {
    thread_.join();
    ::close(listener_);
  }
  WebhookUrl url() const { return *WebhookUrl::Parse(url_); }
  void WaitForRequest() { EXPECT_EQ(asked_.get_future().wait_for(test::kPatience), std::future_status::ready); }

 private:
  void Serve() {
    const int connection = ::accept(listener_, nullptr, nullptr);
    CHECK(connection >= 0);
    const int on = 1;
    ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    std::string request;
    char byte = 0;
    while (!request.ends_with(std::string("\r\n\r\n") + kBody) && ::recv(connection, &byte, 1, 0) == 1)
      request.push_back(byte);
    asked_.set_value();
    for (const std::string& part : parts_)
      ::send(connection, part.data(), part.size(), MSG_NOSIGNAL);
    if (then_ == Then::kWait) {
      while (::recv(connection, &byte, 1, 0) == 1) {
      }
    }
    ::close(connection);
  }

  const std::vector<std::string> parts_;
  const Then then_;
  const int listener_;
  std::string url_;
  std::promise<void> asked_;
  std::thread thread_;
};

absl::StatusOr<unsigned> PostTo(const Answering& receiver, absl::Duration limit = kLimit) {
  HttpPoster poster(receiver.url(), limit);
  return poster.Post({}, kBody);
}

std::string OfLength(size_t length) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + std::string(length, 'x');
}

std::vector<std::string> ByteByByte(std::string_view text) {
  std::vector<std::string> parts;
  for (const char c : text)
    parts.emplace_back(1, c);
  return parts;
}

TEST(WebhookAnswers, ACodeIsReadHoweverItsBodyEnds) {
  const struct {
    std::vector<std::string> parts;
    unsigned code;
  } rows[] = {
      {{"HTTP/1.1 204 No Content\r\n\r\n"}, 204},
      {{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\n", "later"}, 503},
      {{"HTTP/1.1 200 OK\r\n\r\n", "to the end ", "of the connection"}, 200},
      {{"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "0\r\n\r\n"}, 202},
      {ByteByByte("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nno"), 500},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.parts.front());
    const Answering receiver(row.parts);
    const absl::StatusOr<unsigned> code = PostTo(receiver);
    ASSERT_TRUE(code.ok()) << code.status();
    EXPECT_EQ(*code, row.code);
  }
}

TEST(WebhookAnswers, NothingIsWaitedForAfterTheAnswer) {
  const Answering receiver({OfLength(2)}, Answering::Then::kWait);
  EXPECT_EQ(*PostTo(receiver), 200u);
}

TEST(WebhookAnswers, WhatIsNoAnswerIsAFaultThatSaysWhy) {
  const struct {
    std::vector<std::string> parts;
    std::string says;
  } rows[] = {
      {{}, "end of stream"},
      {{"HTTP/1.1 200 OK\r\nContent-Len"}, "partial message"},
      {{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "abc"}, "partial message"},
      {{"SSH-2.0-OpenSSH_9.2\r\n\r\n"}, "bad version"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.says);
    const Answering receiver(row.parts);
    const absl::StatusOr<unsigned> code = PostTo(receiver);
    EXPECT_EQ(code.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(code.status().message()), HasSubstr("webhook: no answer: " + row.says));
  }
}

TEST(WebhookAnswers, AnAnswerHoldsAtMostItsLimit) {
  {
    const Answering receiver({OfLength(HttpPoster::kResponseBytesMax)});
    EXPECT_EQ(*PostTo(receiver), 200u);
  }
  const Answering receiver({OfLength(HttpPoster::kResponseBytesMax + 1)});
  EXPECT_THAT(std::string(PostTo(receiver).status().message()), HasSubstr("webhook: no answer: body limit exceeded"));
}

TEST(WebhookAnswers, NoAnswerIsAFaultWhenTheTimeIsUp) {
  const Answering receiver({"HTTP/1.1 200 OK\r\n"}, Answering::Then::kWait);
  const absl::StatusOr<unsigned> code = PostTo(receiver, absl::Milliseconds(300));
  EXPECT_EQ(code.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(code.status().message()), HasSubstr("timeout"));
}

TEST(WebhookAnswers, AnAnswerIsWaitedForNoLongerOnceCancelled) {
  Answering receiver({}, Answering::Then::kWait);
  HttpPoster poster(receiver.url(), kLimit);
  std::thread canceller([&] {
    receiver.WaitForRequest();
    poster.Cancel();
  });
  const absl::StatusOr<unsigned> code = poster.Post({}, kBody);
  canceller.join();
  EXPECT_EQ(code.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(code.status().message()), HasSubstr("webhook: "));
}

}  // namespace
}  // namespace caseward
