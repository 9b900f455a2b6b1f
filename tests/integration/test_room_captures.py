"""Captures in the reading room: their pages, the WACZ files that players read, archived pictures, snapshots."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from lxml import html
from starlette.testclient import TestClient

from newsarchive.collection.collection import Collection
from newsarchive.collection.onlooker import Onlooker
from newsarchive.model.capture import StoredCapture
from newsarchive.snapshot.create import create
from newsarchive.warc.cdxj import parse_line
from newsarchive.warc.reader import read_captures
from newsarchive.warc.wacz_reader import WaczFile
from newsarchive.web import capture_wacz, stage
from newsarchive.web.capture_wacz import Shelf, make_wacz, showing
from newsarchive.web.record_ids import in_path
from tests.kept import SITE, START, archive, crawling, exchange
from tests.rooms import STAGE, room_client, stage_client
from tests.shown import PNG, Shown, build

_RECORDS = ["page", "repeated", "unchanged", "moved", "missing", "style", "picture"]


@pytest.fixture(name="shown", scope="module")
def _shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return build(tmp_path_factory.mktemp("archive"))


@pytest.fixture(name="player")
def _player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of ReplayWeb.page, files that only need to be there."""
    for name in ("ui.js", "sw.js"):
        (tmp_path / name).write_text(f"// {name}")
    for name in ("worker.js", "player.js", "player.css"):
        (tmp_path / name).write_bytes((stage.PLAYER / name).read_bytes())
    monkeypatch.setattr(stage, "PLAYER", tmp_path)
    return tmp_path


@pytest.fixture(name="room")
def _room(shown: Shown, player: Path) -> Iterator[TestClient]:
    with room_client(shown.root) as client:
        yield client


@pytest.fixture(name="on_stage")
def _on_stage(shown: Shown, player: Path) -> Iterator[TestClient]:
    with stage_client(shown.root) as client:
        yield client


def segment(stored: StoredCapture) -> str:
    return in_path(stored.ref.record_id)


def wacz_of(shown: Shown, stored: StoredCapture) -> bytes:
    with Onlooker(shown.collection) as onlooker, onlooker.look() as view:
        what = showing(view, stored.ref.record_id)
        assert what is not None
        return make_wacz(view, what)


def held_in(content: bytes, directory: Path) -> dict[str, StoredCapture]:
    """The captures in a WACZ, by their record ids."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        path = directory / "capture.warc.gz"
        path.write_bytes(packed.read("archive/capture.warc.gz"))
    return {stored.ref.record_id: stored for stored in read_captures(path, path.name)}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("page", {"page", "style", "font", "picture", "form"}),
        ("repeated", {"page", "repeated", "style", "font", "later_picture", "form"}),
        ("unchanged", {"page", "style", "font", "picture", "form"}),
        ("moved", {"moved", "page", "style", "font", "picture", "form"}),
        ("missing", {"missing"}),
        ("style", {"style", "font"}),
        ("picture", {"picture"}),
    ],
)
def test_a_wacz_holds_a_capture_and_what_belongs_to_it(
    shown: Shown, tmp_path: Path, asked: str, expected: set[str]
) -> None:
    held = held_in(wacz_of(shown, getattr(shown, asked)), tmp_path)
    # A picture that came again unchanged is a revisit, so what it repeats comes with it.
    if "later_picture" in expected:
        expected = expected | {"picture"}
    assert set(held) == {getattr(shown, name).ref.record_id for name in expected}
    for name in expected:
        assert held[getattr(shown, name).ref.record_id].payload == getattr(shown, name).payload


@pytest.mark.parametrize("asked", _RECORDS)
def test_records_lie_in_a_wacz_as_they_do_in_the_archive(shown: Shown, tmp_path: Path, asked: str) -> None:
    path = tmp_path / "a.wacz"
    path.write_bytes(wacz_of(shown, getattr(shown, asked)))
    with WaczFile(path) as wacz:
        assert wacz.flaws == []
        lines = [parse_line(line) for line in wacz.index_lines()]
        warc = wacz.read("archive/capture.warc.gz")
        pages = [json.loads(line) for line in wacz.read("pages/pages.jsonl").splitlines()]
    assert lines
    with Collection.open(shown.collection) as collection:
        for line in lines:
            member = warc[line.offset : line.offset + line.length]
            own = next(
                own for own in collection.captures_of(line.url, full=True) if own.record_digest == line.record_digest
            )
            with collection.layout.locate(own.filename).open("rb") as file:
                file.seek(own.offset)
                assert file.read(own.length) == member
    assert (pages[1]["url"], re.sub(r"\D", "", pages[1]["ts"])) in {(line.url, line.timestamp) for line in lines}


def test_the_same_capture_gives_the_same_bytes(shown: Shown) -> None:
    assert wacz_of(shown, shown.page) == wacz_of(shown, shown.page)
    assert wacz_of(shown, shown.page) != wacz_of(shown, shown.repeated)


def test_a_damaged_picture_is_left_out_and_a_damaged_page_is_said(tmp_path: Path) -> None:
    shown = build(tmp_path)
    ref = shown.picture.ref
    path = shown.collection / ref.warc
    data = bytearray(path.read_bytes())
    data[ref.offset + ref.length // 2] ^= 0xFF
    path.write_bytes(data)
    assert shown.picture.ref.record_id not in held_in(wacz_of(shown, shown.page), tmp_path)
    data[shown.page.ref.offset + 40] ^= 0xFF
    path.write_bytes(data)
    with stage_client(tmp_path) as client:
        answer = client.get(f"/captures/{SITE}/{segment(shown.page)}.wacz")
    assert (answer.status_code, "damaged at offset" in answer.text) == (503, True)


def test_a_wacz_has_no_more_than_fits_also_of_what_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_wacz, "MAX_RECORD_BYTES", 100_000)
    pictures = "".join(f'<img src="/{number}.png">' for number in range(9))
    for day in range(2):
        with crawling(tmp_path / SITE, start=START + timedelta(days=day)) as writer:
            markup = f"<html><body>{day}{pictures}".encode()
            page = archive(writer, exchange("/", markup, headers=("Content-Type: text/html",), at=writer.started_at))
            for number in range(9):
                body = PNG + Random(number).randbytes(20_000)  # noqa: S311 (invention, not secrets)
                archive(writer, exchange(f"/{number}.png", body, at=writer.started_at))
    with Onlooker(tmp_path / SITE) as onlooker, onlooker.look() as view:
        what = showing(view, page.ref.record_id)
        assert what is not None
        assert len(what.loaded) == 9
        held = held_in(make_wacz(view, what), tmp_path)
    assert page.ref.record_id in held
    # Four pictures fit, each with the record that says that it came again.
    assert len(held) == 9


def test_a_wacz_is_answered_in_parts(shown: Shown, on_stage: TestClient) -> None:
    address = f"/captures/{SITE}/{segment(shown.page)}.wacz"
    whole = on_stage.get(address)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "application/wacz")
    assert whole.content == wacz_of(shown, shown.page)
    part = on_stage.get(address, headers={"Range": "bytes=-22"})
    assert (part.status_code, part.content) == (206, whole.content[-22:])
    key = whole.headers["etag"].strip('"')
    assert on_stage.get(f"{address}?key={key}").content == whole.content
    changed = on_stage.get(f"{address}?key=0123456789abcdef")
    assert (changed.status_code, "Load the page again" in changed.text) == (410, True)


def test_the_last_waczs_are_kept_and_no_more_than_fit() -> None:
    shelf = Shelf(max_bytes=10)
    made: list[str] = []

    def get(key: str, collection: str = "a") -> bytes:
        def make() -> bytes:
            made.append(key)
            return key.encode() * 4

        return shelf.get(collection, key, make)

    assert [get("x"), get("y"), get("x")] == [b"xxxx", b"yyyy", b"xxxx"]
    get("z")
    get("x")
    get("y")
    assert made == ["x", "y", "z", "y"]
    get("x", "b")
    assert made[-1] == "x"


def test_the_page_of_a_capture_says_what_it_is(shown: Shown, room: TestClient) -> None:
    answer = room.get(f"/{SITE}/captures/{segment(shown.repeated)}?lang=en")
    page = html.fromstring(answer.text)
    text = " ".join(page.text_content().split())
    ref = shown.repeated.ref
    assert answer.status_code == 200
    for said in (
        str(ref.payload_digest),
        ref.record_id,
        ref.warc,
        f"byte {ref.offset}",
        "Capture 2 of 3",
        "← earlier later →",
        shown.page.url,
    ):
        assert said in text, said
    (frame,) = page.xpath("//iframe")
    assert frame.get("src") == f"{STAGE}/captures/{SITE}/{segment(shown.repeated)}"
    assert frame.get("sandbox") == "allow-scripts allow-same-origin"
    (before,), (after,) = page.xpath("//a[@rel='prev']/@href"), page.xpath("//a[@rel='next']/@href")
    assert before == f"/{SITE}/captures/{segment(shown.page)}?lang=en"
    assert after == f"/{SITE}/captures/{segment(shown.unchanged)}?lang=en"
    assert page.xpath("//a[contains(@href, '/articles/moin-100?')][contains(@href, 'revision=1')]")
    assert "Moin vom Seeblick." in page.xpath("string(//pre)")


@pytest.mark.parametrize(
    ("asked", "said"),
    [("unchanged", "nothing had changed (304)"), ("moved", "leads to another address"), ("missing", "weg")],
)
def test_what_is_shown_for_what_is_no_page_is_said(shown: Shown, room: TestClient, asked: str, said: str) -> None:
    assert said in room.get(f"/{SITE}/captures/{segment(getattr(shown, asked))}?lang=en").text


def test_without_the_player_the_text_is_there(
    shown: Shown, room: TestClient, on_stage: TestClient, player: Path
) -> None:
    (player / "ui.js").unlink()
    page = html.fromstring(room.get(f"/{SITE}/captures/{segment(shown.page)}?lang=en").text)
    assert not page.xpath("//iframe")
    assert "make replay-assets" in page.text_content()
    assert page.xpath("//details[@open]//pre")
    assert on_stage.get(f"/captures/{SITE}/{segment(shown.page)}").status_code == 503
    assert on_stage.get("/replay/sw.js?serveIndex=1").status_code == 404


def test_the_player_is_told_what_to_show(shown: Shown, on_stage: TestClient) -> None:
    answer = on_stage.get(f"/captures/{SITE}/{segment(shown.unchanged)}")
    (player,) = html.fromstring(answer.text).xpath("//*[@id='player']")
    assert player.get("data-address") == shown.page.url
    assert player.get("data-timestamp") == f"{shown.page.ref.captured_at:%Y%m%d%H%M%S}"
    assert on_stage.get(player.get("data-source")).content == wacz_of(shown, shown.page)
    ((pattern, there),) = json.loads(player.get("data-config"))["fuzzy"]
    assert re.fullmatch(pattern, shown.form.url.replace("schmal/moewe.jpg", "breit/moewe.webp?width=640"))
    assert there == shown.form.url
    assert "script-src 'self';" in answer.headers["content-security-policy"]


def test_the_worker_is_held_to_a_policy_that_runs_nothing(on_stage: TestClient) -> None:
    answer = on_stage.get("/replay/sw.js?serveIndex=1")
    policy = json.loads(answer.text.split("\n", 1)[0].removeprefix("const POLICY = ").removesuffix(";"))
    assert policy.startswith("sandbox allow-same-origin;")
    assert "script-src 'none'" in policy
    assert "connect-src 'self'" in answer.headers["content-security-policy"]
    assert on_stage.get("/replay/wabac.js").text == "// sw.js"


@pytest.mark.parametrize(
    "address",
    [
        "/replay/sw.js",
        "/replay/sw.js?serveIndex=1&injectScripts=//evil.example/x.js",
        "/replay/sw.js?proxyOriginMode=1",
        "/replay/",
        "/replay/index.html",
        "/player/sw.js",
        "/player/..%2Fstage.py",
        "/player/worker.js",
        f"/captures/{SITE}/nothing",
        f"/captures/{SITE}/nothing.wacz",
        f"/captures/nowhere/{'0' * 8}-0000-0000-0000-{'0' * 12}",
        f"/images/{SITE}/urn:uuid:nothing",
        f"/snapshots/{SITE}/nothing.wacz",
        f"/snapshots/{SITE}/..~2Fcollection.wacz",
        f"/snapshots/{SITE}/..~2F..~2F..~2Fetc~2Fpasswd.wacz",
    ],
)
def test_what_is_not_there_is_said(on_stage: TestClient, address: str) -> None:
    assert on_stage.get(address).status_code == 404


def test_pictures_are_shown_and_nothing_else(shown: Shown, on_stage: TestClient) -> None:
    answer = on_stage.get(f"/images/{SITE}/{segment(shown.picture)}")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", PNG)
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert on_stage.get(f"/images/{SITE}/{segment(shown.later_picture)}").content == PNG
    for other in (shown.svg, shown.page, shown.style, shown.missing):
        assert on_stage.get(f"/images/{SITE}/{segment(other)}").status_code == 404


def test_a_snapshot_is_replayed_from_its_own_file(tmp_path: Path, player: Path) -> None:
    shown = build(tmp_path)
    with Collection.open(shown.collection) as collection:
        path, _ = create(collection)
    with room_client(tmp_path) as room, stage_client(tmp_path) as on_stage:
        page = html.fromstring(room.get(f"/{SITE}/snapshots/{path.stem}").text)
        (address,) = page.xpath("//iframe/@src")
        (played,) = html.fromstring(on_stage.get(address).text).xpath("//*[@id='player']")
        assert played.get("data-address") is None
        file = on_stage.get(played.get("data-source"), headers={"Range": "bytes=0-3"})
        assert (file.status_code, file.content) == (206, b"PK\3\4")
        (path.parent / "folder.wacz").mkdir()
        (path.parent / "astray.wacz").symlink_to(tmp_path / "nowhere")
        (path.parent / ".begun.wacz").write_bytes(b"PK")
        for name in ("nothing", "folder", "astray", ".begun"):
            assert room.get(f"/{SITE}/snapshots/{name}").status_code == 404
            assert on_stage.get(f"/snapshots/{SITE}/{name}.wacz").status_code == 404
