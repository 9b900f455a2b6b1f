"""The gate itself: every field that is spoilt in an article costs its score, so that no floor holds by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from newsarchive.model.article import Article, Block, Byline
from tests.corpus import case_named, needs_corpus
from tests.quality.expected import expect
from tests.quality.scoring import FIELDS, Score, read, score

pytestmark = needs_corpus

Spoil = Callable[[Article], Article]


def _in_body(kind: str, change: Callable[[Block], Block]) -> Spoil:
    def spoil(article: Article) -> Article:
        place = next(number for number, block in enumerate(article.body) if block.kind == kind)
        block = change(article.body[place])
        return replace(article, body=(*article.body[:place], block, *article.body[place + 1 :]))

    return spoil


def _swap(article: Article) -> Article:
    places = [number for number, block in enumerate(article.body) if block.kind == "paragraph"]
    body = list(article.body)
    body[places[0]], body[places[-1]] = body[places[-1]], body[places[0]]
    return replace(article, body=tuple(body))


def _first(name: str, **change: object) -> Spoil:
    def spoil(article: Article) -> Article:
        first, *rest = getattr(article, name)
        spoilt: dict[str, Any] = {name: (replace(first, **change), *rest)}
        return replace(article, **spoilt)

    return spoil


SPOILT: list[tuple[str, str, Spoil]] = [
    ("topline", "e2b-ahrtal", lambda article: replace(article, topline=None)),
    ("headline", "e2b-ahrtal", lambda article: replace(article, headline=f"{article.topline} {article.headline}")),
    ("label", "e2a-marktbericht", lambda article: replace(article, label="Analyse")),
    ("label", "e2b-ahrtal", lambda article: replace(article, label="Analyse")),
    ("section", "e2b-ahrtal", lambda article: replace(article, section=("Startseite", *article.section))),
    (
        "stand",
        "e2b-ahrtal",
        lambda article: replace(article, stand=article.stand and article.stand + timedelta(hours=1)),
    ),
    ("stand", "e2b-ahrtal", lambda article: replace(article, stand_raw="Stand: heute")),
    ("lead", "e2b-ahrtal", lambda article: replace(article, lead=(article.lead or "") + ".")),
    ("paragraphs", "e3-terrorverdacht", _in_body("paragraph", lambda block: replace(block, text=f"{block.text}."))),
    ("paragraphs", "e3-terrorverdacht", _in_body("paragraph", lambda block: replace(block, kind="quote"))),
    ("paragraphs", "e3-terrorverdacht", _swap),
    ("subheadings", "e3-terrorverdacht", _in_body("heading", lambda block: replace(block, kind="paragraph"))),
    ("text", "e3-terrorverdacht", lambda article: replace(article, text=article.text[:-1])),
    ("kept out", "e2b-ahrtal", lambda article: replace(article, text=f"{article.text}\n\nVon Christin Jordan")),
    ("byline", "e2a-thaci-0", _first("authors", organisation=None)),
    ("byline", "e3-terrorverdacht", lambda article: replace(article, authors=read_authors("e2a-thaci-0"))),
    ("tags", "e2b-ahrtal", _first("tags", slug=None)),
    ("tags", "e2b-ahrtal", lambda article: replace(article, tags=article.tags[::-1])),
    ("media", "e2a-thaci-0", lambda article: replace(article, media=article.media[:1])),
    ("media", "e1-khashoggi-0", _first("media", raw=None)),
    ("broadcasts", "e3-terrorverdacht", _first("broadcasts", station=None)),
    ("broadcasts", "e3-terrorverdacht", _first("broadcasts", at=None)),
    ("infobox", "e2a-marktbericht", _in_body("infobox", lambda block: replace(block, title=None))),
    ("pictures", "e2a-spareinlagen", _first("images", alt="Ein Sparbuch | dpa")),
    ("pictures", "e2a-spareinlagen", lambda article: replace(article, images=(*article.images, *article.images))),
    ("related", "e2b-ahrtal", _first("related", url=None)),
]


@pytest.mark.parametrize(("name", "case", "spoil"), SPOILT, ids=[f"{name}-{case}" for name, case, _ in SPOILT])
def test_spoilt_field_costs_its_score(name: str, case: str, spoil: Spoil) -> None:
    article, expected = read(case_named(case)).article, expect(case_named(case))
    assert article is not None
    assert _is_perfect(score(article, expected)[name])

    assert not _is_perfect(score(spoil(article), expected)[name])


def test_every_field_is_spoilt_once() -> None:
    assert {name for name, _, _ in SPOILT} == set(FIELDS)


def test_no_article_scores_nothing() -> None:
    scores = score(None, expect(case_named("e2b-ahrtal")))

    assert all(part is not None and part.right == 0 for part in scores.values())
    assert sum(part.expected for part in scores.values() if part is not None) == 39


def read_authors(case: str) -> tuple[Byline, ...]:
    """The authors of another page."""
    article = read(case_named(case)).article
    assert article is not None
    return article.authors


def _is_perfect(part: Score | None) -> bool:
    return part is not None and part.right == part.expected and not part.extra
