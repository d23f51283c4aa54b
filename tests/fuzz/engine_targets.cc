// What the engine reads: records, commands, packs and calendars as messages, and the small texts inside them.
#include <memory>
#include <optional>

#include "caseward/v1/other_services.pb.h"
#include "engine/base/check.h"
#include "engine/base/ids.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/validate.h"
#include "engine/base/words.h"
#include "engine/partition/apply.h"
#include "engine/partition/records.h"
#include "engine/policy/compiled_pack.h"
#include "services/host/feed.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/fuzz/targets.h"
#include "tests/support/golden/golden_history.h"
#include "tests/support/partition_world.h"

namespace caseward::fuzz {
namespace {

bool ParseBytes(Bytes bytes, google::protobuf::Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Partition 1 as the golden history leaves it.
struct GoldenState {
  GoldenState() { CHECK(test::ReplayPartition(test::PlayGoldenHistory().records, 1, store, hasher).ok()); }
  OpensslHasher hasher;
  MemoryStateStore store;
};

// Nobody's words leave by the feed, whatever a record says.
void DemandFeedWithoutWords(const v1::Decision& decision) {
  const auto no_steps = [](std::string_view, uint32_t, std::string_view) { return nullptr; };
  for (v1::SubscribeResponse& item : FeedForm(decision, "log", no_steps)) {
    const absl::Status none = ForEachWords(
        *item.mutable_event(), [](v1::Words&) { return absl::FailedPreconditionError("the feed holds words"); });
    Demand(none.ok(), "the feed holds no words, sealed or not");
  }
}

}  // namespace

int FuzzRecord(Bytes bytes) {
  static const GoldenState& golden = *new GoldenState;
  constexpr uint32_t kPartition = 1;
  constexpr uint64_t kSequence = 12;
  v1::Decision decision;
  if (const absl::Status read = ParseRecord(TextOf(bytes), kPartition, kSequence, decision); !read.ok()) {
    DemandGoodError(read, "record 12");
    return 0;
  }
  DemandFeedWithoutWords(decision);
  Applier applier(kPartition, {}, {.store = golden.store, .hasher = golden.hasher});
  CHECK(applier.Restore().ok());
  if (const auto order = applier.CheckOrder(decision); !order.ok()) DemandGoodError(order.status(), "partition 1");
  // As if it were the next one: whatever it says happened, applying does not refuse (law L2).
  decision.set_sequence(applier.next_sequence());
  decision.set_term(applier.meta().term());
  const absl::Status applied = applier.Apply(decision, TextOf(bytes));
  if (!applied.ok()) {
    DemandGoodError(applied);
    return 0;
  }
  applier.EndBatch();
  applier.BatchWritten();
  return 0;
}

int FuzzSubmit(Bytes bytes) {
  v1::Command command;
  if (!ParseBytes(bytes, command)) return 0;
  test::PartitionWorld world(2);
  const std::string case_id = world.Must(test::Report("r1", "An account."), test::Staff("olu", "officer")).stream();
  if (command.case_id() == "case") command.set_case_id(case_id);
  command.set_command_id("asked");
  const size_t records = world.Records(1).size() + world.Records(0).size();
  for (const char* role : {"officer", "manager", "policy_admin"}) {
    const absl::StatusOr<v1::Outcome> outcome = world.Do(command, test::Staff(role, role));
    if (!outcome.ok()) {
      DemandGoodError(outcome.status());
    } else if (outcome->has_refusal()) {
      Demand(!outcome->refusal().rule().empty(), "a refusal names its rule");
      DemandGoodMessage(outcome->refusal().say(), "", Quotes::kNamesOnly);
    }
    const absl::StatusOr<v1::Outcome> again = world.Do(command, test::Staff(role, role));
    Demand(again.ok() == outcome.ok(), "a retry gets the first answer");
    if (!outcome.ok()) continue;
    Demand(again->stream() == outcome->stream() && again->refusal().rule() == outcome->refusal().rule() &&
               again->accepted().events_size() == outcome->accepted().events_size(),
           "a retry gets the first outcome");
  }
  for (uint32_t n = 0; n < 2; ++n) {
    Demand(world.Digest(n) == world.RebuiltDigest(n), "L1: replay gives the same state");
    for (const v1::Decision& decision : world.Records(n)) {
      Demand(!HasText(decision), "L11: no record holds words in clear");
      DemandFeedWithoutWords(decision);
    }
  }
  Demand(world.Records(1).size() + world.Records(0).size() >= records, "nothing is unsaid");
  return 0;
}

int FuzzPack(Bytes bytes) {
  v1::Pack pack;
  if (!ParseBytes(bytes, pack)) return 0;
  std::vector<PackProblem> problems;
  const auto compiled = CompiledPack::Compile(pack, &problems);
  Demand(compiled.ok() == problems.empty(), "a pack compiles exactly when it has no problem");
  for (const PackProblem& problem : problems)
    DemandGoodMessage(StrCat(problem.path, ": ", problem.expected, problem.found), "", Quotes::kNamesOnly);
  return 0;
}

int FuzzCalendar(Bytes bytes) {
  v1::Calendar source;
  if (!ParseBytes(bytes, source)) return 0;
  const absl::StatusOr<WorkingCalendar> calendar = WorkingCalendar::Compile(source);
  if (!calendar.ok()) {
    DemandGoodError(calendar.status(), "calendar", Quotes::kNamesOnly);
    return 0;
  }
  const absl::Time from = absl::FromCivil(absl::CivilMinute(2026, 3, 27, 16, 30), absl::UTCTimeZone());
  for (const v1::TimeUnit unit : {v1::TIME_UNIT_WORKING_DAY, v1::TIME_UNIT_BUSINESS_HOUR, v1::TIME_UNIT_HOUR,
                                  v1::TIME_UNIT_DAY, v1::TIME_UNIT_MONTH}) {
    v1::Span span;
    span.set_amount(7);
    span.set_unit(unit);
    const absl::StatusOr<absl::Time> due = calendar->DueExclusive(from, span);
    if (!due.ok()) {
      DemandGoodError(due.status());
      continue;
    }
    Demand(*due > from, "a due time is after the start");
    const auto days = calendar->Explain(from, span);
    Demand(days.ok() && !days->empty(), "what can be computed can be explained");
    const auto enough = calendar->AtLeast(from, *due, span);
    Demand(enough.ok() && *enough, "a span lies between start and due time");
  }
  return 0;
}

int FuzzText(Bytes bytes) {
  const std::string_view text = TextOf(bytes);
  if (const auto id = CaseId::Parse(text); id.ok()) {
    const auto again = CaseId::Parse(id->string());
    Demand(again.ok() && *again == *id && again->string() == id->string(), "an id's canonical form is its own");
    Demand(id->partition() < kPartitionsMax, "an id's partition is one that can be");
  } else {
    DemandGoodError(id.status());
  }
  if (const auto id = ResidentId::Parse(text); !id.ok()) DemandGoodError(id.status());
  if (const auto at = ParseInstant(text); at.ok()) {
    const auto again = ParseInstant(FormatInstant(*at));
    Demand(again.ok() && *again == *at, "an instant printed is read the same");
    const google::protobuf::Timestamp stamp = ToTimestamp(*at);
    Demand(stamp.seconds() >= kFirstSecond && stamp.seconds() <= kLastSecond, "an instant lies in years 1 to 9999");
  } else {
    DemandGoodError(at.status(), "", Quotes::kNamesOnly);
  }
  if (const auto span = ParseSpan(text); span.ok()) {
    const auto again = ParseSpan(FormatSpan(*span));
    Demand(again.ok() && again->SerializeAsString() == span->SerializeAsString(), "a span printed is read the same");
    Demand(span->amount() <= kSpanAmountMax, "a span is bounded");
  } else {
    DemandGoodError(span.status(), "", Quotes::kNamesOnly);
  }
  for (const auto& parse : {ParseCommandId, ParseActorId, ParseSystemName, ParseName, ParseItemId}) {
    if (const auto name = parse(text); !name.ok()) DemandGoodError(name.status());
  }
  v1::ExternalReference reference;
  reference.set_system("d365");
  reference.set_value(std::string(text));
  if (const absl::Status checked = CheckReference(reference); !checked.ok()) DemandGoodError(checked, "d365");
  return 0;
}

}  // namespace caseward::fuzz
