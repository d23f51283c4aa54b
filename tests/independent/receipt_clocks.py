#!/usr/bin/env python3
"""What became of each case's deadline, from the raw XML of an event log alone.

This shares nothing with Caseward but the rule, which is also written in policies/receipt/README.md:

  a case is met       if it has an `enddate` before its `deadline` (a deadline is the first instant that is too late);
           breached   if it ended at or after its deadline, or has not ended and its deadline is not after --up-to;
           running    otherwise.

--up-to defaults to the last thing that happened in the log: the latest startdate, enddate or event.
Prints one JSON object a case, in the log's order: {"reference": ..., "events": ..., "verdict": ...}.
"""

import argparse
import gzip
import json
import re
import sys
import xml.sax
from datetime import datetime, timezone


def instant(text):
    return datetime.fromisoformat(re.sub(r"Z$", "+00:00", text)).astimezone(timezone.utc)


class Cases(xml.sax.ContentHandler):
    """Collects the attributes that stand directly under <trace>, and the times of its events."""

    def __init__(self):
        super().__init__()
        self.path = []
        self.cases = []
        self.latest = None

    def startElement(self, name, attributes):
        self.path.append(name)
        if name == "trace":
            self.cases.append({"events": 0})
        elif self.path[-2:] == ["trace", "event"]:
            self.cases[-1]["events"] += 1
        elif self.path[-2:-1] == ["trace"]:
            self.cases[-1][attributes.get("key")] = attributes.get("value")
            if attributes.get("key") in ("startdate", "enddate"):
                self.see(attributes["value"])
        elif self.path[-2:-1] == ["event"] and attributes.get("key") == "time:timestamp":
            self.see(attributes["value"])

    def endElement(self, name):
        self.path.pop()

    def see(self, text):
        at = instant(text)
        if self.latest is None or at > self.latest:
            self.latest = at


def verdict(case, up_to):
    deadline = instant(case["deadline"])
    if "enddate" in case:
        return "met" if instant(case["enddate"]) < deadline else "breached"
    return "breached" if deadline <= up_to else "running"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    parser.add_argument("--up-to")
    options = parser.parse_args()
    with open(options.log, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    handler = Cases()
    with (gzip.open if packed else open)(options.log, "rb") as log:
        xml.sax.parse(log, handler)
    up_to = instant(options.up_to) if options.up_to else handler.latest
    for case in handler.cases:
        json.dump({"reference": case["concept:name"], "events": case["events"], "verdict": verdict(case, up_to)}, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
