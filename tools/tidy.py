#!/usr/bin/env python3
"""Style rules as a program: reads every tracked file and fails on what the style forbids.

Each rule has a test in tools/tidy_test.py. Run: python3 tools/tidy.py
"""
import re
import subprocess
import sys
from pathlib import Path

FILE_LINES_MAX = 600
FOLDER_FILES_MAX = 50
GENERATED = {"tools/package-lock.json"}

BANNED = [
    # (where, what, why)
    (r"^engine/.*\.(h|cc)$", r"::now\(|std::chrono::system_clock|\bgetenv\(|std::random_device|\bstd::thread\b",
     "the engine has no clock, environment, chance or thread: take it as an argument"),
    (r"\.h$|^(engine|storage|services)/.*\.cc$", r"^\s*using namespace ", "no using-directives"),
    (r"^(engine|storage|services)/.*\.(h|cc)$", r"(?<![\w:])throw\s", "we do not throw: return absl::Status"),
    (r"^engine/.*\.(h|cc)$", r"\btry\s*\{", "no exception handling in the engine"),
    (r"^(engine|storage|services|tests)/.*\.(h|cc)$", r"\bsleep_for\(|\busleep\(|[^_]sleep\(",
     "no sleeps: wait on a condition with a deadline"),
    (r"^(storage|services)/.*\.h$", r"#include <(rocksdb|openssl|librdkafka)/",
     "third-party storage headers belong in .cc files"),
    (r"\.(h|cc|md|sh|py|yaml|proto)$", r"(?i)\b(FIXME|XXX)\b", "unfinished by its own words"),
    (r"\.(h|cc)$", r"#include \"\.\./", "includes are paths from the root"),
]
ALLOWED = [
    # (file, pattern, reason)
    (r"^tools/tidy(_test)?\.py$", r".*", "the rules themselves"),
]


def tracked():
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True,
                         text=True, check=True).stdout
    return [f for f in out.splitlines() if Path(f).is_file()]


def check_text(name, text):
    """Problems of one file, as (line, message)."""
    problems = []
    lines = text.splitlines()
    if re.search(r"\.(h|cc|py|sh|proto)$", name) and len(lines) > FILE_LINES_MAX and name not in GENERATED:
        problems.append((len(lines), f"expected at most {FILE_LINES_MAX} lines, found {len(lines)}: name what is missing"))
    if name.endswith(".h"):
        problems += check_header(lines)
    if name.endswith(".md"):
        problems += check_markdown(name, lines)
    for where, what, why in BANNED:
        if not re.search(where, name):
            continue
        if any(re.search(a, name) for a, _, _ in ALLOWED):
            continue
        for number, line in enumerate(lines, 1):
            if re.search(what, line) and "tidy: " not in line:
                problems.append((number, why))
    return problems


def check_header(lines):
    if not lines or not lines[0].startswith("//"):
        return [(1, "expected an opening paragraph that says what the header is")]
    if not any(line.strip() == "#pragma once" for line in lines[:60]):
        return [(1, "expected #pragma once")]
    return []


def check_markdown(name, lines):
    problems = []
    fenced = False
    titles = []
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fenced = not fenced
        if not fenced and line.startswith("# "):
            titles.append(number)
        if fenced:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            if not (Path(name).parent / target).exists():
                problems.append((number, f"link to {target}, which does not exist"))
        for path in re.findall(r"`((?:engine|storage|services|policies|proto|deploy|tests|tools|docs|bench)/[\w./-]+)`", line):
            if not Path(path.rstrip("/")).exists():
                problems.append((number, f"names {path}, which does not exist"))
    if len(titles) != 1:
        problems.append((1, f"expected exactly one title, found {len(titles)}"))
    return problems


def check_folders(files):
    counts = {}
    for f in files:
        counts.setdefault(str(Path(f).parent), []).append(f)
    return [f"{folder}: expected at most {FOLDER_FILES_MAX} files, found {len(names)}"
            for folder, names in counts.items() if len(names) > FOLDER_FILES_MAX]


def main():
    failures = []
    files = tracked()
    for name in files:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        failures += [f"{name}:{line}: {why}" for line, why in check_text(name, text)]
    failures += check_folders(files)
    for failure in failures:
        print(failure)
    if failures:
        print(f"tidy: {len(failures)} problems")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
