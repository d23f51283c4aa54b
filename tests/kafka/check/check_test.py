"""The checker finds what is planted: a test of judge.py and wire.py, without a broker."""

import struct
import unittest

import wire
from caseward.v1 import common_pb2, decision_pb2, intake_pb2, other_services_pb2
from intake_judge import Came
from judge import OPAQUE, Judge

LEDGER = {("mo", "a"): (0, 1), ("mo", "b"): (0, 2)}


def decision(sequence, term, command_id="", words=""):
    out = decision_pb2.Decision(partition=0, sequence=sequence, term=term, stream="case-1")
    out.actor.id = "mo"
    out.actor.kind = common_pb2.Actor.KIND_STAFF
    out.command.command_id = command_id
    if sequence == 0:
        out.genesis.log_id = "log"
        out.command.command_id = ""
    else:
        event = out.accepted.events.add()
        event.contact_made.note.sealed = words.encode()
        event.contact_made.two_way = True
    return out


def show(judge, *decisions):
    for one in decisions:
        judge.record(0, one.term, one.sequence, one.SerializeToString())


def item_of(one, event=None):
    item = other_services_pb2.SubscribeResponse(subject=one.stream, index=0, type="caseward.contact.made.v1")
    item.position.log_id = "log"
    item.position.sequence = one.sequence
    item.recorded_at.CopyFrom(one.recorded_at)
    if event is None:
        item.event.contact_made.two_way = True
    else:
        item.event.CopyFrom(event)
    return item


def tell(judge, one, event=None, ce_id=None, type_="caseward.contact.made.v1"):
    item = item_of(one, event)
    item.type = type_
    name = ce_id or f"log/0/{one.sequence}/0"
    judge.feed(0, name, name, type_, item.SerializeToString())


class JudgeTest(unittest.TestCase):
    def log(self, *decisions, ledger=None):
        judge = Judge(LEDGER if ledger is None else ledger)
        judge.claim(0, 1, 0)
        show(judge, decision(0, 1), *decisions)
        return judge

    def assert_found(self, judge, what, with_feed=False):
        self.assertFalse(judge.finish(with_feed))
        self.assertIn(what, "\n".join(judge.findings))

    def test_a_log_that_keeps_its_promises_has_no_findings(self):
        judge = self.log(decision(1, 1, "a"), decision(2, 1, "b"))
        self.assertTrue(judge.finish(False), judge.findings)
        self.assertEqual(judge.acknowledged, 2)

    def test_a_lost_command(self):
        self.assert_found(self.log(decision(1, 1, "a")), "b of mo was acknowledged at (0, 2) and is not in the log")

    def test_a_command_decided_twice(self):
        judge = self.log(decision(1, 1, "a"), decision(2, 1, "b"), decision(3, 1, "a"))
        self.assert_found(judge, "a of mo was decided before, at (0, 1)")

    def test_a_command_that_is_elsewhere_than_was_said(self):
        judge = self.log(decision(1, 1, "b"), decision(2, 1, "a"))
        self.assert_found(judge, "a of mo was acknowledged at (0, 1) and is in the log at (0, 2)")

    def test_a_gap_and_a_repeat(self):
        self.assert_found(self.log(decision(2, 1, "b")), "expected sequence 1, found 2")
        self.assert_found(self.log(decision(1, 1, "a"), decision(1, 1, "c")), "expected sequence 2, found 1")

    def test_a_claim_that_does_not_say_where_the_log_stands(self):
        judge = self.log(decision(1, 1, "a"), decision(2, 1, "b"))
        judge.claim(0, 2, 2)
        self.assert_found(judge, "a claim of term 2: expected sequence 3, found 2")

    def test_time_that_goes_back(self):
        one, two = decision(1, 1, "a"), decision(2, 1, "b")
        one.recorded_at.FromSeconds(1000)
        two.recorded_at.FromSeconds(999)
        self.assert_found(self.log(one, two), "sequence 2 term 1: recorded before the record before it")

    def test_a_stale_decision_counts_for_nothing(self):
        judge = self.log(decision(1, 1, "a"))
        judge.claim(0, 2, 2)
        show(judge, decision(2, 1, "x"), decision(2, 2, "b"))
        self.assertTrue(judge.finish(False), judge.findings)
        self.assertEqual(judge.stale, 1)

    def test_a_stale_decision_that_was_acknowledged(self):
        judge = self.log(decision(1, 1, "a"))
        judge.claim(0, 2, 2)
        show(judge, decision(2, 1, "b"))
        self.assert_found(judge, "b of mo was acknowledged at (0, 2) and is there by a decision of a stale term only")

    def test_the_feed_of_a_log(self):
        one, two = decision(1, 1, "a", "secret"), decision(2, 1, "b")
        judge = self.log(one, two)
        tell(judge, one)
        tell(judge, two)
        self.assertTrue(judge.finish(True), judge.findings)

    def test_a_feed_that_tells_too_little_too_much_or_another_order(self):
        one, two = decision(1, 1, "a"), decision(2, 1, "b")
        judge = self.log(one, two)
        tell(judge, one)
        self.assert_found(judge, "expected 2 messages, found 1", with_feed=True)
        judge = self.log(one, two)
        for each in (one, two, two):
            tell(judge, each)
        self.assert_found(judge, "tells of what the log does not hold", with_feed=True)
        judge = self.log(one, two)
        tell(judge, two)
        self.assert_found(judge, "expected ce_id and ce_position log/0/1/0, found log/0/2/0", with_feed=True)

    def test_a_feed_that_leaks_or_lies(self):
        one = decision(1, 1, "a", "secret")
        leak = one.accepted.events[0]
        judge = self.log(one, ledger={})
        tell(judge, one, leak)
        self.assert_found(judge, "it holds what is not of class internal", with_feed=True)
        other = type(leak)()
        other.contact_made.two_way = False
        judge = self.log(one, ledger={})
        tell(judge, one, other)
        self.assert_found(judge, "the contact_made differs from the record's", with_feed=True)
        judge = self.log(one, ledger={})
        tell(judge, one, leak, type_=OPAQUE)
        self.assert_found(judge, "an opaque event tells more than its times", with_feed=True)


Noted = decision_pb2.IntakeNoted


def came(value=b"command", headers=None):
    return Came(1000, b"k", value, headers or {})


def taken(sequence, offset, kind=None, **noted):
    """A decision that came by topic, or a note."""
    one = decision(sequence, 1, f"t{offset}")
    one.intake_offset = offset
    one.intake_time.FromMilliseconds(1000)
    if kind is not None:
        one.ClearField("command")
        one.intake_noted.kind = kind
        for name, value in noted.items():
            setattr(one.intake_noted, name, value)
    return one


def publish(judge, one, key=b"k", fault=0, first=None, replayed=False):
    out = intake_pb2.IntakeOutcome(command_id=one.command.command_id, partition=0, offset=one.intake_offset)
    if fault:
        out.fault.code = fault
    else:
        out.outcome.position.sequence = one.sequence if first is None else first
        out.outcome.accepted.SetInParent()
        out.outcome.replayed = replayed
    headers = {"caseward-partition": "0", "caseward-offset": str(one.intake_offset),
               "caseward-command-id": one.command.command_id}
    judge.intake.outcome(0, key, headers, out.SerializeToString())


class IntakeTest(unittest.TestCase):
    def log(self, *decisions, commands=None):
        judge = Judge({})
        judge.claim(0, 1, 0)
        show(judge, decision(0, 1), *decisions)
        for offset, one in (commands or {d.intake_offset: came() for d in decisions}).items():
            judge.intake.command(0, offset, one)
        return judge

    def assert_found(self, judge, what):
        self.assertFalse(judge.finish(False))
        self.assertIn(what, "\n".join(judge.findings))

    def test_an_intake_that_keeps_its_promises_has_no_findings(self):
        one = taken(1, 0)
        two = taken(2, 3, Noted.KIND_REJECTED, code=3)
        again = taken(3, 4, Noted.KIND_DUPLICATE)
        again.intake_noted.first.sequence = 1
        judge = self.log(one, two, again)
        publish(judge, one)
        publish(judge, two, fault=3)
        publish(judge, again, first=1, replayed=True)
        judge.intake.reject({"caseward-partition": "0", "caseward-offset": "3"}, b"command")
        self.assertTrue(judge.finish(False), judge.findings)

    def test_a_command_that_left_no_record(self):
        one = taken(1, 0)
        judge = self.log(one, commands={0: came(), 1: came()})
        publish(judge, one)
        self.assert_found(judge, "0/1 of the commands left no record")

    def test_a_command_that_was_taken_twice_or_out_of_order(self):
        self.assert_found(self.log(taken(1, 0), taken(2, 0)), "intake offset 0 was taken before, at sequence 1")
        self.assert_found(self.log(taken(1, 5), taken(2, 4)), "intake offset 4 was taken after 5")

    def test_a_record_for_what_was_never_committed_or_came_at_another_time(self):
        self.assert_found(self.log(taken(1, 0), commands={1: came()}), "nothing that was committed lies there")
        self.assert_found(self.log(taken(1, 0), commands={0: came()._replace(time_ms=1001)}), "came at another time")

    def test_outcomes_that_are_missing_double_or_lie(self):
        one = taken(1, 0)
        self.assert_found(self.log(one), "0/0 of the commands: it has no outcome")
        judge = self.log(one)
        publish(judge, one)
        publish(judge, one)
        self.assert_found(judge, "outcome of 0/0: there are two")
        judge = self.log(one)
        publish(judge, one, first=7)
        self.assert_found(judge, "its outcome is of another decision")
        judge = self.log(one)
        publish(judge, one, fault=5)
        self.assert_found(judge, "its outcome is None, the decision accepted")
        judge = self.log(one)
        publish(judge, one, key=b"other")
        self.assert_found(judge, "its key is not the command's")

    def test_an_outcome_of_nothing(self):
        judge = self.log(taken(1, 0))
        publish(judge, taken(1, 0))
        publish(judge, taken(2, 9))
        self.assert_found(judge, "outcome of 0/9: the log has taken nothing from there")

    def test_a_move_that_lost_doubled_or_changed_the_record(self):
        moved = taken(1, 0, Noted.KIND_MOVED, moved_to=1)
        self.assert_found(self.log(moved), "moved to partition 1, where 0 of it lie")
        judge = self.log(moved)
        judge.intake.command(1, 4, came(b"other", {"caseward-moved-from": "0/0"}))
        self.assert_found(judge, "it was moved, and not as it came")

    def test_rejects_that_are_missing_or_changed(self):
        one = taken(1, 0, Noted.KIND_REJECTED, code=3)
        judge = self.log(one)
        publish(judge, one, fault=3)
        self.assert_found(judge, "it was rejected and is not in the rejects")
        judge = self.log(one)
        publish(judge, one, fault=3)
        judge.intake.reject({"caseward-partition": "0", "caseward-offset": "0"}, b"other")
        self.assert_found(judge, "the rejects hold other bytes")


class WireTest(unittest.TestCase):
    def test_the_checksum_is_crc32c(self):
        self.assertEqual(wire.crc32c(b"123456789"), 0xE3069283)

    def test_an_altered_record_is_found(self):
        record = b"a record"
        checksum = wire.crc32c(wire.place(3, 17, len(record)) + record)
        frame = struct.pack(">II", checksum, len(record)) + record
        self.assertEqual(wire.open_frame(3, 17, frame), record)
        for partition, sequence, altered in ((3, 17, frame[:-1] + b"x"), (3, 18, frame), (2, 17, frame), (3, 17, frame[:-1])):
            with self.assertRaises(ValueError):
                wire.open_frame(partition, sequence, altered)

    def test_a_strange_header_is_named(self):
        good = wire.STAMP.pack(1, b"r", 4, 9, 0, 0)
        self.assertEqual(wire.stamp_of([("caseward", good)]), ("r", 4, 9))
        for headers in (None, [], [("caseward", good[:-1])], [("caseward", b"\x02" + good[1:])]):
            with self.assertRaises(ValueError):
                wire.stamp_of(headers)


if __name__ == "__main__":
    unittest.main()
