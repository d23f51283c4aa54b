#!/usr/bin/env bash
# A virtual environment for the example consumer of the feed, made once for its requirements and kept for later runs. Prints the
# path of its Python.
#
#   consumer_venv.sh GEN     and writes the Python form of proto/ into GEN
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=docs/examples/feed_consumer/requirements.txt
venv=${XDG_CACHE_HOME:-$HOME/.cache}/caseward/feed-consumer-$(sha256sum "$wanted" | cut -c1-16)

needed() {
  echo "expected $1; the example consumer's test needs the package python3-venv, and pip must reach a package index once for $wanted" >&2
  exit 1
}

# The mark comes last, so that an interrupted making is begun anew; of two who make it at once, one waits.
mkdir -p "$venv"
exec 9>"$venv.lock"
flock 9
if [ ! -f "$venv/complete" ]; then
  python3 -m venv --clear "$venv" >&2 || needed "python3 -m venv to work"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$wanted" >&2 ||
    needed "pip to install $wanted"
  touch "$venv/complete"
fi
mkdir -p "$1"
protoc -I proto --python_out="$1" proto/caseward/v1/*.proto
echo "$venv/bin/python"
