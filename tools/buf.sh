#!/usr/bin/env bash
# buf from npm (tools/package-lock.json pins it): lint of the proto files, and breaking changes against the released ones.
#   tools/buf.sh lint | breaking | release   (release: today's proto becomes the base of later comparisons)
set -euo pipefail
cd "$(dirname "$0")"
[ -x node_modules/.bin/buf ] || npm install --no-save --silent --no-audit --no-fund >/dev/null
buf=$PWD/node_modules/.bin/buf
cd ../proto
case $1 in
  lint) "$buf" lint ;;
  breaking) "$buf" breaking --against ../tests/golden/proto_base.binpb ;;
  release) "$buf" build -o ../tests/golden/proto_base.binpb ;;
  *) echo "usage: tools/buf.sh lint | breaking | release" >&2; exit 2 ;;
esac
