#include "services/cli/report_data.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/clock_id.h"
#include "engine/base/time.h"
#include "services/cli/client.h"
#include "services/cli/log_reading.h"
#include "services/cli/progress.h"
#include "services/cli/text.h"

namespace caseward::cli {
namespace {

class Gathering {
 public:
  Gathering(Session& session, ReportData& data) : session_(session), client_(session.client()), data_(data) {}

  absl::Status Books() {
    if (absl::Status s =
            client_.Call(&v1::AdminService::Stub::GetStatus, client_.admin(), v1::GetStatusRequest(), &data_.status);
        !s.ok()) {
      return s;
    }
    absl::StatusOr<v1::GetDigestResponse> digests = GetDigests(session_);
    if (!digests.ok()) return digests.status();
    data_.digests = *std::move(digests);
    for (const v1::PartitionDigest& one : data_.digests.partitions())
      data_.records += one.tree_size();
    return absl::OkStatus();
  }

  // Every record once: refusals and what became of clocks.
  absl::Status Log() {
    Progress progress(session_.err, session_.err_is_terminal, "records");
    uint64_t done = 0;
    for (const v1::PartitionDigest& one : data_.digests.partitions()) {
      const absl::Status s = ReadLog(session_, one.position().partition(), 0, false,
                                     [&](uint64_t, const std::string&, const v1::Decision& decision) {
                                       if (decision.has_refusal()) Refused(decision.refusal(), false);
                                       for (const v1::Event& event : decision.accepted().events())
                                         See(event);
                                       progress.Update(++done, data_.records);
                                       return absl::OkStatus();
                                     });
      if (!s.ok()) return s;
    }
    for (auto& [rule, line] : refusals_)
      data_.refusals.push_back(std::move(line));
    std::sort(data_.refusals.begin(), data_.refusals.end(), [](const RefusalLine& a, const RefusalLine& b) {
      return std::pair(b.times, a.rule) < std::pair(a.times, b.rule);
    });
    return absl::OkStatus();
  }

  absl::Status Cases() {
    v1::ListCasesRequest request;
    request.set_page_size(1000);
    do {
      v1::ListCasesResponse page;
      if (absl::Status s = client_.Call(&v1::CaseService::Stub::ListCases, client_.cases(), request, &page); !s.ok())
        return s;
      for (v1::CaseState& state : *page.mutable_cases())
        Count(state);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    for (auto& [clock, line] : clocks_) {
      line.clock = clock;
      data_.clocks.push_back(line);
    }
    return absl::OkStatus();
  }

  absl::Status Blocked() {
    for (auto& [due, state] : urgent_) {
      BlockedCase blocked{.state = std::move(state), .explanation = {}};
      if (absl::Status s = Explain(blocked.state.case_id(), blocked.explanation); !s.ok()) return s;
      data_.blocked.push_back(std::move(blocked));
    }
    return absl::OkStatus();
  }

  absl::Status Told(const std::vector<std::string>& tell) {
    for (const std::string& name : tell) {
      ToldCase told;
      v1::GetCaseRequest get;
      get.set_case_id(name);
      v1::GetCaseResponse got;
      if (absl::Status s = client_.Call(&v1::CaseService::Stub::GetCase, client_.cases(), get, &got); !s.ok()) return s;
      told.state = std::move(*got.mutable_case_());
      v1::GetTimelineRequest request;
      request.set_case_id(told.state.case_id());
      do {
        v1::GetTimelineResponse page;
        if (absl::Status s = client_.Call(&v1::CaseService::Stub::GetTimeline, client_.cases(), request, &page);
            !s.ok())
          return s;
        for (v1::Decision& decision : *page.mutable_decisions())
          told.decisions.push_back(std::move(decision));
        request.set_page_token(page.next_page_token());
      } while (!request.page_token().empty());
      if (absl::Status s = Explain(told.state.case_id(), told.explanation); !s.ok()) return s;
      data_.told.push_back(std::move(told));
    }
    return absl::OkStatus();
  }

 private:
  void Refused(const v1::Refusal& refusal, bool historical) {
    RefusalLine& line = refusals_[refusal.rule()];
    line.rule = refusal.rule();
    line.clause = refusal.clause();
    line.say = refusal.say();
    line.unblock = refusal.unblock();
    ++line.times;
    if (historical) ++line.historical;
  }

  ClockLine& LineOf(const std::string& clock) { return clocks_[std::string(ClockDefinitionOf(clock))]; }

  void See(const v1::Event& event) {
    data_.picture.See(event);
    if (event.has_historical_fact()) Refused(event.historical_fact().refusal(), true);
    if (event.has_clock_started()) ++LineOf(event.clock_started().clock()).started;
    if (event.has_clock_met()) ++LineOf(event.clock_met().clock()).met;
    if (event.has_clock_met_late()) ++LineOf(event.clock_met_late().clock()).met_late;
    if (event.has_clock_warned()) ++LineOf(event.clock_warned().clock()).warned;
    if (event.has_clock_breached()) ++LineOf(event.clock_breached().clock()).breached;
    if (event.has_clock_ceased()) ++LineOf(event.clock_ceased().clock()).ceased;
  }

  void Count(v1::CaseState& state) {
    ++data_.cases;
    data_.picture.Count(state);
    ++data_.cases_by_type_and_phase[state.case_type()][Name(state.phase())];
    std::optional<absl::Time> next;
    for (const v1::ClockState& clock : state.clocks()) {
      const bool running = clock.status() == v1::ClockState::STATUS_RUNNING;
      if (running) ++LineOf(clock.clock()).running;
      if (clock.status() == v1::ClockState::STATUS_PAUSED) ++LineOf(clock.clock()).paused;
      if (!running && clock.status() != v1::ClockState::STATUS_BREACHED) continue;
      next = std::min(next.value_or(absl::InfiniteFuture()), ToTime(clock.due_exclusive()));
    }
    const bool open =
        state.phase() == v1::PHASE_OPEN || state.phase() == v1::PHASE_CLOSING || state.phase() == v1::PHASE_REPORTED;
    if (!open || !next.has_value()) return;
    urgent_.emplace(*next, std::move(state));
    if (urgent_.size() > kBlockedShownMax) urgent_.erase(urgent_.begin());  // the newest say most about now
  }

  absl::Status Explain(const std::string& case_id, v1::CaseExplanation& explanation) {
    v1::ExplainCaseRequest request;
    request.set_case_id(case_id);
    v1::ExplainCaseResponse response;
    absl::Status s = client_.Call(&v1::CaseService::Stub::ExplainCase, client_.cases(), request, &response);
    if (s.ok()) explanation = std::move(*response.mutable_explanation());
    return s;
  }

  Session& session_;
  Client& client_;
  ReportData& data_;
  std::map<std::string, RefusalLine> refusals_;
  std::map<std::string, ClockLine> clocks_;
  std::multimap<absl::Time, v1::CaseState> urgent_;
};

}  // namespace

absl::StatusOr<ReportData> GatherReport(Session& session, const std::vector<std::string>& tell) {
  ReportData data;
  Gathering gathering(session, data);
  if (absl::Status s = gathering.Books(); !s.ok()) return s;
  if (absl::Status s = gathering.Log(); !s.ok()) return s;
  if (absl::Status s = gathering.Cases(); !s.ok()) return s;
  if (absl::Status s = gathering.Blocked(); !s.ok()) return s;
  if (absl::Status s = gathering.Told(tell); !s.ok()) return s;
  return data;
}

}  // namespace caseward::cli
