"""``newsarchive serve`` as a process: it says where it is, answers at two ports, ends on Ctrl-C, says why it cannot."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.crawling import NEWSARCHIVE, PROJECT, environment
from tests.kept import SITE, archive, crawling, exchange, keep

_PATIENCE_S = 60


@pytest.fixture(name="root", scope="module")
def _root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("archive")
    with crawling(root / SITE) as writer:
        keep(writer, archive(writer, exchange("/moin-100.html")), "Moin")
    return root


@contextmanager
def _serving(root: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """The process, the name and the port it says it is at."""
    command = [*NEWSARCHIVE, "serve", "--archive", str(root), "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            parts = urlsplit(process.stdout.readline().strip())
            assert parts.hostname is not None
            assert parts.port is not None
            yield process, parts.hostname, parts.port
        finally:
            if process.poll() is None:
                process.kill()


def _get(host: str, port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
    with closing(HTTPConnection(host, port, timeout=_PATIENCE_S)) as connection:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()


def test_it_serves_both_origins_and_ends_on_ctrl_c(root: Path) -> None:
    with _serving(root) as (process, host, port):
        assert host == "127.0.0.1"
        status, headers, text = _get(host, port, f"/{SITE}/articles/moin-100")
        assert (status, "Das Wetter wird besser" in text) == (200, True)
        assert "server" not in headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        stage = urlsplit(policy["frame-src"])
        assert stage.hostname == host
        assert stage.port not in {None, port}
        assert stage.port is not None
        assert _get(host, stage.port, f"/{SITE}/articles/moin-100")[0] == 404
        assert _get(host, port, "/about", {"Host": "evil.example"})[0] == 421
        # What a request claims to have been forwarded for decides nothing.
        forwarded = {
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Port": str(stage.port),
        }
        assert _get(host, port, "/about", forwarded)[0] == 200
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=_PATIENCE_S)
        assert process.returncode == 0
        assert "Traceback" not in talk
        assert "Ctrl-C closes it" in talk


def test_it_answers_by_names_that_it_was_given(root: Path) -> None:
    with _serving(root, "--allow-host", "archiv.example") as (_, host, port):
        status, headers, _ = _get(host, port, "/about", {"Host": f"archiv.example:{port}"})
        assert status == 200
        assert "frame-src http://archiv.example:" in headers["content-security-policy"]


_HEAD = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
_ODD = [
    b"GET /%zz%%%00%ff?%ff=%zz&&&===" + _HEAD + b"\r\n",
    b"GET /" + b"a" * 20_000 + _HEAD + b"\r\n",
    b"GET http://evil.example/nirgends" + _HEAD + b"\r\n",
    b"GET /nirgends HTTP/1.1\r\n\r\n",
    b"GET /nirgends HTTP/1.0\r\n\r\n",
    b"GET /nirgends" + _HEAD + b"Host: evil.example\r\n\r\n",
    b"GET /\xff\xfe\x00" + _HEAD + b"\r\n",
    b"GET //evil.example/%2e%2e" + _HEAD + b"\r\n",
    b"GET ///evil.example/seeblick/" + _HEAD + b"\r\n",
    b"GET *" + _HEAD + b"\r\n",
    b"CONNECT evil.example:443" + _HEAD + b"\r\n",
    b"GET /nirgends" + _HEAD + b"Range: bytes=9999-1\r\nIf-None-Match: \xff\r\n\r\n",
    b"GET /static/room.css" + _HEAD + b"Range: bytes=9999999-,x-y,--5\r\n\r\n",
    b"GET /static/room.css" + _HEAD + b"If-Modified-Since: Quatsch\r\n\r\n",
    b"POST /nirgends" + _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /nirgends" + _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /nirgends" + _HEAD + b"Content-Length: 3\r\n\r\nabc",
    b"GET /nirgends" + _HEAD + b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"\r\n\r\n\r\nquatsch\r\n\r\n",
]


def test_bytes_that_are_no_request_are_refused_and_nothing_falls(root: Path) -> None:
    with _serving(root) as (process, host, port):
        for odd in _ODD:
            with socket.create_connection((host, port), timeout=_PATIENCE_S) as connection:
                answer = b""
                # It may hang up on what it has seen enough of.
                with suppress(ConnectionError):
                    connection.sendall(odd)
                with suppress(ConnectionError):
                    while part := connection.recv(65_536):
                        answer += part
            assert re.match(rb"HTTP/1.1 [234]", answer), (odd[:60], answer[:60])
            led = re.findall(rb"(?:href=\"|src=\"|location: )([^\"\\r]*)", answer)
            assert all(re.match(rb"/(?!/)|#content", address) for address in led), (odd[:60], led)
        assert _get(host, port, "/about")[0] == 200
        process.send_signal(signal.SIGTERM)
        _, talk = process.communicate(timeout=_PATIENCE_S)
        assert "Traceback" not in talk


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NEWSARCHIVE, "serve", *arguments],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )


def test_a_port_that_is_taken_is_said(root: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        ended = _run("--archive", str(root), "--port", str(port))
    assert ended.returncode == 21
    assert f"Port {port} of 127.0.0.1 cannot be had" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "kein.name.invalid", "999.1.1.1", "a" * 300])
def test_a_host_that_this_machine_is_not_is_said(root: Path, host: str) -> None:
    ended = _run("--archive", str(root), "--port", "0", "--host", host)
    assert ended.returncode == 2
    assert "is no address of this machine" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", ["http://archiv.example/", "archiv.example:8321", "*.example", "", "[::1]:8321"])
def test_a_name_that_no_request_can_be_for_is_said(root: Path, name: str) -> None:
    ended = _run("--archive", str(root), "--port", "0", "--allow-host", name)
    assert ended.returncode == 2
    assert "is no name of a machine" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_archive_that_is_missing_or_empty_is_said(root: Path, tmp_path: Path) -> None:
    missing = _run("--archive", str(tmp_path / "fehlt"))
    assert (missing.returncode, "there is no such directory" in missing.stderr) == (15, True)
    empty = _run("--archive", str(tmp_path))
    assert (empty.returncode, "newsarchive crawl SITE makes one" in empty.stderr) == (15, True)


def test_a_single_collection_is_told_from_an_archive(root: Path) -> None:
    ended = _run("--archive", str(root / SITE))
    assert ended.returncode == 2
    assert f"--archive {root}" in ended.stderr
