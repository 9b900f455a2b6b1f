"""What index and articles say of records, put in the order of the records, so that all are compared in one walk.

A claim is a line ``<quoted WARC> NUL <offset> NUL <kind> NUL <content>``; lines sort as the records lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal
from urllib.parse import quote, unquote

import msgspec

from newsarchive.collection.tables import stamp
from newsarchive.model.capture import CaptureRef

Kind = Literal["index", "article"]

_KINDS: dict[bytes, Kind] = {b"0": "index", b"1": "article"}
_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_OFFSET_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That there is a record at ``offset``; ``content`` says what it is: an index line, or a printed ``Facts``."""

    offset: int
    kind: Kind
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an article says of its capture, ``where`` being the place of the article."""

    where: str
    record_id: str
    url: str
    at: str
    status: int | None
    payload_digest: str
    length: int


def index_claim(warc: str, offset: int, line: bytes) -> bytes:
    """The claim of an index line."""
    return _printed(warc, offset, "index", line.rstrip(b"\n"))


def article_claim(where: str, url: str, ref: CaptureRef) -> bytes:
    """The claim of an article at ``where`` that was read at ``url``."""
    facts = Facts(
        where=where,
        record_id=ref.record_id,
        url=url,
        at=stamp(ref.captured_at),
        status=ref.status,
        payload_digest=str(ref.payload_digest),
        length=ref.length,
    )
    return _printed(ref.warc.rpartition("/")[2], ref.offset, "article", msgspec.json.encode(facts))


def facts_of(claim: Claim) -> Facts:
    """What an article claims."""
    return msgspec.json.decode(claim.content, type=Facts)


def by_warc(lines: Iterator[bytes]) -> Iterator[tuple[str, Iterator[Claim]]]:
    """Sorted claims, WARC by WARC."""
    for warc, group in groupby(lines, key=lambda line: line.partition(b"\0")[0]):
        yield unquote(warc.decode()), map(_parsed, group)


def sort_key(warc: str) -> str:
    """By what WARC files are in order here: their names, in which nothing can be taken for the end of a claim."""
    return quote(warc, safe="")


def _printed(warc: str, offset: int, kind: Kind, content: bytes) -> bytes:
    place = f"{max(offset, 0):0{_OFFSET_DIGITS}}".encode()
    return b"\0".join((sort_key(warc).encode(), place, _NUMBERS[kind], content)) + b"\n"


def _parsed(line: bytes) -> Claim:
    _, offset, kind, content = line.rstrip(b"\n").split(b"\0", 3)
    return Claim(offset=int(offset), kind=_KINDS[kind], content=content)


def time_of_record(printed: str) -> str:
    """A WARC-Date in the form of ``Facts.at``. Raises ``ValueError`` for anything else than a time."""
    return stamp(datetime.fromisoformat(printed))
