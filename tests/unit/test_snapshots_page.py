"""docs/snapshots.md has a row for each code of a verification, with the severity and remedy the code gives."""

from __future__ import annotations

import re
from pathlib import Path

from newsarchive.snapshot import contents
from newsarchive.snapshot.faults import SNAPSHOT_FAULTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "snapshots.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w-]+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)


def test_every_code_has_its_row_with_severity_and_remedy() -> None:
    documented = {code: (severity, remedy) for code, severity, _, remedy in ROWS}

    assert documented == {code: (fault.severity, fault.remedy) for code, fault in SNAPSHOT_FAULTS.items()}
    assert len(documented) == len(ROWS)


def test_every_code_is_one_that_a_verification_knows() -> None:
    sources = [path for path in (ROOT / "newsarchive" / "snapshot").glob("*.py") if path.name != "faults.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)

    assert [code for code in SNAPSHOT_FAULTS if f'"{code}"' not in text] == []


def test_the_drawing_names_every_file_as_the_code_does() -> None:
    drawn = re.findall(r"^[├└]── (\S+?),? +(?:(index\.idx) )?", PAGE, re.MULTILINE)

    assert [name for name, _ in drawn if "<" not in name] == [
        "indexes/index.cdx.gz",
        "pages/pages.jsonl",
        contents.ARTICLES,
        contents.SIGHTINGS,
        contents.COLLECTION,
        contents.MANIFEST,
        "datapackage.json",
        "datapackage-digest.json",
    ]
