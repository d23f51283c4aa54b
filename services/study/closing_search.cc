#include "services/study/closing_search.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "absl/time/clock.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/policy/verbs.h"
#include "services/packs/example_play.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::Duration kApart = absl::Minutes(1);
// Where the model begins if no example says a time: a Monday morning.
const absl::Time kBegin = absl::FromCivil(absl::CivilMinute(2026, 3, 2, 9, 0), absl::UTCTimeZone());

struct Move {
  std::string says;  // "mo triage"
  v1::Command command;
  v1::Actor actor;
  const v1::StaffState* staff = nullptr;
  bool wait = false;  // to where the next clock warns or falls due
};

// Every string of a message, at any depth: the steps and flags that conditions name are among them.
void AddStrings(const Message& message, std::set<std::string>& out) {
  std::vector<const FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->name() == "examples" || field->is_map()) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        out.insert(field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                        : reflection->GetString(message, field));
      else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
        AddStrings(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                        : reflection->GetMessage(message, field),
                   out);
    }
  }
}

// The names that rules on the way to closing look at, by themselves or through a flag.
std::set<std::string> NamesThatMatter(const v1::Pack& pack) {
  static constexpr std::string_view kVerbs[] = {"report", "triage", "assign", "propose_closure", "sign_off", "close"};
  std::set<std::string> names;
  for (const v1::Rule& rule : pack.rules()) {
    const bool on_way = std::any_of(rule.on().begin(), rule.on().end(), [&](const std::string& verb) {
      return std::find(std::begin(kVerbs), std::end(kVerbs), verb) != std::end(kVerbs);
    });
    if (on_way) AddStrings(rule, names);
  }
  for (const v1::Checklist& list : pack.checklists())
    AddStrings(list, names);
  for (const v1::SignOffType& type : pack.sign_offs())
    AddStrings(type, names);
  for (const v1::FlagType& flag : pack.flags()) {
    if (names.contains(flag.id())) AddStrings(flag, names);
  }
  return names;
}

v1::Actor ActorOf(const v1::ExampleActor& person) {
  v1::Actor actor;
  actor.set_id(person.id());
  actor.set_kind(v1::Actor::KIND_STAFF);
  *actor.mutable_roles() = person.roles();
  actor.set_region(person.region());
  return actor;
}

// The commands of the pack's examples, each by whoever gives it there; and the three that closing needs, by everybody.
class Moves {
 public:
  Moves(const v1::Pack& pack, const std::set<std::string>& names)
      : pack_(pack), names_(names), prepared_(pack), staff_of_(prepared_.PeopleLookup()) {
    for (const PreparedScenario& story : prepared_.scenarios())
      AddAll(story.steps);
    for (const PreparedExample& example : prepared_.examples()) {
      AddAll(example.given);
      if (example.when.has_value()) AddAll({*example.when});
    }
    for (const v1::ExampleActor& person : pack.people()) {
      v1::Command close;
      close.mutable_close_case();
      AddBy(person, close);
      v1::Command sign;
      sign.mutable_sign_off()->set_subject("closure");
      sign.mutable_sign_off()->set_answer(v1::SignOff::ANSWER_GRANT);
      AddBy(person, sign);
      v1::Command propose;
      if (!pack.closing_reasons().empty())
        propose.mutable_propose_closure()->set_reason_code(pack.closing_reasons(0));
      else
        propose.mutable_propose_closure()->set_reason_code("done");
      AddBy(person, propose);
    }
    Move wait;
    wait.says = "wait for the next clock";
    wait.wait = true;
    rest_.push_back(std::move(wait));
  }
  const std::vector<Move>& reports() const { return reports_; }
  const std::vector<Move>& rest() const { return rest_; }
  const PreparedExamples& prepared() const { return prepared_; }

 private:
  void AddAll(const std::vector<PreparedStep>& steps) {
    for (const PreparedStep& step : steps) {
      if (!step.fault.ok()) continue;
      v1::Command command = step.command;
      command.clear_occurred_at();
      command.clear_expected_version();
      Add(command, step.actor, step.staff);
    }
  }
  void AddBy(const v1::ExampleActor& person, const v1::Command& command) {
    Add(command, ActorOf(person), staff_of_(person.id()));
  }
  void Add(const v1::Command& command, const v1::Actor& actor, const v1::StaffState* staff) {
    if (command.has_record_step() && !names_.contains(command.record_step().step())) return;
    if (!seen_.insert(StrCat(actor.id(), " ", command.SerializeAsString())).second) return;
    Move move;
    move.says = StrCat(actor.id(), " ", VerbName(command.verb_case()),
                       command.has_record_step() ? StrCat(" ", command.record_step().step()) : "");
    move.command = command;
    move.actor = actor;
    move.staff = staff;
    (command.has_report_case() ? reports_ : rest_).push_back(std::move(move));
  }

  const v1::Pack& pack_;
  const std::set<std::string>& names_;
  const PreparedExamples prepared_;
  const StaffOf staff_of_;
  std::set<std::string> seen_;
  std::vector<Move> reports_, rest_;
};

class Search {
 public:
  Search(const CompiledPack& pack, const WorkingCalendar& calendar, const Hasher& hasher, const SearchBounds& bounds,
         const Moves& moves, const std::set<std::string>& names)
      : stage_(moves.prepared().StageFor(pack, calendar, hasher)), bounds_(bounds), moves_(moves), names_(names) {}

  ClosingSearch Run(const std::string& case_type, absl::Time deadline) {
    out_.case_type = case_type;
    for (size_t i = 0; i < moves_.reports().size(); ++i) {
      if (moves_.reports()[i].command.report_case().case_type() != case_type) continue;
      Rehearsal fresh(stage_);
      if (Try(moves_.reports()[i], fresh)) Keep(-1, static_cast<int>(i), fresh, 1);
    }
    for (size_t at = 0; at < nodes_.size() && !out_.found; ++at) {
      if (nodes_[at].depth >= bounds_.depth) continue;
      if (absl::Now() >= deadline) out_.ended_by = "time";
      if (out_.states >= bounds_.states) out_.ended_by = "states";
      if (!out_.ended_by.empty()) break;
      ++out_.states;
      Expand(static_cast<int>(at));
    }
    return std::move(out_);
  }

 private:
  struct Node {
    int parent;
    int move;  // of the reports for the first, of the rest for the others
    int depth;
  };

  // True if it was accepted, or the wait led somewhere.
  bool Try(const Move& move, Rehearsal& rehearsal) {
    if (move.wait) {
      const std::optional<absl::Time> edge = NextEdge(rehearsal);
      if (!edge.has_value()) return false;
      now_ = std::max(now_, *edge);
      rehearsal.AdvanceTo(now_);
      return true;
    }
    ++out_.commands;
    now_ += kApart;
    const CaseVerdict verdict = rehearsal.Submit(move.command, move.actor, now_, move.staff);
    return std::holds_alternative<CaseAccepted>(verdict);
  }

  static std::optional<absl::Time> NextEdge(const Rehearsal& rehearsal) {
    std::optional<absl::Time> next;
    for (const v1::ClockState& clock : rehearsal.state().clocks()) {
      if (clock.status() != v1::ClockState::STATUS_RUNNING) continue;
      const absl::Time due = ToTime(clock.has_warn_at() && !clock.warned() ? clock.warn_at() : clock.due_exclusive());
      if (!next.has_value() || due < *next) next = due;
    }
    return next;
  }

  std::vector<int> PathTo(int node) const {
    std::vector<int> path;
    for (; node >= 0; node = nodes_[static_cast<size_t>(node)].parent)
      path.push_back(node);
    std::reverse(path.begin(), path.end());
    return path;
  }
  const Move& MoveOf(int node) const {
    const Node& one = nodes_[static_cast<size_t>(node)];
    return (one.parent < 0 ? moves_.reports() : moves_.rest())[static_cast<size_t>(one.move)];
  }

  // The case at a node, played again from its beginning: keeping every state would cost more than playing it.
  Rehearsal Replay(int node) {
    Rehearsal rehearsal(stage_);
    now_ = kBegin;
    for (const int one : PathTo(node))
      (void)Try(MoveOf(one), rehearsal);
    return rehearsal;
  }

  void Expand(int node) {
    const int depth = nodes_[static_cast<size_t>(node)].depth + 1;
    const size_t commands_before = out_.commands;
    const Rehearsal here = Replay(node);
    out_.commands = commands_before;
    const absl::Time now = now_;
    std::optional<Rehearsal> next(here);
    for (size_t i = 0; i < moves_.rest().size() && !out_.found; ++i) {
      now_ = now;
      if (!Try(moves_.rest()[i], *next)) continue;  // refused: nothing has changed
      Keep(node, static_cast<int>(i), *next, depth);
      next.emplace(here);
    }
  }

  void Keep(int parent, int move, const Rehearsal& rehearsal, int depth) {
    if (!seen_.insert(KeyOf(rehearsal)).second) return;
    nodes_.push_back({parent, move, depth});
    out_.depth = std::max(out_.depth, depth);
    const std::string what = Unsigned(rehearsal);
    if (what.empty()) return;
    out_.found = true;
    out_.what = what;
    for (const int one : PathTo(static_cast<int>(nodes_.size()) - 1))
      out_.script.push_back(MoveOf(one).says);
  }

  // What is wrong with how the case was closed; empty: nothing, or it is not closed.
  static std::string Unsigned(const Rehearsal& rehearsal) {
    const v1::CaseState& state = rehearsal.state();
    if (state.phase() != v1::PHASE_CLOSED) return "";
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
  ClosingSearch out_;
  std::vector<Node> nodes_;
  std::set<std::string> seen_;
  absl::Time now_ = kBegin;
};

}  // namespace

std::vector<ClosingSearch> SearchClosings(const CompiledPack& pack, const WorkingCalendar& calendar,
                                          const Hasher& hasher, const SearchBounds& bounds) {
  const std::set<std::string> names = NamesThatMatter(pack.source());
  const Moves moves(pack.source(), names);
  std::vector<std::string> types;
  for (const v1::CaseType& type : pack.source().case_types()) {
    if (std::any_of(moves.reports().begin(), moves.reports().end(),
                    [&](const Move& one) { return one.command.report_case().case_type() == type.id(); }))
      types.push_back(type.id());
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
