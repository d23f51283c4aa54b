// The difference is of meaning: what was added, taken away or changed, said by id.
#include "services/study/pack_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/packs/pack_reader.h"

namespace caseward {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kComparedPack[] = R"(
id: small
title: Small
calendar: england_and_wales
roles: {clerk: {tier: 1}, chief: {tier: 2}}
case_types: {noise: {title: Noise, priority: P3}}
clocks:
  answer: {title: Answered, starts_on: [case_reported], stops_on: [contact_made], within: {P1: 1 day, any: 2 days}}
rules:
  - {id: R-1, title: First, on: [plan], when: {flag: hate}, say: No.}
  - {id: R-2, title: Second, on: [plan, promise], say: No., need: {priority: P1}}
)";

v1::Pack Read(std::string text, const std::string& what = "", const std::string& with = "") {
  if (!what.empty()) text.replace(text.find(what), what.size(), with);
  const PackReading reading = ReadPackText(text, "small.yaml");
  for (const FileProblem& problem : reading.problems)
    ADD_FAILURE() << FormatProblem(problem);
  return reading.pack;
}
std::vector<std::string> Diff(const v1::Pack& before, const v1::Pack& after) {
  std::vector<std::string> out;
  for (const PackChange& change : DiffPacks(before, after))
    out.push_back(SayChange(change));
  return out;
}

TEST(PackDiff, NothingDiffersFromItself) { EXPECT_THAT(Diff(Read(kComparedPack), Read(kComparedPack)), IsEmpty()); }

TEST(PackDiff, SaysWhatChanged) {
  EXPECT_THAT(Diff(Read(kComparedPack), Read(kComparedPack, "P1: 1 day", "P1: 3 days")),
              ElementsAre("changed  clock answer: within[0].span 1 day -> 3 days"));
  EXPECT_THAT(Diff(Read(kComparedPack), Read(kComparedPack, "{flag: hate}", "{all: [{flag: hate}, {priority: P1}]}")),
              ElementsAre("changed  rule R-1: when {flag: hate} -> {all: [{flag: hate}, {priority: {any_of: [p1]}}]}"));
  EXPECT_THAT(Diff(Read(kComparedPack), Read(kComparedPack, "on: [plan, promise]", "on: [plan]")),
              ElementsAre("changed  rule R-2: on [plan, promise] -> [plan]"));
  EXPECT_THAT(Diff(Read(kComparedPack), Read(kComparedPack, "chief: {tier: 2}", "chief: {tier: 3}")),
              ElementsAre("changed  role chief: tier 2 -> 3"));
  EXPECT_THAT(Diff(Read(kComparedPack), Read(kComparedPack, "calendar: england_and_wales", "calendar: netherlands")),
              ElementsAre("changed  pack: calendar england_and_wales -> netherlands"));
}

TEST(PackDiff, SaysWhatCameAndWent) {
  const std::string renamed = "  - {id: R-3, title: Third, on: [plan], when: {flag: hate}, say: No.}\n";
  EXPECT_THAT(
      Diff(Read(kComparedPack),
           Read(kComparedPack, "  - {id: R-1, title: First, on: [plan], when: {flag: hate}, say: No.}\n", renamed)),
      ElementsAre("removed  rule R-1", "added    rule R-3: Third"));
}

TEST(PackDiff, OrderMakesNoDifference) {
  v1::Pack turned = Read(kComparedPack);
  turned.mutable_rules()->SwapElements(0, 1);
  EXPECT_THAT(Diff(Read(kComparedPack), turned), IsEmpty());
}

}  // namespace
}  // namespace caseward
