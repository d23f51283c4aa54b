#include "engine/base/time.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

struct DueOptions {
  std::string before;
  int limit = 100;
};

Exit RunDue(Session& session, const DueOptions& options) {
  const absl::StatusOr<absl::Time> before = InstantOf("--before", options.before);
  if (!before.ok()) return session.Usage(std::string(before.status().message()));
  v1::ListDueRequest request;
  SetTimestamp(*before, request.mutable_before());
  Table table({{.title = "DUE"},
               {.title = "CLOCK"},
               {.title = "WHAT"},
               {.title = "CASE"},
               {.title = "TYPE"},
               {.title = "PR"},
               {.title = "OWNER"}});
  Client& client = session.client();
  int left = options.limit;
  do {
    request.set_page_size(std::min(left, 1000));
    v1::ListDueResponse page;
    if (absl::Status s = client.Call(&v1::CaseService::Stub::ListDue, client.cases(), request, &page); !s.ok()) {
      return session.Fault(s);
    }
    for (const v1::DueClock& due : page.clocks()) {
      if (session.json) {
        session.out << ToJsonLine(due) << "\n";
      } else {
        table.Add({Instant(due.due_exclusive()), due.clock(), due.warning() ? "warning" : "due", due.case_id(),
                   due.case_type(), Name(due.priority()), due.owner().empty() ? "-" : due.owner()});
      }
    }
    left -= page.clocks_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && left > 0);
  if (!session.json) table.Print(session.out);
  return Exit::kDone;
}

struct WatchOptions {
  std::string case_id;
  bool stop_at_end = false;
};

// The feed speaks of cases by their own id.
absl::StatusOr<std::string> ResolveCase(Session& session, const std::string& name) {
  v1::GetCaseRequest request;
  request.set_case_id(name);
  v1::GetCaseResponse response;
  Client& client = session.client();
  absl::Status s = client.Call(&v1::CaseService::Stub::GetCase, client.cases(), request, &response);
  if (!s.ok()) return s;
  return response.case_().case_id();
}

Exit RunWatch(Session& session, const WatchOptions& options) {
  const absl::StatusOr<std::string> case_id = ResolveCase(session, options.case_id);
  if (!case_id.ok()) return session.Fault(case_id.status());
  v1::SubscribeRequest request;
  request.set_stop_at_end(options.stop_at_end);
  Client& client = session.client();
  grpc::ClientContext context;
  client.Prepare(context, absl::InfiniteDuration());
  const auto reader = client.events().Subscribe(&context, request);
  v1::SubscribeResponse one;
  while (reader->Read(&one)) {
    if (one.subject() != *case_id) continue;
    if (session.json) {
      session.out << ToJsonLine(one) << "\n";
    } else {
      session.out << Instant(one.recorded_at()) << "  " << one.actor().id() << "  " << EventLine(one.event()) << "\n";
    }
    session.out.flush();
  }
  const absl::Status status = client.FromGrpc(reader->Finish());
  return status.ok() ? Exit::kDone : session.Fault(status);
}

}  // namespace

void AddDueVerb(Verbs& verbs, const Syntax& group) {
  auto options = std::make_shared<DueOptions>();
  Syntax verb = verbs.Verb(group, "due", "Clocks that fall due before an instant, soonest first",
                           Verbs::Talks::kToServer, [options](Session& session) { return RunDue(session, *options); });
  verb.Add("--before", options->before, "RFC 3339 instant").Required();
  verb.Add("--limit", options->limit, "At most this many").Within(1, 10'000'000).ShowDefault();
}

void AddWatchVerb(Verbs& verbs, const Syntax& group) {
  auto options = std::make_shared<WatchOptions>();
  Syntax verb = verbs.Verb(group, "watch", "Follow what happens to a case, until interrupted", Verbs::Talks::kToServer,
                           [options](Session& session) { return RunWatch(session, *options); });
  verb.Add("CASE", options->case_id, "A case id, or system:value").Required();
  verb.Flag("--stop-at-end", options->stop_at_end, "Stop once all that has happened so far is shown");
}

}  // namespace caseward::cli
