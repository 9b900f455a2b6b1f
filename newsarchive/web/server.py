"""The server: one process, one port for the reading room and one for the stage."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import anyio.to_thread
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from newsarchive.errors import AddressInUse, UsageError
from newsarchive.web.app import room_app, stage_app
from newsarchive.web.origins import Origins, in_address, is_name
from newsarchive.web.rooms import Rooms

_THREADS = 8
"""So many requests are worked on at once; more would only wait for each other and take memory."""

_CONNECTIONS = 200
"""So many connections are held at once; who comes then is told to come again later."""

_LAST_ANSWERS_S = 3
"""So long answers that are under way may take when the server is to end."""


def serve(
    archive: Path,
    *,
    host: str,
    port: int,
    names: Collection[str] = (),
    every: Mapping[str, timedelta],
    when_ready: Callable[[str], None],
) -> None:
    """Serve the collections in ``archive`` until Ctrl-C or SIGTERM; ``port`` 0 finds two that are free.

    ``every``: how often the schedule crawls each of those that it has. ``when_ready`` is given the address of the
    reading room once it can be opened. Raises ``AddressInUse``, and ``UsageError`` for a host that this machine is
    not, and for one of ``names`` that no request can be for.
    """
    for name in names:
        if not is_name(name):
            message = f"--allow-host {name!r} is no name of a machine. Give it alone, without http:// and port."
            raise UsageError(message=message)
    with ExitStack() as stack:
        room_socket = stack.enter_context(closing(_bound(host, port)))
        stage_socket = stack.enter_context(closing(_bound(host, port and port + 1)))
        room_port, stage_port = _port(room_socket), _port(stage_socket)
        origins = Origins.at(host, room_port=room_port, stage_port=stage_port, names=names)
        rooms = stack.enter_context(closing(Rooms(archive, every)))
        server = _Server(
            uvicorn.Config(
                _by_port({room_port: room_app(rooms, origins), stage_port: stage_app(rooms, origins)}),
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                limit_concurrency=_CONNECTIONS,
                proxy_headers=False,  # nothing that a request claims decides what it is for
                server_header=False,
                timeout_graceful_shutdown=_LAST_ANSWERS_S,
            ),
            lambda: when_ready(f"http://{_opened_as(host)}:{room_port}/"),
        )
        asyncio.run(_run(server, [room_socket, stage_socket]))


class _Server(uvicorn.Server):
    """uvicorn's, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, and say so."""
        await super().startup(sockets)
        self._when_ready()


async def _run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    await server.serve(sockets)


def _by_port(apps: dict[int, ASGIApp]) -> ASGIApp:
    """One application of several, told apart by the port that a connection came in at: a fact, not a claim."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    return answer


def _bound(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise UsageError(message=f"--host {host!r} is no address of this machine: {error}.") from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise AddressInUse(host=host, port=port, reason=error.strerror) from error
        raise UsageError(message=f"--host {host!r} is no address of this machine: {error.strerror}.") from error
    return bound


def _port(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port


def _opened_as(host: str) -> str:
    """How a browser on this machine calls a server bound to ``host``."""
    return {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(in_address(host), in_address(host))  # noqa: S104 (compared)
