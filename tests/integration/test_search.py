"""Searching a collection: what words, days and filters find, in which order, and what is offered to choose from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsarchive.collection import search
from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.collection.documents import texts_of
from newsarchive.collection.onlooker import Onlooker, View
from newsarchive.collection.passages import mark, passages
from newsarchive.collection.query import Query
from newsarchive.collection.search import Search, Searcher, Sort, hits
from newsarchive.model.article import Article, Byline, Image, Tag
from newsarchive.model.revision import content_digest, number
from tests.kept import START, archive, article_of, begin, crawling, exchange

ZONE = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


def _write(writer: CrawlWriter, name: str, **said: Any) -> Article:
    """An article of this id, as a crawl writes it."""
    stored = archive(writer, exchange(f"/{name}.html", name.encode() + repr(said).encode(), at=writer.started_at))
    text = said.pop("text", "Moin")
    article = replace(article_of(stored, text, article_id=name), **said)
    article = replace(article, content_digest=content_digest(article))
    article, is_new = number(article, writer.last_revision(name))
    assert is_new
    writer.write_article(article)
    return article


def _stand(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


STEG: dict[str, Any] = {"headline": "Steg", "stand": _stand(19), "kind": "video", "section": ("Inland",)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Five articles, one of them revised silently, one removed, one with an older revision that says something else."""
    with crawling(tmp_path) as writer:
        _write(
            writer,
            "deich-100",
            headline="Neue Deiche für die Küste",
            lead="Die Regierung in Kiel will Deiche bauen.",
            text="Die Regierung in Kiel will Deiche bauen.\n\nMüller sagte, die Straße werde gesperrt.",
            stand=_stand(20),
            section=("Inland", "Regional"),
            tags=(Tag(name="Küstenschutz", slug="kuestenschutz"),),
            authors=(Byline(name="Anna Müller", organisation="NDR", url=None, raw="Von Anna Müller, NDR"),),
        )
        _write(writer, "wal-100", headline="Wal gesichtet", text="Ein Wal vor der Küste.", stand=_stand(21))
        _write(writer, "wahl-100", headline="Wahl in Polen", text="Die Wahl und die Küste.", stand=_stand(22, 23))
        _write(
            writer, "steg-100", headline="Steg", text="Nur Nebel.", stand=_stand(19), kind="video", section=("Inland",)
        )
        _write(
            writer,
            "bild-100",
            headline="Bild",
            stand=None,
            published_at=_stand(18),
            images=(Image(url=None, alt="Leuchtturm", caption=None, credit="Foto: dpa", role="head"),),
        )
    with crawling(tmp_path, start=START + DAY) as writer:
        _write(
            writer, "steg-100", headline="Steg", text="Nur Sonne.", stand=_stand(19), kind="video", section=("Inland",)
        )
        writer.gone(archive(writer, exchange("/wal-100.html", status="404 Not Found", at=START + DAY)), "http-404")
    return tmp_path


@pytest.fixture
def view(root: Path) -> Iterator[View]:
    with Onlooker(root) as onlooker, onlooker.look() as view:
        yield view


def _find(view: View, typed: str = "", **asked: Any) -> list[str]:
    found = Searcher().find(view.catalog, Search(query=Query.parse(typed), **asked), ZONE)
    return [hit.article_id.removesuffix("-100") for hit in hits(view.catalog, found.documents)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Regierungen", {"deich"}),
        ("Deich Küste", {"deich"}),
        ("kueste", {"deich", "wal", "wahl"}),
        ("kuste -wal", {"deich", "wahl"}),
        ("Wal", {"wal"}),
        ("Mueller", {"deich"}),
        ("STRASSE", {"deich"}),
        ("Straße", {"deich"}),
        ('"Wahl in Polen"', {"wahl"}),
        ('"Polen in Wahl"', set()),
        ("„Neue Deiche“ OR Nebel OR Sonne", {"deich", "steg"}),
        ("Nebel", set()),
        ("Leuchtt*", {"bild"}),
        ("Regierun*", {"deich"}),
        ("küst* -küstenschutz", {"wal", "wahl"}),
        ("-küste", {"steg", "bild"}),
        ("dpa", {"bild"}),
        ("Kiel -", {"deich"}),
        ("NOT AND (", set()),
        ("***", {"deich", "wal", "wahl", "steg", "bild"}),
    ],
)
def test_words_find_articles_in_any_form_and_spelling(view: View, typed: str, found: set[str]) -> None:
    assert set(_find(view, typed)) == found


def test_a_phrase_does_not_reach_from_one_piece_of_text_into_the_next(view: View) -> None:
    assert _find(view, '"Küste Wahl"') == []
    assert _find(view, '"bauen Müller"') == []


def test_older_revisions_are_searched_when_asked(view: View) -> None:
    found = Searcher().find(view.catalog, Search(query=Query.parse("Nebel"), all_revisions=True), ZONE)

    (hit,) = hits(view.catalog, found.documents)
    assert (hit.article_id, hit.revision, hit.is_newest, hit.revisions, hit.silent) == ("steg-100", 1, False, 2, 1)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"since": date(2026, 11, 20), "until": date(2026, 11, 21)}, ["wal", "deich"]),
        ({"since": date(2026, 11, 23)}, ["wahl"]),
        ({"until": date(2026, 11, 18)}, ["bild"]),
        ({"since": date.min, "until": date.max}, ["wahl", "wal", "deich", "steg", "bild"]),
        ({"sort": "oldest"}, ["bild", "steg", "deich", "wal", "wahl"]),
        ({"filed": (("section", "inland"),)}, ["deich", "steg"]),
        ({"filed": (("section", "Inland"), ("kind", "article"))}, ["deich"]),
        ({"filed": (("section", "Inland"),), "sort": "oldest"}, ["steg", "deich"]),
        ({"filed": (("tag", "KÜSTENSCHUTZ"),)}, ["deich"]),
        ({"filed": (("author", "Anna Müller"),)}, ["deich"]),
        ({"filed": (("state", "revised"),)}, ["steg"]),
        ({"filed": (("state", "silent"),)}, ["steg"]),
        ({"filed": (("state", "removed"),)}, ["wal"]),
        ({"filed": (("tag", "Gibt es nicht"),)}, []),
        ({"filed": (("section", "Inland"),), "since": date(2026, 11, 20)}, ["deich"]),
    ],
)
def test_days_and_what_articles_are_filed_under_narrow_it_down(
    view: View, asked: dict[str, Any], found: list[str]
) -> None:
    assert _find(view, **asked) == found


def test_words_and_filters_hold_together(view: View) -> None:
    assert _find(view, "Küste", filed=(("section", "Inland"),)) == ["deich"]
    assert _find(view, "-Deich", filed=(("section", "Inland"),)) == ["steg"]
    assert _find(view, "Küste", sort="newest") == ["wahl", "wal", "deich"]
    assert _find(view, "Küste", since=date(2026, 11, 21), sort="oldest") == ["wal", "wahl"]


def test_the_title_weighs_most(view: View) -> None:
    assert _find(view, "Küste")[0] == "deich"
    assert _find(view, "Wal OR Wahl OR Küste", sort="relevance")[-1] == "deich"


def test_an_article_that_came_back_is_not_removed(root: Path) -> None:
    with crawling(root, start=START + 2 * DAY) as writer:
        _write(writer, "wal-100", headline="Wal gesichtet", text="Der Wal ist wieder da.", stand=_stand(24))

    with Onlooker(root) as onlooker, onlooker.look() as view:
        assert _find(view, filed=(("state", "removed"),)) == []
        assert _find(view, filed=(("state", "revised"),)) == ["wal", "steg"]


def test_an_article_that_is_found_again_unchanged_is_not_removed(root: Path) -> None:
    with Onlooker(root) as onlooker, onlooker.look() as view:
        article = view.article("wal-100")
    assert article is not None
    with crawling(root, start=START + 2 * DAY) as writer:
        back = archive(writer, exchange("/wal-100.html", at=START + 2 * DAY))
        writer.seen(replace(article, capture=back.ref))

    with Onlooker(root) as onlooker, onlooker.look() as view:
        assert _find(view, filed=(("state", "removed"),)) == []
        assert [choice.value for choice in Searcher().choices(view.catalog, Search(), ZONE)["state"]] == [
            "revised",
            "silent",
        ]


def test_choices_are_counted_as_if_theirs_were_not_made(view: View) -> None:
    asked = Search(filed=(("section", "Regional"), ("kind", "article")))

    choices = Searcher().choices(view.catalog, asked, ZONE)

    assert [(choice.value, choice.count) for choice in choices["section"]] == [("Inland", 1), ("Regional", 1)]
    assert [(choice.value, choice.count) for choice in choices["kind"]] == [("article", 1)]
    assert [(choice.value, choice.count) for choice in choices["tag"]] == [("Küstenschutz", 1)]
    every = Searcher().choices(view.catalog, Search(), ZONE)
    assert [(choice.value, choice.count) for choice in every["kind"]] == [("article", 4), ("video", 1)]
    assert {(choice.value, choice.count) for choice in every["state"]} == {
        ("revised", 1),
        ("silent", 1),
        ("removed", 1),
    }


def test_a_value_that_nothing_has_stays_chosen(view: View) -> None:
    choices = Searcher().choices(view.catalog, Search(filed=(("tag", "Gibt es nicht"),)), ZONE)

    assert [(choice.value, choice.count) for choice in choices["tag"]] == [("Küstenschutz", 1), ("Gibt es nicht", 0)]


def test_what_is_remembered_is_forgotten_when_a_run_is_committed(root: Path) -> None:
    searcher = Searcher()
    with Onlooker(root) as onlooker:
        with onlooker.look() as view:
            first = searcher.find(view.catalog, Search(), ZONE)
            assert searcher.find(view.catalog, Search(), ZONE) is first
        with crawling(root, start=START + 2 * DAY) as writer:
            _write(writer, "neu-100", headline="Neu")
        with onlooker.look() as view:
            assert searcher.find(view.catalog, Search(), ZONE).count == first.count + 1


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
def test_more_than_can_be_counted_is_cut_and_said(view: View, monkeypatch: pytest.MonkeyPatch, sort: Sort) -> None:
    monkeypatch.setattr(search, "MAX_FOUND", 2)

    for typed in ("Küste", ""):
        found = Searcher().find(view.catalog, Search(query=Query.parse(typed), sort=sort), ZONE)
        assert (found.count, found.is_cut) == (2, True)
    assert _find(view, "Küste", sort="newest") == ["wahl", "wal"]


_BROWSED: list[dict[str, Any]] = [
    {},
    {"sort": "oldest"},
    {"all_revisions": True},
    {"since": date(2026, 11, 19), "until": date(2026, 11, 20)},
    {"filed": (("section", "Inland"),)},
    {"filed": (("section", "Inland"), ("kind", "video")), "sort": "oldest"},
    {"filed": (("state", "removed"),), "since": date(2026, 11, 19)},
]


@pytest.mark.parametrize("asked", [*_BROWSED, *({"query": Query.parse("Küste -Wal"), **asked} for asked in _BROWSED)])
def test_no_search_reads_or_sorts_more_than_it_finds(view: View, asked: dict[str, Any]) -> None:
    statements: list[str] = []
    connection = view.catalog._connection
    connection.set_trace_callback(statements.append)
    found = Searcher().find(view.catalog, Search(**asked), ZONE)
    Searcher().choices(view.catalog, Search(**asked), ZONE)
    hits(view.catalog, found.documents)
    connection.set_trace_callback(None)

    asked_for = [text for text in statements if text.lstrip().startswith("SELECT")]
    assert len(asked_for) > 3
    plans = [step for text in asked_for for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
    # A full text index is always said to be scanned; documents are, in the order of their time, until there are enough.
    allowed = ("SCAN texts VIRTUAL", "SCAN documents USING INDEX", "SCAN wanted VIRTUAL", "SCAN runs")
    assert [step for step in plans if step.startswith("SCAN") and not step.startswith(allowed)] == []
    if "query" not in asked:
        assert [step for step in plans if "TEMP B-TREE" in step] == []


@pytest.mark.parametrize("asked", _BROWSED)
@pytest.mark.parametrize("typed", ["Küste", "Küste -Wal", "Moin", "Steg OR Küste", "Neb*"])
def test_what_is_common_is_found_like_what_is_not(
    view: View, monkeypatch: pytest.MonkeyPatch, typed: str, asked: dict[str, Any]
) -> None:
    for sort in ("newest", "oldest"):
        seldom = _find(view, typed, **{**asked, "sort": sort})
        with monkeypatch.context() as patched:
            patched.setattr(search, "_COMMON", 0)
            assert _find(view, typed, **{**asked, "sort": sort}) == seldom


def test_what_a_run_wrote_that_was_never_committed_is_not_found(root: Path) -> None:
    with Collection.open(root) as collection, collection.lock(), begin(collection) as writer:
        _write(writer, "nie-100", headline="Nie gesagt")
    with Onlooker(root) as onlooker, onlooker.look() as view:
        assert _find(view, "gesagt") == []
    with crawling(root, start=START + 2 * DAY) as writer:
        _write(writer, "doch-100", headline="Doch gesagt")

    with Onlooker(root) as onlooker, onlooker.look() as view:
        assert _find(view, "gesagt") == ["doch"]


def test_a_catalog_made_again_finds_the_same(root: Path) -> None:
    asked = Search(query=Query.parse("Küste"))
    with Onlooker(root) as onlooker, onlooker.look() as view:
        before = Searcher().find(view.catalog, asked, ZONE)
    with Collection.open(root) as collection:
        collection.rebuild()

    with Onlooker(root) as onlooker, onlooker.look() as view:
        assert Searcher().find(view.catalog, asked, ZONE) == before


_TYPED = st.text(st.sampled_from("abMüß*\"-„“()^:+{}[]~.,'\\\x00\u0301½²OR \t"), max_size=60)


@given(
    typed=st.one_of(
        _TYPED, st.text(max_size=40), st.lists(st.sampled_from(["a*", "OR", '"', "-x", "NEAR("])).map(" ".join)
    )
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_can_be_typed_is_an_error(view: View, typed: str) -> None:
    query = Query.parse(typed)

    found = Searcher().find(view.catalog, Search(query=query), ZONE)

    for hit in hits(view.catalog, found.documents):
        article = view.article(hit.article_id)
        assert article is not None
        passages(query, texts_of(article))


def test_a_query_of_one_endless_word_or_of_very_many_is_answered(view: View) -> None:
    for typed in ("x" * 100_000, "a." * 5_000, "wort* " * 500, '"' + "a b " * 900, "-a " * 900, "a OR " * 900):
        query = Query.parse(typed)
        Searcher().find(view.catalog, Search(query=query), ZONE)
        assert query.left_off


@pytest.mark.parametrize("typed", ["Küste", "Regierun*", "Mueller", '"Wahl in Polen"', "Leuchtturm", "Steg Sonne"])
def test_whatever_is_found_can_be_shown(view: View, typed: str) -> None:
    query = Query.parse(typed)
    for name in _find(view, typed):
        article = view.article(f"{name}-100")
        assert article is not None
        texts = texts_of(article)
        shown = [part for passage in passages(query, texts) for part in passage if part.is_hit]
        titles = [part for title in texts.title for part in mark(query, title) if part.is_hit]
        assert shown or titles
