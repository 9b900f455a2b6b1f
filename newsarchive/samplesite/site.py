"""The sample site: which stories are out, where, since when; and the answer to any request. No I/O, no clock.

What changes, changes by ``publish``, ``edit``, ``announce``, ``withdraw``, ``restore`` and ``move``, each with the
time it is said to happen at. Pages are rendered when first asked for and kept until something on them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Literal
from urllib.parse import quote

from newsarchive.errors import UsageError
from newsarchive.samplesite.answer import Answer, Entity
from newsarchive.samplesite.drawing import draw
from newsarchive.samplesite.listings import HTML, XML, Features, Listings
from newsarchive.samplesite.pages import DEFAULT_WEIGHT_BYTES, Pages, clip_story
from newsarchive.samplesite.story import Story, absolute, in_berlin

Removal = Literal["gone", "missing", "front-page", "notice"]
"""How a story is taken out: its address answers 410, or 404, or redirects to the front page, or shows a page that says
so with status 200."""

_MISSING = ("Seite nicht gefunden", ("Die gewünschte Seite gibt es nicht oder nicht mehr.",))
_GONE = ("Nicht mehr verfügbar", ("Dieser Beitrag wurde aus rechtlichen Gründen aus dem Angebot genommen.",))
_NOTICE = (
    "Beitrag nicht mehr verfügbar",
    ("Dieser Beitrag wurde depubliziert. Er steht aus rechtlichen Gründen nicht mehr zur Verfügung.",),
)


class SampleSite:
    """A news site made of stories.

    ``features`` are what it offers besides its pages, ``weight_bytes`` what each page carries besides its text. Safe to
    change from one thread while others ask.
    """

    def __init__(
        self,
        stories: Iterable[Story],
        *,
        base_url: str = "http://127.0.0.1",
        features: Features | None = None,
        weight_bytes: int = DEFAULT_WEIGHT_BYTES,
    ) -> None:
        self._features = features or Features()
        self._weight_bytes = weight_bytes
        self._lock = RLock()
        self._stories: dict[str, Story] = {}
        self._slug_at: dict[str, str] = {}
        self._lost: dict[str, Removal] = {}
        self._withdrawn: dict[str, Story] = {}
        self._banners: dict[str | None, tuple[str, datetime]] = {}
        self._moved: dict[str, str] = {}
        self._clips: dict[str, tuple[str, int]] = {}
        self._changed_at: datetime | None = None
        self._newest: tuple[Story, ...] | None = None
        self._story_pages: dict[str, Entity] = {}
        self._list_pages: dict[tuple[str, str], Entity] = {}
        self._notices: dict[int, Answer] = {}
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
            self._pages = Pages(base_url.rstrip("/"), self._weight_bytes, dressed=self._features.dressed)
            self._listings = Listings(self._pages, self._features)
            self._story_pages.clear()
            self._list_pages.clear()
            self._notices.clear()

    def publish(self, story: Story, at: datetime) -> None:
        """Bring ``story`` out, as last changed ``at``. Raises ``UsageError`` when its slug or path is taken."""
        with self._lock:
            if story.slug in self._stories or story.path in self._slug_at:
                raise UsageError(
                    message=f"The sample site already has a story {story.slug!r} or its path {story.path}."
                )
            self._lost.pop(story.path, None)
            self._withdrawn.pop(story.slug, None)
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

    def announce(self, text: str, at: datetime, slug: str | None = None) -> None:
        """Put a line of ``text`` above the navigation, on the page of one story or on every page; no text changes."""
        with self._lock:
            self._banners[slug] = (text, in_berlin(at))
            if slug is None:
                self._story_pages.clear()
                self._list_pages.clear()
                self._changed_at = in_berlin(at)
            else:
                self._story_pages.pop(self.story(slug).path, None)

    def withdraw(self, slug: str, at: datetime, how: Removal = "gone") -> None:
        """Take the story out: from now on its address answers as ``how`` says."""
        with self._lock:
            old = self.story(slug)
            self._take(old)
            self._lost[old.path] = how
            self._withdrawn[slug] = old
            self._changed_at = in_berlin(at)

    def restore(self, slug: str, at: datetime) -> Story:
        """Bring a withdrawn story back, as it was, where it was. Raises ``UsageError`` when it is not withdrawn."""
        with self._lock:
            if slug not in self._withdrawn:
                raise UsageError(message=f"The story {slug!r} was not taken out of the sample site.")
            self.publish(self._withdrawn[slug], at)
            return self.story(slug)

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
                return self._redirect(301, self._moved[path])
            if self._features.dressed and path.startswith("/image/"):
                return Answer(status=200, headers=(("Content-Type", "image/png"),), body=draw(path))
            entity = self._story_page(path) or self._list_page(path, query)
            if entity is not None:
                return entity.answer(headers)
            match self._lost.get(path):
                case "gone":
                    return self._notice(410, _GONE)
                case "front-page":
                    return self._redirect(302, "/")
                case "notice":
                    return self._notice(200, _NOTICE)
                case _:
                    return self._notice(404, _MISSING)

    def _redirect(self, status: int, path: str) -> Answer:
        location = absolute(self.base_url, quote(path, safe="/~,"))
        return Answer(status=status, headers=(("Location", location), ("Content-Type", HTML)))

    def _notice(self, status: int, words: tuple[str, tuple[str, ...]]) -> Answer:
        if status not in self._notices:
            body = self._pages.plain(*words)
            self._notices[status] = Answer(status=status, headers=(("Content-Type", HTML),), body=body)
        return self._notices[status]

    def _story_page(self, path: str) -> Entity | None:
        if path in self._story_pages:
            return self._story_pages[path]
        if path in self._slug_at:
            slug = self._slug_at[path]
            story = self._stories[slug]
            banners = [self._banners[key] for key in (None, slug) if key in self._banners]
            page = self._pages.story(story, self._more_like(story), tuple(text for text, _ in banners))
            entity = Entity(page, HTML, max((story.modified, *(at for _, at in banners))))
        elif path in self._clips:
            slug, number = self._clips[path]
            story = self._stories[slug]
            if path.endswith(".xml"):
                entity = Entity(self._pages.subtitles(story, story.media[number]), XML, story.modified)
            else:
                entity = Entity(self._pages.story(clip_story(story, number)), HTML, story.modified)
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
            made = self._listings.make(path, query, self.stories)
            if made is None:
                return None
            self._list_pages[asked] = Entity(made[0], made[1], self._changed_at)
        return self._list_pages[asked]
