"""Which versions of the program wrote a run: of newsarchive, of Python, and of the libraries that decide the output."""

from __future__ import annotations

import platform
from importlib.metadata import version

from newsarchive import __version__

SOFTWARE = f"newsarchive/{__version__}"
"""How the program names itself in WARC files."""


def versions(*packages: str) -> dict[str, str]:
    """Versions by name, ``newsarchive`` and ``python`` first."""
    return {
        "newsarchive": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }
