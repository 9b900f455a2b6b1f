"""JSONL files: whole lines or none, found again by their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsarchive.collection.lines import LineWriter, Span, read_line, read_lines
from newsarchive.errors import UnreadableInput
from newsarchive.model.revision import Sighting
from tests.kept import START

FIRST = Sighting(url="https://seeblick.example/ä", record_id="urn:uuid:1", captured_at=START, reason="listing")
SECOND = Sighting(
    url="https://seeblick.example/b", record_id="urn:uuid:2", captured_at=START, article_id="b", revision=1
)


def test_lines_are_found_where_the_writer_said(tmp_path: Path) -> None:
    lines = LineWriter(tmp_path / "2026" / "a.jsonl")
    spans = [lines.append(FIRST), lines.append(SECOND)]

    found = list(read_lines(lines.path, Sighting))
    again = [read_line(lines.path, span, Sighting) for span in spans]
    lines.close()

    assert found == list(zip(spans, [FIRST, SECOND], strict=True))
    assert again == [FIRST, SECOND]
    assert lines.count == 2


def test_no_line_no_file(tmp_path: Path) -> None:
    lines = LineWriter(tmp_path / "a.jsonl")

    lines.close()

    assert not lines.path.exists()


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"precious\n")

    with pytest.raises(FileExistsError):
        LineWriter(tmp_path / "a.jsonl").append(FIRST)

    assert (tmp_path / "a.jsonl").read_bytes() == b"precious\n"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (b'{"url": "https://seeblick.example/"', r"line 2: the line is cut off"),
        (b"\xff\xfe\n", r"line 2: .*malformed"),
        (b'{"url": 1}\n', r"line 2: Expected `str`, got `int`"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, damage: bytes, reason: str) -> None:
    lines = LineWriter(tmp_path / "a.jsonl")
    lines.append(FIRST)
    lines.close()
    with lines.path.open("ab") as file:
        file.write(damage)
    found = read_lines(lines.path, Sighting)

    assert next(found)[1] == FIRST
    with pytest.raises(UnreadableInput, match=reason):
        next(found)


def test_a_place_where_no_line_is(tmp_path: Path) -> None:
    lines = LineWriter(tmp_path / "a.jsonl")
    span = lines.append(FIRST)
    lines.close()

    with pytest.raises(UnreadableInput, match="byte 5"):
        read_line(lines.path, Span(offset=5, length=span.length), Sighting)
    with pytest.raises(UnreadableInput, match="No such file"):
        read_line(tmp_path / "b.jsonl", span, Sighting)
