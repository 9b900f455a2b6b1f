"""What changed inside a text, word by word; and how many words texts have in common."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MAX_WORDS = 4_000
"""A text of more words is not compared word by word: comparing takes time by the square."""

PARAGRAPH_BREAK = "\n\n"
"""Stands between paragraphs where a change parts or joins them."""

_TOKEN = re.compile(r"\s*(\w+(?:[-'’]\w+)*|[^\w\s])")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str

    @property
    def spaced(self) -> tuple[str, str, str]:
        """White space at its start, what it says, white space at its end: a mark belongs around the words alone."""
        text = self.text.strip()
        start = self.text.index(text)
        return self.text[:start], text, self.text[start + len(text) :]


def compare_words(old: str, new: str) -> tuple[Run, ...]:
    """``old`` and ``new`` as runs: without the added ones they are ``old``, without the removed ones ``new``, up to
    white space. A word counts as a whole; where two changes have nothing but punctuation between them they are one."""
    if old == new:
        return (Run("same", new),) if new else ()
    before, after = list(_tokens(old)), list(_tokens(new))
    if max(len(before), len(after)) > MAX_WORDS:
        return _runs([("", old, new)])
    matcher = SequenceMatcher(None, [key for key, _ in before], [key for key, _ in after], autojunk=False)
    steps: list[tuple[str, str, str]] = []
    for operation, start, end, new_start, new_end in matcher.get_opcodes():
        said = "".join(text for _, text in after[new_start:new_end])
        if operation == "equal":
            steps.append((said, "", ""))
        else:
            steps.append(("", "".join(text for _, text in before[start:end]), said))
    return _runs(_joined(steps))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """(what is compared, the text with the white space before it) of each word and mark of ``text``."""
    for number, paragraph in enumerate(text.split(PARAGRAPH_BREAK)):
        if number:
            yield PARAGRAPH_BREAK, PARAGRAPH_BREAK
        yield from ((found[1], found[0]) for found in _TOKEN.finditer(paragraph))


def _joined(steps: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """The steps with no lone punctuation mark left standing between two changes."""
    joined: list[tuple[str, str, str]] = []
    for number, (same, removed, added) in enumerate(steps):
        lone = 0 < number < len(steps) - 1 and same and not _WORD.search(same) and PARAGRAPH_BREAK not in same
        if joined and not joined[-1][0] and (lone or not same):
            _, before, after = joined[-1]
            joined[-1] = ("", before + (same or removed), after + (same or added))
        else:
            joined.append((same, removed, added))
    return joined


def _runs(steps: list[tuple[str, str, str]]) -> tuple[Run, ...]:
    return tuple(
        run
        for same, removed, added in steps
        for run in (Run("same", same), Run("removed", removed), Run("added", added))
        if run.text
    )


def words_of(text: str) -> Counter[str]:
    """How often each word stands in ``text``, whatever its case."""
    return Counter(word.casefold() for word in _WORD.findall(text))


def count_shared(old: Sequence[Counter[str]], new: Sequence[Counter[str]]) -> list[dict[int, int]]:
    """For each text of ``old``: how many words it has in common with which of ``new``, where there are any. Only the
    texts that have a word are looked at, not every text with every other."""
    having: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, words in enumerate(new):
        for word, count in words.items():
            having[word].append((place, count))
    found = []
    for words in old:
        shared: dict[int, int] = {}
        for word, count in words.items():
            for place, other in having.get(word, ()):
                shared[place] = shared.get(place, 0) + min(count, other)
        found.append(shared)
    return found
