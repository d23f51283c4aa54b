// What a verb takes, as its help says it: the one door to the parser of command lines (CLI11), whose header is dearer
// to read than all that a verb says. Only syntax.cc, verb.cc and program.cc read it.
//
//   Syntax verb = verbs.Verb(group, "list", "Cases, newest first", ...);
//   verb.Add("--limit", options->limit, "At most this many").Within(1, 1000).ShowDefault();
//   verb.Flag("--all", options->all, "Closed ones too");
//
// A value is written when the command line was parsed, so it must live as long as the program. Copies mean the same
// verb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace caseward::cli {

// An option or a positional argument, to say more of it. Each returns the option itself.
class OptionSyntax {
 public:
  explicit OptionSyntax(CLI::Option& option) : option_(option) {}

  const OptionSyntax& Required() const;
  // The help shows the value that it has now.
  const OptionSyntax& ShowDefault() const;
  const OptionSyntax& OneOf(const std::vector<std::string>& words) const;
  const OptionSyntax& Within(int least, int most) const;
  const OptionSyntax& Within(double least, double most) const;
  // A list may be one word, divided by this.
  const OptionSyntax& DividedBy(char delimiter) const;
  const OptionSyntax& Exactly(int values) const;
  // Makes no sense without the other.
  const OptionSyntax& Needs(const OptionSyntax& other) const;

 private:
  CLI::Option& option_;
};

class Syntax {
 public:
  explicit Syntax(CLI::App& app) : app_(app) {}

  // "--name" or, in capitals, a positional argument.
  OptionSyntax Add(const std::string& name, std::string& value, const std::string& help) const;
  OptionSyntax Add(const std::string& name, std::vector<std::string>& values, const std::string& help) const;
  OptionSyntax Add(const std::string& name, int& value, const std::string& help) const;
  OptionSyntax Add(const std::string& name, uint32_t& value, const std::string& help) const;
  OptionSyntax Add(const std::string& name, uint64_t& value, const std::string& help) const;
  OptionSyntax Add(const std::string& name, double& value, const std::string& help) const;
  OptionSyntax Add(const std::string& name, std::optional<uint64_t>& value, const std::string& help) const;
  OptionSyntax Flag(const std::string& name, bool& set, const std::string& help) const;

  CLI::App& app() const { return app_; }

 private:
  CLI::App& app_;
};

}  // namespace caseward::cli
