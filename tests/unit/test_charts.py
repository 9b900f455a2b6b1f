"""Charts: bars that stand on each other, lines with gaps, axes that end above the highest value in round steps."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.web.charts import HEIGHT, WIDTH, Series, bar_chart, line_chart, strip
from tests.kept import START

LABELS = ("1", "2", "3")


def show(value: float) -> str:
    return f"{value:g}"


def test_bars_stand_on_each_other_and_on_the_axis() -> None:
    plain = Series(name="plain", values=(2, 0, 1))
    hatched = Series(name="hatched", values=(1, 3, None), look="hatched")

    chart = bar_chart(LABELS, (plain, hatched), show, names=("one", "two", "three"))

    assert [(bar.look, bar.tip) for bar in chart.bars] == [
        ("plain", "one: plain 2"),
        ("hatched", "one: hatched 1"),
        ("hatched", "two: hatched 3"),
        ("plain", "three: plain 1"),
    ]
    below, above, alone, _ = chart.bars
    assert below.y + below.height == alone.y + alone.height == chart.base
    assert above.y + above.height == below.y
    assert below.height + above.height == pytest.approx(alone.height)


def test_a_line_has_gaps_where_nothing_is_known_and_a_dot_where_one_value_stands_alone() -> None:
    chart = line_chart(("a", "b", "c", "d"), (Series(name="x", values=(1, 2, None, 4)),), show)

    (line,) = chart.lines
    assert [len(points.split()) for points in line.points] == [2]
    ((x, y),) = line.dots
    assert (x, y) == (line_chart(("a", "b", "c", "d"), (Series(name="x", values=(None, None, None, 4)),), show)).lines[
        0
    ].dots[0]
    assert y < chart.base


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60), st.sampled_from([1.0, 60.0, 3600.0]))
def test_everything_lies_in_the_chart_and_the_axis_is_round(values: list[int], unit: float) -> None:
    labels = [str(at) for at in range(len(values))]
    series = (Series(name="x", values=tuple(values)),)

    chart = line_chart(labels, series, show, unit=unit)

    points = [tuple(map(float, point.split(","))) for points in chart.lines[0].points for point in points.split()]
    for x, y in (*points, *chart.lines[0].dots):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= chart.base <= HEIGHT
    ticks = [float(tick.text) for tick in chart.up]
    assert 2 <= len(ticks) <= 6
    assert ticks[0] == 0
    step = (ticks[1] - ticks[0]) / unit
    assert f"{step:.0e}"[0] in "125"
    assert len(chart.across) <= 5
    assert chart.across[-1].text == labels[-1]


def test_nothing_at_all_is_a_chart_too() -> None:
    chart = bar_chart((), (Series(name="x", values=()),), show, names=())

    assert (chart.bars, chart.across) == ((), ())
    assert [tick.text for tick in chart.up] == ["0", "1"]


def test_marks_of_one_moment_do_not_hide_each_other() -> None:
    events = [(START, "first"), (START + timedelta(seconds=1), "silent"), (START + timedelta(days=9), "removed")]

    found = strip(events, ZoneInfo("Europe/Berlin"))

    first, silent, removed = found.marks
    assert (first.y, removed.y) == (found.axis, found.axis)
    assert silent.y < first.y
    assert first.x < removed.x <= WIDTH
    assert found.last.utcoffset() == timedelta(hours=1)


def test_one_event_alone_has_a_mark() -> None:
    (mark,) = strip([(START, "first")], UTC).marks

    assert 0 <= mark.x <= WIDTH
