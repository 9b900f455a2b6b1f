"""The visible text of a page that survived without its markup: lines to fields.

``FlatTextReader`` knows what is true of any such text. A site's own reader adds what its pages print: player
lines, as-of lines, broadcast references.
"""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from newsarchive.extraction.body import Body, Part
from newsarchive.extraction.normalize import fold
from newsarchive.extraction.page import Document, Unreadable
from newsarchive.extraction.reader import Reading
from newsarchive.model.article import Block, Problem

_SENTENCE_END = re.compile(r"[.!?:…][\"'“”»)\]]*$")
_LONGEST_HEADING = 120


class FlatTextReader:
    """Reads any flat text: the first line is the headline, short lines without a full stop are headings."""

    name: ClassVar[str] = "flat-text"

    def read(self, document: Document) -> Reading:
        """Read every field of ``document``. Raises ``Unreadable`` when there is no text in it."""
        headline, *rest = lines_of(document)
        parts = tuple(_part(line) for line in rest)
        return empty_reading(self.name, document, headline=headline, body=Body(parts=parts))


def lines_of(document: Document) -> list[str]:
    """The lines that hold text, in the one spelling of ``normalize``. Raises ``Unreadable`` when there are none."""
    if "\x00" in document.text:
        raise Unreadable("not-text", "The input is binary data, not the text of a page.")
    lines = [line for printed in document.text.splitlines() if (line := fold(printed))]
    if not lines:
        raise Unreadable("empty-body", "The text is empty.")
    return lines


def is_sentence(line: str) -> bool:
    """Whether ``line`` is running text rather than a heading or the description of a picture."""
    return len(line) > _LONGEST_HEADING or _SENTENCE_END.search(line) is not None


def _part(line: str) -> Part:
    if is_sentence(line):
        return Block(kind="paragraph", text=line)
    return Block(kind="heading", text=line, level=2)


def empty_reading(
    reader: str,
    document: Document,
    *,
    headline: str | None,
    body: Body,
) -> Reading:
    """A reading of ``document`` that says nothing beyond headline and body, to be filled with ``replace``."""
    path = unquote(urlsplit(document.url).path).rstrip("/")
    return Reading(
        reader=reader,
        slug=path.rsplit("/", 1)[-1].removesuffix(".html") or "index",
        canonical_url=None,
        language=None,
        kind="article",
        label=None,
        topline=None,
        headline=headline,
        seo_title=None,
        lead=None,
        description=None,
        stand_raw=None,
        times=(),
        authors=(),
        section=(),
        tags=(),
        head=(),
        body=body,
        broadcasts=(),
        entries=(),
        related=(),
        corrections=(),
        robots=(),
        rights=None,
        declared_text=None,
        problems=(),
    )


# Words that German writes small inside a sentence: where one stands with a capital, something new begins.
_OPENER = re.compile(
    r"[\"'„»]?(?:D(?:er|ie|as|en|em|es)|(?:E|Ke)in(?:e|en|em|er)?|W(?:ie|as|er|en|em|o|ann|arum|ieso|eshalb)"
    r"|Welche[rs]?|Ob|Wenn|Als|Zwei|Drei|Vier|Fünf|Sechs|Sieben|Acht|Neun|Zehn|Mehr|Viele|Alle|Neue[rs]?|Kann|Muss"
    r"|Soll|Darf|Will|Wird|Ist|Sind|Hat|Haben|Nach|Vor|Für|Gegen|Mit|Ohne|Um|Im|In|Am|An|Auf|Aus|Bei|Beim|Zum|Zur"
    r"|Durch|Trotz|Wegen|Unter|Über|Zwischen|Seit|Bis|Noch|Nur|Nicht|Jetzt|Erst|So|Es|Er|Sie|Wir)"
)


def part_headline(line: str) -> tuple[str | None, str, Problem | None]:
    """(topline, headline, doubt) of a line that holds both with nothing between, where that can be known.

    German writes only nouns and names with a capital inside a sentence. The border is known when the line opens
    anew with a word that is otherwise small (``… am Flusshafen Zwei Brücken …``), or when just one pair of capitalised
    words stands side by side (``… um die Werft Minister will …``): a noun that ends one phrase and one that begins
    the next. Otherwise it stays one line, and the doubt says so.
    """
    words = line.split()
    openers = [at for at in range(1, len(words)) if _OPENER.fullmatch(words[at])]
    pairs = [at for at in range(1, len(words)) if _is_capital(words[at - 1]) and _is_capital(words[at])]
    borders = openers if len(openers) == 1 else pairs
    if len(borders) == 1:
        return " ".join(words[: borders[0]]), " ".join(words[borders[0] :]), None
    message = f"Topline and headline stand in one line and cannot be told apart: {line!r}."
    return None, line, Problem(code="headline-not-parted", message=message)


def _is_capital(word: str) -> bool:
    return word.strip("\"'„“»«")[:1].isupper()
