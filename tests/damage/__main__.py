"""The table of faults: what our check finds, and what ``warcio check`` and ``fastwarc check -p`` say of the same files.

``python -m tests.damage``, after ``make interop-tools``.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from newsarchive.checks.check import check
from tests.damage import sample
from tests.damage.faults import DAMAGES, Damage
from tests.damage.lab import Lab
from tests.interop.installed import python_tool, run

TOOLS = {"warcio check": ("warcio", "check"), "fastwarc check -p": ("fastwarc", "check", "-p")}
NOT_ASKED = "-"
"""Of files that the tools cannot read."""

_OFFSET = re.compile(r"offset \d+")
_SILENCE = re.compile(r"\s*|Verifying digests .*")


def main() -> int:
    """Print the table; 1 when a fault is not found, or something besides it is."""
    with tempfile.TemporaryDirectory() as directory:
        intact = Path(directory, "intact", sample.SITE)
        sample.build(intact)
        rows = [row(damage, intact, Path(directory)) for damage in DAMAGES]
    print_table(("where", "fault", "newsarchive check", *TOOLS), rows)
    asked = [cells for cells in rows if cells[3] != NOT_ASKED]
    found = {tool: sum(cells[column] != "" for cells in asked) for column, tool in enumerate(TOOLS, start=3)}
    ours = [damage for damage, cells in zip(DAMAGES, rows, strict=True) if not cells[2].startswith("?")]
    only_deep = sum(not damage.codes for damage in DAMAGES)
    say(f"\nnewsarchive check   finds {len(ours)} of {len(DAMAGES)}, {only_deep} only with --deep;")
    say(f"                    of the {len(asked)} that a WARC tool could see, {sum(d.in_warc for d in ours)}")
    for tool, count in found.items():
        say(f"{tool:19} finds {count} of {len(asked)}")
    return 0 if len(ours) == len(DAMAGES) else 1


def row(damage: Damage, intact: Path, directory: Path) -> tuple[str, ...]:
    """Do one damage to a copy, and let everyone look at it."""
    root = directory / "damaged" / sample.SITE
    shutil.copytree(intact, root)
    damage.act(Lab(root))
    plain, deep = ({finding.code for finding in check(root, deep=deep)} for deep in (False, True))
    as_expected = plain == damage.codes and deep == damage.codes | damage.deep
    ours = ", ".join([*sorted(plain), *(f"{code} (deep)" for code in sorted(deep - plain))])
    theirs = [complaint(tool, intact, root) if damage.in_warc else NOT_ASKED for tool in TOOLS]
    shutil.rmtree(root)
    return damage.group, damage.name, ours if as_expected else f"? {ours}", *theirs


def complaint(tool: str, intact: Path, damaged: Path) -> str:
    """``found`` where a tool says something of a damaged file that it does not say of the intact one, else nothing.

    ``crashed`` where it ends with a traceback, which counts as found. What it says of the intact files (that the
    payload digests of chunked responses are wrong, which they are not) does not count.
    """
    for path in sorted(damaged.glob("warc/*/*/*/*.warc.gz")):
        before = intact / path.relative_to(damaged)
        if before.exists() and before.read_bytes() == path.read_bytes():
            continue
        code, lines = outcome(tool, path)
        if any("Traceback" in line for line in lines):
            return "crashed"
        known_code, known = outcome(tool, before)
        if code != known_code or any(lines.count(line) > known.count(line) for line in lines):
            return "found"
    return ""


def outcome(tool: str, path: Path) -> tuple[int, list[str]]:
    """Exit code of a tool and what it complained of, without offsets, for these move."""
    command, *options = TOOLS[tool]
    done = run(python_tool(command), *options, path)
    lines = (done.stdout + done.stderr).replace(str(path), "").splitlines()
    return done.returncode, [_OFFSET.sub("offset", line) for line in lines if not _SILENCE.fullmatch(line)]


def print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Columns as wide as what is in them."""
    table = [head, *rows]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(head))]
    for cells in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())


def say(line: str) -> None:
    """Print one line."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
