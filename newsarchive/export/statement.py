"""The data statement: what an export holds, of when, how complete, read by which versions, under which rights.

``statement.json`` is for programs, and for the next export into the same directory; ``README.md`` says the same in
words. Both depend on the archive and the selection alone: no clock, no machine.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from newsarchive.export.folder import ExportedFile
from newsarchive.export.names import SPLITS, month
from newsarchive.export.rights import POLICIES, WITHHELD, Passage
from newsarchive.export.selection import Selection
from newsarchive.model.capture import Instant
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.digest import Digest

FormatName = Literal["jsonl", "parquet", "hf", "tei", "text", "wet"]

_SPACED = re.compile(r":\s+")

_FUNNEL = ("declared", "known", "fetched", "not_modified", "extracted", "no_article", "gone", "failed", "skipped")


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the exported revisions of one site are, counted as they go by.

    ``left_out`` are those that the rights policy dropped, by restriction; all else is of those that are there.
    ``extractors`` are versions that read them, ``rights`` what pages and files of the site declare, line by line.
    """

    rows: int = 0
    later_revisions: int = 0
    withheld: int = 0
    characters: int = 0
    captured: tuple[Instant, Instant] | None = None
    published: tuple[Instant, Instant] | None = None
    months: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    sections: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    extractors: dict[str, int] = field(default_factory=dict)
    robots: dict[str, int] = field(default_factory=dict)
    rights: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, passage: Passage) -> None:
        """Count one revision, exported or left out."""
        article = passage.article
        if article is None:
            _count(self.left_out, str(passage.restriction))
            return
        self.rows += 1
        self.later_revisions += article.revision > 1
        self.withheld += passage.restriction is not None
        self.characters += len(article.text)
        self.captured = _widened(self.captured, article.capture.captured_at)
        self.published = _widened(self.published, article.published_at or article.first_published_at)
        _count(self.months, month(article))
        _count(self.kinds, article.kind)
        _count(self.languages, article.language or "none")
        _count(self.sections, article.section[0] if article.section else "none")
        extractor = article.extractor
        _count(
            self.extractors,
            f"newsarchive {extractor.newsarchive}, trafilatura {extractor.trafilatura}, lxml {extractor.lxml}, "
            f"reader {extractor.reader}, options {str(extractor.options_digest)[:19]}",
        )
        for code in {problem.code for problem in article.problems}:
            _count(self.problems, code)
        for directive in {
            _SPACED.sub(":", part.strip().casefold()) for line in article.robots for part in line.split(",")
        }:
            # A date has spaces, or came after a comma that was in it.
            name = "unavailable_after" if "unavailable_after" in directive else directive
            if name and " " not in name:
                _count(self.robots, name)
        for line in dict.fromkeys((article.rights or "").split("; ")):
            if line:
                _count(self.rights, line)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStatement:
    """One site of an export.

    ``runs`` committed crawl runs were read, up to ``last_run``, which ended at ``as_of``; ``lines_digest`` is over
    their article lines. ``funnel`` adds up what became of the links that the site listed, over all
    these runs, by channel; ``crawlers`` are the versions that crawled.
    """

    site: str
    base_urls: tuple[str, ...]
    runs: int
    last_run: str | None
    as_of: Instant | None
    lines_digest: Digest
    outcomes: dict[str, int]
    crawlers: dict[str, int]
    funnel: dict[str, dict[str, int]]
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What grouping near-duplicates gave: ``groups`` of ``articles`` that are alike by ``threshold`` or more.

    ``across_splits`` are the groups that are not all in one split of a dataset.
    """

    method: str
    threshold: float
    groups: int
    articles: int
    across_splits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """``statement.json``. ``asked`` is the selection as it was given, ``selection`` what it comes to."""

    format: int = 1
    kind: FormatName
    asked: str
    selection: str
    selection_digest: Digest
    versions: dict[str, str]
    sites: tuple[SiteStatement, ...]
    duplicates: Duplicates | None
    files: tuple[ExportedFile, ...]


def site_statement(site: str, runs: tuple[CrawlRun, ...], lines_digest: Digest, tally: Tally) -> SiteStatement:
    """What is to be said of ``site`` and the runs that were read."""
    crawlers = Counter(", ".join(f"{name} {version}" for name, version in sorted(run.versions.items())) for run in runs)
    funnel: dict[str, dict[str, int]] = {}
    for part in (part for run in runs for part in run.funnel):
        counts = funnel.setdefault(part.channel, dict.fromkeys(_FUNNEL, 0))
        for name in _FUNNEL:
            counts[name] += getattr(part, name)
    return SiteStatement(
        site=site,
        base_urls=tuple(sorted({run.base_url for run in runs})),
        runs=len(runs),
        last_run=runs[-1].run if runs else None,
        as_of=runs[-1].ended_at if runs else None,
        lines_digest=lines_digest,
        outcomes=dict(sorted(Counter(run.outcome for run in runs).items())),
        crawlers=dict(sorted(crawlers.items())),
        funnel=dict(sorted(funnel.items())),
        tally=_sorted(tally),
    )


def in_words(statement: Statement) -> str:
    """``README.md``; for a Hugging Face dataset its card, with the head that the hub reads."""
    selection = Selection.parse(statement.selection)
    rows = sum(site.tally.rows for site in statement.sites)
    what = "revisions of articles" if selection.revision == "all" else "articles"
    lines = [
        f"# {', '.join(site.site for site in statement.sites)}: {rows} {what}",
        "",
        f"Exported by newsarchive as {statement.kind}.",
        "`statement.json` says the same for programs, with sizes and digests of all files.",
        "",
        "## What was selected",
        "",
        f"`{statement.selection}`",
        "",
        f"Its digest: `{statement.selection_digest}`. The same selection of the same archive gives the same bytes.",
        "",
        *_rights(selection, statement),
    ]
    for site in statement.sites:
        lines += _site(site)
    if statement.duplicates is not None:
        lines += _duplicates(statement.duplicates)
    lines += ["## Written by", "", *(f"- {name} {version}" for name, version in statement.versions.items()), ""]
    text = "\n".join(lines)
    return _card_head(statement) + text if statement.kind == "hf" else text


def _rights(selection: Selection, statement: Statement) -> list[str]:
    rule = POLICIES[selection.rights]
    said = {
        (): "Nothing is left out for its rights. Whether it may be passed on is not decided here.",
        ("expired",): "Articles past the day on which their page was to be taken down",
        (
            "expired",
            "noarchive",
        ): "Articles past the day on which their page was to be taken down, and those whose page "
        "asks not to be archived (`noarchive`),",
    }[rule.restrictions]
    if rule.restrictions and rule.withholds:
        said += f" come without content: {', '.join(f'`{name}`' for name in WITHHELD)} are empty."
    elif rule.restrictions:
        said += " are left out."
    as_of = "" if selection.as_of is None else f" The day that counts is {selection.as_of}."
    lines = ["## Rights", "", f"Policy `{selection.rights}`. {said}{as_of}", ""]
    for site in statement.sites:
        tally = site.tally
        lines += [f"- {site.site}: {tally.withheld} without content"] * bool(tally.withheld)
        lines += [f"- {site.site}: {count} left out, {restriction}" for restriction, count in tally.left_out.items()]
        lines += [f"- {site.site}: {count} say `{directive}` (robots)" for directive, count in tally.robots.items()]
        lines += [f"- {site.site}: {count} under `{line}`" for line, count in tally.rights.items()]
    return [*lines, ""]


def _site(site: SiteStatement) -> list[str]:
    tally = site.tally
    total = {name: sum(counts[name] for counts in site.funnel.values()) for name in _FUNNEL}
    read = total["extracted"] + total["known"] + total["not_modified"]
    return [
        f"## {site.site}",
        "",
        f"From {' and '.join(site.base_urls) or 'nowhere'}; {site.runs} crawls, the last ended {_printed(site.as_of)}.",
        "",
        "| | |",
        "|---|---|",
        f"| rows | {tally.rows}, of them {tally.later_revisions} later revisions |",
        f"| characters of text | {tally.characters} |",
        f"| captured | {_span(tally.captured)} |",
        f"| published | {_span(tally.published)} |",
        f"| kinds | {_counts(tally.kinds)} |",
        f"| languages | {_counts(tally.languages)} |",
        f"| sections | {_counts(tally.sections)} |",
        f"| doubts | {_counts(tally.problems)} |",
        "",
        "How complete: what became of the links that the site listed, over all crawls; a link is counted once in each.",
        "",
        f"| channel | {' | '.join(_FUNNEL)} |",
        f"|---|{'---|' * len(_FUNNEL)}",
        *(f"| {name} | {_cells(counts)} |" for name, counts in site.funnel.items()),
        f"| all | {_cells(total)} |",
        "",
        f"Not read, then or before: {total['declared'] - read} of {total['declared']}.",
        "",
        f"Crawls by how they ended: {_counts(site.outcomes)}.",
        "",
        "Read by:",
        "",
        *(f"- {count}: {extractor}" for extractor, count in tally.extractors.items()),
        "",
        "Crawled by:",
        "",
        *(f"- {count}: {crawler}" for crawler, count in site.crawlers.items()),
        "",
    ]


def _duplicates(found: Duplicates) -> list[str]:
    marked = f"`duplicates.jsonl` marks {found.articles} articles in {found.groups} groups; nothing was dropped."
    method = f"Found by {found.method}; alike means an estimated {found.threshold} or more."
    splits = f"{found.across_splits} groups are not all in one split of a dataset."
    return ["## Near-duplicates", "", f"{marked} {method} {splits}", ""]


def _card_head(statement: Statement) -> str:
    languages = sorted({name.partition("-")[0] for site in statement.sites for name in site.tally.languages} - {"none"})
    rows = sum(site.tally.rows for site in statement.sites)
    sizes = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
    size = next((name for limit, name in sizes if rows < limit), "1M<n<10M" if rows < 10_000_000 else "10M<n<100M")
    filled = [name for name, _ in SPLITS if any(file.name.startswith(f"data/{name}/") for file in statement.files)]
    lines = [
        "---",
        *(["language:", *(f"- {language}" for language in languages)] if languages else []),
        f"pretty_name: {', '.join(site.site for site in statement.sites)}",
        "size_categories:",
        f"- {size}",
        "tags:",
        "- news",
        "- newsarchive",
        *(["configs:", "- config_name: default", "  data_files:"] if filled else []),
        *(line for name in filled for line in (f"  - split: {name}", f"    path: data/{name}/*.parquet")),
        "---",
        "",
    ]
    return "\n".join(lines) + "\n"


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def _widened(span: tuple[Instant, Instant] | None, at: Instant | None) -> tuple[Instant, Instant] | None:
    if at is None:
        return span
    return (at, at) if span is None else (min(span[0], at), max(span[1], at))


def _sorted(tally: Tally) -> Tally:
    """The same with its counts in the order of their keys, in which they were not met."""
    for counts in (getattr(tally, name) for name in tally.__dataclass_fields__):
        if isinstance(counts, dict):
            ordered = sorted(counts.items())
            counts.clear()
            counts.update(ordered)
    return tally


def _counts(counts: dict[str, int]) -> str:
    shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in shown).replace("|", "\\|") or "none"


def _cells(counts: dict[str, int]) -> str:
    return " | ".join(str(counts[name]) for name in _FUNNEL)


def _span(span: tuple[Instant, Instant] | None) -> str:
    return "never" if span is None else f"{_printed(span[0])} to {_printed(span[1])}"


def _printed(at: datetime | None) -> str:
    return "never" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
