"""A site that lives in simulated time, and what it saw of whoever asked it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from newsarchive.samplesite.faults import Fault, Faulty
from newsarchive.samplesite.life import REMOVALS, Event, Life, Playback
from newsarchive.samplesite.listings import Features
from newsarchive.samplesite.server import Asked
from newsarchive.samplesite.site import SampleSite
from tests.simulation.clock import Clock

_HARMLESS = frozenset({"clock-off", "stand-gone"})
"""Faults through which an article can be read nevertheless."""

_REFUSED = ("/suche", "/login", "/json/")
"""What robots.txt of the sample site disallows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One request for an address of a story. ``state``: the number of what it said then, ``None`` for an answer without
    the article; ``is_disturbed``: a fault stood between."""

    at: datetime
    path: str
    status: int
    state: int | None
    is_disturbed: bool


class World:
    """The site of ``life`` with its clock, its ``faults`` and its memory of requests.

    ``happened``: each event with the time from which a request could meet it. ``unchanged``: how requests that named a
    validator were answered when nothing had changed since the last whole answer; ``unvalidated``: such requests that
    named none.
    """

    def __init__(self, life: Life, clock: Clock, *, features: Features, faults: Iterable[Fault] = ()) -> None:
        self.life = life
        self.clock = clock
        self.site = SampleSite((), features=features, weight_bytes=0)
        self.served = Faulty(self.site, self.clock, faults)
        self.playback = Playback(life, self.site, self._follow)
        self.happened: list[tuple[datetime, Event]] = []
        self.looks: defaultdict[str, list[Look]] = defaultdict(list)
        self.requests: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.times: list[datetime] = []
        self.sent_bytes = 0
        self.unchanged: Counter[int] = Counter()
        self.unvalidated = 0
        self.disallowed: list[str] = []
        self._at = clock.at
        self._slug_at: dict[str, str] = {}
        self._shown: set[str] = set()
        self._tags: dict[str, str] = {}

    def advance(self, at: datetime) -> None:
        """Let it be that time; all that is due happens."""
        self.clock.advance(at)
        self.go_on(at)

    def go_on(self, at: datetime) -> None:
        """Let happen what is due at that time, which the clock has come to."""
        self._at = at
        self.playback.play(at)

    def hear(self, asked: Asked) -> None:
        """Take note of a request."""
        self.statuses[asked.answer.status] += 1
        self.times.append(asked.at)
        self.sent_bytes += asked.sent_bytes
        if asked.path.startswith(_REFUSED):
            self.disallowed.append(asked.path)
        self._note_validators(asked)
        slug = self._slug_at.get(asked.path)
        kind = (
            "article"
            if slug
            else "robots.txt"
            if asked.path == "/robots.txt"
            else "companion"
            if (asked.path.startswith(("/multimedia/", "/.well-known/", "/rsl")))
            else "listing"
        )
        self.requests[kind] += 1
        if slug is None:
            return
        fault = self.fault_at(asked.path, asked.at)
        is_shown = (
            asked.path in self._shown
            and asked.answer.status in {200, 304}
            and (fault is None or fault.kind in _HARMLESS)
        )
        self.looks[slug].append(
            Look(
                at=asked.at,
                path=asked.path,
                status=asked.answer.status,
                state=len(self.playback.states[slug]) - 1 if is_shown else None,
                is_disturbed=fault is not None and fault.kind not in _HARMLESS,
            )
        )

    def fault_at(self, path: str, at: datetime) -> Fault | None:
        """What goes wrong with requests for ``path`` then."""
        return next((fault for fault in self.served.faults if fault.strikes(path, at)), None)

    def _follow(self, event: Event) -> None:
        self.happened.append((self._at, event))
        if event.slug is None:
            return
        if event.kind in REMOVALS:
            self._shown -= {path for path, slug in self._slug_at.items() if slug == event.slug}
        elif event.kind in {"publish", "move", "restore"}:
            path = self.site.story(event.slug).path
            self._shown -= {old for old, slug in self._slug_at.items() if slug == event.slug}
            self._slug_at[path] = event.slug
            self._shown.add(path)

    def _note_validators(self, asked: Asked) -> None:
        key, tag = f"{asked.path}?{asked.query}", asked.answer.header("ETag")
        # robots.txt decides what may be asked, so it is asked for whole (RFC 9309 allows either).
        if tag is None or asked.path == "/robots.txt":
            return
        if self._tags.get(key) == tag:
            if asked.headers.keys() & {"if-none-match", "if-modified-since"}:
                self.unchanged[asked.answer.status] += 1
            else:
                self.unvalidated += 1
        self._tags[key] = tag
