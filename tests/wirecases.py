"""Odd exchanges, and what must be archived of each; ``python -m tests.wirecases`` crawls them and prints a table."""

from __future__ import annotations

import gzip
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import trustme

from newsarchive.model.capture import StoredCapture, Truncation
from newsarchive.warc.reader import read_captures, read_records
from newsarchive.warc.records import Record, remarks_of
from tests.rawserver import Act, RawServer, Script, Served

Scheme = Literal["http", "https"]

BODY = "<!doctype html><title>Probe</title><p>Übung macht den Meister.</p>".encode()
ZIPPED = gzip.compress(BODY, mtime=0)
LARGE = bytes(range(256)) * 12_288
CAP_BYTES = 1_000
WAIT_S = 2


def _response(*lines: bytes, body: bytes = BODY, status: bytes = b"HTTP/1.1 200 OK", length: bool = True) -> bytes:
    if length:
        lines = (*lines, b"Content-Length: %d" % len(body))
    return b"\r\n".join((status, *lines, b"", body))


def _chunks(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One script and what is expected of its captures.

    ``whole``: every byte sent must be archived; else the archived ones must be the first of those sent.
    ``attempts``: requests the server sees; ``unrecorded`` first ones of these are Twisted's own business.
    ``warcio_objects``: ``warcio check`` digests the chunks too and finds the payload digest wrong.
    ``meta``, ``method``, ``body``: of the request.
    """

    name: str
    script: Script
    status: int | None = 200
    payload: bytes | None = BODY
    truncated: Truncation | None = None
    whole: bool = True
    interim: bytes = b""
    surplus: bytes = b""
    attempts: int = 1
    unrecorded: int = 0
    record_type: Literal["response", "resource"] | None = "response"
    warcio_objects: bool = False
    meta: dict[str, object] = field(default_factory=dict)
    method: str = "GET"
    body: str = ""

    @property
    def path(self) -> str:
        """Where the server plays it; the query shows that request lines are kept whole."""
        return f"/{self.name}?q=%C3%BC&q="


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
ONCE: dict[str, object] = {"dont_retry": True}
PATIENCE: dict[str, object] = {"dont_retry": True, "download_timeout": WAIT_S}
CAPPED: dict[str, object] = {"download_maxsize": CAP_BYTES}

CASES = (
    # The second attempt is where "moved" leads.
    Case(name="content-length", script=[_response(b"Content-Type: text/html; charset=utf-8")], attempts=2),
    Case(
        name="chunked-extensions-trailers",
        script=[
            _response(
                CHUNKED,
                body=b'%X;name=value;q="a b"\r\n%b\r\n1\r\n%b\r\n000;last\r\nExpires: 0\r\nX-Sum: 1\r\n\r\n'
                % (len(BODY) - 1, BODY[:-1], BODY[-1:]),
                length=False,
            )
        ],
        warcio_objects=True,
    ),
    Case(
        name="chunked-long-extension",
        script=[_response(CHUNKED, body=b"1;%b\r\nx\r\n0\r\n\r\n" % (b"a" * 200), length=False)],
        payload=b"x",
        warcio_objects=True,
    ),
    Case(name="gzip", script=[_response(b"Content-Encoding: gzip", body=ZIPPED)], payload=ZIPPED),
    Case(
        name="gzip-chunked",
        script=[_response(b"Content-Encoding: gzip", CHUNKED, body=_chunks(ZIPPED[:10], ZIPPED[10:]), length=False)],
        payload=ZIPPED,
        warcio_objects=True,
    ),
    Case(name="close-delimited", script=[_response(length=False), Act.CLOSE]),
    Case(name="http-1.0", script=[_response(status=b"HTTP/1.0 200 OK", length=False), Act.CLOSE]),
    Case(name="no-reason", script=[_response(status=b"HTTP/1.1 200")]),
    Case(name="non-ascii-reason", script=[_response(status="HTTP/1.1 200 Schön".encode("latin-1"))]),
    Case(name="utf-8-reason", script=[_response(status="HTTP/1.1 200 Gut ✓".encode())]),
    Case(
        name="repeated-odd-case",
        script=[
            _response(b"sEt-cOOkie: a=1", b"X-b:  two ", b"SET-COOKIE: b=2", b"x-B:three", b"set-cookie: a=3; Path=/")
        ],
    ),
    Case(name="no-space-after-colon", script=[_response(b'ETAG:"abc"')]),
    # Twisted refuses such names and hangs up; the bytes are archived all the same.
    Case(name="space-before-colon", script=[_response(b"Server : x")], truncated="unspecified", attempts=3),
    Case(name="folded", script=[_response(b"X-Fold: one\r\n\ttwo\r\n   three", b"X-After: 4")]),
    Case(name="latin-1-header", script=[_response("X-Ort: Köln \xa0".encode("latin-1"))]),
    Case(name="no-colon", script=[_response(b"Server: x", b"this line has no colon", b"X-After: 1")]),
    Case(name="early-hints", script=[EARLY + _response()], interim=EARLY),
    Case(name="two-interim", script=[CONTINUE, EARLY, _response()], interim=CONTINUE + EARLY),
    Case(
        name="interim-only",
        script=[EARLY, Act.CLOSE],
        interim=EARLY,
        status=None,
        payload=None,
        record_type=None,
        truncated="disconnect",
        meta=ONCE,
    ),
    Case(name="no-content", script=[b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n"], status=204, payload=b""),
    Case(name="zero-length", script=[_response(body=b"")], payload=b""),
    Case(
        name="not-modified",
        script=[b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'],
        status=304,
        payload=b"",
    ),
    Case(
        name="moved",
        script=[_response(b"Location: /content-length?q=%C3%BC&q=", status=b"HTTP/1.1 301 Moved Permanently")],
        status=301,
    ),
    Case(
        name="server-error",
        script=[_response(status=b"HTTP/1.1 500 Internal Server Error", body=b"oops")],
        status=500,
        payload=b"oops",
        attempts=3,
    ),
    Case(name="head", script=[_response(body=b"").replace(b": 0", b": 999")], payload=b"", method="HEAD"),
    Case(name="post", script=[_response()], method="POST", body="feld=wört"),
    Case(name="lf-only", script=[b"HTTP/1.1 200 OK\nContent-Length: %d\n\n%b" % (len(BODY), BODY)]),
    Case(name="byte-by-byte", script=[bytes([byte]) for byte in EARLY + _response(b"X-A: 1")], interim=EARLY),
    Case(
        name="cut-content-length",
        script=[_response()[:-20], Act.CLOSE],
        payload=BODY[:-20],
        truncated="disconnect",
        attempts=3,
    ),
    Case(
        name="cut-chunk",
        script=[_response(CHUNKED, body=_chunks(BODY)[:-30], length=False), Act.CLOSE],
        payload=_chunks(BODY)[4:-30],
        truncated="disconnect",
        warcio_objects=True,
        meta=ONCE,
    ),
    Case(
        name="cut-between-chunks",
        script=[_response(CHUNKED, body=_chunks(BODY, end=b""), length=False), Act.CLOSE],
        truncated="disconnect",
        warcio_objects=True,
        meta=ONCE,
    ),
    Case(
        name="bad-chunk-size",
        script=[_response(CHUNKED, body=_chunks(BODY, end=b"wrong\r\n\r\n"), length=False), Act.CLOSE],
        truncated="unspecified",
        warcio_objects=True,
        meta=ONCE,
    ),
    Case(
        name="torn-close-delimited",
        script=[_response(length=False), Act.TEAR],
        truncated="disconnect",
    ),
    Case(
        name="half-head",
        script=[b"HTTP/1.1 200 OK\r\nContent-Ty", Act.CLOSE],
        payload=b"",
        truncated="disconnect",
        meta=ONCE,
    ),
    Case(
        name="half-status-line",
        script=[b"HTTP/1.1 2", Act.CLOSE],
        status=None,
        payload=b"HTTP/1.1 2",
        record_type="resource",
        truncated="disconnect",
        meta=ONCE,
    ),
    Case(
        name="empty",
        script=[Act.CLOSE],
        status=None,
        payload=None,
        record_type=None,
        truncated="disconnect",
        meta=ONCE,
    ),
    Case(
        name="not-http",
        script=[b"SSH-2.0-Sample\r\n\x00\xff", Act.CLOSE],
        status=None,
        payload=b"SSH-2.0-Sample\r\n\x00\xff",
        record_type="resource",
        truncated="unspecified",
        meta=ONCE,
    ),
    Case(name="kept-alive", script=[_response()]),
    Case(name="closed-while-idle", script=[Act.CLOSE_IF_REUSED, _response()], attempts=2, unrecorded=1),
    Case(name="surplus", script=[_response() + b"\r\n\xffmore"], surplus=b"\r\n\xffmore"),
    Case(
        name="surplus-after-204",
        script=[b"HTTP/1.1 204 No Content\r\n\r\nmore"],
        status=204,
        payload=b"",
        surplus=b"more",
    ),
    Case(name="3-mb", script=[_response(body=LARGE)], payload=LARGE),
    Case(
        name="3-mb-chunked",
        script=[
            _response(
                CHUNKED, body=_chunks(*[LARGE[at : at + 9_999] for at in range(0, len(LARGE), 9_999)]), length=False
            )
        ],
        payload=LARGE,
        warcio_objects=True,
    ),
    Case(
        name="size-cap-declared",
        script=[_response(body=LARGE)],
        payload=None,
        whole=False,
        truncated="length",
        meta=CAPPED,
    ),
    Case(
        name="size-cap-endless",
        script=[_response(body=LARGE[:65_536], length=False), Act.FLOOD],
        payload=None,
        whole=False,
        truncated="length",
        meta=CAPPED,
    ),
    Case(
        name="endless-head",
        script=[b"HTTP/1.1 200 OK\r\n", b"X-Again: and again\r\n" * 4_000, Act.FLOOD],
        payload=b"",
        whole=False,
        truncated="length",
        meta=CAPPED,
    ),
    Case(
        name="timeout-silent",
        script=[Act.HOLD],
        status=None,
        payload=None,
        record_type=None,
        truncated="time",
        meta=PATIENCE,
    ),
    Case(
        name="timeout-in-head",
        script=[b"HTTP/1.1 200 OK\r\nX-A:", Act.HOLD],
        payload=b"",
        truncated="time",
        meta=PATIENCE,
    ),
    Case(
        name="timeout-in-body",
        script=[_response()[:-20], Act.HOLD],
        payload=BODY[:-20],
        truncated="time",
        meta=PATIENCE,
    ),
    Case(name="timeout-close-delimited", script=[_response(length=False), Act.HOLD], truncated="time", meta=PATIENCE),
)

ROBOTS = _response(body=b"User-agent: *\nDisallow: /secret\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The records of one capture."""

    path: str
    response: Record | None
    request: Record
    metadata: dict[str, object]
    stored: StoredCapture | None

    @property
    def received(self) -> bytes:
        """Every archived byte of the server, in the order it came."""
        interim, surplus = (str(self.metadata.get(key, "")) for key in ("interim_responses", "surplus"))
        message = self.response.block if self.response else b""
        return interim.encode("latin-1") + message + surplus.encode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a crawl of all cases left: what the server saw, what the archive holds, what the spider was given."""

    scheme: Scheme
    warc: Path
    served: list[Served]
    archived: list[Archived]
    outcomes: dict[str, str]
    chain: tuple[str, ...]

    def of(self, case: Case) -> tuple[list[Served], list[Archived]]:
        """Server's and archive's view of one case."""
        return (
            [served for served in self.served if served.path == case.path],
            [archived for archived in self.archived if archived.path == case.path],
        )


def play(scheme: Scheme, directory: Path) -> Played:
    """Serve and crawl all cases, in another process since a reactor runs only once."""
    authority = trustme.CA()
    certificate = authority.create_child_ca().issue_cert("127.0.0.1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    scripts = {case.path: case.script for case in CASES} | {"/robots.txt": [ROBOTS]}
    warc = directory / f"{scheme}.warc.gz"
    with RawServer(scripts, tls if scheme == "https" else None) as server:
        requests = [
            {"url": server.url(case.path), "method": case.method, "body": case.body, "meta": case.meta}
            for case in CASES
        ]
        outcomes = crawl(warc, requests)
    return Played(
        scheme=scheme,
        warc=warc,
        served=server.served,
        archived=list(read_archived(warc)),
        outcomes={urlsplit(url).path[1:]: outcome for url, outcome in outcomes.items()},
        chain=tuple(blob.bytes().decode() for blob in certificate.cert_chain_pems),
    )


def crawl(warc: Path, requests: Sequence[Mapping[str, object]], **options: object) -> dict[str, str]:
    """Make ``requests`` in a process of their own; what each address led to. ``options`` as in tests/wirecrawl.py."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.wirecrawl"],
        input=json.dumps({"warc": str(warc), "requests": requests, **options}),
        capture_output=True,
        text=True,
        timeout=100,
        cwd=Path(__file__).parents[1],
    )
    assert not done.returncode, done.stderr
    outcomes: dict[str, str] = json.loads(done.stdout)
    return outcomes


def read_archived(warc: Path) -> Iterator[Archived]:
    stored = {capture.ref.record_id: capture for capture in read_captures(warc, warc.name)}
    events: dict[str, list[Record]] = {}
    for _, _, record in read_records(warc):
        if record.type != "warcinfo":
            first = (record.header("WARC-Concurrent-To") or record.id).strip("<>")
            events.setdefault(first, []).append(record)
    for first, records in events.items():
        kinds = {record.type: record for record in records}
        parts = urlsplit(records[0].demand("WARC-Target-URI"))
        yield Archived(
            path=f"{parts.path}?{parts.query}" if parts.query else parts.path,
            response=kinds.get("response") or kinds.get("resource"),
            request=kinds["request"],
            metadata=remarks_of(kinds["metadata"]) if "metadata" in kinds else {},
            stored=stored.get(first),
        )


def rows(played: Played) -> Iterator[tuple[str, ...]]:
    """The table: case, scheme, captures, bytes of both directions, whether they are equal, what it is marked as."""
    for case in CASES:
        served, archived = played.of(case)
        pairs = list(zip(served[case.unrecorded :], archived, strict=False))
        sent = all(one.received == other.request.block for one, other in pairs)
        same = all(one.sent == other.received for one, other in pairs)
        first = all(one.sent.startswith(other.received) for one, other in pairs)
        kept = sum(len(other.received) for _, other in pairs)
        yield (
            case.name,
            played.scheme,
            str(len(archived)),
            "equal" if sent and pairs else "DIFFERENT",
            "equal" if same and pairs else "first part" if first and pairs else "DIFFERENT",
            str(kept),
            archived[-1].response.type if archived and archived[-1].response else "none",
            case.truncated or "-",
        )


def main() -> None:
    """Crawl all cases over HTTP and TLS and print the table."""
    head = ("case", "over", "captures", "request", "response", "bytes", "record", "truncated")
    with tempfile.TemporaryDirectory() as directory:
        table = [head, *(row for scheme in ("http", "https") for row in rows(play(scheme, Path(directory))))]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


if __name__ == "__main__":
    main()
