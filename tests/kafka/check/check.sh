#!/usr/bin/env bash
# Runs the checker of the log, or its own test, in a virtual environment that is made once for its requirements and kept.
#
#   check.sh check_log.py --broker HOST:PORT --prefix PREFIX [--ledger FILE]
#   check.sh check_test.py
set -euo pipefail
cd "$(dirname "$0")/../../.."

wanted=tests/kafka/check/requirements.txt
venv=${XDG_CACHE_HOME:-$HOME/.cache}/caseward/check-log-$(sha256sum "$wanted" | cut -c1-16)

needed() {
  echo "expected $1; the checker needs the package python3-venv, and pip must reach a package index once for $wanted" >&2
  exit 2
}

# The mark comes last, so that an interrupted making is begun anew; of two who make it at once, one waits.
mkdir -p "$venv"
exec 9>"$venv.lock"
flock 9
if [ ! -f "$venv/complete" ]; then
  python3 -m venv --clear "$venv" >&2 || needed "python3 -m venv to work"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$wanted" >&2 ||
    needed "pip to install $wanted"
  touch "$venv/complete"
fi
exec 9>&-

generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
protoc -I proto --python_out="$generated" proto/caseward/v1/*.proto
program=$1
shift
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$generated "$venv/bin/python" "tests/kafka/check/$program" "$@"
