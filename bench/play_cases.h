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
// The same cases, so many of them, submitted in this process without gRPC.
CallsResult PlayInProcess(NodeUnderTest& node, const std::string& run, size_t callers, uint64_t cases);
// Commands of one event: contact attempts, each caller on a case of its own.
CallsResult RunAttempts(NodeUnderTest& node, const std::string& run, size_t callers, const Settings& settings);

}  // namespace caseward::bench
