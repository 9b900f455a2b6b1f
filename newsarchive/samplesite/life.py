"""The life of a site: what is published, edited, moved, removed and brought back when, as a plan that can be played.

A plan comes from a seed and reads no clock. It is the ground truth of what a crawler should have noticed: an event is
an edit of what is said (``EDITORIAL``), or it is not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from newsarchive.model.article import Block, Tag, Update
from newsarchive.samplesite.addresses import anchor, topic_slug
from newsarchive.samplesite.invent import KINDS, Inventor
from newsarchive.samplesite.site import Removal, SampleSite
from newsarchive.samplesite.story import Story, in_berlin

EventKind = Literal[
    "publish", "paragraph-added", "paragraph-rewritten", "headline", "lead", "live-entry",
    "stand", "teaser", "navigation", "tags", "relaunch",
    "move", "gone", "missing", "front-page", "notice", "expire", "restore",
]  # fmt: skip
"""What can happen. ``stand``: the printed time moves over an unchanged text; ``navigation`` and ``relaunch``: what
stands around the text of one page, of all pages; ``expire``: the page is taken down at the time it has printed all
along."""

EDITS: tuple[EventKind, ...] = ("paragraph-added", "paragraph-rewritten", "headline", "lead", "live-entry")
EDITORIAL = frozenset[EventKind]({"publish", *EDITS})
"""What changes an article as its readers know it: each such event is a revision."""

REMOVALS: dict[EventKind, Removal] = {
    "gone": "gone", "missing": "missing", "front-page": "front-page", "notice": "notice", "expire": "missing",
}  # fmt: skip
"""The events that take an article out, and how."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_SHAPES = tuple(kind for kind in KINDS if kind != "repeated_hour")
# Hours of the day on German clocks, by how much a newsroom publishes in them.
_HOURS = tuple(
    hour for hour, weight in enumerate((1, 0, 0, 0, 0, 1, 3, 4, 4, *[5] * 11, 3, 3, 2, 1)) for _ in range(weight)
)
# How long after the publication an article is touched, as (share, from, to).
_DELAYS = (
    (0.25, 4 * _MINUTE, _HOUR),
    (0.40, _HOUR, _DAY),
    (0.25, _DAY, 4 * _DAY),
    (0.10, 4 * _DAY, 25 * _DAY),
)
_EDITED, _TOUCHED, _MOVED, _REMOVED, _EXPIRED, _RETURNED = 0.5, 0.4, 0.02, 0.06, 0.015, 0.4
_STAND_MOVES = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happens ``at`` a time to the story ``slug``; to the whole site where that is ``None``.

    ``stand_moves``: with an edit, the printed time moves to ``at``; else the edit is a silent one. ``text``: the new
    words; ``heading``: that of a live-blog entry; ``path``: where the story moves.
    """

    at: datetime
    kind: EventKind
    slug: str | None
    stand_moves: bool = False
    text: str = ""
    heading: str = ""
    path: str = ""

    @property
    def is_editorial(self) -> bool:
        """Whether it changes what the article says."""
        return self.kind in EDITORIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A plan: ``stories`` as they are first published, by slug, and ``events`` in the order of their times."""

    stories: dict[str, Story]
    events: tuple[Event, ...]


class Playback:
    """Plays a ``life`` on a ``site``, which begins empty; ``tell`` hears of each event once it has happened.

    ``states``: what each story has said so far, first to last; its index is the number of editorial events less one.
    """

    def __init__(self, life: Life, site: SampleSite, tell: Callable[[Event], None] = lambda event: None) -> None:
        self._life = life
        self._tell = tell
        self._site = site
        self._times = [event.at for event in life.events]
        self._played = 0
        self.states: dict[str, list[Story]] = {}

    def play(self, until: datetime) -> tuple[Event, ...]:
        """Let everything happen that is due ``until`` then, inclusive, and has not happened; returns it."""
        due = self._life.events[self._played : bisect_right(self._times, until)]
        for event in due:
            self._happen(event)
            self._tell(event)
        self._played += len(due)
        return due

    def _happen(self, event: Event) -> None:
        site, slug = self._site, event.slug
        if slug is None:
            site.announce(event.text, event.at)
            return
        match event.kind:
            case "publish":
                site.publish(self._life.stories[slug], event.at)
            case "navigation":
                site.announce(event.text, event.at, slug)
            case "move":
                site.move(slug, event.path, event.at)
            case "restore":
                site.restore(slug, event.at)
            case "gone" | "missing" | "front-page" | "notice" | "expire":
                site.withdraw(slug, event.at, REMOVALS[event.kind])
            case _:
                site.edit(slug, lambda story: changed(story, event), event.at)
        if event.is_editorial:
            self.states.setdefault(slug, []).append(site.story(slug))


def changed(story: Story, event: Event) -> Story:
    """``story`` after an edit."""
    if event.stand_moves:
        at = in_berlin(event.at)
        story = replace(story, published=at.replace(microsecond=at.microsecond // 1000 * 1000))
    match event.kind:
        case "paragraph-added":
            return replace(story, blocks=(*story.blocks, Block(kind="paragraph", text=event.text)))
        case "paragraph-rewritten":
            number = next(index for index, block in enumerate(story.blocks) if block.kind == "paragraph")
            block = replace(story.blocks[number], text=event.text)
            return replace(story, blocks=(*story.blocks[:number], block, *story.blocks[number + 1 :]))
        case "headline":
            return replace(story, headline=event.text)
        case "lead":
            return replace(story, lead=event.text)
        case "live-entry":
            return _with_entry(story, event)
        case "teaser":
            first, *rest = story.teasers
            return replace(story, teasers=(replace(first, related=replace(first.related, headline=event.text)), *rest))
        case "tags":
            tag = Tag(name=event.text, slug=topic_slug(event.text))
            return replace(story, tags=(*story.tags, tag), keywords=(*story.keywords, event.text))
        case _:
            return story


def _with_entry(story: Story, event: Event) -> Story:
    """The live blog with one entry more, on top of the others."""
    at = in_berlin(event.at)
    entry = Update(
        id=anchor(event.heading),
        time=at.replace(second=0, microsecond=0),
        time_raw=f"{at:%d.%m.%Y} • {at:%H:%M} Uhr",
        heading=event.heading,
        text=event.text,
    )
    above = len(story.blocks) - sum(1 + len(update.text.split("\n\n")) for update in story.updates)
    blocks = (Block(kind="heading", level=2, text=event.heading), Block(kind="paragraph", text=event.text))
    return replace(
        story, updates=(entry, *story.updates), blocks=(*story.blocks[:above], *blocks, *story.blocks[above:])
    )


def plan_life(articles: int, days: int, seed: int, start: datetime) -> Life:
    """A plan for ``articles`` stories published over ``days`` from ``start``, with all that befalls them meanwhile.

    Half of them are edited, many are touched without an edit, some are moved, removed, or removed and brought back;
    once, in the middle, every page is laid out anew. Nothing happens after the last day.
    """
    chance = Random(seed)  # noqa: S311  # invention, not secrets
    inventor = Inventor(seed)
    end = start + days * _DAY
    times = sorted(_publication(chance, start, number * days // articles) for number in range(articles))
    stories, events = {}, []
    for number, at in enumerate(times):
        story = inventor.story(_SHAPES[number % len(_SHAPES)], "e3", at)
        later = list(_Biography(chance, inventor, story, end).events())
        expires = next((event.at for event in later if event.kind == "expire"), None)
        if expires is not None:
            story = replace(story, unavailable_after=in_berlin(expires))
        stories[story.slug] = story
        events += [Event(at=story.published, kind="publish", slug=story.slug), *later]
    events.append(Event(at=start + days * _DAY / 2, kind="relaunch", slug=None, text="Jetzt in neuem Gewand"))
    return Life(stories=stories, events=tuple(sorted(events, key=lambda event: (event.at, event.slug or ""))))


def _publication(chance: Random, start: datetime, day: int) -> datetime:
    midnight = in_berlin(start + day * _DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + chance.choice(_HOURS) * _HOUR + timedelta(seconds=chance.randrange(3600))
    return max(at, start)


class _Biography:
    """What befalls one story after its publication and before ``end``."""

    def __init__(self, chance: Random, inventor: Inventor, story: Story, end: datetime) -> None:
        self._chance = chance
        self._inventor = inventor
        self._story = story
        self._end = end
        self._said = {story.headline, story.lead, *story.paragraphs}

    def events(self) -> Iterator[Event]:
        """In order of time, minutes apart; nothing between a removal and a return."""
        chance, story = self._chance, self._story
        wishes: list[tuple[datetime, EventKind]] = []
        if story.updates:
            at = story.published
            for _ in range(chance.randrange(3, 12)):
                at += timedelta(minutes=chance.randrange(8, 150))
                wishes.append((at, "live-entry"))
        elif chance.random() < _EDITED:
            wishes += [(self._later(), chance.choice(self._edits())) for _ in range(chance.choice((1, 1, 1, 2, 2, 3)))]
        if chance.random() < _TOUCHED:
            wishes += [(self._later(), chance.choice(self._touches())) for _ in range(chance.choice((1, 1, 2)))]
        if chance.random() < _MOVED and story.kind != "video":
            wishes.append((self._later(), "move"))
        yield from self._told(sorted(wishes), self._removal())

    def _later(self) -> datetime:
        (_, least, most) = self._chance.choices(_DELAYS, weights=[share for share, _, _ in _DELAYS])[0]
        return self._story.published + least + (most - least) * self._chance.random()

    def _edits(self) -> Sequence[EventKind]:
        if self._story.kind == "video":
            return ("headline",)
        edits: list[EventKind] = ["paragraph-added", "paragraph-rewritten", "headline"]
        return [*edits, "lead"] if self._story.lead else edits

    def _touches(self) -> Sequence[EventKind]:
        touches: tuple[EventKind, ...] = ("stand", "navigation", "tags")
        return (*touches, "teaser", "teaser") if self._story.teasers else touches

    def _removal(self) -> list[tuple[datetime, EventKind]]:
        """The removal and the return, as far as there are any."""
        lot = self._chance.random()
        if lot < _EXPIRED:
            at = self._story.published + timedelta(days=self._chance.uniform(1.5, 28))
            return [(at.replace(minute=0, second=0, microsecond=0), "expire")]
        if lot > _EXPIRED + _REMOVED:
            return []
        how = self._chance.choice(tuple(kind for kind in REMOVALS if kind != "expire"))
        at = self._later()
        if self._chance.random() > _RETURNED:
            return [(at, how)]
        return [(at, how), (at + timedelta(hours=self._chance.uniform(3, 60)), "restore")]

    def _told(
        self, wishes: list[tuple[datetime, EventKind]], removal: list[tuple[datetime, EventKind]]
    ) -> Iterator[Event]:
        gone_at = removal[0][0] if removal else None
        back_at = removal[1][0] if len(removal) > 1 else None
        last = self._story.published
        for at, kind in sorted([*wishes, *removal]):
            out = gone_at is not None and gone_at < at and (back_at is None or at < back_at)
            if at >= self._end or (out and kind != "restore"):
                continue
            last = at if kind == "expire" else max(at, last + _MINUTE)
            yield self._event(last, kind)

    def _anew(self, tell: Callable[[datetime], str], at: datetime) -> str:
        """Words that the page has never had: an edit that says the same again is none."""
        text = next(said for said in iter(lambda: tell(at), None) if said not in self._said)
        self._said.add(text)
        return text

    def _event(self, at: datetime, kind: EventKind) -> Event:
        story, inventor = self._story, self._inventor
        moves = kind == "stand" or (kind in EDITS and (kind == "live-entry" or self._chance.random() < _STAND_MOVES))
        text = {
            "headline": inventor.headline, "lead": inventor.lead, "paragraph-added": inventor.paragraph,
            "paragraph-rewritten": inventor.paragraph, "live-entry": inventor.paragraph, "teaser": inventor.headline,
            "navigation": inventor.headline,
        }.get(kind)  # fmt: skip
        return Event(
            at=at,
            kind=kind,
            slug=story.slug,
            stand_moves=moves,
            text=self._anew(text, at) if text else f"Thema {inventor.below(10**6)}" if kind == "tags" else "",
            heading=f"{inventor.live_heading(at)} ({at:%d.%m. %H:%M:%S})" if kind == "live-entry" else "",
            path=_elsewhere(story) if kind == "move" else "",
        )


def _elsewhere(story: Story) -> str:
    """Where a story moves: to another section, its file name stays."""
    sections = ("/inland/gesellschaft", "/wirtschaft/verbraucher")
    return f"{sections[story.path.startswith(sections[0])]}/{story.slug}.html"
