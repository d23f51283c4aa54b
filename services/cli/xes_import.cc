#include "services/cli/xes_import.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"

namespace caseward::cli {
namespace {

// Fills the pipeline, and bounds what memory holds.
constexpr size_t kBatchCommands = 16'384;
constexpr size_t kReadsInFlight = 128;

// The clocks of some cases, asked for all at once.
class ClockReads {
 public:
  explicit ClockReads(Client& client) : client_(client) {}

  void Start(const CaseTally& tally) {
    Read& read = *reads_.emplace_back(std::make_unique<Read>());
    read.request.set_case_id(tally.case_id);
    *read.request.mutable_freshness()->mutable_at_least() = tally.position;
    read.request.mutable_read_mask()->add_paths("clocks");
    client_.Prepare(read.context);
    client_.cases().async()->GetCase(&read.context, &read.request, &read.response, [this, &read](grpc::Status status) {
      const std::lock_guard lock(mutex_);
      read.status = std::move(status);
      ++done_;
      changed_.notify_one();
    });
  }

  // In the order they were started.
  std::vector<absl::StatusOr<v1::GetCaseResponse>> Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ == reads_.size(); });
    std::vector<absl::StatusOr<v1::GetCaseResponse>> answers;
    for (const std::unique_ptr<Read>& read : reads_) {
      if (read->status.ok()) {
        answers.emplace_back(std::move(read->response));
      } else {
        answers.emplace_back(client_.FromGrpc(read->status));
      }
    }
    return answers;
  }

 private:
  struct Read {
    grpc::ClientContext context;
    v1::GetCaseRequest request;
    v1::GetCaseResponse response;
    grpc::Status status;
  };
  Client& client_;
  std::vector<std::unique_ptr<Read>> reads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t done_ = 0;  // guarded by mutex_
};

}  // namespace

void XesImport::Trouble(const std::string& what) {
  if (totals_.first_trouble.empty()) totals_.first_trouble = what;
}

void XesImport::Add(const XesLogHeader& header, const XesTrace& trace) {
  absl::StatusOr<ImportedCase> made = CommandsOfTrace(header, trace, map_, up_to_);
  if (!made.ok()) {
    ++totals_.unreadable;
    return Trouble(std::string(made.status().message()));
  }
  totals_.without_time += made->without_time;
  const uint64_t place = batch_.size();
  CaseTally& tally = batch_.emplace_back();
  tally.reference = made->reference;
  tally.events = made->events;
  for (v1::Command& command : made->commands) {
    const bool last = command.has_finish_import();
    ready_.push_back({.actor = "", .command = std::move(command), .tag = place, .last_of_case = last});
  }
}

void XesImport::Settle(const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer) {
  CaseTally& tally = batch_[asked.tag];
  ++totals_.commands;
  if (!answer.ok()) {
    ++tally.faults;
    return Trouble(std::string(answer.status().message()));
  }
  if (asked.command.has_report_case() && answer->has_accepted()) tally.case_id = answer->stream();
  tally.position = answer->position();
  tally.replayed |= answer->replayed();
  if (answer->has_refusal()) {
    ++tally.refused;
    const v1::Refusal& refusal = answer->refusal();
    Trouble(absl::StrCat(asked.command.command_id(), ": refused by ", refusal.rule(), ": ", refusal.say()));
  }
  for (const std::string& event : answer->accepted().events()) {
    if (event == "historical_fact") ++tally.historical;
  }
}

// A clock that was not stopped is judged by its due time, not by what the wall clock has made of it since.
void XesImport::Judge(const absl::StatusOr<v1::GetCaseResponse>& read, CaseTally& tally) {
  if (!read.ok()) {
    ++tally.faults;
    return Trouble(std::string(read.status().message()));
  }
  for (const v1::ClockState& clock : read->case_().clocks()) {
    const bool open =
        clock.status() == v1::ClockState::STATUS_RUNNING || clock.status() == v1::ClockState::STATUS_BREACHED;
    const bool breached_by_then = clock.has_breached_at() && ToTime(clock.breached_at()) <= up_to_;
    if (clock.status() == v1::ClockState::STATUS_MET || clock.rounds_met() > 0) ++tally.met;
    if (breached_by_then || (open && ToTime(clock.due_exclusive()) <= up_to_)) ++tally.breached;
  }
}

void XesImport::JudgeBatch() {
  for (size_t begin = 0; begin < batch_.size(); begin += kReadsInFlight) {
    const size_t end = std::min(batch_.size(), begin + kReadsInFlight);
    ClockReads reads(session_.client());
    std::vector<CaseTally*> asked;
    for (size_t i = begin; i < end; ++i) {
      if (batch_[i].case_id.empty()) continue;  // its report was not taken
      reads.Start(batch_[i]);
      asked.push_back(&batch_[i]);
    }
    const std::vector<absl::StatusOr<v1::GetCaseResponse>> answers = reads.Wait();
    for (size_t i = 0; i < asked.size(); ++i) {
      Judge(answers[i], *asked[i]);
    }
  }
  for (const CaseTally& tally : batch_) {
    Finish(tally);
  }
  batch_.clear();
}

void XesImport::Finish(const CaseTally& tally) {
  ++totals_.cases;
  totals_.events += tally.events;
  totals_.historical += tally.historical;
  totals_.refused += tally.refused;
  totals_.faults += tally.faults;
  totals_.replayed += tally.replayed ? 1 : 0;
  const std::string_view verdict = tally.verdict();
  ++(verdict == "met" ? totals_.met : verdict == "breached" ? totals_.breached : totals_.running);
  if (!session_.json) return;
  session_.out << "{\"reference\":" << JsonText(tally.reference) << ",\"case_id\":" << JsonText(tally.case_id)
               << ",\"events\":" << tally.events << ",\"verdict\":" << JsonText(verdict)
               << ",\"historical\":" << tally.historical << ",\"refused\":" << tally.refused
               << ",\"faults\":" << tally.faults << "}\n";
}

absl::Status XesImport::Drain(Progress& progress, uint64_t expected_events) {
  uint64_t answered = 0;
  const auto commands = static_cast<double>(std::max<size_t>(ready_.size(), 1));
  double batch_events = 0;
  for (const CaseTally& tally : batch_) {
    batch_events += static_cast<double>(tally.events);
  }
  absl::Status status = conductor_.Run(
      [&]() -> absl::StatusOr<std::optional<Conducted>> {
        if (ready_.empty()) return std::nullopt;
        Conducted next = std::move(ready_.front());
        ready_.pop_front();
        return next;
      },
      [&](const Conducted& asked, const absl::StatusOr<v1::Outcome>& answer) {
        Settle(asked, answer);
        const double events =
            static_cast<double>(totals_.events) + batch_events * static_cast<double>(++answered) / commands;
        progress.UpdateShare(totals_.commands, events / static_cast<double>(std::max<uint64_t>(expected_events, 1)));
      });
  if (status.ok()) JudgeBatch();
  return status;
}

absl::Status XesImport::Run(ByteSource& source, const XesReadOptions& options, uint64_t limit,
                            uint64_t expected_events) {
  Progress progress(session_.err, session_.err_is_terminal, "commands");
  uint64_t read = 0;
  const absl::StatusOr<XesCounts> counts = ReadXes(source, options, [&](const XesLogHeader& header, XesTrace trace) {
    if (limit > 0 && read++ >= limit) return absl::OkStatus();
    Add(header, trace);
    return ready_.size() < kBatchCommands ? absl::OkStatus() : Drain(progress, expected_events);
  });
  if (!counts.ok()) return counts.status();
  totals_.stray = counts->stray_events;
  return Drain(progress, expected_events);
}

}  // namespace caseward::cli
