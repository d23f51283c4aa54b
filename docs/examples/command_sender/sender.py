#!/usr/bin/env python3
"""An example of another system that asks Caseward by topic: sends commands as protobuf JSON lines and prints what came of
each. Sent again with the same ids, nothing is decided twice and the first outcomes come again, so it may be stopped or
killed at any moment and run anew.

Set up, once, from the root of the repository:
    python3 -m venv venv && venv/bin/pip install -r docs/examples/feed_consumer/requirements.txt
    mkdir -p gen && protoc -I proto --python_out=gen proto/caseward/v1/*.proto
Run:
    echo '{"command_id": "by-topic-1", "channel": "email", "report_case": {"case_type": "anti_social_behaviour"}}' |
        PYTHONPATH=gen venv/bin/python docs/examples/command_sender/sender.py --kafka 127.0.0.1:9092 \\
            --actor 'cleo; roles=contact_centre'
"""
import argparse
import json
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from caseward.v1 import intake_pb2

PATIENCE_S = 60  # for outcomes, and for the broker's first answer


def field(line, *names):
    """A field of protobuf JSON may be written either way."""
    return next((line[name] for name in names if name in line), "")


def follow_outcomes(arguments):
    """A reader of outcomes that begins where the topic ends now: what is sent afterwards comes behind it."""
    topic = arguments.prefix + ".outcomes"
    reader = Consumer({
        "bootstrap.servers": arguments.kafka,
        "group.id": "caseward-example-sender",  # its offsets are never committed
        "enable.auto.commit": False,
        "isolation.level": "read_committed",  # an outcome of a round that failed is none
    })
    found = reader.list_topics(topic, timeout=PATIENCE_S).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    places = [TopicPartition(topic, partition) for partition in sorted(found.partitions)]
    for place in places:
        _, place.offset = reader.get_watermark_offsets(place, timeout=PATIENCE_S)
    reader.assign(places)
    return reader


def send(arguments, lines):
    failures = []
    producer = Producer({
        "bootstrap.servers": arguments.kafka,
        "enable.idempotence": True,  # acks=all, and no record twice by the client's own retries
    })
    for line in lines:
        # All of one case under one key, so that they keep their order. Which partition that is does not matter.
        key = field(line, "case_id", "caseId") or field(line, "command_id", "commandId")
        producer.produce(
            arguments.prefix + ".commands",
            key=key,
            value=json.dumps(line),
            headers={"content-type": "application/json", "caseward-actor": arguments.actor},
            on_delivery=lambda error, message: failures.append(error) if error else None,
        )
        producer.poll(0)
    producer.flush(PATIENCE_S)
    if failures:
        raise KafkaException(failures[0])


def show(outcome):
    out = {"command_id": outcome.command_id}
    if outcome.HasField("fault"):
        out.update(result="fault", code=outcome.fault.code, message=outcome.fault.message)
    elif outcome.outcome.HasField("refusal"):
        refusal = outcome.outcome.refusal
        out.update(result="refused", stream=outcome.outcome.stream, rule=refusal.rule, say=refusal.say)
    else:
        out.update(result="accepted", stream=outcome.outcome.stream, version=outcome.outcome.version)
    if outcome.outcome.replayed:
        out["replayed"] = True
    print(json.dumps(out), flush=True)


def await_outcomes(reader, wanted):
    until = time.monotonic() + PATIENCE_S
    while wanted and time.monotonic() < until:
        message = reader.poll(1)
        if message is None:
            continue
        if message.error() is not None:
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
            continue
        outcome = intake_pb2.IntakeOutcome.FromString(message.value())
        if outcome.command_id in wanted:  # others send too
            wanted.discard(outcome.command_id)
            show(outcome)
    return not wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kafka", required=True, help="HOST:PORT[,HOST:PORT...]")
    parser.add_argument("--prefix", default="caseward", help="what the topics' names begin with")
    parser.add_argument("--actor", required=True, help="who asks: believed under --auth dev only")
    parser.add_argument("file", nargs="?", help="one command as protobuf JSON a line; default: standard input")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") if arguments.file else sys.stdin as file:
        lines = [json.loads(text) for text in file if text.strip()]
    wanted = {field(line, "command_id", "commandId") for line in lines}
    reader = follow_outcomes(arguments)
    try:
        send(arguments, lines)
        if await_outcomes(reader, set(wanted)):
            return 0
        print(f"no outcome of all {len(wanted)} commands in {PATIENCE_S} s; send them again", file=sys.stderr)
        return 1
    finally:
        reader.close()


if __name__ == "__main__":
    sys.exit(main())
