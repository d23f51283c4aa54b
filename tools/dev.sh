#!/usr/bin/env bash
# What ./dev runs. Each command brings what it needs: packages, then a build, then the thing itself.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${CASEWARD_JOBS:-$(nproc)}

say() { printf '\n== %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Packages of deploy/packages.txt that are not installed yet.
missing_packages() {
  local name rest
  while read -r name rest; do
    case $name in '' | '#'*) continue ;; esac
    case $rest in unless:*) if command -v "${rest#unless:}" >/dev/null; then continue; fi ;; esac
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || echo "$name"
  done <deploy/packages.txt
}

setup() {
  local missing
  missing=$(missing_packages)
  [ -z "$missing" ] && return
  say "setup: installing $(echo "$missing" | wc -w) packages"
  as_root apt-get update -qq
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

build() {
  local preset=$1
  shift
  setup
  cmake --preset "$preset" >build-"$preset".log 2>&1 || { cat build-"$preset".log; exit 1; }
  rm -f build-"$preset".log
  cmake --build --preset "$preset" -j "$jobs" "$@"
}

case ${1:-help} in
  setup) setup ;;
  build) build "${2:-release}" ;;
  demo)
    build release --target caseward
    shift
    exec tools/demo.sh "$@"
    ;;
  test) shift; setup; exec tools/test.sh "$@" ;;
  bench)
    shift
    if [ "${1:-}" = kafka ]; then
      build release --target caseward_bench_kafka
    else
      build release --target caseward caseward_bench
    fi
    exec tools/bench.sh "$@"
    ;;
  kafka) shift; setup; exec tools/kafka.sh "$@" ;;
  lint) shift; setup; exec tools/lint.sh "$@" ;;
  fmt) setup; git ls-files '*.h' '*.cc' | xargs clang-format-14 -i ;;
  *)
    cat <<'EOF'
./dev setup          install the packages that are missing (Debian 12; root or sudo)
./dev build [PRESET] build: release (default), dev, asan, tsan
./dev demo           build, then two cases told step by step on a seeded year; --kafka: with the log in a Kafka that it
                     starts, and two nodes on it, one of which is killed
./dev test [RUNG]    every rung of the ladder, as CI runs it; or one rung: table, unit, property, contract, ...;
                     or one folder of a rung, for the edit loop: unit/calendar;
                     CASEWARD_SEEDS=10000 ./dev test sim: the simulator's long run (docs/simulator.md)
./dev bench          benchmarks as ratios against the bare parts; --json FILE for data
./dev bench kafka    the same for the log in Kafka, on a real broker that it starts, and beside Kafka Streams
./dev kafka VERB     start, stop, kill or drop a real broker on this machine, its data in build/kafka
./dev lint           format, tidy and proto checks
./dev fmt            format all C++ sources
EOF
    [ "${1:-help}" = help ] || exit 2
    ;;
esac
