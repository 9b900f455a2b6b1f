"""newsarchive commands that die where they are told to, for tests: ``python -m tests.mortal``.

Reads orders from stdin, one JSON object a line, and runs each in a child forked with everything loaded, so that a crawl
costs a fraction of a second. Answers are lines of JSON too: ``{"pid": …}`` when the child begins, then
``{"status": …}``, negative for a signal, and ``steps``, how many it took of those it can die at:

- a write to a file that grows (WARC, lines): dies when ``part`` of the bytes are written;
- a sync: dies before it;
- opening, renaming, removing or making something in the archive: dies before it.

They are numbered in the order in which they happen, from 1.
"""

from __future__ import annotations

import io
import json
import multiprocessing.forkserver
import os
import signal
import sys
from dataclasses import asdict, dataclass
from multiprocessing import forkserver
from pathlib import Path
from threading import Lock
from typing import Any

import click

_EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.truncate"})


@dataclass(frozen=True, kw_only=True)
class Order:
    """Run ``newsarchive`` with ``arguments``, and die at the step ``die_at`` in ``archive``, if it comes to that.

    What it prints goes to the file ``output``.
    """

    arguments: list[str]
    archive: str
    output: str
    die_at: int | None = None
    part: float = 0.5

    def to_line(self) -> bytes:
        """For the stdin of this program."""
        return json.dumps(asdict(self)).encode() + b"\n"


class Fate:
    """Counts the steps of this process and ends it at the one it is due."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._turn = Lock()
        self.steps = 0

    def step(self) -> bool:
        """Take one step; whether it is the last."""
        with self._turn:
            self.steps += 1
            return self.steps == self._order.die_at

    def watch(self) -> None:
        """See every step from now on."""
        sync, open_path = os.fsync, Path.open
        fate, part, archive = self, self._order.part, self._order.archive

        class MortalFile(io.FileIO):
            def write(self, data: Any, /) -> int:
                if fate.step():
                    super().write(memoryview(data)[: int(len(data) * part)])
                    die()
                return super().write(data)

        def mortal_sync(descriptor: int) -> None:
            if self.step():
                die()
            sync(descriptor)

        def mortal_open(path: Path, mode: str = "r", buffering: int = -1, **kwargs: Any) -> Any:
            grows = buffering == 0 and mode in {"xb", "ab"}
            return MortalFile(path, mode) if grows else open_path(path, mode, buffering, **kwargs)

        def audit(event: str, arguments: tuple[Any, ...]) -> None:
            if event in _EVENTS and isinstance(arguments[0], str | Path) and str(arguments[0]).startswith(archive):
                written = event != "open" or (isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE)
                if written and self.step():
                    die()

        os.fsync = mortal_sync  # type: ignore[assignment]
        Path.open = mortal_open  # type: ignore[assignment, method-assign]
        sys.addaudithook(audit)


def die() -> None:
    """End as a killed process does, now."""
    os.kill(os.getpid(), signal.SIGKILL)


def run(order: Order) -> None:
    """Be the process that runs ``order``."""
    output = os.open(order.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    # The server is the parent's child, which this process may not ask after.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]
    fate = Fate(order)
    fate.watch()
    from newsarchive.cli import main as newsarchive

    code = 1
    try:
        newsarchive(order.arguments, standalone_mode=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        Path(order.output).with_suffix(".steps").write_text(str(fate.steps), encoding="ascii")
        os._exit(code)


def main() -> None:
    """Take orders until stdin ends."""
    import newsarchive.crawl.run
    import newsarchive.extraction.extract
    import newsarchive.sites.registry
    from newsarchive.reextract.recovery import recover

    assert newsarchive.crawl.run is not None
    assert recover is not None
    assert "twisted.internet.reactor" not in sys.modules
    multiprocessing.set_start_method("forkserver")
    multiprocessing.set_forkserver_preload(["newsarchive.extraction.extract", "newsarchive.sites.registry"])
    forkserver.ensure_running()
    for line in sys.stdin:
        order = Order(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            run(order)
        click.echo(json.dumps({"pid": pid}))
        _, status = os.waitpid(pid, 0)
        steps = Path(order.output).with_suffix(".steps")
        taken = int(steps.read_text(encoding="ascii")) if steps.exists() else None
        steps.unlink(missing_ok=True)
        click.echo(json.dumps({"status": os.waitstatus_to_exitcode(status), "steps": taken}))


if __name__ == "__main__":
    main()
