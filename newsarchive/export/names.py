"""What an article is called in an export: the same in every format, in every export, for good. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import Literal
from urllib.parse import quote

from newsarchive.model.article import Article

Split = Literal["train", "validation", "test"]

SPLITS: tuple[tuple[Split, int], ...] = (("train", 90), ("validation", 5), ("test", 5))
"""The splits and how many of a hundred articles are in each."""

_MAX_NAME = 150
"""Longest name made of an id; file systems take 255 bytes, and endings are still to come."""


def row_id(article: Article) -> str:
    """The id of one revision: ``tagesschau/deichbau-nordkuben-100@2``."""
    return f"{article.site}/{article.article_id}@{article.revision}"


def file_name(article: Article) -> str:
    """A file for one revision, without ending, in a directory for the month of the capture, in UTC.

    ``2026-11/deichbau-nordkuben-100@2``: month, id, revision. What cannot be in a file name is written as in addresses
    (``%2F``); an id too long for one is cut and ends with the beginning of its sha256.
    """
    name = quote(article.article_id, safe="")
    if len(name) > _MAX_NAME:
        name = f"{name[:_MAX_NAME]}~{_sha256(article.article_id)[:16]}"
    return f"{month(article)}/{name}@{article.revision}"


def month(article: Article) -> str:
    """The month of the capture, in UTC: ``2026-11``."""
    return f"{article.capture.captured_at.astimezone(UTC):%Y-%m}"


def split(site: str, article_id: str) -> Split:
    """The split that all revisions of an article are in, whatever else is exported: by the sha256 of site and id."""
    place = int(_sha256(f"{site}/{article_id}")[:8], 16) % 100
    for name, share in SPLITS:
        if place < share:
            return name
        place -= share
    raise AssertionError("the shares of the splits do not add up to 100")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
