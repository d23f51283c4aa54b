#include "tests/support/partition_world.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/cases/case_lookup.h"
#include "engine/partition/apply.h"
#include "engine/partition/records.h"
#include "engine/partition/routing.h"
#include "gtest/gtest.h"
#include "tests/support/england_and_wales.h"
#include "tests/support/intake_door.h"

namespace caseward::test {

PartitionWorld::PartitionWorld(uint32_t partitions, PartitionLimits limits, bool publish,
                               MemoryEventLog::Delivery delivery)
    : partitions_(partitions),
      limits_(limits),
      now_{.wall = At("2026-03-02T09:00:00Z"), .monotonic = absl::Hours(1)},
      log_(partitions, delivery),
      door_(TestDoor) {
  log_.WatchIntake([this](uint32_t n) {
    if (nodes_.at(n).partition) nodes_.at(n).partition->NoteIntake();
  });
  for (uint32_t n = 0; n < partitions; ++n) {
    nodes_.push_back({.store = std::make_unique<MemoryStateStore>(), .vault = nullptr, .partition = nullptr});
  }
  for (uint32_t n = 0; n < partitions; ++n) {
    const absl::Status opened = Open(n);
    EXPECT_TRUE(opened.ok()) << opened;
  }
  Drive();
  if (!publish) return;
  EXPECT_TRUE(Must(PublishSimpleCalendar("calendar"), Administrator()).has_accepted());
  EXPECT_TRUE(Must(PublishSimplePack("pack"), Administrator()).has_accepted());
}

PartitionWorld::~PartitionWorld() = default;

PartitionConfig PartitionWorld::Config(uint32_t n) const {
  PartitionConfig config;
  config.partition = n;
  config.partitions = partitions_;
  config.owner = "node";
  config.log_id = "test-log";
  config.limits = limits_;
  config.door = door_;
  return config;
}

absl::Status PartitionWorld::Open(uint32_t n) {
  Node& node = nodes_.at(n);
  node.vault = MakeSeededKeyVault(log_, 7);
  PartitionConfig config = Config(n);
  config.message_sent = [this](uint32_t to) {
    if (nodes_.at(to).partition) nodes_.at(to).partition->NoteInbox();
  };
  absl::StatusOr<std::unique_ptr<Partition>> opened = Partition::Open(config,
                                                                      {.log = log_,
                                                                       .store = *node.store,
                                                                       .vault = *node.vault,
                                                                       .hasher = hasher_,
                                                                       .directory = hub_,
                                                                       .observer = *observer_},
                                                                      now_);
  if (!opened.ok()) return opened.status();
  node.partition = *std::move(opened);
  return absl::OkStatus();
}

void PartitionWorld::Crash(uint32_t n, size_t lost) {
  Node& node = nodes_.at(n);
  node.partition.reset();
  node.vault.reset();
  log_.CrashOwner(n, 0);
  node.store->Crash(lost);
}

void PartitionWorld::ReopenState(uint32_t n, size_t lost) {
  partition(n).SuspendState(absl::OkStatus());
  store(n).Reopen(lost);
  partition(n).BeginAgain(now_);
}

void PartitionWorld::Reopen(uint32_t n, size_t lost) {
  Crash(n, lost);
  const absl::Status opened = Open(n);
  ASSERT_TRUE(opened.ok()) << opened;
  Drive();
}

uint32_t PartitionWorld::PartitionOfCommand(const v1::Command& command, const v1::Actor& actor) const {
  const absl::StatusOr<Route> route = RouteCommand(hasher_, command, actor.id(), partitions_);
  return route.ok() ? route->partition.value_or(0) : 0;
}

std::shared_ptr<PartitionWorld::Waiting> PartitionWorld::Submit(const v1::Command& command, const v1::Actor& actor) {
  auto waiting = std::make_shared<Waiting>();
  const absl::Status taken =
      partition(PartitionOfCommand(command, actor))
          .Submit({.command = command, .actor = actor, .reply = [waiting](absl::StatusOr<v1::Outcome> outcome) {
                     CHECK(!waiting->answered);
                     waiting->answered = true;
                     waiting->outcome = std::move(outcome);
                   }});
  if (!taken.ok()) {
    waiting->answered = true;
    waiting->outcome = taken;
  }
  return waiting;
}

absl::StatusOr<v1::Outcome> PartitionWorld::Do(const v1::Command& command, const v1::Actor& actor) {
  const std::shared_ptr<Waiting> waiting = Submit(command, actor);
  Drive();
  return waiting->outcome;
}

v1::Outcome PartitionWorld::Must(const v1::Command& command, const v1::Actor& actor) {
  absl::StatusOr<v1::Outcome> outcome = Do(command, actor);
  EXPECT_TRUE(outcome.ok()) << outcome.status() << " for " << command.ShortDebugString();
  return outcome.ok() ? *outcome : v1::Outcome();
}

uint64_t PartitionWorld::Put(uint32_t n, TopicRecord record) {
  const uint64_t offset = log_.PutIntake(n, std::move(record));
  Drive();
  return offset;
}

uint64_t PartitionWorld::Put(uint32_t n, const v1::Command& command, const v1::Actor& actor) {
  return Put(n, ByTopic(command, actor));
}

std::vector<v1::IntakeOutcome> PartitionWorld::Outcomes(uint32_t n) const {
  std::vector<v1::IntakeOutcome> outcomes;
  for (const TopicRecord& record : log_.outcomes(n))
    outcomes.push_back(ReadOutcome(record));
  return outcomes;
}

void PartitionWorld::Drive() {
  for (int turn = 0; turn < 10'000; ++turn) {
    bool worked = false;
    for (Node& node : nodes_) {
      if (!node.partition) continue;
      const StepResult result = node.partition->Step(now_);
      worked = worked || result.worked;
    }
    if (!worked) return;
  }
  ADD_FAILURE() << "the partitions never came to rest";
}

void PartitionWorld::Advance(absl::Duration by) {
  now_.wall += by;
  now_.monotonic += by;
  Drive();
}

v1::CaseState PartitionWorld::CaseAt(const std::string& case_id) const {
  const absl::StatusOr<CaseId> id = CaseId::Parse(case_id);
  CHECK(id.ok());
  absl::StatusOr<std::optional<v1::CaseState>> state = Reader(id->partition()).GetCase(case_id);
  EXPECT_TRUE(state.ok() && state->has_value()) << case_id;
  return state.ok() && state->has_value() ? **state : v1::CaseState();
}

std::vector<v1::Decision> PartitionWorld::Records(uint32_t n) {
  std::vector<v1::Decision> records;
  const absl::Status read = log_.ReadFrom(n, 0, [&](uint64_t sequence, std::string_view raw) {
    const absl::Status parsed = ParseRecord(raw, n, sequence, records.emplace_back());
    EXPECT_TRUE(parsed.ok()) << parsed;
    return true;
  });
  EXPECT_TRUE(read.ok()) << read;
  return records;
}

std::string PartitionWorld::Digest(uint32_t n) const {
  const absl::StatusOr<std::optional<v1::PartitionMeta>> meta = Reader(n).Meta();
  CHECK(meta.ok() && meta->has_value());
  return absl::BytesToHexString((*meta)->digest());
}

std::string PartitionWorld::RebuiltDigest(uint32_t n) {
  // An applier of its own over an empty store: no claim, so the owner is not disturbed.
  MemoryStateStore empty;
  Applier applier(n, limits_, {.store = empty, .hasher = hasher_});
  const absl::Status read = log_.ReadFrom(n, 0, [&](uint64_t sequence, std::string_view raw) {
    v1::Decision decision;
    CHECK(ParseRecord(raw, n, sequence, decision).ok());
    CHECK(applier.CheckOrder(decision).ok());
    CHECK(applier.Apply(decision, raw).ok());
    CHECK(empty.Write(applier.EndBatch()).ok());
    applier.BatchWritten();
    return true;
  });
  CHECK(read.ok());
  return applier.digest().Hex();
}

v1::Actor Officer() { return Staff("olu", "officer"); }
v1::Actor Manager() { return Staff("mia", "manager"); }

v1::Command ReportIn(PartitionWorld& world, uint32_t n, const std::string& name, std::string_view account) {
  for (int i = 0;; ++i) {
    v1::Command command = Report(StrCat(name, "-", i), account);
    if (world.PartitionOfCommand(command, Officer()) == n) return command;
  }
}

std::vector<v1::Decision> Taken(PartitionWorld& world, uint32_t n) {
  std::vector<v1::Decision> taken;
  for (v1::Decision& decision : world.Records(n)) {
    if (decision.has_intake_offset()) taken.push_back(std::move(decision));
  }
  return taken;
}

v1::ClockState ClockOf(const v1::CaseState& state, const std::string& id) {
  const v1::ClockState* clock = FindClock(state, id);
  return clock == nullptr ? v1::ClockState() : *clock;
}

}  // namespace caseward::test
