"""An article as a page shows it: pictures and players where they stand, headings in order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from newsarchive.model.article import Article, Block, Image, Media, Update

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One block with the picture or player it stands for. ``level``: of a heading, for the page as a whole."""

    block: Block
    image: Image | None = None
    media: Media | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a live blog with what it holds beside its text. ``anchor``: its id on our page."""

    update: Update
    anchor: str
    parts: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an article shows, in order: of pictures and players each once, where its block stands.

    ``head``: those of the headline. ``rest``: those of the body without a place in it.
    """

    head: tuple[Image | Media, ...]
    body: tuple[Shown, ...]
    entries: tuple[Entry, ...]
    rest: tuple[Image | Media, ...]


def parts_of(article: Article) -> Parts:
    """The parts of ``article``."""
    blocks = [*article.body, *(part for update in article.updates for part in update.parts)]
    placed = {("image" if block.kind == "image" else "media", block.ref) for block in blocks if block.ref is not None}
    loose: list[Image | Media] = [
        *(media for at, media in enumerate(article.media) if ("media", at) not in placed),
        *(image for at, image in enumerate(article.images) if ("image", at) not in placed),
    ]
    return Parts(
        head=tuple(each for each in loose if each.role == "head"),
        body=_shown(article, article.body, above=1),
        entries=tuple(
            Entry(update=update, anchor=f"entry-{number}", parts=_shown(article, update.parts, above=3))
            for number, update in enumerate(article.updates, start=1)
        ),
        rest=tuple(each for each in loose if each.role != "head"),
    )


def pictures_of(article: Article) -> tuple[str, ...]:
    """The addresses of all its pictures, the stills of players among them, each once."""
    addresses = [
        *(image.url for image in article.images),
        *(media.poster.url for media in article.media if media.poster),
    ]
    return tuple(dict.fromkeys(address for address in addresses if address))


def web_address(url: str | None) -> str | None:
    """``url`` where a browser may follow it: over HTTP, and nothing that would run."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text in which blank lines part them."""
    return [paragraph for part in text.split("\n\n") if (paragraph := part.strip())]


def _shown(article: Article, blocks: Sequence[Block], *, above: int) -> tuple[Shown, ...]:
    levels = _levels((block for block in blocks if block.kind == "heading"), above)
    return tuple(
        Shown(
            block=block,
            image=_at(article.images, block.ref) if block.kind == "image" else None,
            media=_at(article.media, block.ref) if block.kind in {"audio", "video"} else None,
            level=next(levels) if block.kind == "heading" else None,
        )
        for block in blocks
    )


def _levels(headings: Iterable[Block], above: int) -> Iterator[int]:
    """Levels that skip none on their way down from ``above``, whatever the page has."""
    last = above
    for heading in headings:
        last = max(above + 1, min(heading.level or above + 1, last + 1, 6))
        yield last


def _at(items: Sequence[_Item], place: int | None) -> _Item | None:
    return items[place] if place is not None and 0 <= place < len(items) else None
