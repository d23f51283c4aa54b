// What every act of the golden history does: ask the world of it something, and be sure of what came. Command ids are
// "g1", "g2", ... in the order asked, so that the same acts always make the same bytes.
//
//   GoldenScript ─▶ the acts of golden_history.cc, in their order ─▶ those of golden_agencies.cc
//                and golden_caseload.cc ─▶ Take
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "gtest/gtest.h"
#include "tests/support/case_builder.h"
#include "tests/support/golden/golden_history.h"
#include "tests/support/partition_world.h"

namespace caseward::test {

inline v1::Actor Olu() {
  v1::Actor actor = Staff("olu", "officer");
  actor.set_region("north");
  actor.set_org("homes");
  return actor;
}
inline v1::Actor May() { return Staff("may", "manager"); }
inline v1::Actor Pim() { return Staff("pim", "policy_admin"); }

inline v1::ExternalReference Reference(const std::string& value) {
  v1::ExternalReference reference;
  reference.set_system("d365");
  reference.set_value(value);
  return reference;
}

class GoldenScript {
 public:
  GoldenScript() : world_(kGoldenPartitions, {}, /*publish=*/false) {}

  v1::Outcome Asks(v1::Command command, const v1::Actor& actor) {
    if (command.command_id().empty()) command.set_command_id(NextId());
    return world_.Must(command, actor);
  }
  // Accepted, or the test fails.
  std::string Does(v1::Command command, const v1::Actor& actor) {
    const v1::Outcome outcome = Asks(command, actor);
    EXPECT_TRUE(outcome.has_accepted()) << command.ShortDebugString() << "\n" << outcome.ShortDebugString();
    return outcome.stream();
  }
  void Of(const std::string& case_id, v1::Command command, const v1::Actor& actor = Olu()) {
    command.set_case_id(case_id);
    Does(std::move(command), actor);
  }
  void Refused(const std::string& case_id, v1::Command command, const v1::Actor& actor, std::string_view rule) {
    command.set_case_id(case_id);
    const v1::Outcome outcome = Asks(command, actor);
    EXPECT_EQ(outcome.refusal().rule(), rule) << command.ShortDebugString() << "\n" << outcome.ShortDebugString();
  }
  // A report in partition `n`: of a resident who is at home there.
  std::string Opens(v1::Command report, uint32_t n) {
    do {
      report.set_command_id(NextId());
    } while (world_.PartitionOfCommand(report, Olu()) != n);
    return Does(report, Olu());
  }
  absl::Time In(absl::Duration time) const { return world_.now().wall + time; }
  void After(absl::Duration time) { world_.Advance(time); }
  std::string NextId() { return StrCat("g", ++asked_); }
  void Erases(const std::string& resident_id) {
    v1::Command erase;
    erase.set_resident_id(resident_id);
    erase.mutable_erase_resident()->set_reason_code("asked_by_resident");
    Does(erase, Administrator());
  }
  PartitionWorld& world() { return world_; }
  GoldenHistory Take() {
    GoldenHistory history;
    for (uint32_t n = 0; n < kGoldenPartitions; ++n) {
      const absl::Status read = world_.log().ReadFrom(n, 0, [&](uint64_t sequence, std::string_view raw) {
        history.records[{n, sequence}] = std::string(raw);
        return true;
      });
      EXPECT_TRUE(read.ok()) << read;
    }
    const absl::Status read = world_.log().ReadKeys("", [&](std::string_view id, std::string_view wrapped) {
      history.keys[std::string(id)] = std::string(wrapped);
      return true;
    });
    EXPECT_TRUE(read.ok()) << read;
    return history;
  }

 private:
  PartitionWorld world_;
  int asked_ = 0;
};

}  // namespace caseward::test
