"""A collection of any number of articles, with edits, removals and returns, made without crawling or extracting.

All goes through the writer of the collection, so that files, catalog and counts are what crawls would have left; only
pages are short, since nobody reads them again, and nothing waits for the disk. Words are those of the sample site, and
among them invented ones, as seldom as the words of a language are.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal
from unittest import mock
from urllib.parse import urlsplit

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Tag
from newsarchive.model.capture import Capture, CaptureRef, StoredCapture
from newsarchive.model.crawl import Funnel
from newsarchive.model.digest import Digest
from newsarchive.model.links import Link
from newsarchive.model.revision import content_digest
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from newsarchive.sites.registry import get_site

SITE = "tagesschau"
BASE_URL = "https://nachrichten.example"
SPAN = timedelta(days=730)
"""The runs of a collection are spread over so long a time."""

_MODELS = 60
_HTML = "text/html; charset=utf-8"
_SYLLABLES = (
    "bor",
    "dal",
    "en",
    "fi",
    "gra",
    "hul",
    "im",
    "kor",
    "la",
    "mün",
    "nor",
    "ost",
    "pel",
    "rau",
    "sil",
    "tor",
)
_VOCABULARY = 60_000
_TAGS = 400
_EDITED, _SILENT, _REMOVED, _RETURNED = 0.25, 0.35, 0.03, 0.3
_LATEST_RUN = 40
"""After so many runs nothing happens to an article any more."""

_Deed = Literal["edit", "silent", "remove", "return"]


class Newsroom:
    """Invents articles from number ``first`` on, and what becomes of them; the same for the same ``seed``."""

    def __init__(self, seed: int, first: int = 0) -> None:
        self._chance = Random(seed)  # noqa: S311 (invention, not secrets)
        self._due: defaultdict[int, list[tuple[_Deed, int]]] = defaultdict(list)
        self._alive: dict[int, Article] = {}
        self._runs = 0
        self._number = first
        self._models = _models()
        self._paragraphs = tuple(
            dict.fromkeys(
                block.text
                for model in self._models
                for block in model.body
                if block.kind == "paragraph" and block.text is not None
            )
        )

    def write_run(self, collection: Collection, at: datetime, new: int) -> None:
        """Commit a run of that time: so many new articles, and what is due of the others."""
        with collection.begin_crawl(
            base_url=BASE_URL, versions={}, settings={}, warcinfo={"software": "invented"}, now=lambda: at
        ) as writer:
            told = [self._invent(at - timedelta(minutes=self._chance.randrange(1, 600))) for _ in range(new)]
            pending = [(article, writer.append(_capture(article, at))) for article in told]
            for article, future in pending:
                stored = _whole(future.result())
                writer.declare(_link(article, stored, at))
                writer.write_article(replace(article, capture=stored.ref))
            for deed, number in self._due.pop(self._runs, []):
                self._do(writer, deed, number, at)
            writer.finish("finished", "finished", funnel=self._funnel(at.date(), new))
        self._runs += 1

    def _invent(self, stand: datetime) -> Article:
        chance, number = self._chance, self._number
        self._number += 1
        model = self._models[number % len(self._models)]
        url = f"{BASE_URL}{'/'.join(('', *model.section)).lower()}/meldung-{number}.html".replace(" ", "-")
        article = self._told(
            replace(
                model,
                article_id=f"meldung-{number}",
                url=url,
                canonical_url=url,
                headline=f"{self._word().capitalize()} {model.headline}",
                stand=stand,
                published_at=stand,
                first_published_at=stand,
                modified_at=stand,
                unavailable_after=None,
                tags=tuple(self._tag() for _ in range(chance.randrange(1, 4))),
            )
        )
        self._plan(number, article)
        return article

    def _plan(self, number: int, article: Article) -> None:
        chance = self._chance
        if chance.random() < _REMOVED:
            at = self._runs + chance.randrange(1, _LATEST_RUN)
            self._due[at].append(("remove", number))
            if chance.random() < _RETURNED:
                self._due[at + 1 + chance.randrange(_LATEST_RUN)].append(("return", number))
        elif chance.random() < _EDITED:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                deed: _Deed = "silent" if chance.random() < _SILENT else "edit"
                self._due[self._runs + chance.randrange(1, _LATEST_RUN)].append((deed, number))
        else:
            return
        self._alive[number] = article

    def _do(self, writer: CrawlWriter, deed: _Deed, number: int, at: datetime) -> None:
        article = self._alive[number]
        if deed == "remove":
            writer.gone(_whole(writer.append(_capture(article, at, status="404 Not Found")).result()), "http-404")
            return
        if deed == "return":
            writer.seen(replace(article, capture=_whole(writer.append(_capture(article, at)).result()).ref))
            return
        changed = self._told(replace(article, revision=article.revision + 1), keep=3)
        if changed.content_digest == article.content_digest:
            # Too short for that, so it gets another headline.
            changed = self._told(replace(changed, headline=f"{self._word().capitalize()} {changed.headline}"), keep=3)
        if deed == "edit":
            changed = replace(changed, stand=at, modified_at=at)
        self._alive[number] = changed
        stored = _whole(writer.append(_capture(changed, at)).result())
        writer.write_article(replace(changed, capture=stored.ref))

    def _told(self, article: Article, keep: int = 0) -> Article:
        """``article`` with other words in all its paragraphs but the first ``keep``."""
        fresh = iter(self._chance.sample(self._paragraphs, k=len(article.body)))
        body, met = [], 0
        for block in article.body:
            if block.kind == "paragraph":
                met += 1
                if met > keep:
                    block = replace(block, text=f"{next(fresh)} {self._word().capitalize()} und {self._word()}.")
            body.append(block)
        text = "\n\n".join(filter(None, (article.lead, *(block.text for block in body))))
        article = replace(article, body=tuple(body), text=text)
        return replace(article, content_digest=content_digest(article))

    def _word(self) -> str:
        return word(min(int(self._chance.paretovariate(0.5)), _VOCABULARY))

    def _tag(self) -> Tag:
        rank = min(int(self._chance.paretovariate(0.7)), _TAGS)
        return Tag(name=word(rank).capitalize(), slug=word(rank))

    def _funnel(self, day: date, new: int) -> tuple[Funnel, ...]:
        failed = int(self._chance.random() < 0.1)
        known = self._chance.randrange(20, 60)
        return (
            Funnel(
                channel="feed",
                day=day,
                declared=known + new + failed,
                known=known,
                fetched=new,
                extracted=new,
                failed=failed,
                reasons={"timeout": 1} if failed else {},
            ),
            Funnel(channel="sections", day=day, declared=known, known=known),
        )


def make_collection(root: Path, *, articles: int, runs: int, until: datetime, seed: int = 1) -> None:
    """Make a collection in ``root``: so many articles, found by so many runs in the time up to ``until``."""
    with (
        mock.patch.object(os, "fsync", return_value=None),
        Collection.create(root, SITE, now=lambda: until - SPAN) as collection,
        collection.lock(),
    ):
        newsroom = Newsroom(seed)
        for run in range(runs):
            new = articles * (run + 1) // runs - articles * run // runs
            newsroom.write_run(collection, until - SPAN + SPAN * (run + 1) / runs, new)


def _models() -> tuple[Article, ...]:
    """What is read in the pages of the sample site."""
    return tuple(_extracted())


def _extracted() -> Iterator[Article]:
    site = SampleSite(invent_stories(_MODELS, 1), base_url=BASE_URL, weight_bytes=0)
    for story in site.stories:
        page = site.respond(story.path, "", {}).body
        ref = CaptureRef(
            record_id="",
            warc="",
            offset=0,
            length=0,
            captured_at=story.published,
            status=200,
            payload_digest=Digest.of(page),
        )
        stored = StoredCapture(
            ref=ref,
            url=BASE_URL + story.path,
            record_type="response",
            content_type=_HTML,
            headers=(("Content-Type", _HTML),),
            payload=page,
        )
        article = extract(stored, get_site(SITE).at(BASE_URL)).article
        assert article is not None
        yield article


def word(rank: int) -> str:
    """A word of two to four syllables, another for each ``rank``."""
    parts = []
    number = rank
    while number or len(parts) < 2:
        number, part = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[part])
    return "".join(parts)


def _capture(article: Article, at: datetime, status: str = "200 OK") -> Capture:
    path = urlsplit(article.url).path
    body = f"<!DOCTYPE html><title>{article.article_id}, {article.revision}</title>".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {_HTML}\r\nContent-Length: {len(body)}\r\n\r\n"
    return Capture(
        url=article.url,
        started_at=at,
        sent=f"GET {path} HTTP/1.1\r\nHost: {urlsplit(BASE_URL).netloc}\r\n\r\n".encode(),
        received=head.encode() + body,
        ip_address="127.0.0.1",
    )


def _link(article: Article, stored: StoredCapture, at: datetime) -> Link:
    return Link(
        url=article.url, channel="feed", declared_at=at, listed_at=article.stand, record_id=stored.ref.record_id
    )


def _whole(stored: StoredCapture | None) -> StoredCapture:
    assert stored is not None
    return stored
