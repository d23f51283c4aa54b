"""policies/schema.json against a stock validator: what the reader takes fits, what it refuses does not."""
import glob
import json
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """YAML 1.2's core kinds, as editors have them: an instant is text, and only true and false are booleans."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), "tf")

GOOD = """
id: p
title: 1
roles: {clerk: {tier: 1}}
clocks:
  answer: {starts_on: case_reported, stops_on: [contact_made], within: {P1: 1 day, any: 2 working_days}, warn_at: 75%}
  visit: {starts_on: {event: action_added, where: {kind: visit}}, within: 4 business_hours, due: {from: due}}
  move: {starts_on: case_reported, within: [{priority: P1, when: {flag: a}, span: 1 day}, {any: 2 months}]}
rules:
  - {id: R-1, on: close, when: {all: [{flag: hate}, {not: {last: {step: s, band: high}}}]}, say: No.}
  - {id: R-2, on: [close], need: {sign_off: {by: clerk, separate_from: owner}, say: A signature.}, say: No.}
  - {id: R-3, on: plan, need: [{count: {event: contact_made, at_least: 2}}, {open_actions: true}], say: No.}
  - {id: R-4, on: share, when: {any: [{open_enquiries: true}, {open_referrals: {services: [a]}}]}, say: No.}
  - {id: R-5, on: assign, need: {taker: {trained_in: hate}}, when: {sampled: {percent: 10, seed: a}}, say: No.}
agencies: {police: {title: Police, kind: police, services: hate_unit}}
agreements:
  - {id: a, agency: police, purposes: [p], data_classes: [personal], from: 2026-01-01T00:00:00Z}
people: {mo: {roles: clerk, trainings: {course: hate, expires_at: 2027-01-01T00:00:00Z}}}
examples:
  - {name: x, when: {by: mo, at: 2026-03-02T09:00:00Z, close: {}}, then: {refused: R-1}}
  - {name: t, rows: [{when: {by: mo, close: {}}, then: {accepted: true}}]}
"""
BAD = {
    "misspelt key": "clocks: {answer: {strats_on: case_reported}}",
    "misspelt key of a pack": "ruels: []",
    "wrong unit": "clocks: {answer: {within: 5 wokring_days}}",
    "wrong priority": "clocks: {answer: {within: {P4: 1 day}}}",
    "two conditions": "rules: [{id: R, when: {flag: a, priority: P1}}]",
    "unknown condition": "rules: [{id: R, when: {lsat: {step: s}}}]",
    "wrong percentage": "clocks: {answer: {warn_at: 100%}}",
    "no offset": "examples: [{when: {by: a, at: '2026-03-02T09:00:00', close: {}}}]",
    "a condition that is never false": "rules: [{id: R, when: {open_enquiries: false}}]",
    "an agreement on what is no class": "agreements: [{id: a, data_classes: [secret]}]",
    "a verb of the system's own": "examples: [{when: {by: a, open_split: {}}}]",
    "two verbs": "examples: [{when: {by: a, close: {}, reopen: {}}}]",
    "no verb": "examples: [{when: {by: a}}]",
    "a trigger without an event": "clocks: {answer: {starts_on: {where: {kind: visit}}}}",
    "wrong provenance": "clocks: {answer: {provenance: GUESS}}",
    "a version": "version: 3",
}


def main():
    with open("policies/schema.json", encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    failures = 0
    documents = {"GOOD": yaml.load(GOOD, Loader)}
    for name in sorted(glob.glob("policies/*/*.yaml") + ["bench/pack.yaml"]):
        if "/calendars/" in name or "/requirements/" in name:
            continue
        with open(name, encoding="utf-8") as file:
            document = yaml.load(file, Loader)
        if "pack" not in document:  # else it speaks about a pack and is no part of one
            documents[name] = document
    for name, document in documents.items():
        for error in validator.iter_errors(document):
            best = jsonschema.exceptions.best_match([error])
            print(f"{name}: {'.'.join(map(str, best.absolute_path))}: {best.message[:200]}")
            failures += 1
    for name, text in BAD.items():
        if validator.is_valid(yaml.load(text, Loader)):
            print(f"{name}: fits, though the reader refuses it: {text}")
            failures += 1
    print(f"{len(documents)} documents and {len(BAD)} mistakes: {failures} problems")
    return 1 if failures else 0


sys.exit(main())
