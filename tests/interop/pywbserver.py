"""A pywb on a loopback port, over a collection as it lies on disk."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, IncompleteRead
from pathlib import Path

from newsarchive.collection.layout import Layout
from tests.interop.installed import python_tool

COLLECTION = "news"
_START_S = 60
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """An answer of pywb; ``body`` with its content coding, and as far as it came."""

    status: int
    headers: HTTPMessage
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pywb:
    """A running pywb, whose collection is at ``http://127.0.0.1:<port>/news/``."""

    port: int

    @property
    def address(self) -> str:
        """Where the collection is, with a slash at the end."""
        return f"http://127.0.0.1:{self.port}/{COLLECTION}/"

    def get(self, path: str, **headers: str) -> Replayed:
        """Ask for ``path`` below the collection. Names of headers have ``_`` in place of ``-``."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            asked = {"Accept-Encoding": "gzip", "Connection": "close"}
            asked |= {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", f"/{COLLECTION}/{path}", headers=asked)
            response = connection.getresponse()
            try:
                body = response.read()
            except IncompleteRead as cut:
                body = cut.partial
            return Replayed(status=response.status, headers=response.headers, body=body)
        finally:
            connection.close()


@contextmanager
def pywb(root: Path, directory: Path) -> Iterator[Pywb]:
    """Serve the collection in ``root`` by its own replay index while the block runs.

    ``directory`` takes configuration and log. Raises ``RuntimeError`` with the log when pywb does not start.
    """
    # pywb changes into its own directory.
    root = root.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    collections = {COLLECTION: {"index_paths": str(Layout(root).indexes / "replay"), "archive_paths": f"{root}/"}}
    # JSON is YAML.
    (directory / "config.yaml").write_text(json.dumps({"collections": collections}))
    with _serving(directory) as running:
        yield running


@contextmanager
def pywb_of_waczs(waczs: Sequence[Path], directory: Path) -> Iterator[Pywb]:
    """Have pywb take apart ``waczs`` into a collection of its own in ``directory``, and serve that. Raises alike."""
    directory.mkdir(parents=True, exist_ok=True)
    added = [("add", "--unpack-wacz", COLLECTION, wacz.resolve()) for wacz in waczs]
    for arguments in (("init", COLLECTION), *added):
        command = (python_tool("wb-manager"), *arguments)
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(f"pywb does not take it:\n{done.stdout}{done.stderr}")
    with _serving(directory) as running:
        yield running


@contextmanager
def _serving(directory: Path) -> Iterator[Pywb]:
    log = directory / "pywb.log"
    for _ in range(_ATTEMPTS):
        # pywb wants to be told a port; another process may be quicker to take the one that was free.
        port = _free_port()
        with log.open("wb") as output:
            command = (python_tool("wayback"), "--bind", "127.0.0.1", "--port", str(port), "--directory", directory)
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            if _listening(port, process):
                yield Pywb(port=port)
                return
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    raise RuntimeError(f"pywb does not start:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listening(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the process listens; false when it ended instead, or takes too long."""
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return process.poll() is None
        time.sleep(0.05)
    return False
