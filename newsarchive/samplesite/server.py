"""A small HTTP/1.1 server for sites of this package; loopback only.

Its own protocol on asyncio rather than ``http.server``: benchmarks crawl against it, and it must not be what
they measure. It speaks GET and HEAD, keeps connections alive and answers requests in their order.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import unquote

from newsarchive.errors import UsageError
from newsarchive.samplesite.answer import Answer, Respondent

_HEAD_LIMIT_BYTES = 65_536
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


_Done = TypeVar("_Done")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as the server got it, and what it answered in ``sent_bytes``, head and body together.

    ``at`` is the server's time, ``headers`` have lower-case names, ``path`` is unescaped.
    """

    at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    answer: Answer
    sent_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """What all connections have in common: the ``site``, its clock, who hears of each request, who is connected."""

    site: Respondent
    now: Callable[[], datetime]
    tell: Callable[[Asked], None]
    connections: set[asyncio.Transport]


class _Connection(asyncio.Protocol):
    """One client: collects request heads, writes answers."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._service.connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._service.connections.discard(self._transport)

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
        answer = self._service.site.respond(unquote(path), query, headers)
        sent_bytes = self._send(answer, keep=keep, without_body=method == "HEAD")
        self._service.tell(
            Asked(
                at=self._service.now(),
                method=method,
                path=unquote(path),
                query=query,
                headers=headers,
                answer=answer,
                sent_bytes=sent_bytes,
            )
        )

    def _send(self, answer: Answer, *, keep: bool, without_body: bool = False) -> int:
        """Write the answer; returns how many bytes that were."""
        if self._transport is None:
            return 0
        if answer.status == 0:
            self._transport.abort()
            return 0
        lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}"]
        if answer.header("Date") is None:
            lines.append(f"Date: {format_datetime(self._service.now().astimezone(UTC), usegmt=True)}")
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if answer.status != 304:
            lines.append(f"Content-Length: {len(answer.body)}")
        if not keep:
            lines.append("Connection: close")
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        message = head if without_body or answer.status == 304 else head + answer.body
        self._transport.write(message)
        if not keep:
            self._transport.close()
        return len(message)


class Serving:
    """A site being served: ``base_url`` without a trailing slash."""

    def __init__(self, service: _Service, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        self._service = service
        self._loop = loop
        self._host = host
        self._server = loop.run_until_complete(_listen(service, host, port))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse connections while the block runs; those that are open are reset."""
        self._wait_for(self._close())
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # Bound and not listening, the port refuses, and nobody else can take it.
        with socket.socket(family, socket.SOCK_STREAM) as kept:
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            kept.bind((self._host, self.port))
            yield
        self._server = self._wait_for(_listen(self._service, self._host, self.port))

    def close(self) -> None:
        """Stop serving."""
        self._wait_for(self._close())

    def _wait_for(self, work: Coroutine[Any, Any, _Done]) -> _Done:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _close(self) -> None:
        self._server.close()
        for transport in tuple(self._service.connections):
            transport.abort()
        await self._server.wait_closed()


def _check_loopback(host: str) -> None:
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise UsageError(message=f"The sample site is served on loopback addresses only, not on {host}.")


async def _listen(service: _Service, host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(lambda: _Connection(service), host, port)
    except OSError as error:
        raise UsageError(message=f"Cannot serve the sample site on {host}, port {port}: {error.strerror}.") from error


@contextmanager
def serve(
    site: Respondent,
    port: int = 0,
    host: str = "127.0.0.1",
    *,
    now: Callable[[], datetime] = _utc_now,
    tell: Callable[[Asked], None] = lambda asked: None,
) -> Iterator[Serving]:
    """Serve ``site`` from a thread of this process while the block runs; port 0 takes a free one.

    ``now`` is the server's clock, ``tell`` hears of every request, in the server's thread, once it is answered.
    Raises ``UsageError`` when ``host`` is no loopback address or the port is taken.
    """
    _check_loopback(host)
    loop = asyncio.new_event_loop()
    try:
        serving = Serving(_Service(site=site, now=now, tell=tell, connections=set()), loop, host, port)
        site.settle(serving.base_url)
        thread = threading.Thread(target=loop.run_forever, name="samplesite", daemon=True)
        thread.start()
        try:
            yield serving
        finally:
            serving.close()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
    finally:
        loop.close()
