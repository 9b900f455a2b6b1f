"""How an extraction differs from what was there: field by field, with examples, and whether anything is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from newsarchive.collection.generation_writer import Totals
from newsarchive.model.article import Article
from newsarchive.model.capture import Instant
from newsarchive.model.finding import Finding
from newsarchive.reextract.ending import NOT_THE_PAGE
from newsarchive.reextract.reading import FieldChange, PageReading

MAX_EXAMPLES = 5
"""So many examples are kept of each field, and four times as many of what is lost."""

_REMEDY = "Nothing is lost that was archived: read the page again with higher limits, or report it."
_MESSAGES = {
    "timeout": "Reading it took too long.",
    "died": "The process that read it died.",
    "out-of-memory": "Reading it took too much memory.",
    "failed": "Reading it failed, which is a fault of the program.",
    "unreadable": "Its capture cannot be read.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One page that is read otherwise; both values as JSON, cut around the first difference."""

    url: str
    captured_at: Instant
    record_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldReport:
    """In how many article lines a field differs."""

    field: str
    articles: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionReport:
    """What an extraction gave, beside the generation ``base``.

    ``generation``: the number of the new one, ``None`` where nothing new was written since all is the same;
    ``is_in_use``: it is the one in use now. Of the ``pages`` that were read so many are the ``same``; ``version_only``
    differ in nothing but the version that read them; ``changed`` in fields; ``gained`` are articles now and were none;
    ``lost`` were articles and are none now; ``other_reason`` are none, for another reason than before; ``other_text``
    were seen unchanged and hold another text than that says; ``reordered`` files hold the same lines in another order.
    ``kept`` were not read again, since that was not asked for. ``unread``: failed, each one a finding.
    """

    format: int = 1
    site: str
    base: int
    generation: int | None
    is_in_use: bool
    since: date | None
    until: date | None
    versions: dict[str, str]
    pages: int
    kept: int
    same: int
    version_only: int
    changed: int
    gained: int
    lost: int
    other_reason: int
    other_text: int
    unread: int
    reordered: int
    before: Totals
    after: Totals
    fields: tuple[FieldReport, ...]
    examples_lost: tuple[Example, ...]
    examples_gained: tuple[Example, ...]
    findings: tuple[Finding, ...]

    @property
    def is_same(self) -> bool:
        """Whether all that was read is what was there."""
        return self.generation is None


class Comparison:
    """Takes readings one by one and keeps what a report needs of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()
        self.examples: dict[str, list[Example]] = {}
        self.findings: list[Finding] = []

    def add(self, reading: PageReading) -> None:
        """Count one reading."""
        self.counts["kept" if reading.is_kept else "pages"] += 1
        if reading.failed is not None:
            self.counts["unread"] += 1
            message = reading.message or _MESSAGES.get(reading.failed, "It could not be read.")
            where = f"{reading.warc}@{reading.offset}"
            self.findings.append(
                Finding(
                    severity="error",
                    code=f"page-{reading.failed}",
                    where=where,
                    message=f"{reading.url}: {message}",
                    remedy=_REMEDY,
                )
            )
        was_article = reading.was in {"article", "unchanged"}
        is_article = reading.article_id is not None
        # What could not be read before and cannot now, or asks for a login, says nothing either time.
        is_silent = reading.failed is not None or reading.reason in NOT_THE_PAGE
        if reading.is_same or (is_silent and reading.was == "unread"):
            self.counts["same"] += 1
        elif was_article and not is_article:
            self.counts["lost"] += 1
            why = reading.message or reading.reason or reading.failed or ""
            self._example("lost", reading, reading.was_article_id or "", why, 4 * MAX_EXAMPLES)
        elif is_article and not was_article:
            self.counts["gained"] += 1
            self._example("gained", reading, reading.was_reason or "unread", reading.article_id or "", MAX_EXAMPLES)
        elif not is_article:
            self.counts["other_reason"] += 1
        elif reading.was == "unchanged":
            self.counts["other_text"] += 1
        elif reading.changes:
            self.counts["changed"] += 1
            for change in reading.changes:
                self._change(reading, change)
        else:
            self.counts["version_only"] += 1

    @property
    def is_same(self) -> bool:
        """Whether all readings are what was there."""
        return not any(
            self.counts[name] for name in ("version_only", "changed", "gained", "lost", "other_reason", "other_text")
        )

    def field_reports(self) -> tuple[FieldReport, ...]:
        """The fields that differ, in the order of the record."""
        return tuple(
            FieldReport(field=name, articles=self.fields[name], examples=tuple(self.examples[f"field {name}"]))
            for name in Article.__slots__
            if name in self.fields
        )

    def _change(self, reading: PageReading, change: FieldChange) -> None:
        self.fields[change.field] += 1
        self._example(f"field {change.field}", reading, change.before, change.after, MAX_EXAMPLES)

    def _example(self, of: str, reading: PageReading, before: str, after: str, most: int) -> None:
        examples = self.examples.setdefault(of, [])
        if len(examples) < most:
            examples.append(
                Example(
                    url=reading.url,
                    captured_at=reading.captured_at,
                    record_id=reading.record_id,
                    before=before,
                    after=after,
                )
            )


def print_report(report: ExtractionReport) -> Iterator[str]:
    """The report for people, line by line."""
    yield f"{report.site}: {report.pages} pages read again, {report.kept} kept as they were."
    if report.generation is None:
        order = f", in {report.reordered} files in another order" if report.reordered else ", byte for byte"
        yield f"All of it is what generation {report.base} has{order}; nothing new was written."
        return
    use = "now in use" if report.is_in_use else "not in use"
    yield f"Generation {report.generation} was made of generation {report.base} and is {use}."
    before, after = report.before, report.after
    yield f"articles   {before.articles} before, {after.articles} now"
    yield f"revisions  {before.revisions} before, {after.revisions} now"
    yield f"sightings  {before.sightings} before, {after.sightings} now"
    yield (
        f"pages      {report.same} the same, {report.version_only} but for the version, {report.changed} changed, "
        f"{report.gained} gained, {report.lost} lost, {report.other_text} unchanged with another text, "
        f"{report.other_reason} no article for another reason, {report.unread} not read"
    )
    if report.fields:
        yield "fields"
        width = max(len(field.field) for field in report.fields)
        for field in report.fields:
            yield f"  {field.field:<{width}}  {field.articles}"
    for field in report.fields:
        yield from _print_examples(field.field, field.examples)
    yield from _print_examples("gained", report.examples_gained)
    yield from _print_examples("lost", report.examples_lost)
    for finding in report.findings[: 4 * MAX_EXAMPLES]:
        yield f"{finding.severity} {finding.code}: {finding.where}: {finding.message}"
    yield "Nothing is lost." if not report.lost else f"{report.lost} pages that gave an article give none now."


def _print_examples(of: str, examples: tuple[Example, ...]) -> Iterator[str]:
    for example in examples:
        yield f"\n{of}: {example.url} ({example.captured_at:%Y-%m-%d %H:%M:%S})"
        yield f"  - {example.before}"
        yield f"  + {example.after}"
