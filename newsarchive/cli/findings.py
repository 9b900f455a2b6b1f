"""How findings are shown: to people so many of each kind, to programs all of them; and the exit code they lead to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from newsarchive.cli.listing import counted

if TYPE_CHECKING:
    from newsarchive.model.finding import Finding

FINDINGS = 3
"""Exit code when a check finds errors; warnings and notes alone do not count."""

_SHOWN = 20
"""So many findings of one code are shown to people; programs get all."""

_COLOURS = {"error": "red", "warning": "yellow", "note": "blue"}
_FIELDS = ("severity", "code", "where", "message", "remedy")


def print_findings(findings: Iterable[Finding], site: str | None, *, as_json: bool) -> Counter[str]:
    """Print findings as they come; how many there were of each severity.

    ``site`` is the collection they are of, where that is to be told.
    """
    codes: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    for finding in findings:
        codes[finding.code] += 1
        severities[finding.severity] += 1
        if as_json:
            _print_json(finding, site)
        elif codes[finding.code] <= _SHOWN:
            _print(finding, site)
    for code, count in codes.items():
        if count > _SHOWN and not as_json:
            click.echo(f"{count - _SHOWN} more of {code}; --json lists them all.\n")
    return severities


def summed(severities: Counter[str]) -> str:
    """``2 errors, 1 warning``, or that nothing is wrong."""
    found = ", ".join(counted(severities[name], name) for name in ("error", "warning", "note") if severities[name])
    return found or "nothing wrong"


def _print(finding: Finding, site: str | None) -> None:
    severity = click.style(finding.severity, fg=_COLOURS[finding.severity], bold=True)
    where = finding.where if site is None else f"{site}/{finding.where}"
    # click takes the colours out again where stdout is no terminal.
    click.echo(f"{severity} {finding.code}: {where}\n  {finding.message}\n  → {finding.remedy}\n")


def _print_json(finding: Finding, site: str | None) -> None:
    from newsarchive.model.serialize import to_line

    fields = {name: getattr(finding, name) for name in _FIELDS}
    click.echo(to_line(fields if site is None else {"site": site, **fields}), nl=False)
