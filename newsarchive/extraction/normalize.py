"""One spelling for every text: Unicode form, white space, hyphenation; and the text as NLP reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from newsarchive.model.article import Block

# Soft hyphens and zero-width marks say where a line may break; they are no part of the word.
# Control characters say nothing at all.
_UNWANTED = re.compile(
    "[\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_LINE_SPACE = re.compile(r"[^\S\n]+")
_SPACE = re.compile(r"\s+")


def fold(text: str | None) -> str | None:
    """``text`` on one line: NFC, every run of white space one space, nothing invisible; ``None`` when empty."""
    return (_SPACE.sub(" ", _clean(text)).strip() or None) if text else None


def fold_lines(text: str | None) -> str | None:
    """As ``fold``, but line breaks stay (an address in a paragraph); no empty lines."""
    if not text:
        return None
    lines = (_LINE_SPACE.sub(" ", line).strip() for line in _clean(text).splitlines())
    return "\n".join(line for line in lines if line) or None


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text))


def plain_text(lead: str | None, body: Iterable[Block]) -> str:
    """What NLP reads: lead, headings, paragraphs, lists and quotes, joined by blank lines."""
    parts = [lead] if lead else []
    for block in body:
        if block.kind == "list":
            parts.append("\n".join(block.items))
        elif block.kind in {"paragraph", "heading", "quote"} and block.text:
            parts.append(block.text)
    return "\n\n".join(parts)
