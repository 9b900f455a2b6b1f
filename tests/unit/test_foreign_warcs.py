"""Reading what others wrote: every style and compression, revisits, and damage that is told and passed over."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsarchive.errors import UnreadableInput
from newsarchive.extraction.extract import extract
from newsarchive.model.capture import StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.finding import Finding
from newsarchive.sites.registry import get_site
from newsarchive.warc.foreign import FOREIGN_FINDINGS, read_foreign_capture, read_foreign_captures
from newsarchive.warc.reader import read_captures
from newsarchive.warc.resolve import Resolver, RevisitTarget
from tests.corpus import stored_page
from tests.crawling import PROJECT
from tests.foreign import ADDRESS, COMPRESSIONS, DATE, STYLES, WHOLE, record, response, sha1, warcinfo
from tests.interop.foreign_pages import PAGES
from tests.unit.test_warc_files import TEXT, open_writer, variants

NAME = "imported/other.warc"
HEAD = "HTTP/1.1 200 OK\nContent-Type: text/html"
AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


@dataclass
class Read:
    """What was read of a file."""

    captures: list[StoredCapture] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    @property
    def payloads(self) -> list[bytes]:
        return [capture.payload for capture in self.captures]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Reads the bytes of a file, and each capture once more by its place, where that can be done."""
    path = tmp_path / "other.warc"

    def read_bytes(data: bytes, *, resolve: Resolver | None = None, again: bool = True, **options: object) -> Read:
        path.write_bytes(data)
        found = Read()
        found.captures.extend(
            read_foreign_captures(path, NAME, report=found.findings.append, resolve=resolve, **options)  # type: ignore[arg-type]  # options of this very function
        )
        if again and "foreign-not-random-access" not in found.codes:
            by_place = [read_foreign_capture(path, capture.ref, resolve=resolve) for capture in found.captures]
            assert by_place == found.captures
        return found

    return read_bytes


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("style", STYLES)
def test_page_gives_the_article_it_gave_when_crawled(read: Callable[..., Read], style: str, compression: str) -> None:
    found = read(COMPRESSIONS[compression](list(STYLES[style](PAGES))))

    assert found.codes == (["foreign-not-random-access"] if compression in WHOLE else [])
    assert [capture.url for capture in found.captures] == [ADDRESS + path for path in PAGES]
    assert {capture.ref.status for capture in found.captures} == {200}
    site = get_site("tagesschau")
    for capture, page in zip(found.captures, PAGES.values(), strict=True):
        crawled = extract(stored_page(page, url=capture.url, captured_at=AT), site).article
        article = extract(capture, site).article
        assert crawled is not None
        assert article is not None
        stale = [problem for problem in article.problems if problem.code == "content-coding-stale"]
        assert len(stale) == (style == "stale")
        problems = tuple(problem for problem in article.problems if problem not in stale)
        assert replace(article, capture=crawled.capture, problems=problems) == crawled
        assert capture.ref.payload_digest == Digest.of(capture.payload)
        assert capture.ref.captured_at.replace(microsecond=0) == AT
        assert capture.ref.captured_at.tzinfo is UTC


def test_our_own_files_are_read_as_the_strict_reader_reads_them(tmp_path: Path, read: Callable[..., Read]) -> None:
    path = tmp_path / "sample-00000.warc.gz"
    writer = open_writer(path)
    for capture in variants():
        writer.write(capture)
    writer.write_resource(TEXT)
    writer.seal()
    own = list(read_captures(path, NAME))

    assert len(own) > 4
    found = read(path.read_bytes())
    assert found.captures == own
    assert found.findings == []


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("2026-02-01T12:00:00Z", AT),
        ("2026-02-01T12:00:00.5Z", AT + timedelta(milliseconds=500)),
        ("2026-02-01T12:00:00.123456789Z", AT + timedelta(microseconds=123456)),
        ("2026-02-01T12:00Z", AT),
        ("2026-02-01", AT.replace(hour=0)),
        ("2026-02", AT.replace(hour=0)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-02-01T12:00:00", AT),
        ("2026-02-01 12:00:00 Z", AT),
        ("2026-02-01T11:30:00-00:30", AT),
        ("20260201120000", AT),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_time_of_any_precision(read: Callable[..., Read], printed: str, meant: datetime) -> None:
    (capture,) = read(response(HEAD, b"x", WARC_Date=printed)).captures

    assert capture.ref.captured_at == meant


@pytest.mark.parametrize("printed", ["", "gestern", "2026-13-01", "2026-02-30", "0001-01-01T00:00:00+14:00", "99999"])
def test_time_that_is_none(read: Callable[..., Read], printed: str) -> None:
    found = read(response(HEAD, b"x", WARC_Date=printed))

    assert (found.captures, found.codes) == ([], ["foreign-field-unusable"])


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("<https://news.example/a>", "https://news.example/a"),
        ("https://news.example/Grüße und mehr?q=ä|b", "https://news.example/Gr%C3%BC%C3%9Fe%20und%20mehr?q=%C3%A4%7Cb"),
        ("https://news.example/%C3%A4%20", "https://news.example/%C3%A4%20"),
        ("HTTP://news.example:8080/", "HTTP://news.example:8080/"),
        ("https://[::bad/ä", "https://[::bad/ä"),
    ],
)
def test_address_of_any_form(read: Callable[..., Read], printed: str, meant: str) -> None:
    (capture,) = read(response(HEAD, b"x", url=printed)).captures

    assert capture.url == meant


def test_address_that_is_no_utf_8(read: Callable[..., Read]) -> None:
    data = response(HEAD, b"x", url="https://news.example/grüße").replace("grüße".encode(), "grüße".encode("latin-1"))

    assert [capture.url for capture in read(data).captures] == ["https://news.example/gr%C3%BC%C3%9Fe"]


@pytest.mark.parametrize("url", ["dns:news.example", "urn:pageinfo:x", "metadata://gnu.org/x", "ftp://a.example/", "x"])
def test_other_addresses_are_passed_over(read: Callable[..., Read], url: str) -> None:
    found = read(response(HEAD, b"x", url=url) + record("resource", {"WARC-Target-URI": url}, b"x"))

    assert found == Read()


@pytest.mark.parametrize("kind", ["request", "metadata", "conversion", "continuation", "warcinfo", "unheard-of"])
def test_other_records_are_passed_over(read: Callable[..., Read], kind: str) -> None:
    assert read(record(kind, {"WARC-Target-URI": ADDRESS}, b"HTTP/1.1 200 OK\r\n\r\nx")) == Read()


def test_resource_of_a_page(read: Callable[..., Read]) -> None:
    fields = {"WARC-Target-URI": f"{ADDRESS}/a", "Content-Type": "text/html"}
    (capture,) = read(record("resource", fields, b"<p>x")).captures

    assert (capture.record_type, capture.content_type, capture.headers) == ("resource", "text/html", ())
    assert (capture.payload, capture.ref.status) == (b"<p>x", None)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [("length", "length"), ("Time", "time"), ("unspecified", "unspecified"), ("space", "unspecified")],
)
def test_truncation_is_kept(read: Callable[..., Read], printed: str, meant: str) -> None:
    assert [capture.truncated for capture in read(response(HEAD, b"x", WARC_Truncated=printed)).captures] == [meant]


def test_record_ids_that_are_missing_or_come_again(read: Callable[..., Read]) -> None:
    without = response(HEAD, b"a", WARC_Record_ID="")
    twice = response(HEAD, b"b", WARC_Record_ID="<urn:uuid:1>")
    found = read(without + without + twice + twice)

    assert found.codes == ["foreign-id-missing", "foreign-id-missing", "foreign-id-doubled"]
    assert found.payloads == [b"a", b"a", b"b", b"b"]
    assert len({capture.ref.record_id for capture in found.captures}) == 3
    assert read(without + without + twice + twice).captures == found.captures


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha-1", "sha256", "sha512"])
def test_digest_of_a_block_is_checked(read: Callable[..., Read], algorithm: str) -> None:
    block = HEAD.replace("\n", "\r\n").encode() + b"\r\n\r\nabc"
    digest = hashlib.new(algorithm.replace("-", ""), block).hexdigest()
    printed = f"{algorithm.upper()}:{digest.upper()}"

    assert read(response(HEAD, b"abc", WARC_Block_Digest=printed)).codes == []
    found = read(response(HEAD, b"abd", WARC_Block_Digest=printed))
    assert (found.payloads, found.codes) == ([b"abd"], ["foreign-block-digest"])


@pytest.mark.parametrize("printed", ["crc32:00", "sha1", "blake3:abcd"])
def test_digest_of_an_unknown_kind_says_nothing(read: Callable[..., Read], printed: str) -> None:
    assert read(response(HEAD, b"abc", WARC_Block_Digest=printed, WARC_Payload_Digest=printed)).codes == []


def test_segment_is_told(read: Callable[..., Read]) -> None:
    found = read(response(HEAD, b"a", WARC_Segment_Number="1"))

    assert found.codes == ["foreign-segmented"]
    assert [capture.truncated for capture in found.captures] == ["unspecified"]


def test_response_without_http_is_told(read: Callable[..., Read]) -> None:
    found = read(response("ICY 200 OK", b"a") + response(HEAD, b"b"))

    assert (found.payloads, found.codes) == ([b"b"], ["foreign-http-missing"])


# Revisits

FIRST = response(HEAD, b"Seite", url=f"{ADDRESS}/a", WARC_Record_ID="<urn:uuid:a>", WARC_Date="2026-02-01T12:00:00.25Z")
PROFILE = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
REFERS_TO = {"WARC-Refers-To": "<urn:uuid:a>"}
REFERS_BY_PLACE = {"WARC-Refers-To-Target-URI": f"<{ADDRESS}/a>", "WARC-Refers-To-Date": DATE}


def revisit(fields: dict[str, str], head: str = "HTTP/1.1 200 Again\r\nX-A: b\r\n\r\n", **more: str) -> bytes:
    usual = {
        "WARC-Target-URI": f"{ADDRESS}/a",
        "WARC-Date": "2026-02-02T12:00:00Z",
        "WARC-Profile": PROFILE,
        "WARC-Payload-Digest": sha1(b"Seite"),
        "WARC-Truncated": "length",
    }
    return record("revisit", usual | fields | {name.replace("_", "-"): value for name, value in more.items()},
                  head.encode())  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        REFERS_TO,
        REFERS_BY_PLACE,
        REFERS_TO | REFERS_BY_PLACE,
        {},
        REFERS_TO | {"WARC-Payload-Digest": ""},
        REFERS_BY_PLACE | {"WARC-Payload-Digest": ""},
        REFERS_BY_PLACE | {"WARC-Target-URI": f"{ADDRESS}/other"},
        REFERS_TO | {"WARC-Profile": ""},
        REFERS_TO | {"WARC-Profile": PROFILE.replace("identical", "uri-agnostic-identical")},
    ],
)
@pytest.mark.parametrize("compression", sorted({*COMPRESSIONS} - WHOLE))
def test_revisit_has_its_own_head_and_the_payload_of_before(
    tmp_path: Path, fields: dict[str, str], compression: str
) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(COMPRESSIONS[compression]([warcinfo("x"), FIRST, revisit(fields)]))
    findings: list[Finding] = []
    first, again = read_foreign_captures(path, NAME, report=findings.append)

    assert findings == []
    assert (again.record_type, again.payload, again.headers) == ("revisit", b"Seite", (("X-A", "b"),))
    assert again.url == fields.get("WARC-Target-URI", f"{ADDRESS}/a")
    assert again.ref.captured_at == AT + timedelta(days=1)
    assert again.ref.payload_digest == first.ref.payload_digest == Digest.of(b"Seite")
    assert again.truncated is None
    assert again.ref.offset >= first.ref.offset + first.ref.length
    assert read_foreign_capture(path, again.ref, resolve=lambda target: first) == again


def test_revisit_without_a_head_has_that_of_before(read: Callable[..., Read]) -> None:
    first, again = read(FIRST + revisit(REFERS_TO, head=""), again=False).captures

    assert (again.headers, again.content_type, again.ref.status) == (first.headers, "text/html", 200)
    assert again.ref.captured_at == AT + timedelta(days=1)


def test_revisit_of_a_revisit(read: Callable[..., Read]) -> None:
    middle = revisit(REFERS_TO, WARC_Record_ID="<urn:uuid:b>")
    last = revisit({"WARC-Refers-To": "<urn:uuid:b>"})

    assert read(FIRST + middle + last, again=False).payloads == [b"Seite"] * 3


def test_revisit_that_refers_to_itself(read: Callable[..., Read]) -> None:
    loop = revisit({"WARC-Refers-To": "<urn:uuid:b>"}, WARC_Record_ID="<urn:uuid:b>")
    found = read(loop * 3)

    assert found.captures == []
    assert found.codes.count("foreign-revisit-dangling") == 3


def test_of_two_captures_in_one_second_the_digest_decides(read: Callable[..., Read]) -> None:
    second = response(HEAD, b"Zwei", url=f"{ADDRESS}/a", WARC_Date="2026-02-01T12:00:00.75Z")

    assert read(FIRST + second + revisit(REFERS_BY_PLACE), again=False).payloads == [b"Seite", b"Zwei", b"Seite"]


def test_payload_of_another_digest_is_not_given(read: Callable[..., Read]) -> None:
    found = read(FIRST + revisit(REFERS_TO, WARC_Payload_Digest=sha1(b"Anderes")))

    assert (found.payloads, found.codes) == ([b"Seite"], ["foreign-revisit-dangling"])


def test_revisit_is_resolved_outside_the_file(read: Callable[..., Read]) -> None:
    (first,) = read(FIRST).captures
    asked: list[RevisitTarget] = []

    def resolve(target: RevisitTarget) -> StoredCapture | None:
        asked.append(target)
        return first

    (again,) = read(revisit(REFERS_TO | REFERS_BY_PLACE), resolve=resolve).captures
    assert (again.payload, again.ref.offset) == (b"Seite", 0)
    wanted = RevisitTarget(url=f"{ADDRESS}/a", captured_at=AT, record_id="urn:uuid:a", payload_digest=sha1(b"Seite"))
    assert asked == [wanted, wanted]


@pytest.mark.parametrize("compression", ["plain", "gzip whole"])
def test_revisit_that_cannot_be_resolved_is_told_and_the_rest_is_read(
    read: Callable[..., Read], compression: str
) -> None:
    data = COMPRESSIONS[compression]([revisit({"WARC-Refers-To": "<urn:uuid:gone>"}, WARC_Payload_Digest=""), FIRST])
    found = read(data, resolve=lambda target: None)

    assert found.payloads == [b"Seite"]
    assert "foreign-revisit-dangling" in found.codes
    message = next(finding.message for finding in found.findings if finding.code == "foreign-revisit-dangling")
    assert f"{ADDRESS}/a" in message


@pytest.mark.parametrize("profile", [PROFILE.replace("identical-payload-digest", "server-not-modified"), ""])
def test_304_is_given_on_request(read: Callable[..., Read], profile: str) -> None:
    data = FIRST + revisit(REFERS_TO, head="HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", WARC_Profile=profile)

    assert [capture.ref.status for capture in read(data).captures] == [200]
    _, again = read(data, with_not_modified=True).captures
    assert (again.record_type, again.ref.status, again.payload) == ("revisit", 304, b"")
    assert again.headers == (("ETag", "x"),)


# Damage

RECORDS = [
    warcinfo("damage"),
    response(HEAD, b"eins " * 9, url=f"{ADDRESS}/1"),
    record("request", {"WARC-Target-URI": f"{ADDRESS}/2"}, b"GET /2 HTTP/1.1\r\n\r\n"),
    response(HEAD, b"zwei " * 9, url=f"{ADDRESS}/2"),
    response(HEAD, b"drei " * 9, url=f"{ADDRESS}/3"),
]
SOUND = [b"eins " * 9, b"zwei " * 9, b"drei " * 9]


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize(
    ("spoil", "codes", "left"),
    [
        (lambda data, size: data[:-size] + b"junk" + data[-size:], ["foreign-damaged"], SOUND),
        (lambda data, size: b"junk" + data, ["foreign-damaged"], SOUND),
        (lambda data, size: data + b"\0" * 1000, ["foreign-damaged"], SOUND),
        (lambda data, size: data + b"\r\n" * 1000, None, SOUND),
        (lambda data, size: data[:-10], ["foreign-cut"], SOUND[:2]),
        (lambda data, size: data[:-size] + data[-size:][40:], ["foreign-damaged"], SOUND[:2]),
        (lambda data, size: data[: -size - 10] + data[-size:], ["foreign-damaged"], [SOUND[0], SOUND[2]]),
        (lambda data, size: data[:-size] + data[-size:] * 2, ["foreign-id-doubled"], [*SOUND, SOUND[2]]),
    ],
    ids=["junk between", "junk before", "zeros after", "line ends after", "cut", "start lost", "end lost", "twice"],
)
def test_damage_costs_the_record_it_is_in(
    read: Callable[..., Read],
    compression: str,
    spoil: Callable[[bytes, int], bytes],
    codes: list[str] | None,
    left: list[bytes],
) -> None:
    data = COMPRESSIONS[compression](RECORDS)
    size = len(COMPRESSIONS[compression](RECORDS[-1:]))
    found = read(spoil(data, size))

    assert found.payloads == left
    if codes is None:  # between members they are no content, between records they are
        codes = [] if compression == "plain" else ["foreign-damaged"]
    assert found.codes == codes
    assert {finding.where.rpartition("@")[0] for finding in found.findings} <= {NAME}


@pytest.mark.parametrize("change", [-20, -1, 1, 20, 10**6, 10**15])
@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_wrong_length_costs_one_record(read: Callable[..., Read], compression: str, change: int) -> None:
    records = list(RECORDS)
    length = len(HEAD) + 1 + 4 + len(SOUND[1])
    assert b"Content-Length: %d\r\n" % length in records[3]
    records[3] = records[3].replace(b"Content-Length: %d\r\n" % length, b"Content-Length: %d\r\n" % (length + change))
    found = read(COMPRESSIONS[compression](records))

    assert found.payloads == [SOUND[0], SOUND[2]]
    assert len(found.findings) == 1
    assert found.codes[0] in {"foreign-damaged", "foreign-too-large"}


@pytest.mark.parametrize(
    "spoiled",
    [
        RECORDS[1].replace(b"Content-Length", b"Content-Size"),
        RECORDS[1].replace(b"WARC/1.0", b"WARC/x.y"),
        RECORDS[1].replace(b"WARC/1.0", b"XARC/1.0"),
        RECORDS[1].replace(b"Content-Length: ", b"Content-Length: -"),
    ],
)
@pytest.mark.parametrize("compression", ["plain", "gzip", "gzip whole"])
def test_record_without_a_proper_head_is_passed_over(
    read: Callable[..., Read], spoiled: bytes, compression: str
) -> None:
    found = read(COMPRESSIONS[compression]([RECORDS[0], spoiled, *RECORDS[2:]]))

    assert found.payloads == SOUND[1:]
    assert [code for code in found.codes if code != "foreign-not-random-access"] == ["foreign-damaged"]


@pytest.mark.parametrize("name", ["WARC-Type", "WARC-Target-URI", "WARC-Date"])
def test_record_without_a_needed_field_is_passed_over(read: Callable[..., Read], name: str) -> None:
    found = read(response(HEAD, b"a", **{name.replace("-", "_"): ""}) + RECORDS[1])

    assert (found.payloads, found.codes) == ([SOUND[0]], ["foreign-field-unusable"])
    assert name in found.findings[0].message or "date" in found.findings[0].message


def test_other_line_ends_between_records(read: Callable[..., Read]) -> None:
    data = b"".join(RECORDS)
    assert data.count(b"\r\n\r\nWARC") == len(RECORDS) - 1
    for between in (b"", b"\n", b"\r\n", b"\n\n", b"\r\n" * 9):
        found = read(data.replace(b"\r\n\r\nWARC", between + b"WARC"))
        assert (found.payloads, found.codes) == (SOUND, [])


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd", "gzip whole"])
def test_block_beyond_the_limit_costs_no_memory(read: Callable[..., Read], compression: str) -> None:
    data = COMPRESSIONS[compression]([*RECORDS[:2], response(HEAD, bytes(50_000_000)), *RECORDS[3:]])
    tracemalloc.start()
    found = read(data, max_block_bytes=1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert found.payloads == SOUND
    assert "foreign-too-large" in found.codes
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"hello", "holds no WARC record"),
        (b"\0" * 300_000, "holds no WARC record"),
        (gzip.compress(b"hello"), "holds no whole WARC record"),
        (gzip.compress(b""), "holds no whole WARC record"),
        (b"filedesc://a.arc 0.0.0.0 20060101000000 text/plain 77\n", "ARC file"),
        (gzip.compress(b"filedesc://a.arc 0.0.0.0 20060101000000 text/plain 77\n"), "ARC file"),
        (b"\x5d\x2a\x4d\x18\xff\xff\xff\xff", "dictionary has 4294967295 bytes"),
        (b"\x5d\x2a\x4d\x18\x04\0\0\0abcd", "dictionary is damaged"),
        (b"\x28\xb5\x2f\xfd", "holds no whole WARC record"),
        (b"WARC/1.0\r\n", "holds no whole WARC record"),
    ],
)
def test_what_is_no_warc_file_is_said_so(read: Callable[..., Read], data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableInput, match=reason):
        read(data)


def test_missing_file_and_wrong_place_are_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with pytest.raises(UnreadableInput, match="No such file"):
        list(read_foreign_captures(path, NAME, report=lambda finding: None))
    path.write_bytes(COMPRESSIONS["gzip"](RECORDS))
    capture, *_ = read_foreign_captures(path, NAME, report=lambda finding: None)
    for change in ({"offset": 1}, {"length": 20}, {"length": 1 << 20}, {"record_id": "urn:uuid:other"}):
        with pytest.raises(UnreadableInput):
            read_foreign_capture(path, replace(capture.ref, **change))
    path.write_bytes(revisit(REFERS_TO))
    ref = replace(capture.ref, offset=0, length=path.stat().st_size)
    with pytest.raises(UnreadableInput):
        read_foreign_capture(path, ref)


def attempt(path: Path, data: bytes) -> Read | None:
    """What is read of ``data``; ``None`` where it cannot be. Any other error is a failure of the test."""
    path.write_bytes(data)
    found = Read()
    try:
        found.captures.extend(read_foreign_captures(path, NAME, report=found.findings.append))
    except UnreadableInput:
        return None
    return found


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_cut_leaves_what_was_whole(tmp_path: Path, compression: str) -> None:
    data = COMPRESSIONS[compression](RECORDS)
    whole = attempt(tmp_path / "a", data)
    assert whole is not None
    assert whole.payloads == SOUND
    seen = []
    for cut in range(len(data)):
        found = attempt(tmp_path / "a", data[:cut])
        payloads = [] if found is None else found.payloads
        assert payloads == SOUND[: len(payloads)]
        seen.append(len(payloads))
        if compression not in WHOLE:
            ends = [capture.ref.offset + capture.ref.length for capture in whole.captures]
            # The line ends after a block are not missed.
            assert sum(end <= cut for end in ends) <= len(payloads) <= sum(end - 4 <= cut for end in ends)
    assert seen == sorted(seen)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_flipped_byte_costs_at_most_one_record(tmp_path: Path, compression: str) -> None:
    data = COMPRESSIONS[compression](RECORDS)
    for at in range(len(data)):
        found = attempt(tmp_path / "a", data[:at] + bytes([data[at] ^ 0x11]) + data[at + 1 :])
        payloads = [] if found is None else found.payloads
        if compression == "plain":
            assert len(set(payloads) & set(SOUND)) >= 2
            # What the digest of the block does not cover may change unnoticed; a payload may not.
            if not set(payloads) <= set(SOUND):
                assert found is not None
                assert found.codes
        else:
            assert set(payloads) <= set(SOUND)
            if compression not in WHOLE and "dictionary" not in compression:
                assert len(payloads) >= 2


@st.composite
def mutilated(draw: st.DrawFn) -> bytes:
    data = COMPRESSIONS[draw(st.sampled_from(sorted(COMPRESSIONS)))](RECORDS)
    for _ in range(draw(st.integers(1, 5))):
        start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        piece = draw(
            st.sampled_from([b"", data[start:end], draw(st.binary(max_size=40)), b"WARC/1.0\r\n", b"\r\n\r\n"])
        )
        data = draw(st.sampled_from([data[:start] + piece + data[end:], data[:start] + piece + data[start:]]))
    return data


ODD_DIGEST = (
    b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n"
    b"WARC-Date: 2026-02-01T12:00:00Z\r\nWARC-Target-URI: https://www.tagesschau.de/1\r\nContent-Type: text/plain\r\n"
    b"WARC-Block-Digest: sha1:\x80OW6RB3PMVAI7DISMISWM27TOEG3EVZQY\r\nContent-Length: 4\r\n\r\neins\r\n\r\n"
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=mutilated() | st.binary(max_size=300))
@example(data=ODD_DIGEST)
def test_nothing_but_unreadable_input_is_ever_raised(tmp_path: Path, data: bytes) -> None:
    found = attempt(tmp_path / "a", data)

    for capture in () if found is None else found.captures:
        assert capture.ref.payload_digest == Digest.of(capture.payload)


SLOW = {
    "no end": b"WARC/1.0\r\nA: b\r\n" * 20_000,
    "too long": b"WARC/1.0\r\nContent-Length: 100000\r\n\r\n" * 10_000,
    "empty": b"WARC/1.0\r\nContent-Length: 0\r\n\r\n" * 10_000,
    "members": b"\x1f\x8b\x08\0" * 50_000,
    "line ends": b"\n" * 5_000_000,
}
"""Files made to be slow: much that begins like a record and is none."""


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("kind", SLOW)
def test_hostile_file_comes_to_an_end(tmp_path: Path, kind: str, compress: Callable[[bytes], bytes]) -> None:
    found = attempt(tmp_path / "a", compress(SLOW[kind]))

    assert found is None or found.captures == []


def test_every_code_is_documented_with_its_severity() -> None:
    lines = (PROJECT / "docs" / "reading-warcs.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip(" `") for cell in line.split("|")[1:3]] for line in lines if line.startswith("| `foreign-")]

    assert rows == [[code, severity] for code, (severity, _) in FOREIGN_FINDINGS.items()]
