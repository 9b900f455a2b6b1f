"""Addresses as nobody meant them: whatever stands in path, parameters and header fields is answered, never with 500.

Errors that nobody expected are raised by the client and fail the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from newsarchive.web import stage
from newsarchive.web.app import ROOM_ROUTES, STAGE_ROUTES
from tests.kept import SITE, START, archive, crawling, exchange, keep
from tests.rooms import room_client, stage_client

_KNOWN = {
    "site": [SITE],
    "article_id": ["moin-100", "fort-200"],
    "form": ["bib", "json", "txt"],
    "name": ["player.js", "erster"],
}
"""What leads somewhere, by the name of the part of the path; ``record_id`` is that of a capture."""

_PARAMETERS = [
    *("q", "from", "to", "section", "tag", "kind", "author", "state", "sort", "revisions", "page", "fragment"),
    *("revision", "old", "new", "days", "by", "show", "view", "lang"),
]

_STRANGE = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from("\"'*()-+^:~|&<>{}[]%\\/.,;?!#\x00\n\r\t ORANDNOTNEAR"), max_size=40),
    st.from_regex(r"[-+]?[0-9]{0,25}(\.[0-9]+)?", fullmatch=True),
    st.sampled_from(
        [
            *(
                '"',
                '""',
                '"a',
                'a"b',
                "-",
                "--",
                "-a",
                "*",
                "a*",
                "*a",
                "a* b*",
                "OR",
                "OR OR",
                "a OR",
                "NOT a",
                "a AND",
            ),
            *("NEAR(a b)", "title:a", "{a b}:c", "^a", "a\x00b", "'; DROP TABLE runs; --", "(" * 500, "a " * 900),
            *("2026-11-22", "2026-02-30", "0000-00-00", "9999-12-31", "99999-01-01", "-1", "0", "1", "2", "1e9", "１"),
            *(
                "..",
                ".",
                "../..",
                "%2e%2e",
                "\ud7ff",
                "\U0010ffff",
                "\u202e",
                "ß",
                "\u0300" * 50,
                "javascript:alert(1)",
            ),
        ]
    ),
)


def _paths(routes: tuple[object, ...]) -> list[str]:
    return [route.path for route in routes if isinstance(route, Route)]


@st.composite
def _addresses(draw: st.DrawFn, paths: list[str]) -> tuple[str, list[str]]:
    """An address whose parts are known or strange, and the names of those left to be known later."""
    path = draw(st.sampled_from(paths))
    later: list[str] = []

    def filled(match: re.Match[str]) -> str:
        name = match[1]
        if name == "record_id" and draw(st.booleans()):
            later.append(name)
            return "RECORD"
        known = _KNOWN.get(name)
        # Mostly known: what is strange in the first part would keep all else from being looked at.
        part = draw(st.sampled_from(known) if known and draw(st.integers(0, 4)) else _STRANGE)
        return quote(part, safe="")

    address = re.sub(r"\{(\w+)\}", filled, path)
    asked = draw(st.lists(st.tuples(st.sampled_from(_PARAMETERS) | st.text(max_size=8), _STRANGE), max_size=5))
    return (f"{address}?{urlencode(asked)}" if asked else address), later


@pytest.fixture(name="root", scope="module")
def _root(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A collection with an article in two revisions and one that was removed, and the id of a record in it."""
    root = tmp_path_factory.mktemp("archive")
    for day, text in enumerate(("Eins", "Zwei")):
        with crawling(root / SITE, start=START + timedelta(days=day)) as writer:
            stored = archive(writer, exchange("/moin-100.html", text.encode(), at=START + timedelta(days=day)))
            keep(writer, stored, text)
            if day == 0:
                keep(writer, archive(writer, exchange("/fort-200.html")), "Bald fort", article_id="fort-200")
            else:
                gone = exchange("/fort-200.html", status="404 Not Found", at=START + timedelta(days=day))
                writer.gone(archive(writer, gone), "http-404")
    return root, stored.ref.record_id.removeprefix("urn:uuid:")


@pytest.fixture(name="room", scope="module")
def _room(root: tuple[Path, str]) -> Iterator[tuple[TestClient, str]]:
    with room_client(root[0]) as client:
        yield client, root[1]


@pytest.fixture(name="stage", scope="module")
def _stage(root: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    # In place of ReplayWeb.page, which a checkout need not have, files that only need to be there.
    player = tmp_path_factory.mktemp("player")
    for name in ("ui.js", "sw.js", "worker.js", "player.js", "player.css"):
        (player / name).write_text(f"// {name}")
    with pytest.MonkeyPatch.context() as patch, stage_client(root[0]) as client:
        patch.setattr(stage, "PLAYER", player)
        yield client, root[1]


_FUZZING = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_FUZZING
@given(address=_addresses(_paths(ROOM_ROUTES)), language=st.sampled_from(["", "de", "en;q=x", ",;,;q=", "\u00ff"]))
@example(address=("/seeblick?q=%22", []), language="de")
@example(address=("/seeblick/articles/moin-100/diff?old=2&new=1", []), language="de")
@example(address=("/seeblick/articles/moin-100/diff?old=1&new=1", []), language="de")
@example(address=("/seeblick/overview?days=0", []), language="de")
def test_nothing_in_an_address_of_the_room_gives_500(
    room: tuple[TestClient, str], address: tuple[str, list[str]], language: str
) -> None:
    _ask(room, address, language)


@_FUZZING
@given(
    address=_addresses(_paths(STAGE_ROUTES)),
    ranges=st.sampled_from(["", "bytes=0-9", "bytes=-5", "bytes=9-", "x", "bytes=9-1,2-"]),
)
def test_nothing_in_an_address_of_the_stage_gives_500(
    stage: tuple[TestClient, str], address: tuple[str, list[str]], ranges: str
) -> None:
    _ask(stage, address, "de", ranges)


@settings(max_examples=200, deadline=None)
@given(path=st.text(max_size=200), query=st.text(max_size=200))
def test_no_path_at_all_gives_500(
    room: tuple[TestClient, str], stage: tuple[TestClient, str], path: str, query: str
) -> None:
    for client, _ in (room, stage):
        assert client.get(f"/{quote(path)}?{quote(query, safe='=&+%')}").status_code < 500


def _ask(asked: tuple[TestClient, str], address: tuple[str, list[str]], language: str, ranges: str = "") -> None:
    client, record = asked
    headers = {b"Accept-Language": language.encode("latin-1"), **({b"Range": ranges.encode()} if ranges else {})}
    answer = client.get(address[0].replace("RECORD", record) if address[1] else address[0], headers=headers)
    assert answer.status_code in {200, 206, 302, 304, 307, 400, 404, 414, 416}, (answer.status_code, answer.text)
    assert answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
