"""Subtitle files as timed text: EBU-TT-D, EBU-TT Part 1 and other TTML; WebVTT.

TTML is read as far as it says *what* is shown *when*: the times of W3C TTML1 section 10 (media, and SMPTE with the
frame rate of the file), nested and in sequence, and the text of ``p`` and ``span`` with its line breaks. Styles,
regions and metadata are left out. EBU-TT Part 1 (EBU Tech 3350) counts from ``documentStartOfProgramme``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import unescape

import webvtt

from newsarchive.extraction.elements import Element
from newsarchive.extraction.normalize import fold
from newsarchive.extraction.page import Unreadable
from newsarchive.extraction.xml_tree import BrokenXml, local_name, namespace, parse_xml
from newsarchive.model.article import Cue, Problem

MAX_SUBTITLE_BYTES = 8 * 1024 * 1024
"""More is no subtitle file: a whole day of speech has about 4 MB."""

_TTML = re.compile(r"http://www\.w3\.org/(?:ns/ttml|2006/(?:04|10)/ttaf1)")
_PARAMETER = "{http://www.w3.org/ns/ttml#parameter}"
_START_OF_PROGRAMME = "{urn:ebu:tt:metadata}documentStartOfProgramme"
_CLOCK = re.compile(r"(\d{2,3}):([0-5]\d):([0-5]\d|60)(?:(\.\d{1,9})|:(\d{2,3}))?")
_OFFSET = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_DEFAULT_FRAME_RATE = 30  # TTML1 section 6.2.4


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedText:
    """What a subtitle file says: cues in order of time, and what was odd about the file."""

    cues: tuple[Cue, ...]
    problems: tuple[Problem, ...] = ()


def read_timed_text(body: bytes) -> TimedText:
    """Read a subtitle file without its content coding, in whichever format it is.

    Raises ``Unreadable`` (``subtitle-unreadable``) for a file too large, in no known format, or without a single cue.
    """
    if len(body) > MAX_SUBTITLE_BYTES:
        raise _unreadable(f"it has {len(body)} bytes, more than {MAX_SUBTITLE_BYTES}")
    is_webvtt = body.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT")
    found, oddities = _read_webvtt(body) if is_webvtt else _read_ttml(body)
    cues = tuple(sorted(found, key=lambda cue: cue.start_s))
    if not cues:
        raise _unreadable("; ".join(oddities) or "nothing in it is shown at a time")
    problems = (Problem(code="subtitle-doubtful", message=f"A subtitle file: {oddity}.") for oddity in oddities)
    return TimedText(cues=cues, problems=tuple(problems))


def _unreadable(reason: str) -> Unreadable:
    return Unreadable("subtitle-unreadable", f"A subtitle file cannot be read: {reason}.")


def _read_webvtt(body: bytes) -> tuple[list[Cue], list[str]]:
    try:
        # WebVTT is UTF-8 and nothing else (W3C WebVTT section 4.1).
        captions = webvtt.WebVTT.from_string(body.decode("utf-8-sig", "replace")).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError) as error:
        raise _unreadable(str(error)) from None
    cues = (_cue(_vtt_time(each.start), _vtt_time(each.end), unescape(each.text).splitlines()) for each in captions)
    read = [cue for cue in cues if cue is not None]
    lost = body.count(b"-->") - len(read)
    return read, [f"{lost} cue(s) could not be read"] if lost > 0 else []


def _vtt_time(printed: str) -> Fraction:
    """Seconds of ``00:01:02.345``, as the library spells every time."""
    hours, minutes, seconds = printed.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + Fraction(seconds)


def _read_ttml(body: bytes) -> tuple[list[Cue], list[str]]:
    oddities = []
    try:
        root = parse_xml(body)
    except BrokenXml as error:
        oddities.append(f"it is damaged, and what came was read ({error})")
        try:
            root = parse_xml(body, broken=True)
        except BrokenXml:
            raise _unreadable(f"neither WebVTT nor XML ({error})") from None
    if local_name(root) != "tt" or not _TTML.match(namespace(root)):
        raise _unreadable(f"its root is {local_name(root)!r}, neither TTML nor WebVTT")
    clock = _Clock.of(root)
    shown = [cue for holder in root if local_name(holder) == "body" for cue in _shown(holder, _Span(), clock)]
    cues = [cue for cue in shown if cue is not None]
    if lost := len(shown) - len(cues):
        oddities.append(f"{lost} text(s) stand at no time")
    return cues, oddities


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """How a file counts: frames and ticks in a second, and the seconds its programme starts at."""

    frame_rate: Fraction
    tick_rate: Fraction
    start: Fraction = Fraction(0)

    @classmethod
    def of(cls, root: Element) -> _Clock:
        frames = _positive(root.get(f"{_PARAMETER}frameRate")) or Fraction(_DEFAULT_FRAME_RATE)
        over, _, under = (root.get(f"{_PARAMETER}frameRateMultiplier") or "").replace(":", " ").partition(" ")
        rate = frames * (_positive(over) or 1) / (_positive(under) or 1)
        ticks = _positive(root.get(f"{_PARAMETER}tickRate"))
        plain = cls(frame_rate=rate, tick_rate=ticks or (rate if root.get(f"{_PARAMETER}frameRate") else Fraction(1)))
        printed = next((element.text for element in root.iter(_START_OF_PROGRAMME)), None)
        start = plain.read(printed) if root.get(f"{_PARAMETER}timeBase") == "smpte" else None
        return cls(frame_rate=plain.frame_rate, tick_rate=plain.tick_rate, start=start or Fraction(0))

    def read(self, printed: str | None) -> Fraction | None:
        """Seconds of a time expression (TTML1 section 10.3.1), ``None`` when it is none."""
        text = (printed or "").strip()
        if (found := _CLOCK.fullmatch(text)) is not None:
            whole = (int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])
            return whole + Fraction(f"0{found[4] or ''}") + Fraction(int(found[5] or 0)) / self.frame_rate
        if (found := _OFFSET.fullmatch(text)) is not None:
            units = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
            unit = units.get(found[2]) or 1 / (self.frame_rate if found[2] == "f" else self.tick_rate)
            return Fraction(found[1]) * unit
        return None


def _positive(printed: str | None) -> Fraction | None:
    text = (printed or "").strip()
    return Fraction(text) if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """From when to when something is shown, in seconds; ``end`` is ``None`` while nothing ends it."""

    begin: Fraction = Fraction(0)
    end: Fraction | None = None

    def of(self, element: Element, clock: _Clock, after: Fraction | None) -> _Span:
        """The time of ``element`` in this one; it follows ``after`` where its holder is a sequence."""
        base = self.begin if after is None else after
        begin = base + (clock.read(element.get("begin")) or 0)
        duration, end = clock.read(element.get("dur")), clock.read(element.get("end"))
        ends = (None if duration is None else begin + duration, None if end is None else base + end, self.end)
        return _Span(begin=begin, end=min((each for each in ends if each is not None), default=None))


def _shown(element: Element, outer: _Span, clock: _Clock, after: Fraction | None = None) -> Iterator[Cue | None]:
    """The cues in ``element``, ``None`` for text at no time."""
    span = outer.of(element, clock, after)
    if local_name(element) == "p":
        yield from _cues_of(element, span, clock)
        return
    in_sequence = element.get("timeContainer") == "seq"
    follows = span.begin if in_sequence else None
    for child in element:
        if local_name(child) in {"div", "p"}:
            yield from _shown(child, span, clock, follows)
            if in_sequence:
                follows = span.of(child, clock, follows).end or follows


def _cues_of(paragraph: Element, span: _Span, clock: _Clock) -> Iterator[Cue | None]:
    """One cue for a paragraph, one more for each part of it that has a time of its own."""
    timed: list[tuple[Element, _Span]] = []
    own = _lines(_pieces(paragraph, span, clock, timed))
    if own or not timed:
        yield from _placed(own, span, clock)
    for part, when in timed:
        yield from _cues_of(part, when, clock)


def _placed(lines: list[str], span: _Span, clock: _Clock) -> Iterator[Cue | None]:
    if lines:
        yield None if span.end is None else _cue(span.begin - clock.start, span.end - clock.start, lines)


def _pieces(element: Element, span: _Span, clock: _Clock, timed: list[tuple[Element, _Span]]) -> Iterator[str]:
    yield _spaced(element.text)
    for child in element:
        if local_name(child) == "br":
            yield "\n"
        elif local_name(child) == "span":
            if any(child.get(name) is not None for name in ("begin", "end", "dur")):
                timed.append((child, span.of(child, clock, None)))
            else:
                yield from _pieces(child, span, clock, timed)
        yield _spaced(child.tail)


def _spaced(text: str | None) -> str:
    """A line break in the file is white space; only ``br`` breaks lines."""
    return " ".join(re.split(r"[\r\n]+", text)) if text else ""


def _lines(pieces: Iterable[str]) -> list[str]:
    return [line for printed in "".join(pieces).split("\n") if (line := fold(printed))]


def _cue(start: Fraction, end: Fraction, lines: Iterable[str]) -> Cue | None:
    """A cue to the millisecond, ``None`` where it shows nothing or ends before it starts."""
    text = "\n".join(line for printed in lines if (line := fold(printed)))
    if not text or start < 0 or end < start:
        return None
    return Cue(start_s=round(float(start), 3), end_s=round(float(end), 3), text=text)
