// What the system tells others about the golden history: the feed, as other systems parse it; the explanation of a case
// and of a due time, as people read them.
//
//   feed.<form>.<generation>.golden   the first item of each type. Another form of an old event is another kFeedForm.
//   *.txt                             texts; changing one is no drift, but is reviewed as such
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/explain.h"
#include "engine/directory/directory.h"
#include "engine/partition/reader.h"
#include "engine/partition/records.h"
#include "gtest/gtest.h"
#include "services/cli/program.h"
#include "services/cli/text.h"
#include "services/host/feed.h"
#include "storage/memory_state_store.h"
#include "storage/openssl_hasher.h"
#include "tests/support/golden/golden_history.h"

namespace caseward::test {
namespace {

constexpr char kFolder[] = "tests/golden/texts";

std::vector<v1::Decision> DecisionsOf(int generation) {
  std::vector<v1::Decision> decisions;
  for (const auto& [place, raw] : RecordsOf(GoldenFile(GoldenHistoryPath(generation)))) {
    const absl::Status parsed = ParseRecord(raw, place.first, place.second, decisions.emplace_back());
    EXPECT_TRUE(parsed.ok()) << parsed;
  }
  return decisions;
}

std::shared_ptr<const Directory> DirectoryOf(const std::vector<v1::Decision>& decisions) {
  std::shared_ptr<const Directory> directory = Directory::Empty();
  for (const v1::Decision& decision : decisions) {
    if (decision.partition() != 0) continue;
    for (const v1::Event& event : decision.accepted().events()) {
      directory = directory->With(event, ToTime(decision.recorded_at()), decision.actor(), decision.sequence());
    }
  }
  return directory;
}

TEST(GoldenFeed, EveryTypeIsAsItWas) {
  for (const int generation : GoldenHistoryGenerations()) {
    const std::vector<v1::Decision> decisions = DecisionsOf(generation);
    const std::shared_ptr<const Directory> directory = DirectoryOf(decisions);
    const auto step_of = [&](std::string_view pack, uint32_t version, std::string_view step) -> const v1::StepType* {
      const CompiledPack* compiled = directory->Pack(pack, version);
      if (compiled == nullptr) return nullptr;
      for (const v1::StepType& type : compiled->source().steps()) {
        if (type.id() == step) return &type;
      }
      return nullptr;
    };
    GoldenFile file(StrCat(kFolder, "/feed.", kFeedForm, ".", generation, ".golden"));
    std::set<std::string> seen;
    for (const v1::Decision& decision : decisions) {
      for (const v1::SubscribeResponse& item : FeedForm(decision, "test-log", step_of)) {
        if (!seen.insert(item.type()).second) continue;
        file.Expect({.name = item.type(),
                     .comment = StrCat("of record ", decision.partition(), "/", decision.sequence(), ", item ",
                                       item.index(), ", form ", item.feed_form()),
                     .bytes = DeterministicBytes(item)});
      }
    }
    EXPECT_TRUE(seen.contains(std::string(kOpaqueType)));
    if (!HasFailure()) file.Append();
  }
}

std::string Told(const v1::CaseExplanation& explanation) {
  std::ostringstream out;
  for (const v1::ClockExplanation& clock : explanation.clocks()) {
    out << clock.clock().clock() << "  " << cli::Name(clock.clock().status()) << "  due before "
        << cli::Instant(clock.clock().due_exclusive()) << "  (" << clock.title() << ", " << clock.catalogue() << ", "
        << clock.clause() << ", " << cli::Name(clock.provenance()) << ")\n";
    for (const std::string& line : clock.lines())
      out << "    " << line << "\n";
  }
  for (const v1::Refusal& refusal : explanation.closing_blocked_by()) {
    out << "closing ";
    cli::PrintRefusal(out, refusal);
  }
  for (const v1::ChecklistItemView& item : explanation.checklist())
    out << "item " << item.id() << "  "
        << (item.waived()   ? "waived"
            : item.passed() ? "passed"
                            : "open")
        << "  " << item.say() << "\n";
  out << "may sign: " << absl::StrJoin(explanation.who_may_sign(), ", ") << "\n";
  return out.str();
}

TEST(GoldenTexts, TheExplanationOfEachCaseOfAPartition) {
  constexpr uint32_t kPartition = 1;
  const int generation = GoldenHistoryGenerations().back();
  const std::vector<v1::Decision> decisions = DecisionsOf(generation);
  const std::shared_ptr<const Directory> directory = DirectoryOf(decisions);
  const OpensslHasher hasher;
  MemoryStateStore store;
  const RawRecords records = RecordsOf(GoldenFile(GoldenHistoryPath(generation)));
  ASSERT_TRUE(ReplayPartition(records, kPartition, store, hasher).ok());
  const PartitionReader reader(kPartition, store);
  v1::Actor asker;
  asker.set_id("may");
  asker.set_kind(v1::Actor::KIND_STAFF);
  asker.add_roles("manager");

  std::string told;
  const absl::Status listed = reader.ListCases("", [&](v1::CaseState&& state) {
    const CompiledPack* pack = directory->Pack(state.pack_id(), state.pack_version());
    const WorkingCalendar* calendar = directory->NewestCalendar("golden");
    if (pack == nullptr || calendar == nullptr) {
      ADD_FAILURE() << "the golden pack and calendar are not usable";
      return false;
    }
    const PartitionReader::Lines lines = reader.LinesOf(state.case_id());
    const CaseContext context{.pack = *pack,
                              .calendar = *calendar,
                              .hasher = hasher,
                              .actor = asker,
                              .now = ToTime(state.updated_at()) + absl::Hours(1),
                              .lines = &lines,
                              .case_id = state.case_id(),
                              .resident_id = state.main_resident_id()};
    const v1::CaseExplanation explanation = ExplainCase(
        state, context, [&](std::string_view id, uint32_t version) { return directory->Calendar(id, version); });
    told += StrCat(state.case_id(), "  ", cli::Name(state.phase()), "\n", Told(explanation), "\n");
    return true;
  });

  ASSERT_TRUE(listed.ok()) << listed;
  ExpectGoldenText(StrCat(kFolder, "/explanation.", generation, ".txt"), told);
}

TEST(Texts, AnAgreementSaysUntilWhenAndWhenItIsLookedAtAgain) {
  v1::AgreementState agreement;
  SetTimestamp(absl::FromUnixSeconds(1'796'083'200), agreement.mutable_agreement()->mutable_until());
  EXPECT_EQ(cli::Standing(agreement), "until 2026-12-01T00:00:00Z");
  SetTimestamp(absl::FromUnixSeconds(1'780'272'000), agreement.mutable_agreement()->mutable_review_by());
  EXPECT_EQ(cli::Standing(agreement), "until 2026-12-01T00:00:00Z, looked at again by 2026-06-01T00:00:00Z");
  agreement.set_suspended(true);
  agreement.set_reason_code("breach_found");
  EXPECT_EQ(cli::Standing(agreement), "suspended (breach_found)");
}

TEST(GoldenTexts, CalendarDue) {
  std::ostringstream out;
  for (const char* within : {"3 working_days", "6 business_hours", "36 hours", "4 days", "1 month"}) {
    for (const bool json : {false, true}) {
      std::vector<std::string> arguments = {
          "calendar", "due", "--calendar", StrCat(kFolder, "/calendar.yaml"), "--from", "2026-04-01T15:30:00Z",
          "--within", within};
      if (json) arguments.emplace_back("--json");
      out << "$ caseward " << absl::StrJoin(arguments, " ") << "\n";
      std::istringstream in;
      std::ostringstream err;
      ASSERT_EQ(cli::RunProgram(arguments, {.in = in, .out = out, .err = err}), 0) << err.str();
      out << "\n";
    }
  }
  ExpectGoldenText(StrCat(kFolder, "/calendar_due.txt"), out.str());
}

}  // namespace
}  // namespace caseward::test
