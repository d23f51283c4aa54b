// ListWork: what is next for a person: the cases they own, the hand-overs that wait for their answer and the closures
// that wait for their signature.
//
//   owner's cases ─┐
//   take/<person> ─┼─▶ in the order of work ─▶ what cannot wait, all of it ─▶ of what can, a few; the rest is counted
//   sign/closure  ─┘        (an index, see case_index.h)
#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/cases/case_lookup.h"
#include "engine/cases/delegation.h"
#include "engine/partition/case_index.h"
#include "engine/partition/reader.h"
#include "services/server/case_lists.h"
#include "services/server/page_token.h"
#include "services/server/work/staff_load.h"
#include "services/server/work/work_item.h"

namespace caseward {
namespace {

// Who the list is for: the caller, or a person as the directory knows them.
absl::StatusOr<v1::Actor> PersonFor(const v1::ListWorkRequest& request, v1::Actor actor, const Directory& directory) {
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

// Whose signatures the person gives: their own, and those of everybody who has delegated closures to them just now.
std::vector<v1::Actor> SignersOf(const v1::Actor& person, const Directory& directory, absl::Time now) {
  std::vector<v1::Actor> signers;
  if (!person.roles().empty()) signers.push_back(person);
  const v1::StaffState* staff = directory.Staff(person.id());
  if (staff == nullptr || staff->left()) {
    return signers;
  }
  for (const v1::DelegationState& delegation : staff->delegations()) {
    const v1::StaffState* delegator = directory.Staff(delegation.from());
    const bool holds = IsFor(delegation, kClosureSubject) && HoldsAt(delegation, now);
    if (!holds || delegator == nullptr || delegator->left()) {
      continue;
    }
    signers.emplace_back().set_id(delegation.from());
    *signers.back().mutable_roles() = delegator->roles();
  }
  return signers;
}

bool IsTooNear(const v1::WaitingState& waiting, const v1::Actor& person) {
  return person.id() == waiting.owner() || person.id() == waiting.proposer();
}

// May this person be the one who signs? The rules say so for certain when the signature comes.
bool MaySign(const v1::WaitingState& waiting, const v1::Actor& person, const std::vector<v1::Actor>& signers,
             const Directory& directory) {
  const CompiledPack* pack = directory.Pack(waiting.pack_id(), waiting.pack_version());
  const CompiledSignOff* sign_off = pack == nullptr ? nullptr : pack->sign_off(kClosureSubject, waiting.case_type());
  if (sign_off == nullptr || IsTooNear(waiting, person)) {
    return false;
  }
  const auto signs = [&](const v1::Actor& signer) {
    return !IsTooNear(waiting, signer) &&
           std::any_of(sign_off->signers.begin(), sign_off->signers.end(), [&](const CompiledSigner& of) {
             return std::any_of(of.source->roles().begin(), of.source->roles().end(),
                                [&](const std::string& role) { return HasRole(signer, role); });
           });
  };
  return std::any_of(signers.begin(), signers.end(), signs);
}

// A case in the list, before anything is said of it.
struct Entry {
  std::string order;  // keys::WorkOrderBytes
  uint32_t partition = 0;
  WorkKind kind = WorkKind::kOwn;
  std::optional<v1::CaseState> state = std::nullopt;  // where it had to be read anyway
};

// Where a page begins, and how much of what can wait the pages before have shown.
struct Place {
  std::string after;
  uint32_t shown = 0;

  std::string Text() const { return StrCat(shown, " ", after); }
  static absl::StatusOr<Place> Parse(const std::string& text) {
    Place place;
    if (text.empty()) {
      return place;
    }
    const size_t space = text.find(' ');
    if (space == std::string::npos || !absl::SimpleAtoi(text.substr(0, space), &place.shown)) {
      return absl::InvalidArgumentError("page_token: expected a place in a list of work");
    }
    place.after = text.substr(space + 1);
    return place;
  }
};

class WorkList {
 public:
  static std::string QuestionOf(const std::string& person, bool all) { return StrCat(person, all ? " all" : ""); }

  WorkList(Backend& backend, const v1::Actor& person, Place place, int page_size, bool all)
      : backend_(backend),
        person_(person),
        place_(std::move(place)),
        page_size_(page_size),
        all_(all),
        directory_(backend.host.directory().Now()),
        view_(backend.state.View()),
        soon_(backend.host.Now().wall + kDueSoon),
        signers_(SignersOf(person, *directory_, backend.host.Now().wall)) {}

  absl::StatusOr<v1::ListWorkResponse> Make() {
    for (uint32_t p = 0; p < backend_.host.partitions(); ++p) {
      const PartitionReader reader(p, *view_);
      absl::Status added = AddOwned(reader, p);
      if (added.ok()) added = AddToAccept(reader, p);
      if (added.ok()) added = AddToSign(reader, p);
      if (!added.ok()) {
        return added;
      }
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.order, a.kind) < std::tie(b.order, b.kind); });
    v1::ListWorkResponse response;
    if (absl::Status filled = Fill(response); !filled.ok()) {
      return filled;
    }
    *response.mutable_load() = StaffLoadOf(*directory_, person_.id());
    return response;
  }

 private:
  absl::Status AddOwned(const PartitionReader& reader, uint32_t partition) {
    auto ids = reader.OwnerCases(person_.id());
    if (!ids.ok()) {
      return ids.status();
    }
    for (const std::string& id : *ids) {
      auto state = reader.GetCase(id);
      if (!state.ok()) {
        return state.status();
      }
      if (!state->has_value()) {
        continue;
      }
      std::string order = keys::WorkOrderBytes(OrderOfWork(**state));
      if (order > place_.after) {
        entries_.push_back({std::move(order), partition, WorkKind::kOwn, **std::move(state)});
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddToAccept(const PartitionReader& reader, uint32_t partition) {
    return reader.ListWaiting(WaitsForTaker(person_.id()), place_.after,
                              [&](std::string_view order, const v1::WaitingState&) {
                                entries_.push_back({std::string(order), partition, WorkKind::kToAccept});
                                return true;
                              });
  }

  absl::Status AddToSign(const PartitionReader& reader, uint32_t partition) {
    if (signers_.empty()) {
      return absl::OkStatus();
    }
    size_t looked_at = 0;
    std::string last;
    return reader.ListWaiting(kWaitsForSignature, place_.after,
                              [&](std::string_view order, const v1::WaitingState& waiting) {
                                if (looked_at++ == backend_.limits.waiting_looked_at_max) {
                                  // What comes after this is not complete here: the page ends with it, and the next one
                                  // goes on.
                                  if (end_.empty() || last < end_) end_ = last;
                                  return false;
                                }
                                last = std::string(order);
                                if (MaySign(waiting, person_, signers_, *directory_))
                                  entries_.push_back({last, partition, WorkKind::kToSign});
                                return true;
                              });
  }

  // The page: what is urgent comes first by its order, so what can wait comes last and its number is kept.
  absl::Status Fill(v1::ListWorkResponse& response) {
    std::string last = place_.after;
    uint32_t shown = place_.shown;
    for (Entry& entry : entries_) {
      if (!end_.empty() && entry.order > end_) {
        break;
      }
      const keys::WorkOrder order = *keys::ParseWorkOrder(entry.order);
      const bool urgent = order.first || order.due < soon_;
      if (!urgent && !all_ && shown >= backend_.limits.reminders_max) {
        Batch(order, response);
        continue;
      }
      // Two lines of one case stand on one page, so that a place in the list is a place between cases.
      if (response.items_size() >= page_size_ && entry.order != last) {
        response.set_next_page_token(MakePageToken(Place{last, shown}.Text(), Question()));
        response.clear_batched();
        response.clear_batched_due();
        return absl::OkStatus();
      }
      if (absl::Status added = Add(entry, order, urgent, response); !added.ok()) {
        return added;
      }
      last = entry.order;
      if (!urgent) ++shown;
    }
    const bool more_to_show = !end_.empty() && (all_ || shown < backend_.limits.reminders_max);
    if (more_to_show) {
      response.set_next_page_token(MakePageToken(Place{end_, shown}.Text(), Question()));
    }
    return absl::OkStatus();
  }

  void Batch(const keys::WorkOrder& order, v1::ListWorkResponse& response) const {
    if (response.batched() == 0 && order.due < absl::InfiniteFuture()) {
      SetTimestamp(order.due, response.mutable_batched_due());
    }
    response.set_batched(response.batched() + 1);
  }

  absl::Status Add(Entry& entry, const keys::WorkOrder& order, bool urgent, v1::ListWorkResponse& response) const {
    const PartitionReader reader(entry.partition, *view_);
    if (!entry.state) {
      auto state = reader.GetCase(order.case_id);
      if (!state.ok()) {
        return state.status();
      }
      entry.state = *std::move(state);
    }
    if (!entry.state) {
      return absl::DataLossError(StrCat("partition ", entry.partition, ": ", order.case_id, " waits and is not there"));
    }
    auto item = DescribeWork(backend_, *directory_, reader, {*entry.state, entry.kind, person_});
    if (!item.ok()) {
      return item.status();
    }
    item->set_urgent(urgent);
    *response.add_items() = *std::move(item);
    return absl::OkStatus();
  }

  std::string Question() const { return QuestionOf(person_.id(), all_); }

  Backend& backend_;
  const v1::Actor& person_;
  const Place place_;
  const int page_size_;
  const bool all_;
  const std::shared_ptr<const Directory> directory_;
  const std::unique_ptr<StateReader> view_;
  const absl::Time soon_;
  const std::vector<v1::Actor> signers_;
  std::vector<Entry> entries_;
  std::string end_;  // empty: everything was looked at
};

absl::StatusOr<v1::ListWorkResponse> ReadWork(Backend& backend, const v1::ListWorkRequest& request, v1::Actor actor) {
  auto person = PersonFor(request, std::move(actor), *backend.host.directory().Now());
  auto size = PageSize(request.page_size(), backend.limits.page_size_default, backend.limits.page_size_max);
  if (!person.ok() || !size.ok()) {
    return person.ok() ? size.status() : person.status();
  }
  auto token = ReadPageToken(request.page_token(), WorkList::QuestionOf(person->id(), request.all()));
  if (!token.ok()) {
    return token.status();
  }
  auto place = Place::Parse(*token);
  if (!place.ok()) {
    return place.status();
  }
  return WorkList(backend, *person, *std::move(place), *size, request.all()).Make();
}

}  // namespace

void ListWork(Backend& backend, v1::ListWorkRequest request, v1::Actor actor, Answer<v1::ListWorkResponse> answer) {
  if (absl::Status may = CheckNotPartner(actor); !may.ok()) {
    answer(may);
    return;
  }
  answer(ReadWork(backend, request, std::move(actor)));
}

}  // namespace caseward
