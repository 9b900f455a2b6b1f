"""Options of the test run."""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden``: what extraction gives now becomes what is expected of it."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the expected article.json of the golden cases that are run, and say which changed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Continuous integration compares; it never decides what is right."""
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is refused where CI is set: read and commit the changes by hand")


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """Name gzip data for what they are: they hold the time they were made at, and processes that share the tests must
    agree on their names."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None
