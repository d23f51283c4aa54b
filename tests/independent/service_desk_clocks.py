#!/usr/bin/env python3
"""What became of each case of a service desk, from the raw XML of an event log alone.

This shares nothing with Caseward but the rules, which are also written in policies/service_desk/README.md. A case's events are taken
in order of time, those at one time as the log lists them; its priority is that of its impact (Major and High are P1, Medium is P2, Low is
P3), and whoever works on it is the team (`org:group`) of the event.

  resolve   from the first event to the first one that is Completed, within 8, 72 or 240 hours. While the status is "Wait - User" or
            "Wait - Customer" the clock is held, if it was running before, and if the case is not P1; what it is held is added to its due time.
  pick_up   from the hand-over to another team to the first event of that team that is not Queued, within 1, 4 or 8 hours. A hand-over that
            goes elsewhere before anybody took it ends, unless it was late: then it stays late until somebody takes the case.
  confirm   from Resolved to Closed, before the end of the 14th day (Amsterdam). Work that goes on ends it, unless it was late.

  A due time is the first instant that is too late. Closing (Closed, Cancelled, In Call) needs a resolution since the case was last reopened
  (SD-5.1), and no more than four hand-overs (SD-5.2). Whatever was refused is counted, by the rule that refused it, as Caseward names it.

Prints one JSON object a case, in the log's order. --up-to defaults to the last event of the log.
"""

import argparse
import collections
import gzip
import json
import re
import sys
import xml.sax
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
PRIORITY = {"Major": 0, "High": 0, "Medium": 1, "Low": 2}
RESOLVE = [timedelta(hours=8), timedelta(hours=72), timedelta(hours=240)]
PICK_UP = [timedelta(hours=1), timedelta(hours=4), timedelta(hours=8)]
CONFIRM_DAYS = 14
HANDOVERS_MAX = 4
ALLOWED = {"Wait - User": "user", "Wait - Customer": "user"}
OTHERS = {"Wait": "unsaid", "Wait - Vendor": "vendor", "Wait - Implementation": "implementation"}
CLOSING = {"Closed", "Cancelled", "In Call"}


def instant(text):
    return datetime.fromisoformat(re.sub(r"Z$", "+00:00", text)).astimezone(timezone.utc)


class Traces(xml.sax.ContentHandler):
    """Collects the attributes that stand directly under <trace> and under its <event>s."""

    def __init__(self):
        super().__init__()
        self.path = []
        self.traces = []

    def startElement(self, name, attributes):
        parent = self.path[-1] if self.path else None
        self.path.append(name)
        if name == "trace":
            self.traces.append(({}, []))
        elif parent == "trace" and name == "event":
            self.traces[-1][1].append({})
        elif parent == "trace":
            self.traces[-1][0][attributes["key"]] = attributes.get("value")
        elif parent == "event" and self.path[-3] == "trace":
            self.traces[-1][1][-1][attributes["key"]] = attributes.get("value")

    def endElement(self, name):
        self.path.pop()


class Clock:
    """One clock of a case: its rounds, one after the other."""

    def __init__(self):
        self.state = "none"
        self.due = self.held_since = None
        self.met = self.breached = 0

    def see(self, now):
        """What is due before `now` has fallen due. At one instant what happens comes before the clock."""
        if self.state == "running" and self.due < now:
            self.late()

    def late(self):
        self.state = "late"
        self.breached += 1

    def start(self, due):
        if self.state in ("none", "over"):
            self.state, self.due = "running", due

    def hold(self, now):
        self.state, self.held_since = "held", now

    def go_on(self, now):
        self.state, self.due = "running", self.due + (now - self.held_since)

    def stop(self, now):
        if self.state == "held":
            self.go_on(now)
        if self.state == "running" and now < self.due:
            self.met += 1
        elif self.state == "running":
            self.late()
        if self.state in ("running", "late"):
            self.state = "over"

    def drop(self, now):
        if self.state == "running" and self.due <= now:
            self.late()
        elif self.state == "running":
            self.state = "over"


class Case:
    def __init__(self, priority):
        self.priority = priority
        self.clocks = {"resolve": Clock(), "pick_up": Clock(), "confirm": Clock()}
        self.refused = collections.Counter()
        self.team = self.handed_to = None
        self.waiting = None  # as the log has it
        self.handovers = self.pauses = 0
        self.phase = "open"
        self.closed_in_log = False
        self.resolutions = 0  # since the case was last reopened

    def happens(self, event, now):
        activity, status = event["concept:name"], event["lifecycle:transition"]
        for clock in self.clocks.values():
            clock.see(now)
        waits = ALLOWED.get(status) or OTHERS.get(status)
        self.wait_ends(waits, now)
        working = activity in ("Accepted", "Queued")
        if self.closed_in_log and working:
            self.reopen()
        if not self.closed_in_log:
            self.team_is(re.sub(r"[^A-Za-z0-9._@-]", "_", event["org:group"]), activity != "Queued", now)
        self.record(activity, status, working, now)
        if waits and not self.waiting:
            self.wait_begins(waits, now)
        if status in CLOSING and not self.closed_in_log:
            self.close(now)

    def wait_ends(self, waits, now):
        if self.waiting and waits != self.waiting:
            if self.clocks["resolve"].state == "held":
                self.clocks["resolve"].go_on(now)
            else:
                self.refused["C-clock"] += 1
            self.waiting = None

    def wait_begins(self, waits, now):
        self.waiting = waits
        resolve = self.clocks["resolve"]
        if self.phase == "closed":
            self.refused["C-closed"] += 1
        elif resolve.state != "running" or resolve.due <= now:
            self.refused["C-clock"] += 1
        elif waits != "user":
            self.refused["C-pause"] += 1
        elif self.priority == 0:
            self.refused["SD-4.2"] += 1
        else:
            resolve.hold(now)
            self.pauses += 1

    def reopen(self):
        self.closed_in_log = False
        if self.phase == "closed":
            self.phase, self.resolutions = "open", 0
        else:
            self.refused["C-phase"] += 1

    def team_is(self, team, taken, now):
        pick_up = self.clocks["pick_up"]
        if self.team is None:
            self.team = team
            return
        if self.handed_to and self.handed_to != team:
            self.handed_to = None
            pick_up.drop(now)
        if not self.handed_to:
            if team == self.team:
                return
            self.handed_to = team
            pick_up.start(now + PICK_UP[self.priority])
        if taken:
            self.handovers += 1
            self.team, self.handed_to = team, None
            pick_up.stop(now)

    def record(self, activity, status, working, now):
        if status in ("Resolved", "In Call"):
            self.resolutions += 1
        if activity == "Completed":
            self.clocks["resolve"].stop(now)
        confirm = self.clocks["confirm"]
        if working:
            confirm.drop(now)
        if status == "Closed":
            confirm.stop(now)
        if status == "Resolved":
            day = now.astimezone(ZONE).date() + timedelta(days=CONFIRM_DAYS + 1)
            confirm.start(datetime.combine(day, time(), ZONE).astimezone(timezone.utc))

    def close(self, now):
        self.closed_in_log = True
        if self.phase == "closing":
            self.refused["C-phase"] += 1
        self.phase = "closing"
        if self.resolutions == 0:
            self.refused["SD-5.1"] += 1
        elif self.handovers > HANDOVERS_MAX:
            self.refused["SD-5.2"] += 1
        else:
            self.phase = "closed"
            for clock in self.clocks.values():
                if clock.state == "held":
                    clock.go_on(now)
                clock.drop(now)

    def ends(self, up_to):
        for clock in self.clocks.values():
            if clock.state == "running" and clock.due <= up_to:
                clock.late()


def line(trace, events, up_to):
    timed = sorted(((instant(e["time:timestamp"]), e) for e in events), key=lambda pair: pair[0])
    case = Case(PRIORITY[events[0]["impact"]])
    case.clocks["resolve"].start(timed[0][0] + RESOLVE[case.priority])
    for now, event in timed:
        case.happens(event, now)
    case.ends(up_to)
    clocks = {name: {"met": c.met, "breached": c.breached} for name, c in case.clocks.items() if c.state != "none"}
    return {
        "reference": trace["concept:name"],
        "events": len(events),
        "hand_overs": case.handovers,
        "pauses": case.pauses,
        "clocks": clocks,
        "refused": dict(sorted(case.refused.items())),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    parser.add_argument("--up-to")
    options = parser.parse_args()
    with open(options.log, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    handler = Traces()
    with (gzip.open if packed else open)(options.log, "rb") as log:
        xml.sax.parse(log, handler)
    times = [instant(event["time:timestamp"]) for _, events in handler.traces for event in events]
    up_to = instant(options.up_to) if options.up_to else max(times)
    for trace, events in handler.traces:
        json.dump(line(trace, events, up_to), sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
