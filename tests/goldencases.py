"""Golden cases: pages and what must come out of them, in ``tests/golden/cases/<case>/``.

What is in a case is said in ``newsarchive.drafting.case``, which makes new ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsarchive.drafting.case import Came, golden_capture, golden_extraction, print_expectation
from newsarchive.extraction.page import decode, parse
from newsarchive.extraction.reader import AnyPageReader
from newsarchive.model.capture import StoredCapture
from newsarchive.model.serialize import from_json
from newsarchive.sites.registry import all_sites
from newsarchive.sites.site import Site, UrlRules

CASES = Path(__file__).parent / "golden" / "cases"

ANY_SITE = Site(
    name="any",
    title="A site without readers of its own",
    base_url="https://bote.example",
    language="de",
    timezone="Europe/Berlin",
    readers=(AnyPageReader,),
    channels=(),
    urls=UrlRules(article=r"/.+"),
)
"""What any other news site is: the generic reader reads its pages, the plain one its flat texts."""

SITES = {**all_sites(), ANY_SITE.name: ANY_SITE}


@dataclass(frozen=True)
class GoldenCase:
    """One directory of ``cases``."""

    path: Path

    @property
    def name(self) -> str:
        """The name of its directory."""
        return self.path.name

    @property
    def expectation(self) -> Path:
        """The file that says what must come out."""
        return self.path / "article.json"

    @cached_property
    def came(self) -> Came:
        """How the page came. Raises ``ValueError`` when ``capture.json`` does not say it."""
        return from_json((self.path / "capture.json").read_bytes(), Came)

    @property
    def site(self) -> Site:
        """The site whose readers read it."""
        return SITES[self.came.site]

    @cached_property
    def stored(self) -> StoredCapture:
        """The page as it would come out of a WARC file."""
        return golden_capture(self.came, (self.path / self.came.page_name).read_bytes())

    @cached_property
    def extracted(self) -> dict[str, Any]:
        """What comes out now, as JSON, with nothing of the extractor but its reader."""
        return golden_extraction(self.stored, self.site)

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What must come out. Fails with the command that writes it when nobody has said so yet."""
        if not self.expectation.exists():
            raise AssertionError(
                f"{self.name} says not what must come out of it. Run `pytest tests/golden -k {self.name} "
                "--update-golden`, then read its article.json against its page before you commit it."
            )
        found: dict[str, Any] = json.loads(self.expectation.read_text(encoding="utf-8"))
        return found

    def reader(self) -> str | None:
        """The reader that takes the page, by name, by class name for a flat text; ``None`` when it comes to none."""
        if self.came.record_type == "resource":
            return type(self.site.text_reader).__name__
        if self.came.status != 200:
            return None
        page, zone = parse(decode(self.stored)), ZoneInfo(self.site.timezone)
        return next((reader.name for reader in self.site.readers if reader.open(page, zone) is not None), None)

    def update(self) -> bool:
        """Make what comes out now what must come out; whether that changed anything."""
        new = print_expectation(self.extracted)
        if self.expectation.exists() and self.expectation.read_text(encoding="utf-8") == new:
            return False
        self.expectation.write_text(new, encoding="utf-8", newline="\n")
        vars(self).pop("expected", None)
        return True


def golden_cases(root: Path = CASES) -> tuple[GoldenCase, ...]:
    """Every case, by name."""
    return tuple(GoldenCase(path) for path in sorted(root.iterdir()) if path.is_dir())
