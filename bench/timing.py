"""Commands timed from outside: each a process of its own, start-up included."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds on the clock and of CPU."""

    wall_s: float
    cpu_s: float


def measure(commands: Iterable[Command], *, directory: Path | None = None, may_fail: bool = False) -> Measured:
    """Run commands one after the other to their end, in ``directory``; what they print is not kept.

    Raises ``CalledProcessError`` when one ends with another code than 0, unless it ``may_fail``.
    """
    before, start = os.times(), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=not may_fail, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=directory)
    after = os.times()
    return Measured(
        wall_s=time.perf_counter() - start,
        cpu_s=after.children_user + after.children_system - before.children_user - before.children_system,
    )


def median(rounds: Sequence[Measured]) -> Measured:
    """The median of each of the two."""
    return Measured(
        wall_s=statistics.median(one.wall_s for one in rounds),
        cpu_s=statistics.median(one.cpu_s for one in rounds),
    )
