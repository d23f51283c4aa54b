#include "absl/strings/str_cat.h"
#include "engine/partition/merkle.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/log_reading.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"
#include "services/cli/text.h"
#include "services/cli/verb.h"
#include "services/log_copy.h"
#include "services/offline.h"

namespace caseward::cli {
namespace {

// ---- tail

struct TailOptions {
  uint32_t partition = 0;
  uint64_t from = 0;
  uint64_t last = 0;
  bool follow = false;
};

std::string OutcomeText(const v1::Decision& decision) {
  switch (decision.outcome_case()) {
    case v1::Decision::kAccepted: {
      std::string text;
      for (const v1::Event& event : decision.accepted().events()) {
        absl::StrAppend(&text, text.empty() ? "" : "; ", EventLine(event));
      }
      return text;
    }
    case v1::Decision::kRefusal: return absl::StrCat("refused by ", decision.refusal().rule());
    case v1::Decision::kGenesis: return absl::StrCat("genesis of log ", decision.genesis().log_id());
    case v1::Decision::kOwnerClaimed: return absl::StrCat("owner claimed, term ", decision.owner_claimed().term());
    case v1::Decision::kIntakeNoted: return absl::StrCat("intake noted: ", decision.intake_noted().why());
    case v1::Decision::OUTCOME_NOT_SET: return "";
  }
  return "";
}

Exit RunTail(Session& session, TailOptions options) {
  if (options.last > 0) {
    const absl::StatusOr<v1::GetDigestResponse> digests = GetDigests(session);
    if (!digests.ok()) return session.Fault(digests.status());
    for (const v1::PartitionDigest& one : digests->partitions()) {
      if (one.position().partition() != options.partition) continue;
      const uint64_t end = one.position().sequence() + 1;
      options.from = end > options.last ? end - options.last : 0;
    }
  }
  const absl::Status status = ReadLog(session, options.partition, options.from, options.follow,
                                      [&](uint64_t sequence, const std::string&, const v1::Decision& decision) {
                                        if (session.json) {
                                          session.out << ToJsonLine(decision) << "\n";
                                        } else {
                                          session.out << options.partition << ":" << sequence << "  "
                                                      << Instant(decision.recorded_at()) << "  "
                                                      << (decision.actor().id().empty() ? "-" : decision.actor().id())
                                                      << "  " << (decision.stream().empty() ? "-" : decision.stream())
                                                      << "  " << OutcomeText(decision) << "\n";
                                        }
                                        if (options.follow) session.out.flush();
                                        return absl::OkStatus();
                                      });
  return status.ok() ? Exit::kDone : session.Fault(status);
}

// ---- digest

void PrintDigests(Session& session, const google::protobuf::RepeatedPtrField<v1::PartitionDigest>& digests) {
  Table table({{.title = "PARTITION", .align = Table::Align::kRight},
               {.title = "RECORDS", .align = Table::Align::kRight},
               {.title = "STATE DIGEST"},
               {.title = "RECORD TREE"}});
  for (const v1::PartitionDigest& one : digests) {
    if (session.json) {
      session.out << "{\"partition\":" << one.position().partition() << ",\"sequence\":" << one.position().sequence()
                  << ",\"digest\":" << JsonText(Hex(one.digest())) << ",\"tree_size\":" << one.tree_size()
                  << ",\"merkle_root\":" << JsonText(Hex(one.merkle_root())) << "}\n";
    } else {
      table.Add({absl::StrCat(one.position().partition()), WithCommas(one.tree_size()), Hex(one.digest()),
                 Hex(one.merkle_root()).substr(0, 16)});
    }
  }
  if (!session.json) table.Print(session.out);
}

google::protobuf::RepeatedPtrField<v1::PartitionDigest> AsRepeated(const std::vector<v1::PartitionDigest>& digests) {
  return {digests.begin(), digests.end()};
}

Exit RunDigest(Session& session, const OfflineFolder& folder) {
  if (folder.data.empty()) {
    const absl::StatusOr<v1::GetDigestResponse> response = GetDigests(session);
    if (!response.ok()) return session.Fault(response.status());
    PrintDigests(session, response->partitions());
    return Exit::kDone;
  }
  Progress progress(session.err, session.err_is_terminal, "records");
  const auto digests = DigestData(folder, [&](uint64_t done, uint64_t of) { progress.Update(done, of); });
  progress.Finish();
  if (!digests.ok()) return session.Fault(digests.status());
  PrintDigests(session, AsRepeated(*digests));
  return Exit::kDone;
}

Exit RunRebuild(Session& session, const OfflineFolder& folder) {
  Progress progress(session.err, session.err_is_terminal, "records");
  const auto digests = RebuildData(folder, [&](uint64_t done, uint64_t of) { progress.Update(done, of); });
  progress.Finish();
  if (!digests.ok()) return session.Fault(digests.status());
  uint64_t records = 0;
  for (const v1::PartitionDigest& one : *digests)
    records += one.tree_size();
  PrintDigests(session, AsRepeated(*digests));
  if (!session.json)
    session.out << "Rebuilt from " << Progress::Summary(records, "records", progress.elapsed()) << ".\n";
  return Exit::kDone;
}

// ---- verify

// Reads the log over the wire, builds the tree anew and compares it with what the server says it is.
Exit VerifyServer(Session& session) {
  const absl::StatusOr<v1::GetDigestResponse> digests = GetDigests(session);
  if (!digests.ok()) return session.Fault(digests.status());
  Progress progress(session.err, session.err_is_terminal, "records");
  uint64_t all = 0;
  uint64_t done = 0;
  for (const v1::PartitionDigest& one : digests->partitions())
    all += one.tree_size();
  for (const v1::PartitionDigest& one : digests->partitions()) {
    const uint32_t partition = one.position().partition();
    MerkleFrontier tree;
    const absl::Status status =
        ReadLog(session, partition, 0, false, [&](uint64_t at, const std::string& raw, const v1::Decision& decision) {
          if (tree.size() == one.tree_size()) return absl::CancelledError();  // what came after the digest was taken
          if (decision.partition() != partition || decision.sequence() != tree.size()) {
            return absl::DataLossError(absl::StrCat("partition ", partition, " record ", at, ": expected sequence ",
                                                    tree.size(), ", found ", decision.sequence()));
          }
          tree.Append(MachineHasher(), raw);
          progress.Update(++done, all);
          return absl::OkStatus();
        });
    if (!status.ok() && !absl::IsCancelled(status)) return session.Fault(status);
    if (AsBytes(tree.Root(MachineHasher())) != one.merkle_root()) {
      return session.Fault(
          absl::DataLossError(absl::StrCat("partition ", partition, ": the ", tree.size(),
                                           " records read do not make the root that the server states")));
    }
  }
  progress.Finish();
  if (session.json) {
    session.out << "{\"records\":" << done << ",\"verified\":true}\n";
  } else {
    session.out << "Verified " << Progress::Summary(done, "records", progress.elapsed())
                << ": every one is there, in order, and makes the stated root.\n";
  }
  return Exit::kDone;
}

Exit VerifyFolder(Session& session, const OfflineFolder& folder) {
  Progress progress(session.err, session.err_is_terminal, "records");
  const auto verified = VerifyData(folder, [&](uint64_t done, uint64_t of) { progress.Update(done, of); });
  progress.Finish();
  if (!verified.ok()) return session.Fault(verified.status());
  Table table({{.title = "PARTITION", .align = Table::Align::kRight},
               {.title = "RECORDS", .align = Table::Align::kRight},
               {.title = "SIGNED HEADS", .align = Table::Align::kRight},
               {.title = "RECORD TREE"}});
  for (const VerifiedPartition& one : *verified) {
    if (session.json) {
      session.out << "{\"partition\":" << one.partition << ",\"records\":" << one.records << ",\"heads\":" << one.heads
                  << ",\"merkle_root\":" << JsonText(Hex(one.merkle_root)) << "}\n";
    } else {
      table.Add({absl::StrCat(one.partition), WithCommas(one.records), WithCommas(one.heads), Hex(one.merkle_root)});
    }
  }
  if (!session.json) {
    table.Print(session.out);
    session.out << "Every record is there, in order and unaltered; every signed head fits.\n";
  }
  return Exit::kDone;
}

// ---- copy

Exit RunCopy(Session& session, const OfflineFolder& folder, const CopyTarget& to) {
  Progress progress(session.err, session.err_is_terminal, "steps");
  const auto report = CopyData(folder, to, [&](uint64_t done, uint64_t of) { progress.Update(done, of); });
  progress.Finish();
  if (!report.ok()) return session.Fault(report.status());
  if (session.json) {
    session.out << "{\"copied\":" << report->copied << ",\"found\":" << report->found << ",\"keys\":" << report->keys
                << ",\"messages\":" << report->messages << ",\"verified\":true}\n";
    return Exit::kDone;
  }
  session.out << "Copied " << Progress::Summary(report->copied, "records", progress.elapsed()) << ", "
              << WithCommas(report->found) << " were there; " << WithCommas(report->keys) << " data keys, "
              << WithCommas(report->messages) << " waiting messages.\n"
              << "Every record, key and message is there as it was. " << folder.data
              << " is served no more: copy its keys/ into a new folder, and serve that with --kafka " << to.bootstrap
              << " --kafka-prefix " << to.prefix << ".\n";
  return Exit::kDone;
}

// ---- resume

struct ResumeOptions {
  uint32_t partition = 0;
  std::optional<uint64_t> accept_intake_from;
};

Exit RunResume(Session& session, const ResumeOptions& options) {
  const uint32_t partition = options.partition;
  v1::ResumePartitionRequest request;
  request.set_partition(partition);
  if (options.accept_intake_from) request.set_accept_intake_from(*options.accept_intake_from);
  v1::ResumePartitionResponse response;
  Client& client = session.client();
  const absl::Status resumed =
      client.Call(&v1::AdminService::Stub::ResumePartition, client.admin(), request, &response);
  if (!resumed.ok()) return session.Fault(resumed);
  if (session.json) {
    session.out << ToJsonLine(response.partition()) << "\n";
  } else if (options.accept_intake_from) {
    session.out << "The intake of partition " << partition << " goes on from offset " << *options.accept_intake_from
                << ". That what lay before it is given up was recorded with your name.\n";
  } else {
    session.out << "Partition " << partition << " goes on: " << response.partition().condition() << ", applied to "
                << WithCommas(response.partition().applied_sequence()) << ".\n";
  }
  return Exit::kDone;
}

// Returns the option that names the folder.
OptionSyntax AddFolderOptions(const Syntax& verb, OfflineFolder& folder, const std::string& what) {
  const OptionSyntax data = verb.Add("--data", folder.data, what);
  verb.Add("--master-key", folder.master_key_path, "File of its master key; default: in the data folder").Needs(data);
  verb.Add("--kafka", folder.kafka, "Brokers of its log in Kafka; default: where it last reached them").Needs(data);
  verb.Add("--kafka-config", folder.kafka_config,
           "File of properties of the connection to Kafka (TLS, SASL), as for serve")
      .Needs(data);
  return data;
}

}  // namespace

void AddLogVerbs(Verbs& verbs) {
  Syntax group = verbs.Group("log", "The log, which is the truth: tail, verify, digest, rebuild, copy, resume");
  auto tail = std::make_shared<TailOptions>();
  Syntax tail_verb = verbs.Verb(group, "tail", "Decisions of one partition, as they were recorded",
                                Verbs::Talks::kToServer, [tail](Session& session) { return RunTail(session, *tail); });
  tail_verb.Add("--partition", tail->partition, "Which partition").ShowDefault();
  tail_verb.Add("--from", tail->from, "First sequence");
  tail_verb.Add("--last", tail->last, "Only this many of the newest");
  tail_verb.Flag("--follow", tail->follow, "Go on with what is recorded later");

  auto folder = std::make_shared<OfflineFolder>();
  Syntax verify = verbs.Verb(group, "verify", "Read every record again: none missing, altered or out of order",
                             Verbs::Talks::kToServer, [folder](Session& session) {
                               return folder->data.empty() ? VerifyServer(session) : VerifyFolder(session, *folder);
                             });
  AddFolderOptions(verify, *folder, "Verify this data folder, which no server uses, instead of asking a server");
  Syntax digest =
      verbs.Verb(group, "digest", "Digest of the state at its position, by partition", Verbs::Talks::kToServer,
                 [folder](Session& session) { return RunDigest(session, *folder); });
  AddFolderOptions(digest, *folder, "Digest this data folder, which no server uses, instead of asking a server");
  Syntax rebuild =
      verbs.Verb(group, "rebuild", "Delete the state of a data folder and replay its log", Verbs::Talks::kOffline,
                 [folder](Session& session) { return RunRebuild(session, *folder); });
  AddFolderOptions(rebuild, *folder, "A data folder that no server uses").Required();
  auto resumed = std::make_shared<ResumeOptions>();
  Syntax resume =
      verbs.Verb(group, "resume", "Let a partition that has stopped look again, once what stopped it was mended",
                 Verbs::Talks::kToServer, [resumed](Session& session) { return RunResume(session, *resumed); });
  resume.Add("partition", resumed->partition, "Which partition").Required();
  resume.Add("--accept-intake-from", resumed->accept_intake_from,
             "Not the partition, but its intake of commands by topic goes on from this offset: what lies before "
             "it and was not taken is given up, which is recorded with your name");
  auto to = std::make_shared<CopyTarget>();
  Syntax copy =
      verbs.Verb(group, "copy", "Move an embedded log into Kafka; run again, it goes on where it was broken off",
                 Verbs::Talks::kOffline, [folder, to](Session& session) { return RunCopy(session, *folder, *to); });
  copy.Add("--data", folder->data, "A data folder with an embedded log, which no server uses").Required();
  copy.Add("--master-key", folder->master_key_path, "File of its master key; default: in the data folder");
  copy.Add("--to", to->bootstrap, "Brokers of the Kafka, e.g. 127.0.0.1:9092").Required();
  copy.Add("--kafka-prefix", to->prefix, "What the names of the log's topics begin with").ShowDefault();
  copy.Add("--kafka-config", to->config, "File of properties of the connection to Kafka (TLS, SASL)");
}

}  // namespace caseward::cli
