#include "services/study/closing_search.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "absl/time/clock.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/rehearsal.h"
#include "services/study/search_moves.h"

namespace caseward {
namespace {

constexpr absl::Duration kApart = absl::Minutes(1);
// Where the model begins if no example says a time: a Monday morning.
const absl::Time kBegin = absl::FromCivil(absl::CivilMinute(2026, 3, 2, 9, 0), absl::UTCTimeZone());

class Search {
 public:
  Search(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher, const SearchBounds& bounds,
         const Moves& moves, const std::set<std::string>& names)
      : stage_(moves.prepared().StageFor(pack, calendar, hasher)), bounds_(bounds), moves_(moves), names_(names) {}

  ClosingSearch Run(const std::string& case_type, absl::Time deadline) {
    out_.case_type = case_type;
    deadline_ = deadline;
    for (size_t move = 0; move < moves_.size(); ++move) {
      if (!Opens(move, case_type)) continue;
      if (const auto opened = After({Rehearsal(stage_), kBegin}, move)) Reach(-1, move, opened->here, tried_);
    }
    for (const Story& story : moves_.stories()) {
      if (IsOver()) break;
      if (!story.empty() && Opens(story.front(), case_type)) Tell(story);
    }
    for (bool more = true; more;) {
      more = GoOn(tried_);
      for (Front& front : told_)
        more = GoOn(front) || more;
    }
    out_.all_to = tried_.queue.empty() ? bounds_.depth : nodes_[tried_.queue.front()].depth;
    return std::move(out_);
  }

 private:
  struct Node {
    int parent;  // -1: nothing was before
    size_t move;
    int depth;
  };
  // One way of looking: which states it has seen, and which it has yet to look on from, the one in work in front.
  struct Front {
    std::set<std::string> seen;
    std::deque<size_t> queue;
  };
  struct Point {
    Rehearsal here;
    absl::Time now;
  };
  // How far a story has been told.
  struct Told {
    size_t move;
    int node;
    Point at;
  };

  bool Opens(size_t move, const std::string& case_type) const {
    return moves_.IsReport(move) && moves_.at(move).command.report_case().case_type() == case_type;
  }

  // Found, or a bound reached.
  bool IsOver() {
    if (out_.found || !out_.ended_by.empty()) return true;
    if (absl::Now() >= deadline_) out_.ended_by = "time";
    if (out_.states >= bounds_.states) out_.ended_by = "states";
    return !out_.ended_by.empty();
  }

  // True if it was accepted, or the wait led somewhere. A refusal leaves a point that no script leads to: time has
  // passed, and clocks may have fired.
  bool Try(size_t index, Point& point) {
    const Move& move = moves_.at(index);
    if (move.wait) {
      const std::optional<absl::Time> edge = NextEdge(point.here);
      if (!edge.has_value()) return false;
      point.now = std::max(point.now, *edge);
      point.here.AdvanceTo(point.now);
      return true;
    }
    ++out_.commands;
    point.now += kApart;
    const CaseVerdict verdict = point.here.Submit(move.command, move.actor, point.now, move.staff);
    return std::holds_alternative<CaseAccepted>(verdict);
  }

  // Where a move leads; nullopt: it is refused.
  std::optional<Point> After(const Point& from, size_t move) {
    std::optional<Point> next(from);
    return Try(move, *next) ? next : std::nullopt;
  }

  static std::optional<absl::Time> NextEdge(const Rehearsal& rehearsal) {
    std::optional<absl::Time> next;
    if (!rehearsal.opened()) return next;
    for (const v1::ClockState& clock : rehearsal.state().clocks()) {
      if (clock.status() != v1::ClockState::STATUS_RUNNING) continue;
      const absl::Time due = ToTime(clock.has_warn_at() && !clock.warned() ? clock.warn_at() : clock.due_exclusive());
      if (!next.has_value() || due < *next) next = due;
    }
    return next;
  }

  std::vector<size_t> ScriptTo(int node) const {
    std::vector<size_t> script;
    for (; node >= 0; node = nodes_[static_cast<size_t>(node)].parent)
      script.push_back(nodes_[static_cast<size_t>(node)].move);
    std::reverse(script.begin(), script.end());
    return script;
  }

  // The case at the end of a script, played again from its beginning, so that no state need be kept. Commands that are
  // refused are left out.
  Point Play(const std::vector<size_t>& script) {
    const size_t commands_before = out_.commands;
    Point point{Rehearsal(stage_), kBegin};
    for (const size_t move : script) {
      if (point.here.opened() || moves_.IsReport(move)) (void)Try(move, point);
    }
    out_.commands = commands_before;
    return point;
  }

  // Tells a story and keeps each state on its way. Stories come sorted, so that one goes on from where it parts from
  // the last.
  void Tell(const Story& story) {
    size_t same = 0;
    while (same < telling_.size() && same < story.size() && telling_[same].move == story[same])
      ++same;
    while (telling_.size() > same)
      telling_.pop_back();
    for (size_t i = same; i < story.size() && !out_.found; ++i)
      telling_.push_back(TellOn(story[i]));
  }

  // A move that is refused in this telling is tried again after waiting for the next clock, and else left out.
  Told TellOn(size_t move) {
    const Told last = telling_.empty() ? Told{move, -1, {Rehearsal(stage_), kBegin}} : telling_.back();
    const std::optional<Point> at_once = After(last.at, move);
    const std::optional<Point> waited = at_once ? std::nullopt : After(last.at, moves_.wait());
    const std::optional<Point> after = waited ? After(*waited, move) : std::nullopt;
    const Point* next = at_once ? &*at_once : after ? &*after : nullptr;
    if (next == nullptr || DepthOf(last.node) + (after ? 2 : 1) > bounds_.depth) return {move, last.node, last.at};
    const int before = after ? KeepTold(last.node, moves_.wait(), waited->here) : last.node;
    return {move, KeepTold(before, move, next->here), *next};
  }

  int DepthOf(int node) const { return node < 0 ? 0 : nodes_[static_cast<size_t>(node)].depth; }

  // Tries every move from the next state of a way of looking; false: it has none left, or the search is over.
  bool GoOn(Front& front) {
    if (front.queue.empty() || IsOver()) return false;
    const size_t node = front.queue.front();
    ++out_.states;
    const Point from = Play(ScriptTo(static_cast<int>(node)));
    std::optional<Point> next(from);
    for (size_t move = 0; move < moves_.size() && !out_.found; ++move) {
      if (moves_.IsReport(move)) continue;
      // A refusal has let a minute pass: only a clock that fired in it, or a wait, would notice.
      if (moves_.at(move).wait || next->here.history().size() != from.here.history().size()) next.emplace(from);
      next->now = from.now;
      if (!Try(move, *next)) continue;
      Reach(static_cast<int>(node), move, next->here, &front == &tried_ ? tried_ : FrontOf(next->here));
      next.emplace(from);
    }
    if (!out_.found) front.queue.pop_front();
    return true;
  }

  // By how near to closing it is: proposed, signed.
  Front& FrontOf(const Rehearsal& rehearsal) {
    const v1::CaseState& state = rehearsal.state();
    const bool is_signed = std::any_of(state.sign_offs().begin(), state.sign_offs().end(),
                                       [](const auto& one) { return one.granted() && !one.void_(); });
    return told_[(state.proposer().empty() ? 0 : 1) + (is_signed ? 1 : 0)];
  }

  // Takes a state up if this way of looking has not seen it.
  void Reach(int parent, size_t move, const Rehearsal& rehearsal, Front& front) {
    if (!front.seen.insert(KeyOf(rehearsal)).second) return;
    Keep(parent, move, rehearsal, &front);
  }
  // A story goes on also from what has been seen.
  int KeepTold(int parent, size_t move, const Rehearsal& rehearsal) {
    Front& front = FrontOf(rehearsal);
    return Keep(parent, move, rehearsal, front.seen.insert(KeyOf(rehearsal)).second ? &front : nullptr);
  }
  // `front`: where it is new; null: nowhere.
  int Keep(int parent, size_t move, const Rehearsal& rehearsal, Front* front) {
    const size_t node = nodes_.size();
    nodes_.push_back({parent, move, DepthOf(parent) + 1});
    out_.depth = std::max(out_.depth, nodes_.back().depth);
    if (front != nullptr && nodes_.back().depth < bounds_.depth) front->queue.push_back(node);
    if (const std::string what = Unsigned(rehearsal); !what.empty()) Found(static_cast<int>(node), what);
    return static_cast<int>(node);
  }

  void Found(int node, const std::string& what) {
    std::vector<size_t> script = ScriptTo(node);
    if (Unsigned(Play(script).here) != what) return;  // only what can be shown counts
    for (size_t i = script.size(); i-- > 0;) {
      std::vector<size_t> without = script;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      if (Unsigned(Play(without).here) != what) continue;
      script = std::move(without);
      i = script.size();  // what was needed before may not be now
    }
    out_.found = true;
    out_.what = what;
    for (const size_t move : script)
      out_.script.push_back(moves_.at(move).says);
  }

  // What is wrong with how the case was closed; empty: nothing, or it is not closed.
  static std::string Unsigned(const Rehearsal& rehearsal) {
    if (!rehearsal.opened() || rehearsal.state().phase() != v1::PHASE_CLOSED) return "";
    const v1::CaseState& state = rehearsal.state();
    const Rehearsal::History& history = rehearsal.history();
    const auto closed =
        std::find_if(history.rbegin(), history.rend(), [](const auto& e) { return e->has_case_closed(); });
    if (closed == history.rend()) return "";
    const std::string& by = (*closed)->case_closed().signed_by();
    if (by.empty()) return "closed without a signature";
    if (by == state.owner()) return "closed on the signature of its owner";
    const auto proposed =
        std::find_if(history.rbegin(), history.rend(), [](const auto& e) { return e->has_closure_proposed(); });
    return proposed != history.rend() && by == state.proposer() ? "closed on the signature of its proposer" : "";
  }

  // What two states must share to count as one.
  std::string KeyOf(const Rehearsal& rehearsal) const {
    const v1::CaseState& state = rehearsal.state();
    std::string key =
        StrCat(state.case_type(), "|", static_cast<int>(state.phase()), "|", static_cast<int>(state.priority()), "|",
               state.owner(), "|", state.proposer(), "|", state.handover_to(), "|",
               std::min<uint64_t>(state.contacts_attempted(), 3), "|", state.anonymous() ? 1 : 0);
    for (const std::string& flag : state.flags()) {
      if (names_.contains(flag)) key += StrCat("|f", flag);
    }
    std::map<std::string, std::string> steps;
    for (const v1::StepState& step : state.steps()) {
      if (!names_.contains(step.step())) continue;
      std::map<std::string, std::string> fields;
      for (const auto& [name, value] : step.fields()) {
        if (!value.has_words()) fields[name] = value.SerializeAsString();
      }
      std::string& text = steps[step.step()];
      for (const auto& [name, value] : fields)
        text += StrCat(name, "=", value, ",");
    }
    for (const auto& [step, text] : steps)
      key += StrCat("|s", step, ":", text);
    for (const v1::ActionState& action : state.actions())
      key += StrCat("|a", action.kind(), static_cast<int>(action.status()), action.promise() ? "p" : "");
    for (const v1::SignOffState& sign_off : state.sign_offs())
      key += StrCat("|o", sign_off.subject(), sign_off.by(), sign_off.granted() ? 1 : 0, sign_off.void_() ? 1 : 0);
    for (const v1::ClockState& clock : state.clocks()) {
      if (names_.contains(clock.definition())) key += StrCat("|c", clock.clock(), static_cast<int>(clock.status()));
    }
    for (const v1::WaiverState& waiver : state.waivers())
      key += StrCat("|w", waiver.subject(), waiver.item());
    return key + KeyOfAgencies(state);
  }

  static std::string KeyOfAgencies(const v1::CaseState& state) {
    std::string key;
    for (const v1::ReferralState& one : state.referrals())
      key += StrCat("|r", one.agency(), ".", one.service(), static_cast<int>(one.status()), "c", one.chased());
    for (const v1::EnquiryState& one : state.enquiries())
      key += StrCat("|e", one.agency(), static_cast<int>(one.direction()), one.urgent() ? "u" : "",
                    static_cast<int>(one.status()), "c", one.chased());
    for (const v1::SharingState& one : state.sharings())
      key += StrCat("|h", static_cast<int>(one.door()), static_cast<int>(one.finding()));
    return key;
  }

  const Rehearsal::Stage stage_;
  const SearchBounds& bounds_;
  const Moves& moves_;
  const std::set<std::string>& names_;
  absl::Time deadline_;
  ClosingSearch out_;
  std::vector<Node> nodes_;
  Front tried_;                // from the reports, breadth first
  std::array<Front, 3> told_;  // from each state of the stories, by nearness to closing
  std::vector<Told> telling_;
};

}  // namespace

std::vector<ClosingSearch> SearchClosings(const CompiledPack& pack, const WorkingCalendar& calendar,
                                          const Hasher& hasher, const SearchBounds& bounds) {
  const std::set<std::string> names = NamesOnTheWayToClosing(pack.source());
  const Moves moves(pack.source(), names);
  std::vector<std::string> types;
  for (const v1::CaseType& type : pack.source().case_types()) {
    for (size_t move = 0; move < moves.size(); ++move) {
      if (!moves.IsReport(move) || moves.at(move).command.report_case().case_type() != type.id()) continue;
      types.push_back(type.id());
      break;
    }
  }
  std::vector<ClosingSearch> out;
  const absl::Time began = absl::Now();
  for (size_t i = 0; i < types.size(); ++i) {
    // What is left of the time, shared by the types that are left.
    const absl::Duration left = began + bounds.time - absl::Now();
    const absl::Time deadline = absl::Now() + left / static_cast<int64_t>(types.size() - i);
    out.push_back(Search(pack, calendar, hasher, bounds, moves, names).Run(types[i], deadline));
  }
  return out;
}

}  // namespace caseward
