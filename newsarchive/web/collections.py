"""The first page: the collections of the archive; and what this is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsarchive.web.pages import render, url
from newsarchive.web.rooms import rooms_of


def show_collections(request: Request) -> Response:
    """The collections, or the only one."""
    rooms = rooms_of(request)
    names = rooms.names()
    if len(names) == 1:
        return RedirectResponse(url(request, names[0]), 302)
    return render(request, "collections.html.j2", names=names, directory=str(rooms.archive))


def show_about(request: Request) -> Response:
    """What the reading room is, its keys, and whose work it stands on."""
    return render(request, "about.html.j2")


ROUTES = (Route("/", show_collections), Route("/about", show_about))
