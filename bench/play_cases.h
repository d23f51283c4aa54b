// Unary calls: callers who play cases against a node, each with one command outstanding. What is measured against the
// bare echo and beside PostgreSQL is this same play.
#pragma once

#include <string>

#include "bench/callers.h"
#include "bench/measure.h"
#include "bench/node_under_test.h"

namespace caseward::bench {

// Sends one command; `done` is called with its outcome, and whether it was accepted.
void BeginCommand(v1::CaseService::Stub& stub, v1::Command command, const char* actor,
                  std::function<void(bool ok, const v1::Outcome&)> done);

// Each caller plays one case after another, one command at a time. `run` names the cases: two runs on one node need
// different names.
CallsResult RunCases(NodeUnderTest& node, const std::string& run, size_t callers, const Settings& settings);
// What callers in this process play, case by case.
struct Course {
  int commands = 0;  // of a case; the first opens it
  std::function<v1::Command(uint64_t number, int step, const std::string& case_id)> command;
  std::function<const char*(int step)> actor;
};
Course SixCommands(const std::string& run);
// The cases numbered [first, end) of a course, submitted in this process without gRPC.
CallsResult PlayInProcess(NodeUnderTest& node, const Course& course, size_t callers, uint64_t first, uint64_t end);
// Commands of one event: contact attempts, each caller on a case of its own.
CallsResult RunAttempts(NodeUnderTest& node, const std::string& run, size_t callers, const Settings& settings);

}  // namespace caseward::bench
