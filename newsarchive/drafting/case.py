"""Golden cases: a page, how it came, and what must come out of it, in a directory of their own.

``page.html`` (``page.txt`` for a flat text) are the bytes, ``capture.json`` how they came, ``article.json`` the whole
``Extraction`` they give, but for the versions of the libraries that read them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from newsarchive.errors import UsageError
from newsarchive.extraction.extract import extract
from newsarchive.model.capture import CaptureRef, Instant, StoredCapture
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import to_line
from newsarchive.sites.site import Site

PAGE, TEXT, CAPTURE, ARTICLE = "page.html", "page.txt", "capture.json", "article.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """How a page came: ``capture.json``. ``content_type`` is that of a record without HTTP headers."""

    site: str
    url: str
    captured_at: Instant
    record_type: Literal["response", "resource"]
    status: int | None
    content_type: str | None
    headers: tuple[tuple[str, str], ...]

    @property
    def page_name(self) -> str:
        """The name of the file that holds the page."""
        return TEXT if self.record_type == "resource" else PAGE


def golden_capture(came: Came, payload: bytes) -> StoredCapture:
    """The page as it would come out of a WARC file: of one that nobody has, so that a case says nothing of any."""
    ref = CaptureRef(
        record_id="<urn:uuid:00000000-0000-4000-8000-000000000000>",
        warc="warc/golden.warc.gz",
        offset=0,
        length=len(payload),
        captured_at=came.captured_at,
        status=came.status,
        payload_digest=Digest.of(payload),
    )
    return StoredCapture(
        ref=ref,
        url=came.url,
        record_type=came.record_type,
        content_type=came.content_type,
        headers=came.headers,
        payload=payload,
    )


def golden_extraction(stored: StoredCapture, site: Site) -> dict[str, Any]:
    """What comes out of the page now, as JSON, with nothing of the extractor but its reader."""
    extraction: dict[str, Any] = json.loads(to_line(extract(stored, site)))
    if (article := extraction["article"]) is not None:
        article["extractor"] = {"reader": article["extractor"]["reader"]}
    return extraction


def print_expectation(extraction: dict[str, Any]) -> str:
    """``extraction`` as ``article.json`` holds it."""
    return json.dumps(extraction, ensure_ascii=False, indent=2) + "\n"


def record_case(cases: Path, name: str, stored: StoredCapture, site: Site) -> dict[str, Any]:
    """Write the case ``name`` of ``site`` below ``cases``, from a page whose content coding is undone; what comes out
    of it is returned.

    Raises ``UsageError`` when there is such a case, or the name is not of lower-case letters, digits and hyphens.
    """
    if re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name) is None:
        raise UsageError(message=f"{name!r} cannot be the name of a case: use a-z, 0-9 and hyphens.")
    directory = cases / name
    if directory.exists():
        raise UsageError(message=f"{directory} exists already; a case is never written over. Choose another name.")
    came = Came(
        site=site.name,
        url=stored.url,
        captured_at=stored.ref.captured_at,
        record_type="resource" if stored.record_type == "resource" else "response",
        status=stored.ref.status,
        content_type=stored.content_type if stored.record_type == "resource" else None,
        headers=stored.headers,
    )
    extraction = golden_extraction(golden_capture(came, stored.payload), site)
    directory.mkdir(parents=True)
    (directory / came.page_name).write_bytes(stored.payload)
    said = json.loads(to_line(came))
    (directory / CAPTURE).write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (directory / ARTICLE).write_text(print_expectation(extraction), encoding="utf-8", newline="\n")
    return extraction
