"""Invented stories, as many as wanted, the same for the same seed on every machine.

All randomness comes from the seed and all times from ``start``; nothing here reads a clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Literal, TypeVar

from newsarchive.errors import UsageError
from newsarchive.model.article import (
    Block,
    Broadcast,
    Byline,
    Image,
    Media,
    Poster,
    Related,
    Stream,
    Subtitle,
    Tag,
    Update,
)
from newsarchive.samplesite import vocabulary as words
from newsarchive.samplesite.addresses import anchor, image_variant, topic_slug
from newsarchive.samplesite.addresses import slug as slug_of
from newsarchive.samplesite.drafts import DRAFTS, Draft
from newsarchive.samplesite.story import BERLIN, BROADCAST_TITLE, Era, Story, Teaser, in_berlin

IMAGE_HOST = "https://bilder.landfunk.example"
MEDIA_HOST = "https://progressive.landfunk.example"
ADAPTIVE_HOST = "https://adaptive.landfunk.example"

DEFAULT_START = datetime(2025, 12, 31, 18, 30, tzinfo=UTC)
"""Where the demo begins: the night in which the printed form of the Stand changed."""

_EARLIEST_START = datetime(2025, 12, 1, tzinfo=UTC)
_E2B_STARTS = (datetime(2023, 5, 8, 5, 0, tzinfo=UTC), datetime(2025, 1, 13, 5, 0, tzinfo=UTC))
_PACE = timedelta(minutes=23)
_MEMORY = 200
_FIRST_CLIP = 1_400_000

Kind = Literal[
    "plain", "head_video", "body_video", "audio", "analysis", "liveblog", "listing", "boxes", "table", "embeds",
    "correction", "leadless", "broadcast", "repeated_hour",
]  # fmt: skip

KINDS: tuple[Kind, ...] = (
    "plain", "head_video", "liveblog", "analysis", "boxes", "body_video", "listing", "table", "audio", "embeds",
    "correction", "leadless", "broadcast", "repeated_hour", "plain", "plain", "analysis", "head_video", "plain",
)  # fmt: skip

_WIDTHS = {"webs": 480, "webm": 640, "webl": 960, "webxl": 1280, "webxxl": 1920}

Chosen = TypeVar("Chosen")


def invent_stories(count: int, seed: int, start: datetime = DEFAULT_START) -> tuple[Story, ...]:
    """``count`` stories of mixed kinds, oldest first.

    Three of four are of era E3 and follow each other from ``start`` at the pace of a busy newsroom; every fourth
    is of era E2b, from 2023 and 2025 by turns. The first three are written by hand (``drafts``), the next fourteen
    of each era hold every kind; 76 stories hold all that there is. Stories of a run stay the same when ``count``
    grows.

    Raises ``UsageError`` for a ``start`` that is naive or before December 2025, when era E3 began.
    """
    if start.tzinfo is None or start < _EARLIEST_START:
        raise UsageError(message=f"The sample site can begin in December 2025 or later, not at {start.isoformat()}.")
    inventor = Inventor(seed)
    stories = []
    for number in range(count):
        era: Era = "e2b" if number % 4 == 3 else "e3"
        turn = number // 4 if era == "e2b" else number - number // 4
        base = _E2B_STARTS[turn % 2] if era == "e2b" else start
        at = base + turn * _PACE + timedelta(seconds=inventor.below(900), milliseconds=inventor.below(1000))
        if number < len(DRAFTS):
            stories.append(inventor.story(DRAFTS[number].shape, era, at, DRAFTS[number]))
        else:
            stories.append(inventor.story(KINDS[turn % len(KINDS)], era, at))
    return tuple(sorted(stories, key=lambda story: (story.published, story.slug)))


class Inventor:
    """Makes one story after the other out of one stream of chance; remembers what teasers can point at."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311  # invention, not secrets
        self._serial = 0
        self._clips = 0
        self._told: list[Story] = []

    def below(self, limit: int) -> int:
        """A number from 0 up to ``limit``."""
        return self._chance.randrange(limit)

    def _pick(self, choices: Sequence[Chosen]) -> Chosen:
        return self._chance.choice(choices)

    def _person(self) -> str:
        return f"{self._pick(words.FIRST_NAMES)} {self._pick(words.LAST_NAMES)}"

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def _facts(self, topic: words.Topic, at: datetime) -> dict[str, str]:
        body_nom, body_dat = self._pick(words.BODIES)
        place, other_place = self._chance.sample(words.PLACES, 2)
        return {
            "nom": topic.nom, "akk": topic.akk, "dat": topic.dat, "tag": topic.tag,
            "place": place, "place2": other_place, "region": self._pick(words.REGIONS),
            "body_nom_cap": body_nom[0].upper() + body_nom[1:], "body_dat": body_dat,
            "weekday": words.WEEKDAYS[at.weekday()], "month": self._pick(words.MONTHS),
        }  # fmt: skip

    def _tell(self, pattern: str, facts: dict[str, str]) -> str:
        return pattern.format_map(
            {
                "person": self._person(),
                "office": self._pick(words.OFFICES),
                "org": self._pick(words.ORGANISATIONS),
                "count": str(3 + self.below(27)),
                "crowd": f"{(2 + self.below(90)) * 100:,}".replace(",", "."),
                "percent": str(11 + self.below(78)),
                "millions": f"{1 + self.below(80)},{self.below(10)}",
                "day": str(1 + self.below(28)),
                **facts,
            }
        )

    def _paragraphs(self, count: int, facts: dict[str, str]) -> list[Block]:
        pool = self._chance.sample(words.SENTENCES, k=min(len(words.SENTENCES), count * 3))
        blocks = []
        for number in range(count):
            sentences = [self._tell(each, facts) for each in pool[number * 3 : number * 3 + 2 + self.below(2)]]
            if number % 2:
                sentences.insert(1, self._tell(self._pick(words.QUOTED), facts))
            blocks.append(Block(kind="paragraph", text=" ".join(sentences)))
        return blocks

    def _body(self, paragraphs: int, facts: dict[str, str]) -> list[Block]:
        """Paragraphs with a heading before every third."""
        blocks: list[Block] = []
        headings = self._chance.sample(words.HEADINGS, k=paragraphs // 3 + 1)
        for number, paragraph in enumerate(self._paragraphs(paragraphs, facts)):
            if number and number % 3 == 0:
                blocks.append(Block(kind="heading", level=2, text=self._tell(headings[number // 3], facts)))
            blocks.append(paragraph)
        return blocks

    def _image_url(self, era: Era, stem: str, variant: str) -> str:
        blob = f"{self._uuid()}/AAAB{self._letters(7)}/AAAB{self._letters(7)}"
        name = f"{stem}-{100 + self.below(60)}.jpg"
        width = {"16x7": "?width=1280", "16x9-big": "?width=960", "1x1-small": "?width=256"}.get(variant, "")
        return f"{IMAGE_HOST}/image/{blob}/{variant}/{name}{width if era == 'e3' else ''}"

    def _letters(self, count: int) -> str:
        return "".join(
            self._pick("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") for _ in range(count)
        )

    def _image(self, era: Era, topic: words.Topic, facts: dict[str, str], role: Literal["head", "body"]) -> Image:
        variants = {"e2b": ("20x9-1280", "16x9-960"), "e3": ("16x7", "16x9-big")}
        alt = topic.picture if role == "head" else f"{topic.picture} in {facts['place']}"
        return Image(
            url=self._image_url(era, topic.stem, variants[era][role == "body"]),
            alt=alt,
            caption=None if role == "head" else f"{alt}: Hier soll sich bald etwas ändern.",
            credit=self._pick(words.CREDITS),
            role=role,
        )

    def _medium(
        self,
        kind: Literal["video", "audio"],
        role: Literal["head", "body"],
        era: Era,
        topic: words.Topic,
        facts: dict[str, str],
        published: datetime,
    ) -> tuple[Media, Image]:
        """A clip and the picture it starts with."""
        aired = in_berlin(published - timedelta(minutes=30 + self.below(600))).replace(second=0, microsecond=0)
        station, programme = self._pick(words.STATIONS)
        self._clips += 1
        number = f"{kind}-{_FIRST_CLIP + self._clips}"
        title = self._tell(self._pick(words.CLIP_TITLES), facts)
        picture = replace(
            self._image(era, topic, facts, "head"), alt="Sendungsbild", credit="LFK-aktuell", caption=None
        )
        if era == "e2b" and role == "body":
            picture = replace(picture, url=image_variant(picture.url, "16x9-1280"))
        poster_url = picture.url if era == "e2b" else image_variant(picture.url, "16x9-big", "webp", 1280)
        file = f"{'TV' if kind == 'video' else 'AU'}-{aired:%Y%m%d-%H%M}-{1000 + self.below(9000)}"
        # Pages of 2023 give neither station nor a printed air time; those of era E3 print all three.
        dated_line = f"{programme}, {station}, {aired:%d.%m.%Y} • {aired:%H:%M} Uhr"
        with_subtitles = kind == "video" and self.below(3) > 0
        medium = Media(
            kind=kind,
            role=role,
            title=title,
            caption=title if role == "body" else None,
            duration_s=45 + self.below(900),
            programme=programme,
            station=station if era == "e3" or published.year > 2023 else None,
            broadcast_at=aired,
            media_id=number,
            page_url=f"/multimedia/{kind}/{number}.html",
            streams=_streams(kind, file, aired),
            subtitles=(Subtitle(url=f"/multimedia/video/ut-{number[6:]}.xml", format="ebutt", language="de"),)
            if with_subtitles
            else (),
            poster=Poster(url=poster_url, alt=picture.alt, credit=picture.credit),
            raw=None if role == "head" else dated_line if era == "e3" else programme,
        )
        return medium, picture

    def _byline(self, organisation: str | None) -> Byline:
        name = self._person()
        return Byline(
            name=name,
            organisation=organisation,
            url=f"/korrespondenten/{slug_of(name)}-{100 + self.below(20)}.html",
            raw=f"Von {name}",
        )

    def _broadcasts(self, era: Era, at: datetime) -> tuple[Broadcast, ...]:
        """References to programmes: prose in era E2b, ``Sender | Sendung | Datum | Uhrzeit`` in era E3.

        Each keeps the whole printed line as its raw text, for that is what it is read from.
        """
        printed = []
        references = []
        for turn in range(1 if era == "e2b" else 1 + self.below(3)):
            aired = in_berlin(at + timedelta(hours=turn)).replace(second=0, microsecond=0)
            if era == "e2b":
                article, programme = self._pick(words.PROGRAMMES)
                month = words.MONTHS[aired.month - 1]
                when = f"am {aired:%d}. {month} {aired:%Y} um {aired:%H:%M} Uhr"
                printed.append(f"Über dieses Thema berichtete {article} {programme} {when}.")
                references.append(Broadcast(station=None, programme=programme, at=aired, raw=""))
            else:
                station, programme = self._pick(words.STATIONS)
                printed.append(f"{station} | {programme} | {aired:%d.%m.%Y} | {aired:%H:%M} Uhr")
                references.append(Broadcast(station=station, programme=programme, at=aired, raw=""))
        line = BROADCAST_TITLE + ", ".join(printed)
        return tuple(replace(reference, raw=line) for reference in references)

    def _teasers(
        self, era: Era, topic: words.Topic, blocks: Sequence[Block], published: datetime
    ) -> tuple[Teaser, ...]:
        """Boxes about earlier stories of the same era; now and then one that leads to another broadcaster."""
        earlier = [story for story in self._told[-_MEMORY:] if story.era == era and story.published < published]
        paragraphs = [number for number, block in enumerate(blocks) if block.kind == "paragraph"]
        if not earlier or len(paragraphs) < 3:
            return ()
        chosen = self._chance.sample(earlier, k=min(len(earlier), 1 + self.below(3)))
        teasers = []
        for turn, story in enumerate(chosen):
            foreign = turn == 2
            teasers.append(
                Teaser(
                    after=paragraphs[1 + turn * (len(paragraphs) - 2) // 3],
                    related=Related(
                        url=f"https://www.nordwelle.example{story.path}" if foreign else story.path,
                        label=story.label,
                        topline=story.topline,
                        headline=story.headline,
                    ),
                    at=story.stand.date(),
                    shorttext=story.lead or story.headline,
                    image=Image(
                        url=self._image_url(era, topic.stem, "1x1-256" if era == "e2b" else "1x1-small"),
                        alt=topic.picture,
                        caption=None,
                        credit=self._pick(words.CREDITS),
                        role="body",
                    ),
                    player=("video", "audio", None)[turn],
                    service="nordwelle" if foreign else None,
                )
            )
        return tuple(teasers)

    def story(self, kind: Kind, era: Era, at: datetime, draft: Draft | None = None) -> Story:
        """One story of ``kind``, published at ``at``; with the words of ``draft`` where there is one."""
        self._serial += 1
        topic = draft.topic if draft else self._pick(words.TOPICS)
        if kind == "repeated_hour":
            at = _repeated_hour(at, self.below(3600), second_time=era == "e2b")
        published = in_berlin(at).replace(microsecond=at.microsecond // 1000 * 1000)
        facts = self._facts(topic, published)
        if draft:
            facts |= {"place": draft.place, "region": draft.region}
        label = self._pick(words.LABELS) if kind == "analysis" else "liveblog" if kind == "liveblog" else None
        slug = f"{topic.stem}-{slug_of(facts['place'])}-{100 + self._serial}"
        headline = self._tell(self._pick(words.HEADLINES), facts)
        topline = self._tell(self._pick(words.TOPLINES), facts)
        if kind == "liveblog":
            slug = f"liveblog-{topic.stem}-{100 + self._serial}"
            headline = f"++ {headline} ++"
        seo = f"{topline}: {headline}" if era == "e2b" else self._tell(self._pick(words.SEO_HEADLINES), facts)
        section = topic.section if kind != "liveblog" else (("Newsticker", "/newsticker"),)
        expires = in_berlin(datetime(published.year + 2, published.month, min(published.day, 28), tzinfo=BERLIN))
        story = Story(
            slug=slug,
            path=f"{section[-1][1]}/{slug}.html",
            external_id=self._uuid(),
            era=era,
            kind="liveblog" if kind == "liveblog" else "listing" if kind == "listing" else "article",
            section=section,
            label=label,
            topline=topline,
            headline=headline,
            seo_title=seo,
            lead=None if kind == "leadless" else self._tell(self._pick(words.LEADS), facts),
            published=published,
            first_published=in_berlin(published - timedelta(seconds=self.below(10800))).replace(microsecond=0),
            modified=in_berlin(published + timedelta(seconds=self.below(5400), milliseconds=self.below(1000))),
            unavailable_after=None if kind == "leadless" else expires,
            stand_dotted=era == "e3" and published.year >= 2026,
            tags=(
                Tag(name=topic.tag, slug=topic_slug(topic.tag)),
                Tag(name=facts["region"], slug=topic_slug(facts["region"])),
            ),
            keywords=(topic.tag, facts["region"], topic.keyword),
            source=f"Quelle: {self._pick(words.AGENCIES)}" if kind == "plain" else None,
            blocks=tuple(self._body(5 + self.below(6), facts)),
            images=(self._image(era, topic, facts, "head"),),
        )
        if draft:
            story = replace(
                story,
                topline=draft.topline,
                headline=draft.headline,
                seo_title=draft.seo_title,
                label=draft.label,
                lead=draft.lead,
                blocks=draft.blocks,
            )
        story = self._shaped(story, kind, topic, facts)
        if story.kind == "article" and kind != "leadless":
            story = replace(story, teasers=self._teasers(era, topic, story.blocks, published))
        if kind in ("plain", "analysis", "broadcast", "head_video"):
            story = replace(story, broadcasts=self._broadcasts(era, published - timedelta(hours=2)))
        self._told.append(story)
        return story

    def headline(self, at: datetime) -> str:
        """A headline, as a newsroom would write it anew."""
        return self._tell(self._pick(words.HEADLINES), self._facts(self._pick(words.TOPICS), at))

    def lead(self, at: datetime) -> str:
        """A lead, written anew."""
        return self._tell(self._pick(words.LEADS), self._facts(self._pick(words.TOPICS), at))

    def paragraph(self, at: datetime) -> str:
        """A paragraph to add."""
        return self._paragraphs(1, self._facts(self._pick(words.TOPICS), at))[0].text or ""

    def live_heading(self, at: datetime) -> str:
        """The heading of a live-blog entry."""
        return self._tell(self._pick(words.LIVE_HEADINGS), self._facts(self._pick(words.TOPICS), at))

    def _shaped(self, story: Story, kind: Kind, topic: words.Topic, facts: dict[str, str]) -> Story:
        """``story`` with what makes it one of its ``kind``."""
        blocks = list(story.blocks)
        match kind:
            case "head_video" | "audio":
                head, picture = self._medium(
                    "video" if kind == "head_video" else "audio", "head", story.era, topic, facts, story.published
                )
                picture = replace(picture, alt=topic.picture)
                head = replace(head, poster=replace(head.poster, alt=topic.picture)) if head.poster else head
                body, _ = self._medium(
                    "video" if kind == "head_video" else "audio", "body", story.era, topic, facts, story.published
                )
                image = self._image(story.era, topic, facts, "body")
                blocks.insert(2, Block(kind=body.kind, ref=1))
                blocks.insert(5, Block(kind="image", ref=0))
                return replace(story, blocks=tuple(blocks), media=(head, body), images=(image,), head_poster=picture)
            case "body_video":
                body, _ = self._medium("video", "body", story.era, topic, facts, story.published)
                blocks.insert(3, Block(kind="video", ref=0))
                return replace(story, blocks=tuple(blocks), media=(body,))
            case "analysis":
                authors = [self._byline(self._pick(words.ORGANISATIONS)) for _ in range(1 + self.below(2))]
                image = self._image(story.era, topic, facts, "body")
                blocks.insert(4, Block(kind="image", ref=1))
                blocks.insert(2, Block(kind="quote", text=self._tell(self._pick(words.QUOTES), facts)))
                return replace(story, blocks=tuple(blocks), images=(*story.images, image), authors=_one_line(authors))
            case "boxes":
                title, text = self._pick(words.BOXES)
                items = tuple(self._tell(each, facts) for each in words.LIST_ITEMS)
                blocks.insert(3, Block(kind="infobox", title=title, text=self._tell(text, facts)))
                blocks.insert(2, Block(kind="list", items=items))
                return replace(story, blocks=tuple(blocks))
            case "table":
                rows = [("Gemeinde", "2024", "2025")]
                rows += [(place, str(self.below(900)), str(self.below(900))) for place in words.PLACES[:5]]
                blocks.insert(3, Block(kind="table", rows=tuple(rows)))
                return replace(story, blocks=tuple(blocks))
            case "embeds":
                post = 10**17 + self.below(10**17)
                blocks.insert(
                    2,
                    Block(kind="embed", service="twitter", url=f"https://social.example/landfunk/status/{post}"),
                )
                blocks.insert(
                    4, Block(kind="embed", service="datawrapper", url=f"https://charts.example/{self._letters(5)}/2/")
                )
                return replace(story, blocks=tuple(blocks))
            case "correction":
                note = self._tell(self._pick(words.CORRECTIONS), facts)
                return replace(story, blocks=(*blocks, Block(kind="paragraph", text=note)), corrections=(note,))
            case "leadless":
                box = 1000 + self.below(9000)
                address = f"Stiftung Offenes Land\nKennwort: {topic.tag}\nPostfach {box}\n{facts['place']}"
                return replace(story, blocks=(Block(kind="paragraph", text=address), *blocks[:4]))
            case "liveblog":
                return self._liveblog(story, facts)
            case "broadcast" if story.era == "e3":
                return self._broadcast(story, topic, facts)
            case "listing":
                return self._listing(story, topic)
            case _:
                return story

    def _broadcast(self, story: Story, topic: words.Topic, facts: dict[str, str]) -> Story:
        """A whole programme on a page of its own."""
        medium, picture = self._medium("video", "head", story.era, topic, facts, story.published)
        aired = medium.broadcast_at or story.published
        title = f"{medium.programme} vom {aired.day}. {words.MONTHS[aired.month - 1]} {aired.year}"
        slug = medium.media_id or story.slug
        path = f"/multimedia/sendung/{topic_slug(medium.programme or '')}/{slug}.html"
        line = f"{medium.programme}, {medium.station}, {aired:%d.%m.%Y} • {aired:%H:%M} Uhr"
        picture = replace(picture, url=image_variant(picture.url, "16x9-big", width=768))
        return replace(
            story,
            slug=slug,
            path=path,
            kind="video",
            section=(("Videos & Audios", "/multimedia"),),
            label="Sendung",
            topline=None,
            headline=title,
            seo_title=title,
            lead=title,
            blocks=(),
            media=(replace(medium, title=title, page_url=path, raw=line),),
            images=(),
            head_poster=picture,
        )

    def _liveblog(self, story: Story, facts: dict[str, str]) -> Story:
        """Entries, newest first, below a bullet list of what matters; era E2b prints the time without its date."""
        updates = []
        blocks = []
        headings = self._chance.sample(words.LIVE_HEADINGS, k=7)
        at = story.stand
        for heading in headings:
            title = self._tell(heading, facts)
            paragraphs = self._paragraphs(1 + self.below(2), facts)
            updates.append(
                Update(
                    id=anchor(title),
                    time=at if story.era == "e3" else None,
                    time_raw=f"{at:%d.%m.%Y} • {at:%H:%M} Uhr" if story.era == "e3" else f"{at:%H:%M} Uhr",
                    heading=title,
                    text="\n\n".join(paragraph.text or "" for paragraph in paragraphs),
                )
            )
            blocks += [Block(kind="heading", level=2, text=title), *paragraphs]
            at = in_berlin(at - timedelta(minutes=4 + self.below(40)))
        summary = Block(kind="list", items=tuple(update.heading or "" for update in updates[:4]))
        return replace(story, blocks=(summary, *blocks), updates=tuple(updates))

    def _listing(self, story: Story, topic: words.Topic) -> Story:
        """An article whose content is its boxes: editions of a programme of twenty years ago."""
        month = words.MONTHS[story.stand.month - 1]
        year = story.stand.year - 20
        blocks = (
            *story.blocks[:2],
            Block(kind="heading", level=2, text=f"Ausgaben der Tagesrundschau vom {month} {year}"),
        )
        picture = self._image_url(story.era, "rundschau-logo", "1x1-256" if story.era == "e2b" else "1x1-small")
        teasers = tuple(
            Teaser(
                after=2,
                related=Related(
                    url=f"/multimedia/sendung/rundschau_vor_20_jahren/rundschau-{year}-{story.stand.month:02d}-{day:02d}-100.html",
                    label=None,
                    topline="Rundschau vor 20 Jahren",
                    headline=f"Tagesrundschau vom {day}. {month} {year}",
                ),
                at=date(year, story.stand.month, day),
                shorttext=f"Die Sendung vom {day}. {month} {year}: {topic.tag}, {topic.keyword} und das Wetter.",
                image=Image(url=picture, alt="Rundschau-Logo", caption=None, credit="LFK-aktuell", role="body"),
            )
            for day in range(1, 10)
        )
        return replace(
            story, topline="Zeitgeschichte", headline="Rundschau vor 20 Jahren", blocks=blocks, teasers=teasers
        )


def _repeated_hour(near: datetime, seconds: int, *, second_time: bool) -> datetime:
    """A moment in the hour that German clocks show twice, in the autumn before ``near`` (2023 at the earliest)."""
    year = max(2023, near.year if near.month > 10 else near.year - 1)
    last = date(year, 10, 31)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    first_pass = datetime(sunday.year, sunday.month, sunday.day, 0, tzinfo=UTC)
    return first_pass + timedelta(seconds=seconds) + (timedelta(hours=1) if second_time else timedelta(0))


def _streams(kind: Literal["video", "audio"], file: str, aired: datetime) -> tuple[Stream, ...]:
    folder = f"{kind}/{aired:%Y}/{aired:%m%d}/{file}"
    if kind == "audio":
        return (
            Stream(url=f"{MEDIA_HOST}/{folder}.mp3", mime_type="audio/mpeg", width_px=None, quality="MP3 128 Kbit/s"),
        )
    progressive = tuple(
        Stream(url=f"{MEDIA_HOST}/{folder}.{name}.h264.mp4", mime_type="video/mp4", width_px=width, quality=None)
        for name, width in _WIDTHS.items()
    )
    adaptive = Stream(
        url=f"{ADAPTIVE_HOST}/i/{folder},{','.join(f'.{name}.h264.mp4' for name in _WIDTHS)},.csmil/master.m3u8",
        mime_type="application/vnd.apple.mpegurl",
        width_px=None,
        quality="adaptive",
    )
    return (*progressive, adaptive)


def _one_line(authors: Sequence[Byline]) -> tuple[Byline, ...]:
    """The authors with the line they stand in together as raw text."""
    line = "Von " + " und ".join(author.name or "" for author in authors)
    return tuple(replace(author, raw=line) for author in authors)
