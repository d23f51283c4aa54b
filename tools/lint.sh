#!/usr/bin/env bash
# Format, tidy and proto checks. --all adds clang-tidy over every file (slow).
set -euo pipefail
cd "$(dirname "$0")/.."

git ls-files '*.h' '*.cc' | xargs clang-format-14 --dry-run --Werror
python3 tools/tidy_test.py 2>/dev/null
python3 tools/tidy.py
tools/buf.sh lint
tools/buf.sh breaking
if [ "${1:-}" = --all ]; then
  # The preset that compiles each file by itself.
  cmake --preset dev >/dev/null
  cmake --build --preset dev --target caseward_precompiled >/dev/null
  git ls-files 'engine/*.cc' 'storage/*.cc' 'services/*.cc' | xargs -n 4 -P "$(nproc)" clang-tidy-14 -p build/dev --quiet
fi
