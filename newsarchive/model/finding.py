"""A finding: what a check, or the reading of a damaged file, has to say about one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""``error``: something is lost or wrong. ``warning``: readable, but against a rule. ``note``: worth knowing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found where, and what to do about it.

    ``code`` is stable and documented in ``docs/findings.md``, those that begin with ``foreign-`` in
    ``docs/reading-warcs.md``, those that begin with ``snapshot-`` in ``docs/snapshots.md``; ``where`` is a path, with
    ``@<offset in bytes>`` behind it for a place in a file; ``message`` and ``remedy`` are for people.
    """

    severity: Severity
    code: str
    where: str
    message: str
    remedy: str
