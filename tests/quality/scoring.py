"""Scores: how much of what the page says a reading got right, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from typing import Any
from urllib.parse import unquote

import trafilatura

from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Extraction
from newsarchive.sites.registry import get_site
from tests.corpus import Case, fold, gold_cases
from tests.quality.expected import Expected, expect

FIELDS = (
    "topline",
    "headline",
    "label",
    "section",
    "stand",
    "lead",
    "paragraphs",
    "subheadings",
    "text",
    "kept out",
    "byline",
    "tags",
    "media",
    "broadcasts",
    "infobox",
    "pictures",
    "related",
)
"""``text``: the whole running text, exactly. ``kept out``: lines of teasers, players and boxes that stay out of it.
``pictures``: description, caption and credit, each by itself."""


@dataclass(frozen=True, slots=True)
class Score:
    """``right`` of ``expected`` values, and ``extra`` ones that the page does not give."""

    right: int
    expected: int
    extra: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.expected + other.expected, self.extra + other.extra)

    @property
    def share(self) -> float:
        """Part that is right; 1 where nothing is expected."""
        return self.right / self.expected if self.expected else 1.0

    def __str__(self) -> str:
        return f"{self.right}/{self.expected}" + (f" +{self.extra}" if self.extra else "")


Scores = dict[str, Score | None]
"""Score of each field, ``None`` for a field that the program does not have."""


@cache
def read(case: Case) -> Extraction:
    """The capture of ``case`` as newsarchive reads it."""
    return extract(case.stored(), get_site("tagesschau"))


@cache
def read_plainly(case: Case) -> dict[str, Any]:
    """The page of ``case`` as trafilatura reads it by itself, recall and precision in balance."""
    document = trafilatura.bare_extraction(
        case.page.decode("utf-8"), favor_precision=False, include_tables=True, deduplicate=False, with_metadata=True
    )
    return {} if document is None or isinstance(document, dict) else document.as_dict()


def score_era(era: str) -> tuple[Scores, Scores]:
    """Scores over the gold pages of ``era``: of newsarchive, of plain trafilatura."""
    ours: list[Scores] = []
    plain: list[Scores] = []
    for case in gold_cases():
        if case.era == era:
            expected = expect(case)
            ours.append(score(read(case).article, expected))
            plain.append(score_plainly(read_plainly(case), expected))
    return _total(ours), _total(plain)


def score(article: Article | None, expected: Expected) -> Scores:
    """Field by field; no article at all has nothing right."""
    if article is None:
        return {name: Score(0, _count(_value(expected, name))) for name in FIELDS}
    got = pieces(article)
    paragraphs, subheadings = _score_pieces(expected.pieces, got)
    return {
        "topline": _score_one(expected.topline, article.topline),
        "headline": _score_one(expected.headline, article.headline),
        "label": _score_one(expected.label, article.label),
        "section": _score_list(expected.section, article.section),
        "stand": _score_stand(expected, article),
        "lead": _score_one(expected.lead, article.lead),
        "paragraphs": paragraphs,
        "subheadings": subheadings,
        "text": _score_one(running_text(expected), article.text),
        "kept out": _score_leaks(expected.leaks, " ".join([article.text, article.lead or "", *(t for _, t in got)])),
        "byline": _score_list(
            expected.bylines,
            [(fold(author.raw), author.name, author.organisation) for author in article.authors],
        ),
        "tags": _score_list(
            [(name, unquote(slug)) for name, slug in expected.tags],
            [(fold(tag.name), unquote(tag.slug or "")) for tag in article.tags],
        ),
        "media": _score_list(
            expected.media,
            [(fold(media.caption), fold(media.raw)) for media in article.media if media.role == "body"],
        ),
        "broadcasts": _score_broadcasts(expected, article),
        "infobox": _score_list(
            expected.infoboxes,
            [(fold(block.title), fold(block.text)) for block in article.body if block.kind == "infobox"],
        ),
        "pictures": _score_pictures(expected, article),
        "related": _score_list(
            [(teaser.url, teaser.topline, teaser.headline) for teaser in expected.teasers],
            [(related.url, related.topline, related.headline) for related in article.related],
        ),
    }


def score_plainly(document: dict[str, Any], expected: Expected) -> Scores:
    """The fields that trafilatura has; every line of its text counts as paragraph or subheading where it fits."""
    lines = [fold(line) for line in (document.get("text") or "").splitlines() if line.strip()]
    wanted = [("lead", expected.lead)] if expected.lead else []
    wanted += expected.pieces
    found = [wanted[place] for place in _matches([text for _, text in wanted], lines)]
    printed = expected.stand.date() if expected.stand else None
    dated = date.fromisoformat(document["date"]) if document.get("date") else None
    names = [name for _, name, _ in expected.bylines]
    return {
        **dict.fromkeys(FIELDS),
        "headline": _score_one(expected.headline, document.get("title")),
        "stand": Score(int(dated == printed), 1) if printed else Score(0, 0, int(dated is not None)),
        "lead": Score(sum(kind == "lead" for kind, _ in found), int(bool(expected.lead))),
        "paragraphs": Score(
            sum(kind == "p" for kind, _ in found),
            sum(kind == "p" for kind, _ in expected.pieces),
            len(lines) - len(found),
        ),
        "subheadings": Score(sum(kind == "h2" for kind, _ in found), sum(kind == "h2" for kind, _ in expected.pieces)),
        "text": _score_one(running_text(expected), document.get("text")),
        "kept out": _score_leaks(expected.leaks, document.get("text") or ""),
        "byline": _score_list(names, [name for name in (document.get("author") or "").split("; ") if name]),
        "tags": _score_list([name for name, _ in expected.tags], document.get("tags") or []),
    }


def pieces(article: Article) -> list[tuple[str, str]]:
    """The running text of the body in page order: (``p`` or ``h2`` or the kind of block, folded text), no lead."""
    kinds = {"paragraph": "p", "heading": "h2"}
    found = []
    for block in article.body:
        if block.kind in {"paragraph", "heading", "list", "quote", "table"}:
            words = [block.text or "", *block.items, *(cell for row in block.rows for cell in row)]
            found.append((kinds.get(block.kind, block.kind), fold(" ".join(words))))
    if found and article.lead and found[0] == ("p", fold(article.lead)):
        del found[0]
    return found


def running_text(expected: Expected) -> str:
    """Lead, subheadings and paragraphs with single spaces between."""
    return fold(" ".join([expected.lead or "", *(text for _, text in expected.pieces)]))


def _value(expected: Expected, name: str) -> object:
    values: dict[str, object] = {
        "paragraphs": [text for kind, text in expected.pieces if kind == "p"],
        "subheadings": [text for kind, text in expected.pieces if kind == "h2"],
        "text": running_text(expected),
        "kept out": expected.leaks,
        "byline": expected.bylines,
        "broadcasts": expected.airings,
        "infobox": expected.infoboxes,
        "related": expected.teasers,
    }
    return values[name] if name in values else getattr(expected, name)


def _total(scores: Sequence[Scores]) -> Scores:
    total: Scores = {}
    for name in FIELDS:
        parts = [part for each in scores if (part := each[name]) is not None]
        total[name] = sum(parts, Score(0, 0)) if parts else None
    return total


def _count(value: object) -> int:
    if isinstance(value, (list, tuple)):
        return len(value)
    return int(value is not None)


def _matches(expected: Sequence[Any], got: Sequence[Any]) -> list[int]:
    """Positions in ``expected`` that ``got`` has in the same order."""
    blocks = SequenceMatcher(None, expected, got, autojunk=False).get_matching_blocks()
    return [place for block in blocks for place in range(block.a, block.a + block.size)]


def _score_list(expected: Iterable[Any], got: Iterable[Any]) -> Score:
    wanted, had = list(expected), list(got)
    right = len(_matches(wanted, had))
    return Score(right, len(wanted), len(had) - right)


def _score_one(expected: str | None, got: str | None) -> Score:
    if expected is None:
        return Score(0, 0, int(got is not None))
    return Score(int(fold(got) == expected), 1)


def _score_pieces(expected: Sequence[tuple[str, str]], got: Sequence[tuple[str, str]]) -> tuple[Score, Score]:
    found = [expected[place] for place in _matches(expected, got)]

    def part(kind: str, others: int) -> Score:
        right = sum(piece[0] == kind for piece in found)
        had = sum(piece[0] == kind for piece in got)
        return Score(right, sum(piece[0] == kind for piece in expected), had - right + others)

    return part("p", sum(kind not in {"p", "h2"} for kind, _ in got)), part("h2", 0)


def _score_stand(expected: Expected, article: Article) -> Score:
    if expected.stand is None:
        return Score(0, 0, int(article.stand is not None))
    printed = (expected.stand_raw or "").removeprefix("Stand: ")
    return Score(int(article.stand == expected.stand and printed in fold(article.stand_raw)), 1)


def _score_leaks(leaks: Sequence[str], text: str) -> Score:
    folded = fold(text)
    return Score(sum(leak not in folded for leak in leaks), len(leaks))


def _score_broadcasts(expected: Expected, article: Article) -> Score:
    got = [
        (fold(broadcast.raw), broadcast.at, {broadcast.station, broadcast.programme})
        for broadcast in article.broadcasts
    ]
    right = sum(
        any(raw == airing.raw and at == airing.at and set(airing.names) <= names for raw, at, names in got)
        for airing in expected.airings
    )
    return Score(right, len(expected.airings), len(got) - right)


def _score_pictures(expected: Expected, article: Article) -> Score:
    got = [(image.alt, image.caption, image.credit) for image in article.images]
    # The picture behind a player in the head may be kept as its poster instead.
    posters = [
        (media.poster.alt, None, media.poster.credit)
        for media in article.media
        if media.role == "head" and media.poster is not None
    ]
    wanted = [(picture.alt, picture.caption, picture.credit) for picture in expected.pictures]
    right = len(_matches(wanted, got))
    behind = sum(picture not in got and picture in posters for picture in wanted)
    return Score(right + behind, len(wanted), len(got) - right)


def misses(article: Article | None, expected: Expected) -> list[str]:
    """The fields of one page that are not as expected, for messages."""
    return [
        f"{name} {part}"
        for name, part in score(article, expected).items()
        if part is not None and (part.right < part.expected or part.extra)
    ]


def body_ratio(case: Case) -> tuple[float, float]:
    """Likeness (0 to 1) of the running text and the ``articleBody`` the publisher gives: ours, plain trafilatura's."""
    expected = expect(case).article_body or ""
    article = read(case).article
    return (
        _likeness(expected, article.text if article is not None else ""),
        _likeness(expected, read_plainly(case).get("text") or ""),
    )


def _likeness(expected: str, text: str) -> float:
    return SequenceMatcher(None, expected, fold(text), autojunk=False).ratio()
