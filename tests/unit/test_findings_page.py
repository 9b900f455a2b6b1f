"""docs/findings.md has a row for each code of a check or a crawl, with the severity and remedy the code gives."""

from __future__ import annotations

import re
from pathlib import Path

from newsarchive.crawl.outcome import TROUBLES
from newsarchive.model.faults import FAULTS

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| `([\w-]+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$",
    (ROOT / "docs" / "findings.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_every_code_has_its_row_with_severity_and_remedy() -> None:
    documented = {code: (severity, remedy) for code, severity, _, remedy in ROWS}

    assert documented == {code: (fault.severity, fault.remedy) for code, fault in (FAULTS | TROUBLES).items()}


def test_no_code_is_of_a_check_and_of_a_crawl() -> None:
    assert FAULTS.keys().isdisjoint(TROUBLES)


def test_no_code_has_two_rows_and_no_row_is_empty() -> None:
    assert len({code for code, _, _, _ in ROWS}) == len(ROWS)
    assert all(meaning.strip() for _, _, meaning, _ in ROWS)


def test_every_code_is_one_that_the_checks_know() -> None:
    sources = [*(ROOT / "newsarchive" / "checks").glob("*.py"), ROOT / "newsarchive" / "warc" / "rules.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)

    assert [code for code in FAULTS if f'"{code}"' not in text] == []
