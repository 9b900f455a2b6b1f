"""A diff as one HTML page that needs nothing else: no script, no style sheet, no picture, no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from newsarchive.history.diff import Diff, Part, PassageChange
from newsarchive.history.printed import describe, place_of, title_of
from newsarchive.history.words import PARAGRAPH_BREAK, Run

LONGEST_SAME = 2
"""So many unchanged passages in a row are shown; of more the first and last are, and the others unfold."""


class Stretch(NamedTuple):
    """Passages in a row that are shown, or folded away."""

    folded: bool
    passages: tuple[PassageChange, ...]


def as_html(diff: Diff) -> str:
    """The whole article with what was removed and added marked, for eyes and for screen readers."""
    return _template().render(diff=diff, description=describe(diff.changes))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("newsarchive.history"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(stretches=stretches, place=place_of, title=title_of, marked=with_breaks)
    return environment.get_template("diff.html.j2")


def with_breaks(run: Run) -> Run:
    """The run with a pilcrow where a change parts or joins paragraphs."""
    return Run(run.kind, run.text.replace(PARAGRAPH_BREAK, " ¶\n"))


def stretches(part: Part) -> Iterator[Stretch]:
    """All passages of ``part`` in order; of a long row of unchanged ones those in the middle are folded away."""
    for same, found in groupby(part.passages, key=lambda change: change.kind == "same"):
        passages: Sequence[PassageChange] = list(found)
        if not same or len(passages) <= LONGEST_SAME + 1:
            yield Stretch(folded=False, passages=tuple(passages))
        else:
            yield Stretch(folded=False, passages=(passages[0],))
            yield Stretch(folded=True, passages=tuple(passages[1:-1]))
            yield Stretch(folded=False, passages=(passages[-1],))
