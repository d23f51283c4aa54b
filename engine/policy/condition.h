// Conditions, compiled, and what they may look at. Evaluating one allocates nothing and cannot fail: whatever could be
// wrong with it was found when the pack was compiled. What is absent fits no test but {present: false}.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"
#include "caseward/v1/events.pb.h"
#include "caseward/v1/policy.pb.h"
#include "caseward/v1/state.pb.h"
#include "engine/calendar/working_calendar.h"
#include "engine/port/hasher.h"

namespace caseward {

class CompiledPack;

// One compact line per event of a case (words removed), newest first, for conditions that count. Read only when one
// does.
struct FactLine {
  const v1::Event* event = nullptr;
  absl::Time occurred_at;
  absl::Time recorded_at;
  std::string_view person;  // behind the act (PersonOf): whom a service spoke for, else the actor
};
class FactLines {
 public:
  virtual ~FactLines() = default;
  // Stops when `line` returns false.
  virtual void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const = 0;
};

// What somebody carries: the weights of the open cases they own; and the most they may. A cap of 0 is none.
struct Load {
  uint32_t load = 0;
  uint32_t cap = 0;
  // With so much more they would carry more than they may.
  bool IsAboveWith(uint32_t more) const { return cap > 0 && uint64_t{load} + more > cap; }
};

// What a condition may look at. Nothing else enters a decision.
struct Facts {
  const v1::CaseState& state;
  const CompiledPack& pack;
  const WorkingCalendar& calendar;
  absl::Time now;
  const v1::Actor* actor = nullptr;             // who asks; null when SYSTEM reads (explain)
  const v1::StaffState* staff = nullptr;        // the person who asks, as the directory knows them; or null
  const v1::StaffState* taker = nullptr;        // whom the command gives the case to; null: nobody, or nobody known
  Load taker_load = {};                         // and what they carry
  const v1::ResidentState* resident = nullptr;  // the main resident; null if unknown here
  const FactLines* lines = nullptr;             // null: none
  const v1::Event* asked = nullptr;             // the first fact the command would give
  const v1::Command* command = nullptr;         // and the command; null: its own fields are absent
  const v1::Event* event = nullptr;             // the event that triggered
  const Hasher* hasher = nullptr;               // for sign-off hashes
  // Set to the first fault met: the calendar does not cover a day that a condition needed. The condition then did not
  // hold; whoever decides by it must not, and says why.
  absl::Status* fault = nullptr;
  // When it is decided, where `now` is what an import claims: training is always today's.
  std::optional<absl::Time> recorded_at = std::nullopt;

  absl::Time today() const { return recorded_at.value_or(now); }
};

// A test of one field of one message, by descriptor.
struct CompiledField {
  // From the message at hand to the field; a pack-declared field is the key of the map at the end of the path.
  absl::InlinedVector<const google::protobuf::FieldDescriptor*, 2> path;
  std::string key;  // not empty: `path` ends in a map<string, FieldValue>
  const v1::FieldTest* source = nullptr;
  std::vector<int64_t> numbers;  // any_of, for enums, numbers and booleans
  bool instances = false;        // the name of a clock: "action_due" also fits "action_due/a1"
  bool names_step = false;       // which step was recorded is all it asks
  // Tests of a time against now need `facts`; without them they do not fit.
  bool Fits(const google::protobuf::Message& message, const Facts* facts = nullptr) const;
};

struct CompiledMatch {
  enum class Kinds { kOne, kAny, kSubstantive, kFact };
  Kinds kinds = Kinds::kOne;
  v1::Event::KindCase kind = v1::Event::KIND_NOT_SET;
  std::vector<CompiledField> where;
  // The event is of a kind that is looked at, whatever its fields say.
  bool IsOfKind(const v1::Event& event) const;
  bool Fits(const v1::Event& event, const Facts* facts = nullptr) const;
};

class CompiledCondition {
 public:
  CompiledCondition();
  CompiledCondition(CompiledCondition&&) noexcept;
  CompiledCondition& operator=(CompiledCondition&&) noexcept;
  ~CompiledCondition();

  bool Holds(const Facts& facts) const;
  const v1::Condition& source() const;

 private:
  friend class ConditionCompiler;
  struct Node;
  std::unique_ptr<Node> root_;
};

// The hash a sign-off signs: the subject, the value of every checklist item and the version of the last substantive
// fact. Stands in sign_off_hash.cc.
std::string SignOffHash(std::string_view subject, const Facts& facts);
// Each item of a checklist as it stands: passed, waived, or not.
std::vector<v1::ChecklistItemValue> ChecklistValues(std::string_view subject, const Facts& facts);

}  // namespace caseward
