"""WARC tools of other makers, where ``make interop-tools`` and ``make browser-tools`` put them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crawling import PROJECT

_ENVIRONMENT = PROJECT / ".venv-interop"
NODE_MODULES = PROJECT / "tests" / "browser" / "node_modules"
CHROMIUM = Path("/usr/bin/chromium")

needs_interop_tools = pytest.mark.skipif(
    not (_ENVIRONMENT / ".ready").exists(), reason="the WARC tools are missing: make interop-tools"
)
needs_npm_tools = pytest.mark.skipif(
    not (NODE_MODULES / ".ready").exists(), reason="the npm packages are missing: make browser-tools"
)
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is missing: make browser-tools")


def python_tool(name: str) -> Path:
    """The command ``name`` of the environment of these tools, ``python`` itself among them."""
    return _ENVIRONMENT / "bin" / name


def node_tool(package: str, script: str) -> tuple[str, str]:
    """How to run a script of an npm package."""
    return "node", str(NODE_MODULES / package / script)


def run(*command: str | Path, text_in: str = "", timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, whatever its exit code. Warnings of what it imports are its own affair."""
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        command, input=text_in, capture_output=True, text=True, timeout=timeout_s, check=False, env=environment
    )


_VALIDATE = """
import contextlib, io, sys
from wacz.main import main
for path in sys.argv[1:]:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            verdict = "found" if main(["validate", "-f", path]) else "valid"
    except (Exception, SystemExit):
        verdict = "crashed"
    print(verdict)
"""


def validate_waczs(paths: Sequence[Path]) -> list[str]:
    """What ``wacz validate`` says of each: ``valid``, ``found`` (something wrong), ``crashed`` (with a traceback).

    In one process, since it takes a second to start.
    """
    done = run(python_tool("python"), "-c", _VALIDATE, *paths, timeout_s=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
