#!/usr/bin/env bash
# Layering holds: from each layer, a header of a layer it may not use does not exist. And the engine is pure: its objects
# call no clock, no socket, no database.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=build/release
failures=0

# The include flags of a target, from the compile commands.
flags_of() {
  jq -r --arg file "$1" '.[] | select(.file | endswith($file)) | .command' $build/compile_commands.json | head -1 |
    grep -oE -- '-(I|isystem) ?[^ ]+' | tr '\n' ' '
}

# must_not_compile SOURCE_OF_TARGET HEADER
must_not_compile() {
  local flags
  flags=$(cd $build && flags_of_cd "$1")
  if (cd $build && echo "#include \"$2\"" | eval "g++ -std=c++20 -fsyntax-only -x c++ $flags -" 2>/dev/null); then
    echo "layering: a file beside $1 can include $2"
    failures=$((failures + 1))
  fi
}
flags_of_cd() { (cd ../.. && flags_of "$1"); }

must_compile() {
  local flags
  flags=$(flags_of "$1")
  if ! (cd $build && echo "#include \"$2\"" | eval "g++ -std=c++20 -fsyntax-only -x c++ $flags -"); then
    echo "layering: a file beside $1 cannot include $2, though it may"
    failures=$((failures + 1))
  fi
}

must_compile engine/cases/decide.cc engine/policy/compiled_pack.h
must_not_compile engine/cases/decide.cc engine/partition/partition.h
must_not_compile engine/cases/decide.cc storage/embedded_event_log.h
must_not_compile engine/partition/state_keys.cc storage/embedded_event_log.h
must_not_compile engine/partition/state_keys.cc caseward/v1/case_service.grpc.pb.h.absent
must_not_compile storage/embedded_event_log.cc services/packs/pack_reader.h
must_not_compile storage/embedded_event_log.cc engine/partition/partition.h
must_not_compile engine/calendar/due.cc engine/policy/condition.h

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
