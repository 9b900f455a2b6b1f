"""What a format is given: the articles of one site, a stream that is read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsarchive.model.article import Article
from newsarchive.model.capture import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """The selected ``articles`` of ``site`` that an export does not have yet; ``since`` the collection was made."""

    site: str
    since: Instant
    articles: Iterator[Article]
