"""The stage: whatever was archived is shown here, in an origin that holds nothing else.

Players, archived pictures and the WACZ files that players read. An archived page is rewritten by the service worker of
ReplayWeb.page and runs no script of its own: it is shown in a sandbox that allows none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from newsarchive.collection.addresses import find_capture
from newsarchive.extraction.coding import CannotDecode, undo_coding
from newsarchive.web.capture_wacz import Shelf, Showing, make_wacz, showing
from newsarchive.web.origins import Origins, address_path, path_segment, stage_url
from newsarchive.web.pages import label, render
from newsarchive.web.pictures import picture_type
from newsarchive.web.ranges import answer_with
from newsarchive.web.record_ids import from_path, in_path
from newsarchive.web.rooms import Room, room_of

PLAYER = Path(__file__).with_name("player")
"""Our player, and beside it ReplayWeb.page, which ``make replay-assets`` puts there."""

MAX_PICTURE_BYTES = 64 * 1024 * 1024

_SCOPE = "/replay/"
_WORKER_QUERY = "serveIndex=1"
_WACZ = "application/wacz"
_SCRIPT = "text/javascript"
_COMPONENTS = {"ui.js": "ui.js", "wabac.js": "sw.js"}
"""Files of ReplayWeb.page by their names on the stage, where ``sw.js`` is ours and loads theirs."""
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
"""Of the service worker: it runs scripts of the stage, and asks nobody else."""
_OWN_FILES = frozenset({"player.css", "player.js"})

_NO_PLAYER = "ReplayWeb.page is not installed here. In a checkout, make replay-assets puts it in its place."
_NO_PAGE = "There is no page at this address."
NO_CAPTURE = "There is no capture of this id in the collection."
"""What is said of a record id that is none."""


def stage_image_url(request: HTTPConnection, collection: str, record_id: str) -> str:
    """The address of an archived picture."""
    return stage_url(request, "images", collection, in_path(record_id))


def stage_capture_url(request: HTTPConnection, collection: str, record_id: str) -> str:
    """The address of the player that shows a capture."""
    return stage_url(request, "captures", collection, in_path(record_id))


def stage_snapshot_url(request: HTTPConnection, collection: str, name: str) -> str:
    """The address of the player that shows a snapshot; ``name`` is that of its file without the ending."""
    return stage_url(request, "snapshots", collection, name)


def has_player() -> bool:
    """Whether ReplayWeb.page is installed."""
    return (PLAYER / "ui.js").is_file() and (PLAYER / "sw.js").is_file()


def play_capture(request: Request) -> Response:
    """The player for one capture."""
    with room_of(request) as room:
        what = _showing(request, room)
    source = address_path("captures", room.name, f"{in_path(what.asked.ref.record_id)}.wacz")
    return _player(
        request,
        f"{source}?key={what.key}",
        url=what.shown.url,
        at=what.shown.ref.captured_at,
        rules=[_rule(url, there) for url, there in what.stand_ins],
    )


def send_capture(request: Request) -> Response:
    """The WACZ of one capture, or a part of it."""
    shelf: Shelf = request.app.state.shelf
    key = request.query_params.get("key")
    with room_of(request) as room:
        shelved = str(room.onlooker.root)
        # A player reads it in parts, and what a key stands for never changes.
        content = None if key is None else shelf.held(shelved, key)
        if key is None or content is None:
            what = _showing(request, room)
            if key is not None and key != what.key:
                message = "What belongs to this capture has changed meanwhile. Load the page again."
                raise HTTPException(410, label(request, message))
            key = what.key
            content = shelf.get(shelved, key, lambda: make_wacz(room.view, what))
    return answer_with(request, content, media_type=_WACZ, tag=key)


def play_snapshot(request: Request) -> Response:
    """The player for a whole snapshot: its list of pages, and search in it."""
    with room_of(request) as room:
        snapshot_of(request, room)
    name = path_segment(request, "name")
    return _player(request, address_path("snapshots", room.name, f"{name}.wacz"))


def send_snapshot(request: Request) -> Response:
    """The file of a snapshot, or a part of it."""
    with room_of(request) as room:
        path = snapshot_of(request, room)
    return FileResponse(path, media_type=_WACZ)


def send_image(request: Request) -> Response:
    """An archived picture without its content coding."""
    with room_of(request) as room:
        capture = find_capture(room.view.catalog, from_path(path_segment(request, "record_id")))
        stored = None if capture is None else room.view.read_capture(capture.ref)
    if stored is None:
        raise HTTPException(404, label(request, NO_CAPTURE))
    try:
        body, _ = undo_coding(stored.payload, stored.header("content-encoding") or "", max_bytes=MAX_PICTURE_BYTES)
    except CannotDecode:
        body = b""
    media_type = picture_type(body)
    if media_type is None:
        raise HTTPException(404, label(request, "This capture is no picture that can be shown by itself."))
    answer = answer_with(request, body, media_type=media_type, tag=stored.ref.payload_digest.value)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def send_own_file(request: Request) -> Response:
    """What makes the player a page: our script and style sheet."""
    name = request.path_params["name"]
    if name not in _OWN_FILES:
        raise HTTPException(404, label(request, _NO_PAGE))
    return FileResponse(PLAYER / name)


def send_component(request: Request) -> Response:
    """ReplayWeb.page: what is seen of it, and what works behind its pages."""
    name = _COMPONENTS[request.url.path.removeprefix(_SCOPE)]
    if not has_player():
        raise HTTPException(404, label(request, _NO_PLAYER))
    return FileResponse(PLAYER / name, media_type=_SCRIPT, headers={"Content-Security-Policy": _WORKER_POLICY})


def send_worker(request: Request) -> Response:
    """The service worker, which fetches from the stage alone, and has no parameters but those of the player."""
    if not has_player() or request.url.query != _WORKER_QUERY:
        raise HTTPException(404, label(request, _NO_PAGE))
    origins: Origins = request.app.state.origins
    policy = json.dumps(replay_policy(origins.stage(request), origins.room(request)))
    content = f"const POLICY = {policy};\n{(PLAYER / 'worker.js').read_text(encoding='utf-8')}"
    return Response(content, media_type=_SCRIPT, headers={"Content-Security-Policy": _WORKER_POLICY})


def replay_policy(stage: str, room: str) -> str:
    """What an archived page may do that is replayed at ``stage`` for ``room``: load what is replayed beside it.

    ``sandbox`` without ``allow-scripts`` keeps scripts, event handlers, ``javascript:`` addresses, refreshes, forms,
    pop-ups, downloads and the frames around it out of its reach (HTML section 7.1.5). It is in the origin of the
    stage, or the service worker would not serve it, and no script is there to make use of that.
    """
    return (
        f"sandbox allow-same-origin; default-src {stage}{_SCOPE}w/ data: blob: 'unsafe-inline'; script-src 'none'; "
        f"connect-src 'none'; object-src 'none'; worker-src 'none'; base-uri {stage}{_SCOPE}w/; form-action 'none'; "
        f"frame-ancestors 'self' {room}"
    )


def _rule(url: str, there: str) -> tuple[str, str]:
    """A rule of ReplayWeb.page's: the pattern of an address that is not there, and what to look for in its place.

    It undoes percent escapes in what comes out, and takes ``$`` for a reference, as JavaScript does.
    """
    return f"^{re.escape(url)}$", there.replace("%", "%25").replace("$", "$$")


def _player(
    request: Request,
    source: str,
    *,
    url: str | None = None,
    at: datetime | None = None,
    rules: Sequence[tuple[str, str]] = (),
) -> Response:
    origins: Origins = request.app.state.origins
    if not has_player():
        raise HTTPException(503, label(request, _NO_PLAYER))
    answer = render(
        request,
        "player.html.j2",
        source=source,
        address=url,
        timestamp=None if at is None else f"{at.astimezone(UTC):%Y%m%d%H%M%S}",
        scope=_SCOPE,
        worker=f"{_SCOPE}sw.js?{_WORKER_QUERY}",
        config=json.dumps({"fuzzy": rules}),
    )
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; "
        f"form-action 'none'; frame-ancestors {origins.room(request)}"
    )
    return answer


def _showing(request: Request, room: Room) -> Showing:
    what = showing(room.view, from_path(path_segment(request, "record_id")))
    if what is None:
        raise HTTPException(404, label(request, NO_CAPTURE))
    return what


def snapshot_of(request: Request, room: Room) -> Path:
    """The file of the snapshot that ``request`` names. Raises ``HTTPException`` 404."""
    name = path_segment(request, "name")
    path = next((path for path in room.view.layout.snapshots.glob("[!.]*.wacz") if path.stem == name), None)
    if path is None or not path.is_file():
        raise HTTPException(404, label(request, "There is no snapshot of this name in the collection."))
    return path


ROUTES = (
    Route("/player/{name}", send_own_file),
    Route(f"{_SCOPE}sw.js", send_worker),
    *(Route(_SCOPE + name, send_component) for name in _COMPONENTS),
    Route("/captures/{site}/{record_id}.wacz", send_capture),
    Route("/captures/{site}/{record_id}", play_capture),
    Route("/snapshots/{site}/{name}.wacz", send_snapshot),
    Route("/snapshots/{site}/{name}", play_snapshot),
    Route("/images/{site}/{record_id}", send_image),
)
