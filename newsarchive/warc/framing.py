"""Records out of the content of a WARC file, and where they lie; what is damaged is told and passed over.

Tolerant where nothing is lost by it: any WARC version, LF for CRLF, missing or further empty lines between records.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from newsarchive.warc.members import MemberStream
from newsarchive.warc.message import parse_head
from newsarchive.warc.records import Fields, Record

MAX_BLOCK_BYTES = 256 * 1024 * 1024
"""The largest block that is read, unless the caller says otherwise."""

_MAX_HEAD_BYTES = 256 * 1024
_HEAD_END = re.compile(rb"\n\r?\n")
_VERSION = re.compile(r"WARC/[0-9]{1,3}\.[0-9]{1,3}[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,18}")
_RECORD_MARK = b"WARC/"
_WRONG_LENGTH = "it is not as long as its Content-Length says"
# LF before CRLF is no end but the rest of one: a Content-Length too large by one.
_TRAILER = re.compile(rb"\r\n\r\n|\n\n|(?:\r?\n)?WARC/|(?:\r\n?\r?|\n)?\Z")
_TRAILER_BYTES = 16

FlawKind = Literal["damaged", "cut", "too-large"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A record, and its place: offset and length in bytes.

    ``addressable``: the place is one in the file, so that the record can be read from there alone. Otherwise several
    records were compressed together, and the place is one in the content.
    """

    record: Record
    offset: int
    length: int
    addressable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What was passed over, from ``offset`` on (as in ``Framed``), and why."""

    kind: FlawKind
    offset: int
    reason: str


def read_framed(stream: MemberStream, *, max_block_bytes: int = MAX_BLOCK_BYTES) -> Iterator[Framed | Flaw]:
    """Every record of ``stream``, and every flaw, in the order of the file. Raises ``OSError`` as the file does."""
    told: int | None = None
    while True:
        stream.skip_blank()
        if stream.peek(1):
            found = _read_one(stream, max_block_bytes)
            if found is not None:
                yield found
                told = found.offset if isinstance(found, Flaw) else None
        elif stream.failure is not None:
            failure = stream.failure
            kind: FlawKind = "cut" if failure.cut else "damaged"
            stream.skip_damage()
            # Where a member is damaged, its record may have been found wrong before the damage was met.
            if failure.offset != told:
                yield Flaw(kind=kind, offset=failure.offset, reason=failure.reason)
        elif not stream.next_record():
            return


def _read_one(stream: MemberStream, max_block_bytes: int) -> Framed | Flaw | None:
    """The record that begins here, or its flaw; ``None`` where the failure of the stream will tell."""
    position, start = stream.position, stream.member_start()
    place = position if start is None else start
    marked = stream.peek(len(_RECORD_MARK)) == _RECORD_MARK
    head = stream.find(_HEAD_END, _MAX_HEAD_BYTES) if marked else None
    if head is None:
        # Without an empty line for so long, no record begins here nor soon after.
        flaw = _flaw(
            stream, place, position, "the bytes there are no record", least=_MAX_HEAD_BYTES // 2 if marked else 1
        )
        return None if stream.failure is not None and start in {None, stream.failure.offset} else flaw
    headers = _fields(b"".join(stream.take(head.end())))
    length = _block_length(headers)
    if length is None:
        return _flaw(stream, place, position, "it has no Content-Length, or no WARC version")
    remaining = stream.remaining()
    if remaining is not None and not (
        length <= remaining and _TRAILER.match(stream.look_ahead(length, _TRAILER_BYTES))
    ):
        return _flaw(stream, place, position, _WRONG_LENGTH, cut=length > remaining)
    if length > max_block_bytes:
        stream.skip(length)
        reason = f"its block has {length} bytes, more than {max_block_bytes}"
        return Flaw(kind="too-large", offset=place, reason=reason)
    block = b"".join(stream.take(length))
    whole = len(block) == length and bool(_TRAILER.match(stream.peek(_TRAILER_BYTES)))
    stream.skip_line_ends(2)
    end = stream.position
    end_place = end if remaining is not None else stream.member_end() if start is not None else None
    if stream.failure is not None and end_place is None and not stream.peek(1):
        return None
    if not whole:
        return _flaw(stream, place, position, _WRONG_LENGTH)
    record = Record(headers=headers, block=block)
    if end_place is None:
        return Framed(record=record, offset=position, length=end - position, addressable=False)
    return Framed(record=record, offset=place, length=end_place - place, addressable=True)


def _flaw(stream: MemberStream, place: int, position: int, reason: str, *, cut: bool = False, least: int = 1) -> Flaw:
    """Pass over what begins at ``position``, at least so many bytes, up to the next record within reach."""
    if stream.remaining() is not None:
        stream.go_to(position)
    stream.skip(position + least - stream.position)
    found = stream.skip_to_record()
    if cut and not found:
        return Flaw(kind="cut", offset=place, reason="the file ends in the middle of a record")
    return Flaw(kind="damaged", offset=place, reason=reason)


def _fields(head: bytes) -> Fields:
    """The named fields of a record; UTF-8 (WARC 1.1 section 4), or Latin-1 where they are not."""
    parsed = parse_head(head)
    if not _VERSION.fullmatch(parsed.start_line):
        return ()
    return tuple((name, _text(value)) for name, value in parsed.headers)


def _text(latin_1: str) -> str:
    try:
        return latin_1 if latin_1.isascii() else latin_1.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return latin_1


def _block_length(headers: Fields) -> int | None:
    printed = next((value for name, value in headers if name.lower() == "content-length"), "")
    return int(printed) if _LENGTH.fullmatch(printed) else None
