"""What the sites of the ARD share: player JSON of both generations, broadcast references, bylines, picture credits.

``data-config`` is the player of 2021 to 2023, ``data-v`` the one since; both are JSON in an attribute. All of it
is read defensively: a value of the wrong type is a value that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from newsarchive.extraction.normalize import fold, fold_lines
from newsarchive.extraction.page import Page
from newsarchive.extraction.times import find_times, parse_iso
from newsarchive.model.article import Broadcast, Byline, Media, Poster, Role, Stream, Subtitle

ZONE = ZoneInfo("Europe/Berlin")

STATIONS = frozenset(
    name.casefold()
    for name in (
        "Das Erste",
        "ARD",
        "ARD alpha",
        "ARD-alpha",
        "tagesschau24",
        "Phoenix",
        "3sat",
        "arte",
        "KiKA",
        "One",
        "BR",
        "BR24",
        "BR Fernsehen",
        "Bayern 1",
        "Bayern 2",
        "Bayern 3",
        "HR",
        "hr-fernsehen",
        "hr-iNFO",
        "hr1",
        "hr2",
        "hr3",
        "hr4",
        "MDR",
        "MDR AKTUELL",
        "MDR Fernsehen",
        "NDR",
        "NDR Fernsehen",
        "NDR Info",
        "NDR 1",
        "NDR 2",
        "RB",
        "Bremen Zwei",
        "Bremen Eins",
        "RBB",
        "rbb24",
        "rbb24 Inforadio",
        "radioeins",
        "Inforadio",
        "SR",
        "SR 2",
        "SR 3",
        "SWR",
        "SWR Aktuell",
        "SWR1",
        "SWR2",
        "SWR3",
        "SWR4",
        "WDR",
        "WDR 2",
        "WDR 3",
        "WDR 4",
        "WDR 5",
        "WDR Fernsehen",
        "Deutschlandfunk",
        "Deutschlandfunk Kultur",
        "Deutschlandfunk Nova",
        "Deutschlandradio",
        "DLF",
        "ZDF",
    )
)
"""Stations by name, case folded: what a broadcast reference names is a station if it is here, else a programme."""

_ORGANISATION = re.compile(
    r"(?:ARD|ZDF|BR|HR|MDR|NDR|RB|RBB|SR|SWR|WDR|DLF|DW|WELT|dpa|AFP|AP|Reuters|sid|epd|KNA)\b.*"
    r"|.*\b(?:Studio|Redaktion|Hauptstadtstudio|Faktenfinder|Fernsehen|Inforadio|Deutschlandfunk)\b.*"
    r"|(?:tagesschau|sportschau)(?:\.de|24)?|rbb\d*.*|BR24.*|hr.*|ARD.*",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+(?:und|sowie|&)\s+")
_PROSE = re.compile(
    r"(?:berichtete[nt]?|berichten|berichtet|sendete|läuft)\s+(?:wir\s+)?"
    r"(?:(?P<article>die|das|der)\s+)?(?P<name>.*?)\s*(?:am|\bum|\bheute|\bgestern)?\s*$",
    re.IGNORECASE,
)
_IN_PROGRAMME = re.compile(r"^\s*(?:im|in der|in den|in)\s+(?P<programme>[^.,]+?)\s*(?:[.,]|$)")
_LEADING = re.compile(r"^\s*Dieses Thema im Programm:\s*", re.IGNORECASE)
# Each broadcast carries the printed line; ten programmes take about 500 characters.
_LONGEST_REFERENCE = 5_000
_CREDIT = re.compile(r"\s*\|\s*(?:Bildquelle:\s*)?(?P<credit>[^|]*)$")
_CREDIT_LABEL = re.compile(r"^\s*(?:Bild|Foto|Bildquelle|Quelle):\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AirLine:
    """What the line under a player says."""

    station: str | None
    programme: str | None
    at: datetime | None


def read_air_line(line: str | None, zone: ZoneInfo = ZONE) -> AirLine:
    """Read the printed line under a player.

    Forms: ``tagesthemen, Das Erste, 06.01.2026 21:45 Uhr`` · ``tagesschau24 12:00 Uhr, 20.10.2018`` · ``Name, ARD
    Brüssel, tagesschau 14:00 Uhr, 3.4.2023`` · ``Name, HR, 1.3.2022 · 09:40 Uhr`` · ``Sportschau``.
    """
    if not line:
        return AirLine(station=None, programme=None, at=None)
    time = next(find_times(line, zone), None)
    before = (line[: time.span[0]] if time else line).rstrip(" ,|•·-")
    names = [name for part in before.split(",") if (name := fold(part))]
    station = names.pop() if names and names[-1].casefold() in STATIONS else None
    # A programme stands alone, before its station, or right before its clock time; a person with a studio
    # ("Name, ARD Wien, 3.4.2023 · 08:07 Uhr") is neither.
    clock_first = time is not None and re.match(r"\d{1,2}[:.]\d{2}", line[time.span[0] :]) is not None
    is_programme = bool(names) and (len(names) == 1 or clock_first) and not _looks_like_person(names, station)
    return AirLine(station=station, programme=names[-1] if is_programme else None, at=time.at if time else None)


def _looks_like_person(names: list[str], station: str | None) -> bool:
    """``Bettina Seidl, HR``: two or three capitalised words before a station that is an institution."""
    institution = station is not None and _ORGANISATION.fullmatch(station) is not None
    words = names[-1].split()
    return institution and len(words) in {2, 3} and all(word[:1].isupper() and word.isalpha() for word in words)


def read_broadcasts(text: str | None, zone: ZoneInfo = ZONE) -> tuple[Broadcast, ...]:
    """Read a broadcast reference: ``Sender | Sendung | dd.mm.yyyy | HH:MM Uhr, …`` or a sentence."""
    printed = fold(text)
    if not printed:
        return ()
    if len(printed) > _LONGEST_REFERENCE:
        return (Broadcast(station=None, programme=None, at=None, raw=printed),)
    reference = _LEADING.sub("", printed)
    read = _read_columns if " | " in reference else _read_prose
    return tuple(replace(broadcast, raw=printed) for broadcast in read(reference, zone))


def _read_columns(reference: str, zone: ZoneInfo) -> Iterator[Broadcast]:
    position = 0
    for time in find_times(reference, zone):
        start, end = time.span
        columns = [name for part in reference[position:start].strip(" ,|").split("|") if (name := fold(part))]
        yield Broadcast(
            station=columns[0] if columns else None,
            programme=columns[1] if len(columns) > 1 else None,
            at=time.at,
            raw=reference,
        )
        position = end
    if position == 0:
        yield Broadcast(station=None, programme=None, at=None, raw=reference)


def _read_prose(reference: str, zone: ZoneInfo) -> Iterator[Broadcast]:
    times = tuple(find_times(reference, zone))
    if not times:
        yield Broadcast(station=None, programme=None, at=None, raw=reference)
    position = 0
    for number, time in enumerate(times):
        start, end = time.span
        following = times[number + 1].span[0] if number + 1 < len(times) else len(reference)
        station, programme = _read_name(reference[position:start], continues=number > 0)
        if (inside := _IN_PROGRAMME.match(reference[end:following])) is not None:
            programme = fold(inside["programme"])
        yield Broadcast(station=station, programme=programme, at=time.at, raw=reference)
        position = end


def _read_name(words: str, *, continues: bool) -> tuple[str | None, str | None]:
    """(station, programme) of ``Über dieses Thema berichtete die tagesschau am``."""
    if continues:
        words = "berichtete " + re.sub(r"^\s*(?:,|und|sowie|\.)*\s*(?:und|sowie)?\s*", "", words)
    found = _PROSE.search(re.sub(r"\s+(?:am|um)\s*$", "", words))
    name = fold(found["name"]) if found else None
    if not name:
        return None, None
    if name.casefold() in STATIONS or f"das {name}".casefold() in STATIONS:
        whole = "Das Erste" if name.casefold() == "erste" else name
        return whole, None
    return None, name


def read_byline(text: str | None, url: str | None = None) -> tuple[Byline, ...]:
    """Read ``Von A, B und C, NDR`` into authors with their organisation; ``Quelle: sid/dpa`` is an organisation."""
    raw = fold(text)
    if not raw:
        return ()
    if (source := re.fullmatch(r"(?:Quelle|Quellen):\s*(.+)", raw)) is not None:
        return (Byline(name=None, organisation=source[1], url=None, raw=raw),)
    names = re.sub(r"^(?:Von|Ein Kommentar von|Eine Analyse von|Ein Beitrag von)[:\s]+", "", raw, flags=re.IGNORECASE)
    authors: list[Byline] = []
    waiting: list[str] = []
    for segment in (part.strip() for part in names.split(",")):
        segment = re.sub(r"^(?:und|sowie)\s+", "", segment)
        if not segment:
            continue
        if waiting and _ORGANISATION.fullmatch(segment):
            authors += [Byline(name=name, organisation=segment, url=url, raw=raw) for name in waiting]
            waiting = []
        elif not waiting and not authors and _ORGANISATION.fullmatch(segment):
            authors.append(Byline(name=None, organisation=segment, url=url, raw=raw))
        else:
            waiting += [name for name in _AND.split(segment) if name]
    return (*authors, *(Byline(name=name, organisation=None, url=url, raw=raw) for name in waiting))


def split_credit(text: str | None) -> tuple[str | None, str | None]:
    """(description, credit) of ``Ein Haus | dpa`` and ``Ein Haus | Bildquelle: dpa``; no bar, no credit."""
    folded = fold(text)
    if folded is None:
        return None, None
    found = _CREDIT.search(folded)
    return (fold(folded[: found.start()]), fold(found["credit"])) if found else (folded, None)


def read_credit(text: str | None) -> str | None:
    """The credit of ``Bild: AFP``."""
    folded = fold(text)
    return fold(_CREDIT_LABEL.sub("", folded)) if folded else None


def read_player(player: Any, page: Page, role: Role, picture_url: str | None = None) -> Media | None:
    """A ``data-v`` player. ``None`` when it is not the JSON of a player.

    ``picture_url`` is the picture that lies over the player until it starts, where the page has one.
    """
    content, meta = _dict(player, "mc"), _dict(player, "mc", "meta")
    if not content:
        return None
    printed_kind = _text(player, "playerType")
    first_stream = next(iter(_list(content, "streams")), None)
    is_audio = printed_kind == "audio" or (printed_kind is None and _get(first_stream, "isAudioOnly") is True)
    # Until 2025 most of what is known of a clip is told to the audience measurement alone; until 2024 in "pc".
    tracked = _dict(content, "pluginData", _TRACKING, "avContent") or _dict(
        player, "pc", "pluginData", _TRACKING, "avContent"
    )
    programme = _text(tracked, "s:av_show") or _text(tracked, "av_show") or _text(meta, "seriesTitle")
    return Media(
        kind="audio" if is_audio else "video",
        role=role,
        title=_text(meta, "title") or _text(player, "mediadescription"),
        duration_s=_read_duration(content, meta, tracked),
        programme=None if programme == _NO_PROGRAMME else programme,
        station=_text(tracked, "s:av_publisher") or _text(tracked, "av_publisher"),
        broadcast_at=_read_air_time(meta, tracked),
        media_id=_text(tracked, "av_content_id") or _text(tracked, "s:av_content_id"),
        page_url=page.absolute(_text(content, "pluginData", "sharing@web", "link")),
        streams=tuple(_read_streams(content, page)),
        subtitles=tuple(_read_subtitles(content, page)),
        poster=_read_poster(player, page, picture_url),
    )


_TRACKING = "trackingPiano@all"
_NO_PROGRAMME = "keine Sendereihe"


def _read_duration(content: dict[str, Any], meta: dict[str, Any], tracked: dict[str, Any]) -> int | None:
    """Seconds; the audience measurement counts milliseconds, or seconds in its older form."""
    milliseconds = _number(tracked, "n:av_content_duration") or _number(tracked, "av_content_duration")
    return (
        _number(meta, "durationSeconds")
        or (milliseconds // 1000 if milliseconds else None)
        or _number(_dict(content, "pluginData", "trackingAgf@all", "clipData"), "length")
    )


def _read_air_time(meta: dict[str, Any], tracked: dict[str, Any]) -> datetime | None:
    if broadcast := _text(meta, "broadcastedOnDateTime"):
        return parse_iso(broadcast, ZONE)
    # With the prefix "d:" it is a German wall-clock time with a Z that is not true; without, its offset is.
    if local := _text(tracked, "d:av_original_air_time"):
        return parse_iso(local, ZONE, false_z=True)
    return parse_iso(air_time, ZONE) if (air_time := _text(tracked, "av_original_air_time")) else None


def _read_poster(player: Any, page: Page, picture_url: str | None) -> Poster | None:
    images = _list(player, "mc", "meta", "images")
    first, printed = next(iter(images), None), _dict(player, "posterImage")
    description, credit = split_credit(_text(first, "title"))
    alt = _text(first, "alt") or description or _text(printed, "altText")
    credit = credit or split_credit(_text(printed, "title"))[1]
    templates = [url for image in images if (url := _text(image, "url"))]
    # Of the same picture in several formats the one that every reader can show.
    template = next((url for url in templates if ".jpg" in url), next(iter(templates), None))
    url = page.absolute(_text(printed, "urlL")) or picture_url or page.absolute(_fill_template(template, player))
    return Poster(url=url, alt=alt, credit=credit) if url or alt or credit else None


def _fill_template(template: str | None, player: Any) -> str | None:
    """The address of the largest form of a picture, whose sizes the player knows apart from it."""
    if template is None or "{" not in template:
        return template
    sizes = [size for entry in _list(player, *_TEMPLATE, "size") if (size := _text(entry, "value"))]
    width = _number(_dict(player, *_TEMPLATE, "width"), "max")
    filled = template.replace("{size}", sizes[-1]) if sizes else template
    filled = filled.replace("{width}", str(width)) if width else filled
    return None if "{" in filled else filled


_TEMPLATE = ("pc", "generic", "imageTemplateConfig")


def _read_streams(content: dict[str, Any], page: Page) -> Iterator[Stream]:
    for group in _list(content, "streams"):
        for entry in _list(group, "media"):
            if (url := page.absolute(_text(entry, "url"))) is not None:
                yield Stream(
                    url=url,
                    mime_type=_text(entry, "mimeType"),
                    width_px=_number(entry, "maxHResolutionPx"),
                    quality="adaptive"
                    if _get(entry, "isAdaptiveQualitySelectable") is True or url.endswith(".m3u8")
                    else _text(entry, "forcedLabel"),
                )


def _read_subtitles(content: dict[str, Any], page: Page) -> Iterator[Subtitle]:
    for track in _list(content, "subtitles"):
        for source in _list(track, "sources"):
            if (url := page.absolute(_text(source, "url"))) is not None:
                yield Subtitle(url=url, format=_text(source, "kind"), language=_text(track, "languageCode"))


def read_old_player(player: Any, page: Page, role: Role) -> Media | None:
    """A ``data-config`` player. ``None`` when it is not the JSON of a player."""
    content = _dict(player, "mc")
    if not content:
        return None
    kind: Literal["audio", "video"] = "audio" if _text(content, "_type") == "audio" else "video"
    info = _dict(content, "_info")
    clip_time = next(find_times(_text(info, "clipDate") or "", ZONE), None)
    page_url = page.absolute(_text(content, "_sharing", "link"))
    subtitles = page.absolute(_text(content, "_subtitleUrl"))
    channel = _text(info, "channelTitle")
    previews = _dict(content, "_previewImage")
    sizes = [page.absolute(_text(previews, size)) for size in ("xl", "l", "m", "s", "xs")]
    poster_url = next((url for url in sizes if url), None)
    air = read_air_line(channel) if channel else None
    return Media(
        kind=kind,
        role=role,
        title=_text(content, "_title"),
        duration_s=_number(content, "_duration"),
        programme=air.programme if air else None,
        station=air.station if air else None,
        broadcast_at=clip_time.at if clip_time else None,
        media_id=_media_id(page_url),
        page_url=page_url,
        streams=tuple(_read_old_streams(content, page)),
        subtitles=(Subtitle(url=subtitles, format="ebutt", language="de"),) if subtitles else (),
        poster=Poster(url=poster_url, alt=None, credit=None) if poster_url else None,
    )


def _read_old_streams(content: dict[str, Any], page: Page) -> Iterator[Stream]:
    for group in _list(content, "_mediaArray"):
        for entry in _list(group, "_mediaStreamArray"):
            printed = _get(entry, "_stream")
            quality = _get(entry, "_quality")
            for address in printed if isinstance(printed, list) else [printed]:
                url = page.absolute(address) if isinstance(address, str) else None
                if url is not None:
                    yield Stream(
                        url=url, mime_type=None, width_px=None, quality=None if quality is None else str(quality)
                    )


_MEDIA_ID = re.compile(r"((?:video|audio)-\d+)(?:~\w+)?\.html$")


def _media_id(url: str | None) -> str | None:
    found = _MEDIA_ID.search(url) if url else None
    return found[1] if found else None


def with_air_line(media: Media, title: str | None, line: str | None) -> Media:
    """``media`` with what is printed under its player: the printed title and line win over the player JSON."""
    line = fold(line)
    air = read_air_line(line)
    printed_title = fold(title)
    return replace(
        media,
        title=media.title or printed_title,
        caption=printed_title,
        programme=air.programme or media.programme,
        station=air.station or media.station,
        broadcast_at=air.at or media.broadcast_at,
        raw=line,
    )


def printed_media(
    kind: Literal["video", "audio"], role: Role, title: str | None, line: str | None, page_url: str | None
) -> Media:
    """A video or audio of which the page prints a title and a line, but no player JSON."""
    media = Media(kind=kind, role=role, title=fold(title), page_url=page_url, media_id=_media_id(page_url))
    return with_air_line(media, title, line)


def _get(value: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _dict(value: Any, *path: str) -> dict[str, Any]:
    found = _get(value, *path) if path else value
    return found if isinstance(found, dict) else {}


def _list(value: Any, *path: str) -> list[Any]:
    found = _get(value, *path)
    return found if isinstance(found, list) else []


def _text(value: Any, *path: str) -> str | None:
    found = _get(value, *path)
    return fold_lines(found) if isinstance(found, str) else None


def _number(value: Any, *path: str) -> int | None:
    """A count as number or digits; nothing below zero and nothing absurd, which JSON allows."""
    found = _get(value, *path)
    if isinstance(found, str) and found.isdecimal() and len(found) < 12:
        return int(found)
    if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < 10**11:
        return int(found)
    return None
