"""The index against the records, both ways, and every record that an article was read in.

All files were compared with their seals before, so of a record that the index knows only the head is decompressed; the
rest of it is known to be what was sealed. What lies between such records is decompressed whole, to find where it ends.
A deep verification decompresses everything, and holds each record against the rules of WARC 1.1 and its own digests.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from newsarchive.model.digest import Digest
from newsarchive.model.faults import found as found_in_record
from newsarchive.model.finding import Finding
from newsarchive.snapshot.case import Case
from newsarchive.snapshot.claims import Claim, by_warc, facts_of, index_claim, sort_key, time_of_record
from newsarchive.snapshot.faults import found
from newsarchive.warc.cdxj import LISTED, index_line, parse_line, to_line
from newsarchive.warc.message import parse_head, status_of
from newsarchive.warc.records import Record
from newsarchive.warc.resolve import is_not_modified, revisit_target
from newsarchive.warc.rules import check_digests, check_fields, check_request, check_response, check_revisit
from newsarchive.warc.strict import MAX_CONTENT_BYTES, parse_strictly
from newsarchive.warc.wacz import ARCHIVE, INDEX, INDEX_OF_INDEX, block_line

_HEAD_BYTES = 8 * 1024
_PIECE_BYTES = 64 * 1024
_MAGIC = b"\x1f\x8b\x08"
_RECORD_DIGEST = b', "recordDigest"'


def check_index(case: Case) -> Iterator[Finding]:
    """The form of the index: its blocks as the index of these says, its lines in order. Collects their claims."""
    if not (case.is_sound(INDEX) and case.is_sound(INDEX_OF_INDEX)):
        case.index_is_sound = False
        return
    count = 0
    before = b""
    try:
        covered = 0
        for number, block in enumerate(case.wacz.blocks()):
            lines = case.wacz.lines_of(number)
            member = case.wacz.at(INDEX, block.offset, block.length)
            wanted = block_line(lines[0], offset=covered, length=len(member), digest=Digest.of(member))
            given = replace(block, digest=str(Digest.of(member)))
            if given != block or block.offset != covered or not wanted.startswith(block.first):
                message = f"Its entry {number} is not that of the block there."
                yield found("snapshot-index-block", INDEX_OF_INDEX, message)
            covered += len(member)
            for line in lines:
                if line <= before:
                    yield found("snapshot-index-unsorted", f"{INDEX}:{count + 1}", "It is not after the line before.")
                before = line
                count += 1
                parsed = parse_line(line)
                case.claims.add(index_claim(parsed.filename, parsed.offset, line))
        if covered != case.wacz.stretches[INDEX].length:
            yield found("snapshot-index-block", INDEX_OF_INDEX, "It does not list all blocks of the index.")
    except (ValueError, IndexError) as error:
        case.index_is_sound = False
        yield found("snapshot-index-unreadable", INDEX, f"It cannot be read: {error}.")
        return
    if case.manifest is not None and count != case.manifest.indexed:
        message = f"It has {count} lines; the manifest says {case.manifest.indexed}."
        yield found("snapshot-index-incomplete", INDEX, message)


def check_records(case: Case) -> Iterator[Finding]:
    """Every WARC file, and every claim of index and articles about the records in it."""
    stretches = (path.removeprefix(ARCHIVE) for path in case.wacz.stretches if path.startswith(ARCHIVE))
    names = sorted(stretches, key=sort_key)
    spoiled = {path.removeprefix(ARCHIVE) for path in case.spoiled}
    flawed = {flaw.path.removeprefix(ARCHIVE) for flaw in case.wacz.flaws}
    listed = {str(one.get("path")).removeprefix(ARCHIVE) for one in (case.package or {}).get("resources", ())}
    for name, claims in by_warc(case.claims.sorted()):
        while names and sort_key(names[0]) < sort_key(name):
            yield from _walk(case, names.pop(0), iter(()), spoiled)
        if names and names[0] == name:
            yield from _walk(case, names.pop(0), claims, spoiled)
        elif name not in flawed | listed:
            for claim in claims:
                yield _stray(claim, f"{ARCHIVE}{name}", "there is no such file")
    for name in names:
        yield from _walk(case, name, iter(()), spoiled)


def _walk(case: Case, name: str, claims: Iterator[Claim], spoiled: set[str]) -> Iterator[Finding]:
    if name not in spoiled:
        yield from _Walk(case=case, name=name).go(claims)


@dataclass(frozen=True, slots=True)
class _Unread:
    """What could not be read, and why."""

    reason: str


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One WARC file while it is gone through."""

    case: Case
    name: str
    records: int = 0

    @property
    def path(self) -> str:
        return ARCHIVE + self.name

    def go(self, claims: Iterator[Claim]) -> Iterator[Finding]:
        size = self.case.wacz.stretches[self.path].length
        position = 0
        claim = next(claims, None)
        sound = True
        while position < size:
            while claim is not None and claim.offset < position:
                yield _stray(claim, f"{self.path}@{claim.offset}", "no record begins there")
                claim = next(claims, None)
            here: list[Claim] = []
            while claim is not None and claim.offset == position:
                here.append(claim)
                claim = next(claims, None)
            length, record = self._read(position, here, size)
            where = f"{self.path}@{position}"
            if isinstance(record, _Unread):
                sound = False
                yield found("snapshot-record-damaged", where, f"There is no whole record: {record.reason}.")
                if claim is None:
                    break
                position = claim.offset
                continue
            self.records += 1
            yield from self._compare(record, position, length, here, where)
            position += length
        while claim is not None:
            if sound:
                yield _stray(claim, f"{self.path}@{claim.offset}", "no record begins there")
            claim = next(claims, None)
        manifest = self.case.manifest
        sealed = [warc.records for warc in manifest.warcs if warc.path == self.path] if manifest else []
        if sound and sealed and sealed != [self.records]:
            yield found("snapshot-run-differs", self.path, f"It holds {self.records} records, not {sealed[0]}.")

    def _read(self, position: int, here: list[Claim], size: int) -> tuple[int, Record | _Unread]:
        """Length and record of the gzip member at ``position``; of a record that the index knows, up to its body."""
        if here and here[0].kind == "index" and not self.case.deep:
            length = parse_line(here[0].content).length
            end = self.case.wacz.at(self.path, position + length, len(_MAGIC))
            ends = length > 0 and (position + length == size or end == _MAGIC)
            head = self._head(position, length) if ends else None
            if head is not None:
                return length, head
        return self._whole(position)

    def _head(self, position: int, length: int) -> Record | None:
        """The record without its body; ``None`` where its head is longer than usual, or is none."""
        data = self.case.wacz.at(self.path, position, min(length, _HEAD_BYTES))
        try:
            content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 4 * _HEAD_BYTES)
        except zlib.error:
            return None
        end = content.find(b"\r\n\r\n") + 4
        head = parse_head(content[:end])
        block = content[end:]
        whole = end > 4 and head.start_line.startswith("WARC/1.") and (b"\n\r\n" in block or b"\n\n" in block)
        return Record(headers=head.headers, block=block) if whole and content[:end].isascii() else None

    def _whole(self, position: int) -> tuple[int, Record | _Unread]:
        inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
        pieces: list[bytes] = []
        length = size = 0
        try:
            while not inflater.eof:
                data = self.case.wacz.at(self.path, position + length, _PIECE_BYTES)
                if not data:
                    return length, _Unread("the file ends in the middle of it")
                pieces.append(inflater.decompress(data))
                length += len(data) - len(inflater.unused_data)
                size += len(pieces[-1])
                if size > MAX_CONTENT_BYTES:
                    return length, _Unread(f"its content has more than {MAX_CONTENT_BYTES} bytes")
        except zlib.error as error:
            return length, _Unread(f"it cannot be decompressed ({error})")
        record = parse_strictly(b"".join(pieces))
        return length, record if isinstance(record, Record) else _Unread(record[1])

    def _compare(self, record: Record, position: int, length: int, here: list[Claim], where: str) -> Iterator[Finding]:
        if self.case.deep:
            yield from (found_in_record(code, where, message) for code, message in _breaches(record))
        try:
            kind = record.type
            line = index_line(record, filename=self.name, offset=position, length=length, record_digest="")
        except ValueError:
            kind, line = record.header("WARC-Type") or "", None
        is_listed = kind in LISTED and line is not None and line.is_replayable
        lines = [claim for claim in here if claim.kind == "index"]
        if is_listed and not lines and self.case.index_is_sound:
            yield found("snapshot-index-incomplete", where, "The record has no line in the index.")
        for claim in lines:
            if kind not in LISTED or line is None:
                yield _stray(claim, where, f"a {kind} record lies there, which no index lists")
            elif not line.is_replayable:
                message = "The index lists an answer that only says that nothing changed; players would show it blank."
                yield found("snapshot-index-not-replayable", where, message)
            elif claim.content.partition(_RECORD_DIGEST)[0] + b"}\n" != to_line(replace(line, record_digest=None)):
                yield found("snapshot-index-differs", where, "The index line says something else than the record.")
            elif self.case.deep and not self._has_digest(claim, position, length):
                message = "The recordDigest of the index line is not that of the bytes there."
                yield found("snapshot-index-record-digest", where, message)
        yield from self._compare_articles(record, kind, length, here)
        if kind == "revisit" and is_listed and self.case.chain is not None and self.case.index_is_sound:
            yield from self._check_target(record, where)

    def _has_digest(self, claim: Claim, position: int, length: int) -> bool:
        member = self.case.wacz.at(self.path, position, length)
        return parse_line(claim.content).record_digest == str(Digest.of(member))

    def _compare_articles(self, record: Record, kind: str, length: int, here: list[Claim]) -> Iterator[Finding]:
        for claim in here:
            if claim.kind != "article":
                continue
            facts = facts_of(claim)
            try:
                pairs = {
                    "the id": (facts.record_id, record.id),
                    "the address": (facts.url, record.demand("WARC-Target-URI")),
                    "the time": (facts.at, time_of_record(record.demand("WARC-Date"))),
                    "the status": (facts.status, None if kind == "resource" else status_of(record.block)),
                    "the payload digest": (facts.payload_digest, record.header("WARC-Payload-Digest")),
                    "the length": (facts.length, length),
                }
            except ValueError as error:
                yield found("snapshot-article-capture", facts.where, f"Its capture is no sound record: {error}.")
                continue
            differing = [name for name, (claimed, real) in pairs.items() if claimed != real]
            if differing or kind not in LISTED:
                message = f"The record at {self.path}@{claim.offset} is another: {', '.join(differing) or kind}."
                yield found("snapshot-article-capture", facts.where, message)

    def _check_target(self, record: Record, where: str) -> Iterator[Finding]:
        if is_not_modified(record) or self.case.chain is None:
            return
        try:
            target = self.case.chain.original_line(revisit_target(record))
        except ValueError:
            return  # an index that cannot be read is found by those who read it
        if target is None:
            message = f"It repeats the payload of {record.header('WARC-Refers-To')}, which is in no index here."
            yield found("snapshot-revisit-dangling", where, message)


def _breaches(record: Record) -> Iterator[tuple[str, str]]:
    yield from check_fields(record)
    kind = (record.header("WARC-Type") or "").lower()
    is_http = (record.header("Content-Type") or "").lower().replace(" ", "").startswith("application/http")
    if kind == "response" and is_http:
        yield from check_response(record, parse_head(record.block), deep=True)
    elif kind == "request" and is_http:
        yield from check_request(record)
    elif kind == "revisit":
        yield from check_revisit(record)
    yield from check_digests(record)


def _stray(claim: Claim, where: str, reason: str) -> Finding:
    if claim.kind == "article":
        facts = facts_of(claim)
        return found("snapshot-article-capture", facts.where, f"Its capture should lie at {where}, but {reason}.")
    return found("snapshot-index-dangling", where, f"An index line points there, but {reason}.")
