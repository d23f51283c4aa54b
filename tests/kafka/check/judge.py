"""What must hold of a log, whatever happened to its nodes and its broker: laws L4, L5 and L6, and the feed's promise.

A Judge is shown the log record by record and the feed message by message, each partition in its order; `findings` says what is
wrong, one line each. Nothing is looked up anywhere else.
"""

from caseward.v1 import classes_pb2, common_pb2, decision_pb2, other_services_pb2
from intake_judge import IntakeJudge

OPAQUE = "caseward.case.changed.v1"
# Maps whose entries are classed by a pack, by event: the feed may hold fewer of them, and none that differs.
PACK_FIELDS = {
    "step_recorded": "fields",
    "case_reported": "fields",
    "case_triaged": "answers",
    "history_recorded": "fields",
}
FINDINGS_MAX = 50


class Judge:
    def __init__(self, ledger):
        """`ledger`: (actor, command id) -> (partition, sequence) of every command that was acknowledged."""
        self.ledger = ledger
        self.findings = []
        self.records = 0
        self.stale = 0
        self.acknowledged = 0
        self.fed = 0
        self.orders = {}  # partition -> [term, next sequence]
        self.times = {}  # partition -> when the last record was recorded
        self.passed_over = set()  # the same of decisions of a stale term
        self.decided = {}  # (actor, command id) -> (partition, sequence)
        self.expected = {}  # partition -> what its feed must tell, in order
        self.log_id = ""
        self.told = {}  # partition -> messages seen in the feed
        self.intake = IntakeJudge(self.found)

    def found(self, what):
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(what)

    def claim(self, partition, term, sequence):
        self.in_order(partition, term, sequence, f"partition {partition}: a claim of term {term}")

    def in_order(self, partition, term, sequence, where):
        """False: it is of a term that another has passed."""
        order = self.orders.setdefault(partition, [0, 0])
        if term < order[0]:
            self.stale += 1
            return False
        if sequence != order[1]:
            self.found(f"{where}: expected sequence {order[1]}, found {sequence}")
        self.orders[partition] = [term, sequence]
        return True

    def record(self, partition, term, sequence, bytes_):
        where = f"partition {partition} sequence {sequence} term {term}"
        decision = decision_pb2.Decision()
        decision.ParseFromString(bytes_)
        if (decision.partition, decision.sequence, decision.term) != (partition, sequence, term):
            self.found(f"{where}: says it is partition {decision.partition} sequence {decision.sequence} term {decision.term}")
        self.records += 1
        if not self.in_order(partition, term, sequence, where):
            # Every reader skips it; so it must be nothing that anybody was told of, which finish() looks into.
            self.passed_over.add((decision.actor.id, decision.command.command_id))
            return
        self.orders[partition][1] = sequence + 1
        self.in_time(decision, where)
        if decision.HasField("genesis"):
            self.log_id = decision.genesis.log_id
        self.command(decision, (partition, sequence), where)
        self.intake.decision(decision)
        for index, event in enumerate(decision.accepted.events):
            self.expected.setdefault(partition, []).append((decision, index, event))

    # Time in a partition never goes back (law L6), whichever clock its owner has.
    def in_time(self, decision, where):
        at = (decision.recorded_at.seconds, decision.recorded_at.nanos)
        if at < self.times.get(decision.partition, at):
            self.found(f"{where}: recorded before the record before it")
        self.times[decision.partition] = at

    def command(self, decision, at, where):
        name = (decision.actor.id, decision.command.command_id)
        if not name[1] or decision.actor.kind == common_pb2.Actor.KIND_SYSTEM:
            return
        before = self.decided.setdefault(name, at)
        if before != at:
            self.found(f"{where}: {name[1]} of {name[0]} was decided before, at {before}")

    # What the feed must be: one message an event, in the log's order, each with nothing that is not internal.
    def feed(self, partition, ce_id, ce_position, ce_type, body):
        n = self.told.get(partition, 0)
        self.told[partition] = n + 1
        self.fed += 1
        where = f"feed partition {partition} message {n} ({ce_id})"
        expected = self.expected.get(partition, [])
        if n >= len(expected):
            self.found(f"{where}: tells of what the log does not hold")
            return
        decision, index, event = expected[n]
        wanted = f"{self.log_id}/{partition}/{decision.sequence}/{index}"
        if ce_id != wanted or ce_position != wanted:
            self.found(f"{where}: expected ce_id and ce_position {wanted}, found {ce_id} and {ce_position}")
            return
        item = other_services_pb2.SubscribeResponse()
        item.ParseFromString(body)
        at = (item.position.log_id, item.position.partition, item.position.sequence, item.index)
        if at != (self.log_id, partition, decision.sequence, index):
            self.found(f"{where}: its body says it is {at}")
        if (item.subject, item.type, item.recorded_at) != (decision.stream, ce_type, decision.recorded_at):
            self.found(f"{where}: subject, type or time differ from the record's")
        if difference := redaction_fault(event, item.event, item.type == OPAQUE):
            self.found(f"{where}: {difference}")

    def finish(self, with_feed):
        for name, at in self.ledger.items():
            decided = self.decided.get(name)
            if decided is None:
                how = "is there by a decision of a stale term only" if name in self.passed_over else "is not in the log"
                self.found(f"{name[1]} of {name[0]} was acknowledged at {at} and {how}")
            elif decided != at:
                self.found(f"{name[1]} of {name[0]} was acknowledged at {at} and is in the log at {decided}")
            else:
                self.acknowledged += 1
        for partition, expected in self.expected.items() if with_feed else ():
            told = self.told.get(partition, 0)
            if told < len(expected):
                self.found(f"feed partition {partition}: expected {len(expected)} messages, found {told}")
        self.intake.finish()
        return not self.findings


def class_of(field):
    own = field.GetOptions()
    if own.HasExtension(classes_pb2.field_class):
        return own.Extensions[classes_pb2.field_class]
    return field.containing_type.GetOptions().Extensions[classes_pb2.fields]


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def redact(message):
    """Removes every field that is not of class internal, and all words."""
    if not message.DESCRIPTOR.full_name.startswith("caseward."):
        return
    for field, value in message.ListFields():
        words = field.message_type is not None and field.message_type.full_name == "caseward.v1.Words"
        if words or class_of(field) != classes_pb2.DATA_CLASS_INTERNAL:
            message.ClearField(field.name)
        elif is_map(field):
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    redact(value[key])
        elif field.message_type is not None:
            for inner in value if field.label == field.LABEL_REPEATED else [value]:
                redact(inner)


def redaction_fault(event, fed, opaque):
    """What is wrong with `fed` as the feed's form of `event`; empty: nothing."""
    wanted = type(event)()
    if opaque:
        wanted.derived = event.derived
        wanted.occurred_at.CopyFrom(event.occurred_at)
        return "" if fed == wanted else "an opaque event tells more than its times"
    wanted.CopyFrom(event)
    redact(wanted)
    clean = type(fed)()
    clean.CopyFrom(fed)
    redact(clean)
    if clean != fed:
        return "it holds what is not of class internal"
    return subset_fault(wanted, fed)


def subset_fault(wanted, fed):
    kind = fed.WhichOneof("kind")
    if kind != wanted.WhichOneof("kind"):
        return f"expected a {wanted.WhichOneof('kind')}, found a {kind}"
    if kind in PACK_FIELDS:
        more = getattr(getattr(wanted, kind), PACK_FIELDS[kind])
        kept = getattr(getattr(fed, kind), PACK_FIELDS[kind])
        if any(key not in more or more[key] != kept[key] for key in kept):
            return f"a field of {kind} differs from the record's"
        for key in [key for key in more if key not in kept]:
            del more[key]
    if kind == "historical_fact":  # what it would have been: as many, each judged by itself
        pairs = list(zip(wanted.historical_fact.would_be, fed.historical_fact.would_be))
        if len(wanted.historical_fact.would_be) != len(fed.historical_fact.would_be):
            return "another number of events in a historical fact"
        faults = [redaction_fault(a, b, b.WhichOneof("kind") is None) for a, b in pairs]
        return next((fault for fault in faults if fault), "")
    return "" if wanted == fed else f"the {kind} differs from the record's"
