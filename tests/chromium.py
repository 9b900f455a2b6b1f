"""A real Chromium, driven by Playwright, that reaches nothing but this machine; and what it says of itself."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.interop.installed import CHROMIUM, NODE_MODULES

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)

PATIENCE_MS = 20_000
"""So long a page may take on a busy machine before the test fails."""

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What happened in one context: errors on the console and in scripts, addresses asked for, answers above 399."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)

    def elsewhere(self) -> set[str]:
        """Hosts asked for that are not this machine."""
        hosts = {urlsplit(url).hostname for url in self.requests if url.startswith(("http:", "https:", "ws:", "wss:"))}
        return {host for host in hosts if host is not None and not _is_here(host)}


@contextmanager
def chromium(net_log: Path) -> Iterator[Browser]:
    """A browser; all that it does on the network goes into the file ``net_log``, whole once it is closed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*_ARGUMENTS, f"--log-net-log={net_log}"], chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def context(
    browser: Browser,
    *,
    base_url: str,
    language: str = "de",
    theme: Theme = "light",
    width_px: int = 1200,
    javascript: bool = True,
) -> Iterator[tuple[BrowserContext, Seen]]:
    """A browser as one reader has set it up, and what is seen of it."""
    seen = Seen()
    opened = browser.new_context(
        base_url=base_url,
        locale=language,
        color_scheme=theme,
        viewport={"width": width_px, "height": 800},
        java_script_enabled=javascript,
        reduced_motion="reduce",
    )
    opened.set_default_timeout(PATIENCE_MS)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.errors.append(f"{message.text} ({message.location.get('url')})")

    opened.on("console", hear)
    opened.on("weberror", lambda failed: seen.errors.append(str(failed.error)))
    opened.on("request", lambda request: seen.requests.append(request.url))
    opened.on(
        "response",
        lambda response: seen.failures.append((response.status, response.url)) if response.status >= 400 else None,
    )
    try:
        yield opened, seen
    finally:
        opened.close()


def connected(net_log: Path) -> set[str]:
    """The addresses that a browser, closed since, has connected to; and ``DNS`` where it asked a name server."""
    written = json.loads(net_log.read_bytes())
    names = {number: name for name, number in written["constants"]["logEventTypes"].items()}
    found = set()
    for event in written["events"]:
        match names[event["type"]]:
            case "TCP_CONNECT_ATTEMPT" if "address" in event.get("params", {}):
                found.add(event["params"]["address"].rpartition(":")[0].strip("[]"))
            case "DNS_TRANSACTION_QUERY" | "UDP_BYTES_SENT":
                found.add("DNS")
    return found


def leaves_the_machine(net_log: Path) -> set[str]:
    """Those of the addresses connected to that are not of this machine."""
    return {address for address in connected(net_log) if not _is_here(address)}


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA, and against its own best practices, in the page as it is."""
    page.evaluate((NODE_MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, {iframes: false, resultTypes: ['violations']})).violations"
    )
    return [
        f"{violation['id']}: {violation['help']}: {'; '.join(node['html'][:200] for node in violation['nodes'][:3])}"
        for violation in found
    ]


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
