"""The real captures of two addresses, replayed: which revisions arise, what each changed, what a reader sees of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.history.diff import Diff, PassageChange, diff
from newsarchive.history.page import as_html
from newsarchive.history.printed import as_text, as_unified, describe
from newsarchive.history.timeline import Event, timeline
from newsarchive.model.revision import changes
from tests.corpus import needs_corpus
from tests.quality.history import SERIES, replayed, revision_pairs

pytestmark = needs_corpus

KHASHOGGI, THACI = SERIES


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    with replayed(tmp_path_factory.mktemp("history") / "tagesschau") as found:
        yield found


def events(collection: Collection, article_id: str) -> tuple[Event, ...]:
    changed = {new.revision: changes(old, new) for old, new in revision_pairs(collection, article_id)}
    return timeline(collection.revisions(article_id), collection.sightings(article_id), changed)


def only_diff(collection: Collection, article_id: str) -> Diff:
    ((old, new),) = revision_pairs(collection, article_id)
    return diff(old, new)


def test_seven_captures_are_two_revisions(collection: Collection) -> None:
    first, second = events(collection, KHASHOGGI)

    assert (first.kind, second.kind) == ("first", "revision")
    assert second.changes is not None
    assert (second.changes.fields, second.changes.headline_only, second.changes.silent) == (("headline",), True, True)
    assert describe(second.changes) == "headline only, silent"
    # Five more captures differ in boxes, teasers and the right column: they are sightings of the second revision.
    assert len(collection.sightings(KHASHOGGI)) == 5
    assert first.last_seen == first.captured_at
    assert (second.last_seen - second.captured_at).total_seconds() > 5 * 3600


def test_the_headline_lost_one_word(collection: Collection) -> None:
    found = only_diff(collection, KHASHOGGI)
    ((part, change),) = found.changed()

    assert (part.field, change.kind) == ("headline", "changed")
    assert [run.kind for run in change.runs] == ["same", "removed", "same"]
    assert len(change.runs[1].text.split()) == 1


def test_two_captures_are_two_revisions_and_the_edit_is_silent(collection: Collection) -> None:
    first, second = events(collection, THACI)

    assert (first.kind, second.kind) == ("first", "revision")
    assert second.changes is not None
    assert (second.changes.fields, second.changes.headline_only, second.changes.silent) == (
        ("body", "media"),
        False,
        True,
    )
    assert describe(second.changes) == "text, media, silent"


def test_what_the_silent_edit_did_to_which_paragraph(collection: Collection) -> None:
    found = only_diff(collection, THACI)

    assert [
        (
            part.field,
            change.kind,
            [passage.place for passage in change.old],
            [passage.place for passage in change.new],
        )
        for part, change in found.changed()
    ] == [
        ("body", "changed", ["heading 5"], ["heading 5"]),
        ("body", "changed", ["paragraph 6"], ["paragraph 6"]),
        ("body", "parted", ["paragraph 15"], ["paragraph 15", "paragraph 16"]),
        ("media", "changed", ["video 1"], ["video 1"]),
    ]


def test_only_the_words_that_changed_are_marked(collection: Collection) -> None:
    heading, paragraph, parted, _ = (change for _, change in only_diff(collection, THACI).changed())

    def words(kind: str, change: PassageChange) -> list[int]:
        return [len(run.text.split()) for run in change.runs if run.kind == kind and run.text.strip()]

    assert (words("removed", heading), words("added", heading)) == ([1], [1])
    assert (words("removed", paragraph), words("added", paragraph)) == ([1], [1])
    # Beside the new break two words became one.
    assert (words("removed", parted), words("added", parted)) == ([2], [1])
    assert next(run.text for run in parted.runs if run.kind == "added") == "\n\n"


@pytest.mark.parametrize("article_id", [KHASHOGGI, THACI])
def test_every_form_of_the_diff_says_it(collection: Collection, article_id: str) -> None:
    found = only_diff(collection, article_id)
    changed = [run.text.strip() for _, change in found.changed() for run in change.runs if run.kind != "same"]
    marked = [text for text in changed if text]

    assert all(text in as_text(found) for text in marked)
    unified = as_unified(found).splitlines()
    counts = [sum(line.startswith(sign) and not line.startswith(sign * 3) for line in unified) for sign in "-+"]
    assert counts == {KHASHOGGI: [1, 1], THACI: [4, 6]}[article_id]
    page = as_html(found)
    assert page.count("<del>") == sum(run.kind == "removed" for _, change in found.changed() for run in change.runs)
    assert page.count("<ins>") == sum(run.kind == "added" for _, change in found.changed() for run in change.runs)
