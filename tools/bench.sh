#!/usr/bin/env bash
# Runs the benchmarks in a temporary folder. --smoke: everything briefly, as CI does; --json FILE: the figures as data.
# --only decide | engine | unary | stream | postgres: one subject.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/release/bench/caseward_bench ] || cmake --build --preset release --target caseward_bench >/dev/null
folder=$(mktemp -d)
# The driver stops the PostgreSQL that it starts; if the driver was killed, this does.
clean_up() {
  [ ! -e "$folder/postgres" ] || bench/postgres/cluster.sh stop "$folder/postgres" || true
  rm -rf "$folder"
}
trap clean_up EXIT
build/release/bench/caseward_bench --folder "$folder" "$@"
