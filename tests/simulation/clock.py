"""Clocks for simulated time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class Clock:
    """Stood at ``at`` when the machine's monotonic clock stood at ``origin_s``, and runs ``pace`` times as fast.

    Processes that are given the same three numbers read the same time.
    """

    at: datetime
    pace: float = 1.0
    origin_s: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        """The time."""
        return self.at + timedelta(seconds=(time.monotonic() - self.origin_s) * self.pace)

    def advance(self, at: datetime) -> None:
        """Put it forward; a time that is past already is left alone, for no clock may run backwards."""
        if at > self():
            self.at, self.origin_s = at, time.monotonic()
