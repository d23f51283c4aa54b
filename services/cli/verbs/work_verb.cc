#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct WorkOptions {
  std::string person;
  bool all = false;
  bool load = false;
};

std::string DueOf(const v1::WorkItem& item) {
  if (item.due_exclusive().seconds() == 0) return "-";
  return Instant(item.due_exclusive()) + (item.breached() ? " breached" : "");
}

std::string StepOf(const v1::WorkItem& item) {
  if (item.to_sign()) return "SIGN: " + item.next_step();
  return (item.to_accept() ? "ACCEPT: " : "") + item.next_step();
}

// What one person carries, in one line; empty if nothing is counted.
std::string LoadLine(const v1::StaffLoad& load) {
  if (load.load() == 0 && load.cap() == 0) return "";
  return absl::StrCat("Load ", load.load(), load.cap() == 0 ? "" : absl::StrCat(" of at most ", load.cap()),
                      load.above_cap() ? ": ABOVE what is agreed" : "", ".\n");
}

void PrintRest(std::ostream& out, const v1::ListWorkResponse& last) {
  if (last.batched() > 0) {
    const std::string until = last.has_batched_due() ? " until " + Instant(last.batched_due()) : "";
    out << "and " << last.batched() << " more that can wait" << until << "; --all shows them\n";
  }
  out << LoadLine(last.load());
}

Exit RunWork(Session& session, const WorkOptions& options) {
  v1::ListWorkRequest request;
  request.set_person(options.person);
  request.set_page_size(1000);
  request.set_all(options.all);
  Client& client = session.client();
  Table table({{.title = "CASE"},
               {.title = "PR"},
               {.title = "CLOCK"},
               {.title = "DUE"},
               {.title = "NEXT"},
               {.title = "WHY"},
               {.title = "CLAUSE"},
               {.title = "UNBLOCKED BY"}});
  v1::ListWorkResponse page;
  do {
    page.Clear();
    if (absl::Status s = client.Call(&v1::CaseService::Stub::ListWork, client.cases(), request, &page); !s.ok()) {
      return session.Fault(s);
    }
    for (const v1::WorkItem& item : page.items()) {
      if (session.json) {
        session.out << ToJsonLine(item) << "\n";
        continue;
      }
      table.Add({(item.urgent() ? "! " : "  ") + item.case_id(), Name(item.priority()),
                 item.clock().empty() ? "-" : item.clock(), DueOf(item), StepOf(item), item.why(), item.clause(),
                 item.unblocked_by().empty() ? "-" : absl::StrJoin(item.unblocked_by(), "; ")});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (session.json) {
    page.clear_items();
    if (page.batched() > 0 || page.load().load() > 0) session.out << ToJsonLine(page) << "\n";
    return Exit::kDone;
  }
  if (!table.empty()) {
    table.Print(session.out);
  } else {
    session.out << "Nothing waits.\n";
  }
  PrintRest(session.out, page);
  return Exit::kDone;
}

// What each member of staff carries, and what lies behind it.
Exit RunLoad(Session& session) {
  v1::ListCaseloadsRequest request;
  request.set_page_size(1000);
  Client& client = session.client();
  Table table({{.title = "STAFF"},
               {.title = "REGION"},
               {.title = "LOAD", .align = Table::Align::kRight},
               {.title = "CAP", .align = Table::Align::kRight},
               {.title = "OPEN CASES", .align = Table::Align::kRight},
               {.title = "BREACHED CLOCKS", .align = Table::Align::kRight},
               {.title = ""}});
  do {
    v1::ListCaseloadsResponse page;
    absl::Status s = client.Call(&v1::DirectoryService::Stub::ListCaseloads, client.directory(), request, &page);
    if (!s.ok()) return session.Fault(s);
    for (const v1::StaffLoad& load : page.loads()) {
      if (session.json) {
        session.out << ToJsonLine(load) << "\n";
        continue;
      }
      table.Add({load.staff_id(), load.region().empty() ? "-" : load.region(), absl::StrCat(load.load()),
                 load.cap() == 0 ? "-" : absl::StrCat(load.cap()), absl::StrCat(load.open_cases()),
                 absl::StrCat(load.breached_clocks()), load.above_cap() ? "above cap" : ""});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (!session.json) table.Print(session.out);
  return Exit::kDone;
}

}  // namespace

void AddWorkVerb(Verbs& verbs) {
  auto options = std::make_shared<WorkOptions>();
  Syntax verb = verbs.Verb(verbs.root(), "work", "What is next for me, why, and what waits for my answer or signature",
                           Verbs::Talks::kToServer, [options](Session& session) {
                             return options->load ? RunLoad(session) : RunWork(session, *options);
                           });
  verb.Add("--person", options->person, "Somebody else's");
  verb.Flag("--all", options->all, "Also what can wait, which is counted otherwise");
  verb.Flag("--load", options->load, "What each member of staff carries and may, open cases, breached clocks");
}

}  // namespace caseward::cli
