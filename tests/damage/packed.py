"""Tools to do damage to a snapshot: to its bytes, or to what is in it with every seal around it made to fit again."""

from __future__ import annotations

import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import from_json, to_line
from newsarchive.snapshot import contents
from newsarchive.warc.wacz import INDEX, INDEX_OF_INDEX, PACKAGE, PACKAGE_DIGEST, PAGES, WaczWriter, document
from newsarchive.warc.wacz_reader import WaczFile

Files = dict[str, bytes]
WHEN = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PackedLab:
    """The snapshot at ``path``."""

    path: Path

    def files(self) -> Files:
        """Every file in it, in its order."""
        with zipfile.ZipFile(self.path) as packed:
            return {name: packed.read(name) for name in packed.namelist()}

    # Damage to bytes.

    def edit(self, change: Callable[[bytes], bytes]) -> None:
        """Change the bytes of the whole, and nothing else."""
        self.path.write_bytes(change(self.path.read_bytes()))

    def place(self, path: str) -> tuple[int, int]:
        """Where the content of a file begins, and how long it is."""
        with WaczFile(self.path) as wacz:
            stretch = wacz.stretches[path]
            return stretch.offset, stretch.length

    def flip(self, path: str, offset: int, *, with_crc: bool = False) -> None:
        """Turn round one bit of a file; ``with_crc``: and have the CRC-32 of the ZIP fit."""
        start, length = self.place(path)
        data = bytearray(self.path.read_bytes())
        before = zlib.crc32(data[start : start + length])
        data[start + offset] ^= 0x10
        after = zlib.crc32(data[start : start + length])
        self.path.write_bytes(
            data.replace(struct.pack("<I", before), struct.pack("<I", after)) if with_crc else bytes(data)
        )

    def write(self, files: Files, *, method: int = zipfile.ZIP_STORED, methods: dict[str, int] | None = None) -> None:
        """Pack ``files`` as they are, seals and all."""
        with zipfile.ZipFile(self.path, "w", method) as packed:
            for name, data in files.items():
                packed.writestr(name, data, compress_type=(methods or {}).get(name))

    def change(self, how: Callable[[Files], object]) -> None:
        """Change files, and no seal."""
        files = self.files()
        how(files)
        self.write(files)

    def add(self, path: str, data: bytes) -> None:
        """Add a file to the ZIP, though there may be one of that name."""
        with warnings.catch_warnings(), zipfile.ZipFile(self.path, "a") as packed:
            warnings.simplefilter("ignore")
            packed.writestr(path, data)

    # Damage within, with every seal made to fit.

    def reseal(self, how: Callable[[Files], object], *, description: dict[str, Any] | None = None) -> None:
        """Change files, and have index of the index, pages, manifest and data package fit, as far as they are there."""
        files = self.files()
        before = dict(files)
        how(files)
        package = json.loads(before[PACKAGE])
        if files.get(contents.ARTICLES) != before[contents.ARTICLES] and contents.ARTICLES in files:
            _fit_articles(files, before)
        described = {
            key: package[key] for key in package if key not in {"profile", "wacz_version", "created", "resources"}
        }
        with self.path.open("wb") as file:
            wacz = WaczWriter(file, created_at=datetime.fromisoformat(package["created"]))
            for name, data in files.items():
                if name == INDEX and data != before[INDEX]:
                    wacz.add_index(zlib.decompress(data, zlib.MAX_WBITS | 16).splitlines(keepends=True))
                elif name not in {PACKAGE, PACKAGE_DIGEST} and (
                    name != INDEX_OF_INDEX or files[INDEX] == before[INDEX]
                ):
                    wacz.add(name, [data])
            wacz.finish({**described, **(description or {})})

    def articles(self, how: Callable[[list[Article]], list[Article]]) -> None:
        """Change the articles, and have everything else fit."""

        def change(files: Files) -> None:
            articles = [from_json(line, Article) for line in files[contents.ARTICLES].splitlines()]
            files[contents.ARTICLES] = b"".join(map(to_line, how(articles)))

        self.reseal(change)

    def index(self, how: Callable[[list[bytes]], list[bytes]]) -> None:
        """Change the lines of the index, and have everything else fit."""

        def change(files: Files) -> None:
            lines = zlib.decompress(files[INDEX], zlib.MAX_WBITS | 16).splitlines(keepends=True)
            files[INDEX] = b"".join(how(lines))
            compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
            files[INDEX] = compressor.compress(files[INDEX]) + compressor.flush()

        self.reseal(change)

    def manifest(self, how: Callable[[dict[str, Any]], object]) -> None:
        """Change the manifest, and have the data package fit."""
        self.json(contents.MANIFEST, how)

    def json(self, path: str, how: Callable[[dict[str, Any]], object]) -> None:
        """Change a JSON document, and have the data package fit."""

        def change(files: Files) -> None:
            content = json.loads(files[path])
            how(content)
            files[path] = document(content)

        self.reseal(change)

    def package(self, how: Callable[[dict[str, Any]], object], *, with_digest: bool = True) -> None:
        """Change the data package; ``with_digest``: and have its digest fit, unsigned."""

        def change(files: Files) -> None:
            package = json.loads(files[PACKAGE])
            how(package)
            files[PACKAGE] = document(package)
            if with_digest:
                files[PACKAGE_DIGEST] = document({"path": PACKAGE, "hash": str(Digest.of(files[PACKAGE]))})

        self.change(change)

    def signed(self, how: Callable[[dict[str, Any]], object]) -> None:
        """Change the digest of the data package and what signs it."""

        def change(files: Files) -> None:
            sealed = json.loads(files[PACKAGE_DIGEST])
            how(sealed)
            files[PACKAGE_DIGEST] = document(sealed)

        self.change(change)


def _fit_articles(files: Files, before: Files) -> None:
    lines = files[contents.ARTICLES].splitlines(keepends=True)
    try:
        articles = [from_json(line, Article) for line in lines]
    except ValueError:
        pass
    else:
        if files[PAGES] == before[PAGES]:
            files[PAGES] = b"".join(contents.pages(articles))
    manifest = json.loads(files[contents.MANIFEST])
    manifest["articles_digest"] = str(Digest.of(files[contents.ARTICLES]))
    files[contents.MANIFEST] = document(manifest)
