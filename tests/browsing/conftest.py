"""What the tests of this directory share: the archive of a demo, a reading room over it, and a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page

from tests.chromium import Seen, chromium, context, leaves_the_machine
from tests.demoroom import Demo, Opened, demo_room, make_demo
from tests.interop.installed import CHROMIUM

ARTICLES = 30

_OF_THE_PLAYER = re.compile(
    r"/replay/(?:ui\.js|w/api/c/id-[0-9a-f]+|w/\S+/favicon\.ico)|^Blocked script execution in '[^']+/replay/w/"
)
"""What ReplayWeb.page says of itself: it first asks its own service worker for a collection that is not loaded yet, and
for an icon that no page has. Archived scripts do not run, and Chromium says of each that it was blocked."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No test of this directory can do without a browser."""
    here = Path(__file__).parent
    missing = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing: make browser-tools")
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(missing)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the demo, made once for all processes that share the tests."""
    shared = tmp_path_factory.getbasetemp().parent
    if "gw" not in tmp_path_factory.getbasetemp().name:
        shared = tmp_path_factory.mktemp("shared")
    made = shared / "demo"
    with FileLock(shared / "demo.lock"):
        if not (made / "whole").exists():
            make_demo(made, articles=ARTICLES)
            (made / "whole").touch()
    return made


@pytest.fixture(scope="session")
def demo(archive: Path) -> Iterator[Demo]:
    with demo_room(archive) as demo:
        yield demo


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    net_log = tmp_path_factory.mktemp("browser") / "network.json"
    with chromium(net_log) as browser:
        yield browser
    assert leaves_the_machine(net_log) == set()


@pytest.fixture
def browser_page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """A page of which nothing is held against it."""
    with context(browser, base_url=demo.base_url) as (opened, _):
        yield opened.new_page()


@pytest.fixture
def opens(demo: Demo, browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a path as ``tests.chromium.context`` sets a browser up; at the end, no error may have been seen, and no
    request to another machine."""
    everything: list[Seen] = []
    with ExitStack() as stack:

        def open_path(path: str, **reader: Any) -> Opened:
            opened, seen = stack.enter_context(context(browser, base_url=demo.base_url, **reader))
            everything.append(seen)
            page = opened.new_page()
            page.goto(path)
            return Opened(page=page, seen=seen)

        yield open_path
        for seen in everything:
            assert [error for error in seen.errors if not _OF_THE_PLAYER.search(error)] == []
            assert [url for _, url in seen.failures if not _OF_THE_PLAYER.search(url)] == []
            assert seen.elsewhere() == set()
