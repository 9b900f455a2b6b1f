"""Strict reading of WARC files: whatever happens to the bytes is told, and what is whole beside it is still read."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from io import BytesIO

import pytest

from newsarchive.model.digest import Digest
from newsarchive.warc import strict
from newsarchive.warc.message import chunks_end
from newsarchive.warc.records import Record, warcinfo_record
from newsarchive.warc.strict import Member, MeteredFile, Misread, parse_strictly, read_members
from newsarchive.warc.writer import encode_record
from tests.damage.sample import new_ids

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
IDS = new_ids()
MEMBERS = [encode_record(warcinfo_record(f"{n}.warc.gz", AT, {"software": "x" * n}, new_id=IDS)) for n in range(3)]
DATA = b"".join(MEMBERS)
STARTS = [0, len(MEMBERS[0]), len(MEMBERS[0]) + len(MEMBERS[1])]


def read(data: bytes) -> tuple[list[Member | Misread], MeteredFile, int]:
    told: list[int] = []
    file = MeteredFile(BytesIO(data), told.append)
    return list(read_members(file, with_digests=True)), file, sum(told)


@pytest.mark.parametrize("read_bytes", [1, 7, 1 << 20])
def test_whole_members_are_read_with_place_and_digest(monkeypatch: pytest.MonkeyPatch, read_bytes: int) -> None:
    monkeypatch.setattr(strict, "_READ_BYTES", read_bytes)

    found, file, told = read(DATA)

    assert [(one.offset, one.length, one.digest) for one in found if isinstance(one, Member)] == [
        (start, len(member), Digest.of(member)) for start, member in zip(STARTS, MEMBERS, strict=True)
    ]
    assert [one.content for one in found if isinstance(one, Member)] == list(map(gzip.decompress, MEMBERS))
    assert (file.digest(), file.length_bytes, told) == (Digest.of(DATA), len(DATA), len(DATA))


def test_a_cut_at_every_byte_leaves_the_members_before_it() -> None:
    for end in range(len(DATA)):
        found, file, _ = read(DATA[:end])
        whole = sum(start + len(member) <= end for start, member in zip(STARTS, MEMBERS, strict=True))

        assert [isinstance(one, Member) for one in found[:whole]] == [True] * whole
        rest = [] if end in {0, *STARTS} else ["cut"]
        assert [one.fault for one in found[whole:] if isinstance(one, Misread)] == rest
        assert file.digest() == Digest.of(DATA[:end])


def test_a_changed_byte_anywhere_in_a_member_costs_no_other() -> None:
    for at in range(STARTS[1], STARTS[2]):
        data = bytearray(DATA)
        data[at] ^= 0xFF

        found, file, told = read(bytes(data))

        offsets = [one.offset for one in found if isinstance(one, Member)]
        assert offsets in ([0, STARTS[2]], STARTS), at  # some bytes of the gzip head say nothing
        assert file.digest() == Digest.of(data)
        assert told == len(DATA)


@pytest.mark.parametrize("read_bytes", [1, 5, 1 << 20])
@pytest.mark.parametrize(
    "rubbish", [b"\x1f", b"\x1f\x8b\x08 no member", b"x" * 40_000, gzip.compress(b"no record")[:-1]]
)
def test_reading_goes_on_behind_rubbish(monkeypatch: pytest.MonkeyPatch, rubbish: bytes, read_bytes: int) -> None:
    monkeypatch.setattr(strict, "_READ_BYTES", max(read_bytes, len(rubbish) // 100))

    found, file, _ = read(MEMBERS[0] + rubbish + MEMBERS[1])

    assert [isinstance(one, Member) for one in found] == [True, False, True]
    assert file.digest() == Digest.of(MEMBERS[0] + rubbish + MEMBERS[1])


def test_a_record_is_parsed_as_it_was_written() -> None:
    for member in MEMBERS:
        record = parse_strictly(gzip.decompress(member))

        assert isinstance(record, Record)
        assert encode_record(record) == member


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        (b"0\r\n\r\n", True),
        (b"4\r\nMoin\r\n0\r\n\r\n", True),
        (b"4;a=b\nMoin\n0\n\n", True),
        (b"4\r\nMoin\r\n000;last\r\nExpires: 0\r\n\r\n", True),
        (b"", False),
        (b"Moin", False),
        (b"4\r\nMoin\r\n", False),
        (b"4\r\nMoin\r\n0\r\n", False),
        (b"4\r\nMoi", False),
        (b"9\r\nMoin\r\n0\r\n\r\n", False),
        (b"4\r\nMoin\r\n0\r\nExpires: 0\r\n", False),
    ],
)
def test_chunks_end_with_the_last_chunk_and_the_trailers(body: bytes, ends: bool) -> None:
    assert chunks_end(body) is ends
