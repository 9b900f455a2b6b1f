"""Signals as messages: what arrives wakes the thread that waits for it, whichever thread the system chose."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

NUDGE = 0
"""A message that is no signal: something has changed, look again."""


class Inbox:
    """Takes the signals ``numbers`` while it is open, in the main thread; a context manager.

    A handler of signals may not wait for a lock, so messages are bytes in a socket: the number of the signal.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._numbers = tuple(numbers)

    def __enter__(self) -> Self:
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)
        self._handlers = {number: signal.signal(number, _go_on) for number in self._numbers}
        self._woken = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._woken)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._read.close()
        self._write.close()

    def nudge(self) -> None:
        """Put a ``NUDGE`` in, from any thread. Where it is full, somebody will look again anyway."""
        with suppress(OSError):
            self._write.send(bytes([NUDGE]))

    def read(self, timeout_s: float | None = None) -> int:
        """The next message, as soon as there is one. Raises ``TimeoutError`` when there is none for ``timeout_s``."""
        self._read.settimeout(timeout_s)
        return self._read.recv(1)[0]


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """What a signal does by itself: nothing, for its number is in the inbox."""
