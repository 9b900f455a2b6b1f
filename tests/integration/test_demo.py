"""The demo: the whole job in one command, and what a terminal shows meanwhile."""

from __future__ import annotations

import http.client
import os
import pty
import re
import signal
import subprocess
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from newsarchive.collection.collection import Collection
from newsarchive.model.revision import changes
from newsarchive.samplesite.life import Playback
from newsarchive.samplesite.site import SampleSite
from newsarchive.samplesite.week import moments, plan_week
from tests.crawling import NEWSARCHIVE, PROJECT, environment

UNTIL = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    archive = tmp_path_factory.mktemp("demo")
    return archive, _demo(archive).stdout


def _demo(archive: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*NEWSARCHIVE, "demo", "--articles", "12", "--keep", str(archive), "--until", UNTIL.isoformat()],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=PROJECT,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    return done


def test_the_demo_shows_the_whole_job(shown: tuple[Path, str]) -> None:
    archive, text = shown
    with Collection.open(archive / "tagesschau") as collection:
        runs = collection.runs()
        articles = {article.article_id: article for article in collection.articles()}
    assert {run.outcome for run in runs} == {"finished"}
    assert [run.started_at.date() for run in runs][:: len(runs) - 1] == [date(2026, 11, 17), date(2026, 11, 22)]
    assert articles.keys() == _met()
    (advice,) = re.findall(r"^newsarchive articles show (\S+) --archive", text, re.MULTILINE)
    assert articles[advice].headline in text
    assert articles[advice].text in text
    for path in re.findall(rf"{re.escape(str(archive))}\S+\.(?:jsonl|gz|log)", text):
        assert Path(path).is_file()


def _met() -> set[str]:
    """The stories that were out when a crawl came by; whatever is removed before that, nobody can have."""
    site = SampleSite(())
    life = Playback(plan_week(12, 1, UNTIL), site)
    met = set()
    for at in moments(UNTIL):
        life.play(at)
        met |= {story.slug for story in site.stories}
    return met


def test_its_week_has_an_edit_of_each_kind_a_silent_one_and_a_removal(shown: tuple[Path, str]) -> None:
    archive, text = shown
    (told,) = re.findall(r"^newsarchive revisions diff (\S+) --archive", text, re.MULTILINE)
    with Collection.open(archive / "tagesschau") as collection:
        revisions = [collection.article(told, each.revision) for each in collection.revisions(told)]
        removed = [
            sighting.article_id
            for last in collection.last_revisions()
            for sighting in collection.sightings(last.article_id)
            if sighting.is_removal
        ]
    told_of = [changes(old, new) for old, new in pairwise(filter(None, revisions))]
    assert [each.silent for each in told_of] == [False, False, True, False]
    assert "corrections" in told_of[-1].fields
    assert any(each and each.startswith("trinkwasser-quellenau") for each in removed)


def test_pictures_of_the_demo_are_archived(shown: tuple[Path, str]) -> None:
    archive, _ = shown
    with Collection.open(archive / "tagesschau") as collection:
        captures = {capture.url: capture for capture in collection.captures() if "/image/" in capture.url}
        wanted = {image.url for article in collection.articles() for image in article.images}
    assert wanted
    assert wanted <= captures.keys()
    assert all(capture.payload.startswith(b"\x89PNG") for capture in captures.values())


def test_a_demo_that_is_there_is_shown_as_it_is(shown: tuple[Path, str]) -> None:
    archive, text = shown
    before = sorted(path for path in archive.rglob("*") if path.is_file())
    again = _demo(archive)

    assert "is shown as it is" in again.stderr
    assert text.endswith(again.stdout)
    assert sorted(path for path in archive.rglob("*") if path.is_file()) == before


def test_the_demo_ends_with_the_address_of_the_reading_room(shown: tuple[Path, str]) -> None:
    archive, _ = shown
    with subprocess.Popen(
        [*NEWSARCHIVE, "demo", "--keep", str(archive), "--serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=environment() | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        address = next(
            line.strip() for line in process.stdout if line.startswith("http://127.0.0.1:") and line[-2] == "/"
        )
        connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=60)
        connection.request("GET", "/tagesschau?q=F%C3%A4hre&lang=de")
        page = connection.getresponse().read().decode()
        connection.close()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert "Alle 212 Menschen an Bord gerettet" in page
    assert process.returncode == 0, said


def test_a_terminal_shows_a_progress_line_instead_of_the_log(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*NEWSARCHIVE, "demo", "--articles", "6", "--keep", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        cwd=PROJECT,
        env=environment() | {"TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        terminal = _read_to_end(ours)
        stdout, _ = process.communicate(timeout=200)

    assert process.returncode == 0, terminal
    assert "articles, 0 problems" in terminal
    assert "INFO" not in terminal
    assert "outcome" not in terminal
    assert "finished" in stdout
    assert list(tmp_path.glob("tagesschau/logs/*.log"))


def _read_to_end(terminal: int) -> str:
    pieces = []
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:  # the other side has closed it
        pass
    finally:
        os.close(terminal)
    return b"".join(pieces).decode("utf-8", "replace")
