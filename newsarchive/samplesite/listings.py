"""Where the sample site lists its stories: front page, sections, feeds, archive, overview, sitemaps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qs

from newsarchive.samplesite.pages import FILTERS, MENU, ArchivePage, Pages
from newsarchive.samplesite.story import Story

FEED_PATHS = ("/infoservices/alle-meldungen-100~rss2.xml", "/index~rss2.xml")
FEED_LENGTH = 40
OVERVIEW_PATH = "/infoservices/startseite-sitemap-102.html"
SITEMAP_PATH = "/sitemap.xml"
NEWS_SITEMAP_PATH = "/sitemap-news.xml"

HTML = "text/html;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
_RSS = "application/rss+xml;charset=UTF-8"
_TEXT = "text/plain;charset=UTF-8"
_JSON = "application/json"

_NEWS_SPAN = timedelta(days=2)
_FIXED_PAGES = {
    "/impressum": ("Impressum", ("Diese Seite ist erfunden. Sie dient dem Ausprobieren und Prüfen.",)),
    "/kontakt": ("So erreichen Sie uns", ("Niemand ist hier zu erreichen.",)),
    "/datenschutz": ("Datenschutzerklärung", ("Es werden keine Daten erhoben.",)),
    "/hilfe": ("Hilfe", ("Wählen Sie oben ein Ressort.",)),
    "/suche": ("Suche", ("Geben Sie einen Suchbegriff ein.",)),
}
_LOGIN_TEXT = ("Bitte melden Sie sich an, um Ihre Merkliste zu sehen.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a site offers besides its pages, and how much it lists at once.

    ``feed_length``, ``front_length``, ``section_length`` and ``archive_page_length`` are numbers of teasers; what no
    longer fits drops out. ``month_view``: the archive shows the whole month when asked for its first day, as the real
    one did in 2022. ``sitemaps``: an index, a sitemap for each month and one for the news of two days (Google's news
    sitemap 0.9). ``reservations``: ``/.well-known/tdmrep.json`` and a ``/rsl.xml`` that robots.txt names.
    ``crawl_delay_s``: what robots.txt asks every crawler to wait between requests. ``dressed``: pages to be looked
    at by people, with a style sheet of their own and pictures on their own host, and nothing else to load.
    """

    feed_length: int = FEED_LENGTH
    front_length: int = FEED_LENGTH
    section_length: int = 60
    archive_page_length: int = 30
    overview_length: int = 200
    month_view: bool = False
    sitemaps: bool = False
    reservations: bool = False
    crawl_delay_s: float | None = None
    dressed: bool = False


class Listings:
    """Makes the lists that ``features`` allow out of ``pages``."""

    def __init__(self, pages: Pages, features: Features) -> None:
        self._pages = pages
        self._features = features
        self._fixed: dict[str, Callable[[], tuple[bytes, str]]] = {
            "/robots.txt": self._robots,
            "/login": lambda: (pages.plain("Anmelden", _LOGIN_TEXT, login=True), HTML),
        }
        if features.reservations:
            self._fixed |= {
                "/.well-known/tdmrep.json": lambda: (pages.tdmrep(), _JSON),
                "/rsl.xml": lambda: (pages.rsl(), XML),
            }

    def make(self, path: str, query: str, stories: Sequence[Story]) -> tuple[bytes, str] | None:
        """(body, content type) of the list at ``path`` when ``stories``, newest first, are out; ``None`` if none is."""
        path = path if path == "/" else path.rstrip("/")
        features = self._features
        if path == "/":
            return self._pages.teasers("Startseite", (), path, stories[: features.front_length]), HTML
        if path in FEED_PATHS:
            return self._pages.feed(stories[: features.feed_length]), _RSS
        if path == "/archiv":
            page = self._archive_page(query, stories)
            return (self._pages.archive(page), HTML) if page else None
        if path == OVERVIEW_PATH:
            return self._pages.overview(path, stories[: features.overview_length]), HTML
        if path in self._fixed:
            return self._fixed[path]()
        if path in _FIXED_PAGES:
            return self._pages.plain(*_FIXED_PAGES[path]), HTML
        if features.sitemaps and path.startswith("/sitemap"):
            return self._sitemap(path, stories)
        return self._section(path, stories) or self._topic(path, stories)

    def _robots(self) -> tuple[bytes, str]:
        return self._pages.robots(
            crawl_delay_s=self._features.crawl_delay_s,
            license_path="/rsl.xml" if self._features.reservations else None,
            sitemap_path=SITEMAP_PATH if self._features.sitemaps else None,
        ), _TEXT

    def _section(self, path: str, stories: Sequence[Story]) -> tuple[bytes, str] | None:
        for name, menu_path, below in MENU:
            for title, section_path in ((name, menu_path), *below):
                if path == section_path:
                    chosen = [story for story in stories if story.path.startswith(f"{path}/")]
                    shown = chosen[: self._features.section_length]
                    return self._pages.teasers(title, ((title, path),), path, shown), HTML
        return None

    def _topic(self, path: str, stories: Sequence[Story]) -> tuple[bytes, str] | None:
        slug = path.removeprefix("/thema/")
        chosen = [story for story in stories if slug in {tag.slug for tag in story.tags}]
        if slug == path or not chosen:
            return None
        title = next(tag.name for tag in chosen[0].tags if tag.slug == slug)
        return self._pages.teasers(title, (), path, chosen[: self._features.section_length]), HTML

    def _sitemap(self, path: str, stories: Sequence[Story]) -> tuple[bytes, str] | None:
        months = sorted({f"{story.stand:%Y-%m}" for story in stories}, reverse=True)
        if path == SITEMAP_PATH:
            return self._pages.sitemap_index([NEWS_SITEMAP_PATH, *(f"/sitemap-{month}.xml" for month in months)]), XML
        if path == NEWS_SITEMAP_PATH:
            recent = [story for story in stories if story.published > stories[0].published - _NEWS_SPAN]
            return self._pages.sitemap(recent, news=True), XML
        month = path.removeprefix("/sitemap-").removesuffix(".xml")
        if month not in months:
            return None
        return self._pages.sitemap([story for story in stories if f"{story.stand:%Y-%m}" == month], news=False), XML

    def _archive_page(self, query: str, stories: Sequence[Story]) -> ArchivePage | None:
        """The archive page that ``query`` asks for, the newest day without one; ``None`` when it makes no sense."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        section = asked.get("filter")
        newest = stories[0].stand.date() if stories else date(2026, 1, 1)
        try:
            day = date.fromisoformat(asked["datum"]) if "datum" in asked else newest
            index = int(asked.get("pageIndex", "1"))
        except ValueError:
            return None
        by_month = self._features.month_view and day.day == 1 and "datum" in asked
        chosen = [
            story
            for story in stories
            if (story.stand.date().replace(day=1) if by_month else story.stand.date()) == day
            and (section is None or story.path.startswith(f"/{section}/"))
        ]
        length = self._features.archive_page_length
        pages = max(1, -(-len(chosen) // length))
        if not 1 <= index <= pages or (section is not None and section not in FILTERS):
            return None
        first = (index - 1) * length
        return ArchivePage(
            day=day,
            by_month=by_month,
            section=section,
            stories=tuple(chosen[first : first + length]),
            total=len(chosen),
            index=index,
            pages=pages,
        )
