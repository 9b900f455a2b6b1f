"""What a collection holds of a quarter, against what happened in it.

The truth is the plan, and the log of the server, which knows what each look showed. A change that no look could tell
from the next one is explained by that; how far apart looks are is judged by itself (``late_looks``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from newsarchive.collection.collection import Collection
from newsarchive.collection.lines import read_lines
from newsarchive.model.article import Article
from newsarchive.model.recrawl import Ladder
from newsarchive.model.revision import Sighting
from newsarchive.samplesite.life import EDITORIAL, REMOVALS, Event
from newsarchive.samplesite.story import Story, in_berlin
from tests.simulation.quarter import Course, Plan
from tests.simulation.world import Look, World

REASONS = {
    "gone": {"http-410"}, "missing": {"http-404"}, "expire": {"http-404"}, "front-page": {"moved-away"},
    "notice": {"depublished"}, "move": {"moved"},
}  # fmt: skip
"""What a removal is called in the collection."""

_MERGED = "one with the next edit between two looks"
_OUT = "taken out before the next look"
_BACK = "brought back before the next look"
_END = "not yet due at the end"
_NEAR = timedelta(minutes=3)
"""A capture begins so much before the server's note of it at most."""


@dataclass(slots=True)
class Row:
    """One kind of thing that happened: how often, how often it was found, what explains the rest, and what does not."""

    kind: str
    injected: int = 0
    found: int = 0
    explained: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def explain(self, reason: str) -> None:
        """One more for that reason."""
        self.explained[reason] = self.explained.get(reason, 0) + 1


@dataclass(slots=True, kw_only=True)
class Verdict:
    """``rows`` of what was to be found; ``quiet``: what changed no text, how often it happened and was looked at;
    ``surplus``: what the collection claims and nothing explains; ``wrong``: revisions that say something else than the
    page did; ``late_looks``; per day of publication, how many articles
    could be found and how many were."""

    rows: list[Row]
    quiet: list[Row]
    surplus: list[str]
    wrong: list[str]
    late_looks: list[str]
    days: dict[date, tuple[int, int]]
    revisions: int
    open_links: int
    coverage: dict[date, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the collection says of one article."""

    revisions: tuple[Article, ...]
    removals: tuple[Sighting, ...]
    returns: tuple[datetime, ...]


def judge(plan: Plan, world: World, collection: Collection, course: Course) -> Verdict:
    """Compare. ``collection`` holds the whole quarter."""
    told = _read(collection)
    surplus = [f"{slug}: no such article" for slug in told.keys() - plan.life.stories.keys()]
    wrong: list[str] = []
    rows: dict[str, Row] = {}
    quiet: dict[str, Row] = {}
    happened: defaultdict[str, list[tuple[datetime, Event]]] = defaultdict(list)
    for at, event in world.happened:
        if event.slug is None:
            quiet.setdefault(event.kind, Row(event.kind)).injected += 1
        else:
            happened[event.slug].append((at, event))
    days: dict[date, list[bool]] = defaultdict(list)
    turns = [ran.turn.at for ran in course.ran if not (ran.troubled and ran.is_cut_short)]
    nothing = _Told(revisions=(), removals=(), returns=())
    for slug, events in happened.items():
        case = _Case(slug, events, world.looks[slug], told.get(slug, nothing), world.playback.states[slug], turns)
        case.enter(rows, quiet)
        surplus += case.surplus()
        wrong += case.wrong()
        if case.could_be_found:
            days[in_berlin(events[0][1].at).date()].append(slug in told)
    last = plan.turns[-1].at
    first_day, last_day = min(days), max(days)
    coverage: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    for line in collection.coverage(first_day, last_day):
        coverage[line.day][0] += line.declared
        coverage[line.day][1] += line.collected
    return Verdict(
        rows=[rows[kind] for kind in sorted(rows, key=_order)],
        quiet=[quiet[kind] for kind in sorted(quiet)],
        surplus=surplus,
        wrong=wrong,
        late_looks=list(_late_looks(course, world, happened)),
        days={day: (len(found), sum(found)) for day, found in sorted(days.items())},
        revisions=sum(len(each.revisions) for each in told.values()),
        open_links=sum(1 for _ in collection.open_links(last + timedelta(days=400))),
        coverage={day: (declared, collected) for day, (declared, collected) in sorted(coverage.items())},
    )


class _Case:
    """One article: what happened to it, how it was looked at, what is told of it."""

    def __init__(
        self,
        slug: str,
        events: list[tuple[datetime, Event]],
        looks: list[Look],
        told: _Told,
        states: list[Story],
        turns: list[datetime],
    ) -> None:
        self._slug = slug
        self._events = events
        self._looks = [look for look in looks if not look.is_disturbed]
        self._told = told
        self._states = states
        self._expected = list(_changes(self._looks))
        out_at = next((at for at, event in events if event.kind in REMOVALS), None)
        self.could_be_found = any(events[0][0] <= turn and (out_at is None or turn < out_at) for turn in turns)
        """Whether it was out while some crawl could reach the site."""

    def enter(self, rows: dict[str, Row], quiet: dict[str, Row]) -> None:
        """Count what happened."""
        state = -1
        for number, (at, event) in enumerate(self._events):
            if event.kind in EDITORIAL:
                state += 1
                row = rows.setdefault(_kind(event), Row(_kind(event)))
                self._enter_edit(row, at, state)
            elif event.kind in REASONS:
                self._enter_removal(rows.setdefault(event.kind, Row(event.kind)), at, number)
            elif event.kind == "restore":
                self._enter_return(rows.setdefault(event.kind, Row(event.kind)), at, number)
            else:
                row = quiet.setdefault(event.kind, Row(event.kind))
                row.injected += 1
                row.found += any(look.at >= at and look.state is not None for look in self._looks)

    def surplus(self) -> Iterator[str]:
        """Revisions, removals and returns that nothing on the site explains."""
        for article in self._told.revisions:
            if self._look_behind(article) is None:
                at = article.capture.captured_at
                yield f"{self._slug}: revision {article.revision} of {at:%d.%m. %H:%M} without a change"
        for sighting in self._told.removals:
            if not any(_near(sighting.captured_at, look.at) and look.state is None for look in self._looks):
                yield f"{self._slug}: {sighting.reason} at {sighting.captured_at:%d.%m. %H:%M}, where it was not gone"

    def wrong(self) -> Iterator[str]:
        """Revisions that do not say what the page said."""
        for article in self._told.revisions:
            look = self._look_behind(article)
            if look is None or look.state is None:
                continue
            story = self._states[look.state]
            same = (article.headline, article.lead, article.text.split(), article.updates) == (
                story.headline, story.lead, " ".join(story.pieces()).split(), story.updates,
            )  # fmt: skip
            if not same:
                yield f"{self._slug}: revision {article.revision} does not say what the page said"

    def _look_behind(self, article: Article) -> Look | None:
        """The look that showed this for the first time, and that the revision is a capture of."""
        return next((look for look in self._expected if _near(article.capture.captured_at, look.at)), None)

    def _enter_edit(self, row: Row, at: datetime, state: int) -> None:
        row.injected += 1
        look = next((look for look in self._looks if look.state is not None and look.state >= state), None)
        if look is None and state == 0 and self.could_be_found:
            row.missed.append(f"{self._slug}: published {at:%d.%m. %H:%M} and never looked at")
        elif look is None:
            row.explain(_OUT if self._is_out_after(at) else _END)
        elif look.state is not None and look.state > state:
            row.explain(_MERGED)
        elif any(_near(article.capture.captured_at, look.at) for article in self._told.revisions):
            row.found += 1
        else:
            row.missed.append(f"{self._slug}: {row.kind} of {at:%d.%m. %H:%M}, shown at {look.at:%d.%m. %H:%M}")

    def _enter_removal(self, row: Row, at: datetime, number: int) -> None:
        row.injected += 1
        event = self._events[number][1]
        path = self._path_before(number)
        looks = [look for look in self._looks if look.path == path]
        back_at = None if event.kind == "move" else self._back_at(number)
        look = next((look for look in looks if look.at >= at and look.state is None), None)
        if not any(look.at < at and look.state is not None for look in looks):
            row.explain("never looked at before")
        elif back_at is not None and (look is None or look.at >= back_at):
            row.explain(_BACK)
        elif look is None:
            row.explain(_END)
        elif any(
            _near(sighting.captured_at, look.at) and sighting.reason in REASONS[event.kind]
            for sighting in self._told.removals
        ):
            row.found += 1
        else:
            reasons = {sighting.reason for sighting in self._told.removals}
            row.missed.append(
                f"{self._slug}: {row.kind} of {at:%d.%m. %H:%M}, shown at {look.at:%d.%m. %H:%M} {reasons}"
            )

    def _path_before(self, number: int) -> str:
        """Where the story was before that event."""
        moves = [event.path for _, event in self._events[:number] if event.kind == "move"]
        return moves[-1] if moves else self._states[0].path

    def _enter_return(self, row: Row, at: datetime, number: int) -> None:
        row.injected += 1
        gone_at = next(when for when, event in reversed(self._events[:number]) if event.kind in REMOVALS)
        was_missed = any(gone_at <= look.at < at and look.state is None for look in self._looks)
        look = next((look for look in self._looks if look.at >= at and look.state is not None), None)
        if not any(look.state is not None and look.at < gone_at for look in self._looks):
            row.explain("never looked at before")
        elif not was_missed:
            row.explain(_BACK)
        elif look is None:
            row.explain(_END)
        elif any(_near(returned, look.at) for returned in self._told.returns):
            row.found += 1
        else:
            row.missed.append(f"{self._slug}: returned {at:%d.%m. %H:%M}, shown at {look.at:%d.%m. %H:%M}")

    def _back_at(self, number: int) -> datetime | None:
        return next((at for at, event in self._events[number + 1 :] if event.kind == "restore"), None)

    def _is_out_after(self, at: datetime) -> bool:
        return any(when >= at and event.kind in REMOVALS for when, event in self._events)


def _changes(looks: list[Look]) -> Iterator[Look]:
    """Of looks that showed an article, those that showed something new."""
    last = -1
    for look in looks:
        if look.state is not None and look.state > last:
            last = look.state
            yield look


def _late_looks(
    course: Course, world: World, happened: dict[str, list[tuple[datetime, Event]]], ladder: Ladder | None = None
) -> Iterator[str]:
    """Pairs of looks at a page further apart than its age allows, outages and the rhythm of crawls taken into account.

    The age is counted from the publication or the last change that a look showed, whichever is later: what the site
    alone knows, nobody can go by.
    """
    ladder = ladder or Ladder()
    turns = [ran.turn.at for ran in course.ran if ran.turn.since is None and not (ran.troubled and ran.is_cut_short)]
    for slug, events in happened.items():
        by_path: defaultdict[str, list[Look]] = defaultdict(list)
        for look in world.looks[slug]:
            by_path[look.path].append(look)
        # The first look found the article; nobody can say that it changed then.
        changed = [look.at for look in _changes([look for look in world.looks[slug] if not look.is_disturbed])][1:]
        for path, looks in by_path.items():
            for look, after in zip(looks, [*looks[1:], None], strict=True):
                if look.state is None:
                    continue
                since = max(at for at in (events[0][1].at, *changed) if at <= look.at)
                interval = next((each for age, each in ladder.rungs if look.at + _NEAR - since < age), None)
                if interval is None:
                    continue
                due = look.at + interval * (1 + ladder.spread)
                # Another crawl may be under way when it falls due; the one after that may not be.
                first = bisect_left(turns, due)
                able = (at for at in turns[first:] if world.fault_at(path, at) is None)
                next(able, None) if interval < timedelta(hours=1) else None
                deadline = next(able, None)
                if deadline is not None and (after is None or after.at > deadline + _NEAR):
                    seen = f"{after.at:%d.%m. %H:%M}" if after else "never"
                    yield f"{path}: looked at {look.at:%d.%m. %H:%M}, due {due:%d.%m. %H:%M}, then {seen}"


def _read(collection: Collection) -> dict[str, _Told]:
    revisions: defaultdict[str, list[Article]] = defaultdict(list)
    sightings: defaultdict[str, list[Sighting]] = defaultdict(list)
    for article in collection.articles():
        revisions[article.article_id].append(article)
    for path in sorted(collection.root.glob("articles/*/*/*/*.seen.jsonl")):
        for _, sighting in read_lines(path, Sighting):
            if sighting.article_id is not None:
                sightings[sighting.article_id].append(sighting)
    return {
        slug: _Told(
            revisions=tuple(sorted(revisions[slug], key=lambda article: article.revision)),
            removals=tuple(sighting for sighting in sightings[slug] if sighting.reason is not None),
            returns=tuple(
                sorted(
                    [sighting.captured_at for sighting in sightings[slug] if sighting.reason is None]
                    + [article.capture.captured_at for article in revisions[slug]]
                )
            ),
        )
        for slug in revisions.keys() | sightings.keys()
    }


def _near(captured_at: datetime, at: datetime) -> bool:
    return at - _NEAR <= captured_at <= at + timedelta(seconds=2)


def _kind(event: Event) -> str:
    if event.kind in {"publish", "live-entry"}:
        return event.kind
    return f"{event.kind}, {'Stand moved' if event.stand_moves else 'silent'}"


def _order(kind: str) -> tuple[int, str]:
    name = kind.partition(",")[0]
    return (0 if name == "publish" else 1 if name in EDITORIAL else 2 if name in REASONS else 3, kind)
