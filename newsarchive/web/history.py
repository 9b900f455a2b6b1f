"""What became of one article: its revisions, removals and returns in order, and any two revisions beside each other."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsarchive.collection.events import records_of
from newsarchive.history.diff import diff
from newsarchive.history.page import stretches, with_breaks
from newsarchive.history.timeline import noted_changes, timeline
from newsarchive.model.article import Article
from newsarchive.model.revision import Revision
from newsarchive.web.charts import strip
from newsarchive.web.names import EVENTS, FIELDS, GONE, PASSAGES
from newsarchive.web.pages import label, render
from newsarchive.web.parameters import MOST_REVISIONS, one_of, whole_number
from newsarchive.web.rooms import Room, article_id_of, room_of

EVENTS_A_PAGE = 100
"""So many events of an article are shown at once."""

VIEWS = ("side", "inline")


def show_history(request: Request) -> Response:
    """All that happened to an article, the newest last, and a form to compare any two revisions."""
    page = whole_number(request, "page", least=1, most=10**6) or 1
    with room_of(request) as room:
        revisions = _revisions(request, room)
        article_id = revisions[-1].article_id
        catalog = room.view.catalog
        events = timeline(revisions, catalog.sightings(article_id), noted_changes(revisions), catalog.moves(article_id))
        shown = events[(page - 1) * EVENTS_A_PAGE : page * EVENTS_A_PAGE]
        if not shown:
            raise HTTPException(404, label(request, "There are not so many pages."))
        return render(
            request,
            "history.html.j2",
            room=room,
            article_id=article_id,
            newest=revisions[-1],
            numbers=[revision.revision for revision in revisions],
            events=shown,
            silent=sum(bool(event.changes and event.changes.silent) for event in events),
            gone=events[-1] if events[-1].kind == "removed" else None,
            page=page,
            pages=-(-len(events) // EVENTS_A_PAGE),
            strip=strip([(event.captured_at, _look(event.kind, event.changes)) for event in events], room.zone),
            records=records_of(catalog, article_id),
            names=EVENTS,
            fields=FIELDS,
            reasons=GONE,
        )


def show_diff(request: Request) -> Response:
    """Two revisions of an article beside each other or in one text; the newest and the one before it if not said."""
    new = whole_number(request, "new", least=1, most=MOST_REVISIONS)
    old = whole_number(request, "old", least=1, most=MOST_REVISIONS)
    view = one_of(request, "view", VIEWS) or VIEWS[0]
    with room_of(request) as room:
        revisions = _revisions(request, room)
        if len(revisions) == 1 and old is None:
            message = "This article has one revision only; there is nothing to compare it with."
            raise HTTPException(404, label(request, message))
        new = revisions[-1].revision if new is None else new
        old = _before(revisions, new) if old is None else old
        if old == new:
            raise HTTPException(400, label(request, "Choose two different revisions to compare."))
        before, after = (_read(request, room, revisions, number) for number in sorted((old, new)))
        numbers = [revision.revision for revision in revisions]
        return render(
            request,
            "diff.html.j2",
            room=room,
            article_id=after.article_id,
            diff=diff(before, after),
            view=view,
            numbers=numbers,
            earlier=next((number for number in reversed(numbers) if number < before.revision), None),
            later=next((number for number in numbers if number > after.revision), None),
            fields=FIELDS,
            passages=PASSAGES,
            stretches=stretches,
            with_breaks=with_breaks,
        )


ROUTES = (
    Route("/{site}/articles/{article_id}/history", show_history),
    Route("/{site}/articles/{article_id}/diff", show_diff),
)


def _revisions(request: Request, room: Room) -> tuple[Revision, ...]:
    """All revisions of the article that ``request`` names. Raises ``HTTPException`` 404 when there is none."""
    article_id = article_id_of(request)
    revisions = room.view.catalog.revisions(article_id)
    if not revisions:
        raise HTTPException(404, label(request, "There is no article “{id}” in this collection.", id=article_id))
    return revisions


def _before(revisions: tuple[Revision, ...], number: int) -> int:
    """The number of the revision before ``number``, or of the one after the first."""
    earlier = [revision.revision for revision in revisions if revision.revision < number]
    return earlier[-1] if earlier else revisions[1].revision


def _read(request: Request, room: Room, revisions: tuple[Revision, ...], number: int) -> Article:
    article = room.view.article(revisions[-1].article_id, number)
    if article is None:
        message = "This article has no revision {revision}; its newest is {newest}."
        raise HTTPException(404, label(request, message, revision=number, newest=revisions[-1].revision))
    return article


def _look(kind: str, changes: object) -> str:
    return "silent" if kind == "revision" and getattr(changes, "silent", False) else kind
