"""The faults: each does one thing wrong to the sample, and says which findings that must lead to.

Faults of bytes leave everything else as it was, as a disk would. Faults within a record or line come with seals, index
and catalog that fit, as if a program with that fault had written them; what follows from a fault is none of its own.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from newsarchive.model.revision import content_digest
from newsarchive.model.serialize import from_json, to_line
from newsarchive.warc.message import dechunk, parse_head
from newsarchive.warc.records import Record
from tests.damage.lab import Lab, Match, add_field, of_type, printed, with_block, with_field

Act = Callable[[Lab], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One fault. ``codes``: what a check finds, all of it and nothing else; ``deep``: what a deep one finds besides."""

    group: str
    name: str
    act: Act
    codes: frozenset[str]
    deep: frozenset[str]

    @property
    def in_warc(self) -> bool:
        """Whether tools that read WARC files could see it."""
        return self.group.startswith("WARC")


DAMAGES: list[Damage] = []


def _add(group: str, name: str, act: Act, *codes: str, deep: tuple[str, ...] = ()) -> None:
    DAMAGES.append(Damage(group=group, name=name, act=act, codes=frozenset(codes), deep=frozenset(deep)))


ROBOTS = "/robots.txt"
FRONT = "example/"
REQUEST = of_type("request", ROBOTS)
RESPONSE = of_type("response", ROBOTS)
MISSING = of_type("response", "/gibt-es-nicht.html")
CHUNKED = of_type("response", FRONT)
GZIPPED = of_type("response", "/gzip?q=%C3%BC")
CUT = of_type("response", "/cut-content-length?q=%C3%BC")
REVISIT = of_type("revisit", ROBOTS)
ANYTHING: Match = lambda record: True  # noqa: E731 (reads as the other matches do)


def _is_304(record: Record) -> bool:
    return record.type == "revisit" and b" 304 " in record.block[:20]


# --- bytes of WARC files ---------------------------------------------------------------------------------------------

_BYTES = "WARC bytes"


def _flip_in(match: Match, into: int) -> Act:
    def act(lab: Lab) -> None:
        place = lab.place("aa", match)
        lab.flip(lab.warc("aa"), place.offset + into if into >= 0 else place.offset + place.length + into)

    return act


def _cut(run: str, where: Callable[[Lab], int]) -> Act:
    return lambda lab: lab.edit(lab.warc(run), lambda data: data[: where(lab)])


def _insert(what: bytes) -> Act:
    def act(lab: Lab) -> None:
        at = lab.place("aa", CHUNKED).offset
        lab.edit(lab.warc("aa"), lambda data: data[:at] + what + data[at:])

    return act


def _overwrite(lab: Lab) -> None:
    at = lab.place("aa", CHUNKED).offset + 200
    lab.edit(lab.warc("aa"), lambda data: data[:at] + bytes(512) + data[at + 512 :])


def _inflate(lab: Lab) -> None:
    lab.edit(lab.warc("aa"), gzip.decompress)


def _one_member(lab: Lab) -> None:
    lab.edit(lab.warc("aa"), lambda data: gzip.compress(gzip.decompress(data), mtime=0))


def _exchange_files(lab: Lab) -> None:
    one, other = lab.warc("aa"), lab.warc("bb")
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


def _rename_warc(lab: Lab) -> None:
    path = lab.warc("bb")
    path.rename(path.with_name(path.name.replace("00000", "00007")))


_add(_BYTES, "bit flipped in the compressed data", _flip_in(CHUNKED, 400), "warc-damaged", "warc-digest")
_add(_BYTES, "bit flipped in the magic of a member", _flip_in(CHUNKED, 0), "warc-garbage", "warc-digest")
_add(_BYTES, "bit flipped in the checksum of a member", _flip_in(CHUNKED, -6), "warc-damaged", "warc-digest")
_add(_BYTES, "bit flipped in the time of a member", _flip_in(CHUNKED, 5), "warc-digest", deep=("index-record-digest",))
_add(_BYTES, "512 bytes zeroed", _overwrite, "warc-damaged", "warc-digest")
_add(_BYTES, "last byte missing", _cut("aa", lambda lab: -1), "warc-cut", "warc-length")
_add(_BYTES, "second half missing", _cut("aa", lambda lab: 50_001), "warc-cut", "warc-length")
_add(
    _BYTES,
    "cut in the head of a member",
    _cut("aa", lambda lab: lab.records("aa")[-1].offset + 5),
    "warc-cut",
    "warc-length",
)
_add(_BYTES, "cut between two records", _cut("aa", lambda lab: lab.records("aa")[-1].offset), "warc-length")
_add(_BYTES, "all but the warcinfo missing", _cut("aa", lambda lab: lab.records("aa")[1].offset), "warc-length")
_add(_BYTES, "file empty", _cut("aa", lambda lab: 0), "warc-length")
_add(
    _BYTES,
    "bytes after the last record",
    lambda lab: lab.edit(lab.warc("aa"), lambda data: data + b"more"),
    "warc-garbage",
    "warc-length",
)
_add(_BYTES, "bytes between two records", _insert(b"\0\0\0\0"), "warc-garbage", "warc-length")
_add(_BYTES, "a member without a record", _insert(gzip.compress(b"Moin")), "record-head", "warc-length")
_add(_BYTES, "file not compressed", _inflate, "warc-garbage", "warc-length")
_add(_BYTES, "whole file as one gzip", _one_member, "record-not-alone", "warc-length")
_add("files", "WARC file missing", lambda lab: lab.warc("bb").unlink(), "warc-missing")
_add("files", "WARC file renamed", _rename_warc, "warc-missing", "warc-leftover")
_add(_BYTES, "two files exchanged", _exchange_files, "warc-length", "warcinfo-filename", "date-order")

# --- records of WARC files -------------------------------------------------------------------------------------------

_RECORDS = "WARC records"


def _change(match: Match, how: Callable[[Record], Record | bytes], run: str = "aa") -> Act:
    return lambda lab: lab.change(run, match, how)


def _replaced(old: bytes, new: bytes) -> Callable[[Record], bytes]:
    """Change the printed record, digests and lengths as they were."""
    return lambda record: printed(record).replace(old, new, 1)


def _members_joined(members: list[list[bytes]]) -> None:
    joined = gzip.compress(gzip.decompress(members[2][0]) + gzip.decompress(members[3][0]), mtime=0)
    members[2], members[3] = [joined], []


def _member_twice(members: list[list[bytes]]) -> None:
    members[2] *= 2


def _last_first(lab: Lab) -> None:
    """Have the record of the last request twice, the second time in the file of another run."""
    last = lab.records("aa")[2]
    data = lab.warc("aa").read_bytes()[last.offset : last.offset + last.length]
    lab.arrange("bb", lambda members: members[-1].append(data))


def _typeless(lab: Lab) -> None:
    """The last record, for nothing can be derived from a file after such a one."""
    last = lab.records("bb")[-1].record.id
    lab.change("bb", lambda record: record.header("WARC-Record-ID") == f"<{last}>", with_field("WARC-Type", None))


def _length_off_by(by: int) -> Callable[[Record], Record]:
    return lambda record: with_field("Content-Length", str(len(record.block) + by))(record)


def _folded(record: Record) -> bytes:
    return printed(record).replace(b"WARC-Protocol: ", b"WARC-Protocol:\r\n ", 1)


_add(_RECORDS, "Content-Length one too small", _change(RESPONSE, _length_off_by(-1)), "record-length")
_add(_RECORDS, "Content-Length one too large", _change(RESPONSE, _length_off_by(1)), "record-length")
_add(_RECORDS, "no Content-Length", _change(REQUEST, with_field("Content-Length", None)), "record-length")
_add(_RECORDS, "two records in one member", lambda lab: lab.arrange("aa", _members_joined), "record-not-alone")
_add(_RECORDS, "end of the record missing", _change(REQUEST, lambda record: printed(record)[:-2]), "record-length")
_add(_RECORDS, "head with a folded line", _change(REQUEST, _folded), "record-head")
_add(_RECORDS, "head with a bare LF", _change(REQUEST, _replaced(b"\r\nWARC-Date", b"\nWARC-Date")), "record-head")
_add(_RECORDS, "head that is not UTF-8", _change(REQUEST, _replaced(b"http/1.1", b"http/\xff")), "record-head")
_add(
    _RECORDS,
    "another version of WARC",
    _change(REQUEST, lambda record: printed(record, version=b"WARC/0.17")),
    "record-head",
)
_add(_RECORDS, "record id twice in a file", lambda lab: lab.arrange("aa", _member_twice), "record-id-doubled")
_add(
    _RECORDS,
    "record id in two files",
    _last_first,
    "record-id-doubled",
    "warcinfo-id",
    "concurrent-dangling",
)
for _name in ("WARC-Record-ID", "WARC-Date", "WARC-Target-URI", "Content-Type"):
    _add(_RECORDS, f"no {_name}", _change(REQUEST, with_field(_name, None)), "field-missing")
_add(_RECORDS, "no WARC-Type", _typeless, "field-missing")
_add(_RECORDS, "two WARC-Date", _change(REQUEST, add_field("WARC-Date", "2026-11-22T09:30:00Z")), "field-doubled")
_add(
    _RECORDS,
    "WARC-Refers-To on a response",
    _change(RESPONSE, add_field("WARC-Refers-To", "<urn:x:1>")),
    "field-forbidden",
)
_add(
    _RECORDS, "WARC-Filename on a request", _change(REQUEST, add_field("WARC-Filename", "x.warc.gz")), "field-forbidden"
)
_add(
    _RECORDS,
    "payload digest on metadata",
    _change(of_type("metadata"), add_field("WARC-Payload-Digest", str(Digest.of(b"")))),
    "field-forbidden",
)
_add(_RECORDS, "unknown record type", _change(of_type("metadata"), with_field("WARC-Type", "remark")), "type-unknown")
_add(_RECORDS, "date that is none", _change(REQUEST, with_field("WARC-Date", "2026-11-31T09:30:00Z")), "date-invalid")
_add(
    _RECORDS, "date without time zone", _change(REQUEST, with_field("WARC-Date", "2026-11-22T09:30:00")), "date-invalid"
)
_add(
    _RECORDS,
    "date after the end of the run",
    _change(of_type("warcinfo"), with_field("WARC-Date", "2031-01-01T00:00:00Z")),
    "date-order",
)
_add(_RECORDS, "unknown reason of truncation", _change(CUT, with_field("WARC-Truncated", "tired")), "truncated-invalid")
_add(
    _RECORDS,
    "record id without brackets",
    _change(of_type("metadata"), with_field("WARC-Record-ID", "urn:uuid:1")),
    "id-invalid",
)
_add(
    _RECORDS,
    "address with a space",
    _change(of_type("metadata", ROBOTS), with_field("WARC-Target-URI", "https://a/b c")),
    "uri-invalid",
    "concurrent-differs",
)
_add(
    _RECORDS,
    "IP address that is none",
    _change(REQUEST, with_field("WARC-IP-Address", "127.0.0.256")),
    "address-invalid",
)
_add(
    _RECORDS, "Content-Type that is none", _change(REQUEST, with_field("Content-Type", "request")), "media-type-invalid"
)
_add(_RECORDS, "no block digest", _change(REQUEST, with_field("WARC-Block-Digest", None)), "digest-missing")
_add(
    _RECORDS,
    "digest of another form",
    _change(REQUEST, with_field("WARC-Block-Digest", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ")),
    "digest-invalid",
)
_add(
    _RECORDS,
    "wrong block digest",
    _change(REQUEST, with_field("WARC-Block-Digest", str(Digest.of(b"")))),
    deep=("block-digest",),
)
_add(_RECORDS, "byte of a block changed", _change(REQUEST, _replaced(b"GET", b"GOT")), deep=("block-digest",))
_add(
    _RECORDS,
    "wrong payload digest",
    _change(REQUEST, with_field("WARC-Payload-Digest", str(Digest.of(b"x")))),
    deep=("payload-digest",),
)
_add(
    _RECORDS, "no warcinfo record", _change(of_type("warcinfo"), lambda record: b""), "warcinfo-missing", "warcinfo-id"
)
_add(
    _RECORDS,
    "another WARC-Filename",
    _change(of_type("warcinfo"), with_field("WARC-Filename", "x.warc.gz")),
    "warcinfo-filename",
)
_add(
    _RECORDS,
    "WARC-Warcinfo-ID of nothing",
    _change(REQUEST, with_field("WARC-Warcinfo-ID", "<urn:uuid:0>")),
    "warcinfo-id",
)
_add(
    _RECORDS,
    "WARC-Concurrent-To nothing",
    _change(REQUEST, with_field("WARC-Concurrent-To", "<urn:uuid:0>")),
    "concurrent-dangling",
)
_add(
    _RECORDS,
    "concurrent record of another time",
    _change(REQUEST, with_field("WARC-Date", "2026-11-22T09:30:00Z")),
    "concurrent-differs",
)

# --- HTTP in WARC records --------------------------------------------------------------------------------------------

_HTTP = "WARC: HTTP"


def _block(match: Match, how: Callable[[bytes], bytes]) -> Act:
    return _change(match, with_block(how))


def _dechunked(block: bytes) -> bytes:
    length = parse_head(block).length
    return block[:length] + dechunk(block[length:])


def _decoded(block: bytes) -> bytes:
    head = parse_head(block)
    body = gzip.decompress(block[head.length :])
    return (
        block[: head.length].replace(
            f"Content-Length: {head.header('Content-Length')}".encode(), b"Content-Length: %d" % len(body)
        )
        + body
    )


def _gzip_cut(block: bytes) -> bytes:
    head = parse_head(block)
    length = head.header("Content-Length")
    shorter = f"Content-Length: {int(length or 0) - 12}"
    return (
        block[: head.length].replace(f"Content-Length: {length}".encode(), shorter.encode()) + block[head.length : -12]
    )


_add(_HTTP, "response without a status line", _block(MISSING, lambda block: block.partition(b"\r\n")[2]), "http-head")
_add(_HTTP, "response with half a head", _block(MISSING, lambda block: block[:40]), "http-head")
_add(_HTTP, "request without a request line", _block(REQUEST, lambda block: block.partition(b"\r\n")[2]), "http-head")
_add(
    _HTTP,
    "103 kept before the response",
    _block(MISSING, lambda block: b"HTTP/1.1 103 Early Hints\r\n\r\n" + block),
    "http-interim",
)
_add(
    _HTTP,
    "HTTP/2 in the status line",
    _block(MISSING, lambda block: block.replace(b"HTTP/1.1", b"HTTP/2", 1)),
    "http-version",
)
_add(_HTTP, "de-chunked body, chunked head", _block(CHUNKED, _dechunked), "http-chunked")
_add(_HTTP, "last chunk missing", _block(CHUNKED, lambda block: block[: -len(b"0\r\n\r\n")]), "http-chunked")
_add(_HTTP, "decoded body, Content-Encoding kept", _block(GZIPPED, _decoded), "http-coding")
_add(_HTTP, "gzip body without its end", _block(GZIPPED, _gzip_cut), deep=("http-coding",))
_add(_HTTP, "body shorter than its length", _block(MISSING, lambda block: block[:-3]), "http-length")
_add(_HTTP, "body longer than its length", _block(MISSING, lambda block: block + b"\r\n"), "http-length")
_add(_HTTP, "cut response not marked as cut", _change(CUT, with_field("WARC-Truncated", None)), "http-length")
_add(
    _HTTP,
    "payload digest over the chunks",
    lambda lab: lab.change(
        "aa",
        CHUNKED,
        lambda record: with_field(
            "WARC-Payload-Digest", str(Digest.of(record.block[parse_head(record.block).length :]))
        )(record),
    ),
    "catalog-differs",
    deep=("payload-digest",),
)

# --- revisits --------------------------------------------------------------------------------------------------------

_REVISITS = "WARC: revisits"


def _revisit(name: str, value: str | None) -> Act:
    return _change(REVISIT, with_field(name, value), run="bb")


def _refer_to(match: Match, run: str) -> Act:
    def act(lab: Lab) -> None:
        target = lab.place(run, match).record
        lab.change("bb", of_type("revisit", "noch-einmal"), with_field("WARC-Refers-To", f"<{target.id}>"))

    return act


def _chunked_revisit(record: Record) -> Record:
    return with_block(lambda block: block.replace(b"Content-Length:", b"Transfer-Encoding: chunked\r\nX-Length:", 1))(
        record
    )


_add(_REVISITS, "no profile", _revisit("WARC-Profile", None), "field-missing")
_add(
    _REVISITS,
    "profile of WARC 1.0",
    _revisit("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"),
    "revisit-profile",
)
for _name in ("WARC-Refers-To", "WARC-Refers-To-Date", "WARC-Refers-To-Target-URI"):
    _add(_REVISITS, f"no {_name}", _revisit(_name, None), "revisit-fields")
_add(_REVISITS, "original is nowhere", _revisit("WARC-Refers-To", "<urn:uuid:0>"), "revisit-dangling")
_add(_REVISITS, "revisit of a revisit", _refer_to(REVISIT, "bb"), "revisit-of-revisit")
_add(_REVISITS, "revisit of a request", _refer_to(REQUEST, "aa"), "revisit-target")
_add(_REVISITS, "time of another original", _revisit("WARC-Refers-To-Date", "2026-11-22T09:30:00Z"), "revisit-target")
_add(_REVISITS, "address of another original", _revisit("WARC-Refers-To-Target-URI", "https://a/"), "revisit-target")
_add(
    _REVISITS,
    "original later than the revisit",
    _revisit("WARC-Refers-To-Date", "2026-11-22T11:00:00Z"),
    "revisit-target",
    "date-order",
)
_add(_REVISITS, "another payload digest", _revisit("WARC-Payload-Digest", str(Digest.of(b""))), "revisit-digest")
_add(_REVISITS, "chunked, original not", _change(REVISIT, _chunked_revisit, run="bb"), "revisit-chunking")

# --- crawls/ and collection.json -------------------------------------------------------------------------------------

_RUNS = "crawl files"


def _record(run: str, how: Callable[[dict[str, Any]], None]) -> Act:
    def act(lab: Lab) -> None:
        with lab.crawl_record(run) as record:
            how(record)

    return act


def _lose_one_fetched(record: dict[str, Any]) -> None:
    text = json.dumps(record).replace('"fetched": 6', '"fetched": 5')
    record.update(json.loads(text))


def _one_record_more(record: dict[str, Any]) -> None:
    record["warcs"][0]["records"] += 1


_LOST_RUN = ("warc-leftover", "lines-leftover", "catalog-differs", "index-differs", "index-dangling")
_add(_RUNS, "collection.json is none", lambda lab: lab.layout.descriptor.write_text("{"), "descriptor-unreadable")
_add(_RUNS, "collection.json missing", lambda lab: lab.layout.descriptor.unlink(), "descriptor-unreadable")


def _name_generation(printed: str) -> Callable[[Lab], None]:
    def act(lab: Lab) -> None:
        lab.layout.current.parent.mkdir()
        lab.layout.current.write_text(printed)

    return act


_add(_RUNS, "generation in use is none", _name_generation("two\n"), "generation-unreadable")
_add(_RUNS, "generation in use is not there", _name_generation("2\n"), "generation-unreadable")
_add(_RUNS, "run record cut off", lambda lab: lab.edit(lab.crawl("cc"), lambda data: data[:-20]), "run-unreadable")
_add(_RUNS, "run record missing", lambda lab: lab.crawl("cc").unlink(), *_LOST_RUN)
_add(
    _RUNS,
    "run record of another run",
    lambda lab: lab.edit(lab.crawl("bb"), lambda data: lab.crawl("aa").read_bytes()),
    "run-name",
)
_add(_RUNS, "run record of another site", _record("bb", lambda record: record.update(site="seeblick")), "run-name")
_add(
    _RUNS,
    "run that ends before it starts",
    _record("cc", lambda record: record.update(started_at="2026-11-22T23:00:00Z")),
    "run-times",
)
_add(_RUNS, "funnel that does not add up", _record("bb", _lose_one_fetched), "run-funnel")
_add(_RUNS, "another number of captures", _record("aa", lambda record: record.update(captures=7)), "run-captures")
_add(_RUNS, "another number of records", _record("aa", _one_record_more), "warc-records")
_add(_RUNS, "another number of articles", _record("aa", lambda record: record.update(articles=7)), "lines-count")
_add(
    _RUNS,
    "articles without a file",
    _record("cc", lambda record: record.update(articles_file=None)),
    "lines-missing",
    "lines-leftover",
)
_add(
    "files",
    "file left open by a killed crawl",
    lambda lab: Path(f"{lab.warc('aa')}.open").write_bytes(b""),
    "warc-leftover-open",
)

# --- article lines ---------------------------------------------------------------------------------------------------

_LINES = "article lines"


def _lines(run: str, how: Callable[[list[bytes]], list[bytes]]) -> Act:
    return lambda lab: lab.lines(lab.articles(run), how)


def _recount(lab: Lab, run: str) -> None:
    with lab.crawl_record(run) as record:
        record["articles"] = len(lab.articles(run).read_bytes().splitlines())
    lab.derive()


def _line_twice(lab: Lab) -> None:
    lab.lines(lab.articles("aa"), lambda lines: [*lines, lines[0]])
    _recount(lab, "aa")


def _line_idle(lab: Lab) -> None:
    def append(lines: list[bytes]) -> list[bytes]:
        article = from_json(lines[-1], Article)
        return [*lines, to_line(replace(article, revision=2))]

    lab.lines(lab.articles("aa"), append)
    _recount(lab, "aa")


def _first(how: Callable[[Article], Article], run: str = "aa") -> Act:
    def act(lab: Lab) -> None:
        wanted = from_json(lab.articles(run).read_bytes().splitlines()[0], Article).article_id
        lab.change_articles(run, lambda article: how(article) if article.article_id == wanted else article)

    return act


def _consistently_changed(article: Article) -> Article:
    changed = replace(article, headline="Etwas anderes")
    return replace(changed, content_digest=content_digest(changed))


def _with_ref(**changes: object) -> Act:
    return _first(lambda article: replace(article, capture=replace(article.capture, **changes)))  # type: ignore[arg-type]  # names of its fields


def _seen(how: Callable[[dict[str, Any]], None], line: int = 0) -> Act:
    def act(lab: Lab) -> None:
        def change(lines: list[bytes]) -> list[bytes]:
            fields = json.loads(lines[line])
            how(fields)
            return [*lines[:line], json.dumps(fields).encode() + b"\n", *lines[line + 1 :]]

        lab.lines(lab.seen("bb"), change)
        lab.derive()

    return act


def _links(how: Callable[[dict[str, Any]], None]) -> Act:
    def act(lab: Lab) -> None:
        def change(lines: list[bytes]) -> list[bytes]:
            fields = json.loads(lines[0])
            how(fields)
            return [json.dumps(fields).encode() + b"\n", *lines[1:]]

        lab.lines(lab.links("aa"), change)
        lab.derive()

    return act


def _link_twice(lab: Lab) -> None:
    lab.lines(lab.links("aa"), lambda lines: [*lines, lines[0]])
    lab.derive()


_add(_LINES, "file missing", lambda lab: lab.articles("bb").unlink(), "lines-missing")
_add(_LINES, "last line cut off", lambda lab: lab.edit(lab.articles("bb"), lambda data: data[:-9]), "line-unreadable")
_add(_LINES, "line that is no JSON", _lines("aa", lambda lines: [b"{" + lines[0], *lines[1:]]), "line-unreadable")
_add(
    _LINES,
    "line without a field",
    _lines("aa", lambda lines: [lines[0].replace(b'"url":', b'"uri":', 1), *lines[1:]]),
    "line-unreadable",
)
_add(_LINES, "line missing", _lines("aa", lambda lines: lines[1:]), "lines-count")
_add(_LINES, "line twice", _line_twice, "article-doubled")
_add(
    _LINES,
    "letter changed",
    _first(lambda article: replace(article, headline="X" + (article.headline or "")[1:])),
    "article-digest",
    deep=("article-differs",),
)
_add(_LINES, "text and digest changed", _first(_consistently_changed), deep=("article-differs",))
_add(
    _LINES,
    "field changed that no digest covers",
    _first(lambda article: replace(article, language="nl")),
    deep=("article-differs",),
)
_add(
    _LINES,
    "article of another site",
    _first(lambda article: replace(article, site="seeblick")),
    "article-site",
    deep=("article-differs",),
)
_add(
    _LINES,
    "capture at another byte",
    _first(lambda article: replace(article, capture=replace(article.capture, offset=article.capture.offset + 1))),
    "article-capture",
)
_add(_LINES, "capture in no file", _with_ref(warc="warc/2026/11/22/x.warc.gz"), "article-capture")
_add(_LINES, "capture with another id", _with_ref(record_id="urn:uuid:0"), "article-capture")
_add(
    _LINES,
    "capture with another digest",
    _with_ref(payload_digest=Digest.of(b"")),
    "article-capture",
    deep=("article-differs",),
)
_add(_LINES, "capture with another status", _with_ref(status=404), "article-capture", deep=("article-differs",))
_add(
    _LINES,
    "capture at another time",
    _first(
        lambda article: replace(
            article, capture=replace(article.capture, captured_at=article.capture.captured_at + timedelta(seconds=1))
        )
    ),
    "article-capture",
    deep=("article-differs",),
)
_add(_LINES, "revision left out", _first(lambda article: replace(article, revision=3), run="bb"), "article-revision")
_add(_LINES, "revision that changes nothing", _line_idle, "article-revision")
_add(_LINES, "sighting of no capture", _seen(lambda fields: fields.update(record_id="urn:uuid:0")), "sighting-capture")
_add(_LINES, "sighting of no revision", _seen(lambda fields: fields.update(revision=9)), "sighting-article")
_OTHER = {"article_id": "wahlkreise-halmstedt-102"}
_add(_LINES, "sighting of another article", _seen(lambda fields: fields.update(_OTHER)), deep=("sighting-differs",))
_add(_LINES, "304 of another article", _seen(lambda fields: fields.update(_OTHER), 2), deep=("sighting-differs",))
_add(
    _LINES,
    "sighting without its article",
    _seen(lambda fields: fields.update(article_id=None, revision=None, reason="listing")),
    deep=("sighting-differs",),
)
_add("links", "last line cut off", lambda lab: lab.edit(lab.links("aa"), lambda data: data[:-9]), "line-unreadable")
_add(
    "links",
    "line without a field",
    lambda lab: lab.lines(lab.links("aa"), lambda lines: [lines[0].replace(b'"url":', b'"uri":', 1), *lines[1:]]),
    "line-unreadable",
)
_add("links", "link of no capture", _links(lambda fields: fields.update(record_id="urn:uuid:0")), "link-capture")
_add(
    "links",
    "link of a capture of another time",
    _links(lambda fields: fields.update(declared_at="2026-11-22T09:00:00Z")),
    "link-capture",
)
_add("links", "line twice", _link_twice, "link-doubled")
_add(
    "files",
    "lines of no run",
    lambda lab: lab.articles("aa").with_name("20261122T093000Z-0bad.jsonl").write_bytes(b""),
    "lines-leftover",
)

# --- index -----------------------------------------------------------------------------------------------------------

_INDEX = "index"


def _index(how: Callable[[list[bytes]], list[bytes]], kind: str = "replay") -> Act:
    return lambda lab: lab.lines(lab.index("aa", kind), how)


def _in_first_line(name: str, value: str) -> Act:
    def change(lines: list[bytes]) -> list[bytes]:
        key, timestamp, fields = lines[0].split(b" ", 2)
        changed = {**json.loads(fields), name: value}
        return [b" ".join((key, timestamp, json.dumps(changed).encode() + b"\n")), *lines[1:]]

    return _index(change)


def _list_304(lab: Lab) -> None:
    (line,) = (line for line in lab.index("bb", "full").read_bytes().splitlines(keepends=True) if b'"304"' in line)
    lab.lines(lab.index("bb"), lambda lines: sorted([*lines, line]))


def _unlist_run(lab: Lab) -> None:
    lab.lines(lab.layout.indexes / "runs.txt", lambda lines: lines[:-1])
    for kind in ("full", "replay"):
        lab.index("cc", kind).unlink()


_add(_INDEX, "line missing", _index(lambda lines: lines[1:]), "index-incomplete")
_add(_INDEX, "line missing in the full index", _index(lambda lines: lines[1:], "full"), "index-incomplete")
_add(_INDEX, "file missing", lambda lab: lab.index("bb").unlink(), "index-incomplete")
_add(_INDEX, "line twice", _index(lambda lines: [lines[0], *lines]), "index-doubled")
_add(_INDEX, "two lines exchanged", _index(lambda lines: [lines[1], lines[0], *lines[2:]]), "index-unsorted")
_add(_INDEX, "last line cut off", _index(lambda lines: [*lines[:-1], lines[-1][:-30]]), "index-unreadable")
_add(_INDEX, "line that is none", _index(lambda lines: [b"!moin\n", *lines]), "index-unreadable")
_add(_INDEX, "offset that points nowhere", _in_first_line("offset", "7"), "index-dangling", "index-incomplete")
_add(
    _INDEX,
    "line of a file that is not there",
    _in_first_line("filename", "warc/x.warc.gz"),
    "index-dangling",
    "index-incomplete",
)
for _field, _value in (
    ("url", "https://a/"),
    ("digest", str(Digest.of(b""))),
    ("status", "404"),
    ("length", "1"),
    ("mime", "text/css"),
):
    _add(_INDEX, f"another {_field}", _in_first_line(_field, _value), "index-differs")
_add(_INDEX, "another recordDigest", _in_first_line("recordDigest", str(Digest.of(b""))), deep=("index-record-digest",))
_add(_INDEX, "304 in the index for players", _list_304, "index-not-replayable")
_add(_INDEX, "list of runs missing", lambda lab: (lab.layout.indexes / "runs.txt").unlink(), "index-missing")
_add(_INDEX, "run not listed", _unlist_run, "index-behind")
_add(
    _INDEX,
    "run listed that is none",
    lambda lab: lab.edit(lab.layout.indexes / "runs.txt", lambda data: data + b"20261122T093000Z-0bad\n"),
    "index-differs",
)

# --- catalog ---------------------------------------------------------------------------------------------------------

_CATALOG = "catalog"


def _sql(statement: str) -> Act:
    return lambda lab: lab.sql(statement)


def _zero_page(lab: Lab) -> None:
    lab.sql("SELECT 1")
    lab.edit(lab.layout.catalog, lambda data: data[:8192] + bytes(4096) + data[12288:])


def _forget_run(lab: Lab) -> None:
    for table in ("captures", "revisions", "sightings", "links", "runs"):
        lab.sql(f"DELETE FROM {table} WHERE run LIKE '%cc'")  # noqa: S608 (one of five names)


def _slip_in_a_word(lab: Lab) -> None:
    lab.sql("CREATE TABLE kept AS SELECT * FROM texts_docsize")
    lab.sql("INSERT INTO texts (rowid, body) VALUES (1, 'nie')")
    lab.sql("REPLACE INTO texts_docsize SELECT * FROM kept")
    lab.sql("DROP TABLE kept")


_add(_CATALOG, "catalog missing", lambda lab: lab.layout.catalog.unlink(), "catalog-missing")
_add(_CATALOG, "catalog is none", lambda lab: lab.layout.catalog.write_bytes(b"Moin" * 2048), "catalog-damaged")
_add(_CATALOG, "page zeroed", _zero_page, "catalog-damaged")
_add(_CATALOG, "catalog of another version", _sql("PRAGMA user_version = 99"), "catalog-missing")
_add(_CATALOG, "capture missing", _sql("DELETE FROM captures WHERE url LIKE '%robots.txt'"), "catalog-differs")
_add(_CATALOG, "capture changed", _sql("UPDATE captures SET status = 200 WHERE status = 404"), "catalog-differs")
_add(_CATALOG, "revision changed", _sql("UPDATE revisions SET headline = 'x' WHERE revision = 2"), "catalog-differs")
_add(
    _CATALOG,
    "sighting added",
    _sql(
        "INSERT INTO sightings SELECT run, url, 'x', captured_at, article_id, revision, reason FROM sightings LIMIT 1"
    ),
    "catalog-differs",
)
_add(_CATALOG, "link missing", _sql("DELETE FROM links WHERE line = 0"), "catalog-differs")
_add(_CATALOG, "page changed", _sql("UPDATE pages SET gone_at = NULL WHERE gone_at IS NOT NULL"), "catalog-differs")
_add(_CATALOG, "open link forgotten", _sql("DELETE FROM open_links"), "catalog-differs")
_add(_CATALOG, "catalog of another stemmer", _sql("UPDATE stemming SET version = '1 of another'"), "catalog-missing")
_add(_CATALOG, "word of no line", _slip_in_a_word, "catalog-differs")
_add(_CATALOG, "document of no line", _sql("INSERT INTO texts (rowid, body) VALUES (99, 'nie')"), "catalog-differs")
_add(_CATALOG, "document of another day", _sql("UPDATE documents SET at = at + 86400"), "catalog-differs")
_add(
    _CATALOG,
    "filed under too much",
    _sql("INSERT OR IGNORE INTO filed SELECT 2, at, document FROM filed"),
    "catalog-differs",
)
_add(_CATALOG, "removal forgotten", _sql("UPDATE articles SET gone_at = NULL"), "catalog-differs")
_add(_CATALOG, "run numbered otherwise", _sql("UPDATE runs SET number = 9 WHERE number = 3"), "catalog-differs")
_add(_CATALOG, "run missing", _forget_run, "catalog-behind")
