#!/usr/bin/env bash
# A virtual environment with pm4py, made once for its requirements and kept for later runs (about a minute and 550 MiB). Prints the
# path of its Python.
set -euo pipefail
cd "$(dirname "$0")/../.."

wanted=tests/pm4py/requirements.txt
venv=${XDG_CACHE_HOME:-$HOME/.cache}/caseward/pm4py-$(sha256sum "$wanted" | cut -c1-16)

needed() {
  echo "expected $1; the round trip's test needs the package python3-venv, and pip must reach a package index once for $wanted" >&2
  exit 1
}

# The mark comes last, so that an interrupted making is begun anew; of two who make it at once, one waits.
mkdir -p "$venv"
exec 9>"$venv.lock"
flock 9
if [ ! -f "$venv/complete" ]; then
  python3 -m venv --clear "$venv" >&2 || needed "python3 -m venv to work"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$wanted" >&2 ||
    needed "pip to install $wanted"
  touch "$venv/complete"
fi
echo "$venv/bin/python"
