"""Documents per second and core: ``extract`` beside ``trafilatura.bare_extraction`` on the same real pages.

Both get the same captures in one run, in turns, several rounds; the time of a page is the median over the rounds,
in CPU time of this process: one core, whatever else the machine does. ``extract`` starts from the bytes as stored
and ends at the article record; plain trafilatura starts from decoded text and is spared that step. It is measured
twice: text alone, and with the metadata (title, date, author, tags) that ``extract`` always reads. The breakdown
comes from rounds of their own, sampled every millisecond of CPU time.

    NEWSARCHIVE_CORPUS=… python -m bench.extraction [--rounds 7] [--json]
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import trafilatura
from rich.console import Console
from rich.table import Table

from newsarchive.extraction.extract import extract
from newsarchive.sites.registry import get_site
from tests.corpus import VARIABLE, Case, corpus_digest, corpus_path, load_cases

PLACES = (
    ("trafilatura/", "trafilatura"),
    ("htmldate/", "trafilatura"),
    ("courlan/", "trafilatura"),
    ("justext/", "trafilatura"),
    ("json/", "JSON"),
    ("extraction/page.py:_inflate", "decode"),
    ("extraction/page.py:_decode", "decode"),
    ("extraction/page.py:_try", "decode"),
    ("extraction/page.py:read_json", "JSON"),
    ("extraction/page.py:parse", "parse"),
    ("extraction/page.py", "page"),
    ("extraction/normalize.py", "normalise"),
    ("extraction/times.py", "times"),
    ("extraction/body.py", "body tree"),
    ("extraction/elements.py", "reader"),
    ("extraction/reader.py", "reader"),
    ("newsarchive/sites/", "reader"),
    ("extraction/extract.py", "put together"),
    ("newsarchive/model/", "digest"),
)
"""Where a sample counts: the innermost frame whose ``file:function`` holds the first part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One page: its size, whether it is an article, and the median CPU times in milliseconds."""

    name: str
    size_kib: float
    article: bool
    extract_ms: float
    text_ms: float
    metadata_ms: float


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.extraction", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often both read every page (default: 7)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    chosen = parser.parse_args()
    if corpus_path() is None:
        print(f"{VARIABLE} is not set: there is no corpus to measure on.", file=sys.stderr)
        return 1
    timings = [_measure(case, chosen.rounds) for case in load_cases()]
    shares = _breakdown(chosen.rounds)
    if chosen.json:
        totals = {"articles": _totals([timing for timing in timings if timing.article]), "all": _totals(timings)}
        document = {"corpus": str(corpus_digest()), "totals": totals, "breakdown": shares}
        print(json.dumps({**document, "pages": [asdict(timing) for timing in timings]}, indent=2))
    else:
        _show(timings, shares)
    return 0


def _measure(case: Case, rounds: int) -> Timing:
    stored = case.stored()
    site = get_site("tagesschau")
    programs: tuple[Callable[[], object], ...] = (
        lambda: extract(stored, site),
        partial(_read_plainly, case.page.decode("utf-8"), with_metadata=False),
        partial(_read_plainly, case.page.decode("utf-8"), with_metadata=True),
    )
    times: tuple[list[float], ...] = ([], [], [])
    for number in range(rounds + 1):
        for program, taken in zip(programs, times, strict=True):
            started = time.process_time()
            program()
            if number:  # the first round warms caches up and does not count
                taken.append(1000 * (time.process_time() - started))
    ours, text, metadata = map(statistics.median, times)
    return Timing(
        name=case.name,
        size_kib=len(case.page) / 1024,
        article=extract(stored, site).article is not None,
        extract_ms=ours,
        text_ms=text,
        metadata_ms=metadata,
    )


def _read_plainly(text: str, *, with_metadata: bool) -> object:
    return trafilatura.bare_extraction(
        text, favor_precision=False, include_tables=True, deduplicate=False, with_metadata=with_metadata
    )


def _totals(timings: list[Timing]) -> dict[str, float]:
    """Documents per second over all ``timings``, one after the other, and how many times faster ``extract`` is."""
    ours = sum(timing.extract_ms for timing in timings)
    totals = {"pages": float(len(timings)), "extract_per_s": 1000 * len(timings) / ours}
    for name in ("text", "metadata"):
        theirs = [getattr(timing, f"{name}_ms") for timing in timings]
        totals[f"trafilatura_{name}_per_s"] = 1000 * len(timings) / sum(theirs)
        totals[f"times_faster_than_{name}"] = sum(theirs) / ours
        ratios = (other / timing.extract_ms for other, timing in zip(theirs, timings, strict=True))
        totals[f"median_times_faster_than_{name}"] = statistics.median(ratios)
    return totals


def _breakdown(rounds: int) -> dict[str, float]:
    """Shares of the CPU time of ``extract`` over all article pages, largest first."""
    site = get_site("tagesschau")
    stored = [case.stored() for case in load_cases() if extract(case.stored(), site).article is not None]
    with _sampled() as samples:
        for _ in range(rounds):
            for one in stored:
                extract(one, site)
    return {place: count / samples.total() for place, count in samples.most_common()}


@contextmanager
def _sampled() -> Iterator[Counter[str]]:
    samples: Counter[str] = Counter()

    def sample(_signal: int, frame: FrameType | None) -> None:
        samples[_place(frame)] += 1

    previous = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _place(frame: FrameType | None) -> str:
    while frame is not None:
        code = frame.f_code
        where = f"{Path(code.co_filename).as_posix()}:{code.co_name}"
        for part, place in PLACES:
            if part in where:
                return place
        frame = frame.f_back
    return "other"


def _show(timings: list[Timing], shares: dict[str, float]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(title="CPU time of a page in milliseconds, median", title_justify="left")
    for heading in ("page", "KiB", "extract", "trafilatura, text", "times", "trafilatura, metadata", "times"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for timing in timings:
        row = (
            timing.size_kib,
            timing.extract_ms,
            timing.text_ms,
            timing.text_ms / timing.extract_ms,
            timing.metadata_ms,
            timing.metadata_ms / timing.extract_ms,
        )
        name = timing.name if timing.article else f"{timing.name} (none)"
        table.add_row(name, *(f"{number:.1f}" for number in row), style=None if timing.article else "dim")
    console.print(table)
    for title, part in (("Articles", [timing for timing in timings if timing.article]), ("All pages", timings)):
        if part:
            _show_totals(console, title, _totals(part))
    places = ", ".join(f"{place} {share:.0%}" for place, share in shares.items())
    console.print(f"Where extract spends its time on articles: {places}")


def _show_totals(console: Console, title: str, totals: dict[str, float]) -> None:
    console.print(f"{title} per second and core: extract {totals['extract_per_s']:.1f}")
    for name in ("text", "metadata"):
        console.print(
            f"    trafilatura, {name}: {totals[f'trafilatura_{name}_per_s']:.1f}, so extract is"
            f" {totals[f'times_faster_than_{name}']:.1f} times as fast"
            f" (median of the pages: {totals[f'median_times_faster_than_{name}']:.1f})"
        )


if __name__ == "__main__":
    sys.exit(main())
