"""The bytes of the log in Kafka, read from their description alone: storage/kafka/kafka_stamp.h and storage/record_frame.h.

Nothing here is shared with the program, so that an error of its reader is not an error of the checker's too.
"""

import struct
from typing import NamedTuple

STAMP_HEADER = "caseward"
STAMP = struct.Struct(">BcQQII")
FRAME = struct.Struct(">II")


class Stamp(NamedTuple):
    kind: str  # f format, c claim, r record
    term: int
    sequence: int


def crc32c_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def stamp_of(headers):
    """The stamp, or ValueError that says what was found."""
    found = [value for name, value in headers or [] if name == STAMP_HEADER]
    if len(found) != 1 or len(found[0]) != STAMP.size:
        raise ValueError(f"expected one header '{STAMP_HEADER}' of {STAMP.size} bytes, found {found}")
    version, kind, term, sequence, _, _ = STAMP.unpack(found[0])
    if version != 1:
        raise ValueError(f"expected a stamp of version 1, found {version}")
    return Stamp(kind.decode("latin1"), term, sequence)


def place(partition, sequence, length):
    return struct.pack(">HQI", partition, sequence, length)


def open_frame(partition, sequence, frame):
    """The record in a frame, or ValueError."""
    if len(frame) < FRAME.size:
        raise ValueError(f"expected a frame, found {len(frame)} bytes")
    checksum, length = FRAME.unpack_from(frame)
    record = frame[FRAME.size:]
    if length != len(record):
        raise ValueError(f"expected a record of {length} bytes, found {len(record)}")
    if checksum != crc32c(place(partition, sequence, length) + record):
        raise ValueError("the record does not match its checksum")
    return record
