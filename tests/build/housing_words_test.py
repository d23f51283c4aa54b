#!/usr/bin/env python3
"""Nothing of housing sits in the code: what a landlord's policy says stands in policies/, as data, so that another organisation's
pack (policies/service_desk) runs on the same program.

Looks through engine/, storage/ and services/, comments left out, for the words below; any of them anywhere else than where ALLOWED
says fails with file and line. `resident` is the name of a stream of the language itself (proto/) and no word of the list.
"""

import pathlib
import re
import sys

WORDS = [
    "hate", "harass", "anti_?social", "asb", "nuisance", "domestic_?abuse", "domestic violence", "safeguard", "perpetrator", "victim",
    "neighbour_?dispute", "neighbourhood", "landlord", "tenan(t|cy)", "leasehold", "housing", "council_?tax", "estate_?manager",
    "housing_?officer", "ombudsman", "dash", "ram", "hate_?matrix", "repairs?_team",
]

# Where a word may stand, and why.
ALLOWED = {
    # The generator makes the year of a housing association, and says so (design §10): its cases are that pack's.
    "services/year/distributions.h": None,
    "services/year/distributions.cc": None,
    "services/year/story.h": None,
    "services/year/story.cc": None,
    "services/year/story_agencies.cc": None,
    "services/year/story_casework.cc": None,
    "services/year/story_closing.cc": None,
    "services/year/tellings.h": None,
    "services/year/tellings.cc": None,
    "services/year/tellings_parts.cc": None,
    "services/year/population.cc": None,
    "services/year/year.h": None,
    "services/year/year.cc": None,
    "services/cli/verbs/generate_verb.cc": None,
    # Examples that help shows and a test runs.
    "services/cli/examples.cc": None,
    # A field of the language: actions of the organisation's own, as proto/caseward/v1/events.proto calls them.
    "engine/cases/verbs/plan.cc": {"landlord"},
    # The mark before an item of a list in YAML.
    "engine/policy/pack_checks.cc": {"dash"},
}

PATTERN = re.compile(r"(?<![A-Za-z])(" + "|".join(WORDS) + r")", re.IGNORECASE)
SHORT = re.compile(r"(?<![A-Za-z0-9_])(asb|dash|ram)(?![A-Za-z0-9])", re.IGNORECASE)
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|("(?:[^"\\\n]|\\.)*")', re.DOTALL)


def code_only(text):
    """Without comments, line numbers kept; string literals stay."""
    return COMMENT.sub(lambda m: m.group(1) if m.group(1) else "\n" * m.group(0).count("\n"), text)


# kHateAccounts, TellHate.
CAMEL = re.compile(r"(?<=[a-z])(Hate|Harass|Nuisance|Landlord|Tenan[tc]|Safeguard|Victim|Housing)(?=[A-Z]|s?\b)")


def words_in(line):
    for match in CAMEL.finditer(line):
        yield match.group(1).lower()
    for match in PATTERN.finditer(line):
        word = match.group(1).lower()
        if word not in ("asb", "dash", "ram") or any(s.start() == match.start() for s in SHORT.finditer(line)):
            yield word


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    problems = []
    files = 0
    for folder in ("engine", "storage", "services"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".cc", ".h"):
                continue
            files += 1
            name = path.relative_to(root).as_posix()
            allowed = ALLOWED.get(name, set())
            if allowed is None:
                continue
            for number, line in enumerate(code_only(path.read_text(encoding="utf-8")).splitlines(), 1):
                for word in words_in(line):
                    if word not in allowed:
                        problems.append(f"{name}:{number}: expected no word of housing in the code; found \"{word}\"")
    for problem in problems:
        print(problem)
    if files < 100:
        print(f"expected the sources of engine, storage and services; found {files} files")
        problems.append("no sources")
    # The test can fail: these lines must be found, and these must not.
    for line in ("kHateAccounts", 'case_type = "hate_incident";', 'if (flag == "anti_social_behaviour")', '"roles=asb_lead"'):
        if not list(words_in(code_only(line))):
            problems.append(line)
            print(f"expected a word to be found in: {line}")
    for line in ("// what a landlord must know", "whatever", "parameter", "resident_id", "program", "const auto& params"):
        if list(words_in(code_only(line))):
            problems.append(line)
            print(f"expected no word to be found in: {line}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
