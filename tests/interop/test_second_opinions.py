"""What validators and indexers of other makers say of our WARCs: nothing, or exactly what is listed here, and why.

None of these tools is right about everything. Each test names the records that a tool objects to or cannot read, and
asserts that there are no others; where a tool gives up in the middle of a file, it also gets a copy without the record
it fails on, so that it judges the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from newsarchive.warc.cdxj import index_warc, to_line
from newsarchive.warc.reader import read_records
from newsarchive.warc.records import Record
from tests.interop.copied import copy_warc
from tests.interop.indexed import index_with_cdxj_indexer, index_with_warcio_js, parse_lines
from tests.interop.installed import needs_interop_tools, needs_npm_tools, python_tool, run
from tests.interop.sample import Sample
from tests.wirecases import CASES, Played

CHUNKED = frozenset(case.name for case in CASES if case.warcio_objects)
"""Chunked responses. WARC 1.1 section 5.9 digests the entity-body, which has no chunks (iipc/warc-specifications#22);
warcio (webrecorder/warcio#74), FastWARC and warcat digest the chunk framing too, and call our digest wrong."""


class Said(NamedTuple):
    """What a tool said of one record: the case it belongs to, its type, the words."""

    case: str
    type: str
    words: str


def case_of(record: Record) -> str:
    """The last part of the path a record is of: the name of an odd case."""
    return urlsplit(record.header("WARC-Target-URI") or "").path[1:]


def records_of(warc: Path) -> dict[str, Record]:
    """The records of a WARC by id."""
    return {record.id: record for _, _, record in read_records(warc)}


def ids_of(warc: Path, cases: Iterable[str]) -> frozenset[str]:
    """The ids of all records of these cases."""
    wanted = set(cases)
    return frozenset(identity for identity, record in records_of(warc).items() if case_of(record) in wanted)


def said(warc: Path, findings: Iterable[tuple[str, str]]) -> Counter[Said]:
    """Findings by record id as findings by case."""
    records = records_of(warc)
    return Counter(Said(case_of(records[identity]), records[identity].type, words) for identity, words in findings)


# warcio check


def warcio_check(warc: Path) -> Iterator[tuple[str, str]]:
    """Every record that ``warcio check -v`` read, and what it said of it."""
    done = run(python_tool("warcio"), "check", "-v", warc)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines.pop(0) == str(warc)
    identity = ""
    words: dict[str, list[str]] = {}
    for line in lines:
        if match := re.fullmatch(r"  offset \d+ WARC-Record-ID <(\S+)> [a-z]+", line):
            identity = match[1]
        else:
            words.setdefault(identity, []).append(re.sub(r" sha256:[0-9a-f]{64}$", "", line.strip()))
    yield from ((identity, "; ".join(spoken)) for identity, spoken in words.items())


@needs_interop_tools
def test_warcio_finds_the_sample_right(sample: Sample) -> None:
    for warc in sample.warcs:
        records, spoken = records_of(warc), dict(warcio_check(warc))
        assert spoken.keys() == records.keys()
        for identity, words in spoken.items():
            # The payload of a revisit lies elsewhere, so warcio leaves both digests unchecked.
            revisit = records[identity].type == "revisit"
            assert words == ("digest present but not checked (revisit)" if revisit else "digest pass")


@needs_interop_tools
def test_warcio_objects_to_chunked_payloads_only(odd: Played) -> None:
    spoken = dict(warcio_check(odd.warc))
    assert spoken.keys() == records_of(odd.warc).keys()
    objections = said(odd.warc, (pair for pair in spoken.items() if pair[1] != "digest pass"))
    assert objections == Counter(Said(case, "response", "payload digest failed") for case in CHUNKED)


# fastwarc check


def fastwarc_check(warc: Path, report: Path, *, complaint: str = "") -> Iterator[tuple[str, str]]:
    """Every record that ``fastwarc check -p`` read, and what it said of block and payload; ``complaint``: on stderr."""
    done = run(python_tool("fastwarc"), "check", "--quiet", "--verify-payloads", "--output", report, warc)
    assert done.stderr.strip() == complaint
    for line in report.read_text().splitlines():
        match = re.fullmatch(r"<(\S+)>: (.*)", line)
        assert match, line
        yield match[1], match[2]


NO_PAYLOAD = "OK, PAYLOAD_NO_DIGEST"
SAID_BY_FASTWARC = {
    # These have no payload (WARC 1.1 section 4), so there is no digest of one to check.
    "warcinfo": NO_PAYLOAD,
    "metadata": NO_PAYLOAD,
    # Their payload lies elsewhere; it digests the missing one.
    "revisit": "OK, PAYLOAD_FAIL",
}


@needs_interop_tools
def test_fastwarc_finds_the_sample_right(sample: Sample, tmp_path: Path) -> None:
    for warc in sample.warcs:
        spoken = dict(fastwarc_check(warc, tmp_path / "report"))
        records = records_of(warc)
        assert spoken.keys() == records.keys()
        for identity, words in spoken.items():
            assert words == SAID_BY_FASTWARC.get(records[identity].type, "OK, PAYLOAD_OK")


@needs_interop_tools
def test_fastwarc_objects_to_chunks_and_to_what_it_cannot_part(odd: Played, tmp_path: Path) -> None:
    # It looks for payloads in HTTP with CRLF line ends only, and takes those of resources for missing.
    expected = {Said(case, "response", "OK, PAYLOAD_FAIL") for case in (*CHUNKED, "lf-only")} | {
        Said(case, "resource", "OK, PAYLOAD_FAIL") for case in ("half-status-line", "not-http")
    }
    copied = tmp_path / "copy.warc.gz"
    copy_warc(odd.warc, copied, without=ids_of(odd.warc, ["endless-head"]))
    spoken = dict(fastwarc_check(copied, tmp_path / "report"))
    assert spoken.keys() == records_of(copied).keys()
    objections = said(copied, (pair for pair in spoken.items() if pair[1] not in ("OK, PAYLOAD_OK", NO_PAYLOAD)))
    assert objections == Counter(expected)
    unchecked = {record.type for record in records_of(copied).values()} & {"warcinfo", "metadata"}
    assert {records_of(copied)[identity].type for identity, words in spoken.items() if words == NO_PAYLOAD} == unchecked


@needs_interop_tools
def test_fastwarc_ends_at_a_head_of_a_megabyte(odd: Played, tmp_path: Path) -> None:
    order = list(records_of(odd.warc))
    endless = next(at for at, identity in enumerate(order) if identity in ids_of(odd.warc, ["endless-head"]))
    complaint = "Error: Maximum header length exceeded."
    spoken = fastwarc_check(odd.warc, tmp_path / "report", complaint=complaint)
    assert [identity for identity, _ in spoken] == order[:endless]


# warcat verify


def warcat_verify(warc: Path) -> tuple[list[tuple[str, str]], str]:
    """Findings of ``warcat verify`` by record id, and the last line it printed."""
    done = run(python_tool("python"), "-m", "warcat", "--keep-going", "verify", warc)
    lines = done.stderr.strip().splitlines() or [""]
    findings = []
    identity = ""
    for line in lines:
        if match := re.match(r"(?:Record|Error on record) <(\S+)>", line):
            identity = match[1]
        elif identity and (match := re.match(r"(?:warcat\.tool\.)?(\w+(?:Problem|Error)): (.*)", line)):
            findings.append((identity, re.sub(r"<\S+>", "<id>", match[2])))
            identity = ""
    return findings, lines[-1]


@needs_interop_tools
def test_warcat_reads_no_base16_digest(sample: Sample, tmp_path: Path) -> None:
    # It takes the hexadecimal digits for Base64. The annotated WARC 1.1 recommends them for sha256, so they stay.
    warc = sample.warcs[0]
    findings, end = warcat_verify(warc)
    records = records_of(warc).values()
    blocks = sum(record.header("WARC-Block-Digest") is not None for record in records)
    payloads = sum(record.header("WARC-Payload-Digest") is not None for record in records)
    assert Counter(words for _, words in findings) == {
        "('Bad block digest.', '5.8', True)": blocks,
        "('Bad payload digest.', '5.9', True)": payloads,
    }
    assert end == f"Validation failed. Problems: {blocks + payloads}."


@needs_interop_tools
def test_warcat_finds_the_sample_right_once_it_can_read_the_digests(sample: Sample, tmp_path: Path) -> None:
    for warc in sample.warcs:
        copied = tmp_path / warc.name
        copy_warc(warc, copied, base32=True)
        findings, _ = warcat_verify(copied)
        # It digests the missing payload of revisits, and looks for what they refer to in the same file only.
        revisits = {record.id: record for record in records_of(warc).values() if record.type == "revisit"}
        elsewhere = revisits.keys() - {
            identity
            for identity, record in revisits.items()
            if record.demand("WARC-Refers-To").strip("<>") in records_of(warc)
        }
        expected = [(identity, "('Bad payload digest.', '5.9', True)") for identity in revisits]
        expected += [(identity, "('Refer to record ID <id> not seen yet', None, False)") for identity in elsewhere]
        assert Counter(findings) == Counter(expected)


WARCAT_CANNOT_READ = ("half-head", "lf-only", "no-colon")
"""Heads that are cut or unusual. warcat parses every response, and ends with a traceback where it cannot."""


@needs_interop_tools
def test_warcat_objects_to_chunked_payloads_and_to_resources(odd: Played, tmp_path: Path) -> None:
    copied = tmp_path / "copy.warc.gz"
    copy_warc(odd.warc, copied, without=ids_of(odd.warc, WARCAT_CANNOT_READ), base32=True)
    findings, end = warcat_verify(copied)
    expected = [Said(case, "response", "('Bad payload digest.', '5.9', True)") for case in CHUNKED]
    for case in ("half-status-line", "not-http"):
        # It knows payloads in HTTP only, and a record it failed on is then missing for those that point to it.
        expected.append(Said(case, "resource", "'BinaryBlock' object has no attribute 'payload'"))
        missing = "('Concurrent Record ID <id> not seen yet', None, False)"
        expected += [Said(case, kind, missing) for kind in ("request", "metadata")]
    assert said(copied, findings) == Counter(expected)
    assert end == f"Validation failed. Problems: {len(expected) - 2}."


@needs_interop_tools
@pytest.mark.parametrize("case", WARCAT_CANNOT_READ)
def test_warcat_cannot_read_some_heads(odd: Played, case: str, tmp_path: Path) -> None:
    copied = tmp_path / "copy.warc.gz"
    others = {name for name in WARCAT_CANNOT_READ if name != case}
    copy_warc(odd.warc, copied, without=ids_of(odd.warc, others), base32=True)
    assert warcat_verify(copied)[1] == "ValueError: not enough values to unpack (expected 2, got 1)"


# Indexers


def lines_of(index: Path) -> list[bytes]:
    """The lines of all files of an index."""
    return sorted(line for path in index.glob("*.cdxj") for line in path.read_bytes().splitlines())


@needs_interop_tools
def test_our_index_is_that_of_cdxj_indexer_byte_for_byte(sample: Sample) -> None:
    # With --digest-records it adds recordDigest, if it looks at requests too (--post-append).
    theirs = index_with_cdxj_indexer(*sample.warcs, root=sample.root, options=("--digest-records", "--post-append"))
    assert lines_of(sample.root / "indexes" / "full") == theirs
    assert theirs == sorted(theirs)
    kinds = Counter(stored.record.type for stored in sample.records())
    assert len(theirs) == kinds["response"] + kinds["revisit"]
    assert kinds["response"] > 12
    assert kinds["revisit"] > 8


def test_each_file_of_our_index_is_sorted(sample: Sample) -> None:
    for directory in ("full", "replay"):
        files = list((sample.root / "indexes" / directory).glob("*.cdxj"))
        assert files
        for path in files:
            lines = path.read_bytes().splitlines()
            assert lines == sorted(lines)


@needs_npm_tools
def test_our_index_is_that_of_warcio_js(sample: Sample) -> None:
    theirs = [line for warc in sample.warcs for line in index_with_warcio_js(warc)]
    assert parse_lines(lines_of(sample.root / "indexes" / "full")) == sorted(theirs)


def test_replay_index_lacks_only_what_shows_nothing(sample: Sample) -> None:
    full, replay = (set(lines_of(sample.root / "indexes" / name)) for name in ("full", "replay"))
    assert replay <= full
    assert {line.status for line in parse_lines(full - replay)} <= {"304"}
    assert "304" not in {line.status for line in parse_lines(replay)}


@needs_interop_tools
def test_our_lines_of_odd_captures_are_those_of_cdxj_indexer(odd: Played) -> None:
    # It leaves mime out where the server named none, which CDXJ 0.1.0 does not allow. It adds recordDigest only when
    # it looks for a field of requests, here one that none has: --post-append would change keys of methods beside GET.
    ours = [to_line(line).rstrip() for line in index_warc(odd.warc, odd.warc.name)]
    theirs = index_with_cdxj_indexer(
        odd.warc, root=odd.warc.parent, options=("--digest-records", "--fields", "req.http:none")
    )
    assert sorted(line.replace(b' "mime": "unk",', b"") for line in ours) == theirs


@needs_npm_tools
def test_our_lines_of_odd_captures_are_those_of_warcio_js(odd: Played) -> None:
    ours = parse_lines(to_line(line) for line in index_warc(odd.warc, odd.warc.name))
    theirs = index_with_warcio_js(odd.warc)
    assert [line._replace(key="") for line in ours] == [line._replace(key="") for line in theirs]
    # It puts method and body of a request into the key, for all but GET.
    differing = {urlsplit(our.url).path: their.key for our, their in zip(ours, theirs, strict=True) if our != their}
    assert differing.keys() == {"/head", "/post"}
    assert all("?__wb_method=" in key for key in differing.values())
