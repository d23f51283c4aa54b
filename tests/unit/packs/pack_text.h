// A small pack in YAML that reads and compiles, for the tests of this folder, and matchers for what is wrong with
// others.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/packs/pack_reader.h"

namespace caseward {

inline constexpr char kSmallPack[] = R"yaml(id: small
title: A small pack
calendar: weekdays
needs_owner: true
roles:
  officer: {tier: 1}
  manager: {tier: 2}
case_types:
  noise: {priority: P3}
  hate: {priority: P1}
steps:
  risk_assessed:
    fields:
      band: {type: code, options: [low, high], data_class: internal, required: true}
      score: {type: number, data_class: internal, at_least: 0, at_most: 24}
      next_due: {type: time, data_class: internal}
      notes: {type: words, data_class: personal}
flags:
  hate:
    clause: "1"
    provenance: SEED
    set_on: {event: case_reported, where: {case_type: hate}}
alerts:
  again: {clause: "2", provenance: OURS, to_role: manager, on: case_reopened}
sign_offs:
  - subject: closure
    clause: "3"
    provenance: SEED
    signers: {roles: manager}
    separate_from: owner
people:
  ann: {roles: officer}
)yaml";

inline PackReading ReadSmallPackWith(const std::string& more) { return ReadPackText(kSmallPack + more, "pack.yaml"); }

// Lines of the small pack, to find those of what is added to it.
inline int LinesBefore() {
  int lines = 0;
  for (const char c : std::string(kSmallPack))
    lines += c == '\n';
  return lines;
}

// A problem at this line of what was added, with this path, expecting and finding this.
inline auto ProblemAt(int line_added, const std::string& path, const std::string& expected, const std::string& found) {
  return testing::AllOf(
      testing::Field(&FileProblem::file, "pack.yaml"), testing::Field(&FileProblem::line, LinesBefore() + line_added),
      testing::Field(&FileProblem::path, path), testing::Field(&FileProblem::expected, testing::HasSubstr(expected)),
      testing::Field(&FileProblem::found, testing::HasSubstr(found)));
}

inline void PrintTo(const FileProblem& problem, std::ostream* out) { *out << FormatProblem(problem); }

}  // namespace caseward
