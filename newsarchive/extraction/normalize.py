"""One spelling for every text: Unicode form, white space, hyphenation; and the text as NLP reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from newsarchive.model.article import Block, Update

# Soft hyphens and zero-width marks say where a line may break; they are no part of the word.
# Control characters say nothing at all.
_UNWANTED = re.compile(
    "[\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)


def fold(text: str | None) -> str | None:
    """``text`` on one line: NFC, every run of white space one space, nothing invisible; ``None`` when empty."""
    if not text:
        return None
    folded = " ".join(text.split())
    if not folded.isprintable():  # most text is, and the test is much cheaper than the substitution
        folded = " ".join(_UNWANTED.sub("", folded).split())
    return (folded if folded.isascii() else unicodedata.normalize("NFC", folded)) or None


def fold_lines(text: str | None) -> str | None:
    """As ``fold``, but line breaks stay (an address in a paragraph); no empty lines."""
    if not text:
        return None
    return "\n".join(line for printed in text.splitlines() if (line := fold(printed))) or None


def plain_text(lead: str | None, body: Iterable[Block], updates: Iterable[Update] = ()) -> str:
    """What NLP reads: lead, headings, paragraphs, lists and quotes, then the entries of a live blog with their
    headings, joined by blank lines."""
    parts = [lead] if lead else []
    for block in body:
        if block.kind == "list":
            parts.append("\n".join(block.items))
        elif block.kind in {"paragraph", "heading", "quote"} and block.text:
            parts.append(block.text)
    parts.extend(part for update in updates for part in (update.heading, update.text) if part)
    return "\n\n".join(parts)
