// A seeded year of a housing association, as commands: staff and residents, reports of anti-social behaviour and hate,
// and what was done about them, well, badly or not at all. For a first look, demonstrations and measurements.
//
//   seed ─▶ staff, then case by case: [registration of the resident] report ─▶ story ─▶ finish_import
//
// The same options give the same bytes on every machine. Every person is invented; every command is an import's, so
// each case runs on its own time. Among the stories are attempts that the policy refuses (a hate incident filed as
// nuisance, a closing without the resident, a signature by the owner) and cases that stall: they show as what they are.
//
// Cases come one after another, in order of their report, so memory holds one case whatever their number.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "caseward/v1/commands.pb.h"

namespace caseward::cli {

struct YearOptions {
  uint64_t seed = 1;
  int cases = 300;
  absl::CivilDay start;
  int days = 365;
};

// `actor` as in the caseward-actor header.
using YearSink = absl::FunctionRef<absl::Status(const std::string& actor, const v1::Command& command)>;

absl::Status GenerateYear(const YearOptions& options, YearSink sink);

}  // namespace caseward::cli
