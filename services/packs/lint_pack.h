// What `caseward policy check` says of a pack: everything the reader and the compiler find wrong, and what they cannot
// call wrong but an author should see.
//
//   error    the pack will not be published: unreadable, does not compile, an example's command that cannot be made, a
//            clock nothing can stop, rules that contradict or forestall one another (contradictions.h), a way to close
//            without a sign-off
//   warning  a rule without both an example it refuses and one it lets through; withdrawing that no rule watches
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy/compiled_pack.h"
#include "services/packs/pack_reader.h"

namespace caseward {

struct PackLint {
  v1::Pack pack;
  std::unique_ptr<const CompiledPack> compiled;  // null if there are errors
  std::vector<FileProblem> errors;
  std::vector<FileProblem> warnings;
  bool ok() const { return errors.empty(); }
};
PackLint LintPack(const std::string& file_or_folder);
PackLint LintPackText(std::string_view yaml, const std::string& name);

}  // namespace caseward
