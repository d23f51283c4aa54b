// A file of properties for the connection to Kafka, as Kafka's own clients have them: name=value, one a line, # begins
// a comment. Passwords belong in such a file and not on a command line.
//
//   security.protocol=SASL_SSL
//   ssl.ca.location=/etc/caseward/kafka-ca.pem
//   sasl.mechanism=SCRAM-SHA-512
//   sasl.username=caseward
//   sasl.password=...
//
// Only properties of the connection are taken. What the log's safety rests on (acks, isolation, transactions) is not
// for setting.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace caseward {

// NOT_FOUND: the file cannot be read. INVALID_ARGUMENT: file and line, what was expected and what was found.
absl::StatusOr<std::map<std::string, std::string>> ReadKafkaProperties(const std::string& path);

}  // namespace caseward
