// Every refusal by code has a page for whoever meets it, and every page a refusal.
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

// "C-phase", "L12": as the sources of the engine quote them.
std::set<std::string> RulesInCode() {
  static const std::regex rule("\"(C-[a-z]+(?:-[a-z]+)*|L[0-9]+)\"");
  std::set<std::string> rules;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("engine")) {
    if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") continue;
    const std::string text = TextOf(entry.path());
    for (auto at = std::sregex_iterator(text.begin(), text.end(), rule); at != std::sregex_iterator(); ++at)
      rules.insert((*at)[1]);
  }
  return rules;
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
    EXPECT_TRUE(rules.contains(name)) << "no source of the engine refuses with " << name;
    EXPECT_NE(index.find("[" + name + "](" + name + ".md)"), std::string::npos) << name << " is not in the index";
  }
  EXPECT_EQ(pages, rules.size());
}

}  // namespace
}  // namespace caseward
