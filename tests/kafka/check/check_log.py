#!/usr/bin/env python3
"""Reads a log in Kafka with a stock client and says whether it keeps what its nodes have promised.

    check_log.py --broker HOST:PORT --prefix PREFIX [--ledger FILE]

The ledger has one JSON object a line for each command that was acknowledged to a client:

    {"actor": "mo", "command_id": "r1", "partition": 3, "sequence": 17}

Every such command must be in PREFIX.events exactly once and there; sequences must be gapless; a decision of a stale term counts for
nothing and must not have been acknowledged; and PREFIX.feed, where it exists, must tell every event once, in order, and redacted.
Each record of PREFIX.commands must have left one record in the log and one outcome in PREFIX.outcomes (intake_judge.py), so ask once
all of them have been taken.
Exit: 0 all holds, 1 something does not (each finding on a line), 2 it could not be read.
"""

import argparse
import json
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

import wire
from intake_judge import Came
from judge import Judge

# A dead owner's open transaction holds readers back until the broker ends it, some 10 s after.
PATIENCE_S = 90
ANSWER_S = 30
LOOK_AGAIN_S = 0.2


class Unreadable(Exception):
    pass


def consumer(broker, isolation):
    return Consumer({
        "bootstrap.servers": broker,
        "group.id": "caseward-check",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "isolation.level": isolation,
        "enable.partition.eof": True,
    })


def partitions_of(reader, topic):
    found = reader.list_topics(topic, timeout=ANSWER_S).topics[topic]
    if found.error is not None:
        if found.error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
            return []
        raise Unreadable(f"topic {topic}: {found.error.str()}")
    return sorted(found.partitions)


def bounds_of(reader, topic, partition):
    """Where it begins and ends. A broker that is busy may not know yet of a topic that another has told us of: asked again."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return reader.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_S)
        except KafkaException as error:
            code = error.args[0].code()
            unknown = (KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
            if code not in unknown or time.monotonic() > until:
                raise Unreadable(f"topic {topic} partition {partition}: {error.args[0].str()}") from error
        time.sleep(LOOK_AGAIN_S)


def read_topic(broker, topic, partitions, begins=None):
    """Every committed message from the beginning to what is the end now, each partition in its order. `begins`: told where a topic
    that is not kept for ever begins."""
    uncommitted = consumer(broker, "read_uncommitted")
    ends = {}
    lows = {}
    for p in partitions:
        lows[p], ends[p] = bounds_of(uncommitted, topic, p)
        if lows[p] != 0 and begins is None:
            raise Unreadable(f"topic {topic} partition {p}: expected it to begin at offset 0, found {lows[p]}")
    uncommitted.close()
    if begins is not None:
        begins.update(lows)
    reader = consumer(broker, "read_committed")
    reader.assign([TopicPartition(topic, p, lows[p]) for p in partitions])
    waiting = {p for p in partitions if ends[p] > lows[p]}
    until = time.monotonic() + PATIENCE_S
    while waiting:
        if time.monotonic() > until:
            raise Unreadable(f"topic {topic} partitions {sorted(waiting)}: the end was not reached in {PATIENCE_S} s; "
                             "an open transaction holds readers back")
        message = reader.poll(1)
        if message is None:
            continue
        if message.error() is None:
            yield message
        elif message.error().code() != KafkaError._PARTITION_EOF:
            raise Unreadable(f"topic {topic}: {message.error().str()}")
        elif message.offset() >= ends[message.partition()]:
            waiting.discard(message.partition())
    reader.close()


def show_event(judge, message):
    partition = message.partition()
    try:
        stamp = wire.stamp_of(message.headers())
        if stamp.kind == "f":
            return
        if stamp.kind == "c":
            judge.claim(partition, stamp.term, stamp.sequence)
        elif stamp.kind == "r":
            judge.record(partition, stamp.term, stamp.sequence, wire.open_frame(partition, stamp.sequence, message.value()))
        else:
            raise ValueError(f"expected a format, a claim or a record, found kind '{stamp.kind}'")
    except ValueError as error:
        judge.found(f"events partition {partition} offset {message.offset()}: {error}")


def show_feed(judge, message):
    headers = {name: value.decode() for name, value in message.headers() or [] if value is not None}
    judge.feed(message.partition(), headers.get("ce_id", ""), headers.get("ce_position", ""), headers.get("ce_type", ""),
               message.value())


def text_headers(message):
    return {name: (value or b"").decode(errors="replace") for name, value in message.headers() or []}


def show_intake(judge, broker, prefix, partitions_of_topic):
    """The second door's topics, after the log. How many commands there were."""
    intake = judge.intake
    commands, outcomes, rejects = (f"{prefix}.{name}" for name in ("commands", "outcomes", "rejects"))
    for message in read_topic(broker, commands, partitions_of_topic[commands], intake.begins):
        came = Came(message.timestamp()[1], message.key(), message.value(), text_headers(message))
        intake.command(message.partition(), message.offset(), came)
    for message in read_topic(broker, outcomes, partitions_of_topic[outcomes], {}):
        intake.outcome(message.partition(), message.key(), text_headers(message), message.value())
    for message in read_topic(broker, rejects, partitions_of_topic[rejects], {}):
        intake.reject(text_headers(message), message.value())


def read_ledger(path):
    ledger = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            ledger[one["actor"], one["command_id"]] = (one["partition"], one["sequence"])
    return ledger


def check(arguments):
    judge = Judge(read_ledger(arguments.ledger) if arguments.ledger else {})
    names = consumer(arguments.broker, "read_uncommitted")
    events, feed = f"{arguments.prefix}.events", f"{arguments.prefix}.feed"
    second_door = [f"{arguments.prefix}.{name}" for name in ("commands", "outcomes", "rejects")]
    partitions = {topic: partitions_of(names, topic) for topic in (events, feed, *second_door)}
    names.close()
    if not partitions[events]:
        raise Unreadable(f"expected a topic {events}, found none")
    for message in read_topic(arguments.broker, events, partitions[events]):
        show_event(judge, message)
    for message in read_topic(arguments.broker, feed, partitions[feed]):
        show_feed(judge, message)
    show_intake(judge, arguments.broker, arguments.prefix, partitions)
    holds = judge.finish(bool(partitions[feed]))
    for finding in judge.findings:
        print(f"finding: {finding}")
    print(f"{judge.records} records, {judge.acknowledged} of {len(judge.ledger)} acknowledged commands found once, "
          f"{judge.stale} stale skipped, {judge.fed if partitions[feed] else 'no'} feed messages, "
          f"{len(judge.intake.taken)} of {len(judge.intake.came)} commands by topic taken, {len(judge.intake.told)} outcomes, "
          f"{len(judge.intake.rejects)} rejects, {judge.intake.lost} given up: "
          f"{'all holds' if holds else 'DOES NOT HOLD'}")
    return 0 if holds else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--ledger")
    try:
        return check(parser.parse_args())
    except (Unreadable, KafkaException, OSError, json.JSONDecodeError, KeyError) as error:
        print(f"check_log: {type(error).__name__}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
