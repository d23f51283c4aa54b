#include "services/cli/program.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>

#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

constexpr char kAbout[] =
    "Caseward keeps the promises made to residents: every step of a case is recorded, clocks and sign-offs come from "
    "a\n"
    "published policy, and every refusal says which rule, which clause, what is missing and what would unblock it.";
constexpr char kFooter[] =
    "Exit codes: 0 done, 1 fault, 2 wrong usage, 3 refused by a rule. Times are RFC 3339.\n"
    "A first look: caseward serve --data caseward-data, then in another terminal: caseward calendar publish, policy "
    "publish,\n"
    "submit, case explain. `caseward VERB --help` ends with examples that work.";

void AddVerbs(Verbs& verbs) {
  AddServeVerb(verbs);
  AddSubmitVerb(verbs);
  AddCaseVerbs(verbs);
  AddWorkVerb(verbs);
  AddResidentVerbs(verbs);
  AddPolicyVerbs(verbs);
  AddCalendarVerbs(verbs);
  AddStaffVerbs(verbs);
  AddAgencyVerbs(verbs);
  AddAgreementVerbs(verbs);
  AddImportVerbs(verbs);
  AddExportVerbs(verbs);
  AddLogVerbs(verbs);
  AddStatusVerb(verbs);
  AddBackupVerbs(verbs);
  AddGenerateVerb(verbs);
  AddReportVerb(verbs);
}

// Read before the command line, which wins. (An option's own environment variable would be read for every verb,
// whichever was chosen, and the last of them would win over what was typed.)
void ReadEnvironment(Session& session) {
  if (const char* server = std::getenv("CASEWARD_SERVER"); server != nullptr && *server != '\0')
    session.server = server;
  if (const char* actor = std::getenv("CASEWARD_ACTOR"); actor != nullptr) session.actor = actor;
}

}  // namespace

int RunProgram(const std::vector<std::string>& arguments, const Streams& streams) {
  Session session(streams.in, streams.out, streams.err);
  session.err_is_terminal = streams.err_is_terminal;
  ReadEnvironment(session);
  Action chosen;
  CLI::App app(kAbout, "caseward");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of all verbs");
  Verbs verbs(Syntax(app), session, chosen);
  AddVerbs(verbs);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    app.parse(reversed);
  } catch (const CLI::ParseError& e) {
    const int rc = app.exit(e, streams.out, streams.err);
    return static_cast<int>(rc == 0 ? Exit::kDone : Exit::kUsage);
  }
  const Exit exit = chosen ? chosen(session) : Exit::kUsage;
  streams.out.flush();
  return static_cast<int>(exit);
}

}  // namespace caseward::cli
