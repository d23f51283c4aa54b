#!/usr/bin/env python3
"""Is a log that was imported and exported still the same log, as a third party reads it?

    round_trip.py SOURCE EXPORT --trace KEYS --event KEYS

Both files are read by pm4py. Compared are: which traces there are (by concept:name); of each trace the attributes named by --trace;
how many events it has, and of each event, in order of time, its instant to the microsecond and the attributes named by --event.
Named attributes must be equal in value and type, and absent where the source has none. An attribute that the export has and that is not
named is an error too, so that nothing is made up. Not compared: the order of traces, the offset in which an instant is written, and what
the log says of itself before its first trace. Prints one line of counts; exits 1 and says what differs first.
"""

import argparse
import contextlib
import io
import sys
import warnings
from datetime import datetime, timezone

warnings.filterwarnings("ignore")


def read(path):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        import pm4py

        return pm4py.read_xes(path, return_legacy_log_object=True)


def plain(value):
    return value.astimezone(timezone.utc) if isinstance(value, datetime) else value


def chosen(attributes, keys):
    return {key: plain(attributes[key]) for key in keys if attributes.get(key) not in (None, "")}


def by_name(log, where):
    traces = {}
    for trace in log:
        name = trace.attributes["concept:name"]
        if name in traces:
            sys.exit(f"{where}: trace {name} stands there twice")
        traces[name] = trace
    return traces


def compare(name, what, source, export):
    if source != export:
        keys = [key for key in source.keys() | export.keys() if source.get(key) != export.get(key)]
        sys.exit(f"trace {name}: {what}: the source and the export differ in {sorted(keys)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("export")
    parser.add_argument("--trace", default="concept:name")
    parser.add_argument("--event", default="concept:name,time:timestamp")
    options = parser.parse_args()
    trace_keys, event_keys = options.trace.split(","), options.event.split(",")
    source, export = by_name(read(options.source), "source"), by_name(read(options.export), "export")
    if source.keys() != export.keys():
        sys.exit(f"{len(source.keys() - export.keys())} traces are missing, {len(export.keys() - source.keys())} are new")
    events = values = 0
    for name, trace in source.items():
        back = export[name]
        compare(name, "trace", chosen(trace.attributes, trace_keys), chosen(back.attributes, list(back.attributes)))
        if len(trace) != len(back):
            sys.exit(f"trace {name}: {len(trace)} events in the source, {len(back)} in the export")
        in_order = sorted(trace, key=lambda event: plain(event["time:timestamp"]))
        for number, (event, again) in enumerate(zip(in_order, back), 1):
            wanted = chosen(event, event_keys)
            compare(name, f"event {number} in order of time", wanted, chosen(again, list(again)))
            events += 1
            values += len(wanted)
    print(f"{len(source)} traces, {events} events, {values} values of events are the same")


if __name__ == "__main__":
    main()
