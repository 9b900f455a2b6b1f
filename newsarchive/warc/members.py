"""The content of a WARC file, whatever its compression, as one stream that knows where members start and end.

A *member* is what can be decompressed alone: a gzip member (WARC 1.1 Annex D), a Zstandard frame (Zstandard
Compression for WARC Files 1.0), or the whole of a file that is not compressed. The stream stops at each member
that begins with a record, so that a record which claims more than its member holds cannot swallow the next.

Never more than a window of the file is in memory.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import BinaryIO, Literal, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compression = Literal["plain", "gzip", "zstd"]
"""How a WARC file is compressed; ``plain``: not at all."""

MAX_DICTIONARY_BYTES = 8 * 1024 * 1024
"""The largest dictionary that readers of zstd WARCs need to take."""

_WINDOW_BYTES = 64 * 1024
_MAX_WINDOW_LOG = 27  # 128 MiB: what a zstd decoder takes by default
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"
_MEMBER = {
    "gzip": re.compile(re.escape(_GZIP_MAGIC)),
    # Skippable frames (RFC 8878 section 3.1.2) are read by the decoder as frames without content.
    "zstd": re.compile(re.escape(_ZSTD_MAGIC) + rb"|[\x50-\x5f]\x2a\x4d\x18"),
}
_RECORD_START = re.compile(rb"WARC/\d{1,3}\.\d{1,3}[ \t]*\r?\n[A-Za-z][A-Za-z0-9-]*[ \t]*:")
_RECORD_START_BYTES = 128
_RECORD_MARK = b"WARC/"
_ARC_MARK = b"filedesc:"
_SEARCH_BYTES = 256 * 1024
_PROBE_BYTES = 1024
_BLANK = b"\r\n"


class NotWarc(ValueError):
    """The file is no WARC file that can be read; the message says what it is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcForm:
    """What must be known of a WARC file to read from any of its records on."""

    compression: Compression
    dictionary: zstd.ZstdDict | None = None

    def inflater(self) -> Inflater:
        """What decompresses one member; only where there is a compression."""
        if self.compression == "gzip":
            return _GzipInflater()
        return zstd.ZstdDecompressor(self.dictionary, {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG})

    def content_start(self, data: bytes) -> bytes:
        """The first bytes of content of the member that ``data`` begins with; none where it begins none."""
        if self.compression == "plain":
            return data[:_RECORD_START_BYTES]
        try:
            while True:
                inflater = self.inflater()
                content = inflater.decompress(data, _RECORD_START_BYTES)
                if content or not inflater.eof or not (data := inflater.unused_data):
                    return content
        except (zlib.error, zstd.ZstdError):
            return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Damage: the ``offset`` in the file of the member that has it, the ``reason``, whether the file ends there."""

    offset: int
    reason: str
    cut: bool


class Inflater(Protocol):
    """Decompresses one member; the interface of ``zstd.ZstdDecompressor``."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete, its checksum included."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out before more is put in."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came behind the end of the member."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most ``max_length`` bytes more of the content; ``data`` is kept as far as it is not needed yet."""
        ...


class _GzipInflater:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = len(out) < max_length and not self._zlib.unconsumed_tail
        return out


class MemberStream:
    """The content of ``file``.

    ``position`` counts the bytes of content before the next one. ``failure`` says why the content ends early; ``None``
    as long as nothing is wrong.
    Raises ``OSError`` as the file does, and nothing else.
    """

    def __init__(self, file: BinaryIO, form: WarcForm) -> None:
        self._file = file
        self._form = form
        self._plain = form.compression == "plain"
        self._size = file.seek(0, SEEK_END)
        self._start_at(0)
        self.position = 0

    def _start_at(self, offset: int) -> None:
        self._file.seek(offset)
        self._raw = b""
        self._raw_offset = offset
        self._inflater: Inflater | None = None
        self._member_offset = offset
        self._buffer = bytearray()
        self._waiting: bytes | None = None
        # Where in the file the members start and end that do so at a position in the content.
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self.failure: Failure | None = None

    def fill(self) -> bool:
        """Get some more content within reach; ``False`` where the next record, the file or what is sound ends."""
        before = len(self._buffer)
        if self._plain:
            self._buffer += self._file.read(_WINDOW_BYTES)
        while len(self._buffer) == before and self._waiting is None and self.failure is None:
            if self._inflater is not None:
                self._inflate()
            elif self._plain or not self._start_member():
                break
        return len(self._buffer) > before

    def next_record(self) -> bool:
        """Go on to the record that begins the next member; ``False`` where none was met."""
        if self._waiting is None:
            return False
        self._buffer += self._waiting
        self._waiting = None
        return True

    def peek(self, size: int) -> bytes:
        """The next ``size`` bytes, fewer where the content ends."""
        while len(self._buffer) < size and self.fill():
            pass
        return bytes(self._buffer[:size])

    def find(self, pattern: re.Pattern[bytes], limit: int) -> re.Match[bytes] | None:
        """The first match of ``pattern`` that begins in the next ``limit`` bytes; its span counts from ``position``.

        Matches of more than three bytes may be missed.
        """
        searched = 0
        while (match := pattern.search(self._buffer, searched)) is None:
            searched = max(0, len(self._buffer) - 2)
            if searched > limit or not self.fill():
                return None
        return match if match.start() < limit else None

    def take(self, size: int) -> Iterator[bytes]:
        """The next ``size`` bytes piece by piece; fewer where the content ends."""
        while size > 0 and (self._buffer or self.fill()):
            piece = bytes(self._buffer[:size])
            self._drop(len(piece))
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> int:
        """Skip ``size`` bytes; how many there were."""
        if not self._plain:
            return sum(len(piece) for piece in self.take(size))
        size = max(0, min(size, self._size - self.position))
        self.go_to(self.position + size)
        return size

    def skip_blank(self) -> None:
        """Skip every line end before the next other byte."""
        while self._buffer or self.fill():
            self._drop(len(self._buffer) - len(self._buffer.lstrip(_BLANK)))
            if self._buffer:
                return

    def skip_line_ends(self, most: int) -> int:
        """Skip line ends, at most so many; how many there were."""
        count = 0
        while count < most:
            line_end = self.peek(2)
            if line_end != b"\r\n" and line_end[:1] != b"\n":
                break
            self._drop(2 if line_end == b"\r\n" else 1)
            count += 1
        return count

    def skip_to_record(self) -> bool:
        """Skip what is no record: up to the next in this member, or to its end; whether one was found."""
        while (match := _RECORD_START.search(self._buffer)) is None:
            self._drop(max(0, len(self._buffer) - _RECORD_START_BYTES))
            if not self.fill():
                self._drop(len(self._buffer))
                return False
        self._drop(match.start())
        return True

    def skip_damage(self) -> int | None:
        """Go on behind ``failure``, at the next member that begins with a record; its offset, ``None`` for none."""
        if self.failure is None:
            return None
        position = self.position
        found = find_record(self._file, self._form, self.failure.offset + 1)
        self._start_at(self._size if found is None else found)
        self.position = position
        return found

    def member_start(self) -> int | None:
        """Offset in the file of the member that begins at ``position``, ``None`` in the middle of one."""
        return self._starts.get(self.position)

    def member_end(self) -> int | None:
        """Offset in the file of the end of a member of which nothing but line ends remains, otherwise ``None``.

        Checks the checksum of the member; what is wrong with it is in ``failure``.
        """
        while True:
            self._drop(len(self._buffer) - len(self._buffer.lstrip(_BLANK)))
            if self._buffer:
                return None
            if self.position in self._ends:
                return self._ends[self.position]
            if self._inflater is None or self._waiting is not None:
                return None
            self._inflate()

    def remaining(self) -> int | None:
        """How many bytes of content are left; ``None`` where only decompressing would tell."""
        return self._size - self.position if self._plain else None

    def look_ahead(self, distance: int, size: int) -> bytes:
        """``size`` bytes that come after ``distance`` others; only in a file that is not compressed."""
        if distance + size <= len(self._buffer):
            return bytes(self._buffer[distance : distance + size])
        self._file.seek(self.position + distance)
        data = self._file.read(size)
        self._file.seek(self.position + len(self._buffer))
        return data

    def go_to(self, position: int) -> None:
        """Go on at ``position``; only in a file that is not compressed."""
        self._buffer.clear()
        self._file.seek(position)
        self.position = position

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self.position += size
        for edges in (self._starts, self._ends):
            for passed in [edge for edge in edges if edge < self.position]:
                del edges[passed]

    def _start_member(self) -> bool:
        """Open the next member and look how it begins; ``False`` where there is none."""
        while len(self._raw) < len(_ZSTD_MAGIC) and (data := self._file.read(_WINDOW_BYTES)):
            self._raw += data
        if not self._raw:
            return False
        self._member_offset = self._raw_offset
        if not _MEMBER[self._form.compression].match(self._raw):
            self._fail("the bytes there begin no record")
            return False
        before = len(self._buffer)
        self._starts[self.position + before] = self._raw_offset
        self._inflater = self._form.inflater()
        while len(self._buffer) < before + len(_RECORD_MARK) and self._inflater is not None:
            self._inflate()
        if self._buffer[before:].startswith(_RECORD_MARK):
            self._waiting = bytes(self._buffer[before:])
            del self._buffer[before:]
        return True

    def _inflate(self) -> None:
        """Inflate some more of the member that is open."""
        if self._inflater is None:
            return
        if self._inflater.needs_input and not self._raw:
            self._raw = self._file.read(_WINDOW_BYTES)
            if not self._raw:
                self._fail("the file ends in the middle of a record", cut=True)
                return
        data = b""
        if self._inflater.needs_input:
            data, self._raw = self._raw, b""
            self._raw_offset += len(data)
        try:
            self._buffer += self._inflater.decompress(data, _WINDOW_BYTES)
        except (zlib.error, zstd.ZstdError) as error:
            self._fail(f"it cannot be decompressed ({error})")
            return
        if self._inflater.eof:
            self._raw = self._inflater.unused_data + self._raw
            self._raw_offset -= len(self._inflater.unused_data)
            self._ends.setdefault(self.position + len(self._buffer), self._raw_offset)
            self._inflater = None

    def _fail(self, reason: str, *, cut: bool = False) -> None:
        self.failure = Failure(offset=self._member_offset, reason=reason, cut=cut)
        self._inflater = None


def open_form(file: BinaryIO) -> WarcForm:
    """How the WARC file is compressed. Raises ``NotWarc`` where no record can be found in it."""
    file.seek(0)
    head = file.read(_WINDOW_BYTES)
    if not head:
        raise NotWarc("the file is empty")
    form = _form_of(file, head)
    if form is None:
        found = {at: form for form in _FORMS if (at := find_record(file, form, 0)) is not None}
        if not found:
            raise NotWarc("it holds no WARC record")
        form = found[min(found)]
    if form.content_start(head).lstrip(_BLANK).startswith(_ARC_MARK):
        raise NotWarc("it is an ARC file; make a WARC file of it first, with “warcio recompress” for example")
    return form


def find_record(file: BinaryIO, form: WarcForm, offset: int) -> int | None:
    """Where in ``file`` the next member begins, from ``offset`` on, that begins with a record; ``None`` for nowhere."""
    plain = form.compression == "plain"
    pattern = _RECORD_START if plain else _MEMBER[form.compression]
    while True:
        file.seek(offset)
        window = file.read(_SEARCH_BYTES)
        last = len(window) < _SEARCH_BYTES
        end = len(window) if last else len(window) - _PROBE_BYTES
        for match in pattern.finditer(window):
            if match.start() >= end:
                break
            probe = window[match.start() : match.start() + _PROBE_BYTES]
            if plain or form.content_start(probe).startswith(_RECORD_MARK):
                return offset + match.start()
        if last:
            return None
        offset += end


_FORMS = (WarcForm(compression="plain"), WarcForm(compression="gzip"), WarcForm(compression="zstd"))


def _form_of(file: BinaryIO, head: bytes) -> WarcForm | None:
    if head.startswith(_GZIP_MAGIC):
        return WarcForm(compression="gzip")
    if head.startswith((_ZSTD_MAGIC, _DICTIONARY_MAGIC)):
        return WarcForm(compression="zstd", dictionary=_read_dictionary(file, head))
    return WarcForm(compression="plain") if head.lstrip(_BLANK).startswith((_RECORD_MARK, _ARC_MARK)) else None


def _read_dictionary(file: BinaryIO, head: bytes) -> zstd.ZstdDict | None:
    """The dictionary that a zstd WARC may begin with, itself compressed or not."""
    if not head.startswith(_DICTIONARY_MAGIC):
        return None
    size = int.from_bytes(head[4:8], "little")
    if size > MAX_DICTIONARY_BYTES:
        raise NotWarc(f"its zstd dictionary has {size} bytes, more than {MAX_DICTIONARY_BYTES}")
    file.seek(8)
    data = file.read(size)
    try:
        if data.startswith(_ZSTD_MAGIC):
            data = WarcForm(compression="zstd").inflater().decompress(data, MAX_DICTIONARY_BYTES)
        dictionary = zstd.ZstdDict(data)
        WarcForm(compression="zstd", dictionary=dictionary).inflater()
        return dictionary
    except (zstd.ZstdError, ValueError) as error:
        raise NotWarc(f"its zstd dictionary is damaged ({error})") from error
