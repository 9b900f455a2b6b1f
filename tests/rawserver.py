"""A server on loopback that sends scripted bytes, broken ones too, and remembers every byte both ways."""

from __future__ import annotations

import enum
import re
import socket
import ssl
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


class Act(enum.Enum):
    """What a script does besides sending."""

    CLOSE = "close the connection in order"
    TEAR = "drop the connection without any farewell"
    HOLD = "send nothing more, wait until the client hangs up"
    FLOOD = "send the bytes before this again and again until the client hangs up"
    CLOSE_IF_REUSED = "close at once if the connection has answered a request before"


Script = Sequence[bytes | Act]
"""Bytes are sent one piece after the other; a script that ends without an act leaves the connection open."""


@dataclass(slots=True, kw_only=True)
class Served:
    """One request as it came in, and the bytes given to the socket in answer (the client may have left earlier)."""

    path: str
    received: bytes
    sent: bytearray = field(default_factory=bytearray)


class RawServer:
    """Serves ``scripts`` by path on a port of its own, over TLS where given a context; a context manager."""

    def __init__(self, scripts: Mapping[str, Script], tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self.port: int = self._listener.getsockname()[1]
        self.served: list[Served] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def url(self, path: str) -> str:
        """The address of ``path``."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._converse, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _converse(self, plain: socket.socket) -> None:
        # A client that goes away in mid-sentence is part of the play.
        with suppress(OSError), plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._open.add(connection)
            try:
                with connection:
                    reused = False
                    while request := _read_request(connection):
                        path = request.split(b" ", 2)[1].decode()
                        served = Served(path=path, received=request)
                        self.served.append(served)
                        if self._play(self._scripts[path], connection, served, reused):
                            return
                        reused = True
            finally:
                self._open.discard(connection)

    def _play(self, script: Script, connection: socket.socket, served: Served, reused: bool) -> bool:
        """Follow ``script``; true when the connection is to be closed."""
        for step in script:
            match step:
                case bytes():
                    _send(connection, served, step)
                case Act.FLOOD:
                    while True:
                        _send(connection, served, bytes(served.sent[-65536:]))
                case Act.HOLD:
                    connection.recv(1)
                    return True
                case Act.TEAR:
                    if not self._tls:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return True
                case Act.CLOSE:
                    if isinstance(connection, ssl.SSLSocket):
                        connection.unwrap()
                    return True
                case Act.CLOSE_IF_REUSED:
                    if reused:
                        return True
        return False


def _send(connection: socket.socket, served: Served, data: bytes) -> None:
    served.sent += data
    connection.sendall(data)


def _read_request(connection: socket.socket) -> bytes:
    """One request, byte for byte; empty when the client has left."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    while announced and len(body) < int(announced[1]):
        piece = connection.recv(65536)
        data += piece
        body += piece
    return data
