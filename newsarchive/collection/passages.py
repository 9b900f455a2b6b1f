"""What of an article shows that it was found: the words that match, and the passages they stand in. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from newsarchive.collection.documents import Texts
from newsarchive.collection.query import Query
from newsarchive.collection.stems import Word, stems, words

PASSAGE_LENGTH = 240
"""So many characters, at most, are shown of a place."""

_LEAD_IN = 60
"""So many of them may stand before the first word that was found."""

_MAX_LOOKED_AT = 200_000
"""So many characters of an article are looked through, which is more than any but the longest live blogs have."""

_ELLIPSIS = "…"
_MAX_MARKED = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text; ``is_hit``: that was searched for."""

    text: str
    is_hit: bool = False


Marked = tuple[Part, ...]
"""A text in parts: together they are the text."""


def mark(query: Query, text: str) -> Marked:
    """``text`` with what ``query`` finds in it; nothing is marked in more than a title can be."""
    found = tuple(words(text)) if len(text) <= _MAX_MARKED else ()
    return _marked(text, _spans(found, query.hits(found)))


def passages(query: Query, texts: Texts, *, most: int = 2) -> tuple[Marked, ...]:
    """At most ``most`` passages of an article, each from one of its pieces, in its order.

    Those that show most of what is needed; what stands around the text only where the text shows nothing. The beginning
    of the article where nothing is shown at all, since what was found stands in the title alone, or nothing was asked.
    """
    for pieces in ((*texts.lead, *texts.body), texts.rest) if query.needed else ():
        if chosen := _best(query, pieces, most):
            return chosen
    beginning = next(iter((*texts.lead, *texts.body)), "")
    return (_cut(beginning, 0, PASSAGE_LENGTH, ()),) if beginning else ()


def _best(query: Query, pieces: Iterable[str], most: int) -> tuple[Marked, ...]:
    """The best passage of each piece, and of these the best."""
    candidates: list[tuple[int, int, Marked]] = []
    seen: set[str] = set()
    left = _MAX_LOOKED_AT
    for place, piece in enumerate(pieces):
        text = piece[:left]
        left -= len(text)
        if text in seen:
            continue
        seen.add(text)
        if query.touches(stems(text)):
            found = tuple(words(text))
            if hits := tuple(query.hits(found)):
                shown, passage = _passage(text, found, hits)
                candidates.append((-shown, place, passage))
        if left <= 0:
            break
    chosen = sorted(candidates, key=lambda each: each[:2])[:most]
    return tuple(passage for _, _, passage in sorted(chosen, key=lambda each: each[1]))


def _passage(text: str, found: tuple[Word, ...], hits: tuple[tuple[int, int, int], ...]) -> tuple[int, Marked]:
    """The passage of a piece that shows the most groups of the query, the first of these; and how many it shows."""
    best, best_start = 0, 0
    behind = 0
    for number, (first, _, _) in enumerate(hits):
        start = found[first].start
        end = start + PASSAGE_LENGTH - _LEAD_IN
        # Only hits close by are looked at: a piece may have very many.
        while behind < len(hits) and found[hits[behind][0]].start < end:
            behind += 1
        groups = {group for _, last, group in hits[number:behind] if found[last - 1].end <= end}
        if len(groups) > best:
            best, best_start = len(groups), start
    start = _beginning(text, best_start)
    return best, _cut(text, start, start + PASSAGE_LENGTH, _spans(found, hits))


def _beginning(text: str, hit: int) -> int:
    """Where a passage begins that shows ``hit``: with its piece or a sentence that begins close by, else a word."""
    if hit <= _LEAD_IN:
        return 0
    around = text[hit - _LEAD_IN : hit]
    for sign in (". ", "? ", "! ", ": ", "\n"):
        if (at := around.find(sign)) >= 0:
            return hit - _LEAD_IN + at + len(sign)
    at = around.find(" ")
    return hit - _LEAD_IN + at + 1 if at >= 0 else hit


def _cut(text: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> Marked:
    """``text`` from ``start`` to ``end``, or to the last word that ends before it."""
    if end < len(text):
        space = text.rfind(" ", start + 1, end + 1)
        end = space if space > 0 else end
    inside = [(max(first, start), min(last, end)) for first, last in spans if first < end and last > start]
    parts = _marked(text[start:end], [(first - start, last - start) for first, last in inside])
    before = (Part(f"{_ELLIPSIS} "),) if start > 0 else ()
    after = (Part(f" {_ELLIPSIS}"),) if end < len(text) else ()
    return (*before, *parts, *after)


def _spans(found: tuple[Word, ...], hits: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Where hits begin and end, in order, those that overlap made one."""
    spans: list[tuple[int, int]] = []
    for first, last, _ in hits:
        start, end = found[first].start, found[last - 1].end
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    return spans


def _marked(text: str, spans: Iterable[tuple[int, int]]) -> Marked:
    parts = []
    at = 0
    for start, end in spans:
        parts += [Part(text[at:start]), Part(text[start:end], is_hit=True)]
        at = end
    return tuple(part for part in (*parts, Part(text[at:])) if part.text)
