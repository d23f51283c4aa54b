#!/usr/bin/env bash
# Runs the benchmarks in a temporary folder. --smoke: everything briefly, as CI does; --json FILE: the figures as data;
# --only SUBJECT: one subject (--help names them).
#
#   tools/bench.sh [...]         beside a bare gRPC echo, bare RocksDB and PostgreSQL
#   tools/bench.sh kafka [...]   the log in Kafka, on a broker that it starts and drops (CASEWARD_TEST_KAFKA names one that is there)
set -euo pipefail
cd "$(dirname "$0")/.."

program=build/release/bench/caseward_bench
if [ "${1:-}" = kafka ]; then
  kafka=yes
  shift
  program=build/release/bench/kafka/caseward_bench_kafka
fi
[ -x "$program" ] || cmake --build --preset release --target "$(basename "$program")" >/dev/null
folder=$(mktemp -d)
# The driver stops the PostgreSQL that it starts; if the driver was killed, this does.
clean_up() {
  [ ! -e "$folder/postgres" ] || bench/postgres/cluster.sh stop "$folder/postgres" || true
  [ -z "${kafka:-}" ] || tools/kafka.sh drop "$folder/broker"
  rm -rf "$folder"
}
trap clean_up EXIT
if [ -n "${kafka:-}" ]; then
  bootstrap=$(tools/kafka.sh start "$folder/broker")
  set -- --kafka "$bootstrap" "$@"
  [ ! -f "$folder/broker/pid" ] || set -- --broker-pid "$(cat "$folder/broker/pid")" "$@"
fi
"$program" --folder "$folder" "$@"
