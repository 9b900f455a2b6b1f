"""A WACZ with one capture and what its page loads, made when somebody wants to see it.

It holds the records as they lie in the WARC files, byte for byte: that of the capture; where that repeats the payload
of another, that other; where it redirects, the capture of the target; and of each address that the page loads (style
sheets, pictures, subtitles …) the capture nearest in time, where there is one. The same records give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO

from newsarchive.collection.addresses import find_capture, last_before, nearest
from newsarchive.collection.catalog import WrittenCapture
from newsarchive.collection.onlooker import View
from newsarchive.collection.versions import SOFTWARE
from newsarchive.errors import UnreadableInput
from newsarchive.model.article import Article
from newsarchive.model.capture import CaptureRef
from newsarchive.model.digest import Digest
from newsarchive.warc.cdxj import LISTED, index_line, to_line
from newsarchive.warc.reader import only_record
from newsarchive.warc.records import Record
from newsarchive.warc.resolve import revisit_target
from newsarchive.warc.wacz import ARCHIVE, PAGES, WaczWriter
from newsarchive.web.references import picture_choices, picture_name, references

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""All records of one such WACZ together, as they are stored; what would be more is left out, but never the page."""

MAX_HOPS = 10
"""So many redirects are followed."""

_SHELF_BYTES = 128 * 1024 * 1024
_WARC = "capture.warc.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What is to be shown of a capture.

    ``asked`` is the capture itself. ``shown`` is the one that a player shows for it: the same, but where the server
    only said that nothing had changed, what it said that of. ``way`` are the captures that ``shown`` redirects to, one
    after the other. ``loaded`` are the captures of what the page loads. ``stand_ins`` are addresses of pictures that
    the page may load instead of one that was captured, each with the address of that. ``article`` is what was read.
    """

    asked: WrittenCapture
    shown: WrittenCapture
    way: tuple[WrittenCapture, ...]
    loaded: tuple[WrittenCapture, ...]
    stand_ins: tuple[tuple[str, str], ...]
    article: Article | None

    @property
    def title(self) -> str | None:
        """The headline of the article."""
        return self.article.headline if self.article else None

    @property
    def page(self) -> WrittenCapture:
        """What is seen in the end."""
        return self.way[-1] if self.way else self.shown

    @property
    def key(self) -> str:
        """16 digits that stand for the bytes of the WACZ: another choice of captures has another key."""
        ids = (found.ref.record_id for found in (self.shown, *self.way, *self.loaded))
        return hashlib.sha256("\n".join((SOFTWARE, self.title or "", *ids)).encode()).hexdigest()[:16]


def showing(view: View, record_id: str) -> Showing | None:
    """What is to be shown of the capture with this record id; ``None`` when there is none.

    Raises ``UnreadableInput`` when its record cannot be read.
    """
    asked = find_capture(view.catalog, record_id)
    if asked is None:
        return None
    shown = _spoken_of(view, asked) or asked
    way: list[WrittenCapture] = []
    met = {shown.url}
    while len(way) < MAX_HOPS and (target := (way[-1] if way else shown).location) is not None and target not in met:
        met.add(target)
        following = nearest(view.catalog, target, shown.ref.captured_at, whole=False)
        if following is None:
            break
        way.append(following)
    page = way[-1] if way else shown
    article = _article(view, page.ref.record_id)
    loaded = tuple(_loaded(view, page, article))
    return Showing(
        asked=asked,
        shown=shown,
        way=tuple(way),
        loaded=loaded,
        stand_ins=tuple(_stand_ins(view, page, [found.url for found in loaded])),
        article=article,
    )


def make_wacz(view: View, what: Showing) -> bytes:
    """The WACZ of ``what``. Raises ``UnreadableInput`` when a record that it cannot do without cannot be read."""
    warc = _Warc(view)
    for found in (what.shown, *what.way):
        warc.add(found.ref)
    for found in what.loaded:
        try:
            warc.add(found.ref, most=MAX_RECORD_BYTES)
        except UnreadableInput:
            continue  # without it the page is still to be seen
    file = BytesIO()
    shown_at = f"{what.shown.ref.captured_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    title = what.title or what.shown.url
    with WaczWriter(file, created_at=what.shown.ref.captured_at) as wacz:
        wacz.add(ARCHIVE + _WARC, warc.members)
        wacz.add_index(sorted(set(warc.lines)))
        head = {"format": "json-pages-1.0", "id": "pages", "title": "Pages"}
        page = {"id": what.shown.ref.record_id, "url": what.shown.url, "ts": shown_at, "title": title}
        wacz.add(PAGES, (json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in (head, page)))
        wacz.finish({"title": title, "software": SOFTWARE, "mainPageUrl": what.shown.url, "mainPageDate": shown_at})
    return file.getvalue()


class Shelf:
    """The WACZs made last, so that a player which reads one in parts finds it again. Thread-safe, bounded."""

    def __init__(self, max_bytes: int = _SHELF_BYTES) -> None:
        self._max_bytes = max_bytes
        self._made: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def held(self, collection: str, key: str) -> bytes | None:
        """The WACZ with this ``key`` of one collection, while it is here."""
        with self._lock:
            if (kept := self._made.get((collection, key))) is not None:
                self._made.move_to_end((collection, key))
            return kept

    def get(self, collection: str, key: str, make: Callable[[], bytes]) -> bytes:
        """The WACZ with this ``key`` of one collection; ``make`` is called when it is not here any more."""
        if (kept := self.held(collection, key)) is not None:
            return kept
        made = make()
        with self._lock:
            self._made[collection, key] = made
            while len(self._made) > 1 and sum(map(len, self._made.values())) > self._max_bytes:
                self._made.popitem(last=False)
        return made


class _Warc:
    """The WARC file in such a WACZ while it is put together: its members, and their index lines."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._length = 0
        self._held: set[str] = set()
        self.members: list[bytes] = []
        self.lines: list[bytes] = []

    def add(self, ref: CaptureRef, *, most: int | None = None) -> None:
        """Add a record, after the one whose payload it repeats; neither where that would make more than ``most``
        bytes."""
        if ref.record_id in self._held:
            return
        member, record = read_stored(self._view, ref)
        original = _original(self._view, record) if record.type == "revisit" else None
        is_new = original is not None and original.record_id not in self._held
        length = len(member) + (original.length if original is not None and is_new else 0)
        if most is not None and self._length + length > most:
            return
        if original is not None:
            self.add(original)
        self._held.add(ref.record_id)
        if record.type in LISTED:
            digest = str(Digest.of(member))
            line = index_line(record, filename=_WARC, offset=self._length, length=len(member), record_digest=digest)
            if line.is_replayable:
                self.lines.append(to_line(line))
        self.members.append(member)
        self._length += len(member)


def read_stored(view: View, ref: CaptureRef) -> tuple[bytes, Record]:
    """The record ``ref`` points to: as it is stored, and read. Raises ``UnreadableInput`` when it is not there so."""
    try:
        path = view.layout.locate(ref.warc)
    except ValueError as error:
        raise UnreadableInput(path=view.layout.root, reason=str(error)) from error
    try:
        with path.open("rb") as file:
            file.seek(ref.offset)
            member = file.read(ref.length)
        record = only_record(member, ref.length)
        if record.id != ref.record_id:
            raise ValueError(f"the record there is {record.id}, not {ref.record_id}")
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise UnreadableInput(path=path, reason=f"damaged at offset {ref.offset}: {error}") from error
    return member, record


def _original(view: View, record: Record) -> CaptureRef | None:
    """The response whose payload the revisit ``record`` repeats."""
    try:
        target = revisit_target(record).record_id
    except ValueError:
        return None
    return view.catalog.response(target) if target else None


def _spoken_of(view: View, asked: WrittenCapture) -> WrittenCapture | None:
    """What an answer 304 says has not changed; ``None`` for other captures, and where that is not known."""
    if asked.ref.status != 304:
        return None
    _, record = read_stored(view, asked.ref)
    original = _original(view, record) if record.type == "revisit" else None
    if original is not None and (found := find_capture(view.catalog, original.record_id)) is not None:
        return found
    return last_before(view.catalog, asked)


def _article(view: View, record_id: str) -> Article | None:
    """The article that was read in a capture; ``None`` also where its line cannot be read: the page still can."""
    reading = view.catalog.reading(record_id)
    if reading is None or reading.article_id is None:
        return None
    try:
        return view.article(reading.article_id, reading.revision)
    except UnreadableInput:
        return None


def _loaded(view: View, page: WrittenCapture, article: Article | None) -> Iterator[WrittenCapture]:
    """Captures of what ``page`` loads, and of what its style sheets load."""
    total = page.ref.length
    met = {page.url}
    waiting = [*_references(view, page), *_attachments(article)]
    for url in waiting:
        if url in met:
            continue
        met.add(url)
        found = nearest(view.catalog, url, page.ref.captured_at, whole=True)
        if found is None or total + found.ref.length > MAX_RECORD_BYTES:
            continue
        total += found.ref.length
        yield found
        # The list grows while it is gone through. Frames are pages with references of their own, and are left at that.
        waiting.extend(url for url in _references(view, found, only_css=True) if url not in met)


def _stand_ins(view: View, page: WrittenCapture, captured: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Of each picture that the page has in several sizes, and the archive in one: the other addresses, and that one."""
    try:
        choices = picture_choices(view.read_capture(page.ref))
    except UnreadableInput:
        return
    held = frozenset(captured)
    named = {name: url for url in captured if (name := picture_name(url)) is not None}
    for choice in choices:
        there = next((url for url in choice if url in held), None)
        there = there or next((named[name] for url in choice if (name := picture_name(url)) in named), None)
        if there is not None:
            yield from ((url, there) for url in choice if url not in held)


def _references(view: View, found: WrittenCapture, *, only_css: bool = False) -> tuple[str, ...]:
    try:
        stored = view.read_capture(found.ref)
    except UnreadableInput:
        return ()
    if only_css and not (stored.content_type or "").lower().startswith("text/css"):
        return ()
    return references(stored)


def _attachments(article: Article | None) -> Iterator[str]:
    """What an article has that the page itself may load by scripts only."""
    if article is None:
        return
    yield from (image.url for image in article.images if image.url)
    for medium in article.media:
        if medium.poster is not None and medium.poster.url:
            yield medium.poster.url
        yield from (subtitle.url for subtitle in medium.subtitles)
