"""What must hold of commands by topic, whatever happened to the nodes: each record of .commands leaves exactly one record in the
log, in the order of offsets, and has exactly one outcome, which says what the log says; a moved one lies where it was moved to,
once and as it came; a rejected one lies in .rejects.

An IntakeJudge is shown the topics message by message, each partition in its order, and the log's decisions by Judge.
"""

from typing import NamedTuple

from caseward.v1 import decision_pb2, intake_pb2

Noted = decision_pb2.IntakeNoted
MOVED_FROM = "caseward-moved-from"


class Came(NamedTuple):
    time_ms: int
    key: bytes
    value: bytes
    headers: dict


class IntakeJudge:
    def __init__(self, found):
        self.found = found  # takes a finding, one line
        self.begins = {}  # partition -> the first offset that the topic keeps
        self.came = {}  # (partition, offset) -> Came
        self.copies = {}  # (partition, "partition/offset" where it was before) -> Came, as often as it lies there
        self.taken = {}  # (partition, offset) -> decision
        self.last = {}  # partition -> the offset of the record that was taken last
        self.lost = 0  # records that people gave up
        self.told = {}  # (partition, offset) -> outcome
        self.order = {}  # partition -> the offset of the outcome that was published last
        self.rejects = {}  # (partition, offset) -> value

    def decision(self, decision):
        noted = decision.intake_noted
        if noted.kind == Noted.KIND_ACCEPTED_LOSS:
            self.lost += max(0, noted.next_offset - noted.lost_from)
            self.last.pop(decision.partition, None)
        if not decision.HasField("intake_offset"):
            return
        at = (decision.partition, decision.intake_offset)
        where = f"partition {at[0]} sequence {decision.sequence}"
        if at in self.taken:
            self.found(f"{where}: intake offset {at[1]} was taken before, at sequence {self.taken[at].sequence}")
        if self.last.get(at[0], -1) >= at[1]:
            self.found(f"{where}: intake offset {at[1]} was taken after {self.last[at[0]]}")
        self.last[at[0]] = at[1]
        self.taken[at] = decision

    def command(self, partition, offset, came):
        self.came[partition, offset] = came
        if MOVED_FROM in came.headers:
            self.copies.setdefault((partition, came.headers[MOVED_FROM]), []).append(came)

    def outcome(self, partition, key, headers, value):
        outcome = intake_pb2.IntakeOutcome.FromString(value)
        at = (outcome.partition, outcome.offset)
        where = f"outcome of {at[0]}/{at[1]}"
        if at[0] != partition:
            self.found(f"{where}: it lies in partition {partition}")
        if at in self.told:
            self.found(f"{where}: there are two")
        if self.order.get(partition, -1) >= at[1]:
            self.found(f"{where}: published after that of offset {self.order[partition]}")
        self.order[partition] = at[1]
        self.told[at] = outcome
        named = (headers.get("caseward-partition"), headers.get("caseward-offset"), headers.get("caseward-command-id", ""))
        if named != (str(at[0]), str(at[1]), outcome.command_id):
            self.found(f"{where}: its headers say {named}")
        came = self.came.get(at)
        if came is not None and came.key != key:
            self.found(f"{where}: its key is not the command's")

    def reject(self, headers, value):
        at = (int(headers.get("caseward-partition", -1)), int(headers.get("caseward-offset", -1)))
        if at in self.rejects:
            self.found(f"reject of {at[0]}/{at[1]}: there are two")
        self.rejects[at] = None if "caseward-left-out" in headers else value

    def finish(self):
        for at in self.came:
            if at not in self.taken:
                self.found(f"{at[0]}/{at[1]} of the commands left no record in the log")
        for at, decision in self.taken.items():
            self.judge(at, decision)
        for at in self.told:
            if at not in self.taken:
                self.found(f"outcome of {at[0]}/{at[1]}: the log has taken nothing from there")
        for at in self.rejects:
            if at not in self.taken or self.taken[at].intake_noted.kind != Noted.KIND_REJECTED:
                self.found(f"reject of {at[0]}/{at[1]}: the log has rejected nothing from there")

    def judge(self, at, decision):
        where = f"{at[0]}/{at[1]} of the commands"
        came = self.came.get(at)
        if came is None and at[1] >= self.begins.get(at[0], 0):
            self.found(f"{where}: a record was left for it, and nothing that was committed lies there")
        if came is not None and came.time_ms != decision.intake_time.ToMilliseconds():
            self.found(f"{where}: the log says that it came at another time")
        kind = decision.intake_noted.kind
        if kind == Noted.KIND_MOVED:
            self.moved(where, at, decision, came)
            return
        if kind == Noted.KIND_REJECTED and at not in self.rejects:
            self.found(f"{where}: it was rejected and is not in the rejects")
        elif kind == Noted.KIND_REJECTED and came is not None and self.rejects[at] not in (None, came.value):
            self.found(f"{where}: the rejects hold other bytes")
        outcome = self.told.get(at)
        if outcome is None:
            self.found(f"{where}: it has no outcome")
        elif difference := outcome_fault(decision, outcome):
            self.found(f"{where}: its outcome {difference}")

    def moved(self, where, at, decision, came):
        if at in self.told:
            self.found(f"{where}: it was moved, and has an outcome where it was")
        copies = self.copies.get((decision.intake_noted.moved_to, f"{at[0]}/{at[1]}"), [])
        if len(copies) != 1:
            self.found(f"{where}: it was moved to partition {decision.intake_noted.moved_to}, where {len(copies)} of it lie")
        elif came is not None and (copies[0].key, copies[0].value) != (came.key, came.value):
            self.found(f"{where}: it was moved, and not as it came")


def outcome_fault(decision, outcome):
    """What is wrong with `outcome` as that of `decision`; empty: nothing."""
    noted = decision.intake_noted
    if decision.HasField("accepted") or decision.HasField("refusal"):
        told = outcome.outcome
        result = "accepted" if decision.HasField("accepted") else "refusal"
        if told.WhichOneof("result") != result:
            return f"is {told.WhichOneof('result')}, the decision {result}"
        if (told.position.partition, told.position.sequence) != (decision.partition, decision.sequence) or told.replayed:
            return "is of another decision"
        if outcome.command_id != decision.command.command_id:
            return "names another command"
    elif noted.kind in (Noted.KIND_DUPLICATE, Noted.KIND_COUNTED):
        if outcome.outcome.position != noted.first:
            return f"is of sequence {outcome.outcome.position.sequence}, the first decision is {noted.first.sequence}"
        if outcome.outcome.replayed != (noted.kind == Noted.KIND_DUPLICATE):
            return "does not say whether it is told again"
    elif noted.kind in (Noted.KIND_FAULT, Noted.KIND_REJECTED):
        if outcome.fault.code != noted.code:
            return f"has code {outcome.fault.code}, the note {noted.code}"
    else:
        return f"is of a note of kind {noted.kind}"
    return ""
