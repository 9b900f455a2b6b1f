"""The sample site: which stories are out, where, since when; and the answer to any request. No I/O, no clock.

What changes, changes by ``publish``, ``edit``, ``withdraw`` and ``move``, each with the time it is said to happen
at. Pages are rendered when first asked for and kept until the story changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from threading import RLock
from urllib.parse import parse_qs, quote

from newsarchive.errors import UsageError
from newsarchive.samplesite.answer import Answer, Entity
from newsarchive.samplesite.pages import DEFAULT_WEIGHT_BYTES, FILTERS, MENU, ArchivePage, Pages, clip_story
from newsarchive.samplesite.story import Story, absolute, in_berlin

FEED_PATHS = ("/infoservices/alle-meldungen-100~rss2.xml", "/index~rss2.xml")
FEED_LENGTH = 40

_HTML = "text/html;charset=UTF-8"
_XML = "application/xml;charset=UTF-8"
_RSS = "application/rss+xml;charset=UTF-8"
_TEXT = "text/plain;charset=UTF-8"

_FIXED_PAGES = {
    "/impressum": ("Impressum", ("Diese Seite ist erfunden. Sie dient dem Ausprobieren und Prüfen.",)),
    "/kontakt": ("So erreichen Sie uns", ("Niemand ist hier zu erreichen.",)),
    "/datenschutz": ("Datenschutzerklärung", ("Es werden keine Daten erhoben.",)),
    "/hilfe": ("Hilfe", ("Wählen Sie oben ein Ressort.",)),
    "/suche": ("Suche", ("Geben Sie einen Suchbegriff ein.",)),
}
_LOGIN_TEXT = ("Bitte melden Sie sich an, um Ihre Merkliste zu sehen.",)
_MISSING = ("Seite nicht gefunden", ("Die gewünschte Seite gibt es nicht oder nicht mehr.",))
_GONE = ("Nicht mehr verfügbar", ("Dieser Beitrag wurde aus rechtlichen Gründen aus dem Angebot genommen.",))


class SampleSite:
    """A news site made of stories.

    ``archive_page_length`` is the number of teasers on one archive page, ``weight_bytes`` what each page carries
    besides its text. Safe to change from one thread while others ask.
    """

    def __init__(
        self,
        stories: Iterable[Story],
        *,
        base_url: str = "http://127.0.0.1",
        archive_page_length: int = 30,
        weight_bytes: int = DEFAULT_WEIGHT_BYTES,
    ) -> None:
        self._archive_page_length = archive_page_length
        self._weight_bytes = weight_bytes
        self._lock = RLock()
        self._stories: dict[str, Story] = {}
        self._slug_at: dict[str, str] = {}
        self._lost: dict[str, int] = {}
        self._moved: dict[str, str] = {}
        self._clips: dict[str, tuple[str, int]] = {}
        self._changed_at: datetime | None = None
        self._newest: tuple[Story, ...] | None = None
        self._story_pages: dict[str, Entity] = {}
        self._list_pages: dict[tuple[str, str], Entity] = {}
        self._errors: dict[int, Answer] = {}
        self.settle(base_url)
        for story in stories:
            self.publish(story, story.modified)

    @property
    def base_url(self) -> str:
        """The address the pages give as their own, without a trailing slash."""
        return self._pages.base_url

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story that is out, newest first; addresses as paths."""
        with self._lock:
            if self._newest is None:
                self._newest = tuple(
                    sorted(self._stories.values(), key=lambda story: (story.published, story.slug), reverse=True)
                )
            return self._newest

    @property
    def clips(self) -> tuple[Story, ...]:
        """The pages that the site gives to the media of its stories, as stories of kind video or audio."""
        with self._lock:
            return tuple(
                clip_story(self._stories[slug], number)
                for path, (slug, number) in self._clips.items()
                if not path.endswith(".xml")
            )

    def story(self, slug: str) -> Story:
        """The story with that slug as it is out now; raises ``UsageError`` when it is not."""
        with self._lock:
            if slug not in self._stories:
                raise UsageError(message=f"The sample site has no story {slug!r}.")
            return self._stories[slug]

    def settle(self, base_url: str) -> None:
        """Move the whole site to another address; every page is made anew."""
        with self._lock:
            self._pages = Pages(base_url.rstrip("/"), self._weight_bytes)
            self._story_pages.clear()
            self._list_pages.clear()
            self._errors.clear()

    def publish(self, story: Story, at: datetime) -> None:
        """Bring ``story`` out, as last changed ``at``. Raises ``UsageError`` when its slug or path is taken."""
        with self._lock:
            if story.slug in self._stories or story.path in self._slug_at:
                raise UsageError(
                    message=f"The sample site already has a story {story.slug!r} or its path {story.path}."
                )
            self._lost.pop(story.path, None)
            self._moved.pop(story.path, None)
            self._put(replace(story, modified=in_berlin(at)))

    def edit(self, slug: str, change: Callable[[Story], Story], at: datetime) -> Story:
        """Replace the story by ``change`` of it; slug and path stay. The Stand moves only if ``change`` moves it."""
        with self._lock:
            old = self.story(slug)
            new = replace(change(old), slug=old.slug, path=old.path, modified=in_berlin(at))
            self._take(old)
            self._put(new)
            return new

    def withdraw(self, slug: str, at: datetime, *, gone: bool = True) -> None:
        """Take the story out: its address answers 410 from now on, or 404 when not ``gone``."""
        with self._lock:
            old = self.story(slug)
            self._take(old)
            self._lost[old.path] = 410 if gone else 404
            self._changed_at = in_berlin(at)

    def move(self, slug: str, new_path: str, at: datetime) -> Story:
        """Give the story another path; the old one redirects there for good."""
        with self._lock:
            old = self.story(slug)
            if new_path in self._slug_at:
                raise UsageError(message=f"The path {new_path} of the sample site is taken.")
            self._take(old)
            self._moved = {path: new_path if target == old.path else target for path, target in self._moved.items()}
            self._moved.pop(new_path, None)
            self._moved[old.path] = new_path
            self._put(replace(old, path=new_path, modified=in_berlin(at)))
            return self.story(slug)

    def _put(self, story: Story) -> None:
        self._stories[story.slug] = story
        self._slug_at[story.path] = story.slug
        for number, medium in enumerate(story.media):
            if medium.page_url and medium.page_url.startswith("/") and medium.page_url != story.path:
                self._clips[medium.page_url] = (story.slug, number)
            for subtitle in medium.subtitles:
                self._clips[subtitle.url] = (story.slug, number)
        self._forget(story)
        self._changed_at = max(filter(None, (self._changed_at, story.modified)))

    def _take(self, story: Story) -> None:
        del self._stories[story.slug]
        del self._slug_at[story.path]
        for path in [path for path, (slug, _) in self._clips.items() if slug == story.slug]:
            del self._clips[path]
            self._story_pages.pop(path, None)
        self._forget(story)

    def _forget(self, story: Story) -> None:
        self._story_pages.pop(story.path, None)
        self._list_pages.clear()
        self._newest = None

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a GET or HEAD; ``headers`` has lower-case names, ``query`` comes without its ``?``."""
        with self._lock:
            if path in self._moved:
                location = absolute(self.base_url, quote(self._moved[path], safe="/~,"))
                return Answer(status=301, headers=(("Location", location), ("Content-Type", _HTML)))
            entity = self._story_page(path) or self._list_page(path, query)
            if entity is not None:
                return entity.answer(headers)
            return self._error(self._lost.get(path, 404))

    def _error(self, status: int) -> Answer:
        if status not in self._errors:
            body = self._pages.plain(*(_GONE if status == 410 else _MISSING))
            self._errors[status] = Answer(status=status, headers=(("Content-Type", _HTML),), body=body)
        return self._errors[status]

    def _story_page(self, path: str) -> Entity | None:
        if path in self._story_pages:
            return self._story_pages[path]
        if path in self._slug_at:
            story = self._stories[self._slug_at[path]]
            entity = Entity(self._pages.story(story, self._more_like(story)), _HTML, story.modified)
        elif path in self._clips:
            slug, number = self._clips[path]
            story = self._stories[slug]
            if path.endswith(".xml"):
                entity = Entity(self._pages.subtitles(story, story.media[number]), _XML, story.modified)
            else:
                entity = Entity(self._pages.story(clip_story(story, number)), _HTML, story.modified)
        else:
            return None
        self._story_pages[path] = entity
        return entity

    def _more_like(self, story: Story) -> tuple[Story, ...]:
        """The articles named below ``story``: the last ones before it in the same section."""
        older = [
            other for other in self.stories if other.section == story.section and other.published < story.published
        ]
        return tuple(older[:3])

    def _list_page(self, path: str, query: str) -> Entity | None:
        asked = (path, query if path == "/archiv" else "")
        if asked not in self._list_pages:
            made = self._make_list(path, query)
            if made is None:
                return None
            self._list_pages[asked] = Entity(made[0], made[1], self._changed_at)
        return self._list_pages[asked]

    def _make_list(self, path: str, query: str) -> tuple[bytes, str] | None:
        path = path if path == "/" else path.rstrip("/")
        if path == "/":
            return self._pages.teasers("Startseite", (), path, self.stories[:FEED_LENGTH]), _HTML
        if path in FEED_PATHS:
            return self._pages.feed(self.stories[:FEED_LENGTH]), _RSS
        if path == "/robots.txt":
            return self._pages.robots(), _TEXT
        if path == "/archiv":
            page = self._archive_page(query)
            return (self._pages.archive(page), _HTML) if page else None
        if path == "/login":
            return self._pages.plain("Anmelden", _LOGIN_TEXT, login=True), _HTML
        if path in _FIXED_PAGES:
            return self._pages.plain(*_FIXED_PAGES[path]), _HTML
        for name, menu_path, below in MENU:
            for title, section_path in ((name, menu_path), *below):
                if path == section_path:
                    chosen = [story for story in self.stories if story.path.startswith(f"{path}/")]
                    return self._pages.teasers(title, ((title, path),), path, chosen[:60]), _HTML
        if path.startswith("/thema/"):
            slug = path.removeprefix("/thema/")
            chosen = [story for story in self.stories if slug in {tag.slug for tag in story.tags}]
            if chosen:
                title = next(tag.name for tag in chosen[0].tags if tag.slug == slug)
                return self._pages.teasers(title, (), path, chosen[:60]), _HTML
        return None

    def _archive_page(self, query: str) -> ArchivePage | None:
        """The archive page that ``query`` asks for, the newest day without one; ``None`` when it makes no sense."""
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        section = asked.get("filter")
        newest = self.stories[0].stand.date() if self._stories else date(2026, 1, 1)
        try:
            day = date.fromisoformat(asked["datum"]) if "datum" in asked else newest
            index = int(asked.get("pageIndex", "1"))
        except ValueError:
            return None
        chosen = [
            story
            for story in self.stories
            if story.stand.date() == day and (section is None or story.path.startswith(f"/{section}/"))
        ]
        pages = max(1, -(-len(chosen) // self._archive_page_length))
        if not 1 <= index <= pages or (section is not None and section not in FILTERS):
            return None
        first = (index - 1) * self._archive_page_length
        shown = tuple(chosen[first : first + self._archive_page_length])
        return ArchivePage(day=day, section=section, stories=shown, total=len(chosen), index=index, pages=pages)
