// docs/operating.md is true: its shell blocks run as one session, its limits and metrics are those of the code, and the
// signature check it shows is the one that the example receiver runs.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "engine/base/validate.h"
#include "engine/cases/decide.h"
#include "engine/cases/verbs/agencies.h"
#include "engine/directory/directory.h"
#include "engine/partition/intake.h"
#include "engine/residents/merge.h"
#include "gtest/gtest.h"
#include "services/cli/progress.h"
#include "services/host/metrics.h"
#include "services/server/intake_door.h"
#include "services/server/residents/match_residents.h"
#include "services/wiring.h"
#include "tests/support/temp_folder.h"

namespace caseward {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The blocks of one language, in order.
std::string BlocksOf(const std::string& markdown, const std::string& language) {
  std::string out;
  bool inside = false;
  for (const auto line : absl::StrSplit(markdown, '\n')) {
    if (absl::StartsWith(line, "```")) {
      inside = line == absl::StrCat("```", language);
    } else if (inside) {
      absl::StrAppend(&out, line, "\n");
    }
  }
  return out;
}

int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  CHECK(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

TEST(OperatingGuide, EveryCommandRuns) {
  TempFolder folder;
  const std::filesystem::path source = std::filesystem::current_path();
  for (const char* name : {"policies", "docs"})
    std::filesystem::create_directory_symlink(source / name, folder / name);
  const std::string blocks = BlocksOf(Read("docs/operating.md"), "sh");
  ASSERT_TRUE(absl::StrContains(blocks, "caseward restore"));
  std::ofstream(folder / "session.sh") << "set -euxo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
                                       << "export PATH="
                                       << std::filesystem::path(CASEWARD_PROGRAM).parent_path().string() << ":$PATH\n"
                                       << absl::StrReplaceAll(blocks, {{":7411", absl::StrCat(":", FreePort())},
                                                                       {":9411", absl::StrCat(":", FreePort())},
                                                                       {"8080", absl::StrCat(FreePort())}});

  const std::string command =
      absl::StrCat("cd ", folder.path(), " && timeout 120 bash session.sh > transcript 2>&1 < /dev/null");
  const int status = std::system(command.c_str());

  EXPECT_EQ(status, 0) << Read(folder / "transcript");
}

TEST(OperatingGuide, TheSignatureCheckIsTheExamples) {
  const std::string shown = BlocksOf(Read("docs/operating.md"), "python");
  ASSERT_FALSE(shown.empty());
  EXPECT_TRUE(absl::StrContains(Read("docs/examples/webhook_receiver.py"), shown));
}

// Every name in the first column of the guide's table of metrics.
std::set<std::string> DocumentedMetrics() {
  std::set<std::string> names;
  for (const auto line : absl::StrSplit(Read("docs/operating.md"), '\n')) {
    if (!absl::StartsWith(line, "| `caseward_")) continue;
    const std::vector<std::string> parts = absl::StrSplit(line, '`');
    names.insert(parts[1]);
  }
  return names;
}

// What a scrape shows once everything has happened that is counted.
std::set<std::string> ExposedMetrics() {
  Metrics metrics;
  for (const Hop hop : {Hop::kSubmit, Hop::kDecide, Hop::kAppend, Hop::kApply, Hop::kReply, Hop::kPublish})
    metrics.HopEnded(0, hop, absl::Milliseconds(1), 1);
  metrics.Accepted(0, "report");
  metrics.Refused(0, "R-02.2");
  metrics.ClockFired(0, "first_contact", true, absl::Seconds(1));
  metrics.Condition(0, "SERVING", "");
  metrics.Condition(0, "TIMER_BLOCKED", "its pack is not known");
  metrics.IntakeTaken(0, "decided");
  metrics.MessagesFromLog(0, 1, 2);
  metrics.Trouble(0, "INTAKE_STOPPED", "what lay there is gone");
  metrics.WebhookTried("sent");
  metrics.SetViews([] {
    std::vector<PartitionView> views(1);
    views[0].intake.condition = "OPEN";
    return views;
  });
  const absl::StatusOr<int> port = metrics.Expose("127.0.0.1:0");
  EXPECT_TRUE(port.ok()) << port.status();
  TempFolder folder;
  const std::string command = absl::StrCat("curl -s -o ", folder / "page", " http://127.0.0.1:", *port, "/metrics");
  EXPECT_EQ(std::system(command.c_str()), 0);
  const std::string page = Read(folder / "page");
  EXPECT_TRUE(absl::StrContains(page, "caseward_condition{condition=\"SERVING\",partition=\"0\"} 1"))
      << "one blocked timer does not end a partition's serving";
  std::set<std::string> names;
  for (const auto line : absl::StrSplit(page, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() > 2 && words[1] == "TYPE" && absl::StartsWith(words[2], "caseward_")) names.insert(words[2]);
  }
  return names;
}

TEST(OperatingGuide, ItsMetricsAreThoseOfTheCode) { EXPECT_EQ(DocumentedMetrics(), ExposedMetrics()); }

class Limits {
 public:
  void Is(const std::string& name, const std::string& value) const {
    EXPECT_TRUE(absl::StrContains(guide_, absl::StrCat("\n| `", name, "` | ", value, " ")))
        << name << ": the code says " << value;
  }
  void Count(const std::string& name, uint64_t value) const { Is(name, cli::WithCommas(value)); }
  void Bytes(const std::string& name, uint64_t value) const {
    Is(name, value % (1 << 20) == 0 ? absl::StrCat(value >> 20, " MiB") : absl::StrCat(value >> 10, " KiB"));
  }

 private:
  const std::string guide_ = Read("docs/operating.md");
};

TEST(OperatingGuide, ItsLimitsAreThoseOfTheCode) {
  const Limits limits;
  const PartitionLimits partition;
  limits.Count("inbox_max", partition.inbox_max);
  limits.Count("round_commands_max", partition.round_commands_max);
  limits.Count("round_timers_max", partition.round_timers_max);
  limits.Bytes("round_bytes_max", partition.round_bytes_max);
  limits.Bytes("command_bytes_max", partition.command_bytes_max);
  limits.Bytes("publish_bytes_max", partition.publish_bytes_max);
  limits.Count("cached_cases_max", partition.cached_cases_max);
  limits.Count("cached_lines_max", partition.cached_lines_max);
  limits.Is("command_ids_kept", absl::StrCat(absl::ToInt64Hours(partition.command_ids_kept) / 24, " days"));
  limits.Is("head_interval", absl::StrCat(absl::ToInt64Hours(partition.head_interval), " hour"));
  limits.Is("clock_jump_max", absl::StrCat(absl::ToInt64Minutes(partition.clock_jump_max), " minutes"));
  limits.Is("append_late", absl::StrCat(absl::ToInt64Seconds(partition.append_late), " s"));
  limits.Bytes("reject_bytes_max", partition.reject_bytes_max);
  limits.Is("intake_idle", absl::StrCat(absl::ToInt64Hours(partition.intake_idle), " hour"));
  limits.Bytes("kIntakeJsonBytesMax", kIntakeJsonBytesMax);
  limits.Is("refusal_window", absl::StrCat(absl::ToInt64Minutes(partition.refusal_window), " minute"));
  const ServerLimits server;
  limits.Bytes("message_bytes_max", static_cast<uint64_t>(server.message_bytes_max));
  limits.Count("stream_window_max", server.stream_window_max);
  limits.Count("waiting_reads_max", server.waiting_reads_max);
  limits.Is("read_wait_max", absl::StrCat(absl::ToInt64Seconds(server.read_wait_max), " s"));
  limits.Count("subscribers_max", server.subscribers_max);
  limits.Count("subscriber_lag_max", server.subscriber_lag_max);
  limits.Count("page_size_default", static_cast<uint64_t>(server.page_size_default));
  limits.Count("page_size_max", static_cast<uint64_t>(server.page_size_max));
  limits.Bytes("kWordsBytesMax", kWordsBytesMax);
  limits.Count("kWordsSubjectsMax", static_cast<uint64_t>(kWordsSubjectsMax));
  limits.Count("kActionsMax", static_cast<uint64_t>(kActionsMax));
  limits.Count("kReferencesMax", static_cast<uint64_t>(kReferencesMax));
  limits.Count("kLinksMax", static_cast<uint64_t>(kLinksMax));
  limits.Count("kHoldsMax", static_cast<uint64_t>(kHoldsMax));
  limits.Count("kSplitMax", static_cast<uint64_t>(kSplitMax));
  limits.Count("kSplitsMax", static_cast<uint64_t>(kSplitsMax));
  limits.Count("kAgencyItemsMax", static_cast<uint64_t>(kAgencyItemsMax));
  limits.Count("kSharingCodesMax", static_cast<uint64_t>(verbs::kSharingCodesMax));
  limits.Count("kOutsideReferenceMax", kOutsideReferenceMax);
  limits.Count("kAgreementsMax", static_cast<uint64_t>(kAgreementsMax));
  limits.Count("kAgencyListMax", static_cast<uint64_t>(kAgencyListMax));
  limits.Count("kDelegationsMax", static_cast<uint64_t>(kDelegationsMax));
  limits.Count("kResidentReferencesMax", static_cast<uint64_t>(kResidentReferencesMax));
  limits.Count("kMergedMax", static_cast<uint64_t>(kMergedMax));
  limits.Count("kCasesToldMax", static_cast<uint64_t>(kCasesToldMax));
  limits.Count("kCandidatesMax", static_cast<uint64_t>(kCandidatesMax));
  limits.Is("kBackdateMax", absl::StrCat(absl::ToInt64Hours(kBackdateMax) / 24, " days"));
}

}  // namespace
}  // namespace caseward
