"""The table of faults of snapshots: what our verification finds, and what ``wacz validate`` says of the same files.

``python -m tests.damage.snapshots``, after ``make interop-tools``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from newsarchive.collection.collection import Collection
from newsarchive.snapshot.create import create
from newsarchive.snapshot.sign import create_key, read_key, read_public_key
from newsarchive.snapshot.verify import verify
from tests.damage import sample
from tests.damage.__main__ import print_table, say
from tests.damage.packed import PackedLab
from tests.damage.snapshot_faults import DAMAGES, SIGNATURE, SnapshotDamage
from tests.interop.installed import validate_waczs


def main() -> int:
    """Print the table; 1 when a fault is not found, or something besides it is."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        sample.build(directory / sample.SITE)
        create_key(directory / "key.pem")
        with Collection.open(directory / sample.SITE) as collection:
            intact, _ = create(collection, directory / "intact.wacz", key=read_key(directory / "key.pem"))
        public_key = read_public_key(directory / "key.pem")
        paths = []
        for number, damage in enumerate(DAMAGES):
            paths.append(directory / f"{number}.wacz")
            shutil.copy(intact, paths[-1])
            damage.act(PackedLab(paths[-1]))
        ours = [row(damage, path, public_key) for damage, path in zip(DAMAGES, paths, strict=True)]
        theirs = validate_waczs([intact, *paths])
    assert theirs.pop(0) == "valid"
    rows = [
        (damage.group, damage.name, found, "" if verdict == "valid" else verdict)
        for damage, found, verdict in zip(DAMAGES, ours, theirs, strict=True)
    ]
    print_table(("where", "fault", "newsarchive snapshot verify", "wacz validate"), rows)
    found = sum(not cells[2].startswith("?") for cells in rows)
    deeper = sum(not damage.codes for damage in DAMAGES)
    say(f"\nnewsarchive snapshot verify  finds {found} of {len(rows)}, {deeper} only with --deep or --reproduce")
    say(f"wacz validate                finds {sum(cells[3] != '' for cells in rows)} of {len(rows)}")
    return 0 if found == len(rows) else 1


def row(damage: SnapshotDamage, path: Path, public_key: str) -> str:
    """What ours finds; with a question mark where that is not what it should be."""
    key = public_key if damage.group == SIGNATURE else None
    plain = {finding.code for finding in verify(path, public_key=key)}
    further = {finding.code for finding in verify(path, public_key=key, deep=True, reproduce=True)} - plain
    named = ", ".join([*sorted(plain), *(f"{code} (further)" for code in sorted(further))])
    return named if (plain, further) == (damage.codes, damage.deep | damage.reproduced) else f"? {named}"


if __name__ == "__main__":
    sys.exit(main())
