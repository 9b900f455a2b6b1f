"""What the tests of this directory share: one sample collection, one WARC of odd exchanges for each scheme."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.interop.sample import Sample, crawl_sample
from tests.wirecases import Played, Scheme, play

_SCHEMES: tuple[Scheme, ...] = ("http", "https")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    sample = crawl_sample(tmp_path_factory.mktemp("sample"))
    assert [crawled.exit_code for crawled in sample.crawls] == [0, 0], [crawled.stderr for crawled in sample.crawls]
    return sample


@pytest.fixture(scope="session")
def plays(tmp_path_factory: pytest.TempPathFactory) -> dict[Scheme, Played]:
    with ThreadPoolExecutor() as threads:
        played = threads.map(lambda scheme: play(scheme, tmp_path_factory.mktemp(scheme)), _SCHEMES)
        return dict(zip(_SCHEMES, played, strict=True))


@pytest.fixture(params=_SCHEMES)
def odd(request: pytest.FixtureRequest, plays: dict[Scheme, Played]) -> Played:
    return plays[request.param]
