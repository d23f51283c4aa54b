// Messages that the inbox has lost, while their receiver was down or under its eyes: taken from their senders' logs,
// each once, in order, and never overtaken.
#include "engine/partition/inbox/owed_messages.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/partition/routing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/forwarding_event_log.h"
#include "tests/support/partition_world.h"

namespace caseward {
namespace {

using namespace test;  // NOLINT: the builders of this binary's tests
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Strings = std::vector<std::string>;

constexpr uint32_t kPartitions = 4;

class Listener final : public Observer {
 public:
  void MessagesFromLog(uint32_t partition, uint32_t sender, size_t messages) override {
    told.push_back(StrCat(messages, " of ", sender, " for ", partition));
  }
  Strings told;
};

// One partition keeps what the reports of another claim.
class Owed : public testing::Test {
 protected:
  explicit Owed(PartitionLimits limits = {}) : world(kPartitions, limits) { world.SetObserver(listener); }

  v1::ExternalReference Reference(int i) const {
    v1::ExternalReference reference;
    reference.set_system("d365");
    reference.set_value(StrCat("ref-", i));
    return reference;
  }
  // References that one partition keeps.
  std::vector<v1::ExternalReference> Kept(size_t count) const {
    std::vector<v1::ExternalReference> kept;
    for (int i = 0; kept.size() < count; ++i) {
      if (ReferencePartition(world.hasher(), Reference(i), kPartitions) == kKeeper) kept.push_back(Reference(i));
    }
    return kept;
  }
  // A report at home in partition `n`, which sends the keeper a message for each reference.
  void ReportIn(uint32_t n, const std::vector<v1::ExternalReference>& references) {
    for (;;) {
      v1::Command command = Report(StrCat("r", ++reports));
      if (world.PartitionOfCommand(command, Officer()) != n) continue;
      for (const v1::ExternalReference& reference : references)
        *command.add_references() = reference;
      ASSERT_TRUE(world.Must(command, Officer()).has_accepted());
      return;
    }
  }
  // What the keeper has taken, in its order.
  Strings Taken() {
    Strings taken;
    for (const v1::Decision& decision : world.Records(kKeeper)) {
      if (decision.has_cause()) taken.push_back(decision.command().claim_reference().reference().value());
    }
    return taken;
  }
  static Strings ValuesOf(const std::vector<v1::ExternalReference>& references) {
    Strings values;
    for (const v1::ExternalReference& reference : references)
      values.push_back(reference.value());
    return values;
  }
  void ReopenKeeper() {
    world.Reopen(kKeeper);
    world.Advance(absl::Seconds(2));
  }

  static constexpr uint32_t kKeeper = 1;
  static constexpr uint32_t kHome = 2;
  Listener listener;
  PartitionWorld world;
  int reports = 0;
};

TEST_F(Owed, AMessageThatTheInboxLostIsTakenFromItsSendersLog) {
  const auto kept = Kept(2);
  world.Crash(kKeeper);
  ReportIn(kHome, kept);
  world.log().LoseInbox(kKeeper);
  ASSERT_THAT(Taken(), IsEmpty());

  ReopenKeeper();

  EXPECT_EQ(Taken(), ValuesOf(kept));
  EXPECT_THAT(listener.told, ElementsAre("2 of 2 for 1"));
  EXPECT_EQ(world.Digest(kKeeper), world.RebuiltDigest(kKeeper));
}

TEST_F(Owed, ALaterMessageDoesNotPassALostOne) {
  const auto kept = Kept(3);
  world.Crash(kKeeper);
  ReportIn(kHome, {kept[0]});
  world.log().LoseInbox(kKeeper);
  ReportIn(kHome, {kept[1]});
  ReportIn(3, {kept[2]});

  ReopenKeeper();

  EXPECT_THAT(Taken(), testing::UnorderedElementsAreArray(ValuesOf(kept)));
  const Strings taken = Taken();
  EXPECT_LT(std::find(taken.begin(), taken.end(), kept[0].value()),
            std::find(taken.begin(), taken.end(), kept[1].value()));
  EXPECT_THAT(listener.told, ElementsAre("1 of 2 for 1"));
}

TEST_F(Owed, WhatWasTakenIsNotTakenAgain) {
  ReportIn(kHome, Kept(2));
  ASSERT_THAT(Taken(), SizeIs(2));
  world.Crash(kKeeper);
  world.log().LoseInbox(kKeeper);
  ReopenKeeper();
  world.Reopen(kKeeper, 5);  // its state forgets that it took them; its log does not
  world.Advance(absl::Seconds(2));
  EXPECT_THAT(Taken(), SizeIs(2));
  EXPECT_THAT(listener.told, IsEmpty());
}

TEST_F(Owed, NothingIsToldOfMessagesThatWaitInTheInbox) {
  const auto kept = Kept(2);
  world.Crash(kKeeper);
  ReportIn(kHome, kept);
  ReopenKeeper();
  EXPECT_EQ(Taken(), ValuesOf(kept));
  EXPECT_THAT(listener.told, IsEmpty());
}

TEST_F(Owed, AMessageToItselfIsOwedToo) {
  const auto kept = Kept(1);
  world.Reopen(kKeeper);
  // Decided and durable, and not taken: the inbox is lost before the next turn.
  v1::Command command;
  do {
    command = Report(StrCat("r", ++reports));
  } while (world.PartitionOfCommand(command, Officer()) != kKeeper);
  *command.add_references() = kept[0];
  world.Submit(command, Officer());
  for (uint64_t records = world.Records(kKeeper).size(); world.Records(kKeeper).size() == records;)
    world.partition(kKeeper).Step(world.now());
  ASSERT_THAT(Taken(), IsEmpty());
  world.Crash(kKeeper);
  world.log().LoseInbox(kKeeper);
  ReopenKeeper();
  EXPECT_EQ(Taken(), ValuesOf(kept));
}

TEST_F(Owed, ADamagedInboxDoesNotHoldMessagesUp) {
  const auto kept = Kept(2);
  ReportIn(kHome, {kept[0]});
  world.log().FailInbox(absl::DataLossError("topic messages partition 1 offset 7: expected a message"));
  ReportIn(kHome, {kept[1]});
  world.log().LoseInbox(kKeeper);
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(Taken(), ValuesOf(kept));
  EXPECT_THAT(world.partition(kKeeper).view().messages_why, HasSubstr("offset 7"));
  world.log().FailInbox(absl::OkStatus());
  world.Advance(absl::Seconds(2));
  EXPECT_EQ(Taken(), ValuesOf(kept));
  EXPECT_EQ(world.partition(kKeeper).view().messages_why, "");
}

TEST_F(Owed, ASenderWhoseLogCannotBeReadHoldsUpItsOwnMessagesAlone) {
  const auto kept = Kept(2);
  world.Crash(kKeeper);
  ReportIn(kHome, {kept[0]});
  ReportIn(3, {kept[1]});
  const uint64_t last = world.Records(kHome).size() - 1;
  world.log().FlipBit(kHome, last, 300);
  ReopenKeeper();
  EXPECT_THAT(Taken(), ElementsAre(kept[1].value()));
  EXPECT_THAT(world.partition(kKeeper).view().messages_why, HasSubstr(StrCat("partition ", kHome)));
  world.log().FlipBit(kHome, last, 300);
  world.Advance(absl::Seconds(2));
  EXPECT_THAT(Taken(), ElementsAre(kept[1].value(), kept[0].value()));
  EXPECT_EQ(world.partition(kKeeper).view().messages_why, "");
}

class OwedInSmallRounds : public Owed {
 protected:
  static PartitionLimits Small() {
    PartitionLimits limits;
    limits.round_commands_max = 4;
    return limits;
  }
  OwedInSmallRounds() : Owed(Small()) {}
};

TEST_F(OwedInSmallRounds, MoreThanARoundHoldsComesInOrder) {
  const auto kept = Kept(20);
  world.Crash(kKeeper);
  for (const v1::ExternalReference& reference : kept)
    ReportIn(kHome, {reference});
  world.log().LoseInbox(kKeeper);
  ReopenKeeper();
  EXPECT_EQ(Taken(), ValuesOf(kept));
}

// A log that counts what is read of it.
class Watched final : public ForwardingEventLog {
 public:
  using ForwardingEventLog::ForwardingEventLog;
  absl::Status ReadFrom(uint32_t partition, uint64_t from,
                        absl::FunctionRef<bool(uint64_t, std::string_view)> record) override {
    ++reads;
    ++of[partition];
    return ForwardingEventLog::ReadFrom(partition, from, record);
  }
  int reads = 0;
  std::map<uint32_t, int> of;
};

class OwedAlone : public Owed {
 protected:
  // One look, at what `home` alone has sent. What is in no store is no partition's.
  std::vector<InboundMessage> Look(OwedMessages& owed, const std::vector<InboxCursor>& cursors, bool& more) {
    std::vector<InboundMessage> out;
    more = false;
    const absl::Status read = owed.Read(cursors, 100, out, more);
    EXPECT_TRUE(read.ok()) << read;
    return out;
  }
  uint64_t end() { return *world.log().End(kHome); }
};

TEST_F(OwedAlone, NothingIsReadOfALogWhoseStateSaysThatAllWasTaken) {
  ReportIn(kHome, Kept(1));
  const uint64_t sent = end() - 1;
  Watched log(world.log());
  OwedMessages owed(kKeeper, kPartitions, {.log = log, .store = world.store(kHome)});
  bool more = false;
  EXPECT_THAT(Look(owed, {{.from_partition = kHome, .from_sequence = sent, .n = 0}}, more), IsEmpty());
  EXPECT_TRUE(owed.Settled(kHome));
  EXPECT_EQ(log.of[kHome], 0);
  EXPECT_GT(log.reads, 0) << "the other logs are read, for want of their states";
  log.reads = 0;
  EXPECT_THAT(Look(owed, {{.from_partition = kHome, .from_sequence = sent, .n = 0}}, more), IsEmpty());
  EXPECT_EQ(log.reads, 0) << "what is settled is not looked at again";
}

TEST_F(OwedAlone, OnlyWhatTheStateLacksIsReadOfTheLog) {
  const auto kept = Kept(2);
  ReportIn(kHome, {kept[0]});
  const uint64_t taken = end() - 1;
  MemoryStateStore& store = world.store(kHome);
  store.Flush();
  ReportIn(kHome, {kept[1]});
  world.Crash(kHome, 100);  // the state forgets the second
  const uint64_t first_unknown = PartitionReader(kHome, store).Meta()->value().applied_sequence() + 1;
  ASSERT_GT(first_unknown, taken);

  Watched log(world.log());
  OwedMessages owed(kKeeper, kPartitions, {.log = log, .store = store});
  bool more = false;
  const std::vector<InboundMessage> out = Look(owed, {{.from_partition = kHome, .from_sequence = taken, .n = 0}}, more);
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_GE(out[0].from_sequence, first_unknown);
  EXPECT_TRUE(more);
  EXPECT_FALSE(owed.Settled(kHome));
  const InboxCursor now{.from_partition = kHome, .from_sequence = out[0].from_sequence, .n = out[0].n};
  EXPECT_THAT(Look(owed, {now}, more), IsEmpty());
  EXPECT_TRUE(owed.Settled(kHome));
  owed.Begin();
  EXPECT_FALSE(owed.Settled(kHome));
}

TEST_F(OwedAlone, ATurnReadsABoundedNumberOfRecords) {
  constexpr uint64_t kAtOnce = 2048;
  while (end() <= kAtOnce + 1)
    ReportIn(kHome, {});
  ReportIn(kHome, Kept(1));
  MemoryStateStore nothing;
  Watched log(world.log());
  OwedMessages owed(kKeeper, kPartitions, {.log = log, .store = nothing});
  std::vector<InboundMessage> out;
  int turns = 0;
  for (bool more = true; out.empty(); ++turns) {
    ASSERT_TRUE(more);
    out = Look(owed, {}, more);
  }
  EXPECT_EQ(turns, 2);
  EXPECT_EQ(out[0].from_sequence, end() - 1);
}

}  // namespace
}  // namespace caseward
