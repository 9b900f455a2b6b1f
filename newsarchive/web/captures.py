"""The page of one capture: what it is, its page as it was in a frame of the stage, its text, the captures around it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsarchive.collection.addresses import neighbours
from newsarchive.extraction.elements import text_of
from newsarchive.extraction.page import Unreadable, decode, parse
from newsarchive.model.article import Article
from newsarchive.model.capture import StoredCapture
from newsarchive.web.capture_wacz import showing
from newsarchive.web.origins import path_segment
from newsarchive.web.pages import label, render
from newsarchive.web.record_ids import from_path
from newsarchive.web.rooms import room_of
from newsarchive.web.stage import (
    NO_CAPTURE,
    has_player,
    snapshot_of,
    stage_capture_url,
    stage_snapshot_url,
)

NEIGHBOURS = 25
"""So many captures of the same address are listed before this one, and after it."""

MAX_TEXT_CHARACTERS = 200_000
"""So much text of a page is shown as text."""


def show_capture(request: Request) -> Response:
    """One capture: replayed, and as text."""
    record_id = from_path(path_segment(request, "record_id"))
    with room_of(request) as room:
        what = showing(room.view, record_id)
        found = room.view.catalog.capture_of(record_id)
        if what is None or found is None:
            raise HTTPException(404, label(request, NO_CAPTURE))
        run, capture = found
        stored = room.view.read_capture(what.page.ref)
        return render(
            request,
            "capture.html.j2",
            room=room,
            what=what,
            capture=capture,
            run=run,
            media_type=(stored.content_type or "").partition(";")[0].strip() or None,
            article=what.article,
            text=text_in(stored, what.article),
            around=neighbours(room.view.catalog, capture, NEIGHBOURS),
            frame=stage_capture_url(request, room.name, record_id) if has_player() else None,
        )


def show_snapshot(request: Request) -> Response:
    """One snapshot, replayed from its own file."""
    with room_of(request) as room:
        path = snapshot_of(request, room)
        frame = stage_snapshot_url(request, room.name, path.stem) if has_player() else None
        return render(request, "snapshot.html.j2", room=room, path=path, length_bytes=path.stat().st_size, frame=frame)


def text_in(stored: StoredCapture, article: Article | None) -> str | None:
    """What there is to read: the text of the article, or all text of the page; ``None`` for what is no text."""
    if article is not None:
        parts = (article.topline, article.headline, article.stand_raw, article.lead, article.text)
        # The text begins with the lead where the page has one.
        kept = [part for part in parts if part and not (part == article.lead and article.text.startswith(part))]
        return "\n\n".join(kept)[:MAX_TEXT_CHARACTERS]
    media_type = (stored.content_type or "").lower()
    try:
        if "html" in media_type:
            tree = parse(decode(stored)).tree
            body = tree.find("body")
            text = text_of(tree if body is None else body)
            return None if text is None else text[:MAX_TEXT_CHARACTERS]
        if media_type.startswith("text/") or any(form in media_type for form in ("xml", "json")):
            return decode(stored).text[:MAX_TEXT_CHARACTERS]
    except Unreadable:
        pass
    return None


ROUTES = (
    Route("/{site}/captures/{record_id}", show_capture),
    Route("/{site}/snapshots/{name}", show_snapshot),
)
