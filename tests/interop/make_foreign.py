"""Makes the WARC files in ``tests/interop/foreign``: the same invented pages, captured by programs of other makers.

    python -m tests.interop.make_foreign <directory of warcprox> <directory of pywb's commands>

wget and warcio are taken from where they are. Each file is named for its program and what it was told to do;
``versions.txt`` beside them says which release wrote it. Run by hand when a program writes differently; the tests
read what is committed.
"""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.interop.foreign_pages import PAGES
from tests.rawserver import Act, RawServer

FOREIGN = Path(__file__).parent / "foreign"

_WARCIO = """
import sys
from warcio.capture_http import capture_http
import http.client
target, port, options, *paths = sys.argv[1:]
with capture_http(target, **eval(options)):
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", int(port))
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        connection.getresponse().read()
"""

# It refuses loopback addresses, and writes the name of the machine into the file.
_WARCPROX = """
import socket, sys
socket.gethostname = lambda: "proxy.example"
socket.gethostbyname = lambda name: "127.0.0.1"
from warcprox.main import main
from warcprox.warcproxy import WarcProxyHandler
WarcProxyHandler.allow_localhost = True
main(["warcprox", *sys.argv[1:]])
"""

_PYWB = {
    "collections": {"live": "$live", "news": {"index_paths": "news/indexes", "archive_paths": "news/archive"}},
    "recorder": {"source_coll": "live", "filename_template": "news-{timestamp}-{random}.warc.gz"},
}


def _scripts() -> dict[str, tuple[bytes | Act, ...]]:
    """What is served: a page gzipped and chunked, one chunked, one with its length."""
    head = f"HTTP/1.1 200 OK\r\nServer: invented\r\nDate: {formatdate(0, usegmt=True)}\r\nContent-Type: text/html\r\n"
    scripts: dict[str, tuple[bytes | Act, ...]] = {}
    for number, (path, page) in enumerate(PAGES.items()):
        body = gzip.compress(page, mtime=0) if number == 0 else page
        coding = "Content-Encoding: gzip\r\n" if number == 0 else ""
        framing = "Transfer-Encoding: chunked\r\n\r\n" if number < 2 else f"Content-Length: {len(page)}\r\n\r\n"
        scripts[path] = ((head + coding + framing).encode() + (_chunked(body) if number < 2 else body), Act.CLOSE)
    return scripts


def _chunked(body: bytes) -> bytes:
    pieces = (body[start : start + 1000] for start in range(0, len(body), 1000))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout + done.stderr


def _release(python: str | Path, package: str) -> str:
    return _run(python, "-c", f"import importlib.metadata as m; print(m.version('{package}'))", cwd=Path()).strip()


def _wget(server: RawServer, directory: Path) -> str:
    urls = [server.url(path) for path in PAGES]
    fixed = ("wget", "--quiet", "--no-warc-keep-log", "--delete-after", "--compression=gzip")
    _run(*fixed, "--warc-file=wget", "--warc-cdx", *urls, cwd=directory)
    _run(*fixed, "--warc-file=wget-dedup", "--warc-dedup=wget.cdx", *urls, cwd=directory)
    _run("wget", "--quiet", "--delete-after", "--warc-file=wget-plain", "--no-warc-compression", *urls, cwd=directory)
    for name in ("wget.warc.gz", "wget-dedup.warc.gz", "wget-plain.warc"):
        shutil.copy(directory / name, FOREIGN / name)
    return _run("wget", "--version", cwd=directory).split()[2]


def _warcio(server: RawServer, directory: Path) -> str:
    for name, options in (
        ("warcio-1.0.warc.gz", {"warc_version": "1.0"}),
        ("warcio-1.1.warc.gz", {"warc_version": "1.1"}),
        ("warcio-plain.warc", {"warc_version": "1.1", "gzip": False}),
    ):
        _run(sys.executable, "-c", _WARCIO, name, str(server.port), repr(options), *PAGES, cwd=directory)
        shutil.copy(directory / name, FOREIGN / name)
    return _release(sys.executable, "warcio")


def _warcprox(server: RawServer, directory: Path, tools: Path) -> str:
    port = _free_port()
    command = (tools / "python", "-c", _WARCPROX, "-z", "-p", str(port), "-b", "127.0.0.1", "-d", "warcs", "--quiet")
    with _running(command, port, directory):
        for url in [server.url(path) for path in PAGES] * 2:
            connection = HTTPConnection("127.0.0.1", port)
            connection.request("GET", url, headers={"Accept-Encoding": "gzip"})
            connection.getresponse().read()
            time.sleep(1.5)  # it writes, and knows for its deduplication, only a while later
    (made,) = (directory / "warcs").glob("*.warc.gz")
    shutil.copy(made, FOREIGN / "warcprox.warc.gz")
    return _release(tools / "python", "warcprox")


def _pywb(server: RawServer, directory: Path, tools: Path) -> str:
    port = _free_port()
    (directory / "config.yaml").write_text(json.dumps(_PYWB))
    archive = directory / "collections" / "news" / "archive"
    archive.mkdir(parents=True)
    with _running((tools / "wayback", "-p", str(port), "-b", "127.0.0.1"), port, directory):
        for path in PAGES:
            connection = HTTPConnection("127.0.0.1", port)
            connection.request("GET", f"/news/record/id_/{server.url(path)}", headers={"Accept-Encoding": "gzip"})
            response = connection.getresponse()
            if response.status != 200 or not response.read():
                raise RuntimeError(f"pywb answered {response.status}")
        time.sleep(2)
    (made,) = archive.glob("*.warc.gz")
    shutil.copy(made, FOREIGN / "pywb.warc.gz")
    return _release(tools / "python", "pywb")


@contextmanager
def _running(command: tuple[str | Path, ...], port: int, directory: Path) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=directory)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def main(warcprox: str, pywb: str) -> None:
    """Make them all."""
    FOREIGN.mkdir(exist_ok=True)
    versions = []
    with RawServer(_scripts()) as server, TemporaryDirectory() as name:
        makers: dict[str, Callable[[Path], str]] = {
            "wget": lambda at: _wget(server, at),
            "warcio": lambda at: _warcio(server, at),
            "warcprox": lambda at: _warcprox(server, at, Path(warcprox)),
            "pywb": lambda at: _pywb(server, at, Path(pywb)),
        }
        for program, make in makers.items():
            directory = Path(name, program)
            directory.mkdir()
            versions.append(f"{program} {make(directory)}\n")
    (FOREIGN / "versions.txt").write_text("".join(versions))


if __name__ == "__main__":
    main(*sys.argv[1:])
