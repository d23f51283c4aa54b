#include "services/server/case_lists.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/partition/reader.h"
#include "services/server/case_reads.h"
#include "services/server/page_token.h"
#include "services/server/read_mask.h"

namespace caseward {
namespace {

// The page a request asks for.
struct Page {
  std::string question;
  std::string place;  // the last item of the page before; empty: the first page
  int size = 0;
};

template <typename Request>
absl::StatusOr<Page> PageOf(const Backend& backend, Request request) {
  const std::string token = request.page_token();
  auto size = PageSize(request.page_size(), backend.limits.page_size_default, backend.limits.page_size_max);
  request.clear_page_size();
  request.clear_page_token();
  Page page;
  page.question = request.SerializeAsString();
  auto place = ReadPageToken(token, page.question);
  if (!size.ok() || !place.ok()) {
    return size.ok() ? place.status() : size.status();
  }
  page.size = *size;
  page.place = *std::move(place);
  return page;
}

bool Fits(const v1::ListCasesRequest& request, const v1::CaseState& state) {
  const auto fits = [](const std::string& wanted, const std::string& found) {
    return wanted.empty() || wanted == found;
  };
  const bool phase = request.phases().empty() || std::find(request.phases().begin(), request.phases().end(),
                                                           state.phase()) != request.phases().end();
  return phase && fits(request.case_type(), state.case_type()) && fits(request.owner(), state.owner()) &&
         fits(request.region(), state.region()) && fits(request.main_resident_id(), state.main_resident_id()) &&
         (request.priority() == v1::PRIORITY_UNSPECIFIED || request.priority() == state.priority());
}

// Case ids begin with their partition, so partition by partition is the order of ids.
absl::StatusOr<v1::ListCasesResponse> ReadCases(Backend& backend, const v1::ListCasesRequest& request,
                                                const Page& page) {
  const std::unique_ptr<StateReader> view = backend.state.View();
  v1::ListCasesResponse response;
  std::string last = page.place;
  size_t looked_at = 0;
  uint32_t first = 0;
  if (!last.empty()) {
    auto id = CaseId::Parse(last);
    if (!id.ok()) {
      return id.status();
    }
    first = id->partition();
  }
  bool full = false;
  for (uint32_t p = first; p < backend.host.partitions() && !full; ++p) {
    const std::string start = p == first && !last.empty() ? last + std::string(1, '\0') : "";
    absl::Status listed = PartitionReader(p, *view).ListCases(start, [&](v1::CaseState&& state) {
      full = response.cases_size() == page.size || looked_at == kCasesLookedAtMax;
      if (full) {
        return false;
      }
      ++looked_at;
      last = state.case_id();
      if (Fits(request, state)) {
        ApplyMask(request.read_mask(), state);
        *response.add_cases() = std::move(state);
      }
      return true;
    });
    if (!listed.ok()) {
      return listed;
    }
  }
  if (full) {
    response.set_next_page_token(MakePageToken(last, page.question));
  }
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    auto position = PositionOf(p, *view);
    if (!position.ok()) {
      return position.status();
    }
    *response.add_positions() = *std::move(position);
  }
  return response;
}

// ------------------------------------------------------------------------------------------------ due

// The order of timers over all partitions, and a place in it: their key without the partition.
std::string OrderOf(const keys::Timer& timer) { return keys::TimerKey(0, timer); }

absl::StatusOr<std::vector<keys::Timer>> SoonestTimers(Backend& backend, const StateReader& view, absl::Time before,
                                                       const Page& page) {
  const std::optional<keys::Timer> start = page.place.empty() ? std::nullopt : keys::ParseTimer(page.place);
  if (!page.place.empty() && !start) {
    return absl::InvalidArgumentError("page_token: expected a place in a list of clocks");
  }
  std::vector<keys::Timer> timers;
  for (uint32_t p = 0; p < backend.host.partitions(); ++p) {
    int found = 0;
    absl::Status listed = PartitionReader(p, view).ListTimers(before, start, [&](const keys::Timer& timer) {
      timers.push_back(timer);
      return ++found <= page.size;  // one more than a page tells whether there is a next one
    });
    if (!listed.ok()) {
      return listed;
    }
  }
  std::sort(timers.begin(), timers.end(),
            [](const keys::Timer& a, const keys::Timer& b) { return OrderOf(a) < OrderOf(b); });
  return timers;
}

absl::StatusOr<v1::ListDueResponse> ReadDue(Backend& backend, const v1::ListDueRequest& request, const Page& page) {
  const absl::Time before = request.has_before() ? ToTime(request.before()) : absl::InfiniteFuture();
  const std::unique_ptr<StateReader> view = backend.state.View();
  auto timers = SoonestTimers(backend, *view, before, page);
  if (!timers.ok()) {
    return timers.status();
  }
  v1::ListDueResponse response;
  for (const keys::Timer& timer : *timers) {
    if (response.clocks_size() == page.size) {
      break;
    }
    v1::DueClock& due = *response.add_clocks();
    due.set_case_id(timer.case_id);
    due.set_clock(timer.clock);
    due.set_warning(timer.edge == v1::FireClock::EDGE_WARN);
    SetTimestamp(timer.due, due.mutable_due_exclusive());
    if (auto id = CaseId::Parse(timer.case_id); id.ok()) {
      auto state = PartitionReader(id->partition(), *view).GetCase(timer.case_id);
      if (!state.ok()) {
        return state.status();
      }
      if (state->has_value()) {
        due.set_priority((*state)->priority());
        due.set_owner((*state)->owner());
        due.set_case_type((*state)->case_type());
      }
    }
  }
  const size_t sent = static_cast<size_t>(response.clocks_size());
  if (timers->size() > sent && sent > 0) {
    response.set_next_page_token(MakePageToken(OrderOf((*timers)[sent - 1]), page.question));
  }
  return response;
}

}  // namespace

void ListCases(Backend& backend, v1::ListCasesRequest request, v1::Actor actor, Answer<v1::ListCasesResponse> answer) {
  absl::Status may = CheckNotPartner(actor);
  may.Update(CheckMask(request.read_mask(), *v1::CaseState::descriptor()));
  if (!may.ok()) {
    answer(may);
    return;
  }
  auto page = PageOf(backend, request);
  answer(page.ok() ? ReadCases(backend, request, *page) : page.status());
}

void ListDue(Backend& backend, v1::ListDueRequest request, v1::Actor actor, Answer<v1::ListDueResponse> answer) {
  if (absl::Status may = CheckNotPartner(actor); !may.ok()) {
    answer(may);
    return;
  }
  auto page = PageOf(backend, request);
  answer(page.ok() ? ReadDue(backend, request, *page) : page.status());
}

}  // namespace caseward
