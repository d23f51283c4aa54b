#!/usr/bin/env bash
# The ladder, as CI runs it: fail fast, one line a step, the count of tests last.
#   tools/test.sh          everything; of the rung of a real Kafka broker, a part and twenty takeovers
#   tools/test.sh RUNG     one rung of the release build: table unit property contract golden fuzz sim integration kafka
#                          kafka ends with a table of faults; CASEWARD_TAKEOVERS=200 is its long run
#                          sim runs a thousand seeds of the simulator; CASEWARD_SEEDS=10000 is its long run, with a table
#   tools/test.sh kafka39  a smoke of that rung on Kafka 3.9.1: the contract, topics, the feed, passwords, a takeover, lost topics
#   tools/test.sh RUNG/FOLDER   one binary of it, for the edit loop: unit/calendar, table/cases, integration/server
#   tools/test.sh threads  under the thread sanitizer: the log's contract, and the host's loops with callers of many threads
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${CASEWARD_JOBS:-$(nproc)}
passed=0
failed=0

step() { printf '\n== %s  (%dm%02ds)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

finish() {
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}

configure_and_build() {
  local preset=$1 log
  shift
  log=$(mktemp)
  cmake --preset "$preset" >"$log" 2>&1 && cmake --build --preset "$preset" -j "$jobs" "$@" >>"$log" 2>&1 || {
    grep -E 'error|FAILED|CMake Error' "$log" | head -40 || tail -40 "$log"
    echo "build of $preset failed; full log: $log"
    exit 1
  }
  rm -f "$log"
}

# Runs ctest in a preset with further arguments and adds to the count.
run_ctest() {
  local preset=$1 log status=0 ran bad
  shift
  log=$(mktemp)
  ctest --preset "$preset" -j "$jobs" "$@" >"$log" 2>&1 || status=$?
  ran=$(sed -nE 's/.*tests passed, [0-9]+ tests failed out of ([0-9]+).*/\1/p' "$log" | tail -1)
  bad=$(sed -nE 's/.*tests passed, ([0-9]+) tests failed out of.*/\1/p' "$log" | tail -1)
  passed=$((passed + ${ran:-0} - ${bad:-0}))
  failed=$((failed + ${bad:-0}))
  if [ "$status" != 0 ]; then
    tail -150 "$log"
    [ "${bad:-0}" != 0 ] || failed=$((failed + 1))
    finish || exit 1
  fi
  grep -E 'tests passed' "$log" || true
  rm -f "$log"
}

# The demo, short and quiet unless it fails.
demo() {
  local log status=0
  log=$(mktemp)
  CASEWARD_PAGE=$log.html tools/demo.sh --cases 20 >"$log" 2>&1 || status=$?
  [ "$status" = 0 ] || tail -40 "$log"
  rm -f "$log" "$log.html"
  return "$status"
}

# A check that is a script of its own counts as one test.
run_check() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "failed: $name"
    failed=$((failed + 1))
    finish || exit 1
  fi
}

threads() {
  step "build: thread sanitizer"
  configure_and_build tsan --target threaded_tests
  step "ladder: contract and threads, under the thread sanitizer"
  TSAN_OPTIONS="suppressions=$PWD/tests/tsan_suppressions.txt" run_ctest tsan -L '^(contract|threads)$'
}

if [ "${1:-}" = threads ]; then
  threads
  finish
  exit
fi

# One binary, run as it is: quicker than a process for each of its tests.
run_binary() {
  local log status=0
  log=$(mktemp)
  "build/release/tests/$1" --gtest_brief=1 >"$log" 2>&1 || status=$?
  passed=$(sed -nE 's/^\[  PASSED  \] ([0-9]+) tests?\..*/\1/p' "$log")
  passed=${passed:-0}
  failed=$(sed -nE 's/^ *([0-9]+) FAILED TESTS?.*/\1/p' "$log")
  if [ "$status" != 0 ]; then
    tail -150 "$log"
    failed=${failed:-1}
  fi
  failed=${failed:-0}
  rm -f "$log"
}

# What of the broker's rung is run on the older Kafka.
kafka39='EventLog|KafkaTopics|KafkaFeed\.|KafkaSecurity|KafkaTakeover|Nodes\.(AnyNode|L4_L5_NoCommand)|TopicLost'

# What of it CI runs: the contract on a broker, topics, the feed and its consumer, the intake, and twenty owners killed under load.
kafka_in_ci='EventLog|KafkaTopics|KafkaFeed\.|KafkaTakeover|FeedConsumer|IntakeInProgram|Nodes\.(AnyNode|L4_L5_NoCommand)'

# A registry that cannot be reached is no fault of ours; all else is.
broker() {
  step "ladder: the broker's rung in part, on a real broker; twenty takeovers"
  if tools/kafka.sh fetch; then
    CASEWARD_TAKEOVERS=20 run_ctest release -L '^kafka$' -R "$kafka_in_ci"
  else
    echo "NOT RUN: what a broker is made of could not be fetched; why is above"
  fi
}

report_faults() {
  CASEWARD_FAULT_REPORT=$(mktemp)
  export CASEWARD_FAULT_REPORT
  trap fault_report EXIT
}

# Which faults the broker's rung brought about, how often, and whether all held: also when a test has failed.
fault_report() {
  printf '\n%-66s %6s  %s\n' fault runs verdict
  sort "$CASEWARD_FAULT_REPORT" | awk -F'\t' '{ printf "%-66s %6d  %s\n", $1, $2, $3 }'
  rm -f "$CASEWARD_FAULT_REPORT"
}

if [ $# -gt 0 ]; then
  case $1 in
    */*)
      configure_and_build release --target "${1//\//_}_test"
      run_binary "${1//\//_}_test"
      ;;
    kafka39)
      configure_and_build release --target kafka_tests
      report_faults
      export CASEWARD_KAFKA_VERSION=3.9.1
      tools/kafka.sh drop build/release/kafka # one that was left is of another version
      run_ctest release -L '^kafka$' -R "$kafka39"
      ;;
    sim)
      configure_and_build release --target sim_tests caseward_sim
      if [ -n "${CASEWARD_SEEDS:-}" ]; then
        run_check simulator build/release/tests/caseward_sim --seeds "$CASEWARD_SEEDS"
      else
        run_ctest release -L '^sim$'
      fi
      ;;
    *)
      configure_and_build release --target "$1_tests"
      [ "$1" != kafka ] || report_faults
      run_ctest release -L "^$1$"
      ;;
  esac
  finish
  exit
fi

step "lint: format, tidy, proto"
run_check lint tools/lint.sh
step "build: release"
configure_and_build release
step "layering: a forbidden include does not compile"
run_check layering tests/build/layering_test.sh
step "ladder: every rung but the broker's, release"
run_ctest release -LE '^kafka$'
step "demo: two cases on a small year, told and checked"
run_check demo demo
broker
step "build: address and undefined-behaviour sanitizers"
configure_and_build asan --target sanitized_tests
step "ladder: table, unit, property, contract, golden, fuzz, sanitized"
run_ctest asan -L '^(table|unit|property|contract|golden|fuzz)$'
threads
step "bench: smoke"
run_check bench tools/bench.sh --smoke
finish
