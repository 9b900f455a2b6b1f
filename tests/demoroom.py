"""The reading room over the archive of a demo, as it is for whoever runs ``newsarchive serve``."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from newsarchive.collection.collection import Collection
from newsarchive.web.record_ids import in_path
from tests.chromium import Seen
from tests.crawling import NEWSARCHIVE, PROJECT, environment

UNTIL = "2026-11-22T12:00:00Z"
SITE = "tagesschau"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A reading room: where it is, over which archive, and ids of the articles that are looked at.

    ``told`` is the one with a silent edit, ``gone`` was removed; ``capture`` is the path of the page of the former, as
    it was captured last.
    """

    base_url: str
    archive: Path
    told: str
    gone: str
    capture: str

    @property
    def site(self) -> str:
        """The path of its collection."""
        return f"/{SITE}"

    def article(self, article_id: str, more: str = "") -> str:
        """The path of an article, or of what belongs to it."""
        return f"/{SITE}/articles/{article_id}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page, and what was seen of all that happened in it."""

    page: Page
    seen: Seen


def make_demo(archive: Path, *, articles: int) -> None:
    """The archive of ``newsarchive demo`` with so many articles, of a week that ends at ``UNTIL``."""
    subprocess.run(
        [*NEWSARCHIVE, "demo", "--articles", str(articles), "--keep", str(archive), "--until", UNTIL, "--no-serve"],
        check=True,
        capture_output=True,
        timeout=280,
        cwd=PROJECT,
        env=environment(),
    )


@contextmanager
def demo_room(archive: Path) -> Iterator[Demo]:
    """The reading room over the archive of a demo while the block runs."""
    with Collection.open(archive / SITE) as collection:
        newest = {article.topline: article for article in collection.articles()}
    told = newest["Fähre vor Ostermünde"]
    with serving(archive) as base_url:
        yield Demo(
            base_url=base_url,
            archive=archive,
            told=told.article_id,
            gone=newest["Trockenheit in Hochtalmark"].article_id,
            capture=f"/{SITE}/captures/{in_path(told.capture.record_id)}",
        )


@contextmanager
def serving(archive: Path) -> Iterator[str]:
    """``newsarchive serve`` over ``archive``; the address of the reading room, without a slash at the end."""
    with subprocess.Popen(
        [*NEWSARCHIVE, "serve", "--archive", str(archive), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address), (address, process.stderr.read())
        try:
            yield address.rstrip("/")
        finally:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "Traceback" not in said
