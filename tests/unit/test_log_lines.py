"""Lines of the log: JSON that programs can rely on, whatever libraries hang on their records."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from newsarchive.log_lines import JsonLines, logging_to_stderr

logger = logging.getLogger("newsarchive.test")


def line(facts: Mapping[str, str] | None = None, **attributes: Any) -> dict[str, Any]:
    record = logging.makeLogRecord(
        {"name": "newsarchive.test", "levelname": "INFO", "msg": "%s: ü\n%d", "args": ("a", 1), "created": 1.25}
        | {"msecs": 250.0, **attributes}
    )
    text = JsonLines(lambda: facts or {}).format(record)
    assert "\n" not in text
    read: dict[str, Any] = json.loads(text)
    return read


def test_a_line_has_time_level_event_and_message() -> None:
    assert line() == {
        "time": "1970-01-01T00:00:01.250Z",
        "level": "info",
        "event": "newsarchive.test",
        "logger": "newsarchive.test",
        "message": "a: ü\n1",
    }


def test_facts_of_the_run_and_of_the_line_are_keys() -> None:
    found = line({"site": "seeblick", "run": "r"}, event="article-failed", url="https://seeblick.example/", status=404)

    assert {key: found[key] for key in ("event", "site", "run", "url", "status")} == {
        "event": "article-failed",
        "site": "seeblick",
        "run": "r",
        "url": "https://seeblick.example/",
        "status": 404,
    }


def test_objects_of_libraries_stay_out() -> None:
    assert "spider" not in line(spider=object(), crawler=[])


def test_an_exception_is_one_line_with_its_traceback() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        found = line(exc_info=sys.exc_info())

    assert found["exception"].endswith("ValueError: two\nlines")
    assert found["exception"].startswith("Traceback")


def test_stderr_gets_our_lines_from_info_on_and_those_of_others_from_warning_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = logging.getLogger().level
    with logging_to_stderr(JsonLines()):
        logger.debug("too much")
        logger.info("ours", extra={"event": "said"})
        logging.getLogger("other").info("theirs")
        logging.getLogger("other").warning("theirs, and grave")
    logger.warning("after the end")

    lines = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    assert [(entry["event"], entry["message"]) for entry in lines] == [("said", "ours"), ("other", "theirs, and grave")]
    assert logging.getLogger().level == before
