"""WARCs indexed by the indexers of other makers, as CDXJ lines to compare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.interop.installed import node_tool, python_tool, run


class IndexLine(NamedTuple):
    """What a line of CDXJ says of a capture; ``digest`` without the name of its algorithm."""

    key: str
    timestamp: str
    url: str
    status: str | None
    digest: str
    offset: int
    length: int


def parse_lines(text: Iterable[str]) -> list[IndexLine]:
    """Read lines of CDXJ."""
    lines = []
    for line in text:
        key, timestamp, document = line.split(" ", 2)
        fields = json.loads(document)
        lines.append(
            IndexLine(
                key=key,
                timestamp=timestamp,
                url=fields["url"],
                status=fields.get("status"),
                digest=fields["digest"].removeprefix("sha256:"),
                offset=int(fields["offset"]),
                length=int(fields["length"]),
            )
        )
    return lines


def index_with_cdxj_indexer(warc: Path) -> list[IndexLine]:
    """What ``cdxj-indexer --sort`` makes of ``warc``."""
    done = run(python_tool("cdxj-indexer"), "--sort", warc)
    assert (done.returncode, done.stderr) == (0, "")
    return parse_lines(done.stdout.splitlines())


def index_with_warcio_js(warc: Path) -> list[IndexLine]:
    """What ``warcio cdx-index`` of warcio.js makes of ``warc``, in the order of the file."""
    done = run(*node_tool("warcio", "dist/cli.cjs"), "cdx-index", warc)
    assert (done.returncode, done.stderr) == (0, "")
    return parse_lines(done.stdout.splitlines())
