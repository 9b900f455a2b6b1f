"""Numbers, sizes, times and durations as people read them in German and English. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

from markupsafe import Markup

_GERMAN_ZONES = {"CET": "MEZ", "CEST": "MESZ"}
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def number(value: float, language: str, *, digits: int = 0) -> str:
    """``value`` with its thousands parted: 12,345.5, in German 12.345,5."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def share(value: float | None, language: str) -> str:
    """A share from 0 to 1 in per cent, never rounded to 100 % when it is less; a dash when it is unknown."""
    if value is None:
        return "–"
    tenths = int(round(value * 1000, 6))
    return f"{number(tenths / 10, language, digits=1)} %"


def size(count: int, language: str) -> str:
    """A number of bytes in the largest unit of which there is one, in powers of 1000."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number(value, language, digits=1 if unit else 0)} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """A duration as players show it: 1:02:03, 2:03."""
    whole = max(round(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def day(on: date, language: str) -> str:
    """A day: 22.11.2026, in English 2026-11-22."""
    return f"{on:%d.%m.%Y}" if language == "de" else on.isoformat()


def instant(at: datetime, zone: tzinfo, language: str, *, seconds: bool = False) -> Markup:
    """A ``<time>`` element: the time in ``zone`` to be read, the time in UTC for programs and on hovering."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    zone_name = local.strftime("%Z")
    if language == "de":
        zone_name = _GERMAN_ZONES.get(zone_name, zone_name)
    shown = f"{day(local.date(), language)}, {clock} {zone_name}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.isoformat().replace("+00:00", "Z"), f"{utc:%Y-%m-%d %H:%M:%S} UTC", shown
    )
