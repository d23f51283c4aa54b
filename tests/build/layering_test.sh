#!/usr/bin/env bash
# Layering holds: from each layer, a header of a layer it may not use does not exist. And the engine is pure: its objects
# call no clock, no socket, no database.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/release
failures=0

# The include flags of a target, from the compile commands.
flags_of() {
  jq -r --arg target "/$1.dir/" '[.[] | select(.command | contains($target))][0].command' $build/compile_commands.json |
    grep -oE -- '-(I|isystem) ?[^ ]+' | tr '\n' ' '
}

# must_not_compile TARGET HEADER
must_not_compile() {
  local flags
  flags=$(cd $build && flags_of_cd "$1")
  if (cd $build && echo "#include \"$2\"" | eval "g++ -std=c++20 -fsyntax-only -x c++ $flags -" 2>/dev/null); then
    echo "layering: a file of $1 can include $2"
    failures=$((failures + 1))
  fi
}
flags_of_cd() { (cd ../.. && flags_of "$1"); }

must_compile() {
  local flags
  flags=$(flags_of "$1")
  if ! (cd $build && echo "#include \"$2\"" | eval "g++ -std=c++20 -fsyntax-only -x c++ $flags -"); then
    echo "layering: a file of $1 cannot include $2, though it may"
    failures=$((failures + 1))
  fi
}

must_compile engine_cases engine/policy/compiled_pack.h
must_not_compile engine_cases engine/partition/partition.h
must_not_compile engine_cases storage/embedded_event_log.h
must_not_compile engine_partition storage/embedded_event_log.h
must_not_compile engine_partition caseward/v1/case_service.grpc.pb.h.absent
must_not_compile storage services/packs/pack_reader.h
must_not_compile storage engine/partition/partition.h
must_not_compile engine_calendar engine/policy/condition.h

# Relative includes would step around it.
if git grep -nE '#include "\.\./' -- '*.h' '*.cc'; then
  echo 'layering: an include with ".."'
  failures=$((failures + 1))
fi

impure=$(nm -u --demangle $build/engine/libengine_*.a 2>/dev/null |
  grep -E ' (clock_gettime|time|gettimeofday|getenv|rand|random|socket|open|pthread_create)(@|$)|rocksdb::|rd_kafka|grpc::' || true)
if [ -n "$impure" ]; then
  echo "layering: the engine calls what it must not:"
  echo "$impure" | sort -u
  failures=$((failures + 1))
fi
[ $failures = 0 ]
