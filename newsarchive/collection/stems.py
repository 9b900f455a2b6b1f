"""Words of German text as they are searched for: folded, so that spellings meet, and stemmed, so that forms meet. Pure.

A word is folded to lower case without accents; umlauts and ß are as they are written without such letters, and as the
careless write them: Müller, Mueller and Muller are one, and so are Straße and Strasse. The stem is that of Snowball's
German algorithm.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product
from typing import NamedTuple

import Stemmer

MAX_WORD = 64
"""So many characters of a word count; longer ones are no words of any language."""

VERSION = f"1 {Stemmer.version()}"
"""Of what is made of words here: our rules and the Stemmer's. Stems of another version cannot be compared."""

# Letters and digits, with accents and hyphenation that may stand between them.
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u00ad])*")

# In »neue«, »Bauer« and »Quelle« the e belongs to what follows.
_WRITTEN_OUT = re.compile(r"ae|oe|(?<![aeq])ue")

_DERIVED = ("", "end", "heit", "ig", "igkeit", "igung", "ik", "isch", "keit", "lich", "lichkeit", "ung")
_INFLECTED = (
    *("", "e", "em", "en", "er", "erin", "erinnen", "ern", "es", "est", "et", "in", "innen", "n", "nis", "nisse"),
    *("s", "se", "sen", "ses", "st", "ste", "sten", "ster", "stes"),
)
_INNER = ("", "e", "en", "end", "ender", "er", "es", "est", "et", "ig", "in", "isch", "lich", "st")
_ENDINGS = tuple(dict.fromkeys("".join(parts) for parts in product(_INNER, _DERIVED, _INFLECTED) if any(parts)))
"""Ends of words that stemming takes off."""


class Word(NamedTuple):
    """A word of a text: from ``start`` to just before ``end``, folded, and its stem."""

    start: int
    end: int
    form: str
    stem: str


def words(text: str) -> Iterator[Word]:
    """The words of ``text``, in their order."""
    for match in _WORD.finditer(text):
        form, stem = _folded(match[0][:MAX_WORD])
        if form:
            yield Word(match.start(), match.end(), form, stem)


def stems(text: str) -> list[str]:
    """The stem of each word of ``text``, in their order: lower-case letters and digits, and none is empty."""
    return [stem for word in _WORD.findall(text) if (stem := _folded(word[:MAX_WORD])[1])]


@lru_cache(4096)
def stems_beginning(start: str) -> tuple[str, ...]:
    """The stems of words that begin with ``start``, which is folded, as far as they are shorter than it.

    All others begin with it themselves.
    """
    return tuple(
        start[:length]
        for length in range(1, len(start))
        if any(
            ending.startswith(start[length:]) and _folded(start[:length] + ending)[1] == start[:length]
            for ending in _ENDINGS
        )
    )


@lru_cache(1 << 16)
def _folded(word: str) -> tuple[str, str]:
    """A word folded, and its stem; both empty where nothing is left of it."""
    if word.isascii():
        form = word.lower()
    else:
        # Folded once more, since letters of other alphabets of the same meaning come apart into capitals.
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word.casefold()).casefold())
        form = "".join(filter(str.isalnum, apart))
    # What is left may be one again, and the stemmer would take it for one.
    while (shorter := _WRITTEN_OUT.sub(lambda match: match[0][0], form)) != form:
        form = shorter
    if not form:
        return "", ""
    with _turn():
        return form, _stemmer().stemWord(form) or form


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("german", 0)


@cache
def _turn() -> threading.Lock:
    """Held while the stemmer works: it is not for several threads at once."""
    return threading.Lock()
