"""A small HTTP/1.1 server for sites of this package; loopback only.

Its own protocol on asyncio rather than ``http.server``: benchmarks crawl against it, and it must not be what
they measure. It speaks GET and HEAD, keeps connections alive and answers requests in their order.
"""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import unquote

from newsarchive.errors import UsageError
from newsarchive.samplesite.answer import Answer, Respondent

_HEAD_LIMIT_BYTES = 65_536
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class _Connection(asyncio.Protocol):
    """One client: collects request heads, writes answers."""

    def __init__(self, site: Respondent, connections: set[asyncio.Transport]) -> None:
        self._site = site
        self._connections = connections
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while self._transport and not self._transport.is_closing():
            head, end, rest = self._unread.partition(b"\r\n\r\n")
            if not end:
                if len(self._unread) > _HEAD_LIMIT_BYTES:
                    self._send(Answer(status=431, headers=()), keep=False)
                return
            self._unread = rest
            self._serve(head.decode("latin-1"))

    def _serve(self, head: str) -> None:
        request, *lines = head.lstrip("\r\n").split("\r\n")
        parts = request.split(" ")
        if len(parts) != 3 or not parts[1].startswith("/") or not parts[2].startswith("HTTP/1."):
            self._send(Answer(status=400, headers=()), keep=False)
            return
        method, target, version = parts
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method not in ("GET", "HEAD"):
            # A body may follow that nobody reads, so the connection ends here.
            self._send(Answer(status=405, headers=(("Allow", "GET, HEAD"),)), keep=False)
            return
        path, _, query = target.partition("?")
        wish = headers.get("connection", "").lower()
        keep = "close" not in wish and (version == "HTTP/1.1" or "keep-alive" in wish)
        self._send(self._site.respond(unquote(path), query, headers), keep=keep, without_body=method == "HEAD")

    def _send(self, answer: Answer, *, keep: bool, without_body: bool = False) -> None:
        if self._transport is None:
            return
        lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if answer.status != 304:
            lines.append(f"Content-Length: {len(answer.body)}")
        if not keep:
            lines.append("Connection: close")
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        self._transport.write(head if without_body or answer.status == 304 else head + answer.body)
        if not keep:
            self._transport.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A site being served: ``base_url`` without a trailing slash."""

    base_url: str
    port: int


def _check_loopback(host: str) -> None:
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise UsageError(message=f"The sample site is served on loopback addresses only, not on {host}.")


async def _listen(site: Respondent, host: str, port: int, connections: set[asyncio.Transport]) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(lambda: _Connection(site, connections), host, port)
    except OSError as error:
        raise UsageError(message=f"Cannot serve the sample site on {host}, port {port}: {error.strerror}.") from error


async def _close(server: asyncio.Server, connections: set[asyncio.Transport]) -> None:
    server.close()
    for transport in tuple(connections):
        transport.abort()
    await server.wait_closed()


@contextmanager
def serve(site: Respondent, port: int = 0, host: str = "127.0.0.1") -> Iterator[Serving]:
    """Serve ``site`` from a thread of this process while the block runs; port 0 takes a free one.

    Raises ``UsageError`` when ``host`` is no loopback address or the port is taken.
    """
    _check_loopback(host)
    loop = asyncio.new_event_loop()
    connections: set[asyncio.Transport] = set()
    try:
        server = loop.run_until_complete(_listen(site, host, port, connections))
        bound = server.sockets[0].getsockname()[1]
        serving = Serving(base_url=f"http://{f'[{host}]' if ':' in host else host}:{bound}", port=bound)
        site.settle(serving.base_url)
        thread = threading.Thread(target=loop.run_forever, name="samplesite", daemon=True)
        thread.start()
        try:
            yield serving
        finally:
            asyncio.run_coroutine_threadsafe(_close(server, connections), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
    finally:
        loop.close()
