#!/usr/bin/env python3
"""An example of another system that reads Caseward's feed in Kafka: keeps one line an event in a SQLite file, and where
it stands in the same transaction, so that it can be stopped or killed at any moment and goes on without gap or repeat.

Set up, once, from the root of the repository:
    python3 -m venv venv && venv/bin/pip install -r docs/examples/feed_consumer/requirements.txt
    mkdir -p gen && protoc -I proto --python_out=gen proto/caseward/v1/*.proto
Run:
    PYTHONPATH=gen venv/bin/python docs/examples/feed_consumer/consumer.py --kafka 127.0.0.1:9092 --store feed.sqlite
"""
import argparse
import signal
import sqlite3
import sys

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.base import Format
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from caseward.v1 import other_services_pb2

PATIENCE_S = 30  # for the broker's first answer
BATCH = 500      # events of one transaction of the store, at most


class Protobuf(Format):
    """How the CloudEvents library is told to read a body of content type application/protobuf."""

    def read_data(self, body, datacontenttype):
        if datacontenttype != "application/protobuf":
            raise ValueError(f"expected a body of application/protobuf, found {datacontenttype}")
        return other_services_pb2.SubscribeResponse.FromString(body)

    def write_data(self, data, datacontenttype):
        return data.SerializeToString()

    def read(self, event_factory, data):
        raise NotImplementedError("the feed is in binary mode")

    def write(self, event):
        raise NotImplementedError("the feed is only read")

    def get_content_type(self):
        return "application/protobuf"


class Store:
    """What was made of the feed, and where it stands: changed together or not at all."""

    def __init__(self, path):
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("CREATE TABLE IF NOT EXISTS event"
                        " (id TEXT PRIMARY KEY, type TEXT, subject TEXT, time TEXT, actor TEXT) WITHOUT ROWID")
        # `next` is the Kafka offset to read on from; the position is Caseward's own, which outlives a topic.
        self.db.execute("CREATE TABLE IF NOT EXISTS place (topic TEXT, partition INTEGER, next INTEGER, log_id TEXT,"
                        " sequence INTEGER, item INTEGER, PRIMARY KEY (topic, partition))")

    def place(self, topic, partition):
        row = self.db.execute("SELECT next, log_id, sequence, item FROM place WHERE topic = ? AND partition = ?",
                              (topic, partition)).fetchone()
        return row or (0, None, -1, -1)

    def take(self, messages):
        """Adds the events of `messages`; one that was taken before, by its position, is passed over."""
        self.db.execute("BEGIN IMMEDIATE")
        for message in messages:
            event = from_binary(KafkaMessage(dict(message.headers()), message.key(), message.value()), Protobuf())
            self.take_one(message, event)
        self.db.execute("COMMIT")

    def take_one(self, message, event):
        log_id, _, sequence, item = event.get_extension("position").split("/")
        at = (int(sequence), int(item))
        _, known_log, *last = self.place(message.topic(), message.partition())
        if known_log not in (None, log_id):
            raise SystemExit(f"expected the feed of log {known_log}, found one of log {log_id}: begin with a new store")
        if at > tuple(last):
            told = event.get_data()
            if (told.position.sequence, told.index) != at:
                raise SystemExit(f"event {event.get_id()}: its body is of another position")
            self.db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?)",
                            (event.get_id(), event.get_type(), event.get_subject(), event.get_time().isoformat(),
                             told.actor.id))
        else:
            at = tuple(last)
        self.db.execute("REPLACE INTO place VALUES (?, ?, ?, ?, ?, ?)",
                        (message.topic(), message.partition(), message.offset() + 1, log_id, *at))


def partitions_of(consumer, topic):
    try:
        found = consumer.list_topics(topic, timeout=PATIENCE_S).topics[topic]
    except KafkaException as error:
        raise SystemExit(f"expected a Kafka broker that answers: {error}")
    if found.error is not None:
        raise SystemExit(f"expected topic {topic}, which `caseward serve --kafka` makes: {found.error}")
    return sorted(found.partitions)


def run(options):
    store = Store(options.store)
    # No consumer group: where we stand is in the store, not in Kafka. read_committed: what was undone is not shown.
    consumer = Consumer({"bootstrap.servers": options.kafka, "group.id": "unused", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "auto.offset.reset": "error",
                         "enable.partition.eof": True})
    partitions = partitions_of(consumer, options.topic)
    consumer.assign([TopicPartition(options.topic, p, 0 if options.from_start else store.place(options.topic, p)[0])
                     for p in partitions])
    print(f"reading {len(partitions)} partitions of {options.topic}", flush=True)
    ended = set()
    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while running and not (options.stop_at_end and len(ended) == len(partitions)):
        taken = []
        for message in consumer.consume(BATCH, timeout=0.05):
            if message.error() is None:
                taken.append(message)
                ended.discard(message.partition())
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ended.add(message.partition())
            elif message.error().fatal() or message.error().code() == KafkaError._AUTO_OFFSET_RESET:
                raise SystemExit(f"the place in the store is not in the topic any more ({message.error()}); if the topic"
                                 " was told anew, begin with --from-start")
            # Others are of the network; the client goes on by itself.
        if taken:
            store.take(taken)
    consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kafka", required=True, help="brokers, host:port[,host:port...]")
    parser.add_argument("--topic", default="caseward.feed")
    parser.add_argument("--store", required=True, help="a SQLite file; made if it is not there")
    parser.add_argument("--from-start", action="store_true",
                        help="read the topic from its start, passing over what was taken: after it was told anew")
    parser.add_argument("--stop-at-end", action="store_true", help="end when everything there is was read")
    run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
