#include <fstream>

#include "absl/strings/str_cat.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/verb.h"

namespace caseward::cli {
namespace {

Exit RunJsonl(Session& session, const std::string& path) {
  std::ofstream file;
  if (path != "-") {
    file.open(path, std::ios::binary | std::ios::trunc);
    if (!file) return session.Fault(absl::PermissionDeniedError(absl::StrCat("cannot write ", path)));
  }
  std::ostream& out = path == "-" ? session.out : file;
  v1::SubscribeRequest request;
  request.set_stop_at_end(true);
  Client& client = session.client();
  grpc::ClientContext context;
  client.Prepare(context, absl::InfiniteDuration());
  const auto reader = client.events().Subscribe(&context, request);
  Progress progress(session.err, session.err_is_terminal, "events");
  uint64_t events = 0;
  v1::SubscribeResponse one;
  while (reader->Read(&one)) {
    out << ToJsonLine(one) << "\n";
    progress.Update(++events, 0);
  }
  progress.Finish();
  const absl::Status status = client.FromGrpc(reader->Finish());
  if (!status.ok()) return session.Fault(status);
  out.flush();
  if (!out) return session.Fault(absl::DataLossError(absl::StrCat("writing ", path, " failed; is the disk full?")));
  if (path != "-") session.err << Progress::Summary(events, "events", progress.elapsed()) << " to " << path << "\n";
  return Exit::kDone;
}

}  // namespace

void AddExportVerbs(Verbs& verbs) {
  CLI::App& group = verbs.Group("export", "Hand the history to other systems");
  auto path = std::make_shared<std::string>("-");
  verbs
      .Verb(group, "jsonl", "Every event so far in its feed form, without personal words, one JSON object a line",
            Verbs::Talks::kToServer, [path](Session& session) { return RunJsonl(session, *path); })
      .add_option("FILE", *path, "\"-\" is standard output")
      ->capture_default_str();
}

}  // namespace caseward::cli
