// What is logged is kept for ever. These tests hold its bytes: today's code must make the same records of the same
// script, and must make of old records the state it made of them then.
//
//   history.<generation>.golden   the records, the data keys and the Merkle roots: never changed
//   history.<generation>.state    the digest of state after each record, and a key of each kind
//
// The newest generation is what today's code makes. Older ones were made by older code and must still be understood.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/base/words.h"
#include "engine/partition/apply.h"
#include "engine/partition/records.h"
#include "engine/policy/verbs.h"
#include "gtest/gtest.h"
#include "storage/local_key_vault.h"
#include "storage/memory_event_log.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/support/golden/golden_file.h"
#include "tests/support/golden/golden_history.h"

namespace caseward::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kFolder[] = "tests/golden/records";

std::string StatePath(int generation) { return StrCat(kFolder, "/history.", generation, ".state"); }

v1::Decision Parsed(std::string_view raw, uint32_t partition, uint64_t sequence) {
  v1::Decision decision;
  const absl::Status parsed = ParseRecord(raw, partition, sequence, decision);
  EXPECT_TRUE(parsed.ok()) << parsed;
  return decision;
}

// "2026-03-02T09:10:00Z olu contact: contact_made, clock_met".
std::string Describe(const v1::Decision& decision) {
  std::vector<std::string> what;
  for (const v1::Event& event : decision.accepted().events())
    what.emplace_back(EventName(event.kind_case()));
  if (decision.has_refusal()) what.push_back("refused by " + decision.refusal().rule());
  if (decision.has_genesis()) what.push_back("genesis");
  if (decision.has_owner_claimed()) what.push_back("owner_claimed");
  if (decision.has_intake_noted()) what.push_back("intake_noted");
  const std::string_view verb = VerbName(decision.command().verb_case());
  return StrCat(FormatInstant(ToTime(decision.recorded_at())), " ", decision.actor().id(), " ", verb,
                verb.empty() ? "" : ": ", absl::StrJoin(what, ", "));
}

std::string RecordName(uint32_t partition, uint64_t sequence) { return StrCat("record ", partition, "/", sequence); }

// Applies records of one partition to an empty state, one by one.
class Replay {
 public:
  explicit Replay(uint32_t partition) : partition_(partition) {}

  void Apply(uint64_t sequence, const std::string& raw) {
    const absl::Status replayed =
        ReplayRecord(applier_, store_, partition_, sequence, raw, [this](const StateBatch& batch) {
          for (const StateBatch::Entry& entry : batch.entries()) {
            constexpr size_t kKind = 2;  // after the partition's two bytes
            if (kinds_.insert(entry.key.at(kKind)).second) fresh_.push_back(entry.key);
          }
        });
    ASSERT_TRUE(replayed.ok()) << replayed;
  }
  std::string digest() const { return applier_.digest().Bytes(); }
  std::string root() const { return std::string(AsBytes(applier_.merkle().Root(hasher_))); }
  // Keys of a kind not seen before, since the last call.
  std::vector<std::string> TakeFreshKinds() { return std::exchange(fresh_, {}); }

 private:
  const uint32_t partition_;
  MemoryStateStore store_;
  OpensslHasher hasher_;
  Applier applier_{partition_, {}, {.store = store_, .hasher = hasher_}};
  std::set<char> kinds_;
  std::vector<std::string> fresh_;
};

// The first of these makes what the others read, when golden files are being written.
TEST(GoldenRecords, TodaysCodeMakesTheSameBytesOfTheSameScript) {
  const std::vector<int> generations = GoldenHistoryGenerations();
  ASSERT_FALSE(generations.empty());
  GoldenFile file(GoldenHistoryPath(generations.back()));

  const GoldenHistory history = PlayGoldenHistory();

  std::set<uint32_t> drifted;  // what follows a record that is another is another too
  for (const auto& [place, raw] : history.records) {
    const auto [partition, sequence] = place;
    if (drifted.contains(partition)) continue;
    const v1::Decision now = Parsed(raw, partition, sequence);
    const std::string name = RecordName(partition, sequence);
    if (file.Expect({.name = name, .comment = Describe(now), .bytes = raw})) continue;
    drifted.insert(partition);
    if (const GoldenFile::Entry* kept = file.Find(name)) {
      ADD_FAILURE() << "was: " << Parsed(kept->bytes, partition, sequence).ShortDebugString()
                    << "\nnow: " << now.ShortDebugString();
    }
  }
  for (const auto& [place, raw] : RecordsOf(file))
    EXPECT_TRUE(history.records.contains(place)) << RecordName(place.first, place.second) << " is made no more";
  for (const auto& [id, wrapped] : history.keys)
    file.Expect({.name = "key " + id, .comment = "wrapped by the twin's master key", .bytes = wrapped});
  if (!HasFailure()) file.Append();
}

TEST(GoldenRecords, OldBytesGiveTheStateTheyGaveThen) {
  for (const int generation : GoldenHistoryGenerations()) {
    GoldenFile file(GoldenHistoryPath(generation));
    GoldenFile state(StatePath(generation));
    std::map<uint32_t, Replay> replays;
    std::map<uint32_t, uint64_t> ends;
    std::map<uint32_t, std::string> roots;
    bool same = true;
    for (const auto& [place, raw] : RecordsOf(file)) {
      const auto [partition, sequence] = place;
      Replay& replay = replays.try_emplace(partition, partition).first->second;
      ASSERT_NO_FATAL_FAILURE(replay.Apply(sequence, raw)) << RecordName(partition, sequence);
      same = same && state.Expect({.name = StrCat("after ", partition, "/", sequence),
                                   .comment = absl::BytesToHexString(replay.digest()),
                                   .bytes = replay.digest()});
      for (const std::string& key : replay.TakeFreshKinds()) {
        state.Expect(
            {.name = StrCat("key ", partition, " ", key.substr(2, 1)), .comment = absl::CEscape(key), .bytes = key});
      }
      ends[partition] = sequence;
      roots[partition] = replay.root();
      const GoldenFile::Entry* kept = file.Find(StrCat("root ", partition, "/", sequence));
      if (kept != nullptr) {
        EXPECT_EQ(kept->bytes, replay.root());
      }
    }
    for (const auto& [partition, end] : ends) {
      file.Expect({.name = StrCat("root ", partition, "/", end),
                   .comment = absl::BytesToHexString(roots[partition]),
                   .bytes = roots[partition]});
    }
    EXPECT_EQ(replays.size(), kGoldenPartitions) << "generation " << generation;
    if (HasFailure()) return;
    file.Append();
    state.Append();
  }
}

TEST(GoldenRecords, OldBytesAreReadWholeAndHoldNoWordsInClear) {
  for (const int generation : GoldenHistoryGenerations()) {
    for (const auto& [place, raw] : RecordsOf(GoldenFile(GoldenHistoryPath(generation)))) {
      const v1::Decision decision = Parsed(raw, place.first, place.second);
      EXPECT_EQ(DeterministicBytes(decision), raw) << RecordName(place.first, place.second);
      EXPECT_FALSE(HasText(decision)) << RecordName(place.first, place.second);
    }
  }
}

// A vault that finds the golden keys in its log.
struct VaultOfGolden {
  explicit VaultOfGolden(const GoldenFile& file) {
    Round round;
    round.term = *log.Claim(0, "golden");
    for (const GoldenFile::Entry& entry : file.entries()) {
      if (entry.name.starts_with("key "))
        round.keys.push_back({.key_id = entry.name.substr(4), .wrapped = entry.bytes});
    }
    log.AppendRound(0, std::move(round), [](AppendResult) {});
    vault = MakeSeededKeyVault(log, kGoldenVaultSeed);
  }
  MemoryEventLog log{1};
  std::unique_ptr<LocalKeyVault> vault;
};

TEST(GoldenRecords, OldKeysOpenOldWordsAndOldHeadsAreStillVerified) {
  for (const int generation : GoldenHistoryGenerations()) {
    const GoldenFile file(GoldenHistoryPath(generation));
    const VaultOfGolden golden(file);
    std::set<std::string> opened;
    int erased = 0;
    int heads = 0;
    for (const auto& [place, raw] : RecordsOf(file)) {
      v1::Decision decision = Parsed(raw, place.first, place.second);
      const absl::Status read = ForEachWords(decision, [&](v1::Words& words) {
        if (words.sealed().empty()) return absl::OkStatus();
        const absl::StatusOr<std::string> text = golden.vault->Open(words.key_id(), words.sealed());
        if (text.ok()) opened.insert(*text);
        if (absl::IsNotFound(text.status())) ++erased;
        return text.ok() || absl::IsNotFound(text.status()) ? absl::OkStatus() : text.status();
      });
      EXPECT_TRUE(read.ok()) << RecordName(place.first, place.second) << ": " << read;
      if (!decision.command().has_sign_head()) continue;
      const v1::SignHead& head = decision.command().sign_head();
      const std::string signed_bytes = HeadBytes("test-log", place.first, head.tree_size(), head.root());
      EXPECT_TRUE(golden.vault->Verify(head.key_id(), signed_bytes, head.signature()).ok());
      ++heads;
    }
    EXPECT_TRUE(opened.contains("Two officers called."));
    EXPECT_GT(erased, 0);
    EXPECT_GT(heads, 0);
  }
}

// The alternatives of every oneof the message holds, and the values of its enums, at any depth.
void CollectKinds(const Message& message, std::set<std::string>& kinds) {
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->real_containing_oneof() != nullptr) kinds.insert(field->full_name());
    if (field->enum_type() != nullptr && !field->is_repeated())
      kinds.insert(reflection.GetEnum(message, field)->full_name());
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 0;
    for (int i = 0; i < count; ++i)
      CollectKinds(reflection.GetRepeatedMessage(message, field, i), kinds);
    if (!field->is_repeated()) CollectKinds(reflection.GetMessage(message, field), kinds);
  }
}

TEST(GoldenRecords, EveryVerbEventAndOutcomeIsThere) {
  std::set<std::string> found;
  for (const int generation : GoldenHistoryGenerations()) {
    for (const auto& [place, raw] : RecordsOf(GoldenFile(GoldenHistoryPath(generation))))
      CollectKinds(Parsed(raw, place.first, place.second), found);
  }

  std::vector<std::string> missing;
  const auto expect_all = [&](const google::protobuf::OneofDescriptor& oneof) {
    for (int i = 0; i < oneof.field_count(); ++i) {
      if (!found.contains(oneof.field(i)->full_name())) missing.push_back(oneof.field(i)->full_name());
    }
  };
  expect_all(*v1::Command::descriptor()->FindOneofByName("verb"));
  expect_all(*v1::Event::descriptor()->FindOneofByName("kind"));
  expect_all(*v1::Decision::descriptor()->FindOneofByName("outcome"));
  expect_all(*v1::FieldValue::descriptor()->FindOneofByName("kind"));
  const google::protobuf::EnumDescriptor& kinds = *v1::Actor::Kind_descriptor();
  for (int i = 1; i < kinds.value_count(); ++i) {
    if (!found.contains(kinds.value(i)->full_name())) missing.push_back(kinds.value(i)->full_name());
  }
  EXPECT_TRUE(missing.empty())
      << "in no golden record, so give each an act in tests/support/golden/golden_history.cc:\n  "
      << absl::StrJoin(missing, "\n  ");
}

}  // namespace
}  // namespace caseward::test
