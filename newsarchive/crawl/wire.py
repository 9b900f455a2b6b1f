"""The download handler that records the bytes of every exchange.

It is Scrapy's own HTTP/1.1 handler with three objects put in at the seams Twisted leaves for them: a connection
pool that knows which exchange asked for a connection, a request that notes what it writes, and a client protocol
that notes what it reads. All of it sits between TLS and the HTTP parser, so nothing is lost and nothing is
rebuilt: robots.txt, redirects, retries, errors, cut and endless answers all pass here.

A response leaves the handler only after its capture is stored; where that fails the crawl ends. What was stored
is found under ``request.meta[STORED_CAPTURE]``, also when the download failed with some bytes received.

A request that Twisted repeats by itself, because the kept-alive connection it was written to turned out to be
closed, is one exchange: its last attempt. Not recorded: the CONNECT dialogue with a proxy, and bytes that arrive
when the exchange is over.

Private names leaned on, checked for Scrapy 2.19 (``tests/integration/test_wire_contract.py``):
``HTTP11DownloadHandler._pool`` and ``._default_maxsize``, ``_LenientHTTP11ClientProtocol``,
``_LenientHTTP11ClientFactory``, Twisted's ``HTTPConnectionPool._factory``, ``_newclient.Request``,
``HTTP11ClientProtocol._finishResponse``, ``_HTTP11ClientFactory._quiescentCallback``.
"""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urldefrag

from OpenSSL.crypto import FILETYPE_ASN1, dump_certificate
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import connectionDone
from twisted.web._newclient import Request as ClientRequest
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer

from newsarchive.crawl.clock import Now, now_of
from newsarchive.crawl.tls import cipher_suite_name, protocol_name
from newsarchive.errors import CaptureLost
from newsarchive.model.capture import Capture, StoredCapture, Truncation

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress, IStreamClientEndpoint, ITransport
    from twisted.python.failure import Failure
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web.iweb import IResponse

STORED_CAPTURE = "stored_capture"
"""Key of ``request.meta``: the ``StoredCapture`` of the exchange this request led to."""

FRAMING_ROOM_BYTES = 1024 * 1024
"""What may be received beyond DOWNLOAD_MAXSIZE, which counts the body alone: heads, 1xx messages, chunk sizes."""


@runtime_checkable
class CaptureSink(Protocol):
    """Where captures go: an extension of the crawler (EXTENSIONS), found by having these methods."""

    async def archive(self, capture: Capture) -> StoredCapture | None:
        """Store ``capture`` durably; ``None`` where the server gave no answer. Raises when it cannot."""

    def stop(self, error: Exception) -> None:
        """End the crawl because of ``error``: something could not be archived. Must not raise."""


class WireCaptureDownloadHandler(HTTP11DownloadHandler):
    """Downloads as Scrapy does and hands each exchange to the ``CaptureSink`` before its response goes on."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        sinks = [extension for extension in crawler.extensions.middlewares if isinstance(extension, CaptureSink)]
        if len(sinks) != 1:
            raise RuntimeError(f"one extension must take the captures, EXTENSIONS has {len(sinks)}")
        self._sink: CaptureSink = sinks[0]
        self._now = now_of(crawler.settings)
        from twisted.internet import reactor  # importing it installs it: not before Scrapy has chosen one

        pool = _RecordingPool(reactor, persistent=True)
        pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
        self._pool = pool

    async def download_request(self, request: Request) -> Response:
        """Download ``request``; raises what Scrapy's handler raises, ``CaptureLost``, or what the sink raises."""
        request.meta.pop(STORED_CAPTURE, None)
        max_body_bytes = request.meta.get("download_maxsize", self._default_maxsize)
        exchange = _Exchange(limit_bytes=max_body_bytes + FRAMING_ROOM_BYTES if max_body_bytes else None, now=self._now)
        _current.set(exchange)
        try:
            response = await super().download_request(request)
        except Exception as error:
            await self._archive(request, exchange, _truncation(exchange, error))
            if exchange.overrun:
                raise DownloadCancelledError(f"{request} brought more than {exchange.limit_bytes} bytes") from error
            raise
        if not exchange.received.tell():
            lost = CaptureLost(url=request.url)
            self._sink.stop(lost)
            raise lost
        stopped = "download_stopped" in response.flags
        await self._archive(
            request, exchange, None if exchange.complete else "unspecified" if stopped else "disconnect"
        )
        return response

    async def _archive(self, request: Request, exchange: _Exchange, truncated: Truncation | None) -> None:
        if exchange.started_at is None or not exchange.sent.tell():
            return
        capture = Capture(
            url=urldefrag(request.url).url,
            started_at=exchange.started_at,
            sent=exchange.sent.getvalue(),
            received=exchange.received.getvalue(),
            surplus=exchange.surplus_bytes,
            ip_address=exchange.connection.ip_address,
            protocols=("http/1.1", *exchange.connection.tls_protocols),
            cipher_suite=exchange.connection.cipher_suite,
            certificates=exchange.connection.certificates,
            truncated=truncated,
        )
        try:
            request.meta[STORED_CAPTURE] = await self._sink.archive(capture)
        except Exception as error:
            self._sink.stop(error)
            raise


@dataclass(slots=True)
class _Connection:
    """What is known of the other end once connected."""

    ip_address: str | None = None
    tls_protocols: tuple[str, ...] = ()
    cipher_suite: str | None = None
    certificates: tuple[bytes, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Exchange:
    """One request and what came back, as it grows. ``complete``: the parser saw the end of the response."""

    limit_bytes: int | None
    now: Now
    started_at: datetime | None = None
    connection: _Connection = field(default_factory=_Connection)
    sent: BytesIO = field(default_factory=BytesIO)
    received: BytesIO = field(default_factory=BytesIO)
    surplus_bytes: int = 0
    complete: bool = False
    overrun: bool = False

    def begin(self) -> None:
        """The request is being written: for the first time, or once more after a closed connection."""
        self.started_at = self.now()
        self.sent = BytesIO()
        self.received = BytesIO()

    def receive(self, data: bytes) -> bool:
        """Keep ``data``; false once there is more than may be kept."""
        if self.limit_bytes is not None and self.received.tell() + len(data) > self.limit_bytes:
            data = data[: self.limit_bytes - self.received.tell()]
            self.overrun = True
        self.received.write(data)
        return not self.overrun


_current: ContextVar[_Exchange] = ContextVar("_current")
"""The exchange whose request is on its way to the pool: set and read on one call stack, nothing awaited between."""


class _RecordingPool(HTTPConnectionPool):
    """Gives each exchange a connection that knows it."""

    def getConnection(self, key: Hashable, endpoint: IStreamClientEndpoint) -> Deferred[Any]:
        return super().getConnection(key, endpoint).addCallback(_BoundConnection, _current.get())


class _BoundConnection:
    """A connection lent to one exchange; it may be Twisted's wrapper that repeats a request on another one."""

    def __init__(self, connection: HTTP11ClientProtocol, exchange: _Exchange) -> None:
        self._connection = connection
        self._exchange = exchange

    def request(self, request: ClientRequest) -> Deferred[IResponse]:
        return self._connection.request(_RecordedRequest(request, self._exchange))


class _RecordedRequest(ClientRequest):
    """A request that knows its exchange and notes what it writes."""

    def __init__(self, request: ClientRequest, exchange: _Exchange) -> None:
        super().__init__(request.method, request.uri, request.headers, request.bodyProducer, request.persistent)
        self.exchange = exchange

    def writeTo(self, transport: ITransport) -> Deferred[None]:
        self.exchange.begin()
        written: Deferred[None] = super().writeTo(_NotingTransport(transport, self.exchange.sent))
        return written


class _NotingTransport:
    """A transport that keeps a copy of what is written to it."""

    def __init__(self, transport: Any, sent: BytesIO) -> None:
        self._transport = transport
        self._sent = sent

    def write(self, data: bytes) -> None:
        self._sent.write(data)
        self._transport.write(data)

    def writeSequence(self, pieces: Iterable[bytes]) -> None:
        self.write(b"".join(pieces))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


@implementer(IHandshakeListener)
class _RecordingProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's HTTP/1.1 client, noting what it reads before it is parsed."""

    transport: Any  # a TCP or TLS connection; Twisted's annotation knows only what all transports have
    _exchange: _Exchange | None = None
    _closed_cleanly = True

    def connectionMade(self) -> None:
        super().connectionMade()
        self._connection = _Connection(ip_address=str(ipaddress.ip_address(self.transport.getPeer().host)))

    def handshakeCompleted(self) -> None:
        tls = self.transport.getHandle()
        self._connection.tls_protocols = (protocol_name(tls.get_protocol_version_name()),)
        self._connection.cipher_suite = cipher_suite_name(tls.get_cipher_name())
        self._connection.certificates = tuple(
            dump_certificate(FILETYPE_ASN1, certificate) for certificate in tls.get_peer_cert_chain() or ()
        )

    def request(self, request: Any) -> Deferred[IResponse]:
        exchange: _Exchange = request.exchange
        exchange.connection = self._connection
        self._exchange = exchange
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        if self._exchange is None or self._exchange.receive(data):
            super().dataReceived(data)
        else:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        # A body that ends with its connection is whole only if that ended in order (RFC 9112 sections 8, 9.8).
        self._closed_cleanly = reason.check(ConnectionDone) is not None
        super().connectionLost(reason)

    def _finishResponse(self, rest: bytes) -> None:
        if self._exchange is not None:
            self._exchange.complete = self._closed_cleanly
            self._exchange.surplus_bytes = len(rest)
            self._exchange = None
        super()._finishResponse(rest)


class _RecordingFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:
        return _RecordingProtocol(self._quiescentCallback)


_RecordingPool._factory = _RecordingFactory


def _truncation(exchange: _Exchange, error: Exception) -> Truncation | None:
    if exchange.complete:
        return None
    if exchange.overrun or isinstance(error, DownloadCancelledError):
        return "length"
    if isinstance(error, DownloadTimeoutError):
        return "time"
    # Otherwise the server hung up, or this side did because it could not make sense of what came.
    failures: list[Failure] = getattr(error.__cause__ or error, "reasons", [])
    hung_up = any(failure.check(ConnectionDone, ConnectionLost) for failure in failures)
    return "disconnect" if hung_up else "unspecified"
