"""Crawls killed again and again, and what must be true of what they leave: ``python -m tests.torture [KILLS]``.

Each cycle kills a crawl of the sample site at one moment, chosen by its number: at the n-th request that is served, or
at the n-th thing it does to the disk (see ``tests.mortal``). Every other cycle then kills the recovery as well. One
more crawl must bring everything in order.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random
from threading import Event, Lock

import click
from warcio.checker import Checker

from newsarchive.checks.check import check
from newsarchive.collection.collection import Collection
from newsarchive.model.serialize import to_line
from newsarchive.samplesite.answer import Answer
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.server import serve
from newsarchive.samplesite.site import SampleSite
from newsarchive.warc.recover import survey
from tests.crawling import PROJECT, environment
from tests.mortal import Order

STORIES = 25
COMMITTED = 8
"""So many stories are archived and committed before a crawl is killed, in two cycles out of three."""

Line = tuple[str, int, str]
"""Of an article: its id, its revision, its content digest."""


@dataclass
class Deadly:
    """The sample site; kills whoever asks for the ``at``-th time."""

    site: SampleSite
    asked: int = 0
    at: int | None = None
    pid: int | None = None
    begun: Event = field(default_factory=Event)
    turn: Lock = field(default_factory=Lock)

    def arm(self, at: int | None) -> None:
        """Begin to count."""
        self.asked, self.at = 0, at
        self.begun.clear()

    def aim(self, pid: int) -> None:
        """The process that asks."""
        self.pid = pid
        self.begun.set()

    def settle(self, base_url: str) -> None:
        self.site.settle(base_url)

    def respond(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        with self.turn:
            self.asked += 1
            if self.asked == self.at and self.begun.wait(timeout=30) and self.pid is not None:
                os.kill(self.pid, signal.SIGKILL)
        return self.site.respond(path, query, headers)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit code, negative for a signal; its steps, where it came to its end; its output."""

    status: int
    steps: int | None
    output: str


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How many requests an undisturbed crawl makes, and how many steps it takes on the disk."""

    requests: int
    steps: int


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """What happened in one cycle. ``killed``: the moments that came."""

    number: int
    killed: tuple[str, ...]
    tails: int


class Torturer:
    """Runs cycles in ``directory``, against ``deadly``, which is served at ``base_url``."""

    def __init__(self, directory: Path, deadly: Deadly, base_url: str, zygote: subprocess.Popen[bytes]) -> None:
        self._directory = directory
        self._deadly = deadly
        self._base_url = base_url
        self._zygote = zygote
        self._begun = directory / "begun"
        whole = directory / "whole"
        self._afresh = self._extent(whole)
        self._run_to_end(self._crawl(self._begun, "--limit", str(COMMITTED)))
        shutil.copytree(self._begun, directory / "continued")
        self._continued = self._extent(directory / "continued")
        self.wanted = lines_of(whole / "tagesschau")
        """What an undisturbed crawl brings."""
        assert self.wanted.total() == len(self.wanted) == STORIES

    def _extent(self, archive: Path) -> Extent:
        ended = self._run_to_end(self._crawl(archive))
        assert ended.steps is not None
        return Extent(requests=self._deadly.asked, steps=ended.steps)

    def run_cycle(self, number: int) -> Cycle:
        """Kill, recover, crawl, and check. The same number gives the same moments."""
        random = Random(number)  # noqa: S311  # moments, not secrets
        archive = self._directory / f"cycle-{number}"
        extent = self._afresh
        if number % 3:
            shutil.copytree(self._begun, archive)
            extent = self._continued
        before = {path: _sha256(path) for path in archive.glob("*/warc/*/*/*/*.warc.gz")}
        killed = []
        if number % 2:
            at = random.randint(1, extent.requests)
            if self._run(self._crawl(archive), request=at).status == -signal.SIGKILL:
                killed.append(f"request {at}")
        else:
            step, part = random.randint(1, extent.steps - 5), random.random()
            if self._run(self._crawl(archive), step=step, part=part).status == -signal.SIGKILL:
                killed.append(f"step {step}")
        written = {line for path in archive.glob("*/articles/*/*/*/*.jsonl") for line in _whole_lines(path)}
        left = {path: path.read_bytes() for path in archive.glob("*/warc/*/*/*/*.open")}
        if number % 4 > 1 and (archive / "tagesschau" / "collection.json").exists():
            step, part = random.randint(1, 30), random.random()
            recovery = ["recover", "tagesschau", "--archive", str(archive)]
            if self._run(recovery, step=step, part=part).status == -signal.SIGKILL:
                killed.append(f"recovery step {step}")
        self._run_to_end(self._crawl(archive))
        self._check(archive / "tagesschau", before, written)
        _check_left(left)
        tails = len(list(archive.glob("*/warc/*/*/*/*.tail")))
        shutil.rmtree(archive)
        return Cycle(number=number, killed=tuple(killed), tails=tails)

    def _check(self, directory: Path, before: Mapping[Path, str], written: set[bytes]) -> None:
        assert lines_of(directory) == self.wanted
        assert {path: _sha256(path) for path in before} == before, "a committed WARC was changed"
        with Collection.open(directory) as collection:
            assert collection.left_runs() == ()
            kept = {to_line(article) for article in collection.articles()}
            assert len(kept) == STORIES
            for path in collection.layout.warc_files():
                assert path.suffix == ".gz", path
                assert _is_valid(path), path
        assert {line for line in written if b'"schema"' in line} <= kept, "a line that was written is gone"
        assert [finding for finding in check(directory, deep=True) if finding.severity != "note"] == []

    def _crawl(self, archive: Path, *options: str) -> list[str]:
        fixed = ["crawl", "tagesschau", "--json", "--delay", "0", "--base-url", self._base_url]
        return [*fixed, "--archive", str(archive), *options]

    def _run_to_end(self, arguments: list[str]) -> Ended:
        ended = self._run(arguments)
        assert ended.status == 0, ended.output
        return ended

    def _run(
        self, arguments: list[str], *, request: int | None = None, step: int | None = None, part: float = 0.5
    ) -> Ended:
        assert self._zygote.stdin is not None
        output = self._directory / "output.txt"
        order = Order(arguments=arguments, archive=str(self._directory), output=str(output), die_at=step, part=part)
        self._deadly.arm(request)
        self._zygote.stdin.write(order.to_line())
        self._zygote.stdin.flush()
        self._deadly.aim(self._answer()["pid"])
        answer = self._answer()
        return Ended(output=output.read_text(encoding="utf-8", errors="replace"), **answer)

    def _answer(self) -> dict[str, int]:
        assert self._zygote.stdout is not None
        answer: dict[str, int] = json.loads(self._zygote.stdout.readline())
        return answer


@contextmanager
def torturing(directory: Path) -> Iterator[Torturer]:
    """A torturer at work in ``directory``, which is empty."""
    deadly = Deadly(SampleSite(invent_stories(STORIES, seed=1), weight_bytes=0))
    # Killed processes do not unlink their semaphores; that they are unlinked for them is nothing to be told of.
    command = [sys.executable, "-W", "ignore::UserWarning:multiprocessing.resource_tracker", "-m", "tests.mortal"]
    with (
        serve(deadly) as serving,
        # What is killed while it starts a process makes that one complain.
        (directory / "complaints.txt").open("wb") as complaints,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=PROJECT,
            env=environment(),
        ) as zygote,
    ):
        try:
            yield Torturer(directory, deadly, serving.base_url, zygote)
        finally:
            zygote.kill()


def lines_of(directory: Path) -> Counter[Line]:
    """What each article line of a collection says of its article, and how often."""
    with Collection.open(directory) as collection:
        return Counter(
            (article.article_id, article.revision, str(article.content_digest)) for article in collection.articles()
        )


def _check_left(left: Mapping[Path, bytes]) -> None:
    """Every byte of the WARCs that were left is where it belongs: whole records sealed, the rest beside them."""
    for path, data in left.items():
        sealed = path.with_suffix("")
        tail = sealed.with_name(f"{sealed.name}.tail")
        rest = tail.read_bytes() if tail.exists() else b""
        whole = survey(BytesIO(data))
        assert rest == data[whole.length_bytes :]
        if whole.exchanges:
            assert sealed.read_bytes() + rest == data
        else:
            assert not sealed.exists()


def _is_valid(path: Path) -> bool:
    checker = Checker(_Quiet(inputs=[str(path)], verbose=False))
    checker.process_all()
    return bool(checker.exit_value == 0)


@dataclass(frozen=True)
class _Quiet:
    inputs: list[str]
    verbose: bool


def _whole_lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Run so many cycles, and say how they went."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    began = time.monotonic()
    moments: Counter[str] = Counter()
    tails = 0
    with (
        tempfile.TemporaryDirectory(prefix="newsarchive-torture-") as directory,
        torturing(Path(directory)) as torturer,
    ):
        number = 0
        while moments.total() < kills:
            cycle = torturer.run_cycle(number)
            number += 1
            tails += cycle.tails
            moments.update(moment.rpartition(" ")[0] for moment in cycle.killed)
            if sys.stderr.isatty():
                click.echo(f"\r{moments.total()} kills in {number} cycles", nl=False, err=True)
    click.echo(
        f"{moments.total()} kills in {number} cycles, {time.monotonic() - began:.0f} s: "
        f"{', '.join(f'{count} at a {moment}' for moment, count in sorted(moments.items()))}; "
        f"{tails} WARC files had a tail that was no whole record. "
        f"After each, one more crawl of {STORIES} stories gave the articles of an undisturbed one; "
        "warcio check and newsarchive check found nothing."
    )


if __name__ == "__main__":
    main()
