// Every refusal by code and every fault with a name has a page for whoever meets it, and every page its place in code.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace caseward {
namespace {

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "C-phase", "L12": as the sources quote them. A fault with a name begins with it: "C-retry-expired: command id ...".
void AddNames(const std::string& text, std::set<std::string>& names) {
  static const std::regex name("\"(C-[a-z]+(?:-[a-z]+)*|L[0-9]+)(?:\"|: )");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), name); at != std::sregex_iterator(); ++at)
    names.insert((*at)[1]);
}

std::set<std::string> RulesInCode() {
  std::set<std::string> rules;
  for (const char* folder : {"engine", "storage", "services"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".cc" || entry.path().extension() == ".h") AddNames(TextOf(entry.path()), rules);
    }
  }
  return rules;
}

TEST(ErrorPages, NamesAreFoundHoweverTheyAreQuoted) {
  std::set<std::string> names;
  AddNames(
      R"(Refuse("C-phase", x); Alert("L12"); StrCat("C-retry-expired: command id ", id); // C-comment "see C-text")",
      names);
  EXPECT_EQ(names, (std::set<std::string>{"C-phase", "C-retry-expired", "L12"}));
}

TEST(ErrorPages, EveryRuleInCodeHasAPage) {
  const std::set<std::string> rules = RulesInCode();
  ASSERT_GT(rules.size(), 30U) << "the test runs in the source tree";
  for (const std::string& rule : rules) {
    const std::string page = TextOf("docs/errors/" + rule + ".md");
    EXPECT_EQ(page.rfind("# " + rule + ": ", 0), 0U) << "docs/errors/" << rule << ".md is missing or has another title";
    EXPECT_NE(page.find("\n## What it means\n"), std::string::npos) << rule;
    EXPECT_NE(page.find("\n## What to do\n"), std::string::npos) << rule;
  }
}

TEST(ErrorPages, EveryPageHasARuleInCodeAndAPlaceInTheIndex) {
  const std::set<std::string> rules = RulesInCode();
  const std::string index = TextOf("docs/errors/README.md");
  size_t pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator("docs/errors")) {
    const std::string name = entry.path().stem().string();
    if (name == "README") continue;
    ++pages;
    EXPECT_TRUE(rules.contains(name)) << "no source says " << name;
    EXPECT_NE(index.find("[" + name + "](" + name + ".md)"), std::string::npos) << name << " is not in the index";
  }
  EXPECT_EQ(pages, rules.size());
}

}  // namespace
}  // namespace caseward
