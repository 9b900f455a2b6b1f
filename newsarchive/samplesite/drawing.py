"""Pictures nobody took: a landscape for each address, the same each time. Pure."""

from __future__ import annotations

import colorsys
import math
import struct
import zlib
from random import Random

WIDTH_PX, HEIGHT_PX = 640, 360
_SKY_STEPS = 12
_RANGES = 4

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def draw(address: str) -> bytes:
    """A PNG of some kilobytes, hills under a sky; ``address`` decides all of it."""
    chance = Random(address)  # noqa: S311  # invention, not secrets
    hue = chance.random()
    sky = [_colour(hue + step / 60, 0.25 + step / 40, 0.98 - step / 60) for step in range(_SKY_STEPS)]
    hills = [_colour(hue + 0.35 + rank / 30, 0.35 + rank / 12, 0.62 - rank / 9) for rank in range(_RANGES)]
    skylines = [_skyline(chance, rank) for rank in range(_RANGES)]
    rows = b"".join(b"\0" + _row(y, skylines) for y in range(HEIGHT_PX))
    # One byte a pixel that names a colour of the palette (PNG, section 11.2.2).
    header = struct.pack(">IIBBBBB", WIDTH_PX, HEIGHT_PX, 8, 3, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", b"".join((*sky, *hills))),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _skyline(chance: Random, rank: int) -> list[int]:
    """For each column the row in which the hills of that ``rank`` begin; nearer ones lie lower."""
    waves = [(chance.uniform(0.6, 3.5), chance.uniform(0, math.tau), chance.uniform(8, 26)) for _ in range(3)]
    base = HEIGHT_PX * (0.45 + 0.14 * rank)
    return [
        round(base - sum(height * math.sin(pace * math.tau * x / WIDTH_PX + start) for pace, start, height in waves))
        for x in range(WIDTH_PX)
    ]


def _row(y: int, skylines: list[list[int]]) -> bytes:
    sky = y * _SKY_STEPS // HEIGHT_PX
    return bytes(_nearest(y, columns, sky) for columns in zip(*skylines, strict=True))


def _nearest(y: int, begins: tuple[int, ...], sky: int) -> int:
    return next((_SKY_STEPS + rank for rank in reversed(range(_RANGES)) if y >= begins[rank]), sky)


def _colour(hue: float, saturation: float, value: float) -> bytes:
    return bytes(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
