#!/usr/bin/env bash
# Builds a Go program of the tests once and keeps it for later runs. Prints its path.
#
#   go_program.sh linearizable .
#   go_program.sh toxiproxy github.com/Shopify/toxiproxy/v2/cmd/server
set -euo pipefail
cd "$(dirname "$0")/$1"

program=${XDG_CACHE_HOME:-$HOME/.cache}/caseward/$1-$(cat go.mod go.sum ./*.go | sha256sum | cut -c1-16)

needed() {
  echo "expected $1; the tests of a log in Kafka need the package golang-go, and Go must reach a module proxy once" >&2
  exit 2
}

# Moved into place whole, so that of two who build at once neither runs half of it.
if [ ! -x "$program" ]; then
  command -v go >/dev/null || needed "a Go compiler"
  mkdir -p "$(dirname "$program")"
  making=$(mktemp "$program.XXXXXX")
  GOFLAGS='-buildvcs=false -mod=readonly' go build -o "$making" "$2" >&2 || { rm -f "$making"; needed "$1 to build"; }
  chmod 755 "$making"
  mv "$making" "$program"
fi
echo "$program"
