"""WARC files as other programs write them, made by hand where the program cannot run in a test."""

from __future__ import annotations

import base64
import gzip
import hashlib
import struct
import sys
from collections.abc import Callable, Iterable
from itertools import count

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ADDRESS = "https://www.tagesschau.de"
DATE = "2026-02-01T12:00:00Z"
_numbers = count(1)


def record(kind: str | None, fields: dict[str, str], block: bytes, *, version: str = "1.0", end: str = "\r\n") -> bytes:
    """One record; ``fields`` replace or add to those that every record has, an empty value leaves one out."""
    head = {
        "WARC-Type": kind or "",
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{next(_numbers):012x}>",
        "WARC-Date": DATE,
        "Content-Length": str(len(block)),
    } | fields
    lines = [f"WARC/{version}", *(f"{name}: {value}" for name, value in head.items() if value), "", ""]
    return end.join(lines).encode() + block + 2 * end.encode()


def sha1(data: bytes) -> str:
    """A digest as most programs print it."""
    return f"sha1:{base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()}"


def response(head: str, body: bytes, *, url: str = f"{ADDRESS}/", version: str = "1.0", **fields: str) -> bytes:
    """A response record with the digests that most programs write; names of ``fields`` have ``_`` in place of ``-``."""
    block = head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body
    usual = {
        "WARC-Target-URI": url,
        "Content-Type": "application/http; msgtype=response",
        "WARC-Block-Digest": sha1(block),
        "WARC-Payload-Digest": sha1(body),
    }
    return record("response", usual | {name.replace("_", "-"): value for name, value in fields.items()}, block,
                  version=version)  # fmt: skip


def chunked(body: bytes) -> bytes:
    """``body`` in chunks."""
    pieces = (body[start : start + 700] for start in range(0, len(body), 700))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def warcinfo(software: str, **fields: str) -> bytes:
    """What most files begin with."""
    return record(
        "warcinfo", {"Content-Type": "application/warc-fields"} | fields, f"software: {software}\r\n".encode()
    )


def cc_news(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Common Crawl: bodies decoded, the headers that would be wrong renamed."""
    yield warcinfo("StormCrawler")
    for path, page in pages.items():
        request = f"GET {path} HTTP/1.1\r\nHost: www.tagesschau.de\r\n\r\n".encode()
        yield record("request", {"WARC-Target-URI": ADDRESS + path}, request)
        yield response(
            "HTTP/1.1 200 OK\nContent-Type: text/html\nX-Crawler-Transfer-Encoding: chunked\n"
            f"X-Crawler-Content-Encoding: gzip\nContent-Length: {len(page)}",
            page, url=ADDRESS + path, WARC_Identified_Payload_Type="text/html", WARC_IP_Address="192.0.2.1",
        )  # fmt: skip


def cc_2018_08(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Common Crawl of August 2018: one empty line too many after the head."""
    for path, page in pages.items():
        yield response(f"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: {len(page)}\n", page,
                       url=ADDRESS + path)  # fmt: skip


def heritrix(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Heritrix: name look-ups as responses, what it thought of a page as metadata, no digests of blocks."""
    yield warcinfo("Heritrix/3.14", WARC_Filename="IAH-1.warc.gz")
    yield record(
        "response", {"WARC-Target-URI": "dns:www.tagesschau.de", "Content-Type": "text/dns"}, b"20260201\n1 A\n"
    )
    for path, page in pages.items():
        yield response("HTTP/1.1 200 OK\nContent-Type: text/html\nTransfer-Encoding: chunked", chunked(page),
                       url=ADDRESS + path, WARC_Block_Digest="", WARC_Payload_Digest=sha1(chunked(page)))  # fmt: skip
        yield record("metadata", {"WARC-Target-URI": ADDRESS + path}, b"seed: \r\nfetchTimeMs: 3\r\n")


def browsertrix(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Browsertrix: heads of HTTP/2 rewritten as HTTP/1.1, decoded bodies, records about the page beside them."""
    for path, page in pages.items():
        fields = {"WARC_Page_ID": "1", "WARC_Resource_Type": "document", "WARC_Protocol": "h2"}
        yield response(
            "HTTP/1.1 200 OK\ncontent-type: text/html\nx-orig-content-encoding: br\nx-orig-transfer-encoding: chunked",
            page, url=ADDRESS + path, version="1.1", WARC_Date="2026-02-01T12:00:00.123Z", **fields,
        )  # fmt: skip
        yield record("resource", {"WARC-Target-URI": f"urn:pageinfo:{ADDRESS}{path}"}, b"{}", version="1.1")
        yield record("resource", {"WARC-Target-URI": f"urn:text:{ADDRESS}{path}"}, b"Text", version="1.1")


def stale(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Bodies that were decoded, with the headers of before."""
    for path, page in pages.items():
        yield response(
            "HTTP/1.1 200\ncontent-encoding: br\ntransfer-encoding: chunked\ncontent-type: text/html",
            page, url=ADDRESS + path,
        )  # fmt: skip


def http_2(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Status lines of HTTP/2, names in lower case, bodies as they came; a 1xx message before them."""
    codings: list[tuple[str, Callable[[bytes], bytes]]]
    codings = [("br", brotli.compress), ("zstd", zstd.compress), ("gzip", gzip.compress)]
    for (path, page), (coding, pack) in zip(pages.items(), codings, strict=True):
        head = f"HTTP/2 103\nlink: </a.css>\n\nHTTP/2.0 200 \ncontent-type: text/html\ncontent-encoding: {coding}"
        yield response(head, pack(page), url=ADDRESS + path)


def wpull(pages: dict[str, bytes]) -> Iterable[bytes]:
    """wpull: WARC 1.0 with ``application/http;msgtype=response``, digests of the chunks, its log as resource."""
    yield warcinfo("Wpull/2.0.1 Python/3.4.3")
    for path, page in pages.items():
        yield response("HTTP/1.1 200 OK\nContent-Type: text/html\nTransfer-Encoding: chunked", chunked(page),
                       url=ADDRESS + path, Content_Type="application/http;msgtype=response")  # fmt: skip
    yield record("resource", {"WARC-Target-URI": "urn:X-wpull:log", "Content-Type": "text/plain"}, b"INFO Fetching\n")


def careless(pages: dict[str, bytes]) -> Iterable[bytes]:
    """Every liberty at once: no warcinfo, LF for CRLF, angle brackets, hundreds of headers, bytes beyond ASCII."""
    for path, page in pages.items():
        head = "\n".join(["HTTP/1.0 200 Gut gefüllt", *(f"X-{number}: ä" for number in range(300))])
        block = f"{head}\nContent-Type: text/html\n\n".encode("latin-1") + page
        fields = {"WARC-Target-URI": f"<{ADDRESS}{path}>", "WARC-Date": "2026-02-01T13:00:00.000000001+01:00"}
        yield record("response", fields, block, version="0.18", end="\n") + b"\n\r\n"


STYLES: dict[str, Callable[[dict[str, bytes]], Iterable[bytes]]] = {
    make.__name__: make for make in (cc_news, cc_2018_08, heritrix, browsertrix, stale, http_2, wpull, careless)
}


def skippable(magic: int, data: bytes) -> bytes:
    """A skippable zstd frame."""
    return struct.pack("<II", magic, len(data)) + data


def _frame(data: bytes, dictionary: zstd.ZstdDict | None = None) -> bytes:
    """A zstd frame with a checksum, as the format asks for."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}, zstd_dict=dictionary)


def _zstd_with_dictionary(records: list[bytes], pack: Callable[[bytes], bytes]) -> bytes:
    samples = [b"%s %d" % (line, number) for number in range(20) for line in b"".join(records).splitlines()[:50]]
    dictionary = zstd.train_dict(samples, 512)
    frames = (_frame(each, dictionary) for each in records)
    return skippable(0x184D2A5D, pack(dictionary.dict_content)) + b"".join(frames)


def _in_pieces(records: list[bytes]) -> bytes:
    whole = b"".join(records)
    return b"".join(gzip.compress(whole[start : start + 1000], mtime=0) for start in range(0, len(whole), 1000))


COMPRESSIONS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": lambda records: b"".join(gzip.compress(each, mtime=0) for each in records),
    "gzip in two": lambda records: b"".join(
        gzip.compress(part, mtime=0) for each in records for part in (each[:50], each[50:])
    ),
    "zstd": lambda records: b"".join(map(_frame, records)),
    "zstd extended": lambda records: b"".join(_frame(each) + skippable(0x184D2A50, b"x") for each in records),
    "zstd dictionary": lambda records: _zstd_with_dictionary(records, lambda data: data),
    "zstd packed dictionary": lambda records: _zstd_with_dictionary(records, _frame),
    "gzip whole": lambda records: gzip.compress(b"".join(records), mtime=0),
    "zstd whole": lambda records: _frame(b"".join(records)),
    "gzip pieces": _in_pieces,
}
"""Ways to compress the records of a file."""

WHOLE = {"gzip whole", "zstd whole", "gzip pieces"}
"""Those that put several records, or parts of them, into one."""
