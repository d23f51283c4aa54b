// How a verb joins the program: a name, what it does in one line, its options, and the action that runs when it was
// chosen. Every verb gets --json, and those that talk to a server --server and --actor; its help ends with examples
// from the one table in examples.h, which the tests run.
#pragma once

#include <string>

#include "services/cli/session.h"
#include "services/cli/syntax.h"

namespace caseward::cli {

class Verbs {
 public:
  Verbs(Syntax root, Session& session, Action& chosen) : root_(root), session_(session), chosen_(chosen) {}

  enum class Talks { kToServer, kOffline };

  const Syntax& root() const { return root_; }
  // A word that only groups verbs: "case".
  Syntax Group(const std::string& name, const std::string& what);
  // A verb of the program or of a group. `action` runs after all options are parsed.
  Syntax Verb(const Syntax& parent, const std::string& name, const std::string& what, Talks talks, Action action);

 private:
  const Syntax root_;
  Session& session_;
  Action& chosen_;
};

// One file each.
void AddServeVerb(Verbs& verbs);
void AddSubmitVerb(Verbs& verbs);
void AddCaseVerbs(Verbs& verbs);
// Parts of the group `case`.
void AddDueVerb(Verbs& verbs, const Syntax& group);
void AddWatchVerb(Verbs& verbs, const Syntax& group);
void AddWorkVerb(Verbs& verbs);
void AddResidentVerbs(Verbs& verbs);
void AddPolicyVerbs(Verbs& verbs);
// Those that look at a pack from outside: coverage and map. Part of the group `policy`.
void AddPolicyStudyVerbs(Verbs& verbs, const Syntax& group);
void AddCalendarVerbs(Verbs& verbs);
void AddStaffVerbs(Verbs& verbs);
void AddAgencyVerbs(Verbs& verbs);
void AddAgreementVerbs(Verbs& verbs);
void AddImportVerbs(Verbs& verbs);
void AddExportVerbs(Verbs& verbs);
void AddLogVerbs(Verbs& verbs);
void AddStatusVerb(Verbs& verbs);
void AddBackupVerbs(Verbs& verbs);
void AddGenerateVerb(Verbs& verbs);
void AddReportVerb(Verbs& verbs);

}  // namespace caseward::cli
