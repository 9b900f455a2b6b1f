"""The collections that benchmarks are made of are collections: crawls could have left them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.model.revision import changes
from tests.manyarticles import SITE, make_collection

UNTIL = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_a_collection_of_many_articles_is_whole_and_has_all_that_befalls_articles(tmp_path: Path) -> None:
    root = tmp_path / SITE
    make_collection(root, articles=400, runs=60, until=UNTIL)

    assert [finding for finding in check(root) if finding.severity != "note"] == []
    with Collection.open(root) as collection:
        assert len(collection.runs()) == 60
        count, revisions = collection.count_articles()
        assert count == 400
        assert revisions > 430
        lasts = collection.last_revisions()
        removals = [each for last in lasts for each in collection.sightings(last.article_id) if each.is_removal]
        edits = [
            changes(old, new)
            for last in lasts
            for number in range(2, last.revision + 1)
            if (old := collection.article(last.article_id, number - 1)) is not None
            and (new := collection.article(last.article_id, number)) is not None
        ]
    assert removals
    assert {edit.silent for edit in edits} == {True, False}


def test_the_same_collection_is_made_twice_but_for_its_ids(tmp_path: Path) -> None:
    told = []
    for name in ("one", "two"):
        make_collection(tmp_path / name, articles=30, runs=6, until=UNTIL)
        with Collection.open(tmp_path / name) as collection:
            told.append([(article.article_id, article.revision, article.text) for article in collection.articles()])
    assert told[0] == told[1]
