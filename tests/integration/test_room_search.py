"""The search page: its form, what it shows and marks, its addresses, and the same as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from starlette.testclient import TestClient

from newsarchive.collection.collection import Collection
from newsarchive.model.article import Byline, Tag
from newsarchive.model.revision import content_digest, number
from newsarchive.web import search
from tests.kept import SITE, START, archive, article_of, crawling, exchange
from tests.rooms import room_client

HOSTILE = '<script>alert(1)</script>"onmouseover="x'
STAND = datetime(2026, 11, 20, 12, tzinfo=UTC)


def _write(root: Path, *said: dict[str, Any], days: int = 0) -> None:
    with crawling(root, start=START + timedelta(days=days)) as writer:
        for fields in said:
            name = fields["article_id"]
            body = f"{name} {days}".encode()
            stored = archive(writer, exchange(f"/{len(body)}.html", body, at=writer.started_at))
            article = replace(article_of(stored, fields["text"]), **fields)
            article = replace(article, content_digest=content_digest(article))
            article, is_new = number(article, writer.last_revision(name))
            assert is_new
            writer.write_article(article)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    root = tmp_path / "archive" / SITE
    deich = {
        "article_id": "deich-100",
        "headline": "Neue Deiche für die Küste",
        "lead": "In Kiel wird gebaut.",
        "text": "In Kiel wird gebaut.\n\nDie Deiche werden höher.",
        "stand": STAND,
        "section": ("Inland",),
        "tags": (Tag(name="Küste", slug="kueste"),),
        "authors": (Byline(name="Anna Müller", organisation=None, url=None, raw="Anna Müller"),),
    }
    _write(
        root,
        deich,
        {"article_id": HOSTILE, "headline": HOSTILE, "text": f"Deich {HOSTILE}", "section": (HOSTILE,)},
        {"article_id": "rechnung-100", "headline": "=HYPERLINK(1)", "text": "Deich"},
    )
    _write(root, {**deich, "text": "In Kiel wird gebaut.\n\nDie Deiche werden niedriger."}, days=1)
    with room_client(tmp_path / "archive") as client:
        yield client


def _page(client: TestClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def _headlines(page: Any) -> list[str]:
    return [" ".join(heading.text_content().split()) for heading in page.cssselect(".hit h3")]


def test_the_newest_articles_are_there_before_anything_is_asked(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?lang=en")

    assert len(_headlines(page)) == 3
    assert page.cssselect("#results h2")[0].text == "Newest articles"
    assert page.cssselect("#count")[0].text == "3 articles"


def test_hits_are_marked_and_linked(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?q=deich+niedriger&lang=de")

    (hit,) = page.cssselect(".hit")
    assert [mark.text for mark in hit.cssselect("mark")] == ["Deiche", "Deiche", "niedriger"]
    assert hit.cssselect("h3 a")[0].get("href") == f"/{SITE}/articles/deich-100?lang=de"
    assert "2 Fassungen" in hit.text_content()
    assert "still geändert" in hit.text_content()
    assert page.cssselect("#count")[0].text == "1 Artikel"


def test_earlier_revisions_lead_to_themselves(client: TestClient) -> None:
    assert _headlines(_page(client, f"/{SITE}?q=höher")) == []

    (link,) = _page(client, f"/{SITE}?q=höher&revisions=all").cssselect(".hit h3 a")

    assert link.get("href") == f"/{SITE}/articles/deich-100?revision=1"


def test_hostile_text_is_text(client: TestClient) -> None:
    answer = client.get(f"/{SITE}", params={"q": f"alert {HOSTILE}", "section": HOSTILE})

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    page = html.fromstring(answer.text)
    assert not page.cssselect("[onmouseover]")
    assert page.cssselect("#q")[0].get("value") == f"alert {HOSTILE}"
    assert page.cssselect("#section option[selected]")[0].get("value") == HOSTILE
    (heading,) = _headlines(page)
    assert heading.endswith(HOSTILE)


def test_filters_offer_what_would_be_left_and_keep_what_is_chosen(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?q=deich&section=inland&state=silent&tag=Küste&from=2026-11-20&to=2026-11-20&lang=en")

    assert _headlines(page) == ["Seeblick Neue Deiche für die Küste"]
    assert page.cssselect("#section option[selected]")[0].text == "Inland (1)"
    assert page.cssselect("#state option[selected]")[0].text == "silently changed (1)"
    assert page.cssselect("#tag")[0].get("value") == "Küste"
    assert [option.get("value") for option in page.cssselect("#authors option")] == ["Anna Müller"]
    assert (page.cssselect("#from")[0].get("value"), page.cssselect("#to")[0].get("value")) == ("2026-11-20",) * 2
    assert page.cssselect("details")[0].get("open") is not None


def test_every_input_has_a_label_and_the_form_works_without_script(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?lang=en")

    form = page.cssselect("form#search")[0]
    assert (form.get("method"), form.get("action")) == (None, f"/{SITE}?lang=en")
    assert form.fields["lang"] == "en"
    fields = [field for field in form.cssselect("input, select") if field.get("type") != "hidden"]
    assert {field.get("id") for field in fields} == {label.get("for") for label in form.cssselect("label")}


def test_pages_go_on_and_keep_what_was_asked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "HITS_A_PAGE", 1)

    first = _page(client, f"/{SITE}?q=deich&sort=newest&fragment=1")
    (onwards,) = first.cssselect('a[rel="next"]')
    assert onwards.get("href") == f"/{SITE}?q=deich&sort=newest&page=2"
    second = _page(client, onwards.get("href"))
    assert second.cssselect("ol.hits")[0].get("start") == "2"
    assert second.cssselect('a[rel="prev"]')[0].get("href") == f"/{SITE}?q=deich&sort=newest"
    assert _headlines(first) != _headlines(second)
    assert client.get(f"/{SITE}?q=deich&page=4").status_code == 404


def test_a_fragment_has_what_changes_and_no_page_around_it(client: TestClient) -> None:
    answer = client.get(f"/{SITE}?q=deich&fragment=1")

    assert "<html" not in answer.text
    page = html.fromstring(f"<div>{answer.text}</div>")
    assert len(page.cssselect("#count, #results, #section, #kind, #state, #tags, #authors, #sort")) == 8


def test_a_word_that_is_still_typed_finds_what_begins_with_it_and_says_so(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?q=Deiche+niedr&lang=en")

    assert len(page.cssselect(".hit")) == 1
    assert "1 article There are none with just these words; these have one that begins with “niedr”." in " ".join(
        page.cssselect("#count")[0].text_content().split()
    )
    (as_json,) = (link.get("href") for link in page.cssselect("a") if "search.json" in link.get("href"))
    assert client.get(as_json).json()["count"] == 1
    assert client.get(f"/{SITE}/search.json?q=Deiche+niedr").json()["count"] == 0
    assert page.cssselect("#q")[0].get("value") == "Deiche niedr"


def test_what_holds_no_word_is_said_to(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?q=%F0%9F%98%80&lang=en")
    assert "there is no word to look for" in page.cssselect("#count")[0].text_content()


def test_nothing_found_says_so(client: TestClient) -> None:
    page = _page(client, f"/{SITE}?q=Krokodil&lang=en")

    assert page.cssselect("#count")[0].text == "0 articles"
    assert "Nothing was found." in page.cssselect("#results")[0].text_content()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-13-01", "It is a day such as"),
        ("from=2026-11-22&to=2026-11-21", "The first day is after the last one."),
        ("kind=novel", "It is one of: article"),
        ("state=lost", "It is one of: revised"),
        ("sort=random", "It is one of: relevance"),
        ("revisions=some", "It is one of: newest"),
        ("page=0", "a whole number from 1"),
        ("page=501", "a whole number from 1"),
        ("tag=" + "x" * 201, "is too long"),
        ("fragment=2", "It is one of: 1"),
    ],
)
def test_what_cannot_be_is_answered_with_what_to_do(client: TestClient, query: str, said: str) -> None:
    for address in (f"/{SITE}", f"/{SITE}/search.json"):
        if "fragment" in query and address.endswith("json"):
            continue
        answer = client.get(f"{address}?{query}&lang=en")
        assert answer.status_code == 400
        assert said in answer.text


def test_json_says_what_the_page_shows(client: TestClient) -> None:
    found = client.get(f"/{SITE}/search.json?q=deich+niedriger").json()

    assert (found["count"], found["is_cut"], found["page"], found["pages"]) == (1, False, 1, 1)
    (result,) = found["results"]
    assert result["article_id"] == "deich-100"
    assert (result["revision"], result["revisions"], result["silent_edits"]) == (2, 2, 1)
    assert (result["stand"], result["kind"], result["tags"]) == ("2026-11-20T12:00:00Z", "article", ["Küste"])
    assert result["address"] == f"/{SITE}/articles/deich-100"
    (passage,) = result["passages"]
    assert [passage["text"][start:end] for start, end in passage["hits"]] == ["Deiche", "niedriger"]
    assert [result["headline"][start:end] for start, end in result["headline_hits"]] == ["Deiche"]
    assert found["choices"]["section"] == {"Inland": 1}


def test_json_says_what_is_wrong_as_json(client: TestClient) -> None:
    answer = client.get(f"/{SITE}/search.json?from=gestern&lang=en")

    assert answer.status_code == 400
    assert "It is a day such as" in answer.json()["error"]
    answer = client.get(f"/{SITE}/search.json", params={"kind": HOSTILE, "lang": "en"})
    assert HOSTILE in answer.json()["error"]


def test_csv_has_all_that_is_found_and_no_formula(client: TestClient) -> None:
    answer = client.get(f"/{SITE}/search.csv?q=deich")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{SITE}-search.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["headline"] for row in rows} == {"Neue Deiche für die Küste", HOSTILE, "'=HYPERLINK(1)"}
    (deich,) = (row for row in rows if row["article_id"] == "deich-100")
    assert (deich["revisions"], deich["gone_at"], deich["is_newest_revision"]) == ("2", "", "True")
    assert [deich[name] for name in ("kind", "section", "tag", "author")] == [
        "article",
        "Inland",
        "Küste",
        "Anna Müller",
    ]
    (result,) = client.get(f"/{SITE}/search.json?q=niedriger").json()["results"]
    assert deich["content_digest"] == result["content_digest"] != ""


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", " =1", "\t=1", "\rx", "\n1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(cell: str) -> None:
    assert search._as_cell(cell) == f"'{cell}"
    assert search._as_cell(-1) == -1
    assert search._as_cell("a=1") == "a=1"


def test_an_article_whose_line_is_damaged_is_still_found(client: TestClient, tmp_path: Path) -> None:
    with Collection.open(tmp_path / "archive" / SITE) as collection:
        path = collection.articles_path(collection.runs()[1])
    assert path is not None
    path.write_bytes(b"x" * path.stat().st_size)

    page = _page(client, f"/{SITE}?q=niedriger&lang=en")

    assert _headlines(page) == ["Neue Deiche für die Küste"]
    assert "newsarchive check" in page.cssselect(".hit .note")[0].text_content()
    (result,) = client.get(f"/{SITE}/search.json?q=niedriger").json()["results"]
    assert result["is_readable"] is False
