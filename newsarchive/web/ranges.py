"""Answering with a part of some bytes (RFC 9110 section 14), as players read archives."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


def answer_with(request: Request, content: bytes, *, media_type: str, tag: str) -> Response:
    """``content``, or the one range of it that ``request`` asks for; ``tag`` stands for the content, without quotes.

    What is no range, or several, is answered with all of it; 416 where the range begins behind the end, 304 where the
    asker has the content.
    """
    etag = f'"{tag}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    if etag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    wanted = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if wanted is None or not any(wanted.groups()) or request.headers.get("if-range", etag) != etag:
        return Response(content, headers=headers, media_type=media_type)
    first, last = _bounds(wanted[1], wanted[2], len(content))
    if first > last or first >= len(content):
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], 206, headers=headers, media_type=media_type)


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    """Places of the first and the last byte; without ``first``, ``last`` counts bytes from the end."""
    if not first:
        return (max(length - int(last), 0), length - 1) if int(last) else (length, length - 1)
    return int(first), min(int(last), length - 1) if last else length - 1


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
