"""Undoing content codings (RFC 9110 section 8.4): gzip, deflate, br, zstd. Bounded, so that no bomb fills the memory.

A body that is not coded as its head claims is taken as it is: browsers and archivers store bodies decoded and
leave the header in place.
"""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass

import brotli

from newsarchive.model.article import Problem

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_MEMBERS = 1000
"""Members of a gzip body, or frames of a zstd body, that are read; servers send one, rarely a handful."""

_MAX_WINDOW_LOG = 23  # 8 MiB: what RFC 9659 allows for the content coding
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PROBE_BYTES = 1024
_PIECE_BYTES = 1024
_NEVER_IN_TEXT = bytes({*range(0x20), 0x7F} - {*b"\t\n\f\r\x1b"})


class CannotDecode(Exception):
    """The coding is not known, or the body cannot be decoded; ``problem`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code=code, message=message)


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What came out of a decoder; ``whole`` when it saw the end; ``error``: why it stopped."""

    body: bytes
    whole: bool
    error: str = "it ends early"


def undo_coding(payload: bytes, coding: str, *, max_bytes: int) -> tuple[bytes, tuple[Problem, ...]]:
    """The body that ``payload`` is coded from, and what was odd about it.

    ``coding`` is the value of Content-Encoding. Raises ``CannotDecode`` for a coding that is not known, a body that
    cannot be decoded at all, and one of more than ``max_bytes``.
    """
    name = coding.strip().lower()
    if name in {"identity", ""} or not payload:
        return _bounded(payload, max_bytes), ()
    decoded = _decode(payload, name, max_bytes)
    if decoded is not None and decoded.whole:
        return decoded.body, ()
    # Coded data has control characters in every other line; what has none was decoded before it was stored.
    if decoded is None or _looks_like_text(payload):
        stale = Problem(code="content-coding-stale", message=f"Declared {name}, but the body is not coded.")
        return _bounded(payload, max_bytes), (stale,)
    if not decoded.body:
        raise CannotDecode("content-coding-broken", f"The coded body cannot be decoded: {decoded.error}.")
    cut = Problem(code="content-cut", message="The coded body ends early or is damaged; what came was read.")
    return decoded.body, (cut,)


def _decode(payload: bytes, name: str, max_bytes: int) -> _Decoded | None:
    """What a decoder makes of ``payload``, ``None`` where that does not begin like anything of this coding."""
    if name in {"gzip", "x-gzip"}:
        return _inflate(payload, zlib.MAX_WBITS | 16, max_bytes) if payload.startswith(_GZIP_MAGIC) else None
    if name == "deflate":
        # RFC 9110 section 8.4.1.2 means zlib data; many servers send raw deflate, and every browser takes both.
        zlib_header = len(payload) > 1 and payload[0] & 0x0F == 8 and (payload[0] << 8 | payload[1]) % 31 == 0
        return _inflate(payload, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS, max_bytes)
    if name == "br":
        return _unbrotli(payload, max_bytes)
    if name == "zstd":
        return _unzstd(payload, max_bytes) if payload.startswith(_ZSTD_MAGIC) else None
    raise CannotDecode("content-coding-unknown", f"The content coding {name!r} is not one that can be read.")


def _bounded(body: bytes, max_bytes: int) -> bytes:
    if len(body) > max_bytes:
        raise CannotDecode("page-too-large", f"The body has {len(body)} bytes, more than {max_bytes}.")
    return body


def _bounded_output(out: bytearray, max_bytes: int) -> None:
    if len(out) > max_bytes:
        raise CannotDecode("page-too-large", f"The body decodes to more than {max_bytes} bytes.")


def _inflate(payload: bytes, wbits: int, max_bytes: int) -> _Decoded:
    out = bytearray()
    for _ in range(MAX_MEMBERS):
        inflater = zlib.decompressobj(wbits)
        try:
            out += inflater.decompress(payload, max_bytes + 1 - len(out))
        except zlib.error as error:
            return _Decoded(bytes(out), whole=False, error=str(error))
        _bounded_output(out, max_bytes)
        if not inflater.eof:
            return _Decoded(bytes(out), whole=False)
        # A gzip body may have several members (RFC 1952 section 2.2); padding after the last is ignored.
        payload = inflater.unused_data
        if not payload.startswith(_GZIP_MAGIC):
            return _Decoded(bytes(out), whole=True)
    return _Decoded(bytes(out), whole=False)


def _unbrotli(payload: bytes, max_bytes: int, bytewise_from: int | None = None) -> _Decoded:
    decompressor = brotli.Decompressor()
    out = bytearray()
    start = 0
    while start < len(payload) and not decompressor.is_finished():
        end = start + (_PIECE_BYTES if bytewise_from is None or start < bytewise_from else 1)
        piece = payload[start:end]
        try:
            while decoded := decompressor.process(piece, output_buffer_limit=max_bytes + 1 - len(out)):
                out += decoded
                _bounded_output(out, max_bytes)
                piece = b""
        except brotli.error as error:
            if bytewise_from is None:
                # What the decoder made of a piece is lost when it meets an error in it, or bytes after the end.
                return _unbrotli(payload, max_bytes, bytewise_from=start)
            return _Decoded(bytes(out), whole=False, error=str(error))
        start = end
    return _Decoded(bytes(out), whole=decompressor.is_finished())


def _unzstd(payload: bytes, max_bytes: int) -> _Decoded:
    out = bytearray()
    for _ in range(MAX_MEMBERS):
        inflater = zstd.ZstdDecompressor(None, {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG})
        try:
            out += inflater.decompress(payload, max_bytes + 1 - len(out))
        except zstd.ZstdError as error:
            return _Decoded(bytes(out), whole=False, error=str(error))
        _bounded_output(out, max_bytes)
        if not inflater.eof:
            return _Decoded(bytes(out), whole=False)
        # A body may have several frames (RFC 8878 section 3); padding after the last is ignored.
        payload = inflater.unused_data
        if not payload.startswith(_ZSTD_MAGIC):
            return _Decoded(bytes(out), whole=True)
    return _Decoded(bytes(out), whole=False)


def _looks_like_text(payload: bytes) -> bool:
    start = payload[:_PROBE_BYTES]
    return bool(start) and len(start.translate(None, _NEVER_IN_TEXT)) == len(start)
