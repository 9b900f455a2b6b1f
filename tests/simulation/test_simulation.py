"""The simulations in a short form: some days of a site, and some hours of schedule with crawls that are killed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from newsarchive.samplesite.life import EDITORIAL, REMOVALS
from tests.crawling import PROJECT, environment


def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """A simulation in a process of its own, for a reactor runs once: exit code, what it printed, what it said."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        cwd=PROJECT,
        env=environment(),
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.timeout(300)
def test_every_change_of_some_days_is_found_and_nothing_else() -> None:
    code, told, said = run("tests.simulation", "--days", "3", "--articles", "60", "--seed", "4")

    assert told["failings"] == []
    assert told["check"] == []
    assert code == 0, said
    rows = {row["kind"].partition(",")[0]: row for row in told["rows"]}
    assert set(rows) >= EDITORIAL
    assert any(row["found"] for kind, row in rows.items() if kind in REMOVALS)
    assert {row["kind"] for row in told["quiet"]} >= {"relaunch", "stand", "teaser", "navigation"}
    assert told["open_links"] == 0
    assert all(count == found for count, found in told["days"].values())

    seen = told["politeness"]
    assert seen["share_304"] >= 0.99
    assert seen["unchanged"] > 300
    assert seen["disallowed"] == 0
    assert seen["article_requests_a_day"] < seen["plain_article_requests_a_day"] / 2
    assert seen["sent_bytes"] < seen["plain_bytes"] / 4
    assert told["rate"]["is_kept"]

    troubles = " ".join(told["troubles"])
    assert "busy: UnreachableHost" in troubles
    assert "refused: UnreachableHost" in troubles
    assert "none: success" in troubles


@pytest.mark.timeout(300)
def test_a_schedule_whose_crawls_are_killed_loses_nothing() -> None:
    code, told, said = run(
        *("tests.simulation.hours", "--hours", "2", "--pace", "200", "--articles", "20"),
        *("--restarts", "1", "--killed-share", "0.4", "--seed", "5"),
    )

    assert told["failings"] == []
    assert code == 0, said
    assert told["crawls_killed"] > 0
    assert told["scheduler_killed"] == 1
    assert told["scheduler_exit_code"] == 0
    assert told["runs_committed"] > 3
    assert all(growth < 1.1 for growth in told["scheduler_growth"])
