"""The vital signs of one crawl: what it saw of the site as a whole, for ``outcome`` to judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from newsarchive.crawl.clock import http_date
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture

JUDGED_KINDS = frozenset({"article", "liveblog"})
"""Kinds of pages that have text and a Stand; a video or a gallery may do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that went wrong at one address: the ``code`` of why, and a sentence for people."""

    code: str
    url: str
    message: str


@dataclass(slots=True)
class ChannelSigns:
    """What one channel gave: pages ``read``, pages ``unmodified`` since they were last read and pages ``kept`` in the
    collection for good, ``links`` on them and how many of these are addresses of ``articles``, and what went wrong."""

    read: int = 0
    unmodified: int = 0
    kept: int = 0
    links: int = 0
    articles: int = 0
    first_link: str | None = None
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def is_alive(self) -> bool:
        """Whether any of its pages could be had."""
        return bool(self.read or self.unmodified or self.kept)


@dataclass(slots=True)
class Vitals:
    """``channels`` by name; ``articles`` that were read and judged by their fields, and how many of them miss which
    field; ``troubles``: the first of each kind among the pages of articles; ``looked_again`` at so many known pages,
    of which ``removed`` were gone; ``clock_off_s``: how far the clock of the server is ahead of this one, as far as
    can be told."""

    channels: dict[str, ChannelSigns] = field(default_factory=dict)
    articles: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    looked_again: int = 0
    removed: int = 0
    clock_off_s: float | None = None

    def channel(self, name: str) -> ChannelSigns:
        """The signs of the channel called ``name``."""
        return self.channels.setdefault(name, ChannelSigns())

    def note_trouble(self, code: str, url: str, message: str) -> None:
        """Keep the first page of an article that went wrong so."""
        self.troubles.setdefault(code, Trouble(code=code, url=url, message=message))

    def note_article(self, article: Article, floors: Iterable[str]) -> None:
        """Count which of the fields with a floor the article lacks."""
        if article.kind in JUDGED_KINDS:
            self.articles += 1
            self.missing.update(name for name in floors if not _has(article, name))

    def may_be_empty(self, *, asks_for_days: bool) -> bool:
        """Whether a healthy run may find no links: on some days nothing is published, and a list that has not changed
        is not read again."""
        return asks_for_days or any(channel.unmodified or channel.kept for channel in self.channels.values())

    def note_textless(self) -> None:
        """Count a page with the layout of an article in which nothing was found."""
        self.articles += 1
        self.missing["body"] += 1

    def note_answer(self, stored: StoredCapture) -> None:
        """Compare clocks. A cache may answer with an old Date, so the answer that is nearest counts."""
        said = http_date(stored.header("Date"))
        if said is None or stored.record_type == "resource":
            return
        age = stored.header("Age") or ""
        off_s = (said - stored.ref.captured_at).total_seconds() + (int(age) if age.isdecimal() else 0)
        if self.clock_off_s is None or abs(off_s) < abs(self.clock_off_s):
            self.clock_off_s = off_s


def _has(article: Article, name: str) -> bool:
    """Whether the article has the field; of ``body``, whether it has a paragraph or an entry."""
    if name == "body":
        return any(block.kind == "paragraph" for block in article.body) or bool(article.updates)
    return bool(getattr(article, name))
