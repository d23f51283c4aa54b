#include "engine/base/ids.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storage/openssl_hasher.h"

namespace caseward {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

CaseId Derive(uint32_t partition, const std::string& principal, const std::string& command_id) {
  return DeriveCaseId(OpensslHasher(), partition, principal, command_id);
}

// Without the prefix and the hyphens.
std::string Symbols(const CaseId& id) {
  std::string symbols;
  for (const char c : id.string().substr(2)) {
    if (c != '-') symbols.push_back(c);
  }
  return symbols;
}

TEST(Ids, HaveTheFormThatPeopleReadOverAPhone) {
  const CaseId id = Derive(3, "ann", "c-1");

  ASSERT_EQ(id.string().size(), 20U);
  EXPECT_EQ(id.string().substr(0, 5), "C-03-");
  EXPECT_EQ(id.string()[11], '-');
  EXPECT_EQ(id.string()[18], '-');
  EXPECT_EQ(Symbols(id).size(), 15U);
  EXPECT_EQ(Symbols(id).find_first_not_of(kAlphabet), std::string::npos);
}

// Golden: an id that was given once must be given for ever.
TEST(Ids, AreTheSameForTheSamePrincipalAndCommand) {
  EXPECT_EQ(Derive(3, "ann", "c-1").string(), "C-03-RFFX3W-EZQCYQ-Z");
  EXPECT_EQ(DeriveResidentId(OpensslHasher(), 3, "ann", "c-1").string(), "R-03-K3N8F7-MSXJ4V-M");
  EXPECT_EQ(Derive(3, "ann", "c-1"), Derive(3, "ann", "c-1"));
}

TEST(Ids, DifferByPrincipalCommandPartitionAndKind) {
  std::set<std::string> symbols;
  symbols.insert(Symbols(Derive(3, "ann", "c-1")));
  symbols.insert(Symbols(Derive(3, "bob", "c-1")));
  symbols.insert(Symbols(Derive(3, "ann", "c-2")));
  symbols.insert(Symbols(Derive(4, "ann", "c-1")));
  symbols.insert(Symbols(Derive(3, "annc", "-1")));
  EXPECT_EQ(symbols.size(), 5U);
  // Nor does a case share its symbols with the stand-in of its report.
  const ResidentId resident = DeriveResidentId(OpensslHasher(), 3, "ann", "c-1");
  EXPECT_NE(resident.string().substr(1), Derive(3, "ann", "c-1").string().substr(1));
  static_assert(!std::is_convertible_v<CaseId, ResidentId> && !std::is_convertible_v<ResidentId, CaseId>);
}

TEST(Ids, CarryTheirPartition) {
  for (const uint32_t partition : {0U, 1U, 31U, 32U, 1000U, kPartitionsMax - 1}) {
    const CaseId id = Derive(partition, "ann", "c-1");
    EXPECT_EQ(PartitionOf(id), partition);
    EXPECT_EQ(PartitionOf(*CaseId::Parse(id.string())), partition);
  }
  EXPECT_EQ(Derive(1023, "ann", "c-1").string().substr(0, 5), "C-ZZ-");
}

TEST(Ids, ManyAreAllDifferentAndAllParse) {
  absl::flat_hash_set<CaseId> ids;
  for (int i = 0; i < 20'000; ++i) {
    const CaseId id = Derive(7, "ann", "c-" + std::to_string(i));
    ASSERT_EQ(*CaseId::Parse(id.string()), id);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 20'000U);
}

TEST(Ids, ParseForgivesWhatPeopleDo) {
  const CaseId id = *CaseId::Parse("C-03-RFFX3W-EZQCYQ-Z");
  const std::string symbols = Symbols(id);
  std::string lower = "c-" + symbols;
  for (char& c : lower)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string spelled;
  for (const char c : symbols)
    spelled += std::string("-") + c;

  EXPECT_EQ(*CaseId::Parse(lower), id);
  EXPECT_EQ(*CaseId::Parse("C" + spelled + "-"), id);
  EXPECT_EQ(*CaseId::Parse("C-" + symbols), id);
}

TEST(Ids, ParseReadsLettersThatLookLikeDigitsAsDigits) {
  // An id with both a 0 and a 1 outside its partition.
  int tried = 0;
  for (int i = 0; tried < 20; ++i) {
    const CaseId id = Derive(0, "ann", "o-" + std::to_string(i));
    const std::string symbols = Symbols(id);
    if (symbols.find('1') == std::string::npos) continue;
    ++tried;
    for (const char zero : {'o', 'O'}) {
      for (const char one : {'i', 'I', 'l', 'L'}) {
        std::string text = symbols;
        for (char& c : text)
          c = c == '0' ? zero : c == '1' ? one : c;
        EXPECT_EQ(*CaseId::Parse("C-" + text), id) << text;
      }
    }
  }
}

TEST(Ids, EverySingleWrongSymbolIsFound) {
  for (int i = 0; i < 50; ++i) {
    const std::string symbols = Symbols(Derive(5, "ann", "s-" + std::to_string(i)));
    for (size_t at = 0; at < symbols.size(); ++at) {
      for (const char wrong : kAlphabet) {
        if (wrong == symbols[at]) continue;
        std::string text = symbols;
        text[at] = wrong;
        EXPECT_TRUE(absl::IsInvalidArgument(CaseId::Parse("C-" + text).status())) << symbols << " as " << text;
      }
    }
  }
}

TEST(Ids, EverySwapOfNeighboursIsFound) {
  int swaps = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string symbols = Symbols(Derive(5, "ann", "t-" + std::to_string(i)));
    for (size_t at = 0; at + 1 < symbols.size(); ++at) {
      if (symbols[at] == symbols[at + 1]) continue;
      std::string text = symbols;
      std::swap(text[at], text[at + 1]);
      EXPECT_TRUE(absl::IsInvalidArgument(CaseId::Parse("C-" + text).status())) << symbols << " as " << text;
      ++swaps;
    }
  }
  EXPECT_GT(swaps, 2000);
}

TEST(Ids, ParseRefusesWhatIsNoIdAndSaysWhy) {
  const std::string good = Derive(3, "ann", "c-1").string();
  const std::string expected = "expected an id such as C-03-7K2M9Q-VT4XW1-V; found ";
  struct Bad {
    std::string text, found;
  };
  for (const Bad& bad : std::vector<Bad>{
           {"", "text that begins otherwise"},
           {"C", "text that begins otherwise"},
           {"R" + good.substr(1), "text that begins otherwise"},
           {good.substr(2), "text that begins otherwise"},
           {"C-", "0 symbols instead of 15"},
           {good.substr(0, 19), "14 symbols instead of 15"},
           {good + "0", "16 symbols instead of 15"},
           {"C-U3" + good.substr(4), "a character at 2 that ids do not use"},
           {good + " ", "a character at 20 that ids do not use"},
           {good + std::string(1, '\0'), "a character at 20 that ids do not use"},
           {good + std::string(60, '-'), "80 characters"},
       }) {
    const absl::Status status = CaseId::Parse(bad.text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << bad.text;
    EXPECT_EQ(status.message(), expected + bad.found) << bad.text;
  }
}

TEST(Ids, TheExampleInTheMessageIsAnId) { EXPECT_TRUE(CaseId::Parse("C-03-7K2M9Q-VT4XW1-V").ok()); }

TEST(Partitions, SpreadOverAllButTheDirectorys) {
  const OpensslHasher hasher;
  std::vector<int> residents(8), references(8);
  v1::ExternalReference reference;
  reference.set_system("d365");
  for (int i = 0; i < 7000; ++i) {
    reference.set_value(std::to_string(i));
    ++residents[HomePartition(hasher, "key " + std::to_string(i), 8)];
    ++references[ReferencePartition(hasher, reference, 8)];
  }
  EXPECT_EQ(residents[0] + references[0], 0);
  for (size_t p = 1; p < 8; ++p) {
    EXPECT_NEAR(residents[p], 1000, 200) << p;
    EXPECT_NEAR(references[p], 1000, 200) << p;
  }
}

TEST(Partitions, OfASmallLog) {
  const OpensslHasher hasher;
  v1::ExternalReference reference;
  EXPECT_EQ(HomePartition(hasher, "x", 1), 0U);
  EXPECT_EQ(HomePartition(hasher, "x", 2), 1U);
  EXPECT_EQ(ReferencePartition(hasher, reference, 1), 0U);
}

TEST(Partitions, OfAReferenceKeepSystemAndValueApart) {
  const OpensslHasher hasher;
  v1::ExternalReference ab_c, a_bc;
  ab_c.set_system("ab");
  ab_c.set_value("c");
  a_bc.set_system("a");
  a_bc.set_value("bc");
  // Of many partitions: the same place would be chance.
  EXPECT_NE(ReferencePartition(hasher, ab_c, kPartitionsMax), ReferencePartition(hasher, a_bc, kPartitionsMax));
}

}  // namespace
}  // namespace caseward
