"""The same bytes give the same line: in any order, process, zone, locale, and on any day."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import time_machine

from newsarchive.extraction.extract import extract
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_line
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.pages import Pages
from newsarchive.sites.registry import get_site
from tests.corpus import load_cases, stored_page
from tests.invented import invented_pages

PAGES = Pages("https://www.tagesschau.de")
CASES = {
    **{
        story.slug: stored_page(PAGES.story(story), url=PAGES.base_url + story.path)
        for story in invent_stories(56, seed=7)
    },
    **invented_pages(),
    **{case.name: case.stored() for case in load_cases()},
}
"""Pages of the sample site of every kind, small ones of older layouts, and the real ones where there is a corpus."""


def digest_all(*, backwards: bool = False) -> str:
    """One digest over the lines of all pages, by name; read in the other order when ``backwards``."""
    lines = {name: line(name) for name in sorted(CASES, reverse=backwards)}
    return str(Digest.of(b"".join(name.encode() + b" " + lines[name] for name in sorted(lines))))


def line(name: str) -> bytes:
    """The line of one page, or the reason why there is none."""
    return to_line(extract(CASES[name], get_site("tagesschau")))


@pytest.fixture(scope="module")
def reference() -> str:
    return digest_all()


def test_order_and_repetition_do_not_matter(reference: str) -> None:
    assert digest_all(backwards=True) == reference


@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
        {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "3"},
    ],
    ids=["tokyo", "posix", "german"],
)
def test_another_process_reads_the_same(reference: str, environment: dict[str, str]) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LC_") and name != "LANG"}
    found = subprocess.run(
        [sys.executable, "-c", "from tests.quality.test_purity import digest_all; print(digest_all())"],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == reference


@pytest.mark.parametrize("day", [datetime(1999, 12, 31, 23, 59, tzinfo=UTC), datetime(2038, 2, 1, 12, 0, tzinfo=UTC)])
def test_the_day_does_not_matter(reference: str, day: datetime) -> None:
    with time_machine.travel(day, tick=False):
        assert digest_all() == reference


def test_the_coding_of_the_payload_does_not_matter_but_for_its_digest() -> None:
    for case in load_cases():
        plain, coded = (extract(case.stored(coding), get_site("tagesschau")).article for coding in ("identity", "gzip"))
        if plain is None or coded is None:
            assert plain is coded
            continue
        assert plain.content_digest == coded.content_digest
        assert plain.text == coded.text
