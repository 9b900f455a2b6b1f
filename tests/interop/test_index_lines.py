"""Our index and our keys beside those of cdxj-indexer, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from newsarchive.collection.collection import Collection
from newsarchive.warc.cdxj import IndexLine, index_warc, parse_line
from newsarchive.warc.surt import surt_key
from tests.interop.installed import needs_interop_tools, python_tool, run
from tests.interop.sample import Sample
from tests.wirecases import Played

pytestmark = needs_interop_tools

KEYS_OF = """
import json, sys, surt
json.dump({url: surt.surt(url) for url in json.load(open(sys.argv[1]))}, sys.stdout)
"""


def listed_by_cdxj_indexer(root: Path, warcs: Iterable[Path]) -> list[IndexLine]:
    """What ``cdxj-indexer`` lists of ``warcs``. It gives recordDigest only when asked for a field of requests too."""
    done = run(
        python_tool("cdxj-indexer"),
        "--sort",
        "--digest-records",
        "--fields",
        "req.http:x-none",
        "--dir-root",
        root,
        *warcs,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [parse_line(line.encode()) for line in done.stdout.splitlines()]


def test_the_index_of_a_collection_is_that_of_cdxj_indexer(sample: Sample) -> None:
    with Collection.open(sample.root) as collection:
        ours = [parse_line(line) for line in collection.index.lines(full=True)]
        replay = [parse_line(line) for line in collection.index.lines()]

    assert ours == listed_by_cdxj_indexer(sample.root, sample.warcs)
    assert {line.mime for line in ours} >= {"text/html", "warc/revisit"}
    assert replay == [line for line in ours if line.status != 304]


def test_odd_captures_are_listed_as_cdxj_indexer_lists_them(odd: Played) -> None:
    ours = sorted(index_warc(odd.warc, odd.warc.name), key=lambda line: line.offset)
    theirs = sorted(listed_by_cdxj_indexer(odd.warc.parent, [odd.warc]), key=lambda line: line.offset)

    assert ours == theirs
    assert {line.status for line in ours} == {200, 204, 301, 304, 500, None}


def test_keys_are_those_of_the_surt_package(tmp_path: Path) -> None:
    hosts = (
        "www.Seeblick.example",
        "WWW3.a.b",
        "127.0.0.1:80",
        "localhost:9",
        "www.x.de:443",
        "u:p@h.de",
        "münchen.de",
    )
    paths = ("", "/", "/a/", "/A b/%C3%BC/ü", "/a/../b//./c", "/..", "/%2e%2E/%2525", "/(x)~|'/index.html;y=1")
    queries = ("", "?", "?b=2&A=1&&a", "?q=%26x&ß=1#f", f"?sid={'0' * 32}&x", f"?x&PHPSESSID={'aB' * 16}", "?a=b=c&a=b")
    urls = [
        f"{scheme}://{host}{path}{query}"
        for scheme in ("http", "HTTPS")
        for host in hosts
        for path in paths
        for query in queries
    ]
    (tmp_path / "urls.json").write_text(json.dumps(urls))
    done = run(python_tool("python"), "-c", KEYS_OF, tmp_path / "urls.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {url: surt_key(url) for url in urls} == json.loads(done.stdout)
