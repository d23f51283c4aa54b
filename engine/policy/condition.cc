#include "engine/policy/condition.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/actor.h"
#include "engine/base/check.h"
#include "engine/base/time.h"
#include "engine/policy/calendar_answer.h"
#include "engine/policy/checklist_state.h"
#include "engine/policy/compiled_pack.h"
#include "engine/policy/condition_node.h"
#include "engine/policy/field_value.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

bool FitAll(const std::vector<CompiledField>& fields, const google::protobuf::Message& message, const Facts& facts) {
  for (const CompiledField& field : fields) {
    if (!field.Fits(message, &facts)) return false;
  }
  return true;
}

const v1::StepState* FindStep(const v1::CaseState& state, std::string_view step) {
  for (const v1::StepState& one : state.steps()) {
    if (one.step() == step) return &one;
  }
  return nullptr;
}

// When the latest event of a kind, or record of a step, happened. Infinite past: never.
absl::Time Latest(const v1::CaseState& state, v1::Event::KindCase kind, std::string_view step) {
  if (kind != v1::Event::KIND_NOT_SET) {
    for (const v1::LatestEvent& latest : state.latest()) {
      if (latest.kind() == static_cast<uint32_t>(kind)) return ToTime(latest.at());
    }
  } else if (!step.empty()) {
    if (const v1::StepState* record = FindStep(state, step)) return ToTime(record->at());
  }
  return absl::InfinitePast();
}

// Is the actor the person that the case's field or a line names? A service that speaks for a person is that person, and
// nobody else: many people come by one account.
bool IsPerson(const v1::Actor& actor, std::string_view person) { return !person.empty() && PersonOf(actor) == person; }

bool HasRelation(const v1::Actor& actor, std::string_view relation, const v1::CaseState& state) {
  if (relation == "owner") return IsPerson(actor, state.owner());
  if (relation == "proposer") return IsPerson(actor, state.proposer());
  if (relation == "previous_owner") return IsPerson(actor, state.previous_owner());
  CHECK(relation == "handover_to");
  return IsPerson(actor, state.handover_to());
}

bool IsHuman(const v1::Actor& actor) {
  switch (actor.kind()) {
    case v1::Actor::KIND_STAFF:
    case v1::Actor::KIND_PARTNER: return true;
    case v1::Actor::KIND_SERVICE: return !actor.on_behalf_of().empty();
    case v1::Actor::KIND_SYSTEM:
    case v1::Actor::KIND_UNSPECIFIED:
    case v1::Actor_Kind_Actor_Kind_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Actor_Kind_Actor_Kind_INT_MAX_SENTINEL_DO_NOT_USE_: return false;
  }
  return false;
}

// Completed, and not expired.
bool Counts(const v1::Training& training, absl::Time today) {
  return (!training.has_completed_at() || ToTime(training.completed_at()) <= today) &&
         (!training.has_expires_at() || today < ToTime(training.expires_at()));
}

// A course without a date; or, of one with dates, any time it was taken that counts today.
bool IsTrainedIn(const v1::StaffState* staff, const std::string& course, absl::Time today) {
  if (staff == nullptr) return false;
  bool dated = false;
  for (const v1::Training& training : staff->trainings()) {
    if (training.course() != course) continue;
    if (Counts(training, today)) return true;
    dated = true;
  }
  return !dated && Contains(staff->trained_in(), course);
}

bool ActorHolds(const v1::ActorTest& test, const Facts& facts) {
  if (facts.actor == nullptr) return false;
  const v1::Actor& actor = *facts.actor;
  const auto holds_role = [&](const std::string& role) { return Contains(actor.roles(), role); };
  if (test.roles_size() > 0 && std::none_of(test.roles().begin(), test.roles().end(), holds_role)) return false;
  if (test.min_tier() > 0 && facts.pack.HighestTier(actor.roles()) < test.min_tier()) return false;
  const auto is = [&](const std::string& relation) { return HasRelation(actor, relation, facts.state); };
  if (test.is_size() > 0 && std::none_of(test.is().begin(), test.is().end(), is)) return false;
  if (std::any_of(test.is_not().begin(), test.is_not().end(), is)) return false;
  if (test.human() && !IsHuman(actor)) return false;
  return test.trained_in().empty() || IsTrainedIn(facts.staff, test.trained_in(), facts.today());
}

bool TakerHolds(const v1::TakerTest& test, const Facts& facts) {
  if (facts.taker == nullptr) return false;
  const auto holds_role = [&](const std::string& role) { return Contains(facts.taker->roles(), role); };
  if (test.roles_size() > 0 && std::none_of(test.roles().begin(), test.roles().end(), holds_role)) return false;
  const uint32_t weight = facts.pack.WeightOf(facts.state.case_type(), facts.state.priority());
  if (test.above_cap() && !facts.taker_load.IsAboveWith(weight)) return false;
  return test.trained_in().empty() || IsTrainedIn(facts.taker, test.trained_in(), facts.today());
}

// The first 48 bits of the hash, cut into a hundred equal parts: which of them the case falls into never changes.
bool SampledHolds(const v1::Sampled& test, const Facts& facts) {
  if (facts.hasher == nullptr) return false;
  const Sha256Digest digest = facts.hasher->Sha256({test.seed(), "\n", facts.state.case_id()});
  uint64_t drawn = 0;
  for (size_t i = 0; i < 6; ++i)
    drawn = drawn << 8 | digest[i];
  return drawn % 100 < test.percent();
}

bool OpenActionsHold(const v1::OpenActions& test, const Facts& facts) {
  for (const v1::ActionState& action : facts.state.actions()) {
    if (action.status() != v1::ActionState::STATUS_OPEN || action.resident_task()) continue;
    if (test.promises() && !action.promise()) continue;
    if (test.kinds_size() > 0 && !Contains(test.kinds(), action.kind())) continue;
    if (test.overdue() && (!action.has_due() || facts.now < ToTime(action.due()))) continue;
    return true;
  }
  return false;
}

bool IsOverdue(bool has_respond_by, const google::protobuf::Timestamp& respond_by, const Facts& facts) {
  return has_respond_by && facts.now >= ToTime(respond_by);
}

bool OpenEnquiriesHold(const v1::OpenEnquiries& test, const Facts& facts) {
  for (const v1::EnquiryState& enquiry : facts.state.enquiries()) {
    if (enquiry.status() != v1::EnquiryState::STATUS_OPEN) continue;
    if (test.urgent() && !enquiry.urgent()) continue;
    if (test.direction() != v1::ENQUIRY_DIRECTION_UNSPECIFIED && test.direction() != enquiry.direction()) continue;
    if (test.agencies_size() > 0 && !Contains(test.agencies(), enquiry.agency())) continue;
    if (enquiry.chased() < test.chased_at_least()) continue;
    if (test.overdue() && !IsOverdue(enquiry.has_respond_by(), enquiry.respond_by(), facts)) continue;
    return true;
  }
  return false;
}

bool OpenReferralsHold(const v1::OpenReferrals& test, const Facts& facts) {
  for (const v1::ReferralState& referral : facts.state.referrals()) {
    if (referral.status() != v1::ReferralState::STATUS_OPEN) continue;
    if (test.services_size() > 0 && !Contains(test.services(), referral.service())) continue;
    if (test.agencies_size() > 0 && !Contains(test.agencies(), referral.agency())) continue;
    if (referral.chased() < test.chased_at_least()) continue;
    if (test.overdue() && !IsOverdue(referral.has_respond_by(), referral.respond_by(), facts)) continue;
    return true;
  }
  return false;
}

bool UnreviewedSharingsHold(const v1::UnreviewedSharings& test, const Facts& facts) {
  for (const v1::SharingState& sharing : facts.state.sharings()) {
    if (sharing.finding() != v1::ReviewSharing::FINDING_UNSPECIFIED) continue;
    const bool meant = test.doors().empty()
                           ? sharing.door() != v1::Sharing::DOOR_AGREEMENT
                           : std::find(test.doors().begin(), test.doors().end(), sharing.door()) != test.doors().end();
    if (meant) return true;
  }
  return false;
}

bool ClockHolds(const v1::ClockTest& test, const std::vector<v1::ClockState::Status>& statuses, const Facts& facts) {
  for (const v1::ClockState& clock : facts.state.clocks()) {
    if (clock.clock() != test.clock() && clock.definition() != test.clock()) continue;
    if (statuses.empty() || std::find(statuses.begin(), statuses.end(), clock.status()) != statuses.end()) return true;
  }
  return false;
}

// What an age is the age of; nullopt if it has not happened.
std::optional<absl::Time> StartOfAge(const v1::AgeTest& test, const google::protobuf::FieldDescriptor* field,
                                     const Facts& facts) {
  if (field == nullptr) {
    const v1::Event* event = test.of() == "asked" ? facts.asked : facts.event;
    if (event == nullptr || !event->has_occurred_at()) return std::nullopt;
    return ToTime(event->occurred_at());
  }
  const auto* reflection = v1::CaseState::GetReflection();
  if (!reflection->HasField(facts.state, field)) return std::nullopt;
  return ToTime(static_cast<const google::protobuf::Timestamp&>(reflection->GetMessage(facts.state, field)));
}

bool AgeIsWithin(const v1::AgeTest& test, absl::Time since, const Facts& facts) {
  if (test.has_at_least()) {
    const auto enough = Answer(facts.calendar.AtLeast(since, facts.now, test.at_least()), facts);
    if (!enough.value_or(false)) return false;
  }
  if (test.has_at_most()) {
    const auto earliest = Answer(facts.calendar.Before(facts.now, test.at_most()), facts);
    if (!earliest.has_value() || since < *earliest) return false;
  }
  return true;
}

bool SignOffHolds(const v1::SignOffTest& test, const Facts& facts) {
  const CompiledSignOff* type = facts.pack.sign_off(test.subject(), facts.state.case_type());
  if (type == nullptr) return false;
  std::optional<Sha256Digest> stands;  // of what would be signed now
  for (const v1::SignOffState& given : facts.state.sign_offs()) {
    if (given.subject() != test.subject() || !given.granted() || given.void_()) continue;
    if (test.by_roles_size() > 0 && !Contains(test.by_roles(), given.role())) continue;
    if (type->checklist == nullptr) return true;
    if (facts.hasher == nullptr) return false;
    if (!stands.has_value()) stands = SignOffDigest(test.subject(), facts);
    if (given.hash().size() == stands->size() &&
        std::memcmp(given.hash().data(), stands->data(), stands->size()) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool CompiledCondition::Node::LastHolds(const Facts& facts) const {
  const v1::LastStep& test = source->last();
  const v1::StepState* record = FindStep(facts.state, test.step());
  if (record == nullptr || !FitAll(fields, *record, facts)) return false;
  const absl::Time at = ToTime(record->at());
  if (test.has_within()) {
    const auto earliest = Answer(facts.calendar.Before(facts.now, test.within()), facts);
    if (!earliest.has_value() || at < *earliest) return false;
  }
  return at >= Latest(facts.state, since_event, since_step);
}

bool CompiledCondition::Node::CountHolds(const Facts& facts) const {
  const v1::Count& test = source->count();
  const uint32_t at_least = test.at_least() > 0 || test.has_at_most() ? test.at_least() : 1;
  const absl::Time after = Latest(facts.state, since_event, since_step);
  absl::Time earliest = absl::InfinitePast();
  if (test.has_within()) {
    const auto before = Answer(facts.calendar.Before(facts.now, test.within()), facts);
    if (!before.has_value()) return false;
    earliest = *before;
  }

  uint32_t count = 0;
  absl::Time first = absl::InfiniteFuture();
  absl::Time last = absl::InfinitePast();
  std::array<uint64_t, kDistinctMax> values{};
  uint32_t distinct = 0;
  const bool only_enough = !test.has_at_most() && !test.has_span() && test.distinct_at_least() == 0;
  const auto take = [&](const FactLine& line) {
    if (line.occurred_at < earliest || line.occurred_at <= after || !match.Fits(*line.event, &facts)) return true;
    if (test.by_asker() && (facts.actor == nullptr || !IsPerson(*facts.actor, line.person))) return true;
    ++count;
    first = std::min(first, line.occurred_at);
    last = std::max(last, line.occurred_at);
    if (distinct < test.distinct_at_least()) {
      const google::protobuf::Message* place =
          match.kinds == CompiledMatch::Kinds::kOne ? EventBody(*line.event) : line.event;
      const auto value = ValueFingerprint(distinct_by, *place);
      const auto end = values.begin() + distinct;
      if (value.has_value() && std::find(values.begin(), end, *value) == end) values[distinct++] = *value;
    }
    return !(only_enough && count >= at_least);
  };
  if (facts.lines != nullptr) facts.lines->NewestFirst(take);

  if (count < at_least || (test.has_at_most() && count > test.at_most())) return false;
  if (distinct < test.distinct_at_least()) return false;
  if (!test.has_span()) return true;
  if (count == 0) return false;
  return Answer(facts.calendar.AtLeast(first, last, test.span()), facts).value_or(false);
}

bool CompiledCondition::Node::EventHolds(const v1::Event* event, const Facts& facts) const {
  if (event == nullptr) return false;
  for (const OfKind& of : by_kind) {
    if (of.kind != v1::Event::KIND_NOT_SET && of.kind != event->kind_case()) continue;
    const google::protobuf::Message* place = of.kind == v1::Event::KIND_NOT_SET ? event : EventBody(*event);
    if (!FitAll(of.fields, *place, facts)) return false;
    if (of.of_command.empty()) return true;
    return FitAll(of.of_command, facts.command != nullptr ? *facts.command : v1::Command::default_instance(), facts);
  }
  return false;
}

bool CompiledCondition::Node::Holds(const Facts& facts) const {
  const v1::CaseState& state = facts.state;
  const auto holds = [&](const Node& node) { return node.Holds(facts); };
  switch (source->kind_case()) {
    case v1::Condition::kAll: return std::all_of(children.begin(), children.end(), holds);
    case v1::Condition::kAny: return std::any_of(children.begin(), children.end(), holds);
    case v1::Condition::kNot: return !children.front().Holds(facts);
    case v1::Condition::kFlag: return std::binary_search(state.flags().begin(), state.flags().end(), source->flag());
    case v1::Condition::kLast: return LastHolds(facts);
    case v1::Condition::kCount: return CountHolds(facts);
    case v1::Condition::kOpenActions: return OpenActionsHold(source->open_actions(), facts);
    case v1::Condition::kOpenEnquiries: return OpenEnquiriesHold(source->open_enquiries(), facts);
    case v1::Condition::kOpenReferrals: return OpenReferralsHold(source->open_referrals(), facts);
    case v1::Condition::kUnreviewedSharings: return UnreviewedSharingsHold(source->unreviewed_sharings(), facts);
    case v1::Condition::kTaker: return TakerHolds(source->taker(), facts);
    case v1::Condition::kSampled: return SampledHolds(source->sampled(), facts);
    case v1::Condition::kClock: return ClockHolds(source->clock(), statuses, facts);
    case v1::Condition::kPriority: {
      const auto& wanted = source->priority().any_of();
      return std::find(wanted.begin(), wanted.end(), state.priority()) != wanted.end();
    }
    case v1::Condition::kCaseType: return Contains(source->case_type().any_of(), state.case_type());
    case v1::Condition::kActor: return ActorHolds(source->actor(), facts);
    case v1::Condition::kAsked: return EventHolds(facts.asked, facts);
    case v1::Condition::kAge: {
      const auto since = StartOfAge(source->age(), time, facts);
      return since.has_value() && AgeIsWithin(source->age(), *since, facts);
    }
    case v1::Condition::kSignOff: return SignOffHolds(source->sign_off(), facts);
    case v1::Condition::kCaseState: return FitAll(fields, state, facts);
    case v1::Condition::kResident:
      return FitAll(fields, facts.resident != nullptr ? facts.resident->needs() : v1::ResidentNeeds::default_instance(),
                    facts);
    case v1::Condition::kChecklist: {
      const CompiledChecklist* checklist = facts.pack.checklist(source->checklist(), state.case_type());
      return checklist != nullptr && ChecklistPasses(*checklist, facts);
    }
    case v1::Condition::kEvent: return EventHolds(facts.event, facts);
    case v1::Condition::kVariance:
      return state.region() == variance->region() && ToTime(variance->from()) <= facts.now &&
             facts.now < ToTime(variance->until());
    case v1::Condition::KIND_NOT_SET: break;  // refused when compiled
  }
  CHECK(false && "a condition of no kind was compiled");
  return false;
}

CompiledCondition::CompiledCondition() = default;
CompiledCondition::CompiledCondition(CompiledCondition&&) noexcept = default;
CompiledCondition& CompiledCondition::operator=(CompiledCondition&&) noexcept = default;
CompiledCondition::~CompiledCondition() = default;

bool CompiledCondition::Holds(const Facts& facts) const {
  CHECK(root_ != nullptr);
  return root_->Holds(facts);
}

const v1::Condition& CompiledCondition::source() const {
  CHECK(root_ != nullptr);
  return *root_->source;
}

}  // namespace caseward
