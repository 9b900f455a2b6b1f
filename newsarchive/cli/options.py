"""Options that several commands have, spelled once."""

from __future__ import annotations

from pathlib import Path

import click

archive_option = click.option(
    "--archive",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("archive"),
    show_default=True,
    envvar="NEWSARCHIVE_ARCHIVE",
    show_envvar=True,
    help="Directory of the collections.",
)
"""``--archive DIR``, passed to the command as ``archive``, a ``Path``."""

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
"""``--json`` of a listing, passed as ``as_json``."""
