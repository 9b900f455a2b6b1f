"""Creates a site: its file and its first golden case, from one of its pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from newsarchive import sites
from newsarchive.drafting.case import record_case
from newsarchive.drafting.given import Given
from newsarchive.drafting.site import SiteDraft, draft_site
from newsarchive.drafting.source import site_source
from newsarchive.errors import UnreadableInput, UsageError
from newsarchive.extraction.page import Unreadable
from newsarchive.sites.registry import all_sites
from newsarchive.sites.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where sites and cases are written to."""

    sites: Path
    cases: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A new site: its ``file``, the directory of its first ``case``, and what came out of the page."""

    draft: SiteDraft
    file: Path
    case: Path
    extraction: dict[str, Any]


def find_places(out: Path | None) -> Places:
    """Within ``out`` if it is given, else where this package and its tests have them.

    Raises ``UsageError`` when it is not given and the package runs from no checkout, whose files are not to be edited.
    """
    if out is not None:
        return Places(sites=out, cases=out / "cases")
    package = Path(sites.__file__).parent
    cases = package.parents[1] / "tests" / "golden" / "cases"
    if not cases.is_dir():
        raise UsageError(message="newsarchive is installed and no checkout; say with --out where to write.")
    return Places(sites=package, cases=cases)


def create_site(name: str, given: Given, places: Places, timezone: str | None = None) -> Created:
    """Write the file of the site called ``name`` and a case ``<name>-page`` of the page.

    Raises ``UsageError`` when the name is none or taken, ``UnreadableInput`` when the page cannot be parsed.
    """
    if re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", name) is None:
        raise UsageError(message=f"{name!r} cannot be the name of a site: use a-z, 0-9 and hyphens, a letter first.")
    file = places.sites / f"{name.replace('-', '_')}.py"
    if name in all_sites() or file.exists():
        raise UsageError(message=f"There is a site called {name} already ({file}); it is not written over.")
    if given.stored.record_type == "resource":
        raise UsageError(message="A site is drafted from a page, not from its visible text.")
    try:
        draft = draft_site(name, given, timezone)
    except Unreadable as error:
        raise UnreadableInput(path=given.stored.url, reason=str(error)) from error
    source = site_source(draft)
    case = places.cases / f"{name}-page"
    if case.exists():
        raise UsageError(message=f"{case} exists already; a case is never written over.")
    places.sites.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8", newline="\n")
    extraction = record_case(places.cases, case.name, given.stored, load_site(file))
    return Created(draft=draft, file=file, case=case, extraction=extraction)


def load_site(file: Path) -> Site:
    """The ``SITE`` that ``file`` defines. Raises ``UsageError`` when it defines none."""
    spec = spec_from_file_location(f"{sites.__name__}.{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UsageError(message=f"{file} is no Python file.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    site = getattr(module, "SITE", None)
    if not isinstance(site, Site):
        raise UsageError(message=f"{file} defines no SITE.")
    return site
