#include "services/cli/examples.h"

namespace caseward::cli {
namespace {

constexpr HelpExample kExamples[] = {
    {"serve", "Serve on this machine, keeping everything under caseward-data",
     "caseward serve --data caseward-data --listen 127.0.0.1:7411 --auth dev"},
    {"calendar publish", "Make the working-time calendar known",
     "caseward calendar publish policies/calendars/england_and_wales.yaml --actor \"ada; roles=policy_admin\""},
    {"calendar due", "When are five working days from Good Friday's eve over, and why?",
     "caseward calendar due --calendar england_and_wales --from 2026-04-02T16:00:00Z --within \"5 working_days\""},
    {"calendar due", "The same from a file, for a machine",
     "caseward calendar due --calendar policies/calendars/england_and_wales.yaml --from 2026-11-20T16:59:00Z --within "
     "\"4 "
     "business_hours\" --json"},
    {"policy check", "Look a pack over before anyone uses it", "caseward policy check policies/housing"},
    {"policy check", "Also look, for two seconds, for a way to close without a signature",
     "caseward policy check policies/housing --search --seconds 2"},
    {"policy test", "Run its worked examples", "caseward policy test policies/housing"},
    {"policy test", "Change one in a hundred of its durations, roles, conditions and verbs: does an example notice?",
     "caseward policy test policies/housing --mutate --every 100"},
    {"policy coverage", "What the reviews ask, what of the pack keeps it, and what has nothing behind it yet",
     "caseward policy coverage policies/housing"},
    {"policy map", "One kind of case as a flowchart: its way, its guards, its clocks and signatures",
     "caseward policy map policies/housing --case-type hate_incident"},
    {"policy map", "The same for Graphviz", "caseward policy map policies/housing --format dot"},
    {"policy diff", "What a draft changes", "caseward policy diff policies/receipt policies/housing"},
    {"policy schema", "What an editor needs to complete and check a pack; policies/schema.json is a copy",
     "caseward policy schema"},
    {"policy publish", "Publish it; cases opened from now on follow it",
     "caseward policy publish policies/housing --actor \"ada; roles=policy_admin\""},
    {"staff register", "Register a member of staff with roles and training",
     "caseward staff register mo --roles case_manager --region north --trained-in hate_crime --actor \"ada; "
     "roles=policy_admin\""},
    {"staff register", "Her manager, too",
     "caseward staff register tess --roles team_manager --training hate_crime:2099-01-01T00:00:00Z --actor \"ada; "
     "roles=policy_admin\""},
    {"staff delegate", "While she is on leave, mo signs for her",
     "caseward staff delegate tess mo --subjects closure --starts 2026-01-01T00:00:00Z --ends 2026-02-01T00:00:00Z "
     "--reason leave --actor \"ada; roles=policy_admin\""},
    {"agency register", "Make a partner agency known",
     "caseward agency register met_police --title \"Metropolitan Police\" --kind police --services hate_crime_unit "
     "--actor \"ada; roles=policy_admin\""},
    {"agreement register", "What may be told to it, for what and until when",
     "caseward agreement register police_2026 --agency met_police --purposes prevent_crime --bases public_task "
     "--classes "
     "personal --from 2026-01-01T00:00:00Z --until 2099-01-01T00:00:00Z --actor \"ada; roles=policy_admin\""},
    {"agreement review", "Looked at, and goes on",
     "caseward agreement review police_2026 --until 2099-06-01T00:00:00Z --actor \"ada; roles=policy_admin\""},
    {"agreement suspend", "Nothing is shared under it from now on",
     "caseward agreement suspend police_2026 --reason breach_found --actor \"ada; roles=policy_admin\""},
    {"agency list", "Agencies, and how the agreements with each stand", "caseward agency list"},
    {"submit", "Send commands, one JSON object a line; outcomes come back the same way",
     "caseward submit docs/examples/first_case.jsonl"},
    {"submit", "The same for people: try to close a case that is not ready, and read why not",
     "caseward submit --pretty docs/examples/close_too_soon.jsonl", 3},
    {"case list", "The open cases of one region", "caseward case list --phase open --region north"},
    {"case show", "One case, by another system's reference", "caseward case show d365:INC-1042"},
    {"case timeline", "Everything that was asked of it, refusals included", "caseward case timeline d365:INC-1042"},
    {"case explain", "Why each clock is due when it is, and what stands between the case and closing",
     "caseward case explain d365:INC-1042 --actor \"mo; roles=case_manager\""},
    {"case due", "What falls due before an instant, soonest first", "caseward case due --before 2099-01-01T00:00:00Z"},
    {"case watch", "Follow a case; here: only what has happened so far",
     "caseward case watch d365:INC-1042 --stop-at-end"},
    {"work", "What is next for me, why, and what waits for my answer or signature",
     "caseward work --actor \"mo; roles=case_manager\""},
    {"resident show", "What a resident told us once", "caseward resident show --case d365:INC-1042"},
    {"resident match", "Is this caller known already?", "caseward resident match --phone \"01632 960001\""},
    {"resident merge", "Registered twice; the ids are in `resident match`",
     "caseward resident merge R-00-000000-000000-0 --into R-00-000000-000001-1 --reason registered_twice", 3},
    {"import xes", "Take in another system's history, each case at its own time",
     "caseward import xes tests/data/small.xes --map policies/receipt/receipt.yaml --publish"},
    {"import xes", "A help desk's history: waiting holds a clock, another team is a hand-over",
     "caseward import xes tests/data/service_desk.xes --map policies/service_desk/service_desk.yaml --publish"},
    {"import report", "What the pack found in it", "caseward import report incident --markdown findings.md"},
    {"export xes", "The log again, in the words of the system it came from",
     "caseward export xes again.xes --map policies/service_desk/service_desk.yaml"},
    {"export xes", "Every case as Caseward knows it, for process mining", "caseward export xes cases.xes"},
    {"export csv", "A year of one kind of case, for a spreadsheet",
     "caseward export csv incidents.csv --case-type incident --from 2012-01-01T00:00:00Z --to 2013-01-01T00:00:00Z "
     "--bom"},
    {"export jsonl", "Everything that happened, in the form other systems may read",
     "caseward export jsonl events.jsonl"},
    {"status", "Is every partition well?", "caseward status"},
    {"log tail", "The last ten decisions of partition 0", "caseward log tail --partition 0 --last 10"},
    {"log verify", "Read every record again and compare with what the server signed", "caseward log verify"},
    {"log resume", "Partition 2 had stopped; here it has not, and says so",
     "caseward log resume 2 --actor \"grace; roles=system_admin\"", 1},
    {"log digest", "The state's digest, partition by partition", "caseward log digest"},
    {"report", "A page for people: refusals, clocks, what stands in the way", "caseward report --html report.html"},
    {"generate", "Forty cases of an invented association's year, the same each time",
     "caseward generate --seed 7 --cases 40 --start 2025-04-01 --out year.jsonl"},
    {"resident erase", "Destroy a resident's words; the id is in `resident show`",
     "caseward resident erase R-00-000000-000000-0 --reason erasure_request", 3},
    {"backup", "Copy everything while the server runs", "caseward backup backup-1"},
    {"restore", "Make a data folder from it", "caseward restore backup-1 --data restored-data", 0, true},
    {"log verify", "The same for a data folder that no server uses, signed heads included",
     "caseward log verify --data caseward-data", 0, true},
    {"log digest", "The digest of a data folder's state", "caseward log digest --data caseward-data --json", 0, true},
    {"log rebuild", "Throw the state away and make it again from the log", "caseward log rebuild --data caseward-data",
     0, true},
    {"log copy", "Move the log of a data folder into Kafka, whole and proved",
     "caseward log copy --data caseward-data --to 127.0.0.1:9092", 0, true},
};

}  // namespace

absl::Span<const HelpExample> HelpExamples() { return kExamples; }

}  // namespace caseward::cli
