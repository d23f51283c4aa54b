#include "storage/kafka/kafka_properties.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

#include "absl/strings/ascii.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

// A name that ends in a dot stands for all that begin so.
constexpr std::array<std::string_view, 14> kAllowed = {
    "security.protocol",
    "ssl.",
    "enable.ssl.certificate.verification",
    "sasl.",
    "broker.address.family",
    "socket.",
    "reconnect.backoff.ms",
    "reconnect.backoff.max.ms",
    "metadata.max.age.ms",
    "client.id",
    "client.rack",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "api.version.request.timeout.ms",
};

bool IsAllowed(std::string_view name) {
  return std::any_of(kAllowed.begin(), kAllowed.end(), [&](std::string_view allowed) {
    return allowed.ends_with('.') ? name.starts_with(allowed) : name == allowed;
  });
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> ReadKafkaProperties(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(StrCat("Kafka properties: cannot read ", path));
  std::map<std::string, std::string> properties;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string text(absl::StripAsciiWhitespace(line));
    if (text.empty() || text[0] == '#') continue;
    const std::string where = StrCat(path, ":", number);
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(StrCat(where, ": expected name=value"));  // it may be a password: not repeated
    }
    const std::string name(absl::StripAsciiWhitespace(text.substr(0, equals)));
    const std::string value(absl::StripAsciiWhitespace(text.substr(equals + 1)));
    if (!IsAllowed(name)) {
      return absl::InvalidArgumentError(
          StrCat(where, ": expected a property of the connection (security.protocol, ssl.*, sasl.*, socket.*, ...); ",
                 name, " is not for setting"));
    }
    if (!properties.emplace(name, value).second) {
      return absl::InvalidArgumentError(StrCat(where, ": expected each property once; found ", name, " again"));
    }
  }
  return properties;
}

}  // namespace caseward
