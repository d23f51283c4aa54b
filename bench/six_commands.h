// The canonical workload: one case = report, triage, contact, step, propose, sign off, close (the closing counts with
// its signature), against bench/pack.yaml. Each command needs the one before it.
#pragma once

#include <cstdint>
#include <string>

#include "caseward/v1/commands.pb.h"

namespace caseward::bench {

inline constexpr int kCommandsOfACase = 7;
inline constexpr char kManager[] = "mo; roles=case_manager; region=north";
inline constexpr char kSigner[] = "ruth; roles=regional_manager; region=north";

// The step-th command (0..6) of the case-th case of a run; `case_id` is what the report's outcome said.
v1::Command CommandOf(const std::string& run, uint64_t number, int step, const std::string& case_id);
// Which of the two people gives it.
const char* ActorOf(int step);

}  // namespace caseward::bench
