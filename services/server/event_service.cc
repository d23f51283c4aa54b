// EventService: the feed for other systems, one item an event, in order by partition, resumable.
#include "absl/container/flat_hash_set.h"
#include "caseward/v1/other_services.grpc.pb.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "services/host/directory_steps.h"
#include "services/server/log_stream.h"
#include "services/server/services.h"
#include "services/server/unary_call.h"

namespace caseward {
namespace {

absl::StatusOr<v1::Decision> ReadOne(EventLog& log, uint32_t partition, uint64_t sequence) {
  v1::Decision decision;
  absl::Status parsed = absl::DataLossError(StrCat("partition ", partition, ": no record ", sequence));
  absl::Status read = log.ReadFrom(partition, sequence, [&](uint64_t at, std::string_view record) {
    parsed = ParseRecord(record, partition, at, decision);
    return false;
  });
  if (!read.ok() || !parsed.ok()) {
    return read.ok() ? parsed : read;
  }
  return decision;
}

// The first sequence recorded at `from` or later: recorded_at never goes back in a partition.
absl::StatusOr<uint64_t> FirstAt(EventLog& log, uint32_t partition, absl::Time from) {
  auto end = log.End(partition);
  if (!end.ok()) {
    return end.status();
  }
  uint64_t low = 0;
  uint64_t high = *end;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    auto decision = ReadOne(log, partition, middle);
    if (!decision.ok()) {
      return decision.status();
    }
    if (ToTime(decision->recorded_at()) < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The positions to resume after, by partition, checked against the log.
absl::StatusOr<absl::flat_hash_map<uint32_t, uint64_t>> ResumePositions(const Backend& backend,
                                                                        const v1::SubscribeRequest& request) {
  absl::flat_hash_map<uint32_t, uint64_t> after;
  for (const v1::Position& position : request.after()) {
    if (position.partition() >= backend.host.partitions()) {
      return absl::InvalidArgumentError(
          StrCat("after: expected partitions below ", backend.host.partitions(), "; found ", position.partition()));
    }
    if (!position.log_id().empty() && position.log_id() != backend.host.log_id()) {
      return absl::FailedPreconditionError(
          StrCat("after: expected positions of log ", backend.host.log_id(), "; found one of log ", position.log_id()));
    }
    auto end = backend.log.End(position.partition());
    if (!end.ok()) {
      return end.status();
    }
    if (position.sequence() >= *end) {
      return absl::OutOfRangeError(StrCat("after: expected a position before ", *end, " in partition ",
                                          position.partition(), ", where its log ends; found ", position.sequence()));
    }
    if (!after.emplace(position.partition(), position.sequence()).second) {
      return absl::InvalidArgumentError(
          StrCat("after: expected one position a partition; found two of ", position.partition()));
    }
  }
  return after;
}

absl::StatusOr<std::vector<LogCursor>> Cursors(const Backend& backend, const v1::SubscribeRequest& request) {
  auto after = ResumePositions(backend, request);
  if (!after.ok()) {
    return after.status();
  }
  const absl::flat_hash_set<uint32_t> wanted(request.partitions().begin(), request.partitions().end());
  std::vector<LogCursor> cursors;
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    if (!wanted.empty() && !wanted.contains(p)) {
      continue;
    }
    LogCursor cursor;
    cursor.partition = p;
    if (const auto found = after->find(p); found != after->end()) {
      cursor.next = found->second + 1;
    } else if (request.has_from_time()) {
      auto first = FirstAt(backend.log, p, ToTime(request.from_time()));
      if (!first.ok()) {
        return first.status();
      }
      cursor.next = *first;
    }
    if (request.stop_at_end()) {
      auto end = backend.log.End(p);
      if (!end.ok()) {
        return end.status();
      }
      cursor.stop_at = *end;
    }
    cursors.push_back(cursor);
  }
  if (cursors.empty() || (!wanted.empty() && cursors.size() != wanted.size())) {
    return absl::InvalidArgumentError(
        StrCat("partitions: expected numbers below ", backend.host.partitions(), "; found one that is not"));
  }
  return cursors;
}

absl::Status ConvertToFeed(Backend& backend, uint32_t partition, uint64_t sequence, std::string_view record, bool live,
                           std::vector<LogItem>& out) {
  v1::Decision decision;
  if (absl::Status parsed = ParseRecord(record, partition, sequence, decision); !parsed.ok()) {
    return parsed;
  }
  if (decision.accepted().events().empty()) {
    return absl::OkStatus();
  }
  for (const v1::SubscribeResponse& item :
       FeedForm(decision, backend.host.log_id(), StepsOf(backend.host.directory().Now()))) {
    out.push_back({ToBytes(item), partition, sequence, item.last_of_record()});
  }
  if (live) {
    backend.observer.HopEnded(partition, Hop::kPublish, backend.host.Now().wall - ToTime(decision.recorded_at()), 1);
  }
  return absl::OkStatus();
}

absl::StatusOr<LogStreamPlan> PlanSubscription(Backend& backend, const grpc::CallbackServerContext& context,
                                               const grpc::ByteBuffer& bytes) {
  v1::SubscribeRequest request;
  if (absl::Status asked = ParseOwnRequest(backend, context, bytes, request); !asked.ok()) {
    return asked;
  }
  auto cursors = Cursors(backend, request);
  if (!cursors.ok()) {
    return cursors.status();
  }
  LogStreamPlan plan;
  plan.cursors = *std::move(cursors);
  plan.follow = !request.stop_at_end();
  plan.convert = [&backend](uint32_t partition, uint64_t sequence, std::string_view record, bool live,
                            std::vector<LogItem>& out) {
    return ConvertToFeed(backend, partition, sequence, record, live, out);
  };
  return plan;
}

class EventServiceImpl : public v1::EventService::WithRawCallbackMethod_Subscribe<v1::EventService::Service> {
 public:
  explicit EventServiceImpl(Backend& backend) : backend_(backend) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override {
    return StartLogStream(backend_, PlanSubscription(backend_, *context, *request));
  }

 private:
  Backend& backend_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEventService(Backend& backend) {
  return std::make_unique<EventServiceImpl>(backend);
}

}  // namespace caseward
