"""The difference of two revisions: paragraph beside paragraph, and inside a changed paragraph word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

from newsarchive.history.passages import HEAD_FIELDS, LIST_FIELDS, Passage, passages_of, passages_of_entry
from newsarchive.history.words import PARAGRAPH_BREAK, Run, compare_words, count_shared, words_of
from newsarchive.model.article import Article, Update
from newsarchive.model.revision import Changes, changes, pair_entries

LEAST_LIKENESS = 0.4
"""Share of words that two paragraphs must have in common to be one paragraph that was edited."""

LEAST_LIKENESS_OF_KINDS = 0.9
"""The same for a paragraph and a heading, or any two passages of different kinds."""

MAX_PAIRS = 40_000
"""Two stretches of paragraphs with more pairs than this are taken as one removed and one added."""

ChangeKind = Literal["same", "removed", "added", "changed", "parted", "joined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageChange:
    """What became of a passage. ``parted``: one became two, ``joined``: two became one. ``runs`` show it word by word;
    where it was parted or joined, with ``PARAGRAPH_BREAK`` in between."""

    kind: ChangeKind
    old: tuple[Passage, ...]
    new: tuple[Passage, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A field of the article, or one entry of its live blog, with all its passages. ``kind`` is that of the whole part:
    ``changed`` when anything in it is not the same."""

    field: str
    kind: ChangeKind
    entry: Update | None
    passages: tuple[PassageChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What ``new`` changed of ``old``: the facts, and every passage of both."""

    old: Article
    new: Article
    changes: Changes
    parts: tuple[Part, ...]

    def changed(self) -> Iterator[tuple[Part, PassageChange]]:
        """Every passage that is not the same, in the order of the page."""
        return ((part, change) for part in self.parts for change in part.passages if change.kind != "same")


def diff(old: Article, new: Article) -> Diff:
    """Compare two revisions of one article."""
    fields = ((field, passages_of(old, field), passages_of(new, field)) for field in (*HEAD_FIELDS, *LIST_FIELDS))
    parts = [_part(field, None, align(before, after)) for field, before, after in fields if before or after]
    for before, after in pair_entries(old.updates, new.updates):
        entry = after or before
        if entry is not None:
            passages = align(passages_of_entry(before) if before else (), passages_of_entry(after) if after else ())
            parts.append(_part("updates", entry, passages))
    return Diff(old=old, new=new, changes=changes(old, new), parts=tuple(parts))


def _part(field: str, entry: Update | None, passages: tuple[PassageChange, ...]) -> Part:
    kinds = {change.kind for change in passages}
    return Part(field=field, entry=entry, kind=kinds.pop() if len(kinds) == 1 else "changed", passages=passages)


def align(old: Sequence[Passage], new: Sequence[Passage]) -> tuple[PassageChange, ...]:
    """The passages of two texts beside each other, in their order. One that moved is removed here and added there."""
    before_keys, after_keys = ([(passage.kind, passage.text) for passage in passages] for passages in (old, new))
    matcher = SequenceMatcher(None, before_keys, after_keys, autojunk=False)
    found: list[PassageChange] = []
    for operation, start, end, new_start, new_end in matcher.get_opcodes():
        if operation == "equal":
            found += [
                PassageChange(kind="same", old=(before,), new=(after,), runs=(Run("same", after.text),))
                for before, after in zip(old[start:end], new[new_start:new_end], strict=True)
            ]
        else:
            found += _pair(old[start:end], new[new_start:new_end])
    return tuple(found)


class _Step(NamedTuple):
    """How many passages of either text are taken together."""

    old: int
    new: int


# Where two are equally good the one that stands first here comes last on the page: removed before added.
_STEPS = (_Step(1, 1), _Step(1, 2), _Step(2, 1), _Step(0, 1), _Step(1, 0))


def _pair(old: Sequence[Passage], new: Sequence[Passage]) -> list[PassageChange]:
    """The best way to set changed passages beside each other, as sentences of two languages are aligned: the one by
    which the most words stand beside words they are like."""
    if len(old) == len(new) == 1 and old[0].number is None and old[0].kind == new[0].kind:
        return [_change(old, new)]  # the only one of its kind stays that, however it is reworded
    if not old or not new or len(old) * len(new) > MAX_PAIRS:
        return [_change(old[n : n + 1], ()) for n in range(len(old))] + [
            _change((), new[n : n + 1]) for n in range(len(new))
        ]
    old_words, new_words = ([words_of(passage.text) for passage in passages] for passages in (old, new))
    old_counts, new_counts = ([words.total() for words in each] for each in (old_words, new_words))
    shared = {
        _Step(1, 1): count_shared(old_words, new_words),
        _Step(1, 2): count_shared(old_words, [one + other for one, other in pairwise(new_words)]),
        _Step(2, 1): count_shared([one + other for one, other in pairwise(old_words)], new_words),
    }
    gains = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    ways = [[_Step(0, 0)] * (len(new) + 1) for _ in range(len(old) + 1)]

    def gain(step: _Step, row: int, column: int) -> float:
        if 0 in step:
            return 0.0
        first, new_first = row - step.old, column - step.new
        common = shared[step][first].get(new_first)
        if common is None:
            return -1.0
        total = sum(old_counts[first:row]) + sum(new_counts[new_first:column])
        kinds = {passage.kind for passage in (*old[first:row], *new[new_first:column])}
        # A heading that became a paragraph is another text unless it says the same.
        least = LEAST_LIKENESS if len(kinds) == 1 else LEAST_LIKENESS_OF_KINDS
        alike = 2 * common / total
        return (alike - least) * total if alike > least else -1.0

    for row in range(len(old) + 1):
        for column in range(len(new) + 1):
            best = max(
                (
                    (gains[row - step.old][column - step.new] + gain(step, row, column), -number, step)
                    for number, step in enumerate(_STEPS)
                    if row >= step.old and column >= step.new
                ),
                default=(0.0, 0, _Step(0, 0)),
            )
            gains[row][column], _, ways[row][column] = best
    found = []
    row, column = len(old), len(new)
    while row or column:
        step = ways[row][column]
        found.append(_change(old[row - step.old : row], new[column - step.new : column]))
        row, column = row - step.old, column - step.new
    return found[::-1]


def _change(old: Sequence[Passage], new: Sequence[Passage]) -> PassageChange:
    kinds: dict[tuple[int, int], ChangeKind] = {
        (1, 0): "removed",
        (0, 1): "added",
        (1, 1): "changed",
        (1, 2): "parted",
        (2, 1): "joined",
    }
    before, after = (PARAGRAPH_BREAK.join(passage.text for passage in passages) for passages in (old, new))
    return PassageChange(
        kind=kinds[len(old), len(new)], old=tuple(old), new=tuple(new), runs=compare_words(before, after)
    )
