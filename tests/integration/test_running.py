"""Crawls as they are run for years: by settings, with metrics, in JSON lines, by the schedule."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from newsarchive.collection.collection import Collection
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from tests.crawling import NEWSARCHIVE, PROJECT, environment


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve(SampleSite(invent_stories(12, seed=5))) as serving:
        yield serving.base_url


@pytest.fixture
def settings(tmp_path: Path, site: str) -> Path:
    """A settings file for the sample site, and everything beside it."""
    file = tmp_path / "newsarchive.toml"
    file.write_text(
        f"""
        archive = "archive"
        metrics = "metrics"
        log_format = "json"
        [crawl]
        delay_s = 0
        [schedule]
        sites = ["tagesschau"]
        every = "1h"
        [sites.tagesschau]
        base_url = "{site}"
        """
    )
    return file


def run(settings: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NEWSARCHIVE, "--config", str(settings), *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=PROJECT,
        env=environment(),
    )


def log(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def metrics(directory: Path) -> dict[str, float]:
    """Samples without labels, and exit codes."""
    text = (directory / "newsarchive-tagesschau.prom").read_text(encoding="utf-8")
    return {
        sample.name.removeprefix("newsarchive_") + "".join(sample.labels.get("exit_code", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if set(sample.labels) <= {"site", "exit_code"}
    }


def test_a_crawl_by_settings_leaves_json_lines_and_metrics(settings: Path) -> None:
    done = run(settings, "crawl", "tagesschau")
    on_stderr = log(done.stderr)
    in_file = log(next(settings.parent.glob("archive/tagesschau/logs/*.log")).read_text(encoding="utf-8"))
    found = metrics(settings.parent / "metrics")

    assert done.returncode == 0, done.stderr
    assert {line["site"] for line in on_stderr} == {"tagesschau"}
    (run_id,) = {line["run"] for line in on_stderr if "run" in line}
    assert all(line["run"] == run_id for line in in_file)
    new = [line for line in in_file if line["event"] == "article-new"]
    assert len(new) == found["articles_total"] > 0
    assert all(line["url"].startswith("http://127.0.0.1") for line in new)
    assert on_stderr[-1]["event"] == "run-committed"
    assert on_stderr[-1]["captures"] == found["captures_total"]
    assert (found["last_run_exit_code"], found["runs_total0"]) == (0, 1)
    assert found["last_run_completeness_ratio"] == 1
    assert found["last_success_timestamp_seconds"] == found["last_run_timestamp_seconds"]


def test_a_crawl_that_is_refused_leaves_metrics_too(settings: Path) -> None:
    with Collection.create(settings.parent / "archive" / "tagesschau", "tagesschau") as collection, collection.lock():
        locked = run(settings, "crawl", "tagesschau")
    unreachable = run(settings, "crawl", "tagesschau", "--base-url", "http://127.0.0.1:9")
    anonymous = run(settings, "crawl", "tagesschau", "--base-url", "http://seeblick.example")
    found = metrics(settings.parent / "metrics")

    assert [locked.returncode, unreachable.returncode, anonymous.returncode] == [12, 11, 2]
    assert [log(done.stderr)[-1]["exit_code"] for done in (locked, unreachable, anonymous)] == [12, 11, 2]
    assert [found[f"runs_total{code}"] for code in (12, 11, 2)] == [1, 1, 1]
    assert found["last_run_exit_code"] == 2
    assert "last_success_timestamp_seconds" not in found


def test_metrics_that_cannot_be_written_do_not_spoil_the_crawl(settings: Path) -> None:
    (settings.parent / "file").touch()
    done = run(settings, "crawl", "tagesschau", "--metrics", str(settings.parent / "file" / "metrics"))
    last = log(done.stderr)[-1]

    assert done.returncode == 0
    assert (last["event"], last["level"]) == ("metrics-not-written", "warning")
    assert last["message"].startswith("no metrics: Could not write ")


def test_settings_that_are_wrong_end_a_crawl_before_it_begins(settings: Path) -> None:
    settings.write_text("[sites.tageschau]\n")
    done = run(settings, "crawl", "tagesschau")

    assert done.returncode == 2
    assert "sites.tageschau: there is no site called tageschau" in done.stderr
    assert not (settings.parent / "archive").exists()


# --- the schedule ---


class Scheduled:
    """A schedule that runs as a process; its lines as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    def wait_for(self, event: str) -> dict[str, Any]:
        """Read lines up to the next one of ``event``."""
        assert self.process.stderr is not None
        for text in self.process.stderr:
            self.lines.append(json.loads(text))
            if self.lines[-1]["event"] == event:
                return self.lines[-1]
        raise AssertionError(f"it ended without {event}: {self.lines}")

    def end(self) -> int:
        """Read to the end; the exit code."""
        assert self.process.stderr is not None
        rest = self.process.stderr.read().splitlines()
        self.lines += [json.loads(text) for text in rest]
        return self.process.wait(timeout=60)

    @property
    def events(self) -> list[str]:
        """What the schedule itself said."""
        return [line["event"] for line in self.lines if line["logger"].startswith("newsarchive.operation")]


@contextmanager
def scheduled(settings: Path, *arguments: str) -> Iterator[Scheduled]:
    process = subprocess.Popen(
        [*NEWSARCHIVE, "--config", str(settings), "schedule", "run", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=environment(),
    )
    with process:
        try:
            yield Scheduled(process)
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_schedule_crawls_until_a_signal_ends_it(settings: Path, number: signal.Signals, exit_code: int) -> None:
    with scheduled(settings) as schedule:
        ended = schedule.wait_for("crawl-ended")
        schedule.process.send_signal(number)
        code = schedule.end()

    assert code == exit_code
    assert (ended["site"], ended["exit_code"]) == ("tagesschau", "0")
    assert schedule.events == ["planned", "crawl-begins", "crawl-ended", "schedule-ended"]
    with Collection.open(settings.parent / "archive" / "tagesschau") as collection:
        assert [run.outcome for run in collection.runs()] == ["finished"]


def test_a_crawl_under_way_ends_in_order_with_the_schedule(settings: Path) -> None:
    settings.write_text(settings.read_text().replace("delay_s = 0", "delay_s = 0.2"))
    with scheduled(settings) as schedule:
        schedule.wait_for("article-new")
        schedule.process.send_signal(signal.SIGTERM)
        code = schedule.end()

    assert code == 0
    assert "schedule-ending" in schedule.events
    with Collection.open(settings.parent / "archive" / "tagesschau") as collection:
        assert [run.outcome for run in collection.runs()] == ["interrupted"]
        assert collection.left_runs() == ()


def test_a_crawl_by_hand_makes_the_schedule_skip_and_settings_are_read_anew(settings: Path) -> None:
    with (
        Collection.create(settings.parent / "archive" / "tagesschau", "tagesschau") as collection,
        collection.lock(),
        scheduled(settings) as schedule,
    ):
        skipped = schedule.wait_for("crawl-skipped")
        settings.write_text("[schedule]\nevry = 3\n")
        schedule.process.send_signal(signal.SIGHUP)
        refused = schedule.wait_for("settings-refused")
        schedule.process.send_signal(signal.SIGTERM)
        code = schedule.end()

    assert code == 0
    assert skipped["level"] == "info"
    assert schedule.events == ["planned", "crawl-skipped", "settings-refused", "schedule-ended"]
    assert "there is no setting schedule.evry" in refused["message"]


def test_a_schedule_without_sites_says_so(settings: Path) -> None:
    settings.write_text("")
    done = run(settings, "schedule", "run")

    assert done.returncode == 2
    assert "Which sites?" in done.stderr


@pytest.mark.parametrize("command", ["run", "systemd", "cron"])
def test_a_schedule_of_a_live_site_needs_somebody_responsible(settings: Path, command: str) -> None:
    settings.write_text('[schedule]\nsites = ["tagesschau"]\n')
    done = run(settings, "schedule", command)

    assert done.returncode == 2
    assert "tagesschau again and again unnamed: set contact" in done.stderr


def test_units_and_lines_call_this_very_program_with_its_settings(settings: Path) -> None:
    units = run(settings, "schedule", "systemd", "--user", "archivist")
    lines = run(settings, "schedule", "cron")
    archive = settings.parent / "archive"
    called = f"-m newsarchive --config {settings} crawl --archive {archive} --metrics {settings.parent / 'metrics'}"

    assert (units.returncode, lines.returncode) == (0, 0)
    assert f"{called} %i\n" in units.stdout
    assert "User=archivist\n" in units.stdout
    assert f"{called} tagesschau 2>&1" in lines.stdout
    assert "systemctl enable --now newsarchive@tagesschau.timer" in units.stderr


def test_units_go_into_a_directory(settings: Path) -> None:
    done = run(settings, "schedule", "systemd", "--into", str(settings.parent))

    assert (done.returncode, done.stdout) == (0, "")
    assert (settings.parent / "newsarchive@.timer").read_text().startswith("[Unit]\n")
    assert (settings.parent / "newsarchive@.service").read_text().startswith("[Unit]\n")
