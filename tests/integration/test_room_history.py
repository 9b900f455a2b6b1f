"""The pages on what became of an article, on the latest changes, and on how the collection fares."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from newsarchive.collection.collection import Collection
from newsarchive.collection.crawl_writer import CrawlWriter
from newsarchive.model.article import Article, Block
from newsarchive.model.crawl import Funnel
from newsarchive.model.finding import Finding
from newsarchive.model.links import Link
from newsarchive.model.revision import content_digest, number
from newsarchive.snapshot.create import create
from newsarchive.web.history import EVENTS_A_PAGE
from tests.kept import BASE_URL, SITE, START, archive, article_of, begin, crawling, exchange, ticking
from tests.rooms import room_client

DAY = timedelta(days=1)
HOSTILE = "<script>alert(1)</script>\" onload='x' {{ 7 * 7 }} \u202e"


def write(writer: CrawlWriter, at: datetime, *paragraphs: str, **fields: object) -> Article:
    stored = archive(writer, exchange("/moin-100.html", " ".join(paragraphs).encode(), at=at))
    article = article_of(stored, "\n\n".join(paragraphs))
    article = replace(article, body=tuple(Block(kind="paragraph", text=text) for text in paragraphs), **fields)
    numbered, is_new = number(
        replace(article, content_digest=content_digest(article)), writer.last_revision("moin-100")
    )
    assert is_new
    writer.write_article(numbered)
    return numbered


@pytest.fixture
def archived(tmp_path: Path) -> Path:
    """Three revisions, the second of them silent, then a removal."""
    root = tmp_path / SITE
    rest = ("Der See ruht.", "Die Boote auch.", "Es bleibt so.", "Weiter nichts.")
    with crawling(root, start=START) as writer:
        write(writer, START, "Das Wetter wird morgen gut.", *rest)
    with crawling(root, start=START + DAY) as writer:
        write(writer, START + DAY, "Das Wetter wird morgen schlecht.", *rest)
    with crawling(root, start=START + 2 * DAY) as writer:
        at = START + 2 * DAY
        write(writer, at, "Das Wetter wird morgen schlecht.", *rest, headline="Regen am See", stand=at)
    with crawling(root, start=START + 3 * DAY) as writer:
        writer.gone(archive(writer, exchange("/moin-100.html", status="404 X", at=START + 3 * DAY)), "http-404")
    return tmp_path


@contextmanager
def reading(archived: Path) -> Iterator[TestClient]:
    with room_client(archived) as client:
        yield client


def page(client: TestClient, path: str, status: int = 200) -> html.HtmlElement:
    answer = client.get(f"/{SITE}/{path}")
    assert answer.status_code == status, answer.text
    return html.fromstring(answer.text)


def text_of(tree: html.HtmlElement, query: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in tree.xpath(query)]


def test_the_history_tells_what_happened_in_order(archived: Path) -> None:
    with reading(archived) as client:
        tree = page(client, "articles/moin-100/history")

    events = text_of(tree, "//ol[@class='events']/li/h3")
    assert [event.split(": ", 1)[1] for event in events] == [
        "Revision 1, first captured",
        "Revision 2 silent",
        "Revision 3",
        "removed",
    ]
    assert tree.xpath("//ol[@class='events']//a[contains(@href, '/diff')]/@href") == [
        f"/{SITE}/articles/moin-100/diff?old=1&new=2",
        f"/{SITE}/articles/moin-100/diff?old=2&new=3",
    ]
    assert text_of(tree, "//li[contains(@class, 'event-removed')]/p") == [
        "the page is not found any more (404) (http-404)"
    ]
    assert [mark.get("class") for mark in tree.xpath("//figure/*[name()='svg']/*[contains(@class, 'mark')]")] == [
        "mark first",
        "mark silent",
        "mark revision",
        "mark removed",
    ]
    assert tree.xpath("//h1//bdi/text()") == ["Regen am See"]
    with Collection.open(archived / SITE) as collection:
        captures = [capture.ref.record_id.rpartition(":")[2] for capture in collection.captures()]
    assert tree.xpath("//ol[@class='events']//a[contains(@href, '/captures/')]/@href") == [
        f"/{SITE}/captures/{record_id}" for record_id in captures
    ]


def test_two_revisions_stand_beside_each_other(archived: Path) -> None:
    with reading(archived) as client:
        tree = page(client, "articles/moin-100/diff?old=1&new=2")

    before, after = text_of(tree, "//section[@class='part-body']//div[@class='sides']/p")
    assert before == "before: Das Wetter wird morgen [removed: gut end of removed] ."
    assert after == "after: Das Wetter wird morgen [added: schlecht end of added] ."
    assert text_of(tree, "//p[contains(@class, 'note')]") == [
        "silent The text was changed and the Stand, which both revisions print, was not moved."
    ]
    assert text_of(tree, "//details/summary") == ["2 unchanged passages"]
    assert tree.xpath("//a[@rel='next']/@href") == [f"/{SITE}/articles/moin-100/diff?old=2&new=3"]
    assert tree.xpath("//a[@rel='prev']") == []


def test_two_revisions_stand_in_one_text(archived: Path) -> None:
    with reading(archived) as client:
        tree = page(client, "articles/moin-100/diff?old=1&new=3&view=inline")

    (edited,) = tree.xpath("//section[@class='part-body']/p[contains(@class, 'edited')]")
    assert [(mark.tag, mark.xpath("string(text())")) for mark in edited] == [("del", "gut"), ("ins", "schlecht")]
    assert text_of(tree, "//section[@class='part-headline']//ins") == ["[added: Regen am See end of added]"]
    assert not tree.xpath("//p[contains(@class, 'note')]")


def test_without_numbers_it_is_the_last_change_and_the_order_does_not_matter(archived: Path) -> None:
    with reading(archived) as client:
        titles = {
            query: page(client, f"articles/moin-100/diff?{query}").xpath("string(//h1/span)")
            for query in ("", "new=2", "old=3&new=1", "new=1")
        }

    assert titles == {
        "": "What changed from revision 2 to 3",
        "new=2": "What changed from revision 1 to 2",
        "old=3&new=1": "What changed from revision 1 to 3",
        "new=1": "What changed from revision 1 to 2",
    }


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("articles/none-100/history", 404, "There is no article “none-100” in this collection."),
        ("articles/none-100/diff", 404, "There is no article “none-100” in this collection."),
        ("articles/moin-100/history?page=2", 404, "There are not so many pages."),
        ("articles/moin-100/diff?old=1&new=9", 404, "This article has no revision 9; its newest is 3."),
        ("articles/moin-100/diff?old=2&new=2", 400, "Choose two different revisions to compare."),
        ("articles/moin-100/diff?old=x", 400, "“old” cannot be “x”. It is a whole number from 1 to 1000000000."),
        ("articles/moin-100/diff?view=up", 400, "“view” cannot be “up”. It is one of: side, inline."),
        ("changes?page=2", 404, "There are not so many pages."),
        ("changes?kind=odd", 400, "“kind” cannot be “odd”. It is one of: all, edits, silent, removed, returned."),
        ("overview?days=0", 400, "“days” cannot be “0”. It is a whole number from 1 to 3660."),
        ("overview?until=2026-02-30", 400, "“until” cannot be “2026-02-30”. It is a day such as 2026-11-22."),
    ],
)
def test_what_cannot_be_is_answered_with_what_can(archived: Path, path: str, status: int, said: str) -> None:
    with reading(archived) as client:
        tree = page(client, path, status)

    assert said in text_of(tree, "//main/p")


def test_an_article_with_one_revision_has_nothing_to_compare(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE) as writer:
        write(writer, START, "Moin")

    with reading(tmp_path) as client:
        tree = page(client, "articles/moin-100/diff", 404)
        history = page(client, "articles/moin-100/history")

    assert "This article has one revision only; there is nothing to compare it with." in text_of(tree, "//main/p")
    assert history.xpath("//form") == []


def test_many_events_come_in_pages(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE) as writer:
        for turn in range(EVENTS_A_PAGE + 3):
            write(writer, START + timedelta(minutes=turn), f"Moin {turn}")

    with reading(tmp_path) as client:
        first, second = (page(client, f"articles/moin-100/history?page={each}") for each in (1, 2))

    assert [len(each.xpath("//ol[@class='events']/li")) for each in (first, second)] == [EVENTS_A_PAGE, 3]
    assert first.xpath("//a[@rel='next']/@href") == [f"/{SITE}/articles/moin-100/history?page=2"]


def test_hostile_text_is_text(tmp_path: Path) -> None:
    for day, text in enumerate(("Moin", HOSTILE)):
        with crawling(tmp_path / SITE, start=START + day * DAY) as writer:
            write(writer, START + day * DAY, text, headline=HOSTILE, topline=text)

    with reading(tmp_path) as client:
        for path in (
            "articles/moin-100/history",
            "articles/moin-100/diff",
            "articles/moin-100/diff?view=inline",
            "changes",
        ):
            tree = page(client, path)
            assert tree.xpath("//script[not(@src)] | //@onload") == []
            assert "alert(1)" in tree.text_content()
            assert "49" not in tree.xpath("string(//main)").replace("2026", "")


def test_the_changes_list_the_latest_and_the_most_changed(archived: Path) -> None:
    with reading(archived) as client:
        tree = page(client, "changes")
        silent = page(client, "changes?kind=silent&sort=silent&lang=de")

    most, latest = tree.xpath("//table")
    assert text_of(most, ".//tbody/tr/*")[:3] == ["Regen am See", "2", "1"]
    assert text_of(latest, ".//tbody/tr/td[2]") == ["removed", "changed", "silently changed"]
    assert text_of(latest, ".//tbody/tr/td[3]")[1].startswith("headline · Compare")
    assert text_of(silent.xpath("//table")[1], ".//tbody/tr/td[2]") == ["still geändert"]


def test_nothing_changed_is_said(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE) as writer:
        write(writer, START, "Moin")

    with reading(tmp_path) as client:
        tree = page(client, "changes")

    assert {"No article was changed in this time.", "Nothing of this kind has happened yet."} <= set(
        text_of(tree, "//main/p")
    )


@pytest.fixture
def faring(archived: Path) -> Path:
    """The same with a run that had its troubles, and a snapshot."""
    root = archived / SITE
    at = START + 4 * DAY
    with (
        Collection.open(root) as collection,
        collection.lock(),
        begin(collection, now=ticking(at)) as writer,
    ):
        archive(writer, exchange("/robots.txt", at=at))
        url = f"{BASE_URL}/offen-100.html"
        writer.declare(Link(url=url, channel=HOSTILE, declared_at=at, listed_at=None, record_id="<urn:uuid:0>"))
        finding = Finding(severity="error", code="too-few", where="feed", message="Too few.", remedy="Look.")
        funnel = Funnel(channel="feed", declared=1, failed=1, reasons={"timeout": 1, "http-418": 2})
        writer.finish("failed", "", funnel=(funnel,), findings=(finding,))
    with Collection.open(root) as collection:
        create(collection)
    (root / "snapshots" / "broken.wacz").write_bytes(b"no")
    return archived


def test_the_overview_shows_it_all_with_its_numbers(faring: Path) -> None:
    with reading(faring) as client:
        tree = page(client, "overview?days=7")

    assert len(tree.xpath("//figure/*[name()='svg']")) == len(tree.xpath("//figure/details//table")) == 6
    assert all(len(table.xpath(".//tbody/tr")) == 7 for table in tree.xpath("//figure/details//table"))
    tables = {text: table for table in tree.xpath("//table") for text in text_of(table, "./caption")}
    assert text_of(tables["Edits"], ".//tbody/tr/td") == [*("0",) * 4, "1", "0", "1", "1", *("0",) * 6]
    assert text_of(tables["Removals and returns"], ".//tbody/tr[2]/td") == ["1", "0"]
    (reasons,) = [table for caption, table in tables.items() if caption.startswith("Reasons")]
    assert text_of(reasons, ".//tbody/tr/th") == ["http-418", "no answer in time"]
    (channels,) = [table for caption, table in tables.items() if caption.startswith("Addresses")]
    assert text_of(channels, ".//tbody/tr/td")[0] == "100.0 %"
    assert tree.xpath("//script[not(@src)] | //@onload") == []
    runs = tables["Last runs, the newest first"]
    assert text_of(runs, ".//tbody/tr[1]/td[3]") == ["failed"]
    assert len(runs.xpath(".//tbody/tr")) == 5
    (snapshots,) = [table for caption, table in tables.items() if caption.startswith("Snapshots")]
    assert text_of(snapshots, ".//tbody/tr/td")[-3:] == ["no", "no", "not here"]
    (path,) = (faring / SITE / "snapshots").glob("seeblick-*.wacz")
    assert snapshots.xpath(".//tbody/tr/th/a/@href") == [f"/{SITE}/snapshots/{path.stem}"]
    notes = text_of(tree, "//p[contains(@class, 'wrong')]")
    assert notes[0] == "Found by the last run: too-few Too few. Look."
    assert any(note.startswith("Cannot be read:") and "broken.wacz" in note for note in notes)


def test_the_overview_for_programs_says_the_same_and_no_paths(faring: Path) -> None:
    with reading(faring) as client:
        answer = client.get(f"/{SITE}/overview.json?days=7&until=2026-11-25")

    found = json.loads(answer.content)
    assert answer.headers["content-type"] == "application/json"
    assert found["period"] == {"first": "2026-11-19", "last": "2026-11-25"}
    assert [day["edits"] for day in found["periods"]] == [0, 0, 0, 0, 1, 1, 0]
    assert (found["totals"]["articles"], found["totals"]["revisions"]) == (1, 3)
    assert found["reasons"] == {}
    assert [run["outcome"] for run in found["runs"]] == ["failed", *("finished",) * 4]
    assert found["snapshots"][0]["path"].endswith(".wacz")
    assert str(faring) not in answer.text


@pytest.mark.parametrize(
    ("every", "said"), [({}, "not in the schedule of the settings"), ({SITE: 5000 * DAY}, "2040-08-03")]
)
def test_the_overview_says_when_the_schedule_has_the_next_crawl(
    archived: Path, every: dict[str, timedelta], said: str
) -> None:
    with room_client(archived, every) as client:
        tree = page(client, "overview")

    assert text_of(tree, "//dt[. = 'next crawl']/following-sibling::dd[1]")[0].startswith(said)


def test_weeks_take_the_place_of_many_days(faring: Path) -> None:
    with reading(faring) as client:
        tree = page(client, "overview?days=100&lang=de")

    (table,) = tree.xpath("//table[caption = 'Änderungen']")
    assert text_of(table, ".//thead//th[1]") == ["Woche"]
    assert len(table.xpath(".//tbody/tr")) == 15
    assert text_of(table, ".//tbody/tr[1]/*") == ["20.11.2026 – 26.11.2026", "2", "1"]


def test_a_collection_without_runs_has_an_overview(tmp_path: Path) -> None:
    with Collection.create(tmp_path / SITE, SITE) as collection:
        collection.rebuild()

    with reading(tmp_path) as client:
        tree = page(client, "overview")
        answer = client.get(f"/{SITE}/overview.json")

    assert "No crawl has been committed yet." in text_of(tree, "//main/p")
    assert json.loads(answer.content)["runs"] == []


@pytest.mark.parametrize("until", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_as_others(archived: Path, until: str) -> None:
    with reading(archived) as client:
        tree = page(client, f"overview?until={until}&days=3660")

    assert len(tree.xpath("//figure")) == 6
