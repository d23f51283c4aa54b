#include "services/cli/verb.h"

#include <CLI/CLI.hpp>

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/cli/examples.h"

namespace caseward::cli {
namespace {

// "case show" for the verb show of the group case.
std::string PathOf(const CLI::App& verb, const CLI::App& root) {
  const CLI::App* parent = verb.get_parent();
  return parent == nullptr || parent == &root ? verb.get_name()
                                              : absl::StrCat(parent->get_name(), " ", verb.get_name());
}

std::string FooterOf(const std::string& path) {
  std::string footer;
  for (const HelpExample& example : HelpExamples()) {
    if (example.verb != path) continue;
    absl::StrAppend(&footer, footer.empty() ? "Examples:\n" : "", "  # ", std::string(example.says), "\n  ",
                    std::string(example.line), "\n");
  }
  return footer;
}

}  // namespace

Syntax Verbs::Group(const std::string& name, const std::string& what) {
  CLI::App& group = *root_.app().add_subcommand(name, what);
  group.require_subcommand(1);
  return Syntax(group);
}

Syntax Verbs::Verb(const Syntax& parent, const std::string& name, const std::string& what, Talks talks, Action action) {
  CLI::App& verb = *parent.app().add_subcommand(name, what);
  verb.add_flag("--json", session_.json, "Write results as JSON, one object a line");
  if (talks == Talks::kToServer) {
    verb.add_option("--server", session_.server, "Address of the server; else CASEWARD_SERVER says it")
        ->capture_default_str();
    verb.add_option("--actor", session_.actor,
                    "Who acts, for --auth dev: \"id; roles=case_manager; region=north\"; else CASEWARD_ACTOR says it");
  }
  verb.footer(FooterOf(PathOf(verb, root_.app())));
  verb.callback([this, action = std::move(action)] { chosen_ = action; });
  return Syntax(verb);
}

}  // namespace caseward::cli
