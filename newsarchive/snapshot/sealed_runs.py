"""The manifest of a snapshot against what is there: its runs, its WARC files, the snapshots it goes on from."""

from __future__ import annotations

from collections.abc import Iterator

from newsarchive.collection.collection import Descriptor
from newsarchive.errors import UnreadableInput
from newsarchive.model.crawl import CrawlRun
from newsarchive.model.finding import Finding
from newsarchive.model.serialize import from_json
from newsarchive.model.snapshot import SnapshotManifest
from newsarchive.snapshot import contents
from newsarchive.snapshot.case import Case
from newsarchive.snapshot.faults import found
from newsarchive.snapshot.opened import Chain, Snapshot, digest_of, read_manifest
from newsarchive.warc.wacz import ARCHIVE


def check_manifest(case: Case) -> Iterator[Finding]:
    """Read the manifest and compare it with runs, files and data package; open what the snapshot requires."""
    wacz = case.wacz
    if contents.MANIFEST not in wacz.stretches:
        if contents.MANIFEST not in _told_of(case):
            message = "There is no manifest, so this is a WACZ, and no snapshot of this program."
            yield found("snapshot-manifest-missing", contents.MANIFEST, message)
        return
    if not case.is_sound(contents.MANIFEST):
        return
    try:
        case.manifest = manifest = read_manifest(wacz)
    except ValueError as error:
        yield found("snapshot-manifest-unreadable", contents.MANIFEST, f"It is no manifest: {error}.")
        return
    runs: list[CrawlRun] = []
    for name in manifest.runs:
        path = contents.packed_run(name)
        if not case.is_sound(path):
            if path not in _told_of(case):
                yield found("snapshot-run-unreadable", path, "There is no record of this run.")
            continue
        try:
            run = from_json(wacz.read(path), CrawlRun)
        except ValueError as error:
            yield found("snapshot-run-unreadable", path, f"It is no record of a run: {error}.")
            continue
        runs.append(run)
        yield from _check_run(case, manifest, run, name)
    if len(runs) == len(manifest.runs):
        yield from _differences(case, manifest, runs)
    yield from _check_required(case, manifest)


def _check_run(case: Case, manifest: SnapshotManifest, run: CrawlRun, name: str) -> Iterator[Finding]:
    path = contents.packed_run(name)
    if (run.run, run.site) != (name, manifest.site):
        yield found("snapshot-run-differs", path, f"It is the record of run {run.run} of {run.site}.")
        return
    sealed = [(warc.collection_path, warc.digest, warc.records) for warc in manifest.warcs if warc.run == name]
    if sealed != [(warc.path, warc.digest, warc.records) for warc in run.warcs]:
        yield found("snapshot-run-differs", path, "Its WARC files are not those that the manifest gives for it.")
    listed = {str(one.get("path")): one.get("hash") for one in (case.package or {}).get("resources", ())}
    for warc in run.warcs:
        packed = contents.packed_warc(warc.path)
        if case.is_sound(packed) and listed and listed.get(packed) != str(warc.digest):
            yield found("snapshot-run-differs", packed, f"It is not the WARC file that run {name} sealed.")


def _differences(case: Case, manifest: SnapshotManifest, runs: list[CrawlRun]) -> Iterator[Finding]:
    resources = {str(one.get("path")): one.get("hash") for one in (case.package or {}).get("resources", ())}
    told_of = _told_of(case)
    records = {path for path in case.wacz.stretches if path.startswith(contents.CRAWLS)}
    warcs = {path for path in case.wacz.stretches if path.startswith(ARCHIVE)}
    known = {warc.path for warc in manifest.warcs}
    required = [{"filename": one.filename, "hash": str(one.digest)} for one in manifest.requires]
    relation = (case.package or {}).get("relation")
    sound = case.package is not None
    facts = {
        "runs": records <= {contents.packed_run(run) for run in manifest.runs},
        "warcs": warcs <= known <= told_of,
        "cutoff": bool(runs) and manifest.cutoff == runs[-1].ended_at,
        "captures": manifest.captures == sum(run.captures for run in runs),
        "articles": manifest.articles == sum(run.articles for run in runs),
        "extractors": manifest.articles == sum(extractor.articles for extractor in manifest.extractors),
        "articles_digest": not sound or str(manifest.articles_digest) == resources.get(contents.ARTICLES),
        "requires": not sound or required == (relation.get("requires") if isinstance(relation, dict) else []),
        "site": _site(case) in {None, manifest.site},
    }
    for name, agrees in facts.items():
        if not agrees:
            message = f"What it says of {name} is not what is in the snapshot."
            yield found("snapshot-manifest-differs", f"{contents.MANIFEST}#{name}", message)


def _site(case: Case) -> str | None:
    """The site of the collection; ``None`` where that is a finding already."""
    if not case.is_sound(contents.COLLECTION):
        return None
    try:
        return from_json(case.wacz.read(contents.COLLECTION), Descriptor).site
    except ValueError:
        return ""


def _check_required(case: Case, manifest: SnapshotManifest) -> Iterator[Finding]:
    opened: list[Snapshot] = []
    sound = True
    for required in manifest.requires:
        path = case.required_in / required.filename
        if not path.is_file():
            message = f"The snapshot goes on from {required.filename}, which is not in {case.required_in}."
            sound = False
            yield found("snapshot-required-missing", required.filename, message)
            continue
        try:
            snapshot = Snapshot.open(path)
        except UnreadableInput as error:
            sound = False
            yield found("snapshot-required-differs", required.filename, f"{error}")
            continue
        opened.append(snapshot)
        if digest_of(path) != required.digest:
            sound = False
            message = f"It is another file than the one that {manifest.name} goes on from."
            yield found("snapshot-required-differs", required.filename, message)
    if sound:
        case.chain = Chain((*opened, Snapshot(case.wacz, manifest)))
    else:
        for snapshot in opened:
            snapshot.close()


def _told_of(case: Case) -> set[str]:
    """Files whose absence is found already, or that are there."""
    listed = {str(one.get("path")) for one in (case.package or {}).get("resources", ())}
    return listed | case.wacz.stretches.keys() | {flaw.path for flaw in case.wacz.flaws}
