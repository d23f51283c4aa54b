// Deciding a command of a case within a round: what it may look at, and where its messages go.
#include <utility>

#include "engine/base/actor.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/records.h"
#include "engine/partition/round.h"

namespace caseward {
namespace {

// The fact lines of a case as a round sees them: this round's decisions, then what is applied. Read from the store only
// when a condition asks.
class RoundLines final : public FactLines {
 public:
  RoundLines(Applier& applier, std::string_view case_id, const std::deque<v1::Decision>& decisions,
             const std::vector<size_t>* of_case)
      : applier_(applier), case_id_(case_id), decisions_(decisions), of_case_(of_case) {}

  void NewestFirst(absl::FunctionRef<bool(const FactLine&)> line) const override {
    if (of_case_ != nullptr) {
      for (size_t i = of_case_->size(); i-- > 0;) {
        const v1::Decision& decision = decisions_[(*of_case_)[i]];
        const auto& events = decision.accepted().events();
        if (!Visit(events, ToTime(decision.recorded_at()), PersonOf(decision.actor()), line)) return;
      }
    }
    const absl::StatusOr<const std::vector<v1::FactLineRecord>*> applied = applier_.Lines(case_id_);
    if (!applied.ok()) {
      status_ = applied.status();
      return;
    }
    for (size_t i = (*applied)->size(); i-- > 0;) {
      const v1::FactLineRecord& record = (**applied)[i];
      if (!Visit(record.events(), ToTime(record.recorded_at()), record.actor_id(), line)) return;
    }
  }
  // A fault while reading: what was decided by it must not stand.
  const absl::Status& status() const { return status_; }

 private:
  static bool Visit(const google::protobuf::RepeatedPtrField<v1::Event>& events, absl::Time recorded_at,
                    std::string_view person, absl::FunctionRef<bool(const FactLine&)> line) {
    for (int i = events.size(); i-- > 0;) {
      const v1::Event& event = events[i];
      if (!IsCaseEvent(event)) continue;
      if (!line({.event = &event,
                 .occurred_at = ToTime(event.occurred_at()),
                 .recorded_at = recorded_at,
                 .person = person})) {
        return false;
      }
    }
    return true;
  }

  Applier& applier_;
  const std::string_view case_id_;
  const std::deque<v1::Decision>& decisions_;
  const std::vector<size_t>* of_case_;
  mutable absl::Status status_;
};

// What opens a case: a report, or what a split says in its stead.
const v1::ReportCase& ReportIn(const v1::Command& command) {
  return command.has_open_split() ? command.open_split().report() : command.report_case();
}

// The pack a decision goes by: a case keeps the version it opened under; a report gets the newest.
const CompiledPack* PackFor(const Directory& directory, const v1::CaseState* state, const v1::Command& command) {
  if (state != nullptr) return directory.Pack(state->pack_id(), state->pack_version());
  const v1::ReportCase& report = ReportIn(command);
  if (!report.pack_id().empty()) return directory.NewestPack(report.pack_id());
  return directory.PackForCaseType(report.case_type());
}

// Who may take a case. A directory without any staff has nothing to say.
StandingOf StandingIn(const Directory& directory) {
  if (!directory.knows_staff()) return nullptr;
  return [&directory](std::string_view person) {
    const v1::StaffState* staff = directory.Staff(person);
    if (staff == nullptr) return Standing::kUnknown;
    return staff->left() ? Standing::kLeft : Standing::kActive;
  };
}

AgencyOf AgenciesIn(const Directory& directory) {
  return [&directory](std::string_view agency) { return directory.Agency(agency); };
}

StaffOf StaffIn(const Directory& directory) {
  return [&directory](std::string_view person) { return directory.Staff(person); };
}

LoadOf LoadsIn(const Directory& directory) {
  return [&directory](std::string_view person) { return directory.LoadOf(person); };
}

v1::Refusal NoPack(const v1::CaseState* state, const v1::Command& command) {
  if (state != nullptr) {
    return RefuseByCode("C-pack", StrCat("Expected policy ", state->pack_id(), " version ", state->pack_version(),
                                         " in the directory, found none that can be used."));
  }
  const v1::ReportCase& report = ReportIn(command);
  return RefuseByCode("C-pack",
                      report.pack_id().empty()
                          ? StrCat("Expected exactly one published policy with case type \"", report.case_type(),
                                   "\", found none or several.")
                          : StrCat("Expected a published policy \"", report.pack_id(), "\", found none."),
                      "A policy officer publishes the policy, or the report names one.");
}

}  // namespace

absl::Status RoundBuilder::DecideCase(v1::Decision& decision, std::string_view resident_id) {
  const absl::StatusOr<const v1::CaseState*> found = FindCase(decision.stream());
  if (!found.ok()) return found.status();
  const v1::CaseState* state = *found;

  const CompiledPack* pack = PackFor(*draft_.directory, state, decision.command());
  if (pack == nullptr) {
    *decision.mutable_refusal() = NoPack(state, decision.command());
    return absl::OkStatus();
  }
  const WorkingCalendar* calendar = draft_.directory->NewestCalendar(pack->source().calendar());
  if (calendar == nullptr) {
    *decision.mutable_refusal() = RefuseByCode(
        "C-calendar", StrCat("Expected a published calendar \"", pack->source().calendar(), "\", found none."),
        "A policy officer publishes the calendar.");
    return absl::OkStatus();
  }
  const std::string main_resident(state != nullptr ? state->main_resident_id() : resident_id);
  const absl::StatusOr<const v1::ResidentState*> resident = FindResident(main_resident);
  if (!resident.ok()) return resident.status();

  const auto earlier = case_decisions_.find(decision.stream());
  const RoundLines lines(context_.applier, decision.stream(), draft_.decisions,
                         earlier == case_decisions_.end() ? nullptr : &earlier->second);
  const CaseContext context{.pack = *pack,
                            .calendar = *calendar,
                            .hasher = context_.hasher,
                            .actor = decision.actor(),
                            .now = EvolveTime(decision.command(), context_.recorded_at),
                            .staff = draft_.directory->Staff(PersonOf(decision.actor())),
                            .resident = *resident,
                            .lines = &lines,
                            .case_id = decision.stream(),
                            .resident_id = main_resident,
                            .standing_of = StandingIn(*draft_.directory),
                            .agency_of = AgenciesIn(*draft_.directory),
                            .staff_of = StaffIn(*draft_.directory),
                            .recorded_at = context_.recorded_at,
                            .load_of = LoadsIn(*draft_.directory)};
  decision.set_pack_id(pack->source().id());
  decision.set_pack_version(pack->source().version());
  CaseVerdict verdict = Decide(state, decision.command(), context);
  if (!lines.status().ok()) return lines.status();
  if (auto* refusal = std::get_if<v1::Refusal>(&verdict)) {
    *decision.mutable_refusal() = std::move(*refusal);
    return absl::OkStatus();
  }
  auto& accepted = std::get<CaseAccepted>(verdict);
  if (std::optional<v1::Refusal> refusal = AddSends(decision, std::move(accepted.sends))) {
    decision.clear_messages();
    *decision.mutable_refusal() = *std::move(refusal);
    return absl::OkStatus();
  }
  v1::Accepted& outcome = *decision.mutable_accepted();
  outcome.mutable_events()->Reserve(static_cast<int>(accepted.events.size()));
  for (v1::Event& event : accepted.events)
    *outcome.add_events() = std::move(event);
  outcome.set_version(accepted.after->version());
  draft_.cases.insert_or_assign(decision.stream(), std::move(accepted.after));
  return TakeReported(decision);
}

absl::Status RoundBuilder::TakeReported(const v1::Decision& decision) {
  for (const v1::Event& event : decision.accepted().events()) {
    if (!event.has_case_reported()) continue;
    const std::string& resident_id = event.case_reported().main_resident_id();
    const absl::StatusOr<const v1::ResidentState*> found = FindResident(resident_id);
    if (!found.ok()) return found.status();
    v1::ResidentState known = *found != nullptr ? **found : v1::ResidentState();
    AddCase(known, resident_id, decision.stream());
    draft_.residents.insert_or_assign(resident_id, std::move(known));
  }
  return absl::OkStatus();
}

// Addresses the messages of a decision. A refusal if one goes to a case that cannot be.
std::optional<v1::Refusal> RoundBuilder::AddSends(v1::Decision& decision, std::vector<CaseAccepted::Send> sends) const {
  for (CaseAccepted::Send& send : sends) {
    v1::Message& message = *decision.add_messages();
    if (send.to_directory) {
      message.set_to_partition(0);
    } else if (!send.to_resident_id.empty()) {
      const absl::StatusOr<ResidentId> to = ResidentId::Parse(send.to_resident_id);
      if (!to.ok() || to->partition() >= context_.config.partitions) {
        v1::Refusal refusal =
            RefuseByCode("C-unknown-resident", "Expected the id of another resident, found one that cannot be.");
        refusal.set_invalid(true);
        return refusal;
      }
      message.set_to_partition(to->partition());
      send.command.set_resident_id(to->string());
    } else if (send.to_case_id.empty()) {
      message.set_to_partition(
          ReferencePartition(context_.hasher, send.command.claim_reference().reference(), context_.config.partitions));
    } else {
      const absl::StatusOr<CaseId> to = CaseId::Parse(send.to_case_id);
      if (!to.ok() || to->partition() >= context_.config.partitions) {
        v1::Refusal refusal =
            RefuseByCode("C-unknown-case", "Expected the id of another case, found one that cannot be.");
        refusal.set_invalid(true);
        return refusal;
      }
      message.set_to_partition(to->partition());
      send.command.set_case_id(to->string());
    }
    *message.mutable_command() = std::move(send.command);
  }
  return std::nullopt;
}

}  // namespace caseward
