#include "services/cli/json.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

Exit RunWork(Session& session, const std::string& person) {
  v1::ListWorkRequest request;
  request.set_person(person);
  request.set_page_size(1000);
  Client& client = session.client();
  Table table({{.title = "CASE"},
               {.title = "PR"},
               {.title = "CLOCK"},
               {.title = "DUE"},
               {.title = "NEXT"},
               {.title = "CLAUSE"}});
  bool any = false;
  do {
    v1::ListWorkResponse page;
    if (absl::Status s = client.Call(&v1::CaseService::Stub::ListWork, client.cases(), request, &page); !s.ok()) {
      return session.Fault(s);
    }
    for (const v1::WorkItem& item : page.items()) {
      any = true;
      if (session.json) {
        session.out << ToJsonLine(item) << "\n";
        continue;
      }
      table.Add({item.case_id(), Name(item.priority()), item.clock().empty() ? "-" : item.clock(),
                 item.due_exclusive().seconds() == 0
                     ? "-"
                     : Instant(item.due_exclusive()) + (item.breached() ? " breached" : ""),
                 item.to_sign() ? "SIGN: " + item.next_step() : item.next_step(), item.clause()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (session.json) return Exit::kDone;
  if (any) {
    table.Print(session.out);
  } else {
    session.out << "Nothing waits.\n";
  }
  return Exit::kDone;
}

}  // namespace

void AddWorkVerb(Verbs& verbs) {
  auto person = std::make_shared<std::string>();
  CLI::App& verb =
      verbs.Verb(verbs.root(), "work", "What is next for me, and what waits for my signature", Verbs::Talks::kToServer,
                 [person](Session& session) { return RunWork(session, *person); });
  verb.add_option("--person", *person, "Somebody else's");
}

}  // namespace caseward::cli
