"""Stories and lists of stories as HTML and XML, through the templates. Pure: the same input gives the same bytes."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from email.utils import format_datetime
from random import Random

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from newsarchive.model.article import Block, Media
from newsarchive.samplesite import embedded
from newsarchive.samplesite.addresses import anchor, image_variant
from newsarchive.samplesite.invent import IMAGE_HOST
from newsarchive.samplesite.story import BROADCAST_TITLE, Story, absolute
from newsarchive.samplesite.vocabulary import MONTHS

DEFAULT_WEIGHT_BYTES = 90_000
"""How much inline drawing a page carries around its text; the real pages have some 230 KB of it."""

MENU = (
    ("Inland", "/inland", (("Innenpolitik", "/inland/innenpolitik"), ("Gesellschaft", "/inland/gesellschaft"))),
    ("Ausland", "/ausland", (("Europa", "/ausland/europa"), ("Ozeanien", "/ausland/ozeanien"))),
    (
        "Wirtschaft",
        "/wirtschaft",
        (("Verbraucher", "/wirtschaft/verbraucher"), ("Unternehmen", "/wirtschaft/unternehmen")),
    ),
    ("Wissen", "/wissen", (("Klima & Umwelt", "/wissen/klima"), ("Forschung", "/wissen/forschung"))),
    ("Kultur", "/kultur", ()),
    ("Faktenfinder", "/faktenfinder", ()),
    ("Investigativ", "/investigativ", ()),
    ("Newsticker", "/newsticker", ()),
)

FILTERS = ("inland", "ausland", "wirtschaft", "wissen", "faktenfinder", "investigativ")

_PROGRAMME_NAMES = re.compile(r"\b(Landfunk 24|Landfunk|Nordwelle|Bergfunk|Küstenradio)\b")
_LONG_WORD = re.compile(r"[^\W\d_]{14,}")
_PAPER = "Halmstedter Bote"
_ICONS = 14
_SMALL_ICON = 2
_DRAWING = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" class="icon" role="img"><g><path d="{}"/></g></svg>'
)


def _hyphenated(text: str | None) -> Markup:
    """Headline words too long for a telephone, each in the element that lets a browser break it."""
    marked = _LONG_WORD.sub(lambda word: f'<span class="hyphenate">{word[0]}</span>', str(escape(text or "")))
    return Markup(marked)  # noqa: S704  # built from escaped text


def _prose(text: str, story: Story) -> Markup:
    """A paragraph with the inline markup a newsroom adds: emphasis, an inner link, an outer link, line breaks."""
    marked = str(escape(text))
    if text in story.corrections:
        return Markup(f"<em>{marked}</em>")  # noqa: S704  # built from escaped text
    marked = _PROGRAMME_NAMES.sub(r"<em>\1</em>", marked)
    marked = marked.replace(
        _PAPER,
        '<a href="https://www.halmstedter-bote.example/bericht" title="Bericht der Zeitung" '
        'class="textlink--extern js-link-dialog" rel="noopener noreferrer" target="_blank" data-type="external">'
        f"{_PAPER}</a>",
    )
    for tag in story.tags[:1]:
        link = f'<a href="/thema/{tag.slug}" class="textlink" title="Link zu: Mehr zum Thema {tag.name}">{tag.name}</a>'
        marked = re.sub(rf"(?<![\w>\"]){re.escape(tag.name)}(?!\w)", link, marked, count=1)
    return Markup(marked.replace("\n", "<br/>\n"))  # noqa: S704  # built from escaped text


def _before_entries(blocks: Sequence[Block], story: Story) -> Sequence[Block]:
    """The blocks above the entries of a live blog; every block of anything else."""
    entries = sum(1 + len(update.text.split("\n\n")) for update in story.updates)
    return blocks[: len(blocks) - entries]


def _icons(weight_bytes: int) -> tuple[Markup, ...]:
    """Drawings of arrows and symbols, together about ``weight_bytes`` long, as they lie in every real page.

    The third is small: it is the arrow that stands beside every entry of a list.
    """
    strokes = Random(7)  # noqa: S311  # the shape of a drawing
    drawings = []
    for number in range(_ICONS):
        path = "M16,16"
        while number != _SMALL_ICON and len(path) < weight_bytes // _ICONS - 120:
            path += "c" + ",".join(f"{strokes.uniform(-9, 9):.2f}" for _ in range(4))
        drawings.append(_DRAWING.format(path))
    return tuple(drawings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    """One page of the archive of one day: the ``stories`` shown out of ``total``, page ``index`` of ``pages``.

    ``by_month``: of the whole month that begins with ``day``.
    """

    day: date
    by_month: bool
    section: str | None
    stories: tuple[Story, ...]
    total: int
    index: int
    pages: int


class Pages:
    """Renders everything the site shows, with absolute addresses on ``base_url``; ``dressed`` as in ``Features``."""

    def __init__(self, base_url: str, weight_bytes: int = DEFAULT_WEIGHT_BYTES, *, dressed: bool = False) -> None:
        self.base_url = base_url
        self._dressed = dressed
        environment = Environment(
            loader=PackageLoader("newsarchive.samplesite"),
            autoescape=True,
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )
        environment.filters.update(hyphenated=_hyphenated, prose=_prose, anchor=anchor, before_entries=_before_entries)
        environment.globals.update(
            base_url=base_url,
            site_name=embedded.SITE_NAME,
            broadcast_title=BROADCAST_TITLE,
            image_host=IMAGE_HOST,
            dressed=dressed,
            icons=_icons(weight_bytes),
            menu=MENU,
            image_variant=image_variant,
            player_json=embedded.player_json,
            teaser_player_json=embedded.teaser_player_json,
            list_player_json=embedded.list_player_json,
            media_json_ld=embedded.media_json_ld,
            embed_json=embedded.embed_json,
            tracking_json=embedded.tracking_json,
        )
        self._environment = environment

    def _render(self, template: str, **values: object) -> bytes:
        text = self._environment.get_template(template).render(**values)
        return (text.replace(IMAGE_HOST, self.base_url) if self._dressed else text).encode()

    def story(self, story: Story, more: Sequence[Story] = (), banners: Sequence[str] = ()) -> bytes:
        """The page of ``story``; ``more`` are the articles named below it, ``banners`` lines above the navigation."""
        full = story.at(self.base_url)
        picture = story.head_poster or next(iter(story.images), None)
        blocks = [embedded.breadcrumb_json_ld(full)]
        if story.kind in ("video", "audio"):
            blocks.insert(0, embedded.media_json_ld(full, full.media[0]))
            template = "video.html.j2"
        else:
            blocks.insert(0, embedded.article_json_ld(full))
            template = f"article_{story.era}.html.j2"
        return self._render(
            template,
            title=story.seo_title,
            era=story.era,
            section=story.section,
            story=story,
            full=full,
            more=more,
            banners=banners,
            lead_image=image_variant(picture.url, "16x9-1280") if picture else "",
            json_ld=blocks,
        )

    def teasers(self, title: str, section: Sequence[tuple[str, str]], path: str, stories: Sequence[Story]) -> bytes:
        """A front, section or topic page: teasers of ``stories``, the first ones large."""
        return self._render(
            "teasers.html.j2",
            title=title,
            era="e3",
            section=section,
            url=absolute(self.base_url, path),
            stories=stories,
        )

    def archive(self, page: ArchivePage) -> bytes:
        """One page of the archive of one day."""
        month = f"{MONTHS[page.day.month - 1]} {page.day.year}"
        weeks = calendar.Calendar().monthdayscalendar(page.day.year, page.day.month)
        return self._render(
            "archive.html.j2",
            title="Archiv",
            era="e2b",
            section=(),
            page=page,
            shown_title=month if page.by_month else f"{page.day.day}. {month}",
            month_title=month,
            weeks=weeks,
            filters=FILTERS,
        )

    def feed(self, stories: Sequence[Story]) -> bytes:
        """The RSS 2.0 feed of ``stories``, newest first."""
        items = [
            {
                "story": story,
                "link": absolute(self.base_url, story.path),
                "local": format_datetime(story.published.replace(microsecond=0)),
                "utc": f"{story.published.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "image": story.head_poster or next(iter(story.images), None),
            }
            for story in stories
        ]
        return self._render("feed.xml.j2", items=items, newest=items[0]["local"] if items else None)

    def plain(self, title: str, paragraphs: Iterable[str], *, login: bool = False) -> bytes:
        """A page that is no article: an error, an imprint, a login form."""
        return self._render("plain.html.j2", title=title, era="e3", section=(), paragraphs=paragraphs, login=login)

    def overview(self, path: str, stories: Sequence[Story]) -> bytes:
        """The overview page: plain links to ``stories``, section by section."""
        sections: dict[str, list[Story]] = {}
        for story in stories:
            sections.setdefault(story.section[0][0], []).append(story)
        url = absolute(self.base_url, path)
        return self._render(
            "overview.html.j2", title="Übersicht aller Meldungen", era="e3", section=(), url=url, sections=sections
        )

    def sitemap_index(self, paths: Iterable[str]) -> bytes:
        """A sitemap that names the sitemaps at ``paths``."""
        return self._render("sitemap_index.xml.j2", urls=[absolute(self.base_url, path) for path in paths])

    def sitemap(self, stories: Sequence[Story], *, news: bool) -> bytes:
        """A sitemap of ``stories``; with ``news``, one of the news: publication dates and titles, no last changes."""
        urls = [(absolute(self.base_url, story.path), story) for story in stories]
        return self._render("sitemap.xml.j2", urls=urls, news=news)

    def robots(
        self, *, crawl_delay_s: float | None = None, license_path: str | None = None, sitemap_path: str | None = None
    ) -> bytes:
        """robots.txt; with ``Crawl-delay``, ``License`` (RSL 1.0) and ``Sitemap`` where given."""
        return self._render(
            "robots.txt.j2",
            crawl_delay_s=crawl_delay_s,
            license_url=license_path and absolute(self.base_url, license_path),
            sitemap_url=sitemap_path and absolute(self.base_url, sitemap_path),
        )

    def tdmrep(self) -> bytes:
        """Text and data mining is reserved (TDM Reservation Protocol, section 4.2)."""
        policy = absolute(self.base_url, "/impressum")
        return embedded.compact([{"location": "/*", "tdm-reservation": 1, "tdm-policy": policy}]).encode()

    def rsl(self) -> bytes:
        """Training of models is prohibited, search is not (Really Simple Licensing 1.0)."""
        return self._render("rsl.xml.j2")

    def subtitles(self, story: Story, medium: Media) -> bytes:
        """The subtitles of ``medium`` as EBU-TT-D: its title, then the text of ``story`` line by line."""
        lines = [line for piece in (medium.title or "", *story.pieces()) for line in _lines(piece)]
        shown = [
            (number, _clock(timedelta(seconds=3 * number)), _clock(timedelta(seconds=3 * number + 2.8)), line)
            for number, line in enumerate(lines[: (medium.duration_s or 60) // 3])
        ]
        return self._render("subtitles.xml.j2", lines=shown)


def clip_story(story: Story, number: int) -> Story:
    """The page of its own that the site gives to medium ``number`` of ``story``."""
    medium = story.media[number]
    poster = medium.poster
    image = next(iter(story.images), None) or story.head_poster
    aired = medium.broadcast_at or story.published
    line = f"{medium.programme}, {medium.station or 'Das Erste'}, {aired:%d.%m.%Y} • {aired:%H:%M} Uhr"
    picture = (
        replace(image, url=image_variant(poster.url, "16x9-big", width=768), alt=poster.alt, credit=poster.credit)
        if image and poster
        else image
    )
    return replace(
        story,
        slug=medium.media_id or story.slug,
        path=medium.page_url or story.path,
        era="e3",
        kind="video" if medium.kind == "video" else "audio",
        section=(("Videos & Audios", "/multimedia"),),
        label=None,
        topline=None,
        headline=medium.title or story.headline,
        seo_title=medium.title or story.headline,
        lead=medium.title,
        authors=(),
        source=None,
        blocks=(),
        media=(
            replace(
                medium,
                role="head",
                caption=None,
                station=medium.station or "Das Erste",
                raw=line,
                poster=replace(poster, url=image_variant(poster.url, "16x9-big", "webp", 1280)) if poster else None,
            ),
        ),
        images=(),
        head_poster=picture,
        teasers=(),
        updates=(),
        corrections=(),
        broadcasts=(),
        stand_dotted=True,
    )


def _lines(text: str, width: int = 38) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _clock(span: timedelta) -> str:
    total_ms = round(span.total_seconds() * 1000)
    hours, rest = divmod(total_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, milliseconds = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"
