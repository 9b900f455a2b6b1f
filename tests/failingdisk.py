"""A disk that fails at the n-th thing asked of it, in this process: a write, sync, rename, or a file or directory made.

A write that fails has put down half of its bytes. What is asked of SQLite is not seen here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pytest


@dataclass
class FailingDisk:
    """Fails with ``error`` (an errno) at step ``at`` in ``root``, and if it is ``lasting`` at every later one too."""

    root: Path
    error: int
    at: int | None = None
    lasting: bool = False
    steps: int = 0

    def __post_init__(self) -> None:
        self._turn = Lock()

    def step(self) -> bool:
        """Take one step; whether it fails."""
        with self._turn:
            self.steps += 1
            return self.at is not None and (self.steps == self.at or (self.lasting and self.steps > self.at))

    def failure(self) -> OSError:
        """What the system says."""
        return OSError(self.error, os.strerror(self.error))


@contextmanager
def failing(disk: FailingDisk) -> Iterator[FailingDisk]:
    """Use ``disk`` meanwhile."""

    class File(io.FileIO):
        def write(self, data: Any, /) -> int:
            if disk.step():
                super().write(memoryview(data)[: len(data) // 2])
                raise disk.failure()
            return super().write(data)

    open_path = Path.open

    def open_failing(path: Path, mode: str = "r", buffering: int = -1, **kwargs: Any) -> Any:
        if disk.root not in path.parents or mode in {"r", "rb"}:
            return open_path(path, mode, buffering, **kwargs)
        if disk.step():
            raise disk.failure()
        raw = File(path, mode.replace("b", ""))
        return raw if buffering == 0 else io.BufferedWriter(raw) if "+" not in mode else io.BufferedRandom(raw)

    def fails(function: Callable[..., Any], *, counts: Callable[..., bool]) -> Callable[..., Any]:
        def call(*arguments: Any, **kwargs: Any) -> Any:
            if counts(*arguments) and disk.step():
                raise disk.failure()
            return function(*arguments, **kwargs)

        return call

    def is_inside(path: Path, *_: Any) -> bool:
        return disk.root in path.parents

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", open_failing)
        patch.setattr(os, "fsync", fails(os.fsync, counts=lambda _: True))
        for name in ("rename", "replace", "mkdir"):
            patch.setattr(Path, name, fails(getattr(Path, name), counts=is_inside))
        yield disk
