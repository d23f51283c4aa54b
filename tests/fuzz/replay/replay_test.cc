// The fuzz rung: the corpus, and a fixed number of mutations of each seed. The same inputs every time.
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fuzz/corpus.h"

namespace caseward::fuzz {

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

constexpr int kShownMax = 5;

class Fuzz : public ::testing::TestWithParam<Target> {
 protected:
  void SetUp() override {
    for (const std::string& fault : faults_)
      ADD_FAILURE() << fault;
    ASSERT_GT(corpus_.size(), 0u) << "expected a seed in " << kCorpusFolder << "/" << GetParam().name;
  }
  void Try(const std::string& name, const std::string& input) {
    for (const std::string& one : RunInput(GetParam(), name, input)) {
      if (++broken_ <= kShownMax) ADD_FAILURE() << one;
    }
  }
  std::vector<std::string> faults_;
  const Corpus corpus_{GetParam(), faults_};
  int broken_ = 0;
};

TEST_P(Fuzz, EverySeedKeepsThePromises) {
  for (size_t seed = 0; seed < corpus_.size(); ++seed)
    Try(corpus_.SeedName(seed), *corpus_.Input(corpus_.SeedName(seed)));
  Try("(nothing)", "");
}

TEST_P(Fuzz, MutationsOfEverySeedKeepThePromises) {
  for (size_t seed = 0; seed < corpus_.size(); ++seed) {
    for (int number = 0; number < GetParam().mutations; ++number) {
      Try(corpus_.SeedName(seed) + "~" + std::to_string(number), corpus_.Mutation(seed, static_cast<uint64_t>(number)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, ::testing::ValuesIn(Targets()),
                         [](const ::testing::TestParamInfo<Target>& param) { return param.param.name; });

TEST(FuzzCorpus, EveryFolderOfSeedsHasATarget) {
  std::set<std::string> names;
  for (const Target& target : Targets())
    names.insert(target.name);
  for (const auto& entry : std::filesystem::directory_iterator(kCorpusFolder))
    EXPECT_TRUE(names.contains(entry.path().filename().string())) << entry.path();
}

TEST(FuzzCorpus, AMutationIsTheSameEveryTimeAndNotTheSeed) {
  std::vector<std::string> faults;
  const Target& target = Targets().front();
  const Corpus corpus(target, faults);
  int changed = 0;
  for (uint64_t number = 0; number < 100; ++number) {
    const std::string name = corpus.SeedName(0) + "~" + std::to_string(number);
    EXPECT_EQ(corpus.Mutation(0, number), corpus.Input(name));
    changed += corpus.Mutation(0, number) != corpus.Input(corpus.SeedName(0));
  }
  EXPECT_GT(changed, 90);
}

TEST(FuzzPromises, ABrokenPromiseIsReported) {
  const Target quoting{.name = "quoting", .run = [](Bytes bytes) {
                         DemandGoodError(absl::InvalidArgumentError(std::string(TextOf(bytes))));
                         return 0;
                       }};
  EXPECT_EQ(RunInput(quoting, "plain", "line 3: expected a name").size(), 0u);
  EXPECT_EQ(RunInput(quoting, "quoted", "line 3: found Zebedee").size(), 1u);
  EXPECT_EQ(RunInput(quoting, "silent", "").size(), 1u);
}

}  // namespace
}  // namespace caseward::fuzz
