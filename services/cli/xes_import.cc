#include "services/cli/xes_import.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/time.h"
#include "services/cli/client.h"
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
  if (trace.events_before == 0) leave_out_ = false;
  if (leave_out_) return;
  absl::StatusOr<ImportedCase> made = importer_.Take(header, trace);
  if (!made.ok()) {
    ++totals_.unreadable;
    leave_out_ = true;
    if (trace.events_before > 0) batch_.back().ended = true;
    return Trouble(std::string(made.status().message()));
  }
  totals_.without_time += made->without_time;
  totals_.out_of_order += made->out_of_order;
  if (made->begins) batch_.emplace_back().reference = made->reference;
  const uint64_t place = batch_.size() - 1;
  CaseTally& tally = batch_.back();
  tally.events += made->events;
  tally.ended = made->ends;
  for (v1::Command& command : made->commands) {
    const bool last = command.has_finish_import();
    // What an earlier batch opened is known by its id; a new conductor's run knows nothing of "@".
    if (!made->begins && !tally.case_id.empty()) command.set_case_id(tally.case_id);
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
    if (event == "handover_accepted") ++tally.hand_overs;
    if (event == "clock_paused" && asked.command.has_pause_clock()) ++tally.pauses;
  }
}

// A round that is still open is judged by its due time, not by what the wall clock has made of it since.
ClockTally XesImport::JudgeClock(const v1::ClockState& clock) const {
  ClockTally rounds{.met = clock.rounds_met(), .breached = clock.rounds_breached()};
  const bool running = clock.status() == v1::ClockState::STATUS_RUNNING;
  const bool fired_since =
      clock.status() == v1::ClockState::STATUS_BREACHED && ToTime(clock.breached_at()) > up_to_ && rounds.breached > 0;
  if (fired_since) --rounds.breached;
  if (running && ToTime(clock.due_exclusive()) <= up_to_) ++rounds.breached;
  return rounds;
}

void XesImport::Judge(const absl::StatusOr<v1::GetCaseResponse>& read, CaseTally& tally) {
  if (!read.ok()) {
    ++tally.faults;
    return Trouble(std::string(read.status().message()));
  }
  for (const v1::ClockState& clock : read->case_().clocks()) {
    const ClockTally rounds = JudgeClock(clock);
    tally.clocks[clock.clock()] = rounds;
    if (rounds.met > 0) ++tally.met;
    if (rounds.breached > 0) ++tally.breached;
  }
}

void XesImport::JudgeBatch() {
  for (size_t begin = 0; begin < batch_.size(); begin += kReadsInFlight) {
    const size_t end = std::min(batch_.size(), begin + kReadsInFlight);
    ClockReads reads(session_.client());
    std::vector<CaseTally*> asked;
    for (size_t i = begin; i < end; ++i) {
      if (batch_[i].case_id.empty()) continue;  // its report was not taken
      if (!batch_[i].ended) continue;           // it goes on in the next batch
      reads.Start(batch_[i]);
      asked.push_back(&batch_[i]);
    }
    const std::vector<absl::StatusOr<v1::GetCaseResponse>> answers = reads.Wait();
    for (size_t i = 0; i < asked.size(); ++i) {
      Judge(answers[i], *asked[i]);
    }
  }
  std::vector<CaseTally> unfinished;  // at most one: the trace that is being read
  for (CaseTally& tally : batch_) {
    if (tally.ended) {
      Finish(tally);
    } else {
      unfinished.push_back(std::move(tally));
    }
  }
  batch_ = std::move(unfinished);
}

void XesImport::Finish(const CaseTally& tally) {
  ++totals_.cases;
  totals_.events += tally.events;
  totals_.historical += tally.historical;
  totals_.refused += tally.refused;
  totals_.faults += tally.faults;
  totals_.hand_overs += tally.hand_overs;
  totals_.pauses += tally.pauses;
  totals_.replayed += tally.replayed ? 1 : 0;
  const std::string_view verdict = tally.verdict();
  ++(verdict == "met" ? totals_.met : verdict == "breached" ? totals_.breached : totals_.running);
  if (!session_.json) return;
  session_.out << "{\"reference\":" << JsonText(tally.reference) << ",\"case_id\":" << JsonText(tally.case_id)
               << ",\"events\":" << tally.events << ",\"verdict\":" << JsonText(verdict)
               << ",\"historical\":" << tally.historical << ",\"refused\":" << tally.refused
               << ",\"faults\":" << tally.faults << ",\"hand_overs\":" << tally.hand_overs
               << ",\"pauses\":" << tally.pauses << ",\"clocks\":{";
  const char* comma = "";
  for (const auto& [clock, rounds] : tally.clocks) {
    session_.out << comma << JsonText(clock) << ":{\"met\":" << rounds.met << ",\"breached\":" << rounds.breached
                 << "}";
    comma = ",";
  }
  session_.out << "}}\n";
}

absl::Status XesImport::Drain(Progress& progress, uint64_t expected_events) {
  uint64_t answered = 0;
  const auto commands = static_cast<double>(std::max<size_t>(ready_.size(), 1));
  double batch_events = 0;
  for (const CaseTally& tally : batch_) {
    batch_events += static_cast<double>(tally.events);
  }
  // One for each batch: a conductor's run leaves the end of its streams behind, which is nothing a second run may see.
  Conductor conductor(session_.client());
  absl::Status status = conductor.Run(
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
    if (trace.events_before == 0) ++read;
    if (limit > 0 && read > limit) return absl::OkStatus();
    Add(header, trace);
    return ready_.size() < kBatchCommands ? absl::OkStatus() : Drain(progress, expected_events);
  });
  if (!counts.ok()) return counts.status();
  totals_.stray = counts->stray_events;
  return Drain(progress, expected_events);
}

}  // namespace caseward::cli
