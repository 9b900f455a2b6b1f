"""The sample site on the network: loopback only, HTTP/1.1, and as a process of its own."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from newsarchive.errors import UsageError
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.faults import Fault, Faulty
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.saved import SavedPages
from newsarchive.samplesite.server import Asked, Serving, serve
from newsarchive.samplesite.site import SampleSite


@pytest.fixture(scope="module")
def site() -> SampleSite:
    return SampleSite(invent_stories(12, seed=1), weight_bytes=0)


@pytest.fixture(scope="module")
def serving(site: SampleSite) -> Iterator[Serving]:
    with serve(site) as serving:
        yield serving


@pytest.fixture
def client(serving: Serving) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    yield connection
    connection.close()


def test_site_knows_where_it_is_served(site: SampleSite, serving: Serving, client: http.client.HTTPConnection) -> None:
    assert site.base_url == serving.base_url == f"http://127.0.0.1:{serving.port}"
    client.request("GET", site.stories[0].path)
    page = client.getresponse().read()
    assert f'<link rel="canonical" href="{serving.base_url}{site.stories[0].path}"/>'.encode() in page


def test_one_connection_carries_many_requests(site: SampleSite, client: http.client.HTTPConnection) -> None:
    client.connect()
    used = client.sock
    for story in site.stories:
        client.request("GET", story.path, headers={"Accept-Encoding": "gzip"})
        response = client.getresponse()
        assert response.status == 200
        assert len(response.read()) == int(response.headers["Content-Length"])
        assert client.sock is used


def test_head_has_the_headers_of_get_and_no_body(site: SampleSite, client: http.client.HTTPConnection) -> None:
    path = site.stories[0].path
    client.request("GET", path)
    got = client.getresponse()
    length = len(got.read())
    client.request("HEAD", path)
    head = client.getresponse()
    assert head.read() == b""
    assert int(head.headers["Content-Length"]) == length
    assert head.headers["ETag"] == got.headers["ETag"]


def test_not_modified_has_no_body_and_no_length(site: SampleSite, client: http.client.HTTPConnection) -> None:
    client.request("GET", "/")
    tag = client.getresponse()
    tag.read()
    client.request("GET", "/", headers={"If-None-Match": tag.headers["ETag"]})
    response = client.getresponse()
    assert (response.status, response.read(), response.headers["Content-Length"]) == (304, b"", None)


def _exchange(port: int, sent: bytes) -> bytes:
    """All that the server says to ``sent`` until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received


def test_pipelined_requests_are_answered_in_order(serving: Serving) -> None:
    received = _exchange(
        serving.port,
        b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\nGET /nichts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    assert received.index(b"HTTP/1.1 200 OK") < received.index(b"HTTP/1.1 404 Not Found")
    assert received.count(b"Connection: close") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /login HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b", b"405"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET http://other/ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"431"),
    ],
)
def test_other_requests_end_the_connection_with_a_status(serving: Serving, sent: bytes, status: bytes) -> None:
    received = _exchange(serving.port, sent)
    assert received.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in received


def test_http_1_0_is_closed_after_one_answer(serving: Serving) -> None:
    assert _exchange(serving.port, b"GET /robots.txt HTTP/1.0\r\n\r\n").endswith(b"Disallow: /\n")


def test_redirects_and_losses_reach_the_client(client: http.client.HTTPConnection, site: SampleSite) -> None:
    moved, lost = site.stories[1], site.stories[2]
    site.move(moved.slug, "/inland/verzogen-100.html", moved.modified)
    site.withdraw(lost.slug, lost.modified)
    client.request("GET", moved.path)
    response = client.getresponse()
    response.read()
    assert (response.status, response.headers["Location"]) == (301, f"{site.base_url}/inland/verzogen-100.html")
    client.request("GET", lost.path)
    response = client.getresponse()
    assert response.status == 410
    assert "Nicht mehr verfügbar" in response.read().decode()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org"])  # noqa: S104  # what must be refused
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(UsageError, match="loopback"), serve(SavedPages({}), host=host):
        pass


def test_taken_port_is_a_clear_error(serving: Serving) -> None:
    with pytest.raises(UsageError, match=f"port {serving.port}"), serve(SavedPages({}), port=serving.port):
        pass


def test_saved_pages_are_served_too() -> None:
    with serve(SavedPages({"/alt-100.html": b"<p>alt</p>"})) as serving:
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
        connection.request("GET", "/alt-100.html")
        assert connection.getresponse().read() == b"<p>alt</p>"
        # The server must end although this connection is still open.
    connection.close()


def test_runs_as_a_process_and_prints_its_address() -> None:
    command = [sys.executable, "-m", "newsarchive.samplesite", "--articles", "4", "--seed", "2", "--weight", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = urlsplit(process.stdout.readline().strip())
            assert address.hostname == "127.0.0.1"
            connection = http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=10)
            connection.request("GET", invent_stories(4, seed=2)[0].path)
            served = connection.getresponse().read()
            connection.close()
        finally:
            process.terminate()
    site = SampleSite(invent_stories(4, seed=2), base_url=address.geturl(), weight_bytes=0)
    expected: Answer = site.respond(invent_stories(4, seed=2)[0].path, "", {})
    assert served == expected.body


def test_every_request_is_told_with_the_servers_own_time() -> None:
    told: list[Asked] = []
    noon = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
    with serve(SampleSite((), weight_bytes=0), now=lambda: noon, tell=told.append) as serving:
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
        connection.request("GET", "/archiv?datum=gestern", headers={"X-Test": "1"})
        response = connection.getresponse()
        length = len(response.read())
        connection.request("HEAD", "/robots.txt")
        connection.getresponse().read()
        connection.close()
    assert response.headers["Date"] == "Sun, 01 Feb 2026 12:00:00 GMT"
    assert [(each.method, each.path, each.query, each.answer.status, each.at) for each in told] == [
        ("GET", "/archiv", "datum=gestern", 404, noon),
        ("HEAD", "/robots.txt", "", 200, noon),
    ]
    assert told[0].headers["x-test"] == "1"
    assert told[0].sent_bytes > length > 0


def test_connections_can_be_reset_and_refused() -> None:
    site = Faulty(SampleSite((), weight_bytes=0), lambda: datetime.now(UTC), [Fault(kind="reset", path="/hilfe")])
    with serve(site) as serving:
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
        connection.request("GET", "/hilfe")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
        connection.close()
        with serving.refusing(), pytest.raises(ConnectionRefusedError):
            connection.connect()
        connection.request("GET", "/impressum")
        assert connection.getresponse().status == 200
        connection.close()
