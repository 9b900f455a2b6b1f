"""What happened lately to all articles of a collection, and which of them changed most."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsarchive.collection.events import (
    ChangedArticle,
    EventKind,
    count_happenings,
    last_happening,
    read_happenings,
    read_most_changed,
)
from newsarchive.web.names import FIELDS, GONE, HAPPENINGS
from newsarchive.web.pages import label, render
from newsarchive.web.parameters import one_of, whole_number
from newsarchive.web.rooms import room_of

CHANGES_A_PAGE = 50
"""So many changes are listed at once."""

MOST_CHANGED = 20
"""So many of the most changed articles are listed."""

MOST_DAYS = 3660
"""Ten years: of so many days one may ask which articles changed most."""

DAYS = 30
"""Of so many days the most changed articles are, if not said."""

_LAST_PAGE = 100_000

_KINDS: MappingProxyType[str, tuple[EventKind, ...]] = MappingProxyType(
    {
        "all": (),
        "edits": ("edit", "silent"),
        "silent": ("silent",),
        "removed": ("removed",),
        "returned": ("returned",),
    }
)


def show_changes(request: Request) -> Response:
    """The most changed articles of ``?days=``, by all edits or (``?sort=silent``) by silent ones; and a page of what
    happened, the latest first, of a ``?kind=`` alone if asked for."""
    kind = one_of(request, "kind", _KINDS) or "all"
    sort: Literal["edits", "silent"] = "silent" if one_of(request, "sort", ("edits", "silent")) == "silent" else "edits"
    days = whole_number(request, "days", least=1, most=MOST_DAYS) or DAYS
    page = whole_number(request, "page", least=1, most=_LAST_PAGE) or 1
    with room_of(request) as room:
        catalog = room.view.catalog
        count = count_happenings(catalog, _KINDS[kind])
        pages = max(-(-count // CHANGES_A_PAGE), 1)
        if page > pages:
            raise HTTPException(404, label(request, "There are not so many pages."))
        last = last_happening(catalog)
        most: tuple[ChangedArticle, ...] = ()
        if last is not None:
            # Whole days on the clocks of the site, up to the one of the last event: the same at every moment.
            end = datetime.combine(last.astimezone(room.zone).date() + timedelta(days=1), time(), room.zone)
            most = read_most_changed(catalog, end - timedelta(days=days), end, order=sort, most=MOST_CHANGED)
        return render(
            request,
            "changes.html.j2",
            room=room,
            most=most,
            last=last,
            happenings=read_happenings(
                catalog, kinds=_KINDS[kind], skip=(page - 1) * CHANGES_A_PAGE, most=CHANGES_A_PAGE
            ),
            count=count,
            page=page,
            pages=pages,
            kind=kind,
            sort=sort,
            days=days,
            names=HAPPENINGS,
            fields=FIELDS,
            reasons=GONE,
        )


ROUTES = (Route("/{site}/changes", show_changes),)
