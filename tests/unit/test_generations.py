"""Which generation is in use, what lies where for each, and what one that is not whole counts for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from newsarchive.collection.generation_writer import with_revision
from newsarchive.collection.generations import (
    RunLineCount,
    at_generation,
    count_runs,
    counted_runs,
    numbers,
    read_generation,
    use,
)
from newsarchive.collection.layout import Layout
from newsarchive.errors import UnknownGeneration, UnreadableInput
from newsarchive.model.serialize import to_line
from tests.kept import START, archive, article_of, crawling, exchange

RUN = "20261122T093000Z-0a1b"


def test_lines_and_catalog_are_of_a_generation_and_all_else_of_the_collection(tmp_path: Path) -> None:
    first, second = Layout(tmp_path), Layout(tmp_path, 2)
    for layout, home in ((first, tmp_path), (second, tmp_path / "generations" / "2")):
        assert layout.articles_path(RUN, START) == home / f"articles/2026/11/22/{RUN}.jsonl"
        assert layout.seen_path(RUN, START) == home / f"articles/2026/11/22/{RUN}.seen.jsonl"
        assert layout.catalog == home / "catalog.sqlite"
    assert second.links_path(RUN, START) == first.links_path(RUN, START)
    assert (second.crawls, second.warcs, second.indexes) == (first.crawls, first.warcs, first.indexes)


def test_the_first_is_in_use_until_another_is_named(tmp_path: Path) -> None:
    assert Layout.in_use(tmp_path) == Layout(tmp_path)
    home = tmp_path / "generations" / "2"
    home.mkdir(parents=True)
    use(Layout(tmp_path, 2))
    assert Layout.in_use(tmp_path) == Layout(tmp_path, 2)
    use(Layout(tmp_path, 1))
    assert Layout.in_use(tmp_path) == Layout(tmp_path, 1)


@pytest.mark.parametrize("printed", ["", "2", "two\n", "0\n", "-1\n", "../2\n", "2\n3\n", "7\n"])
def test_what_names_no_generation_is_not_guessed_at(tmp_path: Path, printed: str) -> None:
    Layout(tmp_path).current.parent.mkdir()
    Layout(tmp_path).current.write_text(printed)
    with pytest.raises(UnreadableInput, match="current"):
        Layout.in_use(tmp_path)


def test_one_that_is_not_whole_does_not_count(tmp_path: Path) -> None:
    for name in ("2", "next", "x"):
        (tmp_path / "generations" / name).mkdir(parents=True)
    assert numbers(Layout(tmp_path)) == (1,)
    with pytest.raises(UnknownGeneration, match="no generation 2; it has: 1"):
        at_generation(Layout(tmp_path), 2)
    (tmp_path / "generations/2/generation.json").write_text("{")
    assert numbers(Layout(tmp_path)) == (1, 2)
    assert read_generation(Layout(tmp_path)) is None
    with pytest.raises(UnreadableInput, match=r"generation\.json"):
        read_generation(at_generation(Layout(tmp_path), 2))


def test_the_runs_that_were_read_into_a_generation_are_counted(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert counted_runs(layout) == {}
    count = RunLineCount(run=RUN, articles=3, sightings=1)
    count_runs(layout, [count])
    assert counted_runs(layout) == {RUN: count}


def test_a_line_gets_another_number_and_nothing_else(tmp_path: Path) -> None:
    with crawling(tmp_path) as writer:
        stored = archive(writer, exchange("/moin-100.html"))
    article = article_of(stored, ',"revision":1,"url":', article_id='a","revision":1,"b', revision=1)
    other = replace(article, revision=123)
    assert with_revision(to_line(article), 123) == to_line(other)
    assert with_revision(to_line(other), 1) == to_line(article)
