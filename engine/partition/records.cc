#include "engine/partition/records.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/evolve.h"
#include "engine/directory/caseload.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using Kind = v1::Event::KindCase;

absl::Status Damaged(uint32_t partition, uint64_t log_sequence, std::string_view what) {
  return absl::DataLossError(
      StrCat("log partition ", partition, ", record ", log_sequence, ": ", what, "; the partition cannot go on"));
}

// OK if every event is one this build knows.
absl::Status CheckOutcome(const v1::Decision& decision, uint32_t partition, uint64_t log_sequence) {
  switch (decision.outcome_case()) {
    case v1::Decision::kAccepted:
      for (const v1::Event& event : decision.accepted().events()) {
        if (event.kind_case() == Kind::KIND_NOT_SET) {
          return Damaged(partition, log_sequence,
                         "expected an event of a known kind, found one this build does not know");
        }
      }
      return absl::OkStatus();
    case v1::Decision::kRefusal:
    case v1::Decision::kGenesis:
    case v1::Decision::kOwnerClaimed:
    case v1::Decision::kIntakeNoted: return absl::OkStatus();
    case v1::Decision::OUTCOME_NOT_SET: break;
  }
  return Damaged(partition, log_sequence, "expected an outcome of a known kind, found none this build knows");
}

}  // namespace

StreamKind KindOf(std::string_view stream) {
  if (stream.starts_with("C-")) return StreamKind::kCase;
  if (stream.starts_with("R-")) return StreamKind::kResident;
  for (const std::string_view start : kDirectoryStreams) {
    if (stream.starts_with(start)) return StreamKind::kDirectory;
  }
  if (stream.starts_with("reference/")) return StreamKind::kReference;
  if (stream.starts_with("partition/")) return StreamKind::kPartition;
  if (stream.starts_with(kCaseloadStreams)) return StreamKind::kCaseload;
  return StreamKind::kNone;
}

std::string PartitionStream(uint32_t partition) { return StrCat("partition/", partition); }

std::string ReferenceStream(const v1::ExternalReference& reference) {
  return StrCat("reference/", reference.system(), ":", reference.value());
}

std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&coded);
  coded.Trim();
  return bytes;
}

absl::Status ParseRecord(std::string_view raw, uint32_t partition, uint64_t log_sequence, v1::Decision& decision) {
  if (!decision.ParseFromArray(raw.data(), static_cast<int>(raw.size()))) {
    return Damaged(partition, log_sequence, "expected a decision, found bytes that are none");
  }
  if (decision.format() == 0 || decision.format() > kRecordFormat) {
    return Damaged(partition, log_sequence,
                   StrCat("expected a record of format 1 to ", kRecordFormat, ", found format ", decision.format(),
                          ", written by a newer version"));
  }
  if (decision.partition() != partition) {
    return Damaged(partition, log_sequence, StrCat("found a record of partition ", decision.partition()));
  }
  return CheckOutcome(decision, partition, log_sequence);
}

absl::Time EvolveTime(const v1::Command& command, absl::Time recorded_at) {
  if (command.has_finish_import() && command.finish_import().has_up_to())
    return ToTime(command.finish_import().up_to());
  if (command.importing() && command.has_occurred_at()) return ToTime(command.occurred_at());
  return recorded_at;
}

bool IsCaseEvent(const v1::Event& event) { return event.kind_case() != Kind::kRefusalsCounted; }

absl::Status EvolveCase(v1::CaseState& state, const v1::Decision& decision) {
  const EventContext context{.actor = decision.actor(),
                             .recorded_at = EvolveTime(decision.command(), ToTime(decision.recorded_at()))};
  for (const v1::Event& event : decision.accepted().events()) {
    if (!IsCaseEvent(event)) continue;
    if (!CanEvolve(state, event)) {
      return Damaged(decision.partition(), decision.sequence(),
                     StrCat("expected events of its case and of clocks that have started, found ",
                            EventName(event.kind_case()), " of another"));
    }
    Evolve(state, event, context);
  }
  return absl::OkStatus();
}

v1::Outcome OutcomeOf(const v1::Decision& decision, std::string_view log_id) {
  v1::Outcome outcome;
  outcome.set_command_id(decision.command().command_id());
  outcome.set_stream(decision.stream());
  v1::Position& position = *outcome.mutable_position();
  position.set_log_id(std::string(log_id));
  position.set_partition(decision.partition());
  position.set_sequence(decision.sequence());
  *outcome.mutable_recorded_at() = decision.recorded_at();
  if (decision.has_accepted()) {
    outcome.set_version(decision.accepted().version());
    v1::AcceptedSummary& accepted = *outcome.mutable_accepted();
    for (const v1::Event& event : decision.accepted().events()) {
      accepted.add_events(std::string(EventName(event.kind_case())));
    }
  } else if (decision.has_refusal()) {
    *outcome.mutable_refusal() = decision.refusal();
  }
  return outcome;
}

}  // namespace caseward
