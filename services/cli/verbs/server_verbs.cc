#include <csignal>
#include <stop_token>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/cli/client.h"
#include "services/cli/json.h"
#include "services/cli/progress.h"
#include "services/cli/table.h"
#include "services/cli/verb.h"
#include "services/wiring.h"

namespace caseward::cli {
namespace {

// Asks to stop on SIGINT or SIGTERM. Made before any other thread, so that no thread takes the signal itself.
class StopOnSignal {
 public:
  StopOnSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGUSR2);  // ends the waiting thread itself
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    waiter_ = std::thread([this] {
      int signal = 0;
      sigwait(&signals_, &signal);
      stop_.request_stop();
    });
  }
  ~StopOnSignal() {
    pthread_kill(waiter_.native_handle(), SIGUSR2);
    waiter_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  std::stop_token token() { return stop_.get_token(); }

 private:
  sigset_t signals_;
  sigset_t before_;
  std::stop_source stop_;
  std::thread waiter_;
};

void Announce(Session& session, const ServingInfo& info) {
  if (session.json) {
    session.out << "{\"address\":" << JsonText(info.address) << ",\"log_id\":" << JsonText(info.log_id)
                << (info.node_address.empty() ? "" : ",\"node_address\":" + JsonText(info.node_address))
                << ",\"partitions\":" << info.partitions << ",\"metrics_port\":" << info.metrics_port << "}"
                << std::endl;
    return;
  }
  session.out << "Serving on " << info.address << ": log " << info.log_id << ", " << info.partitions
              << " partitions, data in " << info.data;
  if (!info.node_address.empty()) session.out << ", other nodes at " << info.node_address;
  if (info.metrics_port != 0) session.out << ", metrics on port " << info.metrics_port;
  session.out << ". Stop with Ctrl-C." << std::endl;
}

Exit RunServe(Session& session, const ServeOptions& options) {
  StopOnSignal stop;
  const absl::Status status = RunServer(
      options, [&](const ServingInfo& info) { Announce(session, info); }, stop.token());
  return status.ok() ? Exit::kDone : session.Fault(status);
}

Exit RunStatus(Session& session) {
  v1::GetStatusResponse response;
  Client& client = session.client();
  if (absl::Status s = client.Call(&v1::AdminService::Stub::GetStatus, client.admin(), {}, &response); !s.ok()) {
    return session.Fault(s);
  }
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
    return Exit::kDone;
  }
  session.out << "Caseward " << response.version() << ", log " << response.log_id() << "\n";
  Table table({{.title = "PARTITION", .align = Table::Align::kRight},
               {.title = "CONDITION"},
               {.title = "APPLIED", .align = Table::Align::kRight},
               {.title = "TERM", .align = Table::Align::kRight},
               {.title = "INBOX", .align = Table::Align::kRight},
               {.title = "TIMERS", .align = Table::Align::kRight},
               {.title = "WHY"}});
  for (const v1::PartitionStatus& one : response.partitions()) {
    table.Add({absl::StrCat(one.partition()), one.condition(), WithCommas(one.applied_sequence()),
               WithCommas(one.term()), WithCommas(one.inbox()), WithCommas(one.open_timers()), one.why()});
  }
  table.Print(session.out);
  for (const v1::PartitionStatus& one : response.partitions()) {
    if (!one.intake_why().empty()) {
      session.out << "Partition " << one.partition() << ", commands by topic: " << one.intake() << " at offset "
                  << one.intake_next() << ": " << one.intake_why() << "\n";
    }
    if (!one.messages_why().empty()) {
      session.out << "Partition " << one.partition()
                  << ", messages from other partitions cannot be read: " << one.messages_why() << "\n";
    }
  }
  return Exit::kDone;
}

}  // namespace

void AddServeVerb(Verbs& verbs) {
  auto options = std::make_shared<ServeOptions>();
  Syntax verb = verbs.Verb(verbs.root(), "serve", "Run the service until it is stopped", Verbs::Talks::kOffline,
                           [options](Session& session) { return RunServe(session, *options); });
  verb.Add("--data", options->data, "Folder of log (unless in Kafka), state and keys; made if it does not exist")
      .Required();
  verb.Add("--listen", options->listen, "Address to serve on; port 0 takes a free one").ShowDefault();
  verb.Add("--metrics", options->metrics, "Address for Prometheus metrics, e.g. 127.0.0.1:9411");
  verb.Add("--auth", options->auth, "How callers are known; dev believes the caseward-actor header, on loopback only")
      .OneOf({"dev"})
      .ShowDefault();
  verb.Add("--kafka", options->kafka,
           "Brokers of the Kafka that holds the log, e.g. 127.0.0.1:9092; default: embedded");
  verb.Add("--kafka-prefix", options->kafka_prefix, "What the names of the log's topics begin with").ShowDefault();
  verb.Add("--kafka-config", options->kafka_config,
           "File of properties of the connection to Kafka (TLS, SASL), name=value a line");
  verb.Add("--node-listen", options->node.listen,
           "Address for the other nodes that share the log in Kafka; default: this node is alone");
  verb.Add("--node-endpoint", options->node.endpoint, "How the other nodes reach it; default: as --node-listen has it");
  verb.Add("--node-certs", options->node.certs,
           "Folder of ca.pem, node.pem and node.key for calls between nodes (deploy/certs/make.sh)");
  verb.Add("--webhook", options->webhook_url, "Where escalations are posted, signed");
  verb.Add("--webhook-secret", options->webhook_secret_file, "File of the secret that signs them");
  verb.Add("--master-key", options->master_key_path, "File of the master key; default: in the data folder");
  verb.Add("--partitions", options->partitions, "Number of partitions of a new data folder; default 8").Within(1, 1024);
}

void AddStatusVerb(Verbs& verbs) {
  verbs.Verb(verbs.root(), "status", "How each partition of the server is, and why", Verbs::Talks::kToServer,
             RunStatus);
}

}  // namespace caseward::cli
