#include "engine/partition/fact_lines.h"

#include <utility>

#include "engine/base/actor.h"
#include "engine/cases/evolve.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"

namespace caseward {

std::optional<v1::FactLineRecord> LineOf(const v1::Decision& decision) {
  v1::FactLineRecord line;
  for (const v1::Event& event : decision.accepted().events()) {
    if (IsCaseEvent(event)) *line.add_events() = WithoutWords(event);
  }
  if (line.events().empty()) return std::nullopt;
  *line.mutable_recorded_at() = decision.recorded_at();
  line.set_actor_id(PersonOf(decision.actor()));
  return line;
}

absl::StatusOr<std::vector<v1::FactLineRecord>> ReadLines(uint32_t partition, const StateReader& state,
                                                          std::string_view case_id) {
  std::vector<v1::FactLineRecord> lines;
  absl::Status status;
  const auto read = [&](uint64_t sequence, std::string_view raw) {
    v1::Decision decision;
    status = ParseRecord(raw, partition, sequence, decision);
    if (!status.ok()) return false;
    if (std::optional<v1::FactLineRecord> line = LineOf(decision)) lines.push_back(*std::move(line));
    return true;
  };
  if (absl::Status s = PartitionReader(partition, state).Timeline(case_id, 0, UINT64_MAX, read); !s.ok()) return s;
  if (!status.ok()) return status;
  return lines;
}

}  // namespace caseward
