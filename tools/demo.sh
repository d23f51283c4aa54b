#!/usr/bin/env bash
# A demonstration that a person can follow: a seeded year of an invented housing association, two cases told step by step, a
# real municipality's log if there is one, and the proof that the state is what the log says. Ends with a page to read.
#
#   tools/demo.sh [--cases N] [--keep] [--kafka]   CASEWARD=path/to/caseward  CASEWARD_DATA=folder with receipt.xes.gz
#
# --kafka: the same with the log in a Kafka that it starts (CASEWARD_TEST_KAFKA names one that is there), and then two nodes on
# that log, of which the first is killed while the second goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

cases=300
keep=no
kafka=no
while [ $# -gt 0 ]; do
  case $1 in
    --cases) cases=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --kafka) kafka=yes; shift ;;
    *) echo "usage: tools/demo.sh [--cases N] [--keep] [--kafka]" >&2; exit 2 ;;
  esac
done

caseward=${CASEWARD:-build/release/services/caseward}
[ -x "$caseward" ] || { echo "expected the program at $caseward; build it with ./dev build" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/caseward-demo.XXXXXX")
data=$work/data
page=${CASEWARD_PAGE:-$PWD/build/demo-report.html}
mkdir -p "$(dirname "$page")"
server=
nodes=()
log=()

stop_server() {
  [ -n "$server" ] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
clean_up() {
  local node
  stop_server
  for node in "${nodes[@]}"; do kill -KILL "$node" 2>/dev/null || true; done
  [ "$kafka" = no ] || tools/kafka.sh drop "$work/broker"
  if [ "$keep" = yes ]; then echo "data kept in $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# await_server NAME PID: until it says where it serves, which CASEWARD_SERVER is then.
await_server() {
  for _ in $(seq 1 1200); do
    CASEWARD_SERVER=$(sed -n 's/^Serving on \([^:]*:[0-9]*\):.*/\1/p' "$work/$1.out")
    [ -z "$CASEWARD_SERVER" ] || break
    kill -0 "$2" 2>/dev/null || { cat "$work/$1.log" >&2; exit 1; }
    sleep 0.1
  done
  [ -n "$CASEWARD_SERVER" ] || { echo "the server did not come up in 120 s" >&2; cat "$work/$1.log" >&2; exit 1; }
  export CASEWARD_SERVER
}
start_server() {
  : >"$work/serve.out"
  "$caseward" serve --data "$data" --listen 127.0.0.1:0 "${log[@]}" >"$work/serve.out" 2>"$work/serve.log" &
  server=$!
  await_server serve "$server"
}
# start_node NAME FOLDER: one of several nodes on the log in Kafka.
start_node() {
  : >"$work/$1.out"
  "$caseward" serve --data "$2" --listen 127.0.0.1:0 "${log[@]}" --master-key "$data/keys/master.key" \
    --node-listen 127.0.0.1:0 --node-certs "$work/certs/127.0.0.1" >"$work/$1.out" 2>"$work/$1.log" &
  nodes+=($!)
  await_server "$1" $!
}
# await_owner N...: until the node at CASEWARD_SERVER owns so many of the partitions.
await_owner() {
  local owned
  for _ in $(seq 1 600); do
    owned=$("$caseward" status --json 2>/dev/null | jq '[.partitions[] | select(.condition == "SERVING")] | length' || echo 0)
    for wanted in "$@"; do [ "$owned" != "$wanted" ] || return 0; done
    sleep 0.1
  done
  echo "the node owns ${owned:-no} partitions after 60 s, expected one of: $*" >&2
  "$caseward" status >&2 || true
  exit 1
}

# ask [--refused] ACTOR CASE JSON: one command, told to people. A refusal where none is expected ends the demonstration.
step=0
ask() {
  local expected=0
  if [ "$1" = --refused ]; then expected=3; shift; fi
  local actor=$1 case_id=$2 body=$3 exit=0
  step=$((step + 1))
  printf '{"actor":"%s","command":{"command_id":"demo-%s-%d"%s,%s}}\n' "$actor" "$$" "$step" \
    "${case_id:+,\"case_id\":\"$case_id\"}" "$body" >"$work/line.jsonl"
  "$caseward" submit --pretty "$work/line.jsonl" >"$work/answer.txt" 2>"$work/answer.err" || exit=$?
  sed 's/^/  /' "$work/answer.txt"
  if [ "$exit" != "$expected" ]; then
    cat "$work/answer.err" >&2
    echo "expected exit $expected, found $exit" >&2
    exit 1
  fi
}
# The id of the case that the last report opened.
opened() { awk 'NR == 1 { print $1 }' "$work/answer.txt"; }
ago() { date -u -d "$1 ago 10:00" +%Y-%m-%dT%H:%M:%SZ; }
ahead() { date -u -d "now + $1" +%Y-%m-%dT%H:%M:%SZ; }

cleo="cleo; roles=contact_centre; region=north"
sam="sam; roles=duty_manager; region=north"
mo="cm-north-1; roles=case_manager; region=north"
ruth="ruth; roles=regional_manager; region=north"
hana="hana; roles=hate_lead; region=north"
export CASEWARD_ACTOR="ruth; roles=regional_manager,policy_admin; region=north"

if [ "$kafka" = yes ]; then
  say "0. A Kafka broker"
  bootstrap=$(tools/kafka.sh start "$work/broker")
  log=(--kafka "$bootstrap" --kafka-prefix "demo-$$")
  echo "$bootstrap"
  say "1. A server with its log there, a calendar and a policy"
else
  say "1. A server with the embedded log, a calendar and a policy"
fi
start_server
"$caseward" policy test policies/housing
"$caseward" calendar publish england_and_wales
"$caseward" policy publish policies/housing

say "2. A year of an invented housing association: $cases cases, over gRPC"
"$caseward" generate --seed 7 --cases "$cases" --out "$work/year.jsonl"
exit=0
"$caseward" submit --quiet "$work/year.jsonl" || exit=$?
[ "$exit" = 0 ] || [ "$exit" = 3 ] || exit 1

say "3. A hate incident, closed properly after being refused three times"
answers='"answers":{"hate_perceived":{"code":"perceived"},"hate_strand":{"code":"race"},"domestic_abuse":{"code":"not_indicated"},"weapon":{"code":"not_reported"},"safeguarding":{"code":"no_concern"},"repeat_victim":{"code":"first_time"}}'
ask "$cleo" "" '"channel":"phone","references":[{"system":"d365","value":"DEMO-HATE"}],"report_case":{"case_type":"hate_incident","region":"north","account":{"text":"Slurs shouted at the door and paint on it."}}'
hate=$(opened)
echo "  -- filed as nuisance: refused"
ask --refused "$cleo" "$hate" '"triage_case":{"case_type":"anti_social_behaviour",'"$answers"'}'
ask "$cleo" "$hate" '"triage_case":{"case_type":"hate_incident",'"$answers"'}'
ask "$sam" "$hate" '"assign_case":{"owner":"cm-north-1"}'
ask "$mo" "$hate" '"channel":"phone","record_contact":{"with":"WITH_VICTIM","outcome":"OUTCOME_TWO_WAY","update":true,"what_happened_code":"first_call","what_next_code":"visit","next_update_by":"'"$(ahead '3 days')"'"}'
ask "$mo" "$hate" '"record_step":{"step":"named_contact_told","fields":{"how":{"code":"phone"}}}'
ask "$mo" "$hate" '"record_step":{"step":"risk_assessed","fields":{"instrument":{"code":"hate_matrix"},"score":{"number":31},"score_band":{"code":"medium"},"band":{"code":"medium"}}}'
ask "$mo" "$hate" '"agree_plan":{"outcome_sought":{"text":"To come home without fear."},"review_by":"'"$(ahead '10 days')"'","understanding_confirmed_by":"interpreter","actions":[{"action_id":"clean","kind":"repair","due":"'"$(ahead '2 days')"'"}]}'
ask "$mo" "$hate" '"complete_action":{"action_id":"clean","evidence_ref":"photo-11"}'
ask "$mo" "$hate" '"record_step":{"step":"outcome_achieved","fields":{"sought_met":{"code":"fully"},"resident_view":{"code":"content"},"harm_ended":{"flag":true}}}'
ask "$mo" "$hate" '"propose_closure":{"reason_code":"resolved_enforcement"}'
echo "  -- closed without a signature: refused"
ask --refused "$mo" "$hate" '"close_case":{}'
echo "  -- signed before the resident was asked: refused"
ask --refused "$hana" "$hate" '"sign_off":{"subject":"closure","answer":"ANSWER_GRANT"}'
ask "$mo" "$hate" '"record_step":{"step":"resident_closure_response","fields":{"answer":{"code":"agrees"}}}'
ask "$mo" "$hate" '"record_step":{"step":"closure_letter_approved","fields":{"letter":{"code":"doc-820"}}}'
ask "$mo" "$hate" '"record_step":{"step":"closing_check","fields":{"linked_complaints":{"code":"no_complaint"},"survey":{"code":"send"}}}'
ask "$hana" "$hate" '"record_step":{"step":"motive_reviewed","fields":{"finding":{"code":"confirmed"},"strand":{"code":"race"}}}'
ask "$ruth" "$hate" '"record_step":{"step":"manager_review","fields":{"finding":{"code":"on_track"},"risk_ok":{"flag":true},"plan_ok":{"flag":true},"resident_updated_ok":{"flag":true},"outcome_on_track":{"flag":true}}}'
ask "$hana" "$hate" '"sign_off":{"subject":"closure","answer":"ANSWER_GRANT"}'
ask "$mo" "$hate" '"close_case":{}'
"$caseward" case show "$hate" --latest

say "4. A noise dispute that stalls and breaches (it began sixty days ago)"
calm='"answers":{"hate_perceived":{"code":"not_perceived"},"domestic_abuse":{"code":"not_indicated"},"weapon":{"code":"not_reported"},"safeguarding":{"code":"no_concern"},"repeat_victim":{"code":"first_time"}}'
at() { printf '"importing":true,"occurred_at":"%s",' "$(ago "$1")"; }
ask "$cleo" "" "$(at '60 days')"'"channel":"web","references":[{"system":"d365","value":"DEMO-NOISE"}],"report_case":{"case_type":"anti_social_behaviour","region":"north","account":{"text":"A drum kit, every evening."}}'
noise=$(opened)
ask "$cleo" "$noise" "$(at '60 days')"'"triage_case":{"case_type":"anti_social_behaviour",'"$calm"'}'
ask "$sam" "$noise" "$(at '59 days')"'"assign_case":{"owner":"cm-north-1"}'
ask "$mo" "$noise" "$(at '58 days')"'"channel":"phone","record_contact":{"with":"WITH_REPORTER","outcome":"OUTCOME_VOICEMAIL"}'
ask "$mo" "$noise" '"importing":true,"finish_import":{"up_to":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}'
echo "  -- and now somebody wants it off the list: refused"
ask --refused "$mo" "$noise" '"propose_closure":{"reason_code":"no_further_incidents"}'
"$caseward" case explain "$noise" --latest

receipt=${CASEWARD_DATA:-../shared/data}/receipt.xes.gz
if [ -f "$receipt" ]; then
  say "5. A real municipality's log, which nobody here wrote"
  "$caseward" import xes "$receipt" --map policies/receipt/receipt.yaml --publish
else
  say "5. No receipt.xes.gz here (CASEWARD_DATA names its folder): left out"
fi

say "6. The picture: cases, what was refused, what became of the clocks, who signed, who has how much to do, who comes back"
"$caseward" report

say "7. The proof: stop, verify every record, delete the state, replay, compare"
stop_server
"$caseward" log verify --data "$data"
"$caseward" log digest --data "$data" --json >"$work/before.jsonl"
"$caseward" log rebuild --data "$data"
"$caseward" log digest --data "$data" --json >"$work/after.jsonl"
cmp "$work/before.jsonl" "$work/after.jsonl"
echo "The digests before and after are equal."

say "8. A page to read"
start_server
"$caseward" report --html "$page" --case "$hate" --case "$noise" --digests-before "$work/before.jsonl" \
  --digests-after "$work/after.jsonl" >/dev/null
stop_server

if [ "$kafka" = yes ]; then
  say "9. Two nodes on the same log"
  deploy/certs/make.sh "$work/certs" 127.0.0.1 >/dev/null
  start_node first "$data"
  first=$CASEWARD_SERVER
  await_owner 8
  start_node second "$work/data-2"
  second=$CASEWARD_SERVER
  await_owner 3 4 5
  "$caseward" status
  echo "  -- told at the first node, read at the second"
  CASEWARD_SERVER=$first ask "$cleo" "" '"channel":"web","report_case":{"case_type":"anti_social_behaviour","region":"north","account":{"text":"Fireworks at three in the morning."}}'
  night=$(opened)
  "$caseward" case show "$night" --latest

  say "10. The first node is killed; the second takes its partitions and goes on"
  kill -KILL "${nodes[0]}"
  wait "${nodes[0]}" 2>/dev/null || true
  await_owner 8
  CASEWARD_SERVER=$second
  ask "$cleo" "$night" '"triage_case":{"case_type":"anti_social_behaviour",'"$calm"'}'
  ask "$sam" "$night" '"assign_case":{"owner":"cm-north-1"}'
  "$caseward" case show "$night" --latest
  "$caseward" status
  "$caseward" log verify
  kill "${nodes[1]}"
  wait "${nodes[1]}" 2>/dev/null || true
fi
echo "Read it: $page"
