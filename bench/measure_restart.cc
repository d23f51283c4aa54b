// The program on a full house: how soon it answers when it is started, after a stop and after it was killed, and how
// much memory it takes while commands run. It is a process of its own, so the memory is the node's alone.
#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/fill_house.h"
#include "bench/house.h"
#include "bench/machine.h"
#include "bench/measure.h"
#include "bench/node_program.h"
#include "bench/play_paced.h"

namespace caseward::bench {
namespace {

constexpr double kGiBOfMiB = 1024;
// State reaches the disk at least every half minute, so after so long a crash costs the longest replay.
constexpr absl::Duration kBeforeTheKill = absl::Seconds(30);

class Program {
 public:
  Program(const Settings& settings, const House& house, std::string data, Report& report)
      : settings_(settings), house_(house), data_(std::move(data)), report_(report) {}

  // Starts it, and asks for a case and then for a command until both are answered.
  absl::Status StartAndAsk(const std::string& after) {
    const absl::Time began = absl::Now();
    auto started =
        NodeProgram::Start({settings_.program, "serve", "--json", "--listen", "127.0.0.1:0", "--data", data_},
                           settings_.folder + "/serve");
    if (!started.ok()) return started.status();
    node_ = *std::move(started);
    grpc::ClientContext context;
    context.AddMetadata("caseward-actor", House::kDesk);
    v1::GetCaseRequest request;
    request.set_case_id(house_.CaseId(house_.cases() / 2));
    v1::GetCaseResponse response;
    grpc::Status status = node_->cases().GetCase(&context, request, &response);
    if (!status.ok()) return absl::UnknownError(status.error_message());
    const double answered = absl::ToDoubleSeconds(absl::Now() - began);
    DayAtTheDesk day(house_, NextName(), 3);
    auto outcome = SubmitOne(node_->cases(), day.Next().command, House::kDesk);
    if (!outcome.ok()) return outcome.status();
    report_.AtMost(absl::StrCat("restart after ", after, ", to the first answer"), answered, "s", "5 s", 5, 1.0);
    report_.Add("  to the first command acknowledged", absl::ToDoubleSeconds(absl::Now() - began), "s");
    return absl::OkStatus();
  }

  // Commands at their pace, while memory is looked at.
  absl::Status Run(absl::Duration span) {
    DayAtTheDesk day(house_, NextName(), 4);
    const absl::Time began = absl::Now();
    std::vector<double> resident;
    const absl::Duration every = span / 120;
    const auto go_on = [&](absl::Time due) {
      if (due >= began + every * static_cast<int64_t>(resident.size() + 1)) {
        resident.push_back(ResidentMiB(node_->pid()));
      }
      return due < began + span;
    };
    const CallsResult sent = CountPaced(SendPaced(
                                            node_->cases(), settings_.pace, [&] { return day.Next(); }, go_on),
                                        began, began + span);
    if (sent.failed > 0) return absl::InternalError(absl::StrCat(sent.failed, " commands of the day failed"));
    report_.AtMost(absl::StrCat("memory of the program, ", house_.cases(), " cases, the most"),
                   PeakResidentMiB(node_->pid()), "MiB", "2 GiB", 2 * kGiBOfMiB, 1.0);
    if (settings_.soak > absl::ZeroDuration()) ReportGrowth(resident, span);
    return absl::OkStatus();
  }

  void Stop() { node_->Stop(); }
  void Kill() { node_->Kill(); }

 private:
  std::string NextName() { return absl::StrCat("restart-", absl::ToUnixMillis(absl::Now())); }

  // Caches fill in the first half; after that nothing is to grow.
  void ReportGrowth(const std::vector<double>& resident, absl::Duration span) {
    const size_t quarter = resident.size() / 4;
    const auto mean = [&](size_t from) {
      double sum = 0;
      for (size_t i = from; i < from + quarter; ++i)
        sum += resident[i];
      return sum / static_cast<double>(std::max<size_t>(1, quarter));
    };
    report_.AtMost(absl::StrCat("memory, last quarter of ", absl::ToInt64Seconds(span), " s"), mean(3 * quarter), "MiB",
                   "third quarter", mean(2 * quarter), 1.05);
  }

  const Settings& settings_;
  const House& house_;
  const std::string data_;
  Report& report_;
  std::unique_ptr<NodeProgram> node_;
};

}  // namespace

absl::Status MeasureRestart(const Settings& settings, Report& report) {
  const House house(settings.scale_cases, kHousePartitions);
  auto data = FillHouse(settings, house, report);
  if (!data.ok() || !data->has_value()) return data.status();
  Program program(settings, house, **data, report);
  if (absl::Status s = program.StartAndAsk("a stop"); !s.ok()) return s;
  program.Stop();
  ForgetCached(**data);
  if (absl::Status s = program.StartAndAsk("a stop, nothing cached"); !s.ok()) return s;
  const absl::Duration run = settings.smoke ? settings.each : std::max(kBeforeTheKill, settings.soak);
  if (absl::Status s = program.Run(run); !s.ok()) return s;
  program.Kill();
  if (absl::Status s = program.StartAndAsk("a kill"); !s.ok()) return s;
  program.Stop();
  return absl::OkStatus();
}

}  // namespace caseward::bench
