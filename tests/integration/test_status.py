"""``newsarchive status``: how an archive stands, for people and for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner, Result

from newsarchive.cli import main
from newsarchive.cli.listing import percent
from newsarchive.collection.collection import Collection
from newsarchive.model.crawl import Outcome
from newsarchive.model.finding import Finding
from newsarchive.model.links import LeftLink, Link
from tests.kept import BASE_URL, SITE, START, archive, begin, crawling, exchange, keep, ticking

SILENT = Finding(
    severity="error",
    code="channel-silent",
    where="feed",
    message="The feed lists nothing.",
    remedy="Look at what it shows now.",
)


def status(root: Path, *arguments: str, now: datetime = START + timedelta(hours=2)) -> Result:
    with time_machine.travel(now, tick=False):
        return CliRunner().invoke(main, ["status", "--archive", str(root), *arguments])


def read(root: Path, *arguments: str) -> dict[str, Any]:
    """What ``--json`` says of the one site in ``root``."""
    result = status(root, "--json", *arguments)
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def crawl(root: Path, *findings: Finding, start: datetime = START, outcome: Outcome = "finished") -> None:
    """A run that reads two articles and leaves a third open."""
    with (
        Collection.open_or_create(root / SITE, SITE) as collection,
        collection.lock(),
        begin(collection, now=ticking(start)) as writer,
    ):
        listing = archive(writer, exchange("/feed.xml", at=start))
        for path in ("/moin-100.html", "/see-102.html", "/later-103.html"):
            url = BASE_URL + path
            writer.declare(
                Link(url=url, channel="feed", declared_at=start, listed_at=start, record_id=listing.ref.record_id)
            )
            if path.startswith("/later"):
                writer.leave(LeftLink(url=url, reason="timeout"))
                continue
            stored = archive(writer, exchange(path, at=start))
            keep(writer, stored, f"{path} {start:%H}", article_id=path.strip("/").removesuffix(".html"))
        writer.finish(outcome, outcome, findings=findings)


def test_a_site_in_order(tmp_path: Path) -> None:
    crawl(tmp_path)
    crawl(tmp_path, start=START + timedelta(hours=1))
    found = read(tmp_path)

    assert status(tmp_path).exit_code == 0
    assert (found["site"], found["is_running"], found["waiting"], found["findings"]) == (SITE, False, [], [])
    assert (found["articles"], found["revisions"]) == (2, 4)
    assert found["free_bytes"] > 0
    assert [(run["articles"], run["revised"], run["outcome"]) for run in found["runs"]] == [
        (0, 2, "finished"),
        (2, 0, "finished"),
    ]
    assert found["days"] == [{"day": "2026-11-22", "declared": 3, "collected": 2}]
    assert datetime.fromisoformat(found["last_success_at"]) > START + timedelta(hours=1)
    assert found["next_due_at"] is None, "no schedule"


def test_what_the_last_run_found_is_shown_and_is_code_3(tmp_path: Path) -> None:
    crawl(tmp_path)
    crawl(tmp_path, SILENT, start=START + timedelta(hours=1), outcome="failed")
    shown = status(tmp_path)
    found = read(tmp_path)

    assert shown.exit_code == 3
    assert "! channel-silent: The feed lists nothing." in shown.stdout
    assert "→ Look at what it shows now." in shown.stdout
    assert [finding["code"] for finding in found["findings"]] == ["channel-silent"]
    assert datetime.fromisoformat(found["last_success_at"]) < START + timedelta(hours=1)


def test_what_an_earlier_run_found_is_over(tmp_path: Path) -> None:
    crawl(tmp_path, SILENT, outcome="failed")
    crawl(tmp_path, start=START + timedelta(hours=1))

    assert status(tmp_path).exit_code == 0


def test_a_crawl_that_is_under_way_and_one_that_was_killed(tmp_path: Path) -> None:
    with Collection.open_or_create(tmp_path / SITE, SITE) as collection:
        with collection.lock():
            writer = begin(collection)
            archive(writer, exchange("/moin-100.html"))
            during = read(tmp_path)
        after = read(tmp_path)

    assert (during["is_running"], during["waiting"]) == (True, [])
    assert (after["is_running"], after["waiting"]) == (False, [writer.run])
    assert "recovers what they left" in status(tmp_path).stdout


@pytest.mark.parametrize(("every", "due"), [("10m", timedelta(hours=2)), ("6h", timedelta(hours=6))])
def test_when_the_next_crawl_is_due(tmp_path: Path, every: str, due: timedelta) -> None:
    crawl(tmp_path / "archive")
    file = tmp_path / "newsarchive.toml"
    # Only a site that the program knows can be scheduled; the command itself looks at names alone.
    file.write_text(f'archive = "archive"\n[schedule]\nsites = ["{SITE}"]\nevery = "{every}"\n')
    with time_machine.travel(START + timedelta(hours=2), tick=False):
        result = CliRunner().invoke(main, ["--config", str(file), "status", "--json"])

    at = datetime.fromisoformat(json.loads(result.stdout)["next_due_at"])
    assert at - START == pytest.approx(due, abs=timedelta(seconds=1))


def test_a_person_reads_the_same(tmp_path: Path) -> None:
    crawl(tmp_path)
    shown = status(tmp_path, SITE).stdout

    assert "no crawl is under way" in shown
    assert "2, in 2 revisions" in shown
    assert "finished, 2 new, 0 changed, 3 captures in" in shown
    assert "2026-11-22  2 of 3" in shown


def test_a_collection_without_runs_and_an_archive_without_collections(tmp_path: Path) -> None:
    nothing = status(tmp_path)
    Collection.create(tmp_path / SITE, SITE, now=lambda: datetime(2026, 1, 1, tzinfo=UTC)).close()
    empty = status(tmp_path)

    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert f"no collections in {tmp_path}" in nothing.stderr
    assert empty.exit_code == 0
    assert "last good   never" in empty.stdout


def test_a_site_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = status(tmp_path, "nowhere")

    assert (result.exit_code, result.stdout) == (10, "")


def test_status_changes_nothing(tmp_path: Path) -> None:
    with crawling(tmp_path / SITE):
        pass
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".lock"}
    status(tmp_path)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.suffix != ".lock"}

    assert {path: at for path, at in after.items() if path.is_file() and "sqlite-" not in path.name} == {
        path: at for path, at in before.items() if path.is_file() and "sqlite-" not in path.name
    }


@pytest.mark.parametrize(("share", "shown"), [(1.0, "100.0 %"), (0.9999, "99.9 %"), (0.5, "50.0 %"), (0.0, "0.0 %")])
def test_what_is_not_all_is_never_100_percent(share: float, shown: str) -> None:
    assert percent(share) == shown
