// A house of any size, by number: its cases, who owns them, and what happens to them. Nothing of it is kept in memory;
// a case's id follows from its number, as it does for the engine (engine/base/ids.h). Against bench/scale.yaml.
//
//   case i: reported (its clock due in a far year), assigned to officer i mod (cases ÷ 50)
//
// So each officer has about fifty cases, reported far apart.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "bench/play_cases.h"
#include "bench/play_paced.h"
#include "storage/openssl_hasher.h"

namespace caseward::bench {

class House {
 public:
  static constexpr uint64_t kCasesOfAnOfficer = 50;
  static constexpr char kDesk[] = "desk; roles=case_manager; region=north";

  House(uint64_t cases, uint32_t partitions) : cases_(cases), partitions_(partitions) {}

  uint64_t cases() const { return cases_; }
  uint64_t officers() const { return cases_ > kCasesOfAnOfficer ? cases_ / kCasesOfAnOfficer : 1; }
  // The caller's header of an officer.
  std::string Officer(uint64_t officer) const;
  std::string CaseId(uint64_t number) const;
  // Reports a case and assigns it.
  Course Filling() const;
  // Reports cases only, numbered by `run`, each due when `due` says.
  static Course Reporting(const std::string& run, std::function<absl::Time(uint64_t number)> due);

 private:
  const uint64_t cases_;
  const uint32_t partitions_;
  const OpensslHasher hasher_;
};

// An endless day at the desk: of eight commands one reports a new case, and the others record an attempted call, with a
// note, on a case of the house picked at random. So nearly every command meets a case that nobody has touched lately.
class DayAtTheDesk {
 public:
  // `run` as in play_cases.h; the cases follow from `seed`.
  DayAtTheDesk(const House& house, std::string run, uint64_t seed) : house_(house), run_(std::move(run)), draw_(seed) {}
  PacedCommand Next();

 private:
  const House& house_;
  const std::string run_;
  std::mt19937_64 draw_;
  uint64_t sent_ = 0;
};

}  // namespace caseward::bench
