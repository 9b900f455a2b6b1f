"""WARCs indexed by the indexers of other makers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tests.interop.installed import node_tool, python_tool, run


class IndexLine(NamedTuple):
    """What a line of CDXJ says of a capture, whoever wrote it.

    ``digest`` is without the name of its algorithm, ``filename`` without directories.
    """

    key: str
    timestamp: str
    url: str
    status: str | None
    digest: str
    offset: int
    length: int
    filename: str


def parse_lines(lines: Iterable[bytes]) -> list[IndexLine]:
    """Read lines of CDXJ."""
    parsed = []
    for line in lines:
        key, timestamp, document = line.decode().split(" ", 2)
        fields = json.loads(document)
        parsed.append(
            IndexLine(
                key=key,
                timestamp=timestamp,
                url=fields["url"],
                status=fields.get("status"),
                digest=fields["digest"].removeprefix("sha256:"),
                offset=int(fields["offset"]),
                length=int(fields["length"]),
                filename=PurePosixPath(fields["filename"]).name,
            )
        )
    return parsed


def index_with_cdxj_indexer(*warcs: Path, root: Path, options: Sequence[str] = ()) -> list[bytes]:
    """The lines that ``cdxj-indexer --sort`` makes of ``warcs``, which lie below ``root``."""
    done = run(python_tool("cdxj-indexer"), "--sort", "--dir-root", root, *options, *warcs)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.encode().splitlines()


def index_with_warcio_js(warc: Path) -> list[IndexLine]:
    """What ``warcio cdx-index`` of warcio.js makes of ``warc``, in the order of the file."""
    done = run(*node_tool("warcio", "dist/cli.cjs"), "cdx-index", warc)
    assert (done.returncode, done.stderr) == (0, "")
    return parse_lines(done.stdout.encode().splitlines())
