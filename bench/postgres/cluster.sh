#!/usr/bin/env bash
# A throw-away PostgreSQL cluster for the benchmark, in a folder of its own: Debian's server, reached by a Unix socket
# alone, durable at every commit. The cluster that Debian's package makes at install is not touched.
#   cluster.sh start FOLDER                             makes the cluster, starts it, lays the schema
#   cluster.sh run   FOLDER CLIENTS WARM_UP_MS COUNT_MS plays cases; prints "calls calls_a_second p50_us p99_us"
#   cluster.sh stop  FOLDER                             stops the server and removes the folder; also after a failure
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
verb=${1:?start, run or stop}
folder=${2:?a folder}
data=$folder/data
database=caseward_bench

fail() {
  echo "PostgreSQL: $*" >&2
  exit 1
}

bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1) || true

# The server refuses to run as root: it gets the user the package made.
as_server() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups "$@"
  else
    "$@"
  fi
}

sql() { "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$folder" -U "$database" "$@"; }

# Debian's defaults, but for memory and room for the log that a two-core server would be given, connections for 256
# callers, and plans as a connection has them that has been in a pool for a while. Durability is left as it is: on.
settings() {
  local quote="'"
  cat <<END
listen_addresses = ''
unix_socket_directories = '${folder//$quote/$quote$quote}'
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = '1GB'
max_wal_size = '8GB'
plan_cache_mode = force_generic_plan
END
}

start() {
  local program
  for program in initdb pg_ctl postgres psql pgbench; do
    [ -x "$bin/$program" ] || fail "$program is not installed: apt-get install postgresql (deploy/packages.txt lists it)"
  done
  [ ! -e "$folder" ] || fail "expected no $folder yet"
  [ ${#folder} -le 85 ] || fail "the path of a Unix socket has 107 bytes at most: choose a shorter folder than $folder"
  mkdir -m 700 "$folder"
  : >"$folder/made_for_a_benchmark"
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || fail "expected the user postgres, whom the package postgresql makes"
    chown postgres:postgres "$folder"
    chmod o+x "$(dirname "$folder")"
  fi
  cd "$folder" && as_server test -w "$folder" || fail "the user postgres cannot reach $folder"
  as_server "$bin/initdb" --no-sync -A trust -U "$database" -E UTF8 --locale=C.UTF-8 -D "$data" >"$folder/initdb.log" 2>&1 ||
    fail "initdb failed: $(tail -3 "$folder/initdb.log")"
  settings >>"$data/postgresql.conf"
  as_server "$bin/pg_ctl" start -w -t 30 -s -D "$data" -l "$folder/server.log" ||
    fail "the server did not start: $(tail -5 "$folder/server.log")"
  sql -d postgres -c "CREATE DATABASE $database"
  sql -f "$here/schema.sql"
  local durable
  durable=$(sql -c "SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit')")
  [ "$durable" = "on on" ] || fail "expected fsync and synchronous_commit on, found $durable"
}

# About as many bytes of JSON as Caseward's log has for the command.
payload() {
  local text='{"at": "2026-01-05T09:00:00Z"' field=1
  while [ ${#text} -lt "$1" ]; do
    text+=$(printf ', "field_%02d": "what was said about it"' "$field")
    field=$((field + 1))
  done
  echo "$text}"
}

events() { sql -c 'SELECT count(*) FROM event'; }

# From pgbench's log, a line a command (client, number, microseconds, script, second, microsecond), counts what ended in
# the counted time, as bench/callers.cc does. Says nothing if pgbench had less than half of that time: its own time begins
# before it connects.
count() {
  sort -n -k5,5 -k6,6 "$@" | awk -v warm_up="$warm_up_ms" -v counted="$count_ms" '
    { at = $5 * 1000 + $6 / 1000; last = at }
    NR == 1 { from = at - $3 / 1000 + warm_up }
    at - $3 / 1000 >= from && at <= from + counted { took[n++] = $3 }
    END {
      if (last < from + counted) counted = last - from
      if (n == 0 || counted * 2 < '"$count_ms"') exit
      print -1, n, n * 1000 / counted
      for (i = 0; i < n; ++i) print took[i]
    }' | sort -n | awk '
    NR == 1 { calls = $2; per_second = $3; next }
    { took[NR - 2] = $1 }
    END { if (calls) print calls, per_second, took[int((calls - 1) * 0.5)], took[int((calls - 1) * 0.99)] }'
}

run() {
  local clients=$1 before threads=2 seconds processed counted
  warm_up_ms=$2
  count_ms=$3
  seconds=$(((warm_up_ms + count_ms + 999) / 1000 + 6))  # six to connect and prepare, which a busy machine may take
  [ "$clients" -ge 2 ] || threads=1
  before=$(events)
  rm -f "$folder"/pgbench.log.*
  "$bin/pgbench" -n -M prepared -h "$folder" -U "$database" -c "$clients" -j "$threads" \
    -T "$seconds" -l --log-prefix="$folder/pgbench.log" -f "$here/case.sql" \
    -D step=0 -D case_id=0 -D version=0 -D reported="$(payload 900)" -D triaged="$(payload 690)" \
    -D contacted="$(payload 790)" -D answered="$(payload 440)" -D proposed="$(payload 710)" \
    -D signed="$(payload 390)" -D closed="$(payload 410)" "$database" >"$folder/pgbench.out" 2>&1 ||
    fail "pgbench failed: $(grep -m3 error "$folder/pgbench.out" || tail -5 "$folder/pgbench.out")"
  processed=$(sed -nE 's/^number of transactions actually processed: ([0-9]+).*/\1/p' "$folder/pgbench.out")
  [ "$(($(events) - before))" = "$processed" ] ||
    fail "pgbench counted $processed commands, the table has $(($(events) - before)) more events"
  # What the run left to be written later is written now, so that it does not fall into what is measured next.
  sql -c CHECKPOINT
  counted=$(count "$folder"/pgbench.log.*)
  [ -n "$counted" ] ||
    fail "pgbench had no time to count; it said: $(grep -E '^(number|latency|initial|tps)' "$folder/pgbench.out")"
  echo "$counted"
}

stop() {
  [ -e "$folder" ] || return 0
  [ -e "$folder/made_for_a_benchmark" ] || fail "expected a folder that start made, found another: $folder"
  if [ -e "$data/postmaster.pid" ]; then
    as_server "$bin/pg_ctl" stop -m fast -w -t 30 -s -D "$data" || as_server "$bin/pg_ctl" stop -m immediate -s -D "$data"
  fi
  rm -rf "$folder"
}

case $verb in
  start) start ;;
  run) run "${3:?clients}" "${4:?milliseconds of warm-up}" "${5:?milliseconds counted}" ;;
  stop) stop ;;
  *) fail "expected start, run or stop, found $verb" ;;
esac
