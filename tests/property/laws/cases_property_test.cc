// Laws of deciding, over arbitrary histories of a case. A failing run prints its seed; RC_PARAMS="seed=..." reruns it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/actor.h"
#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"
#include "engine/cases/evolve.h"
#include "engine/policy/verbs.h"
#include "tests/support/arbitrary.h"

namespace caseward::test {
namespace {

struct Recorded {
  std::vector<v1::Event> events;
  v1::Actor actor;
  absl::Time at;
  std::string after;  // the case, as text
};

// A case that somebody plays with, and what must hold after everything that happens to it.
class Game {
 public:
  void Play(const Move& move) {
    const absl::Time before = now_;
    const absl::Time then = TimeOf(move, state_ ? &*state_ : nullptr, before);
    // Now and then the service was down when clocks fell due: a command comes before their timers, and tells of what
    // was done while it was down.
    const bool down = move.how % 11 == 0;
    for (int fired = 0; !down && FireNext(then);)
      RC_ASSERT(++fired < 1000);
    now_ = then;
    Asked asked = AskedBy(move, state_ ? &*state_ : nullptr, now_);
    if (down && !asked.command.has_occurred_at() && IsNamedHuman(asked.actor))
      SetTimestamp(before, asked.command.mutable_occurred_at());
    Decided(asked.command, asked.actor);
  }

  // The whole log again, from its bytes, compared after every record.
  void Replay() const {
    v1::CaseState replayed;
    replayed.set_case_id(kCaseId);
    for (const Recorded& record : log_) {
      for (const v1::Event& event : record.events) {
        v1::Event read;
        RC_ASSERT(read.ParseFromString(event.SerializeAsString()));
        Evolve(replayed, read, EventContext{.actor = record.actor, .recorded_at = record.at});
      }
      RC_ASSERT(replayed.DebugString() == record.after);
    }
  }

  int accepted() const { return accepted_; }
  int refused() const { return refused_; }
  bool closed() const { return state_ && state_->phase() == v1::PHASE_CLOSED; }

 private:
  static constexpr const char* kCaseId = "C-00-000000-000000-0";

  class Lines : public FactLines {
   public:
    explicit Lines(const std::vector<Recorded>& log) : log_(log) {}
    void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
      for (auto record = log_.rbegin(); record != log_.rend(); ++record) {
        for (auto event = record->events.rbegin(); event != record->events.rend(); ++event) {
          if (!line({&*event, ToTime(event->occurred_at()), record->at, PersonOf(record->actor)})) return;
        }
      }
    }

   private:
    const std::vector<Recorded>& log_;
  };

  // Fires the earliest clock due before `limit`.
  bool FireNext(absl::Time limit) {
    if (!state_) return false;
    std::optional<v1::Command> next;
    absl::Time earliest = limit;
    for (const v1::ClockState& clock : state_->clocks()) {
      if (clock.status() != v1::ClockState::STATUS_RUNNING) continue;
      const bool warns = clock.has_warn_at() && !clock.warned();
      const absl::Time due = ToTime(warns ? clock.warn_at() : clock.due_exclusive());
      if (due >= earliest) continue;
      earliest = due;
      next = ask::Fire(clock.clock(), warns ? v1::FireClock::EDGE_WARN : v1::FireClock::EDGE_BREACH, due);
    }
    if (!next) return false;
    now_ = std::max(now_, earliest);
    RC_ASSERT(Decided(*next, SystemActor()));
    return true;
  }

  bool Decided(const v1::Command& command, const v1::Actor& actor) {
    const Lines lines(log_);
    const CaseContext context{.pack = FullPack(),
                              .calendar = EnglandAndWales(),
                              .hasher = TestHasher(),
                              .actor = actor,
                              .now = now_,
                              .lines = &lines,
                              .case_id = kCaseId,
                              .resident_id = "R-00-000000-000000-0"};
    const v1::CaseState* before = state_ ? &*state_ : nullptr;
    const std::string text_before = before != nullptr ? before->DebugString() : "";
    RC_LOG() << FormatInstant(now_) << ' ' << actor.id() << ' ' << command.ShortDebugString() << '\n';
    const CaseVerdict verdict = Decide(before, command, context);
    SameAgain(verdict, Decide(before, command, context));
    RC_ASSERT((before != nullptr ? before->DebugString() : "") == text_before);
    if (const auto* refusal = std::get_if<v1::Refusal>(&verdict)) {
      ++refused_;
      RC_ASSERT(!refusal->rule().empty());
      RC_ASSERT(!refusal->say().empty());
      return false;
    }
    ++accepted_;
    Take(std::get<CaseAccepted>(verdict), command, actor);
    return true;
  }

  // Deciding is a function: the same question has one answer.
  static void SameAgain(const CaseVerdict& one, const CaseVerdict& other) {
    RC_ASSERT(one.index() == other.index());
    if (const auto* refusal = std::get_if<v1::Refusal>(&one)) {
      RC_ASSERT(refusal->DebugString() == std::get<v1::Refusal>(other).DebugString());
    } else {
      RC_ASSERT(std::get<CaseAccepted>(one).after->DebugString() == std::get<CaseAccepted>(other).after->DebugString());
    }
  }

  void Take(const CaseAccepted& accepted, const v1::Command& command, const v1::Actor& actor) {
    v1::CaseState folded;
    if (state_) folded = *state_;
    folded.set_case_id(kCaseId);
    uint64_t facts = folded.version();
    for (const v1::Event& event : accepted.events) {
      facts += event.derived() ? 0 : 1;
      CheckEvent(folded, event, actor);
      Evolve(folded, event, EventContext{.actor = actor, .recorded_at = now_});
    }
    RC_ASSERT(folded.DebugString() == accepted.after->DebugString());  // L2
    RC_ASSERT(folded.version() == facts);                              // only facts count
    RC_ASSERT(accepted.events.size() <= static_cast<size_t>(kEventsPerDecisionMax));
    if (command.has_fire_clock()) {
      for (const v1::Event& event : accepted.events)
        RC_ASSERT(event.derived());
    }
    CheckState(folded);
    log_.push_back({accepted.events, actor, now_, folded.DebugString()});
    state_ = std::move(folded);
  }

  // `before`: as the event finds the case.
  void CheckEvent(const v1::CaseState& before, const v1::Event& event, const v1::Actor& actor) {
    RC_ASSERT(event.kind_case() != v1::Event::KIND_NOT_SET);
    RC_ASSERT(event.has_occurred_at());
    const std::string line = WithoutWords(event).DebugString();
    RC_ASSERT(line.find("text:") == std::string::npos);  // L11
    RC_ASSERT(line.find("sealed:") == std::string::npos);
    const bool adverse =
        event.has_sign_off_granted() || event.has_sign_off_refused() || event.has_item_waived() ||
        event.has_case_closed() || event.has_case_withdrawn() ||
        (!event.derived() && (event.has_clock_paused() || event.has_clock_ceased() || event.has_clock_extended()));
    RC_ASSERT(!adverse || IsNamedHuman(actor));  // L12
    if (event.has_clock_started()) RC_ASSERT(event.clock_started().round() >= 1U);
    if (event.has_clock_breached()) {
      const v1::ClockState* clock = FindClock(before, event.clock_breached().clock());
      RC_ASSERT(clock != nullptr);
      RC_ASSERT(clock->status() == v1::ClockState::STATUS_RUNNING);  // never while paused, met or ended
      RC_ASSERT(ToTime(clock->due_exclusive()) <= now_);
      RC_ASSERT((++breaches_[{clock->clock(), clock->round()}]) == 1);  // L8
    }
    if (event.has_clock_met()) {
      const v1::ClockState* clock = FindClock(before, event.clock_met().clock());
      RC_ASSERT(clock != nullptr);
      RC_ASSERT(clock->status() == v1::ClockState::STATUS_RUNNING);
      RC_ASSERT(ToTime(event.clock_met().met_at()) < ToTime(clock->due_exclusive()));
      RC_ASSERT(now_ <= ToTime(clock->due_exclusive()));  // also recorded in time
      RC_ASSERT((breaches_.count({clock->clock(), clock->round()})) == 0U);
    }
    if (event.has_case_closed()) {
      RC_ASSERT(before.phase() == v1::PHASE_CLOSING);
      const v1::SignOffState* signed_off = FindSignOff(before, kClosureSubject);
      RC_ASSERT(signed_off != nullptr);
      RC_ASSERT(signed_off->granted() && !signed_off->void_());
      RC_ASSERT(signed_off->by() != before.proposer());
    }
    if (event.has_sign_off_granted() && event.sign_off_granted().subject() == kClosureSubject) {
      RC_ASSERT(event.sign_off_granted().by() != before.owner());
      RC_ASSERT(event.sign_off_granted().by() != before.proposer());
      for (const auto& item : event.sign_off_granted().items())
        RC_ASSERT(item.passed() || item.waived());
    }
  }

  void CheckState(const v1::CaseState& state) const {
    const v1::CaseType* type = FullPack().case_type(state.case_type());
    if (!IsClosed(state)) RC_ASSERT(!MoreUrgent(type->priority(), state.priority()));
    RC_ASSERT((state.phase() == v1::PHASE_CLOSING) == (!state.proposer().empty() && !IsClosed(state)));
    for (const v1::ClockState& clock : state.clocks()) {
      const bool alive =
          clock.status() == v1::ClockState::STATUS_RUNNING || clock.status() == v1::ClockState::STATUS_PAUSED;
      if (IsClosed(state) && alive) RC_ASSERT(ToTime(clock.started_at()) >= ToTime(state.closed_at()));
      RC_ASSERT(clock.has_paused_at() == (clock.status() == v1::ClockState::STATUS_PAUSED) ||
                clock.status() == v1::ClockState::STATUS_CEASED);
      if (clock.status() == v1::ClockState::STATUS_MET) {
        RC_ASSERT(ToTime(clock.stopped_at()) < ToTime(clock.due_exclusive()));
      }
      for (int i = 1; i < clock.holds_size(); ++i) {
        RC_ASSERT(ToTime(clock.holds(i - 1).to()) <= ToTime(clock.holds(i).from()));
      }
    }
  }

  absl::Time now_ = At("2026-01-05T10:00:00Z");
  std::optional<v1::CaseState> state_;
  std::vector<Recorded> log_;
  std::map<std::pair<std::string, uint32_t>, int> breaches_;
  int accepted_ = 0;
  int refused_ = 0;
};

TEST(CaseLaws, L1_L2_L8_L11_L12_HoldForAnyHistory) {
  EXPECT_TRUE(rc::check("whatever is asked of a case, its laws hold and its log replays", [] {
    const auto length = *rc::gen::inRange(20, 90);
    const auto script = *rc::gen::container<std::vector<Move>>(static_cast<size_t>(length), rc::gen::arbitrary<Move>());
    Game game;
    for (const Move& move : script)
      game.Play(move);
    game.Replay();
    RC_CLASSIFY(game.closed(), "ended closed");
    RC_CLASSIFY(game.accepted() > game.refused(), "mostly legal");
  }));
}

}  // namespace
}  // namespace caseward::test
