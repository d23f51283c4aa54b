// The picture of all cases as they stand, for the report: by type and priority, who signed what, who has how much to
// do, and who comes back. Counted from what a server says of each case and from each event of its log, in any order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "caseward/v1/events.pb.h"
#include "caseward/v1/state.pb.h"

namespace caseward::cli {

struct SignOffCounts {
  uint64_t granted = 0;
  uint64_t delegated = 0;  // of these, by whoever stands in
  uint64_t refused = 0;
  uint64_t waived = 0;  // items
  uint64_t voided = 0;
};

struct OwnerLoad {
  std::string owner;  // empty: cases that nobody owns
  uint64_t open = 0;
  uint64_t p1 = 0;       // of these
  uint64_t overdue = 0;  // of these, with a clock that was missed and not yet met
};

class Picture {
 public:
  using Table = std::map<std::string, std::map<std::string, uint64_t>>;

  void Count(const v1::CaseState& state);
  void See(const v1::Event& event);

  // All cases; and those that are not closed or withdrawn.
  const Table& by_type_and_priority() const { return all_; }
  const Table& open_by_type_and_priority() const { return open_; }
  const std::map<std::string, SignOffCounts>& sign_offs() const { return sign_offs_; }
  // Most open cases first.
  std::vector<OwnerLoad> Loads() const;
  // [n - 1]: how many residents have n cases; the last place holds those with more. Anonymous reports are nobody's.
  std::vector<uint64_t> Repeats() const;
  uint64_t most_cases_of_one() const;

 private:
  Table all_, open_;
  std::map<std::string, SignOffCounts> sign_offs_;
  absl::flat_hash_map<std::string, OwnerLoad> loads_;
  absl::flat_hash_map<std::string, uint32_t> cases_of_;
};

// One cell; 0 if nothing was counted there.
uint64_t CountIn(const Picture::Table& table, const std::string& type, const std::string& priority);

inline constexpr size_t kRepeatsShownMax = 6;
inline constexpr size_t kLoadsShownMax = 24;

}  // namespace caseward::cli
