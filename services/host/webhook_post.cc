#include "services/host/webhook_post.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <exception>
#include <functional>
#include <sstream>

#include "absl/functional/function_ref.h"
#include "absl/time/clock.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr unsigned kHttp11 = 11;
constexpr size_t kReadAtOnce = 4 << 10;

absl::Status Fault(std::string_view step, const error_code& code) {
  return absl::UnavailableError(StrCat("webhook: ", step, ": ", code.message()));
}

// What a step tells when it is done: how it went, and how many bytes it moved.
using Done = std::function<void(const error_code&, size_t)>;

// A stream that is connected, in clear or under TLS. HTTP is written once, for either: Beast's own reading and writing
// would be compiled for each.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual void Write(asio::const_buffer bytes, Done done) = 0;
  virtual void ReadSome(asio::mutable_buffer into, Done done) = 0;
};

template <typename Stream>
class WireOn final : public Wire {
 public:
  explicit WireOn(Stream& stream) : stream_(stream) {}
  void Write(asio::const_buffer bytes, Done done) override { asio::async_write(stream_, bytes, std::move(done)); }
  void ReadSome(asio::mutable_buffer into, Done done) override { stream_.async_read_some(into, std::move(done)); }

 private:
  Stream& stream_;
};

}  // namespace

absl::StatusOr<WebhookUrl> WebhookUrl::Parse(std::string_view text) {
  WebhookUrl url;
  const absl::Status wrong = absl::InvalidArgumentError(
      "webhook: expected http://host[:port]/path or https://host[:port]/path, without user, password or fragment");
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong;
  }
  const size_t slash = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, slash);
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.target.front() == '?') {
    url.target.insert(url.target.begin(), '/');
  }
  const size_t bracket = authority.rfind(']');  // of an IPv6 address
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = std::string(authority.substr(0, colon));
  url.port = colon == std::string_view::npos ? (url.tls ? "443" : "80") : std::string(authority.substr(colon + 1));
  if (url.host.size() > 2 && url.host.front() == '[' && url.host.back() == ']') {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  const bool port_ok =
      !url.port.empty() && url.port.size() <= 5 && url.port.find_first_not_of("0123456789") == std::string::npos;
  // No byte that could end a line of the request, or hide in one.
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (url.host.empty() || !port_ok || !plain || text.find_first_of("@#") != std::string_view::npos) {
    return wrong;
  }
  return url;
}

// Each step is asynchronous, so that its deadline holds, and is waited for at once: the io_context runs until the step
// is done.
struct HttpPoster::Impl {
  Impl(WebhookUrl to, absl::Duration limit) : url(std::move(to)), timeout(limit), tls(asio::ssl::context::tls_client) {
    error_code ignored;  // without roots every handshake fails, and says so
    tls.set_default_verify_paths(ignored);
    tls.set_verify_mode(asio::ssl::verify_peer, ignored);
  }

  // `moved`: how many bytes, for whoever wants to know.
  error_code Await(absl::FunctionRef<void(Done)> start, size_t* moved = nullptr) {
    error_code result = asio::error::operation_aborted;
    context.restart();
    start([&result, moved](const error_code& code, size_t bytes) {
      result = code;
      if (moved != nullptr) *moved = bytes;
    });
    if (!cancelled) {
      context.run();
    }
    return cancelled ? error_code(asio::error::operation_aborted) : result;
  }

  absl::StatusOr<asio::ip::tcp::resolver::results_type> Resolve() {
    asio::ip::tcp::resolver resolver(context);
    asio::ip::tcp::resolver::results_type results;
    const error_code code = Await([&](Done done) {
      resolver.async_resolve(url.host, url.port, [&results, done](const error_code& error, auto found) {
        results = std::move(found);
        done(error, 0);
      });
    });
    if (code) {
      return Fault("cannot resolve the host", code);
    }
    return results;
  }

  absl::Status Connect(beast::tcp_stream& stream) {
    auto endpoints = Resolve();
    if (!endpoints.ok()) {
      return endpoints.status();
    }
    stream.expires_after(absl::ToChronoNanoseconds(timeout));
    const error_code code = Await([&](Done done) {
      stream.async_connect(*endpoints, [done](const error_code& error, const auto&) { done(error, 0); });
    });
    return code ? Fault("cannot connect", code) : absl::OkStatus();
  }

  absl::StatusOr<unsigned> Exchange(Wire& wire, const http::request<http::string_body>& request) {
    std::ostringstream written;
    written << request;
    if (!written) return absl::ResourceExhaustedError("webhook: the request does not fit in memory");
    const std::string bytes = written.str();
    if (const error_code code = Await([&](Done done) { wire.Write(asio::buffer(bytes), std::move(done)); })) {
      return Fault("cannot send", code);
    }
    http::response_parser<http::string_body> parser;
    parser.body_limit(kResponseBytesMax);
    parser.eager(true);
    if (const error_code code = Read(wire, parser)) {
      return Fault("no answer", code);
    }
    return parser.get().result_int();
  }

  error_code Read(Wire& wire, http::response_parser<http::string_body>& parser) {
    beast::flat_buffer buffer;
    while (!parser.is_done()) {
      size_t read = 0;
      error_code code = Await([&](Done done) { wire.ReadSome(buffer.prepare(kReadAtOnce), std::move(done)); }, &read);
      if (code == asio::error::eof) {  // an answer without a length ends with its connection
        if (!parser.got_some()) return http::error::end_of_stream;
        parser.put_eof(code);
        return code;
      }
      if (code) return code;
      buffer.commit(read);
      buffer.consume(parser.put(buffer.data(), code));
      if (code && code != http::error::need_more) return code;
    }
    return {};
  }

  absl::StatusOr<unsigned> PostPlain(const http::request<http::string_body>& request) {
    beast::tcp_stream stream(context);
    if (absl::Status connected = Connect(stream); !connected.ok()) {
      return connected;
    }
    WireOn wire(stream);
    return Exchange(wire, request);
  }

  absl::StatusOr<unsigned> PostTls(const http::request<http::string_body>& request) {
    beast::ssl_stream<beast::tcp_stream> stream(context, tls);
    // The macro SSL_set_tlsext_host_name, without its C casts.
    if (SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(url.host.c_str())) != 1) {
      return absl::InternalError("webhook: cannot set the host name for TLS");
    }
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    if (absl::Status connected = Connect(beast::get_lowest_layer(stream)); !connected.ok()) {
      return connected;
    }
    if (const error_code code = Await([&](Done done) {
          stream.async_handshake(asio::ssl::stream_base::client, [done](const error_code& error) { done(error, 0); });
        })) {
      return Fault("TLS handshake", code);
    }
    WireOn wire(stream);
    return Exchange(wire, request);
  }

  const WebhookUrl url;
  const absl::Duration timeout;
  asio::io_context context;
  asio::ssl::context tls;
  std::atomic<bool> cancelled{false};
};

HttpPoster::HttpPoster(WebhookUrl url, absl::Duration timeout)
    : impl_(std::make_unique<Impl>(std::move(url), timeout)) {}
HttpPoster::~HttpPoster() = default;

absl::StatusOr<unsigned> HttpPoster::Post(const std::vector<std::pair<std::string, std::string>>& headers,
                                          std::string body) {
  try {
    http::request<http::string_body> request(http::verb::post, impl_->url.target, kHttp11);
    request.set(http::field::host, impl_->url.host);
    request.set(http::field::user_agent, "caseward");
    request.keep_alive(false);
    for (const auto& [name, value] : headers) {
      request.set(name, value);
    }
    request.body() = std::move(body);
    request.prepare_payload();
    return impl_->url.tls ? impl_->PostTls(request) : impl_->PostPlain(request);
  } catch (const std::exception& error) {
    return absl::UnavailableError(StrCat("webhook: ", error.what()));
  }
}

void HttpPoster::Cancel() {
  impl_->cancelled = true;
  impl_->context.stop();
}

}  // namespace caseward
