"""Metrics for Prometheus: a file per site for the textfile collector of the node exporter. The one module that knows
prometheus_client.

Each site has a file of its own, ``newsarchive-<site>.prom``, so that no crawl can lose the values of another. What is
counted over all runs, and the time of the last success, is carried on from the file as it was; a lost file is to
Prometheus a counter that began anew. Names follow the conventions of Prometheus: base units, ``_total`` for counters,
``_ratio`` for shares.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import write_to_textfile
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from newsarchive.errors import CollectionLocked, StorageFailed
from newsarchive.model.crawl import CrawlRun
from newsarchive.operation.history import completeness, is_success, newest_runs

_PREFIX = "newsarchive_"
_LOCK_PATIENCE_S = 10

Labels = tuple[tuple[str, str], ...]
"""Names and values of labels besides the site, in order."""

_GAUGES = {
    "last_run_timestamp_seconds": "When the last crawl ended, in Unix time.",
    "last_success_timestamp_seconds": "When the last crawl that was a success ended, in Unix time.",
    "last_run_exit_code": "Exit code of the last crawl; 0 is success.",
    "last_run_duration_seconds": "How long the last crawl took.",
    "last_run_completeness_ratio": "Collected of the declared and wanted articles of the last crawl, 0 to 1.",
    "last_run_findings": "What the last crawl found to be wrong with the site or with itself, by code.",
}
_COUNTERS = {
    "runs": "Crawls that ended, by exit code; 12 was refused because another one was under way.",
    "links": "Articles that channels declared, by what became of them.",
    "not_collected": "Declared articles that gave no article, by reason.",
    "articles": "Articles collected for the first time.",
    "revisions": "Changes found: revisions of articles after their first.",
    "removals": "Articles that were found to be removed from the site.",
    "returns": "Removed articles that were found to be back.",
    "captures": "HTTP exchanges archived.",
    "not_modified": "Articles that the server said were unchanged (304).",
    "received_bytes": "Bytes received from the site.",
}
_ENDS = ("known", "not_modified", "extracted", "no_article", "gone", "failed", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEnd:
    """How one call of ``newsarchive crawl`` ended: the ``record`` it committed, or ``None`` where it was refused or
    could not commit."""

    site: str
    started_at: datetime
    ended_at: datetime
    exit_code: int
    record: CrawlRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Values by name of metric, without prefix, and labels."""

    gauges: Mapping[tuple[str, Labels], float] = field(default_factory=dict)
    counters: Mapping[tuple[str, Labels], float] = field(default_factory=dict)


def metrics_path(directory: Path, site: str) -> Path:
    """The file of a site in ``directory``, which the collector reads."""
    return directory / f"newsarchive-{site}.prom"


def record_crawl(directory: Path, end: CrawlEnd, collection: Path) -> Path:
    """Write what ``end`` adds to the metrics of its site into ``directory``; returns the file, which is replaced as a
    whole.

    ``collection`` is asked when the last success was, where the file does not say. Raises ``StorageFailed``.
    """
    path = metrics_path(directory, end.site)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        # A crawl that is refused and the one it is refused for may end together.
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_PATIENCE_S):
            readings = add(read_metrics(path), end, last_success_at=_last_success(collection))
            write_to_textfile(str(path), _Registry(end.site, readings))
    except Timeout as error:
        raise StorageFailed(path=path, reason="another process holds it") from error
    except OSError as error:
        raise StorageFailed(path=path, reason=error.strerror or str(error)) from error
    return path


def read_metrics(path: Path) -> Readings:
    """The values in the file at ``path``; none where it is missing or no metrics of ours."""
    gauges, counters = {}, {}
    try:
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
            for sample in family.samples:
                labels = tuple((name, value) for name, value in sample.labels.items() if name != "site")
                name = sample.name.removeprefix(_PREFIX)
                if name in _GAUGES:
                    gauges[name, labels] = sample.value
                elif name.removesuffix("_total") in _COUNTERS:
                    counters[name.removesuffix("_total"), labels] = sample.value
    except (FileNotFoundError, ValueError):
        return Readings()
    return Readings(gauges=gauges, counters=counters)


def add(before: Readings, end: CrawlEnd, *, last_success_at: Iterable[datetime] = ()) -> Readings:
    """The metrics after ``end``, given those ``before``. Pure.

    A crawl that was refused because another one was under way is counted and says nothing else: the other one will.
    ``last_success_at`` has the last success at most, and is asked only when ``before`` has none.
    """
    counters: defaultdict[tuple[str, Labels], float] = defaultdict(float, before.counters)
    counters["runs", (("exit_code", str(end.exit_code)),)] += 1
    for name, labels, value in _counted(end.record):
        counters[name, labels] += value
    if end.exit_code == CollectionLocked.exit_code:
        return Readings(gauges=before.gauges, counters=counters)
    success = before.gauges.get(("last_success_timestamp_seconds", ()))
    if end.exit_code == 0:
        success = end.ended_at.timestamp()
    elif success is None:
        success = next((at.timestamp() for at in last_success_at), None)
    gauges: dict[tuple[str, Labels], float] = {
        ("last_run_timestamp_seconds", ()): end.ended_at.timestamp(),
        ("last_run_exit_code", ()): end.exit_code,
        ("last_run_duration_seconds", ()): (end.ended_at - end.started_at).total_seconds(),
    }
    if success is not None:
        gauges["last_success_timestamp_seconds", ()] = success
    if end.record is not None:
        share = completeness(end.record.funnel)
        if share is not None:
            gauges["last_run_completeness_ratio", ()] = share
        found = Counter(finding.code for finding in end.record.findings)
        gauges.update({("last_run_findings", (("code", code),)): count for code, count in found.items()})
    return Readings(gauges=gauges, counters=counters)


def _counted(record: CrawlRun | None) -> Iterator[tuple[str, Labels, float]]:
    """What a run adds to the counters: all that have no labels also where it adds nothing, so that they exist."""
    funnel = record.funnel if record else ()
    for end in _ENDS:
        yield "links", (("end", end),), sum(getattr(channel, end) for channel in funnel)
    reasons = sum((Counter(channel.reasons) for channel in funnel), Counter[str]())
    for reason, count in reasons.items():
        yield "not_collected", (("reason", reason),), count
    yield "not_modified", (), sum(channel.not_modified for channel in funnel)
    yield "articles", (), record.articles - record.revised if record else 0
    yield "revisions", (), record.revised if record else 0
    yield "removals", (), record.removed if record else 0
    yield "returns", (), record.returned if record else 0
    yield "captures", (), record.captures if record else 0
    yield "received_bytes", (), record.received_bytes if record else 0


def _last_success(collection: Path) -> Iterator[datetime]:
    return (run.ended_at for run in newest_runs(collection) if is_success(run))


class _Registry(Collector):
    """What ``write_to_textfile`` asks for: the families of one site."""

    def __init__(self, site: str, readings: Readings) -> None:
        self._site = site
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """The families that have values, in the order of the tables above."""
        for name, text in _GAUGES.items():
            yield from self._family(GaugeMetricFamily, name, text, self._readings.gauges)
        for name, text in _COUNTERS.items():
            yield from self._family(CounterMetricFamily, name, text, self._readings.counters)

    def _family(
        self,
        kind: type[GaugeMetricFamily | CounterMetricFamily],
        name: str,
        text: str,
        values: Mapping[tuple[str, Labels], float],
    ) -> Iterator[Metric]:
        samples = sorted((labels, value) for (held, labels), value in values.items() if held == name)
        if samples:
            family = kind(_PREFIX + name, text, labels=("site", *(label for label, _ in samples[0][0])))
            for labels, value in samples:
                family.add_metric([self._site, *(label for _, label in labels)], value)
            yield family
