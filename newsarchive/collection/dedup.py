"""Not storing a payload twice: which captures become revisits, and of what.

A payload that was stored before is not stored again. What may be told for what:

- the earlier capture is a whole response, never itself a revisit, and was had with the same framing: players would
  serve the chunk sizes of a chunked one as content, or look for some where there are none;
- it is in a committed run, or earlier in the very file that is written. What a run that may yet fail has put into
  another file is no ground to build on;
- the later one is whole too, and has a payload at all.

An answer 304 becomes a revisit where the request named validators of a capture that is stored. Where it did not, or
nothing is known of them, it is a response like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsarchive.collection.catalog import Catalog, opaque_tag
from newsarchive.model.capture import Capture, StoredCapture
from newsarchive.model.crawl import WarcFile
from newsarchive.model.digest import Digest
from newsarchive.warc.message import Head, is_chunked, parse_head
from newsarchive.warc.records import Answer, Copy, Original, Resource, answer_of
from newsarchive.warc.writer import WarcWriter


class DedupedWarc:
    """A WARC file into which ``writer`` writes each payload once; written and sealed like the file itself."""

    def __init__(self, writer: WarcWriter, catalog: Catalog) -> None:
        self._writer = writer
        self._catalog = catalog
        self._here: dict[tuple[Digest, bool], Original] = {}

    @property
    def length_bytes(self) -> int:
        """Bytes written so far."""
        return self._writer.length_bytes

    def write(self, capture: Capture) -> StoredCapture | None:
        """Write one exchange, as a revisit where that is right; otherwise as ``WarcWriter.write``."""
        answer = answer_of(capture)
        original = self._original(capture, answer)
        stored = self._writer.write(capture, answer=answer, original=original)
        if stored is not None and original is None and answer.head is not None and _is_whole(capture, answer):
            self._here[answer.payload_digest, is_chunked(answer.head.headers)] = Original(
                record_id=stored.ref.record_id,
                url=stored.url,
                captured_at=stored.ref.captured_at,
                payload_digest=answer.payload_digest,
            )
        return stored

    def write_resource(self, resource: Resource) -> StoredCapture:
        """Write content that came without HTTP: never a revisit, which is of HTTP."""
        return self._writer.write_resource(resource)

    def write_copy(self, copy: Copy) -> StoredCapture | None:
        """Take over a capture of others, whole if it is whole there; a revisit where what it repeats is with us.

        ``None``, and nothing is written, for a revisit of what is not.
        """
        stored = copy.stored
        chunked = is_chunked(stored.headers)
        key = (stored.ref.payload_digest, chunked)
        if stored.record_type == "revisit":
            original = self._here.get(key) or self._catalog.original(stored.ref.payload_digest, chunked=chunked)
            return None if original is None else self._writer.write_copy(copy, original=original)
        written = self._writer.write_copy(copy)
        if stored.record_type == "response" and stored.truncated is None and stored.payload:
            self._here.setdefault(
                key,
                Original(
                    record_id=copy.record_id,
                    url=stored.url,
                    captured_at=stored.ref.captured_at,
                    payload_digest=stored.ref.payload_digest,
                ),
            )
        return written

    def commit(self) -> None:
        """Return once everything written is on the disk."""
        self._writer.commit()

    def seal(self) -> WarcFile:
        """Give the file its final name; nothing can be written after this."""
        return self._writer.seal()

    def close(self) -> None:
        """Let go of the file as it is."""
        self._writer.close()

    def _original(self, capture: Capture, answer: Answer) -> Original | None:
        if answer.head is None or capture.truncated is not None:
            return None
        if answer.status == 304:
            etags, last_modified = validators(parse_head(capture.sent))
            if not (etags or last_modified):
                return None
            return self._catalog.validated(capture.url, etags=etags, last_modified=last_modified)
        if not _is_whole(capture, answer):
            return None
        chunked = is_chunked(answer.head.headers)
        here = self._here.get((answer.payload_digest, chunked))
        return here or self._catalog.original(answer.payload_digest, chunked=chunked)


def validators(request: Head) -> tuple[Sequence[str], str | None]:
    """By what a conditional request names the copy it has: opaque tags, or, without any, a time as it is printed.

    RFC 9110 section 13.1.3: the time does not count beside tags.
    """
    tags = request.header("If-None-Match")
    if tags is None:
        return (), request.header("If-Modified-Since")
    return tuple(opaque_tag(tag) for tag in tags.split(",")), None


def _is_whole(capture: Capture, answer: Answer) -> bool:
    return capture.truncated is None and bool(answer.payload) and answer.status != 304
