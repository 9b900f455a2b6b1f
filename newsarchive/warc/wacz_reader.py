"""Reading a WACZ where it lies: its files, its index, its records; and what is wrong with it as a ZIP.

Files must be stored, as ours are, so that each is a stretch of the WACZ. What is otherwise is told, not guessed at.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self

from newsarchive.errors import UnreadableInput
from newsarchive.model.digest import Digest
from newsarchive.warc.wacz import INDEX, INDEX_OF_INDEX

ZipFault = Literal["unreadable", "name", "doubled", "not-stored", "header", "strange-bytes"]

_LOCAL_HEADER = struct.Struct("<4s2xHH4xIIIHH")
_LOCAL_BYTES = 30
_CENTRAL_BYTES = 46
_END_BYTES = {22, 22 + 20 + 56}
"""Of the end of the directory, with and without what ZIP64 adds (APPNOTE 4.3.14 to 4.3.16)."""
_TO_BE_FOUND_ELSEWHERE = 0xFFFFFFFF
_MAX_BLOCK_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Where a file lies in the WACZ, in bytes, and the CRC-32 that its entry gives."""

    path: str
    offset: int
    length: int
    crc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipFlaw:
    """What is wrong with a ZIP, and with which of its files (``""``: with the whole)."""

    fault: ZipFault
    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexBlock:
    """A block of the index: where it lies in ``INDEX``, its sha256, and key and time of its first line."""

    first: bytes
    offset: int
    length: int
    digest: str


class WaczFile:
    """The WACZ at ``path``. Close it or use it as a context manager.

    ``stretches``: its sound files by path; ``flaws``: what is wrong with it as a ZIP. Raises ``UnreadableInput`` where
    the file cannot be opened or has no directory.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
        self.length_bytes = os.fstat(self._file.fileno()).st_size
        self.stretches: dict[str, Stretch] = {}
        self.flaws: list[ZipFlaw] = []
        self._blocks: tuple[IndexBlock, ...] | None = None
        self._last_block: tuple[int, list[bytes]] = (-1, [])
        try:
            self._read_directory()
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, OSError) as error:
            self.close()
            raise UnreadableInput(path=path, reason=f"it is no whole ZIP file ({error})") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def at(self, path: str, offset: int, length: int) -> bytes:
        """The bytes at ``offset`` of a file, fewer at its end. Raises ``KeyError`` where there is no such file."""
        stretch = self.stretches[path]
        length = min(length, stretch.length - offset)
        return os.pread(self._file.fileno(), length, stretch.offset + offset) if length > 0 and offset >= 0 else b""

    def read(self, path: str) -> bytes:
        """A whole file; for small ones. Raises ``KeyError`` where there is none."""
        return self.at(path, 0, self.stretches[path].length)

    def open(self, path: str) -> BinaryIO:
        """A file, to be read from its start. Raises ``KeyError`` where there is none."""
        return io.BufferedReader(_Window(self._file.fileno(), self.stretches[path]), 256 * 1024)

    def blocks(self) -> tuple[IndexBlock, ...]:
        """The blocks of the index, in order. Raises ``ValueError`` where it is not of the form that ours has."""
        if self._blocks is None:
            try:
                lines = self.read(INDEX_OF_INDEX).splitlines()
            except KeyError as error:
                raise ValueError(f"there is no {INDEX_OF_INDEX}") from error
            self._blocks = tuple(_parse_block(line) for line in lines if not line.startswith(b"!meta "))
        return self._blocks

    def lines_of(self, number: int) -> list[bytes]:
        """The lines of one block of the index. Raises ``ValueError`` where it is none."""
        if self._last_block[0] != number:
            block = self.blocks()[number]
            try:
                member = self.at(INDEX, block.offset, block.length)
                inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
                data = inflater.decompress(member, _MAX_BLOCK_BYTES)
            except (KeyError, zlib.error) as error:
                raise ValueError(f"block {number} of the index cannot be read: {error}") from error
            if not inflater.eof or inflater.unused_data or len(member) != block.length:
                raise ValueError(f"block {number} of the index is not one gzip member")
            self._last_block = (number, data.splitlines(keepends=True))
        return self._last_block[1]

    def index_lines(self) -> Iterator[bytes]:
        """Every line of the index, in its order. Raises ``ValueError`` where it cannot be read."""
        for number in range(len(self.blocks())):
            yield from self.lines_of(number)

    def find(self, key: str) -> Iterator[bytes]:
        """The lines of the index that have ``key``. Raises ``ValueError`` where it cannot be read."""
        wanted = key.encode() + b" "
        blocks = self.blocks()
        low, high = 0, len(blocks)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if blocks[middle].first < wanted else (low, middle)
        # Lines with the key may begin in the block before the first one that begins with them.
        for number in range(max(low - 1, 0), len(blocks)):
            if number >= low and not blocks[number].first.startswith(wanted):
                return
            yield from (line for line in self.lines_of(number) if line.startswith(wanted))

    def _read_directory(self) -> None:
        with zipfile.ZipFile(self._file) as directory:
            infos = sorted(directory.infolist(), key=lambda info: info.header_offset)
            start = directory.start_dir
        end = 0
        for info in infos:
            if info.header_offset != end:
                self._flaw("strange-bytes", info.filename, "the bytes before it belong to no file")
            end = max(end, self._read_entry(info))
        # Names are UTF-8 in ours, where they are not ASCII; extra fields are kept as they are.
        central = sum(_CENTRAL_BYTES + len(_name(info)) + len(info.extra) + len(info.comment) for info in infos)
        if end != start or self.length_bytes - start - central not in _END_BYTES:
            self._flaw("strange-bytes", "", "there are bytes before or behind its directory that belong to nothing")

    def _read_entry(self, info: zipfile.ZipInfo) -> int:
        """Take in one file; where it ends."""
        name = info.filename
        header = os.pread(self._file.fileno(), _LOCAL_BYTES, info.header_offset)
        if len(header) < _LOCAL_BYTES:
            self._flaw("header", name, "it begins beyond the end")
            return info.header_offset
        mark, flags, method, crc, packed, length, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        behind = os.pread(self._file.fileno(), name_bytes, info.header_offset + _LOCAL_BYTES)
        offset: int = info.header_offset + _LOCAL_BYTES + name_bytes + extra_bytes
        end = offset + info.compress_size
        known = {_TO_BE_FOUND_ELSEWHERE}
        agrees = (
            mark == b"PK\x03\x04"
            and behind == _name(info)
            and method == info.compress_type
            and flags == info.flag_bits
            and crc == info.CRC
            and packed in known | {info.compress_size}
            and length in known | {info.file_size}
        )
        if not _is_plain(name) or "\x00" in info.orig_filename:
            self._flaw("name", name, "its name leads elsewhere, or is not spelled as one of a file")
        elif name in self.stretches:
            self._flaw("doubled", name, "there is another file of this name")
        elif info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            self._flaw("not-stored", name, "it is compressed or encrypted")
        elif not agrees or info.file_size != info.compress_size or end > self.length_bytes:
            self._flaw("header", name, "what stands before it is not what the directory says of it")
        else:
            self.stretches[name] = Stretch(path=name, offset=offset, length=info.file_size, crc=info.CRC)
        return end

    def _flaw(self, fault: ZipFault, path: str, reason: str) -> None:
        self.flaws.append(ZipFlaw(fault=fault, path=path, reason=reason))


class _Window(io.RawIOBase):
    """A stretch of a file, as a file."""

    def __init__(self, descriptor: int, stretch: Stretch) -> None:
        self._descriptor = descriptor
        self._stretch = stretch
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base: int = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._stretch.length}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._stretch.length - self._position)
        if length <= 0:
            return 0
        read = os.preadv(self._descriptor, [memoryview(buffer)[:length]], self._stretch.offset + self._position)
        self._position += read
        return read


def _name(info: zipfile.ZipInfo) -> bytes:
    """The name of an entry as it stands in the file."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        bool(parts) and str(PurePosixPath(name)) == name and ".." not in parts and name[0] != "/" and "\\" not in name
    )


def _parse_block(line: bytes) -> IndexBlock:
    try:
        key, timestamp, printed = line.split(b" ", 2)
        place = json.loads(printed)
        offset, length, digest = int(place["offset"]), int(place["length"]), str(Digest.parse(place["digest"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a line of the index of an index: {line[:200]!r}") from error
    return IndexBlock(first=b"%b %b " % (key, timestamp), offset=offset, length=length, digest=digest)
