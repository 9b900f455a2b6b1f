"""What ``make replay`` runs: pywb and ReplayWeb.page start, say where they are, answer there, and end on Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

from tests.crawling import PROJECT
from tests.interop.installed import needs_interop_tools, needs_npm_tools
from tests.interop.sample import Sample

_OUTPUT = re.compile(r"pywb +(http://127\.0\.0\.1:\d+/news/http://127\.0\.0\.1:\d+/\S+)\n")
_PAGE = re.compile(r"ReplayWeb\.page +(http://127\.0\.0\.1:\d+/\?source=(/collection\.wacz))\n")


def fetch(address: str) -> tuple[int, bytes]:
    """Status and body of what is at ``address``."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@needs_interop_tools
@needs_npm_tools
def test_both_start_and_end(sample: Sample) -> None:
    root = os.path.relpath(sample.root, PROJECT)  # as make gives it
    command = (sys.executable, "-m", "tests.interop.replay", root)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT) as replay:
        assert replay.stdout
        try:
            printed = [replay.stdout.readline() for _ in range(3)]
            replayed, page = _OUTPUT.fullmatch(printed[0]), _PAGE.fullmatch(printed[1])
            assert replayed, printed
            assert page, printed
            assert fetch(replayed[1])[0] == 200
            status, app = fetch(page[1])
            assert (status, b"<replay-app-main>" in app) == (200, True)
            status, wacz = fetch(page[1].replace(f"/?source={page[2]}", page[2]))
            assert (status, wacz[:2]) == (200, b"PK")
            replay.send_signal(signal.SIGINT)
            _, complaints = replay.communicate(timeout=30)
        finally:
            replay.kill()
    assert (replay.returncode, complaints) == (0, "")
