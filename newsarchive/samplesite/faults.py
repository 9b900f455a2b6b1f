"""What goes wrong at a site, and when: faults switched on for a time and for paths. Pure, given a clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from newsarchive.samplesite.answer import Answer, Entity, Respondent
from newsarchive.samplesite.listings import FEED_PATHS, HTML

FaultKind = Literal[
    "error", "busy", "forbidden", "missing", "reset", "login-wall", "feed-empty", "feed-broken", "archive-renamed",
    "stand-gone", "body-renamed", "clock-off",
]  # fmt: skip

_STATUS: dict[FaultKind, int] = {"error": 500, "busy": 503, "forbidden": 403, "missing": 404, "reset": 0}
_ALTERED: dict[FaultKind, tuple[tuple[bytes, bytes], ...]] = {
    "feed-empty": ((rb"(?s)<item>.*</item>", b""),),
    "feed-broken": ((rb"(?s)<rss.*", b'<rss version="2.0"><channel><title>Wartung</titel>'),),
    "archive-renamed": (
        (rb"teaser-right", b"karte"),
        (rb"ergebnisse__anzahl", b"trefferzahl"),
        (rb"paginierung", b"blaettern"),
        (rb"data-teaserdate", b"data-zeit"),
    ),
    # The elements go, in both the forms that articles and videos have; the text they held goes with them.
    "stand-gone": ((rb'(?s)<(p|div) class="metatextline">.*?</\1>', b""),),
    "body-renamed": ((rb"textabsatz", b"absatz"), (rb"<article", b"<section"), (rb"</article", b"</section")),
}
_FEEDS = "|".join(map(re.escape, FEED_PATHS))
_PAGES = r"/.*\.html"
_WHERE: dict[FaultKind, str] = {
    "feed-empty": _FEEDS,
    "feed-broken": _FEEDS,
    "archive-renamed": "/archiv",
    "stand-gone": _PAGES,
    "body-renamed": _PAGES,
    "login-wall": _PAGES,
}
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong from ``since`` up to ``until``, always where there is none.

    ``path``: a regular expression over whole paths, without one every path that the kind can befall. ``retry_after_s``
    goes with ``busy``. ``clock-off`` is a Date header one hour late.
    """

    kind: FaultKind
    path: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    retry_after_s: int | None = None

    def strikes(self, path: str, at: datetime) -> bool:
        """Whether a request for ``path`` ``at`` that time meets it."""
        began = self.since is None or self.since <= at
        over = self.until is not None and self.until <= at
        return began and not over and re.fullmatch(self.path or _WHERE.get(self.kind, ".*"), path) is not None


class Faulty:
    """A site on which ``faults`` strike, the first of them that does; all else is left as it is.

    ``faults`` may be changed while it is served.
    """

    def __init__(self, site: Respondent, now: Callable[[], datetime], faults: Iterable[Fault] = ()) -> None:
        self._site = site
        self._now = now
        self.faults = list(faults)

    def settle(self, base_url: str) -> None:
        """Passed on."""
        self._site.settle(base_url)

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The answer of the site, or what the fault makes of it."""
        at = self._now()
        fault = next((fault for fault in tuple(self.faults) if fault.strikes(path, at)), None)
        if fault is None:
            return self._site.respond(path, query, headers)
        if fault.kind in _STATUS:
            wait = (("Retry-After", str(fault.retry_after_s)),) if fault.retry_after_s is not None else ()
            body = (
                b""
                if fault.kind == "reset"
                else b"<!DOCTYPE html><title>Fehler</title><p>Ein Fehler ist aufgetreten.</p>"
            )
            return Answer(status=_STATUS[fault.kind], headers=(("Content-Type", HTML), *wait), body=body)
        if fault.kind == "clock-off":
            answer = self._site.respond(path, query, headers)
            late = format_datetime((at + _HOUR).astimezone(UTC).replace(microsecond=0), usegmt=True)
            return replace(answer, headers=(*answer.headers, ("Date", late)))
        return self._altered(fault.kind, path, query, headers)

    def _altered(self, kind: FaultKind, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The page that the site has at ``path``, changed; with validators of its own."""
        answer = self._site.respond("/login" if kind == "login-wall" else path, query, {})
        if answer.status != 200:
            return answer
        body = answer.body
        for pattern, replacement in _ALTERED.get(kind, ()):
            body = re.sub(pattern, replacement, body)
        return Entity(body, answer.header("Content-Type") or HTML, None).answer(headers)
