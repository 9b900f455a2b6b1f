"""A week in the life of the sample site, to be crawled and looked at: what any newsroom does, and two stories by hand.

The fate of a ferry is told from the first report to a correction, and one of its edits goes unsaid; an article about a
village without water disappears. Pure; all times follow from when the week ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from newsarchive.model.article import Block
from newsarchive.samplesite.drafts import DRAFTS, Draft
from newsarchive.samplesite.invent import DEFAULT_START, Inventor, invent_stories
from newsarchive.samplesite.life import Event, EventKind, Life, plan_life
from newsarchive.samplesite.story import Story, in_berlin

DAYS = 6
_FERRY, _CONSTITUENCIES, _WATER = DRAFTS

_FIRST_HEADLINE = "Fähre mit mehr als 200 Menschen an Bord aufgelaufen"
_FIRST_LEAD = (
    'Vor Ostermünde ist am Abend die Fähre "Silbermöwe" auf Grund gelaufen. Mehr als 200 Menschen sollen an Bord sein. '
    "Retter sind auf dem Weg."
)
_FIRST_BLOCKS = (
    Block(
        kind="paragraph",
        text=(
            'Vor Ostermünde sitzt die Fähre "Silbermöwe" fest. An Bord sind nach ersten Angaben der Seenotleitung mehr '
            "als 200 Menschen. Ob jemand verletzt wurde, ist nicht bekannt."
        ),
    ),
    Block(
        kind="paragraph",
        text=(
            "Das Schiff lief bei dichtem Nebel auf eine Sandbank, etwa drei Kilometer vor dem Hafen. Rettungskreuzer "
            "und Fischerboote sind ausgelaufen."
        ),
    ),
    Block(kind="heading", level=2, text="Turnhalle wird zum Nachtlager"),
)
_NIGHT_HEADLINE = "Fischerboote holen erste Passagiere an Land"
_COUNTED = (
    'Nach dem Unglück der Fähre "Silbermöwe" sind alle 212 Menschen in Sicherheit. Das teilte die Seenotleitung in '
    "Ostermünde am frühen Morgen mit. Neun von ihnen kamen mit Unterkühlungen in Krankenhäuser, lebensgefährlich "
    "verletzt wurde niemand."
)
_NOTE = (
    "Anmerkung der Redaktion: In einer früheren Fassung hieß es, elf Menschen seien in Krankenhäuser gekommen. Es "
    "waren neun."
)


def plan_week(articles: int, seed: int, until: datetime) -> Life:
    """A plan that ends ``until`` then and brings about that many ``articles``, at least the three written by hand.

    A quarter of them were published years before, in the older layout.
    """
    began = until - timedelta(days=DAYS)
    inventor = Inventor(seed)
    told = [*_ferry(inventor, until), *_other_drafts(inventor, until)]
    others = max(0, articles - len(DRAFTS))
    old = [story for story in invent_stories(others, seed + 1, DEFAULT_START) if story.era == "e2b"][: others // 4]
    # A day earlier, since stories come out until the midnight after the last day.
    lived = plan_life(max(1, others - len(old)), DAYS, seed + 2, began - timedelta(days=1))
    stories = {story.slug: story for story in old}
    stories |= {story.slug: story for story, _ in told}
    events = [Event(at=began, kind="publish", slug=story.slug) for story in old]
    events += [event for _, following in told for event in following]
    if others:
        stories = lived.stories | stories
        # A week without news from the workshop: the pages keep their look.
        events += [event for event in lived.events if event.kind != "relaunch" and event.at <= until]
    return Life(stories=stories, events=tuple(sorted(events, key=lambda event: (event.at, event.slug or ""))))


def moments(until: datetime) -> tuple[datetime, ...]:
    """When a crawl that wants to see it all goes by: twice a day, more often in the night of the ferry."""
    began = until - timedelta(days=DAYS)
    evening = _evening(until)
    usual = [began + timedelta(hours=12 * turn) for turn in range(1, 2 * DAYS)]
    hurried = [evening + timedelta(minutes=minutes) for minutes in (20, 110, 680, 720)]
    return (*sorted(at for at in (*usual, *hurried) if began < at < until), until)


def _evening(until: datetime) -> datetime:
    """When the ferry ran aground."""
    return in_berlin(until - timedelta(days=3)).replace(hour=21, minute=40, second=12, microsecond=0)


def _drafted(inventor: Inventor, draft: Draft, at: datetime) -> Story:
    return inventor.story(draft.shape, "e3", at, draft)


def _ferry(inventor: Inventor, until: datetime) -> Iterator[tuple[Story, list[Event]]]:
    evening = _evening(until)
    whole = _drafted(inventor, _FERRY, evening)
    first = replace(
        whole,
        headline=_FIRST_HEADLINE,
        lead=_FIRST_LEAD,
        blocks=(*_FIRST_BLOCKS, *(block for block in whole.blocks if block.ref is not None)),
    )
    texts = [block.text for block in _FERRY.blocks if block.kind == "paragraph" and block.text]

    def edit(minutes: int, kind: EventKind, text: str, *, silent: bool = False) -> Event:
        at = evening + timedelta(minutes=minutes)
        return Event(at=at, kind=kind, slug=whole.slug, stand_moves=not silent, text=text)

    yield (
        first,
        [
            Event(at=evening, kind="publish", slug=whole.slug),
            edit(95, "headline", _NIGHT_HEADLINE),
            edit(95, "paragraph-added", texts[2]),
            edit(530, "headline", _FERRY.headline),
            edit(530, "lead", _FERRY.lead),
            edit(530, "paragraph-rewritten", texts[0]),
            *(edit(530, "paragraph-added", text) for text in texts[3:]),
            edit(690, "paragraph-rewritten", _COUNTED, silent=True),
            edit(2100, "paragraph-added", _NOTE),
        ],
    )


def _other_drafts(inventor: Inventor, until: datetime) -> Iterator[tuple[Story, list[Event]]]:
    at = in_berlin(until - timedelta(days=5)).replace(hour=6, minute=30, second=5, microsecond=0)
    story = _drafted(inventor, _CONSTITUENCIES, at)
    yield story, [Event(at=at, kind="publish", slug=story.slug)]
    at = in_berlin(until - timedelta(days=3)).replace(hour=8, minute=30, second=5, microsecond=0)
    story = _drafted(inventor, _WATER, at)
    gone_at = until - timedelta(hours=20)
    yield story, [Event(at=at, kind="publish", slug=story.slug), Event(at=gone_at, kind="gone", slug=story.slug)]
