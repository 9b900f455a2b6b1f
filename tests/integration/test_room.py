"""The reading room as a whole: who is answered, with which headers, in which language, and what is said otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient

from newsarchive.web.origins import Origins, address_path, in_address, path_segment
from newsarchive.web.pages import language_of, url, url_here
from newsarchive.web.parameters import day, one_of, whole_number
from newsarchive.web.security import LONGEST_PATH, LONGEST_QUERY
from tests.kept import SITE, archive, crawling, exchange, keep
from tests.rooms import ROOM, STAGE, room_client, stage_client


@pytest.fixture(name="root", scope="module")
def _root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One collection with one article."""
    root = tmp_path_factory.mktemp("archive")
    with crawling(root / SITE) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
    return root


@pytest.fixture(name="room", scope="module")
def _room(root: Path) -> Iterator[TestClient]:
    with room_client(root) as client:
        yield client


@pytest.fixture(name="stage", scope="module")
def _stage(root: Path) -> Iterator[TestClient]:
    with stage_client(root) as client:
        yield client


_ANSWERS = ["/about", "/static/room.css", "/nirgends/nichts", f"/{SITE}/articles/moin-100", "/"]


@pytest.mark.parametrize("address", _ANSWERS)
def test_every_answer_of_the_room_is_held_to_its_own_origin(room: TestClient, address: str) -> None:
    headers = room.get(address).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' {STAGE}",
        "connect-src": "'self'",
        "frame-src": STAGE,
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "set-cookie" not in headers


def test_only_the_room_may_show_the_stage(stage: TestClient) -> None:
    headers = stage.get("/nirgends").headers
    assert f"frame-ancestors 'self' {ROOM}" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("site", "mode", "destination", "room_status", "stage_status"),
    [
        ("none", "navigate", "document", 200, 404),
        ("same-origin", "cors", "empty", 200, 404),
        ("same-site", "no-cors", "image", 403, 404),
        ("same-site", "cors", "empty", 403, 404),
        ("same-site", "navigate", "iframe", 403, 404),
        ("cross-site", "navigate", "document", 200, 404),
        ("cross-site", "navigate", "iframe", 403, 403),
        ("cross-site", "no-cors", "script", 403, 403),
        ("cross-site", "cors", "empty", 403, 403),
    ],
)
def test_pages_of_others_may_link_to_the_room_but_load_nothing(
    room: TestClient,
    stage: TestClient,
    site: str,
    mode: str,
    destination: str,
    room_status: int,
    stage_status: int,
) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
    assert room.get("/about", headers=headers).status_code == room_status
    assert stage.get("/nirgends", headers=headers).status_code == stage_status


_NAMES_OF_THE_MACHINE = ["localhost:8321", "localhost", "127.0.0.1:8321", "[::1]:8321", "LOCALHOST:9", "[::1]"]
_OTHER_NAMES = [
    "evil.example",
    "localhost.evil.example",
    "localhost@evil.example",
    "127.0.0.1.evil.example:8321",
    "[::2]",
    "",
]


@pytest.mark.parametrize("host", _NAMES_OF_THE_MACHINE)
def test_a_request_for_this_machine_is_answered(room: TestClient, host: str) -> None:
    assert room.get("/about", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", _OTHER_NAMES)
def test_a_request_for_another_name_is_refused_on_both_origins(room: TestClient, stage: TestClient, host: str) -> None:
    for client in (room, stage):
        answer = client.get(f"/{SITE}/articles/moin-100", headers={"Host": host})
        assert answer.status_code == 421
        assert "--allow-host" in answer.text
        assert "Moin" not in answer.text
        assert not host or host not in answer.text + str(answer.headers)


def test_names_that_are_allowed_are_answered_and_reach_the_stage_by_the_same_name() -> None:
    origins = Origins.at("192.0.2.7", room_port=80, stage_port=81, names=("Archiv.Example", "2001:db8::1"))
    assert origins.names == {"localhost", "127.0.0.1", "[::1]", "192.0.2.7", "archiv.example", "[2001:db8::1]"}
    asked = _request("/", host="archiv.example:80")
    assert origins.stage(asked) == "http://archiv.example:81"
    assert origins.room(asked) == "http://archiv.example:80"


@pytest.mark.parametrize(
    ("host", "shown"), [("::1", "[::1]"), ("[::1]", "[::1]"), ("127.0.0.1", "127.0.0.1"), ("Name", "name")]
)
def test_hosts_are_written_as_in_addresses(host: str, shown: str) -> None:
    assert in_address(host) == shown


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_the_archive_can_only_be_read(room: TestClient, stage: TestClient, method: str) -> None:
    for client in (room, stage):
        answer = client.request(method, f"/{SITE}/articles/moin-100")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


def test_head_answers_as_get_does_without_the_page(room: TestClient) -> None:
    asked, got = room.head("/about"), room.get("/about")
    assert asked.status_code == 200
    assert asked.headers["content-length"] == got.headers["content-length"]
    assert asked.text == ""


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/" + "a" * LONGEST_PATH, 414),
        ("/about?q=" + "a" * LONGEST_QUERY, 414),
        ("/about%00", 400),
        ("/%0d%0aX-Own:%20header", 400),
        ("/static/..%2f..%2f..%2fpyproject.toml", 404),
        ("/static/%2e%2e/pages.py", 404),
        ("/../../etc/passwd", 404),
        ("/..%5c..%5c/articles/moin-100", 404),
        ("/./articles/moin-100", 404),
        ("/static/", 404),
        ("/Seeblick ../articles/moin-100", 404),
    ],
)
def test_addresses_that_cannot_be_are_answered_with_a_page(room: TestClient, address: str, status: int) -> None:
    answer = room.get(address, headers={"Accept-Language": "de"})
    assert answer.status_code == status
    page = html.fromstring(answer.text)
    assert page.get("lang") == "de"
    assert page.findtext(".//h1") in {"Nicht gefunden", "Nicht verstanden"}
    assert "x-own" not in answer.headers


def test_the_only_collection_is_opened_at_once(room: TestClient) -> None:
    answer = room.get("/?lang=de")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/{SITE}?lang=de")


def test_of_several_collections_one_is_chosen(tmp_path: Path) -> None:
    for name in ("seeblick", "zweite"):
        with crawling(tmp_path / name):
            pass
    (tmp_path / "kein <b>Name").mkdir()
    (tmp_path / "kein <b>Name" / "collection.json").write_text("{}")
    with room_client(tmp_path) as client:
        page = html.fromstring(client.get("/?lang=en").text)
        listed = [link.get("href") for link in page.xpath("//ul[@class='collections']//a")]
        assert listed == ["/seeblick?lang=en", "/zweite?lang=en"]
        assert ">Collections</a>" in client.get("/about?lang=en").text


def test_of_one_collection_there_is_nothing_to_choose(room: TestClient) -> None:
    assert ">Collections</a>" not in room.get("/about?lang=en").text


def test_an_archive_without_collections_says_how_to_make_one(tmp_path: Path) -> None:
    with room_client(tmp_path) as client:
        assert "newsarchive crawl SITE" in client.get("/").text


def test_directories_that_may_not_be_looked_into_are_no_collections(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "geheim").mkdir()
    (tmp_path / SITE).symlink_to(root / SITE)
    is_file = Path.is_file

    def refused(path: Path) -> bool:
        if path.parent.name in {"lost+found", "geheim"}:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)
    with room_client(tmp_path) as client:
        assert client.get("/").headers["location"] == f"/{SITE}"
        assert client.get("/geheim/articles/moin-100").status_code == 404


def test_an_archive_that_may_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(path: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refused)
    with room_client(tmp_path) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "Permission denied" in answer.text


def test_a_collection_that_is_none_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "kaputt").mkdir()
    (tmp_path / "kaputt" / "collection.json").write_text("{}")
    with room_client(tmp_path) as client:
        answer = client.get("/kaputt/articles/moin-100")
    assert answer.status_code == 404
    assert "is not a newsarchive collection" in answer.text


def test_a_catalog_that_is_missing_is_said_with_what_to_do(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE):
        pass
    (tmp_path / SITE / "catalog.sqlite").unlink()
    with room_client(tmp_path) as client:
        answer = client.get(f"/{SITE}/articles/moin-100")
    assert answer.status_code == 503
    assert "newsarchive rebuild seeblick" in answer.text


def test_a_line_that_is_damaged_is_said(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
    for path in (tmp_path / SITE / "articles").rglob("*.jsonl"):
        path.write_bytes(b"")
    with room_client(tmp_path) as client:
        answer = client.get(f"/{SITE}/articles/moin-100")
    assert answer.status_code == 503
    assert "Cannot read" in answer.text


def test_what_nobody_expected_is_a_page_too(room: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by <b>zero</b>")

    monkeypatch.setattr("newsarchive.web.article.parts_of", fail)
    client = TestClient(room.app, base_url=ROOM, raise_server_exceptions=False)
    answer = client.get(f"/{SITE}/articles/moin-100?lang=de")
    assert answer.status_code == 500
    assert "Im Lesesaal ist etwas schiefgegangen." in answer.text
    assert "zero" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "", "de"),
        ("en-GB,de;q=0.9", "", "en"),
        ("fr,de;q=0.5,en;q=0.4", "", "de"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("de;q=viel", "", "en"),
        ("de", "lang=en", "en"),
        ("en", "lang=de", "de"),
        ("de", "lang=xx", "de"),
        ("de;q=0", "", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_preferred(header: str, query: str, language: str) -> None:
    assert language_of(_request("/", query, accept_language=header)) == language


def test_links_keep_the_language_that_was_asked_for() -> None:
    request = _request("/seeblick", "lang=de&q=a+b&tag=x&tag=y&page=2")
    assert url(request, "a b", "c/d", q="ü", from_="2026-11-22", none=None, empty="", tag=["x", "y"]) == (
        "/a%20b/c~2Fd?lang=de&q=%C3%BC&from=2026-11-22&tag=x&tag=y"
    )
    assert url_here(request, page=None) == "/seeblick?lang=de&q=a+b&tag=x&tag=y"
    assert url_here(request, lang="en", tag=None) == "/seeblick?lang=en&q=a+b&page=2"
    assert url(_request("/", "lang=xx"), "a") == "/a"


@pytest.mark.parametrize("segment", ["moin-100", "a/b", "~", "~2F", "~7E/~", "ä ö?#%", ".."])
def test_a_segment_is_what_it_was_after_the_way_through_an_address(segment: str) -> None:
    from urllib.parse import unquote

    path = unquote(address_path(segment))
    assert path.count("/") == 1
    assert path_segment(_request(path, segment=path[1:]), "segment") == segment


def test_parameters_are_held_to_what_they_can_be() -> None:
    request = _request(
        "/", "n=7&low=0&big=99999999999999999999&odd=7.5&kind=video&bad=film&day=2026-11-22&no=2026-02-30"
    )
    assert whole_number(request, "n", least=1, most=9) == 7
    assert whole_number(request, "missing", least=1, most=9) is None
    assert one_of(request, "kind", ("video", "audio")) == "video"
    assert str(day(request, "day")) == "2026-11-22"
    for name in ("low", "big", "odd"):
        with pytest.raises(HTTPException, match="whole number from 1 to 9"):
            whole_number(request, name, least=1, most=9)
    with pytest.raises(HTTPException, match="one of: video, audio"):
        one_of(request, "bad", ("video", "audio"))
    for name in ("no", "kind"):
        with pytest.raises(HTTPException, match="such as 2026-11-22"):
            day(request, name)


def _request(
    path: str, query: str = "", *, host: str = "localhost", accept_language: str = "", segment: str = ""
) -> Request:
    headers = [(b"host", host.encode()), (b"accept-language", accept_language.encode())]
    return Request(
        {
            "type": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "path_params": {"segment": segment},
        }
    )
