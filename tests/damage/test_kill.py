"""Crawls that are killed, and WARCs that are cut, at any moment: what was safe stays safe, and the next crawl goes on.

The long version, with hundreds of kills, is ``make torture``.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from newsarchive.collection.layout import Layout
from newsarchive.collection.mending import mend_warc
from newsarchive.warc.recover import survey
from tests.kept import SITE, archive, crawling, exchange
from tests.torture import Torturer, torturing

CYCLES = (0, 2, 3, 5, 6, 7, 8, 10, 11)


@pytest.fixture(scope="module")
def torturer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torturer]:
    """Crawls to be killed."""
    with torturing(tmp_path_factory.mktemp("killed")) as at_work:
        yield at_work


@pytest.mark.parametrize("number", CYCLES)
def test_what_a_killed_crawl_leaves_is_recovered(torturer: Torturer, number: int) -> None:
    assert torturer.run_cycle(number).killed


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small WARC as a crawl of three exchanges seals it."""
    root = tmp_path_factory.mktemp("small") / SITE
    with crawling(root) as writer:
        for number in range(3):
            stored = archive(writer, exchange(f"/{number}.html", b"Moin %d" % number))
    return root / stored.ref.warc


@pytest.fixture(scope="module")
def ends(warc: Path) -> list[int]:
    """Where the records of ``warc`` end: the warcinfo, and response and request three times."""
    members = warc.read_bytes().split(b"\x1f\x8b\x08")[1:]
    found = list(accumulate(len(member) + 3 for member in members))
    assert found[-1] == warc.stat().st_size
    assert len(found) == 7
    return found


def test_a_cut_at_every_byte_leaves_exactly_the_whole_records(warc: Path, ends: list[int]) -> None:
    data = warc.read_bytes()
    for cut in range(len(data) + 1):
        found = survey(BytesIO(data[:cut]))
        whole = [end for end in ends if end <= cut]
        assert (found.length_bytes, found.records) == (max(whole, default=0), len(whole)), cut
        assert found.tail_bytes == cut - found.length_bytes
        assert (found.reason is None) == (found.tail_bytes == 0)
        assert found.exchanges == max(len(whole) - 1, 0)


def test_every_file_that_was_cut_is_sealed_with_what_is_whole(warc: Path, ends: list[int], tmp_path: Path) -> None:
    data = warc.read_bytes()
    layout = Layout(tmp_path)
    sealed = tmp_path / warc.name
    left = tmp_path / f"{warc.name}.open"
    tail = tmp_path / f"{warc.name}.tail"
    for cut in sorted({*ends, *(end - 1 for end in ends), *(end + 1 for end in ends[:-1]), 0, 1}):
        left.write_bytes(data[:cut])
        mended, listed, _ = mend_warc(layout, left)
        whole = max((end for end in ends if end <= cut), default=0)
        assert not left.exists()
        assert (tail.read_bytes() if tail.exists() else b"") == data[whole:cut]
        assert mended.tail == (tail.name if whole < cut else None)
        assert mended.is_removed == (whole <= ends[0]) == (listed is None) == (not sealed.exists())
        if listed is not None:
            assert sealed.read_bytes() == data[:whole]
            assert survey(BytesIO(data[:whole])).digest == listed.digest
        sealed.unlink(missing_ok=True)
        tail.unlink(missing_ok=True)


def _zeros(data: bytes) -> bytes:
    return data + bytes(4096)


def _garbage(data: bytes) -> bytes:
    return data + b"\x1f\x8b\x08Moin, moin" * 10


def _member_of_something_else(data: bytes) -> bytes:
    return data + gzip.compress(b"Moin")


@pytest.mark.parametrize("add", [_zeros, _garbage, _member_of_something_else])
def test_what_comes_after_the_whole_records_is_no_record(warc: Path, add: Callable[[bytes], bytes]) -> None:
    data = warc.read_bytes()

    found = survey(BytesIO(add(data)))

    assert found.length_bytes == len(data)
    assert found.tail_bytes == len(add(data)) - len(data)
    assert found.reason is not None


def test_no_flipped_bit_is_taken_for_a_whole_record(warc: Path, ends: list[int]) -> None:
    data = bytearray(warc.read_bytes())
    for start, end in pairwise([0, *ends]):
        sound = data[start:end]
        for place in range(start, end):
            data[place] ^= 0x10
            found = survey(BytesIO(data))
            # The time in the head of a gzip member, say, and bits that only fill up a byte, change no record.
            is_idle = _content(data[start:end]) == _content(sound)
            data[place] ^= 0x10
            assert found.length_bytes == (len(data) if is_idle else start), place


def _content(member: bytearray) -> bytes | None:
    try:
        return gzip.decompress(member)
    except (OSError, EOFError, zlib.error):
        return None
