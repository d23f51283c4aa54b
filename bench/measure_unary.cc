#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "bench/bare.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"
#include "bench/six_commands.h"

namespace caseward::bench {
namespace {

struct Call {
  grpc::ClientContext context;
  v1::SubmitRequest request;
  v1::SubmitResponse response;
};

void Begin(v1::CaseService::Stub& stub, v1::Command command, const char* actor,
           std::function<void(bool, const v1::Outcome&)> done) {
  auto* call = new Call;
  call->context.AddMetadata("caseward-actor", actor);
  *call->request.mutable_command() = std::move(command);
  stub.async()->Submit(&call->context, &call->request, &call->response,
                       [call, done = std::move(done)](const grpc::Status& status) {
                         const bool ok = status.ok() && call->response.outcome().has_accepted();
                         if (!ok) {
                           static std::atomic<int> said{0};
                           if (said.fetch_add(1) < 3) {
                             std::fprintf(stderr, "bench: %s %s\n", status.error_message().c_str(),
                                          call->response.outcome().ShortDebugString().c_str());
                           }
                         }
                         done(ok, call->response.outcome());
                         delete call;
                       });
}

// Each caller plays one case after another, one command at a time.
CallsResult RunCases(NodeUnderTest& node, const std::string& run, size_t callers, const Settings& settings) {
  struct Caller {
    uint64_t number = 0;
    int step = 0;
    std::string case_id;
  };
  std::vector<Caller> all(callers);
  for (size_t i = 0; i < callers; ++i)
    all[i].number = i;
  return RunCallers(callers, settings.warm_up, settings.each, [&](size_t i, std::function<void(bool)> done) {
    Caller& caller = all[i];
    Begin(node.stub(), CommandOf(run, caller.number, caller.step, caller.case_id), ActorOf(caller.step),
          [&caller, callers, done = std::move(done)](bool ok, const v1::Outcome& outcome) {
            if (caller.step == 0) caller.case_id = outcome.stream();
            if (!ok || ++caller.step == kCommandsOfACase) {
              caller.step = 0;
              caller.number += callers;
            }
            done(ok);
          });
  });
}

// Commands of one event: contact attempts, each caller on a case of its own.
CallsResult RunAttempts(NodeUnderTest& node, const std::string& run, size_t callers, const Settings& settings) {
  std::vector<std::string> cases(callers);
  for (size_t i = 0; i < callers; ++i) {
    auto outcome = SubmitOne(node.stub(), CommandOf(run, i, 0, ""), kManager);
    if (outcome.ok()) cases[i] = outcome->stream();
  }
  std::vector<uint64_t> next(callers, 0);
  return RunCallers(callers, settings.warm_up, settings.each, [&](size_t i, std::function<void(bool)> done) {
    v1::Command command;
    command.set_command_id(absl::StrCat(run, "-a-", i, "-", next[i]++));
    command.set_case_id(cases[i]);
    command.set_channel("phone");
    command.mutable_record_contact()->set_with(v1::RecordContact::WITH_REPORTER);
    command.mutable_record_contact()->set_outcome(v1::RecordContact::OUTCOME_NO_ANSWER);
    Begin(node.stub(), std::move(command), kManager,
          [done = std::move(done)](bool ok, const v1::Outcome&) { done(ok); });
  });
}

}  // namespace

absl::Status MeasureUnary(const Settings& settings, Report& report) {
  auto node = NodeUnderTest::Start(settings.folder + "/unary");
  if (!node.ok()) return node.status();
  for (const size_t callers : {size_t{64}, size_t{256}}) {
    const CallsResult echo = BareEcho().Run(callers, settings.warm_up, settings.each);
    const CallsResult cases = RunCases(**node, absl::StrCat("cases", callers), callers, settings);
    if (cases.failed > 0) return absl::InternalError(absl::StrCat(cases.failed, " commands of the case failed"));
    report.AtLeast(absl::StrCat("six-command case, unary, ", callers, " callers"), cases.per_second, "commands/s",
                   "bare echo", echo.per_second, 0.35);
    report.Add(absl::StrCat("  p50, ", callers, " callers"), cases.p50_us, "us");
    report.Add(absl::StrCat("  p99, ", callers, " callers"), cases.p99_us, "us");
    const CallsResult attempts = RunAttempts(**node, absl::StrCat("attempts", callers), callers, settings);
    if (attempts.failed > 0) return absl::InternalError(absl::StrCat(attempts.failed, " one-event commands failed"));
    report.AtLeast(absl::StrCat("one-event commands, unary, ", callers, " callers"), attempts.per_second, "commands/s",
                   "bare echo", echo.per_second, 0.5);
  }
  const CallsResult echo = BareEcho().Run(1, settings.warm_up, settings.each);
  const double write = SyncedWriteMicros(settings.folder + "/synced", 600, settings.smoke ? 50 : 2000);
  const CallsResult lone = RunAttempts(**node, "lone", 1, settings);
  report.Add("bare echo, lone p50", echo.p50_us, "us");
  report.Add("bare synced write, p50", write, "us");
  report.AtMost("lone command, p50", lone.p50_us, "us", "echo + 1.5 synced writes", echo.p50_us + 1.5 * write, 1.0);
  std::printf("where the time goes, a command: %s\n", (*node)->Hops().c_str());
  return absl::OkStatus();
}

}  // namespace caseward::bench
