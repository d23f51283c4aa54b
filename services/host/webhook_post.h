// One HTTP POST with a deadline, over plain HTTP or TLS. Exceptions of the network library end here.
//
// Threads   one at a time; Cancel from any thread makes the POST in flight fail soon.
// Failure   UNAVAILABLE with what the network said; a status that is not 2xx is no failure of the POST: the caller
// judges it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace caseward {

struct WebhookUrl {
  bool tls = false;
  std::string host;
  std::string port;
  std::string target;  // path and query

  // "http://host[:port]/path" or "https://...". INVALID_ARGUMENT says what was expected.
  static absl::StatusOr<WebhookUrl> Parse(std::string_view text);
};

class HttpPoster {
 public:
  // An answer's body; one byte more is a fault.
  static constexpr size_t kResponseBytesMax = 64 << 10;

  explicit HttpPoster(WebhookUrl url, absl::Duration timeout);
  ~HttpPoster();

  // The response's status code. Certificates are checked against the machine's trusted roots.
  absl::StatusOr<unsigned> Post(const std::vector<std::pair<std::string, std::string>>& headers, std::string body);
  void Cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace caseward
