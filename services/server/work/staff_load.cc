#include "services/server/work/staff_load.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/partition/reader.h"
#include "services/server/page_token.h"

namespace caseward {
namespace {

// The tier from which on somebody leads others; 1 is the front line.
constexpr uint32_t kLeadsFromTier = 2;

bool MaySeeAll(const v1::Actor& actor, const Directory& directory) {
  if (HasRole(actor, kSystemAdmin) || HasRole(actor, kPolicyAdmin)) {
    return true;
  }
  return std::any_of(directory.packs().begin(), directory.packs().end(), [&](const auto& pack) {
    const CompiledPack* newest = pack.second.back().pack.get();
    return newest != nullptr && newest->HighestTier(actor.roles()) >= kLeadsFromTier;
  });
}

// Everybody who is registered and works here, or carries something.
std::set<std::string> PeopleIn(const Directory& directory) {
  std::set<std::string> people;
  for (const v1::StaffState* staff : directory.AllStaff()) {
    if (!staff->left()) people.insert(staff->staff_id());
  }
  for (const v1::CaseloadState* caseload : directory.AllCaseloads()) {
    if (caseload->cases() > 0) people.insert(caseload->staff_id());
  }
  return people;
}

absl::Status AddCases(const Backend& backend, const StateReader& view, v1::StaffLoad& load) {
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    const PartitionReader reader(p, view);
    auto ids = reader.OwnerCases(load.staff_id());
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
      load.set_open_cases(load.open_cases() + 1);
      const auto breached =
          std::count_if((*state)->clocks().begin(), (*state)->clocks().end(),
                        [](const v1::ClockState& clock) { return clock.status() == v1::ClockState::STATUS_BREACHED; });
      load.set_breached_clocks(load.breached_clocks() + static_cast<uint32_t>(breached));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ListCaseloadsResponse> ReadCaseloads(const Backend& backend, const v1::ListCaseloadsRequest& request,
                                                        const v1::Actor& actor) {
  const std::string question = StrCat("caseloads of ", actor.id());
  auto size = PageSize(request.page_size(), backend.limits.page_size_default, backend.limits.page_size_max);
  auto place = ReadPageToken(request.page_token(), question);
  if (!size.ok() || !place.ok()) {
    return size.ok() ? place.status() : size.status();
  }
  const std::shared_ptr<const Directory> directory = backend.host.directory().Now();
  const std::unique_ptr<StateReader> view = backend.state.View();
  const std::set<std::string> people =
      MaySeeAll(actor, *directory) ? PeopleIn(*directory) : std::set<std::string>{PersonOf(actor)};
  v1::ListCaseloadsResponse response;
  for (auto person = people.upper_bound(*place); person != people.end(); ++person) {
    if (response.loads_size() == *size) {
      response.set_next_page_token(MakePageToken(response.loads(*size - 1).staff_id(), question));
      break;
    }
    v1::StaffLoad& load = *response.add_loads();
    load = StaffLoadOf(*directory, *person);
    if (absl::Status added = AddCases(backend, *view, load); !added.ok()) {
      return added;
    }
  }
  return response;
}

}  // namespace

v1::StaffLoad StaffLoadOf(const Directory& directory, std::string_view person) {
  const Load carried = directory.LoadOf(person);
  v1::StaffLoad load;
  load.set_staff_id(std::string(person));
  if (const v1::StaffState* staff = directory.Staff(person)) load.set_region(staff->region());
  load.set_load(carried.load);
  load.set_cap(carried.cap);
  load.set_above_cap(carried.IsAboveWith(0));
  return load;
}

void ListCaseloads(Backend& backend, v1::ListCaseloadsRequest request, v1::Actor actor,
                   Answer<v1::ListCaseloadsResponse> answer) {
  if (absl::Status may = CheckNotPartner(actor); !may.ok()) {
    answer(may);
    return;
  }
  answer(ReadCaseloads(backend, request, actor));
}

}  // namespace caseward
