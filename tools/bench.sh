#!/usr/bin/env bash
# Runs the benchmarks in a temporary folder. --smoke: everything briefly, as CI does; --json FILE: the figures as data.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/release/bench/caseward_bench ] || cmake --build --preset release --target caseward_bench >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build/release/bench/caseward_bench --folder "$folder" "$@"
