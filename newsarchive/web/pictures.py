"""Telling pictures by their first bytes, whatever their server called them. Pure."""

from __future__ import annotations

_BRANDS = {b"avif": "image/avif", b"avis": "image/avif"}


def picture_type(data: bytes) -> str | None:
    """The media type of a picture that browsers show and that holds no script; ``None`` for all else, SVG too.

    The signatures are those of the WHATWG MIME Sniffing standard (section 6.1), and of AVIF (ISO 23008-12).
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:14] == b"WEBPVP":
        return "image/webp"
    return _BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None
