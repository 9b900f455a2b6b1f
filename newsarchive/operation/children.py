"""Crawls as child processes: bounded in time, ended in order.

A crawl that dies, or that takes more memory than there is, takes nobody with it, and what it used goes with it.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Process(Protocol):
    """What is needed of a running process; ``subprocess.Popen`` is one."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises ``subprocess.TimeoutExpired`` when it still runs after ``timeout`` seconds."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


def start_process(arguments: Sequence[str]) -> Process:
    """Start a program that writes to our stderr, in a session of its own: Ctrl-C on our terminal is ours to pass on,
    for a crawl takes a second signal as “at once”."""
    return subprocess.Popen(  # noqa: S603  # our own program, with arguments that are a list
        list(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child ended: its ``exit_code``, negative for a signal; ``was_hung``: it took longer than it may."""

    exit_code: int
    was_hung: bool = False


class Children:
    """The child processes that run now. Used by several threads."""

    def __init__(self, start: Callable[[Sequence[str]], Process] = start_process) -> None:
        self._start = start
        self._turn = threading.Lock()
        self._running: set[Process] = set()
        self._stopping = False

    def run(self, arguments: Sequence[str], *, max_runtime_s: float, grace_s: float) -> Ended | None:
        """Run a program to its end; ``None`` when it was not begun, for all are being stopped.

        After ``max_runtime_s`` it is asked to end, after ``grace_s`` more it is killed. Raises ``OSError`` when it
        cannot be started.
        """
        with self._turn:
            if self._stopping:
                return None
            process = self._start(arguments)
            self._running.add(process)
        try:
            return _wait(process, max_runtime_s, grace_s)
        finally:
            with self._turn:
                self._running.discard(process)

    @property
    def count(self) -> int:
        """How many run."""
        with self._turn:
            return len(self._running)

    def stop(self) -> None:
        """Ask all to end, and begin none any more."""
        for process in self._all():
            process.terminate()

    def kill(self) -> None:
        """End all, and begin none any more."""
        for process in self._all():
            process.kill()

    def _all(self) -> tuple[Process, ...]:
        with self._turn:
            self._stopping = True
            return tuple(self._running)


def _wait(process: Process, max_runtime_s: float, grace_s: float) -> Ended:
    try:
        return Ended(exit_code=process.wait(timeout=max_runtime_s))
    except subprocess.TimeoutExpired:
        process.terminate()
    try:
        return Ended(exit_code=process.wait(timeout=grace_s), was_hung=True)
    except subprocess.TimeoutExpired:
        process.kill()
    return Ended(exit_code=process.wait(), was_hung=True)
