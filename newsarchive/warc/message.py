"""HTTP/1.1 messages as bytes: where the head ends, what it says, which part is payload. Pure and tolerant.

Broken messages are archived as they came, so nothing here raises on them; every rule has an answer for bytes
that end early. The boundaries are those of the client that made the capture: lines end at LF, one CR before
it belongs to the line end, the first empty line ends the head.

warcio has parsers for both halves; neither is used here, for these reasons. Its ``ChunkedDataReader`` takes a
body with trailers, with a chunk extension beyond 62 bytes or cut inside a size line for one that was never
chunked, and mixes framing into the payload. Its ``StatusAndHeadersParser`` ends the head at a continuation
line of spaces, strips the bytes 0x85 and 0xA0 as if they were spaces, and decodes line by line as UTF-8 or
Latin-1, whichever fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from w3lib.url import safe_url_string

from newsarchive.model.capture import StoredCapture

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/\d+(?:\.\d+)? +([1-9]\d\d)(?!\d)")
_CHUNK_START = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")
_CUT_CHUNK_START = re.compile(rb"[ \t]*[0-9A-Fa-f]{0,16}[ \t\r]*(?:;[^\n]*)?")
_CHUNK_END = re.compile(rb"\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The bytes a server sent in one exchange, parted; ``interim + message + surplus`` is all of them.

    ``interim``: the 1xx messages that went before, ``message``: the response, ``surplus``: what came after its end.
    """

    interim: bytes
    message: bytes
    surplus: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a message: ``start_line`` without its end, ``headers`` in their order with names as sent.

    Text is Latin-1, one character a byte (RFC 9112 section 2.2), so nothing is lost or guessed. ``length`` is the
    number of bytes up to the body, the empty line included; a head that was cut has no body after it.
    """

    start_line: str
    headers: tuple[tuple[str, str], ...]
    length: int

    def header(self, name: str) -> str | None:
        """The first header called ``name``, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


def status_of(message: bytes) -> int | None:
    """The status code of a response, ``None`` when ``message`` does not begin with an HTTP status line."""
    match = _STATUS_LINE.match(message)
    return int(match[1]) if match else None


def split_received(received: bytes, surplus: int) -> Received:
    """Part the 1xx messages before the response (RFC 9110 section 15.2) and the ``surplus`` last bytes from it.

    A 1xx message that was cut is interim all the same: no response came.
    """
    end = len(received) - surplus
    start = 0
    while (status := _STATUS_LINE.match(received, start, end)) and status[1].startswith(b"1"):
        head_end = _HEAD_END.search(received, start, end)
        start = head_end.end() if head_end else end
    return Received(interim=received[:start], message=received[start:end], surplus=received[end:])


def parse_head(message: bytes) -> Head:
    """Read the head of a request or response.

    Folded lines are joined by one space (RFC 9112 section 5.2); a line without colon is passed over, as browsers do.
    """
    end = _HEAD_END.search(message)
    length = end.end() if end else len(message)
    start_line, *lines = (line.removesuffix(b"\r") for line in message[:length].split(b"\n"))
    fields: list[bytes] = []
    for line in filter(None, lines):
        if line[:1] in b" \t" and fields:
            fields[-1] = b" ".join((fields[-1].rstrip(b" \t"), line.strip(b" \t")))
        else:
            fields.append(line)
    pairs = (field.decode("latin-1").partition(":") for field in fields)
    return Head(
        start_line=start_line.decode("latin-1"),
        headers=tuple((name.strip(" \t"), value.strip(" \t")) for name, colon, value in pairs if colon),
        length=length,
    )


def payload_of(message: bytes) -> bytes:
    """The payload of a message: its body without chunks, the content coding kept (WARC 1.1 section 5.9).

    Another transfer coding than chunked stays in place: no client asks for one, no server was seen to send one.
    """
    head = parse_head(message)
    body = message[head.length :]
    return dechunk(body) if is_chunked(head.headers) else body


def redirect_target(stored: StoredCapture) -> str | None:
    """The web address to which an answer redirects, escaped and without fragment as it would be asked for; ``None``
    for any other answer (RFC 9110 sections 10.2.2 and 15.4). What is UTF-8 is taken for that, as browsers do.
    """
    location = stored.header("Location")
    if stored.ref.status not in _REDIRECTS or not location:
        return None
    try:
        target = urldefrag(urljoin(stored.url, safe_url_string(location.encode("latin-1").strip()))).url
        return target if urlsplit(target).scheme in {"http", "https"} else None
    except ValueError:
        return None


def is_chunked(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether ``headers`` say that the body is chunked: the last of its transfer codings is."""
    codings = ",".join(value for name, value in headers if name.lower() == "transfer-encoding")
    return codings.rpartition(",")[2].strip().lower() == "chunked"


def dechunk(body: bytes) -> bytes:
    """The data of a chunked body (RFC 9112 section 7.1) without sizes, extensions and trailers.

    Of a body that is cut or goes wrong, all data up to there. A body whose first line is no chunk size is not
    chunked, whatever its head says, and comes back as it is: other archivers store such.
    """
    chunk = _CHUNK_START.match(body)
    if chunk is None:
        return b"" if _CUT_CHUNK_START.fullmatch(body) else body
    view = memoryview(body)
    data: list[memoryview] = []
    while chunk and (size := int(chunk[1], 16)):
        end = chunk.end() + size
        data.append(view[chunk.end() : end])
        line_end = _CHUNK_END.match(body, end)
        chunk = _CHUNK_START.match(body, line_end.end()) if line_end else None
    return b"".join(data)


def chunks_end(body: bytes) -> bool:
    """Whether ``body`` is chunked to its last byte: all chunks whole, the last one, trailers, their end."""
    chunk = _CHUNK_START.match(body)
    while chunk and (size := int(chunk[1], 16)):
        line_end = _CHUNK_END.match(body, chunk.end() + size)
        chunk = _CHUNK_START.match(body, line_end.end()) if line_end else None
    if chunk is None:
        return False
    rest = body[chunk.end() :]
    return rest in {b"\n", b"\r\n"} or rest.endswith((b"\n\n", b"\n\r\n"))
