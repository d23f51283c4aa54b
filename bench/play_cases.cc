#include "bench/play_cases.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "bench/six_commands.h"

namespace caseward::bench {
namespace {

struct Call {
  grpc::ClientContext context;
  v1::SubmitRequest request;
  v1::SubmitResponse response;
};

}  // namespace

void BeginCommand(v1::CaseService::Stub& stub, v1::Command command, const char* actor,
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
    BeginCommand(node.stub(), CommandOf(run, caller.number, caller.step, caller.case_id), ActorOf(caller.step),
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

Course SixCommands(const std::string& run) {
  return {.commands = kCommandsOfACase,
          .command = [run](uint64_t number, int step,
                           const std::string& case_id) { return CommandOf(run, number, step, case_id); },
          .actor = ActorOf};
}

CallsResult PlayInProcess(NodeUnderTest& node, const Course& course, size_t callers, uint64_t first, uint64_t end) {
  struct Caller {
    uint64_t number = 0;
    int step = 0;
    std::string case_id;
  };
  std::vector<Caller> all(callers);
  std::atomic<uint64_t> failed{0};
  absl::BlockingCounter done(static_cast<int>(callers));
  // A caller's next command goes out where the outcome of the last one came in.
  std::function<void(Caller&)> next = [&](Caller& caller) {
    if (caller.number >= end) {
      done.DecrementCount();
      return;
    }
    const auto reply = [&](absl::StatusOr<v1::Outcome> outcome) {
      const bool ok = outcome.ok() && outcome->has_accepted();
      if (ok && caller.step == 0) caller.case_id = outcome->stream();
      if (!ok) ++failed;
      if (!ok || ++caller.step == course.commands) {
        caller.step = 0;
        caller.number += callers;
      }
      next(caller);
    };
    absl::Status submitted =
        node.Submit(course.command(caller.number, caller.step, caller.case_id), course.actor(caller.step), reply);
    if (!submitted.ok()) reply(submitted);
  };
  const double processor = ProcessorMicros();
  const absl::Time began = absl::Now();
  for (size_t i = 0; i < callers; ++i) {
    all[i].number = first + i;
    next(all[i]);
  }
  done.Wait();
  CallsResult result;
  result.calls = (end - first) * static_cast<uint64_t>(course.commands);
  result.failed = failed;
  result.per_second = static_cast<double>(result.calls) / absl::ToDoubleSeconds(absl::Now() - began);
  result.processor_us = (ProcessorMicros() - processor) / static_cast<double>(result.calls);
  return result;
}

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
    BeginCommand(node.stub(), std::move(command), kManager,
                 [done = std::move(done)](bool ok, const v1::Outcome&) { done(ok); });
  });
}

}  // namespace caseward::bench
