#include "storage/faulty_event_log.h"

#include <utility>

#include "engine/base/text.h"

namespace caseward {
namespace {

AppendResult Unknown(uint32_t partition) {
  return {AppendResult::Kind::kUnknown,
          absl::UnavailableError(StrCat("partition ", partition, ": no answer from the log"))};
}

}  // namespace

absl::StatusOr<uint64_t> FaultyEventLog::Claim(uint32_t partition, std::string_view owner) {
  if (faults_.TakeClaimFailure(partition)) {
    return absl::UnavailableError(StrCat("partition ", partition, ": the log cannot be reached"));
  }
  absl::StatusOr<uint64_t> term = inner().Claim(partition, owner);
  if (term.ok()) {
    const std::lock_guard lock(mutex_);
    doubts_.erase(partition);
  }
  return term;
}

void FaultyEventLog::AppendRound(uint32_t partition, Round round, AppendDone done) {
  if (InDoubt(partition, round.term)) {
    done({AppendResult::Kind::kAborted,
          absl::FailedPreconditionError(StrCat("partition ", partition, ": the outcome of an earlier round of term ",
                                               round.term, " is unknown; claim the partition anew"))});
    return;
  }
  const auto doubt = [&](std::unique_ptr<Round> late) {
    const std::lock_guard lock(mutex_);
    doubts_[partition] = {round.term, std::move(late)};
  };
  switch (faults_.Take(partition)) {
    case LogFault::kNone: inner().AppendRound(partition, std::move(round), std::move(done)); return;
    case LogFault::kAborted:
      done({AppendResult::Kind::kAborted,
            absl::UnavailableError(StrCat("partition ", partition, ": the log took no round"))});
      return;
    case LogFault::kUnknownVisible:
      doubt(nullptr);
      inner().AppendRound(
          partition, std::move(round), [partition, done = std::move(done)](AppendResult result) mutable {
            done(result.kind == AppendResult::Kind::kCommitted ? Unknown(partition) : std::move(result));
          });
      return;
    case LogFault::kUnknownLost:
      doubt(nullptr);
      done(Unknown(partition));
      return;
    case LogFault::kUnknownLate:
      doubt(std::make_unique<Round>(round));
      done(Unknown(partition));
      return;
  }
}

bool FaultyEventLog::InDoubt(uint32_t partition, uint64_t term) {
  const std::lock_guard lock(mutex_);
  const auto doubt = doubts_.find(partition);
  return doubt != doubts_.end() && doubt->second.term == term;
}

bool FaultyEventLog::DeliverLate(uint32_t partition) {
  std::unique_ptr<Round> late;
  {
    const std::lock_guard lock(mutex_);
    const auto doubt = doubts_.find(partition);
    if (doubt == doubts_.end() || doubt->second.late == nullptr) return false;
    late = std::move(doubt->second.late);
  }
  inner().AppendRound(partition, *std::move(late), [](AppendResult) {});
  return true;
}

}  // namespace caseward
