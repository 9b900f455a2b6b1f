"""Charts as shapes in a small coordinate system, for templates to write as SVG. Pure.

What tells series apart is never colour alone: bars are plain or hatched, lines whole or dashed, marks of various forms.
Every chart is shown with its numbers as a table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from math import floor, log10
from typing import Literal

WIDTH, HEIGHT = 420.0, 190.0
"""Of a chart, in its own units."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 8.0, 10.0, 26.0
_STRIP_HEIGHT, _STRIP_EDGE = 48.0, 12.0
_MOST_LABELS = 5
_LABELS_WIDTH = 40
"""So many characters find room below the axis, in labels of equal length."""

_TICKS = 4

Look = Literal["plain", "hatched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One value for each place on the axis, ``None`` where there is none; ``look`` tells it from the others."""

    name: str
    values: tuple[float | None, ...]
    look: Look = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle; ``tip`` is what it says on hovering."""

    x: float
    y: float
    width: float
    height: float
    look: Look
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that may have gaps: ``points`` of each stretch as SVG writes them; ``dots`` are its lone values."""

    points: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label on an axis, at so many units from its start."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars or lines over a row of places, with ticks on both axes; ``base`` is where zero lies, ``left`` and ``right``
    where the axis begins and ends."""

    width: float
    height: float
    left: float
    right: float
    base: float
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened, at ``x``; marks that would hide each other stand above each other."""

    x: float
    y: float
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What happened over time, as marks on a line; ``first`` and ``last`` are the times at its ends."""

    width: float
    height: float
    axis: float
    marks: tuple[Mark, ...]
    first: datetime
    last: datetime


def bar_chart(
    labels: Sequence[str], series: Sequence[Series], show: Callable[[float], str], *, names: Sequence[str]
) -> Chart:
    """A bar for each of ``labels``, which are called ``names`` in full: the series on top of each other, the first at
    the bottom. ``show`` prints a value."""
    heights = [sum(each.values[at] or 0 for each in series) for at in range(len(labels))]
    scale = _Scale.up_to(max(heights, default=0), 1)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    bars = []
    for at, name in enumerate(names):
        below = 0.0
        for each in series:
            value = each.values[at] or 0
            if value > 0:
                y = scale.y(below + value)
                tip = f"{name}: {each.name} {show(value)}"
                bars.append(
                    Bar(
                        x=round(_LEFT + at * step + step * 0.1, 2),
                        y=y,
                        width=round(step * 0.8, 2),
                        height=round(scale.y(below) - y, 2),
                        look=each.look,
                        tip=tip,
                    )
                )
                below += value
    return _chart(labels, scale, show, bars=tuple(bars))


def line_chart(
    labels: Sequence[str], series: Sequence[Series], show: Callable[[float], str], *, unit: float = 1
) -> Chart:
    """A line for each series over ``labels``. ``show`` prints a value; steps on the axis are round in ``unit``."""
    scale = _Scale.up_to(max((value or 0 for each in series for value in each.values), default=0), unit)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return round(_LEFT + (at + 0.5) * step, 2), scale.y(max(value, 0))

    lines = []
    for each in series:
        stretches = [
            [place(at, value) for at, value in found if value is not None]
            for known, found in groupby(enumerate(each.values), key=lambda entry: entry[1] is not None)
            if known
        ]
        lines.append(
            Line(
                points=tuple(" ".join(f"{x:g},{y:g}" for x, y in points) for points in stretches if len(points) > 1),
                dots=tuple(points[0] for points in stretches if len(points) == 1),
                look=each.look,
            )
        )
    return _chart(labels, scale, show, lines=tuple(lines))


def strip(events: Sequence[tuple[datetime, str]], zone: tzinfo) -> Strip:
    """Events in order, each with how its mark looks, over the time from the first to the last, on ``zone``'s clocks."""
    first, last = events[0][0], events[-1][0]
    span = (last - first).total_seconds() or 1.0
    axis = _STRIP_HEIGHT - _STRIP_EDGE
    marks: list[Mark] = []
    for at, look in events:
        x = round(_STRIP_EDGE + (at - first).total_seconds() / span * (WIDTH - 2 * _STRIP_EDGE), 2)
        # Three high at most: what is more crowded than that, the list below shows.
        crowd = sum(abs(mark.x - x) < _STRIP_EDGE / 1.5 for mark in marks[-3:])
        marks.append(Mark(x=x, y=axis - min(crowd, 2) * _STRIP_EDGE, look=look))
    return Strip(
        width=WIDTH,
        height=_STRIP_HEIGHT,
        axis=axis,
        marks=tuple(marks),
        first=first.astimezone(zone),
        last=last.astimezone(zone),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    """The axis that values are read off: from zero to ``top``, in steps of ``step``."""

    top: float
    step: float

    @classmethod
    def up_to(cls, highest: float, unit: float) -> _Scale:
        """An axis with room for ``highest``, in steps that are 1, 2 or 5 times a power of ten of ``unit``."""
        least = max(highest / unit, 1) / _TICKS
        power = 10.0 ** floor(log10(least))
        step = max(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999), 1) * unit
        top = step
        while top < highest:
            top += step
        return cls(top, step)

    def y(self, value: float) -> float:
        """Where a value lies, from the top of the chart."""
        return round(HEIGHT - _BOTTOM - value / self.top * (HEIGHT - _BOTTOM - _TOP), 2)


def _chart(
    labels: Sequence[str],
    scale: _Scale,
    show: Callable[[float], str],
    *,
    bars: tuple[Bar, ...] = (),
    lines: tuple[Line, ...] = (),
) -> Chart:
    step = (WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    most = max(_LABELS_WIDTH // max(map(len, labels), default=1), 1)
    every = -(-len(labels) // min(most, _MOST_LABELS))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=WIDTH - _RIGHT,
        base=scale.y(0),
        bars=bars,
        lines=lines,
        across=tuple(
            Tick(at=round(_LEFT + (at + 0.5) * step, 2), text=labels[at])
            for at in range(len(labels) - 1, -1, -max(every, 1))
        )[::-1],
        up=tuple(
            Tick(at=scale.y(number * scale.step), text=show(number * scale.step))
            for number in range(round(scale.top / scale.step) + 1)
        ),
    )
