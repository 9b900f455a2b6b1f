"""The page of an article: all that its record has, nothing that its record does, and which revision it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from starlette.testclient import TestClient

from newsarchive.extraction.extract import extract
from newsarchive.model.article import Article, Cue, Image, Related
from newsarchive.model.revision import content_digest, number
from newsarchive.model.serialize import from_json, to_line
from newsarchive.web.origins import address_path
from tests.goldencases import GoldenCase, golden_cases
from tests.kept import SITE, START, archive, article_of, crawling, exchange, keep
from tests.rooms import STAGE, room_client

_CASES = [case for case in golden_cases() if not case.name.startswith("none-")]

_NOT_SHOWN = {
    "schema": "of the record, not of the article",
    "text": "put together of what is shown",
    "kind": "shown by its name",
    "role": "decides the place",
    "field": "shown by its name",
    "level": "decides the heading",
    "ref": "decides the picture or player",
    "slug": "the last part of an address",
    "id": "the anchor of an entry on its page",
    "start_s": "shown as a duration",
    "end_s": "when the next caption begins, or before",
    "duration_s": "shown as a duration",
    "poster.url": "shown as a picture, or by its description where it was not captured",
    "images.url": "a link, or the address of the archived picture",
}
"""Keys whose values do not stand on the page as they are, each with the reason."""


@pytest.fixture(name="everything", params=_CASES, ids=[case.name for case in _CASES])
def _everything(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Article, html.HtmlElement]:
    """An article of the golden cases, with subtitles that were archived, and its page."""
    case: GoldenCase = request.param
    read = extract(case.stored, case.site).article
    assert read is not None
    with crawling(tmp_path / SITE) as writer:
        stored = archive(writer, exchange("/artikel.html"))
        article = _with_cues(replace(read, site=SITE, revision=1, url=stored.url, capture=stored.ref))
        writer.write_article(article)
    with room_client(tmp_path) as client:
        answer = client.get(address_path(SITE, "articles", article.article_id))
    assert answer.status_code == 200, answer.text
    return article, html.fromstring(answer.text)


def _with_cues(article: Article) -> Article:
    cues = (
        Cue(start_s=0.0, end_s=2.5, text="Guten Abend,\nmeine Damen"),
        Cue(start_s=63.0, end_s=65.0, text="und Herren."),
    )
    media = tuple(
        replace(
            each, subtitles=tuple(replace(subtitle, cues=cues, capture=article.capture) for subtitle in each.subtitles)
        )
        for each in article.media
    )
    return replace(article, media=media)


def test_everything_that_the_record_has_is_on_the_page(everything: tuple[Article, html.HtmlElement]) -> None:
    article, page = everything
    shown = _folded(" ".join([*page.itertext(), *_attributes(page)]))
    times = {time.get("datetime") for time in page.iter("time")}
    missing = []
    for key, value in _leaves(json.loads(to_line(article))):
        if isinstance(value, str) and key != "raw" and _is_time(value):
            at = datetime.fromisoformat(value).astimezone(UTC).isoformat().replace("+00:00", "Z")
            if at not in times:
                missing.append((key, value))
        elif not all(_folded(part) in shown for part in _parts(key, str(value))):
            missing.append((key, value))
    assert missing == []


def test_headings_skip_no_level_and_ids_are_used_once(everything: tuple[Article, html.HtmlElement]) -> None:
    _, page = everything
    levels = [int(element.tag[1]) for element in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(element.get("aria-labelledby") in ids for element in page.iter() if element.get("aria-labelledby"))


def _leaves(value: Any, key: str = "", above: str = "") -> Iterator[tuple[str, Any]]:
    if key in _NOT_SHOWN or f"{above}.{key}" in _NOT_SHOWN or value is None or isinstance(value, bool):
        return
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, name, key)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, key, above)
    else:
        yield key, value


def _parts(key: str, value: str) -> list[str]:
    """What of a value stands on the page in one piece."""
    return value.split("; ") if key == "rights" else value.split("\n\n")


def _is_time(value: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value) is not None


def _attributes(page: html.HtmlElement) -> Iterator[str]:
    return (str(value) for element in page.iter() for value in element.attrib.values())


def _folded(text: str) -> str:
    return " ".join(text.split())


_HOSTILE = (
    "\"'></title></textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}\u202e&lt;"
)
_ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://x.example/"><script>alert(1)</script>',
)
_KEPT = {
    *("schema", "site", "revision", "kind", "role", "field", "content_digest", "capture", "extractor"),
    *("stand", "at", "time", "broadcast_at"),
    *("published_at", "modified_at", "first_published_at", "unavailable_after"),
}
"""Keys whose values are not free text."""


@pytest.mark.parametrize("address", _ADDRESSES)
@pytest.mark.parametrize("name", ["e3-with-everything", "e2b-2023-with-everything", "e3-liveblog", "text-ard"])
def test_nothing_that_a_record_says_runs_or_breaks_out(name: str, address: str, tmp_path: Path) -> None:
    (case,) = (case for case in _CASES if case.name == name)
    read = extract(case.stored, case.site).article
    assert read is not None
    with crawling(tmp_path / SITE) as writer:
        stored = archive(writer, exchange("/artikel.html"))
        plain = json.loads(to_line(replace(_with_cues(read), site=SITE, revision=1, capture=stored.ref)))
        hostile = from_json(json.dumps(_poisoned(plain, address)), Article)
        writer.write_article(hostile)
    at = address_path(SITE, "articles", hostile.article_id)
    with room_client(tmp_path) as client:
        answer = client.get(at)
        references = [client.get(f"{at}/cite.{form}") for form in ("bib", "json", "txt")]
    assert answer.status_code == 200
    page = html.fromstring(answer.text)
    assert [script.get("src") for script in page.iter("script")] == ["/static/copy.js"]
    assert [image for image in page.iter("img") if not image.get("src").startswith(f"{STAGE}/images/")] == []
    attributes = {name for element in page.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"style", "srcdoc", "http-equiv"}
    assert not list(page.iter("iframe", "object", "embed", "base", "form", "textarea", "svg"))
    outward = [link for link in page.iter("a") if not link.get("href").startswith(("/", "#"))]
    assert all(link.get("href").startswith("https://") for link in outward)
    assert all("noopener" in link.get("rel") for link in outward)
    assert "{{ 7*7 }}" in page.findtext(".//title")
    for reference in references:
        assert reference.status_code == 200
        assert re.fullmatch(r'(inline|attachment); filename="[A-Za-z0-9.-]+"', reference.headers["content-disposition"])
        assert reference.headers["x-content-type-options"] == "nosniff"
        assert not reference.headers["content-type"].startswith("text/html")


def _poisoned(value: Any, address: str, key: str = "") -> Any:
    if key in _KEPT or value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {name: _poisoned(part, address, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_poisoned(part, address, key) for part in value]
    return address if key.endswith("url") else f"{_HOSTILE}{key}"


@pytest.fixture(name="history", scope="module")
def _history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An article with three revisions, of which the second moves the Stand and the third does not, and one that was
    removed."""
    root = tmp_path_factory.mktemp("archive")
    later = datetime.fromisoformat("2026-11-23T08:00:00+01:00")
    for day, (text, stand) in enumerate([("Eins", None), ("Zwei", later), ("Drei", later)]):
        with crawling(root / SITE, start=START + timedelta(days=day)) as writer:
            stored = archive(writer, exchange("/moin-100.html", text.encode(), at=START + timedelta(days=day)))
            article = article_of(stored, text, revision=day + 1)
            stand = stand or article.stand
            before = writer.last_revision("moin-100")
            article, is_new = number(replace(article, stand=stand, content_digest=content_digest(article)), before)
            assert is_new
            writer.write_article(article)
            if day == 0:
                keep(writer, archive(writer, exchange("/fort-200.html")), "Bald fort", article_id="fort-200")
                keep(writer, archive(writer, exchange("/a/b~c-300.html")), "Tief", article_id="a/b~c-300")
            if day == 2:
                gone = exchange("/fort-200.html", status="404 Not Found", at=START + timedelta(days=2))
                writer.gone(archive(writer, gone), "http-404")
    with room_client(root) as client:
        yield client


def test_the_newest_revision_is_shown_and_links_to_the_one_before(history: TestClient) -> None:
    page = _page(history, "/seeblick/articles/moin-100?lang=en")
    assert "Drei" in page.text_content()
    assert "Revision 3 of 3" in _folded(page.text_content())
    assert [link.get("href") for link in page.iter("a") if link.get("rel") == "prev"] == [
        "/seeblick/articles/moin-100?lang=en&revision=2"
    ]
    assert not [link for link in page.iter("a") if link.get("rel") == "next"]
    assert "An earlier revision." not in page.text_content()


def test_an_earlier_revision_says_that_it_is_one(history: TestClient) -> None:
    page = _page(history, "/seeblick/articles/moin-100?revision=2&lang=en")
    assert "Zwei" in page.text_content()
    assert "An earlier revision." in page.text_content()
    assert "← earlier later →" in " ".join(page.text_content().split())
    assert "/seeblick/articles/moin-100/diff?lang=en&old=1&new=2" in {link.get("href") for link in page.iter("a")}
    cited = next(link.get("href") for link in page.iter("a") if "cite.bib" in link.get("href"))
    assert "revision 2" in history.get(cited).text


@pytest.mark.parametrize(("revision", "silent"), [(1, False), (2, False), (3, True)])
def test_a_revision_that_did_not_move_the_stand_is_called_silent(
    history: TestClient, revision: int, silent: bool
) -> None:
    page = _page(history, f"/seeblick/articles/moin-100?revision={revision}&lang=en")
    assert ("Silent: the Stand did not move." in page.text_content()) is silent


def test_an_article_that_is_gone_says_since_when_and_why(history: TestClient) -> None:
    page = _page(history, "/seeblick/articles/fort-200?lang=de")
    note = _folded(page.xpath("//p[@class='note wrong']")[0].text_content())
    assert note.startswith("Entfernt: seit 24.11.2026, 09:30 UTC steht dieser Artikel nicht mehr unter seiner Adresse:")
    assert note.endswith("die Seite wird nicht mehr gefunden (404).")
    assert not _page(history, "/seeblick/articles/moin-100").xpath("//p[@class='note wrong']")


def test_an_id_with_a_slash_is_one_segment_of_its_address(history: TestClient) -> None:
    at = address_path("seeblick", "articles", "a/b~c-300")
    page = _page(history, at)
    assert "Tief" in page.text_content()
    own = [link.get("href") for link in page.iter("a") if link.get("href").startswith(at)]
    assert [history.get(address).status_code for address in own] == [200] * len(own)
    assert {address.rpartition("/")[2] for address in own} >= {"history", "cite.bib", "cite.json", "cite.txt"}


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/seeblick/articles/niemand", 404, "There is no article “niemand” in this collection."),
        ("/seeblick/articles/moin-100?revision=4", 404, "This article has no revision 4; its newest is 3."),
        ("/seeblick/articles/moin-100?revision=0", 400, "“revision” cannot be “0”. It is a whole number from 1 to"),
        ("/seeblick/articles/moin-100?revision=zwei", 400, "“revision” cannot be “zwei”."),
        ("/seeblick/articles/moin-100?revision=99999999999999999999", 400, "“revision” cannot be"),
        ("/seeblick/articles/moin-100/cite.pdf", 404, "There is no page at this address."),
        ("/anderswo/articles/moin-100", 404, "There is no collection of this name here."),
    ],
)
def test_what_is_not_there_is_said(history: TestClient, address: str, status: int, said: str) -> None:
    answer = history.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == status
    assert said in html.fromstring(answer.text).text_content()


def test_pictures_and_teasers_are_those_of_the_archive_where_it_has_them(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE) as writer:
        picture = archive(writer, exchange("/bild.png", b"\x89PNG"))
        other = keep(writer, archive(writer, exchange("/andere-200.html")), "Anderes", article_id="andere-200")
        stored = archive(writer, exchange("/moin-100.html"))
        images = (
            Image(url=picture.url, alt="Ein Deich", caption=None, credit="AFP", role="head"),
            Image(url=f"{picture.url}?b", alt="Ein Schaf", caption=None, credit=None, role="head"),
        )
        related = (
            Related(url=other.url, label=None, topline=None, headline="Das andere"),
            Related(url="https://fremd.example/", label=None, topline=None, headline="Fremdes"),
        )
        writer.write_article(replace(article_of(stored), images=images, related=related))
    with room_client(tmp_path) as client:
        page = _page(client, "/seeblick/articles/moin-100?lang=en")
    (shown,) = page.iter("img")
    assert shown.get("src") == f"{STAGE}/images/{SITE}/{picture.ref.record_id.removeprefix('urn:uuid:')}"
    assert shown.get("alt") == "Ein Deich"
    assert (
        _folded(page.xpath("//p[@class='placeholder']")[0].text_content()) == "Picture, not in the archive: Ein Schaf"
    )
    links = {link.text_content(): link.get("href") for link in page.iter("a")}
    assert links["Das andere"] == "/seeblick/articles/andere-200?lang=en"
    assert links["Fremdes"] == "https://fremd.example/"


def _page(client: TestClient, address: str) -> html.HtmlElement:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)
