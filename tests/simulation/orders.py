"""What the processes of a simulated schedule are told, as one argument of their command lines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from tests.simulation.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Where the site is and where the archive; the clock; how often to crawl, in real seconds; which share of the
    crawls is killed, and the ``seed`` of when."""

    archive: str
    base_url: str
    at: str
    pace: float
    origin_s: float
    every_s: int
    killed_share: float
    seed: int

    @property
    def clock(self) -> Clock:
        """The clock that all of them read."""
        return Clock(datetime.fromisoformat(self.at), self.pace, self.origin_s)

    def to_argument(self) -> str:
        """For a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> Self:
        """From a command line."""
        return cls(**json.loads(argument))
