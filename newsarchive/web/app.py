"""The two applications: the reading room, and the stage on which what was archived is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from newsarchive.errors import NewsarchiveError
from newsarchive.web import collections
from newsarchive.web.origins import Origins
from newsarchive.web.pages import error_page
from newsarchive.web.rooms import Rooms
from newsarchive.web.security import Guard, Policy, room_policy, stage_policy

FAILED = (
    "Something went wrong in the reading room. The archive is untouched; what happened is on standard error of "
    "newsarchive serve."
)
"""What a reader is told of an error that nobody expected."""

_NO_ROUTE = "Not Found"
"""What Starlette says where no route fits."""

_STATIC = Path(__file__).with_name("static")

_ROOM: tuple[BaseRoute, ...] = (
    Mount("/static", StaticFiles(directory=_STATIC), name="static"),
    *collections.ROUTES,
)

_STAGE: tuple[BaseRoute, ...] = ()


def room_app(rooms: Rooms, origins: Origins) -> Starlette:
    """The reading room over ``rooms``."""
    return _app(_ROOM, rooms, origins, room_policy, error_page)


def stage_app(rooms: Rooms, origins: Origins) -> Starlette:
    """The stage over ``rooms``."""
    return _app(_STAGE, rooms, origins, stage_policy, _plain_text)


def _app(
    routes: Sequence[BaseRoute], rooms: Rooms, origins: Origins, policy: Policy, answer: Callable[..., Response]
) -> Starlette:
    """``answer`` makes the answer to a request that has no other, from the request, the status and the message."""

    def refuse(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        message = "There is no page at this address." if error.detail == _NO_ROUTE else error.detail
        return answer(request, error.status_code, message)

    def excuse(request: Request, error: Exception) -> Response:
        return answer(request, 503, str(error))

    def fail(request: Request, _error: Exception) -> Response:
        return answer(request, 500, FAILED)

    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, origins=origins, policy=policy, refuse=answer)],
        exception_handlers={HTTPException: refuse, NewsarchiveError: excuse, Exception: fail},
    )
    app.state.rooms = rooms
    app.state.origins = origins
    return app


def _plain_text(_request: Request, status: int, message: str) -> Response:
    return PlainTextResponse(f"{message}\n", status)
