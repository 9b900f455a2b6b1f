"""Copies of WARC files for tools that read less, or otherwise, than we write."""

from __future__ import annotations

import gzip
from base64 import b32encode
from collections.abc import Set
from pathlib import Path

from newsarchive.warc.reader import read_records
from newsarchive.warc.records import Record


def copy_warc(source: Path, target: Path, *, without: Set[str] = frozenset(), base32: bool = False) -> None:
    """Copy a WARC record by record. ``without``: ids of records to leave out; ``base32``: spell digests in Base32."""
    data = source.read_bytes()
    with target.open("wb") as file:
        for offset, length, record in read_records(source):
            member = data[offset : offset + length]
            if record.id not in without:
                file.write(_in_base32(member, record) if base32 else member)


def _in_base32(member: bytes, record: Record) -> bytes:
    plain = gzip.decompress(member)
    for name in ("WARC-Block-Digest", "WARC-Payload-Digest"):
        if (digest := record.header(name)) is not None:
            algorithm, _, value = digest.partition(":")
            spelled = f"{algorithm}:{b32encode(bytes.fromhex(value)).decode()}"
            plain = plain.replace(f"{name}: {digest}".encode(), f"{name}: {spelled}".encode())
    return gzip.compress(plain)
