#include "services/server/work/work_item.h"

#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"
#include "engine/cases/explain.h"
#include "engine/partition/case_index.h"
#include "services/server/case_reads.h"

namespace caseward {
namespace {

std::string TitleOf(const CompiledPack* pack, const v1::ClockState& clock) {
  const CompiledClock* definition = pack == nullptr ? nullptr : pack->clock(clock.definition());
  return definition == nullptr ? clock.clock() : definition->source->title();
}

// "First contact (CK-01), due 2026-03-03T00:00:00Z".
std::string WhyOfClock(const CompiledPack* pack, const v1::ClockState& clock) {
  const CompiledClock* definition = pack == nullptr ? nullptr : pack->clock(clock.definition());
  const std::string catalogue = definition == nullptr ? "" : definition->source->catalogue();
  const bool breached = clock.status() == v1::ClockState::STATUS_BREACHED;
  return StrCat(TitleOf(pack, clock), catalogue.empty() ? "" : StrCat(" (", catalogue, ")"),
                breached ? ", breached: was due " : ", due ", FormatInstant(ToTime(clock.due_exclusive())));
}

// Says what the person has to do, and what has to happen first.
class Describing {
 public:
  Describing(const WorkCase& work, const CompiledPack* pack) : work_(work), state_(work.state), pack_(pack) {}

  void Clock() {
    nearest_ = NearestClock(state_);
    if (nearest_ == nullptr) {
      return;
    }
    item_.set_clock(nearest_->clock());
    *item_.mutable_due_exclusive() = nearest_->due_exclusive();
    item_.set_breached(nearest_->status() == v1::ClockState::STATUS_BREACHED);
  }

  // True if what stands in the way is still to be asked for.
  bool Step() {
    switch (work_.kind) {
      case WorkKind::kToAccept: return ToAccept();
      case WorkKind::kToSign: return ToSign();
      case WorkKind::kOwn: break;
    }
    if (!state_.handover_to().empty()) {
      Say(StrCat("The hand-over to ", state_.handover_to(), " waits to be accepted"), "It stays yours until then");
      Unblocked(StrCat("the hand-over is accepted or rejected by ", state_.handover_to()));
      return false;
    }
    if (state_.phase() == v1::PHASE_REPORTED) {
      Say("Triage the case", "It was reported and nobody has said yet what it is");
      return false;
    }
    if (state_.phase() == v1::PHASE_CLOSING) {
      const bool is_signed = SignedClosure(state_) != nullptr;
      Say(is_signed ? "Close the case" : "Wait for the closure to be signed",
          is_signed ? "Its closure is signed" : "A case is closed under the signature of another person");
      Clause(ClosureSignOff());
      return true;
    }
    return OpenCase();
  }

  // `blocks`: what stands between the case and closing, as ExplainCase says it.
  void Blocks(const v1::CaseExplanation& blocks) {
    for (const v1::ChecklistItemView& item : blocks.checklist()) {
      if (!item.passed() && !item.waived()) Unblocked(StrCat("checklist item ", item.id(), ": ", item.say()));
    }
    const bool closing = state_.phase() == v1::PHASE_CLOSING;
    const bool unsigned_closure = closing && SignedClosure(state_) == nullptr;
    if (unsigned_closure && work_.kind == WorkKind::kOwn && !blocks.who_may_sign().empty()) {
      Unblocked(StrCat("the closure is signed by ", absl::StrJoin(blocks.who_may_sign(), " or ")));
    }
    for (const std::string& open : blocks.open_with_agencies())
      Unblocked(open);
    if (unsigned_closure) {
      return;
    }
    for (const v1::Refusal& refusal : blocks.closing_blocked_by()) {
      // Of an open case the next step is to propose closing; that it is not proposed yet stands in nobody's way.
      if (refusal.rule() != "C-phase") Refused(refusal);
    }
  }

  v1::WorkItem Take() {
    item_.set_case_id(state_.case_id());
    item_.set_case_type(state_.case_type());
    item_.set_priority(state_.priority());
    item_.set_phase(state_.phase());
    item_.set_to_sign(work_.kind == WorkKind::kToSign);
    item_.set_to_accept(work_.kind == WorkKind::kToAccept);
    if (nearest_ != nullptr) {
      const CompiledClock* definition = pack_ == nullptr ? nullptr : pack_->clock(nearest_->definition());
      if (item_.clause().empty() && definition != nullptr) item_.set_clause(definition->source->clause());
    }
    return std::move(item_);
  }

 private:
  void Say(std::string next_step, std::string why) {
    item_.set_next_step(std::move(next_step));
    item_.set_why(std::move(why));
    if (nearest_ != nullptr) item_.set_why(StrCat(item_.why(), "; ", WhyOfClock(pack_, *nearest_)));
  }
  void Unblocked(std::string by) {
    if (item_.unblocked_by_size() < kUnblockedByMax) item_.add_unblocked_by(std::move(by));
  }
  void Refused(const v1::Refusal& refusal) {
    for (const v1::Missing& missing : refusal.missing())
      Unblocked(StrCat(refusal.rule(), ": ", missing.say()));
    if (refusal.missing().empty()) {
      Unblocked(StrCat(refusal.rule(), ": ", refusal.unblock().empty() ? refusal.say() : refusal.unblock()));
    }
  }
  const CompiledSignOff* ClosureSignOff() const {
    return pack_ == nullptr ? nullptr : pack_->sign_off(kClosureSubject, state_.case_type());
  }
  void Clause(const CompiledSignOff* sign_off) {
    if (sign_off != nullptr) item_.set_clause(sign_off->source->clause());
  }

  bool ToAccept() {
    Say("Accept the hand-over, or reject it with a reason",
        StrCat(state_.owner(), " hands it to you, and stays accountable until you accept"));
    return false;
  }
  bool ToSign() {
    Say("Sign the closure, or refuse it with a reason",
        StrCat("A case is closed under the signature of another person",
               state_.owner().empty() ? "" : StrCat(" than ", state_.owner())));
    Clause(ClosureSignOff());
    return true;
  }
  bool OpenCase() {
    if (nearest_ != nullptr) {
      item_.set_next_step(TitleOf(pack_, *nearest_));
      item_.set_why(WhyOfClock(pack_, *nearest_));
      return false;
    }
    const v1::ClockState* held = FindIn(
        state_.clocks(), [](const v1::ClockState& clock) { return clock.status() == v1::ClockState::STATUS_PAUSED; });
    if (held == nullptr) {
      Say("Record the next step, or propose closure", "No clock of the policy runs");
      return true;
    }
    Say(StrCat("Wait: ", TitleOf(pack_, *held), " is held"), StrCat("Held for ", held->reason_code()));
    Unblocked(StrCat("the pause of ", held->clock(), " ends (", held->reason_code(), ")"));
    return true;
  }

  const WorkCase& work_;
  const v1::CaseState& state_;
  const CompiledPack* pack_;
  const v1::ClockState* nearest_ = nullptr;
  v1::WorkItem item_;
};

}  // namespace

absl::StatusOr<v1::WorkItem> DescribeWork(const Backend& backend, const Directory& directory,
                                          const PartitionReader& reader, const WorkCase& work) {
  Describing describing(work, directory.Pack(work.state.pack_id(), work.state.pack_version()));
  describing.Clock();
  if (describing.Step()) {
    // A case whose pack cannot be used here is still somebody's work.
    absl::Status explained =
        WithCaseContext(backend, directory, reader, work.state, work.person, std::nullopt,
                        [&](const CaseContext& context) { describing.Blocks(ExplainBlocks(work.state, context)); });
    if (!explained.ok() && !absl::IsFailedPrecondition(explained)) {
      return explained;
    }
  }
  return describing.Take();
}

}  // namespace caseward
