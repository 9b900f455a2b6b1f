"""A real pywb over the sample collection: every capture is served as it was captured, with Memento headers."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsarchive.warc.cdxj import index_warc, to_line
from newsarchive.warc.reader import read_captures
from tests.interop.installed import needs_interop_tools
from tests.interop.pywbserver import COLLECTION, Pywb, pywb
from tests.interop.sample import Sample, Stored
from tests.wirecases import Played, Scheme

pytestmark = needs_interop_tools


@pytest.fixture(scope="module")
def served(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pywb]:
    with pywb(sample.root, tmp_path_factory.mktemp("pywb")) as running:
        yield running


def raw_path(stored: Stored) -> str:
    """Where pywb serves a capture without rewriting it."""
    return f"{stored.timestamp}id_/{stored.url}"


def test_every_capture_is_served_with_its_payload(sample: Sample, served: Pywb) -> None:
    captures = sample.captures()
    statuses = set()
    for stored in captures:
        answer = served.get(raw_path(stored))
        statuses.add(answer.status)
        assert stored.record.block.startswith(b"HTTP/1.1 %d " % answer.status), stored.url
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        assert digest == stored.record.header("WARC-Payload-Digest"), stored.url
        assert answer.headers["Memento-Datetime"] == format_datetime(stored.at, usegmt=True)
        assert f'<{stored.url}>; rel="original"' in answer.headers["Link"]
    assert statuses == {200, 301, 404}
    kinds = Counter(stored.record.type for stored in captures)
    assert kinds["response"] > 12
    assert kinds["revisit"] > 3


def test_redirect_leads_where_it_led(sample: Sample, served: Pywb) -> None:
    redirect = sample.captures_of(sample.moved)[0]
    answer = served.get(raw_path(redirect))
    location = re.search(rb"\r\nLocation: (\S+)\r\n", redirect.record.block)
    assert location
    assert (answer.status, answer.headers["Location"]) == (301, location[1].decode())
    target = sample.captures_of(answer.headers["Location"].removeprefix(sample.base_url))[0]
    assert served.get(raw_path(target)).status == 200


def test_missing_page_is_served_as_missing(sample: Sample, served: Pywb) -> None:
    for stored in sample.captures_of(sample.missing):
        answer = served.get(raw_path(stored))
        assert (answer.status, b"Seite nicht gefunden" in answer.body) == (404, True)


def test_compressed_page_is_served_in_either_form(sample: Sample, served: Pywb) -> None:
    path = raw_path(sample.captures_of(sample.told.path)[0])
    assert served.get(path).headers["Content-Encoding"] == "gzip"
    plain = served.get(path, Accept_Encoding="identity")
    assert plain.headers["Content-Encoding"] is None
    assert sample.told.headline in plain.body.decode()


def test_what_was_never_captured_is_not_found(served: Pywb) -> None:
    assert served.get("20261122093000id_/http://nowhere.example/").status == 404


def test_timemap_lists_every_capture_of_an_address(sample: Sample, served: Pywb) -> None:
    captures = sample.captures_of("/robots.txt")
    assert len(captures) == 2
    url = captures[0].url
    timemap = served.get(f"timemap/link/{url}").body.decode()
    assert f'<{url}>; rel="original"' in timemap
    mementos = re.findall(r'<(\S+)>; rel="memento"; datetime="([^"]+)"', timemap)
    assert mementos == [
        (f"{served.address}{stored.timestamp}mp_/{url}", format_datetime(stored.at, usegmt=True)) for stored in captures
    ]


def test_timegate_gives_the_capture_next_to_a_time(sample: Sample, served: Pywb) -> None:
    for stored in sample.captures_of("/robots.txt"):
        answer = served.get(stored.url, Accept_Datetime=format_datetime(stored.at, usegmt=True))
        assert f"/{COLLECTION}/{stored.timestamp}mp_/{stored.url}>" in answer.headers["Link"]
        assert "accept-datetime" in answer.headers["Vary"].lower()


FRAMED = ("bad-chunk-size", "chunked-extensions-trailers", "chunked-long-extension")
"""Chunks that are unusual or wrong: warcio, which pywb reads with, leaves some of the framing in the payload."""


def test_odd_captures_are_served_but_for_these(plays: dict[Scheme, Played], tmp_path: Path) -> None:
    odd = plays["http"].warc
    index = tmp_path / "indexes" / "replay" / "odd.cdxj"
    index.parent.mkdir(parents=True)
    index.write_bytes(b"".join(sorted(to_line(line) for line in index_warc(odd, odd.name) if line.is_replayable)))
    shutil.copy(odd, tmp_path)
    different = {}
    with pywb(tmp_path, tmp_path / "pywb") as running:
        for capture in read_captures(odd, odd.name):
            case = urlsplit(capture.url).path[1:]
            # Four thousand header lines are more than Python's HTTP client takes; a 304 is not in the index.
            if case not in ("endless-head", "not-modified"):
                answer = running.get(f"{capture.ref.captured_at:%Y%m%d%H%M%S}id_/{capture.url}")
                if (answer.status, answer.body) != (capture.ref.status or 200, capture.payload):
                    different[case] = answer.status
    # Python's WSGI takes no reason phrase beyond Latin-1.
    assert different == {"utf-8-reason": 500} | dict.fromkeys(FRAMED, 200)
