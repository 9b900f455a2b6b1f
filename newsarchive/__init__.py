"""Scraper and archiver for news sites: wire-true WARC, tracked revisions, clean articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from newsarchive.export.archive import Archive

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(path: str | os.PathLike[str]) -> Archive:
    """Open a collection (``archive/tagesschau``) or a directory of collections (``archive``) for reading.

    ``newsarchive.open("archive/tagesschau").articles("published:2026")`` are its articles of 2026, as typed records.
    Raises ``newsarchive.errors.NotACollection`` where there is none.
    """
    from newsarchive.export.archive import Archive

    return Archive.open(path)
