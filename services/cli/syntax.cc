#include "services/cli/syntax.h"

#include <CLI/CLI.hpp>

namespace caseward::cli {

const OptionSyntax& OptionSyntax::Required() const {
  option_.required();
  return *this;
}
const OptionSyntax& OptionSyntax::ShowDefault() const {
  option_.capture_default_str();
  return *this;
}
const OptionSyntax& OptionSyntax::OneOf(const std::vector<std::string>& words) const {
  option_.check(CLI::IsMember(words));
  return *this;
}
const OptionSyntax& OptionSyntax::Within(int least, int most) const {
  option_.check(CLI::Range(least, most));
  return *this;
}
const OptionSyntax& OptionSyntax::Within(double least, double most) const {
  option_.check(CLI::Range(least, most));
  return *this;
}
const OptionSyntax& OptionSyntax::DividedBy(char delimiter) const {
  option_.delimiter(delimiter);
  return *this;
}
const OptionSyntax& OptionSyntax::Exactly(int values) const {
  option_.expected(values);
  return *this;
}
const OptionSyntax& OptionSyntax::Needs(const OptionSyntax& other) const {
  option_.needs(&other.option_);
  return *this;
}

OptionSyntax Syntax::Add(const std::string& name, std::string& value, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, value, help));
}
OptionSyntax Syntax::Add(const std::string& name, std::vector<std::string>& values, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, values, help));
}
OptionSyntax Syntax::Add(const std::string& name, int& value, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, value, help));
}
OptionSyntax Syntax::Add(const std::string& name, uint32_t& value, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, value, help));
}
OptionSyntax Syntax::Add(const std::string& name, uint64_t& value, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, value, help));
}
OptionSyntax Syntax::Add(const std::string& name, double& value, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, value, help));
}
OptionSyntax Syntax::Add(const std::string& name, std::optional<uint64_t>& value, const std::string& help) const {
  return OptionSyntax(*app_.add_option(name, value, help));
}
OptionSyntax Syntax::Flag(const std::string& name, bool& set, const std::string& help) const {
  return OptionSyntax(*app_.add_flag(name, set, help));
}

}  // namespace caseward::cli
