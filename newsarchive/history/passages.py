"""An article as the passages a reader sees and an editor wrote, in the order of the page.

What the content digest leaves out (times, teasers, tags, addresses of pictures) is left out here too: what differs here
is an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsarchive.model.article import Article, Block, Image, Media, Update


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One piece of text: ``field`` of the record it comes from, ``kind`` (``paragraph``, ``picture`` …), and its
    ``number`` among the passages of its field or entry, from 1; ``None`` where there is only one of its kind."""

    field: str
    kind: str
    text: str
    number: int | None = None

    @property
    def place(self) -> str:
        """What a reader calls it: ``headline``, ``paragraph 4``."""
        return self.kind if self.number is None else f"{self.kind} {self.number}"


HEAD_FIELDS = ("label", "topline", "headline", "lead")
"""Fields that are one passage each."""

LIST_FIELDS = ("authors", "body", "media", "images", "corrections")
"""Fields that are a list of passages; the entries of a live blog are read one by one."""


def passages_of(article: Article, field: str) -> tuple[Passage, ...]:
    """The passages of one of ``HEAD_FIELDS`` or ``LIST_FIELDS``."""
    if field in HEAD_FIELDS:
        text: str | None = getattr(article, field)
        return (Passage(field=field, kind=field, text=text),) if text else ()
    return tuple(
        Passage(field=field, kind=kind, text=text, number=number)
        for number, (kind, text) in enumerate(_LISTED[field](article), 1)
    )


def passages_of_entry(entry: Update) -> tuple[Passage, ...]:
    """The passages of one entry of a live blog: time, heading, paragraphs, what else it holds."""
    head = (("time", entry.time_raw), ("heading", entry.heading))
    listed = (*(("paragraph", text) for text in entry.text.split("\n\n") if text), *_blocks(entry.parts))
    return (
        *(Passage(field="updates", kind=kind, text=text) for kind, text in head if text),
        *(
            Passage(field="updates", kind=kind, text=text, number=number)
            for number, (kind, text) in enumerate(listed, 1)
        ),
    )


def _authors(article: Article) -> Iterator[tuple[str, str]]:
    # All who stand in one byline carry the whole of it.
    return (("author", raw) for raw in dict.fromkeys(byline.raw for byline in article.authors))


def _blocks(blocks: Iterable[Block]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        if block.ref is None and (text := _text_of(block)):
            yield block.kind, text


def _text_of(block: Block) -> str:
    if block.kind == "list":
        return "\n".join(block.items)
    if block.kind == "table":
        return "\n".join(" | ".join(row) for row in block.rows)
    return "\n".join(part for part in (block.title, block.text, block.service, block.url) if part)


def _media(article: Article) -> Iterator[tuple[str, str]]:
    return ((item.kind, _said(item)) for item in article.media)


def _said(item: Media) -> str:
    return " · ".join(part for part in (item.title, item.raw) if part) or item.role


def _images(article: Article) -> Iterator[tuple[str, str]]:
    return (("picture", _described(image)) for image in article.images)


def _described(image: Image) -> str:
    credit = f"({image.credit})" if image.credit else None
    return " · ".join(part for part in (image.alt, image.caption, credit) if part) or image.role


def _corrections(article: Article) -> Iterator[tuple[str, str]]:
    # Where the note stands in the body, it is a paragraph of the body.
    body = {block.text for block in article.body}
    return (("correction", note) for note in article.corrections if note not in body)


_LISTED = {
    "authors": _authors,
    "body": lambda article: _blocks(article.body),
    "media": _media,
    "images": _images,
    "corrections": _corrections,
}
