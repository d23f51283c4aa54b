// What differs between two packs in what they decide: things added, taken away or changed, by their ids, wherever they
// stand in which file. `caseward policy diff`. Order of files, comments and layout make no difference; worked examples
// are only counted.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/policy.pb.h"

namespace caseward {

struct PackChange {
  enum class Kind { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string what;   // "clock first_contact"
  std::string where;  // "within[0].span"; empty for what was added or removed as a whole
  std::string before, after;
};

// In the order of the packs.
std::vector<PackChange> DiffPacks(const v1::Pack& before, const v1::Pack& after);

// "changed  clock first_contact: within[0].span 1 working_day -> 2 working_days"
std::string SayChange(const PackChange& change);
// A message as it might be written in one line of YAML: "{all: [{flag: hate}, {priority: [p1]}]}".
std::string SayMessage(const google::protobuf::Message& message);

}  // namespace caseward
