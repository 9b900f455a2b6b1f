"""What people type to search, understood: words, "phrases", beginnings*, -unwanted ones, one OR another. Pure.

All words are needed, in any of their forms. Nothing typed is an error: what is no sign here is text. Words joined by
other signs (Corona-Impfung, 2:1) are searched for side by side, as a phrase is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from newsarchive.collection.stems import Word, stems_beginning, words

MAX_TERMS = 32
"""So many terms of a query count; what is typed after them is left off."""

MAX_TYPED = 1_000
"""Of so many characters."""

MAX_STARTS = 4
"""So many beginnings count as such; the others are words. Each stands for all words that begin so."""

_MIN_START = 3
"""Fewer letters with a star are a word as well: too many begin so."""

_QUOTES = str.maketrans(dict.fromkeys("„“”‟«»", '"'))
_PIECE = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<typed>[^\s"]+))')
_OR = frozenset({"OR", "ODER", "|"})
_AND = frozenset({"AND", "UND"})
"""Says what is so anyway."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side: their ``stems``; after these, where it is not empty, one that begins with
    ``start``, which is folded."""

    stems: tuple[str, ...]
    start: str = ""

    def matches(self, found: Sequence[Word], at: int) -> bool:
        """Whether it stands in a text with the words ``found`` from the one at ``at`` on."""
        end = at + len(self.stems)
        if end + bool(self.start) > len(found):
            return False
        if any(stem != word.stem for stem, word in zip(self.stems, found[at:end], strict=True)):
            return False
        return not self.start or found[end].form.startswith(self.start) or found[end].stem in self.short_stems

    def begins_with(self, stem: str) -> bool:
        """Whether its first word can have this stem."""
        if self.stems:
            return stem == self.stems[0]
        return stem.startswith(self.start) or stem in self.short_stems

    @property
    def short_stems(self) -> tuple[str, ...]:
        """Stems of words that begin with ``start``, as far as they are shorter than it."""
        return stems_beginning(self.start)

    @property
    def length(self) -> int:
        """How many words it is."""
        return len(self.stems) + bool(self.start)


@dataclass(frozen=True, slots=True)
class Query:
    """Of each group of ``needed`` one term, and none of ``unwanted``. ``left_off``: more was typed than counts."""

    needed: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()
    left_off: bool = False

    @classmethod
    def parse(cls, typed: str) -> Self:
        """Understand what was typed."""
        groups: list[list[Term]] = []
        unwanted: list[Term] = []
        joined = is_joinable = False
        count = starts = 0
        for piece in _PIECE.finditer(typed[:MAX_TYPED].translate(_QUOTES)):
            if piece["typed"] in _OR and not piece["minus"]:
                joined = is_joinable
                continue
            term = None if piece["typed"] in _AND else _term(piece, starts < MAX_STARTS)
            if term is None:
                continue
            count += term.length
            starts += bool(term.start)
            if count > MAX_TERMS:
                term = Term(term.stems[: max(term.length - count + MAX_TERMS, 0)])
            if not term.length:
                break
            if piece["minus"]:
                unwanted.append(term)
            elif joined:
                groups[-1].append(term)
            else:
                groups.append([term])
            joined, is_joinable = False, not piece["minus"]
        left_off = count > MAX_TERMS or len(typed) > MAX_TYPED
        # What is said twice is looked for once: it finds no more, and takes as long again.
        needed = tuple(dict.fromkeys(tuple(dict.fromkeys(group)) for group in groups))
        return cls(needed, tuple(dict.fromkeys(unwanted)), left_off=left_off)

    def __bool__(self) -> bool:
        return bool(self.needed or self.unwanted)

    @property
    def match(self) -> str | None:
        """What is to be found, as an FTS5 expression; ``None`` where nothing is needed."""
        if not self.needed:
            return None
        needed = " AND ".join(f"({' OR '.join(map(_expression, group))})" for group in self.needed)
        return f"({needed}) NOT ({self.mismatch})" if self.unwanted else needed

    @property
    def mismatch(self) -> str:
        """What is unwanted, as an FTS5 expression; empty where nothing is."""
        return " OR ".join(map(_expression, self.unwanted))

    def touches(self, stems: Iterable[str]) -> bool:
        """Whether a text with words of these stems can have hits."""
        terms = [term for group in self.needed for term in group]
        return any(term.begins_with(stem) for stem in set(stems) for term in terms)

    def hits(self, found: Sequence[Word]) -> Iterator[tuple[int, int, int]]:
        """Where needed terms stand in a text with the words ``found``: number of the first word, number just after the
        last, and number of the group; in order of the text."""
        terms = [(number, term) for number, group in enumerate(self.needed) for term in group]
        for at, word in enumerate(found):
            for number, term in terms:
                if term.begins_with(word.stem) and term.matches(found, at):
                    yield at, at + term.length, number


def _term(piece: re.Match[str], may_start: bool) -> Term | None:
    """What one piece asks for; ``None`` for one without words. A star counts where it ``may_start``."""
    text = piece["phrase"] if piece["typed"] is None else piece["typed"]
    found = tuple(words(text))
    if not found:
        return None
    stems = tuple(word.stem for word in found)
    last = found[-1]
    if piece["typed"] is not None and text[last.end :] == "*" and may_start and len(last.form) >= _MIN_START:
        return Term(stems[:-1], last.form)
    return Term(stems)


def _expression(term: Term) -> str:
    """``term`` as FTS5 has it. Stems and beginnings are letters and digits, so nothing in them has to be masked."""
    if not term.start:
        return _phrase(term.stems)
    before = f"{_phrase(term.stems)} + " if term.stems else ""
    ways = [f'{before}"{term.start}" *', *(_phrase((*term.stems, stem)) for stem in term.short_stems)]
    return f"({' OR '.join(ways)})"


def _phrase(stems: Sequence[str]) -> str:
    return f'"{" ".join(stems)}"'
