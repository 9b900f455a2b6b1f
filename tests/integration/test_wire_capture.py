"""Every odd exchange, over HTTP and TLS: what is in the WARC file is what was on the wire, both ways."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from newsarchive.crawl.wire import FRAMING_ROOM_BYTES
from newsarchive.model.digest import Digest
from tests.rawserver import Act, RawServer
from tests.wirecases import CAP_BYTES, CASES, ROBOTS, Case, Played, Scheme, crawl, play, read_archived

SCHEMES: tuple[Scheme, ...] = ("http", "https")


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> dict[Scheme, Played]:
    with ThreadPoolExecutor() as threads:
        return dict(zip(SCHEMES, threads.map(lambda s: play(s, tmp_path_factory.mktemp(s)), SCHEMES), strict=True))


@pytest.fixture(params=SCHEMES)
def played(request: pytest.FixtureRequest, plays: dict[Scheme, Played]) -> Played:
    return plays[request.param]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_archive_holds_what_was_on_the_wire(played: Played, case: Case) -> None:
    served, archived = played.of(case)
    assert len(served) == case.attempts
    assert len(archived) == case.attempts - case.unrecorded
    for wire, kept in zip(served[case.unrecorded :], archived, strict=True):
        assert kept.request.block == wire.received
        assert wire.sent.startswith(kept.received)
        if case.whole:
            assert kept.received == wire.sent
        else:
            assert 0 < len(kept.received) <= CAP_BYTES + FRAMING_ROOM_BYTES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_archive_says_what_it_holds(played: Played, case: Case) -> None:
    _, archived = played.of(case)
    for kept in archived:
        assert kept.metadata.get("interim_responses", "") == case.interim.decode("latin-1")
        assert kept.metadata.get("surplus", "") == case.surplus.decode("latin-1")
        assert kept.request.header("WARC-IP-Address") == "127.0.0.1"
        if case.record_type is None:
            assert kept.response is None
            assert kept.metadata["no_response"] == case.truncated
            continue
        assert kept.response
        assert kept.stored
        assert kept.response.type == case.record_type
        assert kept.response.header("WARC-Truncated") == kept.stored.truncated == case.truncated
        assert ("not_http" in kept.metadata) == (case.record_type == "resource")
        assert kept.stored.ref.status == case.status
        assert case.payload is None or kept.stored.payload == case.payload
        for digest in (kept.response.header("WARC-Payload-Digest"), kept.stored.ref.payload_digest):
            assert str(digest) == str(Digest.of(kept.stored.payload))
        assert kept.response.header("WARC-Block-Digest") == str(Digest.of(kept.response.block))
        assert kept.request.header("WARC-Date") == kept.response.header("WARC-Date")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_spider_is_given_the_capture(played: Played, case: Case) -> None:
    outcome, record_id = played.outcomes[case.name].split()
    _, archived = played.of(case)
    if case.name == "moved":
        kept = played.of(CASES[0])[1][-1]
    elif outcome == "500":
        kept = archived[-1]  # the response is that of the last attempt; a failed request remembers its own
    else:
        kept = archived[0]
    assert record_id == (kept.stored.ref.record_id if kept.stored else "None")
    if outcome.isdecimal() and case.name != "moved":
        assert int(outcome) == case.status


def test_robots_txt_is_archived(played: Played) -> None:
    robots = [kept for kept in played.archived if kept.path == "/robots.txt"]
    assert [kept.received for kept in robots] == [ROBOTS]


def test_tls_is_described(plays: dict[Scheme, Played]) -> None:
    for kept in plays["http"].archived:
        assert [value for name, value in kept.request.headers if name == "WARC-Protocol"] == ["http/1.1"]
        assert kept.request.header("WARC-Cipher-Suite") is None
        assert "certificates" not in kept.metadata
    spelled_out = []
    for kept in plays["https"].archived:
        assert [value for name, value in kept.request.headers if name == "WARC-Protocol"] == ["http/1.1", "tls/1.3"]
        assert re.fullmatch(r"TLS_\w+_SHA\d+", kept.request.header("WARC-Cipher-Suite") or "")
        chain = kept.metadata["certificates"]
        assert isinstance(chain, list)
        assert len(chain) == len(plays["https"].chain) == 2
        spelled_out.append(tuple(certificate.get("pem") for certificate in chain))
    assert spelled_out[0] == plays["https"].chain
    assert set(spelled_out[1:]) == {(None, None)}


def test_warcio_objects_only_to_payloads_without_chunks(played: Played) -> None:
    # warcio digests the chunk framing too (webrecorder/warcio#74); WARC 1.1 wants the payload without it.
    check = subprocess.run(
        [Path(sys.executable).with_name("warcio"), "check", played.warc], capture_output=True, text=True
    )
    findings = re.findall(r"WARC-Record-ID <(\S+)> response\n +payload digest failed", check.stdout)
    expected = [
        kept.stored.ref.record_id for case in CASES if case.warcio_objects for kept in played.of(case)[1] if kept.stored
    ]
    assert sorted(findings) == sorted(expected)
    assert check.stdout.count("failed") == len(expected)
    assert check.stderr == ""


def test_each_of_many_at_once_keeps_its_own_bytes(tmp_path: Path) -> None:
    def script(number: int) -> Iterator[bytes | Act]:
        if number % 3 == 0:
            yield Act.CLOSE_IF_REUSED
        body = b"%d " % number * number
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        yield body

    scripts = {f"/{number}": list(script(number)) for number in range(1, 90)}
    with RawServer(scripts | {"/robots.txt": [ROBOTS]}) as server:
        outcomes = crawl(tmp_path / "a.warc.gz", [{"url": server.url(path)} for path in scripts], at_once=True)
    assert {outcome.split()[0] for outcome in outcomes.values()} == {"200"}
    archived = {kept.path: kept for kept in read_archived(tmp_path / "a.warc.gz")}
    last = {served.path: served for served in server.served}
    assert archived.keys() == last.keys() == scripts.keys() | {"/robots.txt"}
    for path, served in last.items():
        assert archived[path].received == served.sent
        assert archived[path].request.block == served.received


def test_response_without_its_bytes_stops_the_crawl(tmp_path: Path) -> None:
    with RawServer({"/a": CASES[0].script}) as server:
        request = {"url": server.url("/a"), "meta": {"dont_obey_robotstxt": True}}
        outcomes = crawl(tmp_path / "a.warc.gz", [request], handler="BlindHandler")
    assert outcomes == {server.url("/a"): "CaptureLost None", "stopped": "CaptureLost"}


def test_response_that_cannot_be_stored_stops_the_crawl(tmp_path: Path) -> None:
    with RawServer({"/a": CASES[0].script}) as server:
        request = {"url": server.url("/a"), "meta": {"dont_obey_robotstxt": True}}
        outcomes = crawl(tmp_path / "a.warc.gz", [request], sink="FullSink")
    assert outcomes == {server.url("/a"): "StorageFailed None", "stopped": "StorageFailed"}


def test_nothing_is_archived_where_nobody_listens(tmp_path: Path) -> None:
    with RawServer({}) as server:
        url = server.url("/a")
    request = {"url": url, "meta": {"dont_obey_robotstxt": True, "dont_retry": True, "stored_capture": "stale"}}
    assert crawl(tmp_path / "a.warc.gz", [request]) == {url: "DownloadConnectionRefusedError None"}
    assert list(read_archived(tmp_path / "a.warc.gz")) == []
