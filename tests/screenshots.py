"""Pictures of the reading room over the demo, for docs/images: ``python -m tests.screenshots DIRECTORY``.

Each page in both themes, as much of it as fits a window.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.chromium import THEMES, chromium, context
from tests.demoroom import Demo, demo_room, make_demo

WIDTH_PX, HEIGHT_PX = 1100, 800
ARTICLES = 60


def paths(demo: Demo) -> dict[str, str]:
    """The pages that are pictured, by name."""
    return {
        "search": f"{demo.site}?q=Fähre+OR+Brunnen",
        "article": demo.article(demo.told),
        "history": demo.article(demo.told, "/history"),
        "diff": demo.article(demo.told, "/diff?old=3&new=4"),
        "replay": demo.capture,
        "overview": f"{demo.site}/overview?days=7",
    }


def settle(page: Page, name: str) -> None:
    """Wait until what is shown late is there, and show the part of the page that matters."""
    if name == "replay":
        stage = page.locator("iframe.stage")
        expect(stage).to_be_visible()
        replayed = page.wait_for_event("framenavigated", lambda frame: "mp_/http" in frame.url, timeout=60_000)
        replayed.wait_for_load_state("networkidle")
    else:
        page.wait_for_load_state("networkidle")
    if name == "diff":
        page.locator("del").first.scroll_into_view_if_needed()


def main(directory: Path) -> None:
    """Make the demo, open it, take the pictures."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name, "archive")
        make_demo(archive, articles=ARTICLES)
        with demo_room(archive) as demo, chromium(Path(name, "network.json")) as browser:
            for theme in THEMES:
                with context(browser, base_url=demo.base_url, language="en", theme=theme, width_px=WIDTH_PX) as (
                    here,
                    _,
                ):
                    for what, path in paths(demo).items():
                        page = here.new_page()
                        page.set_viewport_size({"width": WIDTH_PX, "height": HEIGHT_PX})
                        page.goto(path, wait_until="commit")
                        settle(page, what)
                        page.screenshot(path=directory / f"{what}-{theme}.png")
                        page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
