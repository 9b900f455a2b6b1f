"""``python -m tests.quality``: the quality table over the real corpus, newsarchive beside plain trafilatura."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.corpus import ERAS, VARIABLE, corpus_digest, corpus_path, gold_cases, load_cases
from tests.quality.expected import expect
from tests.quality.scoring import FIELDS, Score, body_ratio, misses, read, score_era


def main(arguments: Sequence[str] = ()) -> int:
    """Print the tables; with ``--misses`` also every field of every page that is not as expected."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    if corpus_path() is None:
        console.print(f"{VARIABLE} is not set: there is no corpus to measure on.")
        return 1
    console.print(_era_table())
    console.print(_body_table())
    if "--misses" in arguments:
        for case in gold_cases():
            extraction = read(case)
            for miss in misses(extraction.article, expect(case)):
                console.print(f"{case.name}: {miss}")
            if extraction.reason is not None:
                console.print(f"{case.name}: no article, {extraction.reason.code}")
    console.print(f"corpus {corpus_digest()}")
    return 0


def _era_table() -> Table:
    table = Table(
        title="Right of expected, +n: given though the page does not; – : the program has no such field",
        title_justify="left",
    )
    table.add_column("field")
    scores = {era: score_era(era) for era in ERAS}
    for era in ERAS:
        pages = sum(case.era == era for case in gold_cases())
        table.add_column(f"{era.upper()} ({pages} pages)\nnewsarchive", justify="right")
        table.add_column("\ntrafilatura", justify="right", style="dim")
    for name in FIELDS:
        table.add_row(name, *(_cell(scores[era][program][name]) for era in ERAS for program in (0, 1)))
    return table


def _cell(score: Score | None) -> Text:
    if score is None:
        return Text("–")
    if not score.expected and not score.extra:
        return Text("")
    style = "green" if score.right == score.expected and not score.extra else "yellow" if score.share > 0.9 else "red"
    return Text(str(score), style=style)


def _body_table() -> Table:
    table = Table(title="Likeness of text and the publisher's own articleBody", title_justify="left")
    table.add_column("page")
    table.add_column("newsarchive", justify="right")
    table.add_column("trafilatura", justify="right", style="dim")
    for case in load_cases():
        if expect(case).article_body is not None:
            table.add_row(case.name, *(f"{ratio:.4f}" for ratio in body_ratio(case)))
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
