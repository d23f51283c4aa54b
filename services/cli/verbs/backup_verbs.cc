#include <filesystem>

#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"
#include "services/offline.h"

namespace caseward::cli {
namespace {

Exit RunBackup(Session& session, const std::string& folder) {
  v1::CreateBackupRequest request;
  // The server has a working directory of its own.
  std::error_code error;
  request.set_folder(std::filesystem::absolute(folder, error).string());
  v1::CreateBackupResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::AdminService::Stub::CreateBackup, client.admin(), request, &response,
                                   absl::InfiniteDuration());
      !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
    return Exit::kDone;
  }
  session.out << "Backed up to " << request.folder() << ":\n";
  for (const v1::PartitionDigest& one : response.partitions()) {
    session.out << "  partition " << one.position().partition() << " up to record " << one.position().sequence()
                << "\n";
  }
  session.out << "The master key is not in it: keep that elsewhere, or the words in the backup stay sealed for ever.\n";
  return Exit::kDone;
}

struct RestoreOptions {
  std::string backup;
  std::string data;
};

Exit RunRestore(Session& session, const RestoreOptions& options) {
  const absl::StatusOr<std::string> note = RestoreData(options.backup, options.data);
  if (!note.ok()) return session.Fault(note.status());
  if (session.json) {
    session.out << "{\"data\":" << JsonText(options.data) << ",\"note\":" << JsonText(*note) << "}\n";
  } else {
    session.out << "Restored to " << options.data << "; every record was checked." << (note->empty() ? "" : "\n")
                << *note << "\n";
  }
  return Exit::kDone;
}

}  // namespace

void AddBackupVerbs(Verbs& verbs) {
  auto folder = std::make_shared<std::string>();
  verbs
      .Verb(verbs.root(), "backup", "Copy log, keys and state to a new folder on the server's machine, while it runs",
            Verbs::Talks::kToServer, [folder](Session& session) { return RunBackup(session, *folder); })
      .Add("FOLDER", *folder, "A folder that does not exist yet")
      .Required();
  auto options = std::make_shared<RestoreOptions>();
  Syntax restore =
      verbs.Verb(verbs.root(), "restore", "Make a data folder from a backup; needs no server", Verbs::Talks::kOffline,
                 [options](Session& session) { return RunRestore(session, *options); });
  restore.Add("BACKUP", options->backup, "The folder that backup made").Required();
  restore.Add("--data", options->data, "The data folder to make; must not exist yet").Required();
}

}  // namespace caseward::cli
