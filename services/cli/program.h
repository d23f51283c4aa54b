// The program `caseward`: one command line for everything people and scripts do with the service (design §10). Every
// verb has --json, help with a real example, and one of four exits: 0 done, 1 fault, 2 wrong usage, 3 refused by a
// rule.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <vector>

namespace caseward::cli {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
};

// `arguments` without the program's own name. Returns the exit code.
int RunProgram(const std::vector<std::string>& arguments, const Streams& streams);

}  // namespace caseward::cli
