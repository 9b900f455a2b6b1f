"""A diff for a terminal, and as unified diff for tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import unified_diff

from newsarchive.history.diff import Diff, Part, PassageChange
from newsarchive.history.passages import HEAD_FIELDS, LIST_FIELDS, Passage, passages_of, passages_of_entry
from newsarchive.history.words import PARAGRAPH_BREAK, Run
from newsarchive.model.article import Article, Update
from newsarchive.model.revision import Changes, EntryName

_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
_CONTEXT_LINES = 3


def mark(run: Run) -> str:
    """A run as ``wdiff`` marks it: ``[-removed-]``, ``{+added+}``; white space at its ends stays outside."""
    before, after = _MARKS[run.kind]
    start, text, end = run.spaced
    return f"{start}{before}{text}{after}{end}" if text else run.text


def describe(changes: Changes) -> str:
    """What kind of change it is, in a few words: ``headline only, silent``, ``live blog: 2 new: “…”, “…”``."""
    said = []
    if changes.headline_only:
        said.append("headline only")
    elif changes.fields and not changes.entries_only:
        said.append(", ".join("text" if field == "body" else field for field in changes.fields if field != "updates"))
    entries = ((changes.added, "new"), (changes.removed, "removed"), (changes.edited, "edited"))
    named = [f"{len(found)} {how}: {', '.join(map(entry_name, found))}" for found, how in entries if found]
    if named:
        said.append("live blog: " + "; ".join(named))
    elif changes.entries_only:
        said.append("live blog: order of entries")
    if changes.silent:
        said.append("silent")
    return ", ".join(said) or "nothing an editor wrote"


def entry_name(entry: EntryName | Update) -> str:
    """What a reader calls an entry of a live blog: its heading, else its time."""
    name = entry.heading or entry.time_raw or entry.id
    return f"“{name}”" if name else "one without a name"


def as_text(diff: Diff, *, show: Callable[[Run], str] = mark) -> str:
    """What changed, passage by passage; what stayed is left out. ``show`` says how a run looks."""
    blocks = ["\n".join(_facts(diff))]
    for part in diff.parts:
        changed = [change for change in part.passages if change.kind != "same"]
        if part.entry is None:
            blocks += [f"{place_of(change)}\n{_indented(_shown(change, show))}" for change in changed]
        elif changed:
            shown = (_indented(_labelled(part, change) + _shown(change, show)) for change in changed)
            blocks.append("\n".join((title_of(part), *shown)))
    return "\n\n".join(blocks) + "\n"


def _facts(diff: Diff) -> Iterator[str]:
    old, new = diff.old, diff.new
    yield f"{new.site} · {new.article_id} · revision {old.revision} → {new.revision}"
    yield new.url
    yield f"captured {old.capture.captured_at:%Y-%m-%d %H:%M:%S %Z} → {new.capture.captured_at:%Y-%m-%d %H:%M:%S %Z}"
    moved = "not moved" if old.stand == new.stand else "moved"
    yield f"{old.stand_raw or 'no Stand'} → {new.stand_raw or 'no Stand'} ({moved})"
    yield describe(diff.changes)


def title_of(part: Part) -> str:
    """What a reader calls a part: ``new entry “…”``, ``body``."""
    if part.entry is None:
        return part.field
    how = {"added": "new entry", "removed": "removed entry"}.get(part.kind, "entry")
    return f"{how} {entry_name(part.entry)}"


def _labelled(part: Part, change: PassageChange) -> str:
    """The place in an entry; one that is new or gone as a whole is read without."""
    return "" if part.kind in {"added", "removed"} else f"{place_of(change)}: "


def place_of(change: PassageChange) -> str:
    """Where a passage stands: ``paragraph 4``, ``paragraph 4 → paragraph 5 and paragraph 6 (parted)``."""
    before, after = (" and ".join(passage.place for passage in side) for side in (change.old, change.new))
    if not before:
        return f"{after} (new)"
    if not after:
        return f"{before} (removed)"
    if change.kind == "parted":
        return f"{before} → {after} (parted)"
    if change.kind == "joined":
        return f"{before} → {after} (joined)"
    return after if before == after else f"{before} → {after}"


def _shown(change: PassageChange, show: Callable[[Run], str]) -> str:
    runs = (Run(run.kind, run.text.replace(PARAGRAPH_BREAK, " ¶ ")) for run in change.runs)
    return "".join(show(run) for run in runs).strip()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def as_unified(diff: Diff) -> str:
    """A unified diff of the two revisions written as lines, one paragraph a line; empty when they say the same."""
    lines = unified_diff(
        _lines(diff.old),
        _lines(diff.new),
        fromfile=f"{diff.old.article_id}/{diff.old.revision}",
        tofile=f"{diff.new.article_id}/{diff.new.revision}",
        fromfiledate=diff.old.capture.captured_at.isoformat(),
        tofiledate=diff.new.capture.captured_at.isoformat(),
        n=_CONTEXT_LINES,
        lineterm="",
    )
    return "".join(f"{line}\n" for line in lines)


def _lines(article: Article) -> list[str]:
    """The article as lines: the head, the paragraphs, the entries, then players and pictures, parted by empty lines."""
    order = (*HEAD_FIELDS, "authors", "body")
    groups = [[_line(passage) for passage in passages_of(article, field)] for field in order]
    groups += [[_line(passage) for passage in passages_of_entry(entry)] for entry in article.updates]
    groups += [[_line(p) for p in passages_of(article, field)] for field in LIST_FIELDS if field not in order]
    return [line for group in groups for text in group for line in (*text.split("\n"), "")]


def _line(passage: Passage) -> str:
    return passage.text if passage.kind == "paragraph" else f"[{passage.kind}] {passage.text}"
