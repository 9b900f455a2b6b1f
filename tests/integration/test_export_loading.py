"""What others load of an export, with their own libraries, is what the archive has; examples in docs/export.md run."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from warcio import ArchiveIterator

from newsarchive.export.names import row_id, split
from newsarchive.export.text import plain_text
from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import article_schema, from_json, to_line
from newsarchive.warc.records import Record
from newsarchive.warc.rules import check_digests, check_fields
from newsarchive.warc.strict import Member, MeteredFile, parse_strictly, read_members
from tests.exports import SITE, files, make_archive, selected, write

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
LIBRARIES = ("datasets", "duckdb", "pandas", "polars", "spacy")
pytestmark = pytest.mark.skipif(
    not all(map(find_spec, LIBRARIES)), reason="what people load exports with is missing: make corpora-tools"
)
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an archive, in which the commands of the page were run."""
    root = tmp_path_factory.mktemp("workplace")
    make_archive(root / "archive")
    for command in COMMANDS:
        run(["sh", "-euc", command], root)
    return root


def run(command: list[str], directory: Path) -> str:
    """Run a program of a user there; what it prints. Nothing may be fetched."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_HOME": str(directory / "cache"),
        "HF_HUB_OFFLINE": "1",
    }
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def load(program: str, directory: Path) -> Any:
    """What a program prints as JSON. Warnings of the libraries it loads are their own affair."""
    return json.loads(run([sys.executable, "-c", program], directory))


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.split("\n", 1)[0] for example in EXAMPLES])
def test_the_examples_of_the_page_run(example: str, workplace: Path) -> None:
    assert run([sys.executable, "-c", example], workplace)


def test_the_page_has_an_example_for_every_library() -> None:
    assert {"newsarchive", "spacy", "datasets", "duckdb", "polars", "pandas", "warcio"} <= set(
        re.findall(r"^(?:import|from) (\w+)", "\n".join(EXAMPLES), re.MULTILINE)
    )
    assert len(COMMANDS) == 1


def test_datasets_loads_the_folder_in_its_splits(workplace: Path) -> None:
    program = """
import json
from datasets import load_dataset
dataset = load_dataset("corpus/hf")
print(json.dumps({name: [[row["id"], row["text"], row["tags"]] for row in part] for name, part in dataset.items()}))
"""
    loaded = load(program, workplace)
    expected = selected(workplace / "archive", f"{SITE} rights:drop-expired")

    assert {name: sorted(row[0] for row in rows) for name, rows in loaded.items()} == {
        name: sorted(row_id(article) for article in expected if split(article.site, article.article_id) == name)
        for name in {split(article.site, article.article_id) for article in expected}
    }
    texts = {
        row_id(article): [article.text, [{"name": t.name, "slug": t.slug} for t in article.tags]]
        for article in expected
    }
    assert {row[0]: row[1:] for rows in loaded.values() for row in rows} == texts


def test_datasets_loads_json_lines(workplace: Path) -> None:
    program = """
import json
from datasets import load_dataset
rows = load_dataset("json", data_files="corpus/jsonl/data/tagesschau.jsonl", split="train")
print(json.dumps([[row["article_id"], row["revision"], row["text"]] for row in rows]))
"""
    expected = selected(workplace / "archive", "kind:article,liveblog")

    assert load(program, workplace) == [[one.article_id, one.revision, one.text] for one in expected]


READERS = {
    "duckdb": """
import duckdb, json
rows = duckdb.sql("SELECT id, headline, epoch_us(captured.at), updates, body FROM ("
    "SELECT id, headline, {'at': capture.captured_at} AS captured, len(updates) AS updates, len(body) AS body "
    "FROM read_parquet('corpus/parquet/data/**/*.parquet'))").fetchall()
print(json.dumps(rows))
""",
    "pandas": """
import json, pandas
table = pandas.read_parquet("corpus/parquet/data")
micros = lambda at: int(pandas.Timestamp(at).tz_convert("UTC").value // 1000)
print(json.dumps([[row.id, row.headline, micros(row.capture["captured_at"]), len(row.updates), len(row.body)]
    for row in table.itertuples()]))
""",
    "polars": """
import json, polars as pl
table = pl.read_parquet("corpus/parquet/data/**/*.parquet").select(
    "id", "headline", pl.col("capture").struct.field("captured_at").dt.timestamp("us"),
    pl.col("updates").list.len(), pl.col("body").list.len())
print(json.dumps(table.rows()))
""",
    "datasets": """
import json
from datasets import load_dataset
rows = load_dataset("parquet", data_files="corpus/parquet/data/**/*.parquet", split="train")
print(json.dumps([[row["id"], row["headline"], round(row["capture"]["captured_at"].timestamp() * 1e6),
    len(row["updates"]), len(row["body"])] for row in rows]))
""",
}


@pytest.mark.parametrize("library", READERS)
def test_parquet_reads_the_same_everywhere(library: str, workplace: Path) -> None:
    loaded = load(READERS[library], workplace)

    expected = [
        [
            row_id(article),
            article.headline,
            round(article.capture.captured_at.astimezone(UTC).timestamp() * 1e6),
            len(article.updates),
            len(article.body),
        ]
        for article in selected(workplace / "archive", "revision:all")
    ]
    assert sorted(loaded) == sorted(expected)


def test_parquet_holds_the_whole_record(workplace: Path) -> None:
    program = """
import json, pyarrow.parquet as pq
from pathlib import Path
paths = sorted(Path("corpus/parquet/data").rglob("*.parquet"))
rows = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
print(json.dumps(rows, default=lambda value: value.isoformat()))
"""
    loaded = load(program, workplace)
    expected = selected(workplace / "archive", "revision:all")

    assert len(loaded) == len(expected)
    for row, article in zip(loaded, expected, strict=True):
        assert row.pop("id") == row_id(article)
        # The same instants; all else as it is.
        assert from_json(json.dumps(row), Article) == article


def test_spacy_reads_the_records_as_they_come(workplace: Path) -> None:
    program = """
import json, newsarchive, spacy
nlp = spacy.blank("de")
with newsarchive.open("archive/tagesschau") as archive:
    texts = [article.text for article in archive.articles()]
print(json.dumps([[doc.text, len(doc)] for doc in nlp.pipe(texts)]))
"""
    loaded = load(program, workplace)

    assert [text for text, _ in loaded] == [article.text for article in selected(workplace / "archive")]
    assert all(tokens >= len(text.split()) for text, tokens in loaded)


def test_json_lines_are_those_of_the_archive_and_of_the_schema(workplace: Path, tmp_path: Path) -> None:
    write("jsonl", "revision:all", workplace / "archive", tmp_path / "out")
    stored = b"".join(
        path.read_bytes() for path in sorted(workplace.glob("archive/*/articles/*/*/*/*.jsonl")) if "." not in path.stem
    )
    exported = (tmp_path / f"out/data/{SITE}.jsonl").read_bytes()
    validator = Draft202012Validator(article_schema())

    assert exported == stored
    for line in exported.splitlines():
        validator.validate(json.loads(line))


def test_text_files_and_their_table(workplace: Path) -> None:
    root = workplace / "corpus/text"
    expected = selected(workplace / "archive", "published:2023..")
    with (root / f"documents-{SITE}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["id"] for row in rows] == [row_id(article) for article in expected]
    assert [(root / row["file"]).read_text("utf-8") for row in rows] == [plain_text(article) for article in expected]
    assert [row["tags"].split("|") for row in rows] == [[tag.name for tag in article.tags] for article in expected]
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=root, check=True, capture_output=True
    )
    assert checked.stdout == b""
    listed = {line.split("  ", 1)[1] for line in (root / "SHA256SUMS").read_text("utf-8").splitlines()}
    assert listed == {name for name in files(root) if name.startswith("data/")}


def test_wet_records_refer_to_their_captures(workplace: Path) -> None:
    expected = selected(workplace / "archive", SITE)
    captured = set()
    for path in workplace.glob("archive/*/warc/*/*/*/*.warc.gz"):
        with path.open("rb") as stream:
            captured |= {record.rec_headers["WARC-Record-ID"] for record in ArchiveIterator(stream)}
    found = []
    with (workplace / f"corpus/wet/data/{SITE}-00000.warc.wet.gz").open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            fields, content = record.rec_headers, record.content_stream().read()
            if record.rec_type == "conversion":
                assert fields["WARC-Refers-To"] in captured
                assert fields["WARC-Block-Digest"] == str(Digest.of(content))
                found.append((fields["WARC-Target-URI"], fields["Content-Type"], content.decode()))
            else:
                assert record.rec_type == "warcinfo"

    assert found == [(article.url, "text/plain", plain_text(article)) for article in expected]


def test_wet_records_keep_to_the_rules_of_warc(workplace: Path) -> None:
    with (workplace / f"corpus/wet/data/{SITE}-00000.warc.wet.gz").open("rb") as raw:
        members = list(read_members(MeteredFile(raw, lambda length: None), with_digests=False))
    records = [parse_strictly(member.content) for member in members if isinstance(member, Member)]

    assert len(records) == len(members) > 30
    for record in records:
        assert isinstance(record, Record)
        assert [*check_fields(record), *check_digests(record)] == []


def test_a_row_of_an_export_is_found_again_by_its_id(workplace: Path) -> None:
    counts = Counter(row_id(article) for article in selected(workplace / "archive", "revision:all"))

    assert set(counts.values()) == {1}
    assert to_line(selected(workplace / "archive")[0]).startswith(b'{"schema":1,"site":"tagesschau"')
