// ListWork: what is next for a person: the cases they own, by the nearest clock, and the closures that wait for their
// signature.
#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/partition/reader.h"
#include "services/server/case_lists.h"
#include "services/server/page_token.h"

namespace caseward {
namespace {

constexpr std::string_view kClosure = "closure";

// Who the list is for: the caller, or a person as the directory knows them.
absl::StatusOr<v1::Actor> PersonOf(const v1::ListWorkRequest& request, v1::Actor actor, const Directory& directory) {
  if (request.person().empty() || request.person() == actor.id()) {
    return actor;
  }
  if (auto id = ParseActorId(request.person()); !id.ok()) {
    return absl::InvalidArgumentError(StrCat("person: ", StdText(id.status().message())));
  }
  v1::Actor person;
  person.set_id(request.person());
  person.set_kind(v1::Actor::KIND_STAFF);
  if (const v1::StaffState* staff = directory.Staff(person.id())) {
    *person.mutable_roles() = staff->roles();
    person.set_region(staff->region());
  }
  return person;
}

const v1::ClockState* NearestClock(const v1::CaseState& state) {
  const v1::ClockState* nearest = nullptr;
  for (const v1::ClockState& clock : state.clocks()) {
    const bool counts =
        clock.status() == v1::ClockState::STATUS_RUNNING || clock.status() == v1::ClockState::STATUS_BREACHED;
    if (counts && (nearest == nullptr || ToTime(clock.due_exclusive()) < ToTime(nearest->due_exclusive()))) {
      nearest = &clock;
    }
  }
  return nearest;
}

const v1::SignOffState* SignedClosure(const v1::CaseState& state) {
  for (const v1::SignOffState& sign_off : state.sign_offs()) {
    if (sign_off.subject() == kClosure && sign_off.granted() && !sign_off.void_()) {
      return &sign_off;
    }
  }
  return nullptr;
}

// May this person be the one who signs? The rules say so for certain when the signature comes.
bool WaitsForSignature(const v1::CaseState& state, const v1::Actor& person, const CompiledPack* pack) {
  if (state.phase() != v1::PHASE_CLOSING || pack == nullptr || SignedClosure(state) != nullptr) {
    return false;
  }
  const CompiledSignOff* sign_off = pack->sign_off(kClosure, state.case_type());
  if (sign_off == nullptr || person.id() == state.owner() || person.id() == state.proposer()) {
    return false;
  }
  return std::any_of(sign_off->signers.begin(), sign_off->signers.end(), [&](const CompiledSigner& signer) {
    return std::any_of(signer.source->roles().begin(), signer.source->roles().end(),
                       [&](const std::string& role) { return HasRole(person, role); });
  });
}

void SetNextStep(const v1::CaseState& state, const CompiledPack* pack, const v1::ClockState* clock,
                 v1::WorkItem& item) {
  const CompiledClock* definition = pack == nullptr || clock == nullptr ? nullptr : pack->clock(clock->definition());
  if (item.to_sign()) {
    item.set_next_step("Sign the closure, or refuse it with a reason");
    item.set_clause(pack->sign_off(kClosure, state.case_type())->source->clause());
  } else if (state.handover_to() != "") {
    item.set_next_step(StrCat("The hand-over to ", state.handover_to(), " waits to be accepted"));
  } else if (state.phase() == v1::PHASE_REPORTED) {
    item.set_next_step("Triage the case");
  } else if (state.phase() == v1::PHASE_CLOSING) {
    item.set_next_step(SignedClosure(state) == nullptr ? "Wait for the closure to be signed" : "Close the case");
  } else if (definition != nullptr) {
    item.set_next_step(definition->source->title());
  } else {
    item.set_next_step("Record the next step, or propose closure");
  }
  if (item.clause().empty() && definition != nullptr) {
    item.set_clause(definition->source->clause());
  }
}

v1::WorkItem ItemOf(const v1::CaseState& state, bool to_sign, const CompiledPack* pack) {
  v1::WorkItem item;
  item.set_case_id(state.case_id());
  item.set_case_type(state.case_type());
  item.set_priority(state.priority());
  item.set_phase(state.phase());
  item.set_to_sign(to_sign);
  const v1::ClockState* clock = NearestClock(state);
  if (clock != nullptr) {
    item.set_clock(clock->clock());
    *item.mutable_due_exclusive() = clock->due_exclusive();
    item.set_breached(clock->status() == v1::ClockState::STATUS_BREACHED);
  }
  SetNextStep(state, pack, clock, item);
  return item;
}

// Soonest first, then by id; what has no clock last. Also the place of a page.
std::string OrderOf(const v1::WorkItem& item) {
  const int64_t due = item.has_due_exclusive() ? absl::ToUnixMicros(ToTime(item.due_exclusive())) : INT64_MAX;
  return StrCat(absl::Dec(static_cast<uint64_t>(due) ^ (uint64_t{1} << 63), absl::kZeroPad20), " ", item.case_id());
}

class WorkList {
 public:
  WorkList(Backend& backend, const v1::Actor& person)
      : backend_(backend), person_(person), directory_(backend.host.directory().Now()), view_(backend.state.View()) {}

  absl::StatusOr<std::vector<v1::WorkItem>> Make() {
    for (uint32_t p = 0; p < backend_.host.partitions(); ++p) {
      const PartitionReader reader(p, *view_);
      if (absl::Status status = AddOwned(reader); !status.ok()) {
        return status;
      }
      if (absl::Status status = AddToSign(reader); !status.ok()) {
        return status;
      }
    }
    std::sort(items_.begin(), items_.end(),
              [](const v1::WorkItem& a, const v1::WorkItem& b) { return OrderOf(a) < OrderOf(b); });
    return std::move(items_);
  }

 private:
  absl::Status AddOwned(const PartitionReader& reader) {
    auto ids = reader.OwnerCases(person_.id());
    if (!ids.ok()) {
      return ids.status();
    }
    for (const std::string& id : *ids) {
      auto state = reader.GetCase(id);
      if (!state.ok()) {
        return state.status();
      }
      if (state->has_value()) {
        items_.push_back(ItemOf(**state, false, PackOf(**state)));
      }
    }
    return absl::OkStatus();
  }

  // Closures wait for few people and not for long, so there is no index of them: the cases are looked through.
  absl::Status AddToSign(const PartitionReader& reader) {
    if (person_.roles().empty()) {
      return absl::OkStatus();
    }
    return reader.ListCases("", [&](v1::CaseState&& state) {
      if (WaitsForSignature(state, person_, PackOf(state))) {
        items_.push_back(ItemOf(state, true, PackOf(state)));
      }
      return ++looked_at_ < kCasesLookedAtMax;
    });
  }

  const CompiledPack* PackOf(const v1::CaseState& state) const {
    return directory_->Pack(state.pack_id(), state.pack_version());
  }

  Backend& backend_;
  const v1::Actor& person_;
  const std::shared_ptr<const Directory> directory_;
  const std::unique_ptr<StateReader> view_;
  std::vector<v1::WorkItem> items_;
  size_t looked_at_ = 0;
};

absl::StatusOr<v1::ListWorkResponse> ReadWork(Backend& backend, const v1::ListWorkRequest& request, v1::Actor actor) {
  auto person = PersonOf(request, std::move(actor), *backend.host.directory().Now());
  auto size = PageSize(request.page_size(), backend.limits.page_size_default, backend.limits.page_size_max);
  if (!person.ok() || !size.ok()) {
    return person.ok() ? size.status() : person.status();
  }
  auto place = ReadPageToken(request.page_token(), person->id());
  if (!place.ok()) {
    return place.status();
  }
  auto items = WorkList(backend, *person).Make();
  if (!items.ok()) {
    return items.status();
  }
  v1::ListWorkResponse response;
  for (v1::WorkItem& item : *items) {
    if (!place->empty() && OrderOf(item) <= *place) {
      continue;
    }
    if (response.items_size() == *size) {
      response.set_next_page_token(MakePageToken(OrderOf(response.items(*size - 1)), person->id()));
      break;
    }
    *response.add_items() = std::move(item);
  }
  return response;
}

}  // namespace

void ListWork(Backend& backend, v1::ListWorkRequest request, v1::Actor actor, Answer<v1::ListWorkResponse> answer) {
  answer(ReadWork(backend, request, std::move(actor)));
}

}  // namespace caseward
