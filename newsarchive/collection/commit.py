"""Group commit: many threads hand over exchanges, one thread writes them and makes a whole group durable at once.

A crawl with dozens of downloads under way must not pay one fsync for each. The writing thread takes all that wait,
writes them, syncs once, enters them in the catalog, and only then tells each caller where its capture lies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, Queue
from typing import Any, Protocol, overload

from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import WarcFile
from newsarchive.warc.records import Copy, Resource


class Warc(Protocol):
    """What a group is written to: ``warc.writer.WarcWriter``, as far as it is needed here."""

    @property
    def length_bytes(self) -> int:
        """Bytes written so far."""
        ...

    def write(self, capture: Capture) -> StoredCapture | None:
        """Write one exchange; ``None`` where no answer came."""
        ...

    def write_resource(self, resource: Resource) -> StoredCapture:
        """Write content that came without HTTP."""
        ...

    def write_copy(self, copy: Copy) -> StoredCapture | None:
        """Take over a capture of others; ``None`` for a revisit of what is not there."""
        ...

    def commit(self) -> None:
        """Return once everything written is on the disk."""
        ...

    def seal(self) -> WarcFile:
        """Give the file its final name; nothing can be written after this."""
        ...

    def close(self) -> None:
        """Let go of the file as it is."""
        ...


Exchange = Capture | Resource | Copy
Stored = StoredCapture | None


class GroupCommit:
    """Writes the exchanges of one run, in the order handed over, into as many WARCs as it takes.

    ``open_warc(serial)`` makes the next file; ``enter`` is given the captures of each group once they are durable; both
    are called on the writing thread only. A file is sealed once it holds ``max_warc_bytes`` or more.

    After the first error nothing is written any more: every waiting and every later future fails with that error.
    """

    def __init__(
        self,
        *,
        open_warc: Callable[[int], Warc],
        enter: Callable[[Sequence[StoredCapture]], None],
        max_warc_bytes: int,
        max_waiting: int = 64,
    ) -> None:
        self._open_warc = open_warc
        self._enter = enter
        self._max_warc_bytes = max_warc_bytes
        self._max_group = max_waiting
        self._queue: Queue[tuple[Exchange, Future[Stored]] | None] = Queue(max_waiting)
        self._gate = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._warc: Warc | None = None
        self._serial = 0
        self._group: list[tuple[Stored, Future[Stored]]] = []
        self._sealed: list[WarcFile] = []
        self._unsealed = False
        self.failure: Exception | None = None
        """The error that stopped the writing, if one did."""
        self.captures = 0
        """Durable captures so far."""
        self.received_bytes = 0
        """Bytes that servers sent, in all exchanges handed over."""

    def start(self) -> None:
        """Start the writing thread."""
        self._thread.start()

    @overload
    def submit(self, exchange: Capture) -> Future[StoredCapture | None]: ...

    @overload
    def submit(self, exchange: Resource) -> Future[StoredCapture]: ...

    @overload
    def submit(self, exchange: Copy) -> Future[StoredCapture | None]: ...

    def submit(self, exchange: Exchange) -> Future[Any]:
        """Hand over one exchange. The future is resolved once it is durable: with ``None`` where no answer came.

        It is resolved on the writing thread, so a callback must not block. Waits while the queue is full, so that a
        slow disk slows the crawl instead of filling the memory. Raises ``RuntimeError`` after ``close``.
        """
        future: Future[Stored] = Future()
        future.set_running_or_notify_cancel()
        with self._gate:
            if self._closing:
                raise RuntimeError("the run is closed, nothing can be appended to it")
            if isinstance(exchange, Capture):
                self.received_bytes += len(exchange.received)
            self._queue.put((exchange, future))
        return future

    def close(self) -> tuple[WarcFile, ...]:
        """Write all that waits, seal the last WARC, and say what this run has sealed.

        After an error (``failure``) the last WARC is sealed as well, with the whole records it holds. Raises that error
        when the disk refuses even this; the file then stays under its open name.
        """
        with self._gate:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
        self._thread.join()
        if self._unsealed and self.failure is not None:
            raise self.failure
        return tuple(self._sealed)

    def _run(self) -> None:
        more = True
        while more:
            waiting, more = self._take()
            for exchange, future in waiting:
                if self.failure is None:
                    self._write(exchange, future)
                if self.failure is not None and not future.done():
                    future.set_exception(self.failure)
            self._make_durable()
        self._seal()

    def _take(self) -> tuple[list[tuple[Exchange, Future[Stored]]], bool]:
        """All that waits, at least one, at most a full queue; and whether more may follow."""
        waiting = []
        item = self._queue.get()
        while item is not None:
            waiting.append(item)
            if len(waiting) == self._max_group:
                return waiting, True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return waiting, True
        return waiting, False

    def _write(self, exchange: Exchange, future: Future[Stored]) -> None:
        try:
            if self._warc is None:
                self._warc = self._open_warc(self._serial)
                self._serial += 1
            stored: Stored
            if isinstance(exchange, Resource):
                stored = self._warc.write_resource(exchange)
            elif isinstance(exchange, Copy):
                stored = self._warc.write_copy(exchange)
            else:
                stored = self._warc.write(exchange)
        except Exception as error:
            self.failure = error
            return
        self._group.append((stored, future))
        if self._warc.length_bytes >= self._max_warc_bytes:
            self._make_durable()
            self._seal()

    def _make_durable(self) -> None:
        group, self._group = self._group, []
        if not group or self._warc is None:
            return
        try:
            self._warc.commit()
        except Exception as error:
            self._give_up(error)
            for _, future in group:
                future.set_exception(error)
            return
        captures = [stored for stored, _ in group if stored is not None]
        self.captures += len(captures)
        try:
            self._enter(captures)
        except Exception as error:
            self.failure = self.failure or error
        for stored, future in group:
            future.set_result(stored)

    def _seal(self) -> None:
        if self._warc is None:
            return
        try:
            self._sealed.append(self._warc.seal())
            self._warc = None
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Leave the file as it is: after a failed fsync nobody knows what of it is on the disk."""
        self.failure = self.failure or error
        self._unsealed = True
        if self._warc is not None:
            with suppress(OSError):
                self._warc.close()
            self._warc = None
