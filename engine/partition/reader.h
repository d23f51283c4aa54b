// What servers read of one partition's state: cases, residents, timelines, what falls due. Beside the loop, never
// through it: reads go on while a partition cannot append.
//
// Lifetime  borrows a StateReader; give it a store's View for answers that agree with each other (a list and a case at
// one
//           position, law L9), or the store itself for a single look-up. Cheap to make.
// Threads   any, if the StateReader allows it, which stores and views do.
// Failure   NOT_FOUND only where it says so; DATA_LOSS if what is stored cannot be read, naming it; else as the store
// says.
//           Absence is not a fault.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "caseward/v1/decision.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/partition/state_keys.h"
#include "engine/policy/condition.h"
#include "engine/port/state_store.h"

namespace caseward {

class PartitionReader {
 public:
  PartitionReader(uint32_t partition, const StateReader& state) : partition_(partition), state_(state) {}

  // nullopt: nothing was applied yet.
  absl::StatusOr<std::optional<v1::PartitionMeta>> Meta() const;
  absl::StatusOr<std::optional<v1::CaseState>> GetCase(std::string_view case_id) const;
  absl::StatusOr<std::optional<v1::ResidentState>> GetResident(std::string_view resident_id) const;

  // The raw records of a stream with sequence in [from, to), in order; stops when `record` returns false.
  absl::Status Timeline(std::string_view stream, uint64_t from, uint64_t to,
                        absl::FunctionRef<bool(uint64_t sequence, std::string_view raw)> record) const;
  // The case as it had been recorded by `time` (what is recorded at that very instant included): its history, folded
  // anew. nullopt: it had not been reported by then.
  absl::StatusOr<std::optional<v1::CaseState>> CaseAsOf(std::string_view case_id, absl::Time time) const;

  // Cases from `start` (empty: the first) in order of id; stops when `visit` returns false.
  absl::Status ListCases(std::string_view start, absl::FunctionRef<bool(v1::CaseState&&)> visit) const;
  // Residents in order of id; stops when `visit` returns false.
  absl::Status ListResidents(absl::FunctionRef<bool(const v1::ResidentState&)> visit) const;
  // Timers due before `before`, soonest first, from `start` (a timer listed earlier, exclusive; nullopt: the first).
  absl::Status ListTimers(absl::Time before, const std::optional<keys::Timer>& start,
                          absl::FunctionRef<bool(const keys::Timer&)> visit) const;
  // Ids of the open cases of a member of staff, in order.
  absl::StatusOr<std::vector<std::string>> OwnerCases(std::string_view owner) const;
  // The cases that wait for this (WaitingOf), in the order of work after `after` (WorkOrderBytes; empty: from the
  // first); stops when `visit` returns false.
  absl::Status ListWaiting(std::string_view what, std::string_view after,
                           absl::FunctionRef<bool(std::string_view order, const v1::WaitingState&)> visit) const;
  // What everybody carries, in the order of their ids: in partition 0, the directory's.
  absl::StatusOr<std::vector<v1::CaseloadState>> Caseloads() const;
  // The cases that claimed a reference that is kept in this partition (ReferencePartition), first claim first.
  absl::StatusOr<std::vector<std::string>> ResolveReference(const v1::ExternalReference& reference) const;

  // What the first submission of a command id was told; nullopt: it was not decided here, or longer ago than ids are
  // kept.
  absl::StatusOr<std::optional<v1::Outcome>> FirstOutcome(std::string_view principal,
                                                          std::string_view command_id) const;

  // A case's fact lines, for conditions that count when a case is explained. Read when first asked for.
  class Lines final : public FactLines {
   public:
    Lines(uint32_t partition, const StateReader& state, std::string case_id)
        : partition_(partition), state_(state), case_id_(std::move(case_id)) {}
    void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override;
    // A fault while reading; what was concluded from the lines must not be shown then.
    const absl::Status& status() const { return status_; }

   private:
    const uint32_t partition_;
    const StateReader& state_;
    const std::string case_id_;
    mutable std::optional<std::vector<v1::FactLineRecord>> lines_;
    mutable absl::Status status_;
  };
  Lines LinesOf(std::string case_id) const { return Lines(partition_, state_, std::move(case_id)); }

 private:
  absl::Status Unreadable(std::string_view what) const;

  const uint32_t partition_;
  const StateReader& state_;
};

}  // namespace caseward
