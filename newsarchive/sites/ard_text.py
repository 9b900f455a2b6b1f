"""Flat texts of ARD pages: what their visible text prints between the paragraphs.

A page copied as text looks like this, and each line finds its field::

    Die Ministerin vor der Werft.                            description of the picture of the player below
    Player: videoLange Schlange vor der Werft                kind and title of the player
    5 Min                                                    its duration
    Streit um die Werft Ministerin will vermitteln           topline and headline, with nothing between
    Stand: 12.03.2026 18:20 Uhr                              the Stand
    …                                                        the lead, then paragraphs and headings
    Die Werft am Abend                                       description of a picture: short lines before a heading
    tagesthemen, Das Erste, 12.03.2026 21:45 Uhr             programme, station, air time of the player above
    Dieses Thema im Programm: Das Erste | tagesthemen | …    broadcast references
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from newsarchive.extraction.body import Body, Part
from newsarchive.extraction.flat_text import empty_reading, is_sentence, lines_of, part_headline
from newsarchive.extraction.page import Document, Unreadable
from newsarchive.extraction.reader import Reading
from newsarchive.model.article import Block, Byline, Image, Media, Poster, Problem, Role
from newsarchive.sites import ard

_STAND = re.compile(r"^Stand:?\s+\d{1,2}\.\d{1,2}\.\d{4}")
_PLAYER = re.compile(r"^Player:\s*(?P<kind>video|audio)\s*(?P<title>.*)$", re.IGNORECASE)
_DURATION = re.compile(r"^(?:(?P<minutes>\d+)(?::(?P<rest>\d{2}))?\s*Min\.?|(?P<seconds>\d+)\s*Sek\.?)$", re.IGNORECASE)
_BROADCAST = re.compile(r"^(?:Dieses Thema im Programm:|Über dieses Thema bericht)", re.IGNORECASE)
_BYLINE = re.compile(r"^(?:Von [A-ZÄÖÜ][\w.'-]+ [A-ZÄÖÜ]|Quelle: )")
_LONGEST_BYLINE = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One line: ``what`` it is, and whether the line above it belongs to the same paragraph of the source."""

    what: Literal["stand", "player", "duration", "air", "broadcast", "byline", "sentence", "short"]
    text: str


class ArdTextReader:
    """Reads the flat text of an ARD page."""

    name: ClassVar[str] = "ard-flat-text"

    def read(self, document: Document) -> Reading:
        """Read every field. Raises ``Unreadable`` when there is no text, or none that has a headline."""
        lines = [_Line(what=_what(text), text=text) for text in lines_of(document)]
        stand = next((number for number, line in enumerate(lines) if line.what == "stand"), None)
        border = stand if stand is not None else _end_of_headline(lines)
        head, tail = lines[:border], lines[border + 1 :] if stand is not None else lines[border:]
        head_parts, titles = _read_head(head)
        if not titles:
            raise Unreadable("headline-missing", "The text has no line above its Stand that could be the headline.")
        topline, headline, doubt = part_headline(titles[-1])
        lead_at = next((number for number, line in enumerate(tail) if line.what == "sentence"), None)
        lead = tail[lead_at].text if stand is not None and lead_at is not None else None
        rest = [line for number, line in enumerate(tail) if lead is None or number != lead_at]
        problems = [doubt] if doubt else []
        problems += [] if stand is not None else [Problem(code="stand-missing", message="The text has no Stand line.")]
        return replace(
            empty_reading(self.name, document, headline=headline, body=Body(parts=tuple(_read_parts(rest, "body")))),
            topline=topline,
            lead=lead,
            language="de",
            stand_raw=lines[stand].text if stand is not None else None,
            authors=tuple(_read_authors(lines)),
            head=head_parts,
            broadcasts=tuple(
                broadcast for line in lines if line.what == "broadcast" for broadcast in ard.read_broadcasts(line.text)
            ),
            problems=tuple(problems),
        )


def _what(text: str) -> Literal["stand", "player", "duration", "air", "broadcast", "byline", "sentence", "short"]:
    if _STAND.match(text):
        return "stand"
    if _PLAYER.match(text):
        return "player"
    if _DURATION.match(text):
        return "duration"
    if _BROADCAST.match(text):
        return "broadcast"
    if _BYLINE.match(text) and len(text) < _LONGEST_BYLINE and not is_sentence(text):
        return "byline"
    if not is_sentence(text) and ard.read_air_line(text).at is not None:
        return "air"
    return "sentence" if is_sentence(text) else "short"


def _end_of_headline(lines: list[_Line]) -> int:
    """Without a Stand line: the headline is the first line that is no part of a player above it."""
    number = 0
    while number < len(lines):
        line, below = lines[number], lines[number + 1 : number + 2]
        if line.what == "player":
            number = _read_player(lines, number, "head", None)[1]
            continue
        number += 1
        if line.what in {"sentence", "short"} and not (below and below[0].what == "player"):
            break
    return number


def _read_authors(lines: list[_Line]) -> Iterator[Byline]:
    for line in lines:
        if line.what == "byline":
            yield from ard.read_byline(line.text)


def _read_head(lines: list[_Line]) -> tuple[tuple[Media | Image, ...], list[str]]:
    """Players and pictures above the headline, and the lines that are left: the last of them is the headline."""
    media: list[Media | Image] = []
    left: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.what == "player":
            poster = left.pop() if left else None
            item, number = _read_player(lines, number, "head", poster)
            media.append(item)
            continue
        if line.what in {"sentence", "short"}:
            left.append(line.text)
        number += 1
    pictures = [Image(url=None, alt=text, caption=None, credit=None, role="head") for text in left[:-1]]
    return (*media, *pictures), left[-1:]


def _read_parts(lines: list[_Line], role: Role) -> Iterator[Part]:
    """The body. Of several short lines in a row the one right above a paragraph is its heading; those before it
    describe pictures, and one right above a player describes that player's picture."""
    short: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.what == "short":
            short.append(line.text)
        elif line.what == "player":
            poster = short.pop() if short else None
            yield from _pictures(short, role)
            short = []
            item, number = _read_player(lines, number, role, poster)
            yield item
            continue
        elif line.what == "sentence":
            yield from _pictures(short[:-1], role)
            if short:
                yield Block(kind="heading", text=short[-1], level=2)
            short = []
            yield Block(kind="paragraph", text=line.text)
        number += 1
    yield from _pictures(short, role)


def _pictures(texts: list[str], role: Role) -> Iterator[Image]:
    return (Image(url=None, alt=text, caption=None, credit=None, role=role) for text in texts)


def _read_player(lines: list[_Line], number: int, role: Role, poster: str | None) -> tuple[Media, int]:
    """The player whose line has this number, with what is printed under it; and the number of the line after."""
    printed = _PLAYER.match(lines[number].text)
    kind: Literal["video", "audio"] = "audio" if printed and printed["kind"].casefold() == "audio" else "video"
    title = (printed["title"].strip() if printed else "") or None
    media = Media(
        kind=kind,
        role=role,
        title=title,
        poster=Poster(url=None, alt=poster, credit=None) if poster else None,
    )
    number += 1
    while number < len(lines):
        line = lines[number]
        if line.what == "duration" and media.duration_s is None:
            media = replace(media, duration_s=_seconds(line.text))
        elif title is not None and line.text == title and media.caption is None:
            media = replace(media, caption=title)
        elif line.what == "air" and media.raw is None:
            media = ard.with_air_line(media, media.caption, line.text)
        else:
            break
        number += 1
    return media, number


def _seconds(text: str) -> int | None:
    found = _DURATION.match(text)
    if found is None:
        return None
    if found["seconds"]:
        return int(found["seconds"])
    return int(found["minutes"]) * 60 + int(found["rest"] or 0)
