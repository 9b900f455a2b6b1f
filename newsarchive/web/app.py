"""The two applications: the reading room, and the stage on which what was archived is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from newsarchive.collection.overview import Tallies
from newsarchive.collection.search import Searcher
from newsarchive.errors import NewsarchiveError
from newsarchive.web import article, captures, changes, collections, history, overview, search, stage
from newsarchive.web.capture_wacz import Shelf
from newsarchive.web.origins import Origins
from newsarchive.web.pages import as_plain_text, error_page
from newsarchive.web.rooms import Rooms
from newsarchive.web.security import ROOM_ASKERS, STAGE_ASKERS, Guard, Policy, room_policy, stage_policy

FAILED = (
    "Something went wrong in the reading room. The archive is untouched; what happened is on standard error of "
    "newsarchive serve."
)
"""What a reader is told of an error that nobody expected."""

_NO_ROUTE = "Not Found"
"""What Starlette says where no route fits."""

_STATIC = Path(__file__).with_name("static")

ROOM_ROUTES: tuple[BaseRoute, ...] = (
    Mount("/static", StaticFiles(directory=_STATIC), name="static"),
    *collections.ROUTES,
    *search.ROUTES,
    *article.ROUTES,
    *captures.ROUTES,
    *history.ROUTES,
    *changes.ROUTES,
    *overview.ROUTES,
)

STAGE_ROUTES: tuple[BaseRoute, ...] = stage.ROUTES


def room_app(rooms: Rooms, origins: Origins) -> ASGIApp:
    """The reading room over ``rooms``."""
    return _app(
        ROOM_ROUTES,
        room_policy,
        ROOM_ASKERS,
        error_page,
        rooms=rooms,
        origins=origins,
        searcher=Searcher(),
        tallies=Tallies(),
    )


def stage_app(rooms: Rooms, origins: Origins) -> ASGIApp:
    """The stage over ``rooms``."""
    return _app(STAGE_ROUTES, stage_policy, STAGE_ASKERS, _plain_text, rooms=rooms, origins=origins, shelf=Shelf())


def _app(
    routes: Sequence[BaseRoute],
    policy: Policy,
    askers: frozenset[str],
    answer: Callable[[Request, int, str], Response],
    *,
    rooms: Rooms,
    origins: Origins,
    **state: object,
) -> ASGIApp:
    """``answer`` makes the answer to a request that has no other, from the request, the status and the message.

    ``state`` is what handlers find in ``request.app.state``.
    """

    def refuse(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        message = "There is no page at this address." if error.detail == _NO_ROUTE else error.detail
        return answer(request, error.status_code, message)

    def excuse(request: Request, error: Exception) -> Response:
        # Where the archive lies on this machine is nobody's business.
        return answer(request, 503, str(error).replace(f"{rooms.archive}/", ""))

    def fail(request: Request, _error: Exception) -> Response:
        return answer(request, 500, FAILED)

    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: refuse, NewsarchiveError: excuse, Exception: fail},
    )
    for name, value in {"rooms": rooms, "origins": origins, **state}.items():
        setattr(app.state, name, value)
    # Around all of it, so that what nobody expected is answered with the same headers.
    return Guard(app, origins=origins, policy=policy, askers=askers, refuse=answer)


def _plain_text(_request: Request, status: int, message: str) -> Response:
    return PlainTextResponse(f"{as_plain_text(message)}\n", status)
