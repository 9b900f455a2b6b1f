"""Replay of a collection, for people to look at and for tests: pywb over its files, ReplayWeb.page over a snapshot.

``python -m tests.interop.replay COLLECTION`` starts both, prints where they are and runs until Ctrl-C.
"""

from __future__ import annotations

import html
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click

from newsarchive.collection.collection import Collection
from newsarchive.snapshot.create import create
from newsarchive.snapshot.sign import create_key, read_key
from tests.interop.installed import NODE_MODULES
from tests.interop.pywbserver import pywb
from tests.interop.rangeserver import serving_files

WACZ_PATH = "/collection.wacz"
_PACKAGE = NODE_MODULES / "replaywebpage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPage:
    """ReplayWeb.page on loopback: ``base_url`` without a slash at the end; ``ranges``: paths asked for in part."""

    base_url: str
    ranges: list[str]

    @property
    def app(self) -> str:
        """The application, with the collection loaded."""
        return f"{self.base_url}/?source={quote(WACZ_PATH)}"


def make_wacz(root: Path, wacz: Path) -> None:
    """Seal the collection in ``root`` as a signed snapshot."""
    key = wacz.with_suffix(".pem")
    create_key(key)
    with Collection.open(root) as collection:
        create(collection, wacz, key=read_key(key))


def component_page(url: str, timestamp: str) -> bytes:
    """A page with the component of ReplayWeb.page, showing the capture of ``url`` at ``timestamp`` (14 digits).

    The component gives its service worker a third of a second to start, and shows nothing after that; so the page
    starts the worker, as the component would, and waits for it.
    """
    attributes = {"source": WACZ_PATH, "url": url, "ts": timestamp, "replayBase": "/replay/", "embed": "replayonly"}
    component = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"""<!doctype html>
<meta charset="utf-8">
<title>Replay</title>
<link rel="icon" href="data:,">
<script src="/ui.js"></script>
<template><replay-web-page {component}></replay-web-page></template>
<script type="module">
  const scope = "/replay/";
  const registration = await navigator.serviceWorker.register(`${{scope}}sw.js?serveIndex=1`, {{ scope }});
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  while (worker.state !== "activated") {{
    await new Promise((resolve) => worker.addEventListener("statechange", resolve, {{ once: true }}));
  }}
  document.body.append(document.querySelector("template").content);
</script>
""".encode()


@contextmanager
def replay_page(wacz: Path, pages: dict[str, bytes]) -> Iterator[ReplayPage]:
    """Serve ReplayWeb.page, the WACZ and further ``pages`` (path to content) while the block runs."""
    ranges: list[str] = []
    files: dict[str, Path | bytes] = {
        "/": _PACKAGE / "index.html",
        "/ui.js": _PACKAGE / "ui.js",
        "/sw.js": _PACKAGE / "sw.js",
        "/replay/ui.js": _PACKAGE / "ui.js",
        "/replay/sw.js": _PACKAGE / "sw.js",
        WACZ_PATH: wacz,
        **pages,
    }
    with serving_files(files, ranges) as base_url:
        yield ReplayPage(base_url=base_url, ranges=ranges)


def main(root: Path) -> None:
    """Start both, say where, and wait for Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="newsarchive-replay-") as name:
        directory = Path(name)
        wacz = directory / "collection.wacz"
        make_wacz(root, wacz)
        with (
            Collection.open(root) as collection,
            pywb(root, directory / "pywb") as running,
            replay_page(wacz, {}) as page,
        ):
            article = next(iter(collection.articles()))
            click.echo(f"pywb           {running.address}{article.url}")
            click.echo(f"ReplayWeb.page {page.app}")
            click.echo("Ctrl-C ends both.")
            stop.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
