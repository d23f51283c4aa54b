// One client of librdkafka, held by RAII, made with the settings that all of ours share; and librdkafka's errors as
// absl::Status. Headers name no librdkafka type but this forward declaration.
//
// What librdkafka would print is kept instead: the last line is the reason given when a broker cannot be reached.
// Brokers that are away come back; one that refuses us (TLS, password) goes on doing so, and is not waited for.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/kafka/kafka_config.h"

struct rd_kafka_s;

namespace caseward {

class KafkaClient {
 public:
  enum class Kind {
    kTransactional,    // `id` is its transactional id
    kAdmin,            // topics
    kReadCommitted,    // sees what was committed, up to the first open transaction; for a look
    kFollow,           // the same, for staying
    kReadUncommitted,  // for the high watermark
    kGroup,            // a member of the group of nodes; reads nothing
  };
  static absl::StatusOr<KafkaClient> Make(const KafkaOptions& options, Kind kind, const std::string& id = "");
  KafkaClient(KafkaClient&&) noexcept;
  KafkaClient& operator=(KafkaClient&&) noexcept;
  ~KafkaClient();

  rd_kafka_s* get() const { return handle_; }
  // The last complaint of librdkafka, or empty.
  std::string last_words() const;
  // Of a kAdmin: what came last was that a broker does not trust us, or we do not trust it.
  bool refused() const;
  // `what`, and in brackets the last complaint.
  std::string Saying(std::string_view what) const;

 private:
  struct LastWords;
  KafkaClient();
  static void KeepLine(const rd_kafka_s* handle, int level, const char* facility, const char* line);
  static void KeepError(rd_kafka_s* handle, int code, const char* reason, void* words);

  std::unique_ptr<LastWords> last_words_;  // outlives the handle
  rd_kafka_s* handle_ = nullptr;
};

// `code` is a rd_kafka_resp_err_t. FAILED_PRECONDITION: fenced. DATA_LOSS: an offset that should be there is not.
// INVALID_ARGUMENT: too large. PERMISSION_DENIED. Anything else: UNAVAILABLE.
absl::Status FromKafka(int code, std::string_view what);
bool IsFenced(int code);

int Milliseconds(absl::Duration duration);

}  // namespace caseward
