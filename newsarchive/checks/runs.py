"""The records of committed runs, and the files that no committed run owns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newsarchive.checks.evidence import Evidence
from newsarchive.collection.layout import Layout
from newsarchive.model.crawl import CrawlRun, Funnel
from newsarchive.model.faults import found
from newsarchive.model.finding import Finding
from newsarchive.model.serialize import from_json
from newsarchive.warc.writer import OPEN_SUFFIX


def read_runs(layout: Layout) -> tuple[tuple[CrawlRun, ...], tuple[Finding, ...]]:
    """All committed runs whose records can be read, first to last; and findings about those that cannot."""
    runs: list[CrawlRun] = []
    findings: list[Finding] = []
    for path in layout.crawl_records():
        where = layout.name_of(path)
        try:
            run = from_json(path.read_bytes(), CrawlRun)
        except OSError as error:
            findings.append(found("run-unreadable", where, f"It cannot be read: {error.strerror or error}."))
        except ValueError as error:
            findings.append(found("run-unreadable", where, f"It is no record of a run: {error}."))
        else:
            if run.run == path.stem:
                runs.append(run)
            else:
                findings.append(found("run-name", where, f"It is the record of run {run.run}."))
    return tuple(sorted(runs, key=lambda run: (run.ended_at, run.run))), tuple(findings)


def check_runs(evidence: Evidence) -> Iterator[Finding]:
    """What the record of a run says of itself. Its files are read by others."""
    for run in evidence.runs:
        where = evidence.layout.name_of(evidence.layout.crawl(run.run))
        if evidence.site is not None and run.site != evidence.site:
            yield found("run-name", where, f"It is the record of a crawl of {run.site}, not of {evidence.site}.")
        if run.ended_at < run.started_at:
            yield found("run-times", where, "The run ended before it started.")
        for channel in run.funnel:
            message = _unbalanced(channel)
            if message is not None:
                yield found("run-funnel", where, f"Channel {channel.channel}: {message}.")
        if run.articles_file is None and run.articles:
            evidence.lines_are_sound = False
            yield found("lines-missing", where, f"It counts {run.articles} articles and names no file of them.")


def _unbalanced(channel: Funnel) -> str | None:
    ends = channel.known + channel.fetched + channel.not_modified + channel.gone + channel.failed + channel.skipped
    if channel.declared != ends:
        return f"{channel.declared} declared are not known + fetched + not modified + gone + failed + skipped"
    if channel.fetched != channel.extracted + channel.no_article:
        return f"{channel.fetched} fetched are not extracted + no article"
    explained = channel.no_article + channel.gone + channel.failed + channel.skipped
    if channel.day is not None and sum(channel.reasons.values()) != explained:
        return f"{sum(channel.reasons.values())} reasons are not no article + gone + failed + skipped"
    return None


def list_files(layout: Layout) -> tuple[Path, ...]:
    """All WARC files and files of lines, of whatever run."""
    return (*layout.warc_files(), *(path for _, path in layout.line_files()))


def find_leftovers(layout: Layout, runs: tuple[CrawlRun, ...], files: tuple[Path, ...]) -> frozenset[str]:
    """Which of ``files``, listed before ``runs`` were, no committed run owns; those of unreadable runs are left out."""
    owned = {warc.path for run in runs for warc in run.warcs}
    for run in runs:
        owned |= {
            layout.name_of(layout.seen_path(run.run, run.started_at)),
            layout.name_of(layout.links_path(run.run, run.started_at)),
        }
        if run.generation != layout.generation or run.articles_file is not None:
            owned.add(layout.name_of(layout.articles_path(run.run, run.started_at)))
    unreadable = {path.stem for path in layout.crawl_records()} - {run.run for run in runs}
    names = map(layout.name_of, files)
    return frozenset(name for name in names if name not in owned and not any(run in name for run in unreadable))


def check_leftovers(evidence: Evidence) -> Iterator[Finding]:
    """What crawls left that were killed or aborted."""
    for name in sorted(evidence.leftovers):
        if name.endswith(".jsonl"):
            yield found("lines-leftover", name, "No committed run owns these lines.")
        elif name.endswith(OPEN_SUFFIX):
            yield found("warc-leftover-open", name, "A crawl that was killed left this file unfinished.")
        else:
            yield found("warc-leftover", name, "No committed run owns this WARC file.")
