"""The faults of snapshots: each does one thing wrong to a sealed sample, and says which findings that must lead to.

Faults of bytes leave everything else as it was, as a disk or a careless program would. Faults within come with seals
that fit, as if a program with that fault had made the snapshot; what follows from a fault is none of its own.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from newsarchive.model.article import Article
from newsarchive.model.digest import Digest
from newsarchive.model.revision import content_digest
from newsarchive.snapshot import contents
from newsarchive.warc.wacz import ARCHIVE, INDEX_OF_INDEX, PACKAGE, PACKAGE_DIGEST, PAGES
from tests.damage.packed import Files, PackedLab

Act = Callable[[PackedLab], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDamage:
    """One fault. ``codes``: what a verification finds, all of it; ``deep``, ``reproduced``: what these find besides.

    ``elsewhere``: whether ``wacz validate`` finds it too.
    """

    group: str
    name: str
    act: Act
    codes: frozenset[str]
    deep: frozenset[str]
    reproduced: frozenset[str]
    elsewhere: bool


DAMAGES: list[SnapshotDamage] = []


def _add(
    group: str,
    name: str,
    act: Act,
    *codes: str,
    deep: tuple[str, ...] = (),
    reproduced: tuple[str, ...] = (),
    elsewhere: bool = False,
) -> None:
    DAMAGES.append(
        SnapshotDamage(
            group=group,
            name=name,
            act=act,
            codes=frozenset(codes),
            deep=frozenset(deep),
            reproduced=frozenset(reproduced),
            elsewhere=elsewhere,
        )
    )


def _warc(lab: PackedLab, run: str = "aa") -> str:
    return next(path for path in lab.files() if path.startswith(ARCHIVE) and f"{run}-" in path)


def _without(path: str) -> Callable[[Files], object]:
    return lambda files: files.pop(path)


def _record(run: str) -> str:
    return {"aa": "crawls/20261122T093001Z-00aa.json", "bb": "crawls/20261122T103000Z-00bb.json"}[run]


# --- the ZIP ---------------------------------------------------------------------------------------------------------


def _rename_in_header(lab: PackedLab) -> None:
    start, _ = lab.place(PAGES)
    lab.edit(lambda data: data[: start - 80] + data[start - 80 : start].replace(b"pages.", b"pagis.") + data[start:])


def _deflate_warc(lab: PackedLab) -> None:
    lab.write(lab.files(), methods={_warc(lab): zipfile.ZIP_DEFLATED})


_ZIP = "ZIP"
_add(_ZIP, "cut off", lambda lab: lab.edit(lambda data: data[:-1000]), "snapshot-unreadable", elsewhere=True)
_add(_ZIP, "empty", lambda lab: lab.edit(lambda data: b""), "snapshot-unreadable", elsewhere=True)
_add(_ZIP, "bytes in front", lambda lab: lab.edit(lambda data: b"#!" + data), "snapshot-zip-strange-bytes")
_add(_ZIP, "bytes behind", lambda lab: lab.edit(lambda data: data + b"more"), "snapshot-zip-strange-bytes")
_add(_ZIP, "bit of a WARC", lambda lab: lab.flip(_warc(lab), 5000), "snapshot-zip-crc", elsewhere=True)
_add(_ZIP, "bit of the pages", lambda lab: lab.flip(PAGES, 500), "snapshot-zip-crc", elsewhere=True)
_add(_ZIP, "name before the file", _rename_in_header, "snapshot-zip-header", elsewhere=True)
_add(_ZIP, "two files of one name", lambda lab: lab.add(PAGES, b"{}\n"), "snapshot-zip-doubled", elsewhere=True)
_add(_ZIP, "WARC compressed", _deflate_warc, "snapshot-zip-not-stored")
_add(_ZIP, "name that leads out", lambda lab: lab.add("../../evil.txt", b""), "snapshot-zip-name", elsewhere=True)

# --- the data package ------------------------------------------------------------------------------------------------


def _set(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda content: content.update({name: value})


def _set_resource(path: str, name: str, value: object) -> Callable[[dict[str, Any]], object]:
    def change(package: dict[str, Any]) -> None:
        (resource,) = [one for one in package["resources"] if one["path"] == path]
        resource[name] = value

    return change


_NOTHING = str(Digest.of(b""))
_PACKAGE = "data package"
_add(_PACKAGE, "missing", lambda lab: lab.change(_without(PACKAGE)), "snapshot-package-missing", elsewhere=True)
_add(
    _PACKAGE,
    "no JSON",
    lambda lab: lab.change(lambda files: files.update({PACKAGE: b"{"})),
    "snapshot-package-unreadable",
    "snapshot-package-digest",
    elsewhere=True,
)
_add(
    _PACKAGE,
    "no resources",
    lambda lab: lab.package(lambda package: package.pop("resources")),
    "snapshot-package-unreadable",
    elsewhere=True,
)
_add(
    _PACKAGE,
    "other version",
    lambda lab: lab.package(_set("wacz_version", "1.0.0")),
    "snapshot-package-form",
    elsewhere=True,
)
_add(
    _PACKAGE, "other profile", lambda lab: lab.package(_set("profile", "wacz")), "snapshot-package-form", elsewhere=True
)
_add(
    _PACKAGE,
    "changed, digest not",
    lambda lab: lab.package(_set("title", "Other news"), with_digest=False),
    "snapshot-package-digest",
    elsewhere=True,
)
_add(_PACKAGE, "its digest missing", lambda lab: lab.change(_without(PACKAGE_DIGEST)), "snapshot-part-missing")
_add(
    _PACKAGE,
    "file added",
    lambda lab: lab.change(lambda files: files.update({"extra/note.txt": b"Moin"})),
    "snapshot-file-unlisted",
    elsewhere=True,
)
_add(_PACKAGE, "pages removed", lambda lab: lab.change(_without(PAGES)), "snapshot-file-missing", elsewhere=True)
_add(_PACKAGE, "pages never there", lambda lab: lab.reseal(_without(PAGES)), "snapshot-part-missing")
_add(
    _PACKAGE,
    "WARC removed",
    lambda lab: lab.change(_without(_warc(lab))),
    "snapshot-file-missing",
    elsewhere=True,
)
_add(
    _PACKAGE,
    "bit of a WARC, CRC fits",
    lambda lab: lab.flip(_warc(lab), 5000, with_crc=True),
    "snapshot-file-digest",
    elsewhere=True,
)
_add(
    _PACKAGE,
    "wrong sha256",
    lambda lab: lab.package(_set_resource(contents.ARTICLES, "hash", _NOTHING)),
    "snapshot-file-digest",
    "snapshot-manifest-differs",
    elsewhere=True,
)
_add(
    _PACKAGE,
    "wrong length",
    lambda lab: lab.package(_set_resource(contents.ARTICLES, "bytes", 7)),
    "snapshot-file-length",
    elsewhere=True,
)

# --- the signature: that of its maker is demanded --------------------------------------------------------------------


def _sign(name: str, value: str) -> Act:
    return lambda lab: lab.signed(lambda sealed: sealed["signedData"].update({name: value}))


def _swap_signature(sealed: dict[str, Any]) -> None:
    signature = sealed["signedData"]["signature"]
    sealed["signedData"]["signature"] = signature[-4:] + signature[:-4]


SIGNATURE = "signature"
_add(
    SIGNATURE,
    "missing",
    lambda lab: lab.signed(lambda sealed: sealed.pop("signedData")),
    "snapshot-signature-missing",
)
_add(SIGNATURE, "wrong", lambda lab: lab.signed(_swap_signature), "snapshot-signature-wrong")
_add(SIGNATURE, "no base64", _sign("signature", "???"), "snapshot-signature-wrong")
_add(SIGNATURE, "no key", _sign("publicKey", "AAAA"), "snapshot-signature-wrong")
_add(SIGNATURE, "other time", _sign("created", "2026-11-22T00:00:00Z"), "snapshot-signature-wrong", elsewhere=True)
_add(SIGNATURE, "of something else", _sign("hash", _NOTHING), "snapshot-signature-wrong")
_add(SIGNATURE, "field too many", _sign("domain", "nachrichten.example"), "snapshot-signature-form")

# --- manifest and runs -----------------------------------------------------------------------------------------------


def _later(run: dict[str, Any]) -> None:
    run["warcs"][0]["digest"] = _NOTHING


_MANIFEST = "manifest"
_add(_MANIFEST, "never there", lambda lab: lab.reseal(_without(contents.MANIFEST)), "snapshot-manifest-missing")
_add(
    _MANIFEST,
    "no JSON",
    lambda lab: lab.reseal(lambda files: files.update({contents.MANIFEST: b"{}"})),
    "snapshot-manifest-unreadable",
)
_add(_MANIFEST, "of the future", lambda lab: lab.manifest(_set("format", 99)), "snapshot-manifest-unreadable")
_add(_MANIFEST, "wrong count", lambda lab: lab.manifest(_set("captures", 9)), "snapshot-manifest-differs")
_add(
    _MANIFEST,
    "wrong cut-off",
    lambda lab: lab.manifest(_set("cutoff", "2026-11-22T09:00:00Z")),
    "snapshot-manifest-differs",
)
_add(
    _MANIFEST,
    "fewer lines in the index",
    lambda lab: lab.manifest(_set("indexed", 3)),
    "snapshot-index-incomplete",
)
_add(
    _MANIFEST,
    "run never there",
    lambda lab: lab.reseal(_without(_record("bb"))),
    "snapshot-run-unreadable",
)
_add(
    _MANIFEST,
    "run no JSON",
    lambda lab: lab.reseal(lambda files: files.update({_record("bb"): b"[]"})),
    "snapshot-run-unreadable",
)
_add(_MANIFEST, "run sealed another WARC", lambda lab: lab.json(_record("aa"), _later), "snapshot-run-differs")
_add(_MANIFEST, "run of another site", lambda lab: lab.json(_record("aa"), _set("site", "x")), "snapshot-run-differs")
_add(
    _MANIFEST,
    "collection of another site",
    lambda lab: lab.json(contents.COLLECTION, _set("site", "x")),
    "snapshot-manifest-differs",
)

# --- the index -------------------------------------------------------------------------------------------------------


def _line(lab_lines: list[bytes], part: bytes, mime: bytes = b"text/html") -> int:
    return next(at for at, line in enumerate(lab_lines) if part in line and mime in line)


def _edit_line(part: bytes, how: Callable[[dict[str, str]], object]) -> Act:
    def change(lines: list[bytes]) -> list[bytes]:
        at = _line(lines, part)
        key, timestamp, printed = lines[at].split(b" ", 2)
        fields = json.loads(printed)
        how(fields)
        lines[at] = b"%b %b %b\n" % (key, timestamp, json.dumps(fields).encode())
        return lines

    return lambda lab: lab.index(change)


def _add_304(lab: PackedLab) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        with_304 = [line for line in _full_index(lab) if b'"status": "304"' in line]
        return sorted([*lines, with_304[0]])

    before = _indexed(lab)
    lab.index(change)
    lab.manifest(_set("indexed", before + 1))


def _indexed(lab: PackedLab) -> int:
    count: int = json.loads(lab.files()[contents.MANIFEST])["indexed"]
    return count


def _full_index(lab: PackedLab) -> list[bytes]:
    """The lines of the index of all captures of the sample, as the snapshot would name them."""
    from newsarchive.warc.cdxj import index_warc, to_line

    lines = []
    for path, data in lab.files().items():
        if path.startswith(ARCHIVE):
            name = path.removeprefix(ARCHIVE)
            warc = lab.path.with_name(name)
            warc.write_bytes(data)
            lines += [to_line(line) for line in index_warc(warc, name)]
            warc.unlink()
    return lines


def _drop_line(lab: PackedLab) -> None:
    lab.index(lambda lines: [line for line in lines if b"/gibt-es-nicht" not in line])
    lab.manifest(lambda manifest: manifest.update(indexed=manifest["indexed"] - 1))


def _swap_lines(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def _idx(change: Callable[[dict[str, Any]], object]) -> Act:
    def edit(files: Files) -> None:
        head, line = files[INDEX_OF_INDEX].splitlines()
        key, timestamp, printed = line.split(b" ", 2)
        place = json.loads(printed)
        change(place)
        files[INDEX_OF_INDEX] = b"%b\n%b %b %b\n" % (head, key, timestamp, json.dumps(place).encode())

    return lambda lab: lab.reseal(edit)


def _drop_original(lab: PackedLab) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        return [line for line in lines if b"robots.txt " not in line or b"warc/revisit" in line]

    lab.index(change)
    lab.manifest(lambda manifest: manifest.update(indexed=manifest["indexed"] - 1))


_INDEX = "index"
_PAGE = b"/gibt-es-nicht"
_add(
    _INDEX,
    "wrong offset",
    _edit_line(_PAGE, lambda line: line.update(offset=str(int(line["offset"]) + 1))),
    "snapshot-index-dangling",
    "snapshot-index-incomplete",
)
_add(
    _INDEX,
    "wrong length",
    _edit_line(_PAGE, lambda line: line.update(length=str(int(line["length"]) + 1))),
    "snapshot-index-differs",
)
_add(_INDEX, "wrong status", _edit_line(_PAGE, lambda line: line.update(status="200")), "snapshot-index-differs")
_add(
    _INDEX,
    "WARC that is not there",
    _edit_line(_PAGE, lambda line: line.update(filename="no.warc.gz")),
    "snapshot-index-dangling",
    "snapshot-index-incomplete",
)
_add(
    _INDEX,
    "wrong recordDigest",
    _edit_line(_PAGE, lambda line: line.update(recordDigest=_NOTHING)),
    deep=("snapshot-index-record-digest",),
)
_add(_INDEX, "line missing", _drop_line, "snapshot-index-incomplete")
_add(_INDEX, "line of a 304", _add_304, "snapshot-index-not-replayable")
_add(_INDEX, "unsorted", lambda lab: lab.index(_swap_lines), "snapshot-index-unsorted")
_add(_INDEX, "block of another digest", _idx(lambda place: place.update(digest=_NOTHING)), "snapshot-index-block")
_add(_INDEX, "block elsewhere", _idx(lambda place: place.update(offset=5)), "snapshot-index-unreadable")
_add(
    _INDEX,
    "no index of the index",
    lambda lab: lab.reseal(_without(INDEX_OF_INDEX)),
    "snapshot-part-missing",
)
_add(
    _INDEX,
    "original of a revisit missing",
    _drop_original,
    "snapshot-index-incomplete",
    "snapshot-revisit-dangling",
)

# --- articles, sightings, pages --------------------------------------------------------------------------------------


def _first(how: Callable[[Article], Article]) -> Act:
    return lambda lab: lab.articles(lambda articles: [how(articles[0]), *articles[1:]])


def _ref(**changes: Any) -> Act:
    return _first(lambda article: replace(article, capture=replace(article.capture, **changes)))


def _retold(article: Article) -> Article:
    told = replace(article, headline="Der See ist leer")
    return replace(told, content_digest=content_digest(told))


def _cut_line(files: Files) -> None:
    lines = files[contents.ARTICLES].splitlines(keepends=True)
    files[contents.ARTICLES] = b"".join([lines[0][:200] + b"\n", *lines[1:]])


def _lost_sighting(files: Files) -> None:
    lines = files[contents.SIGHTINGS].splitlines(keepends=True)
    sighting = json.loads(lines[-1])
    sighting.update(article_id="nirgends-100", revision=1)
    files[contents.SIGHTINGS] = b"".join([*lines[:-1], json.dumps(sighting).encode() + b"\n"])


def _other_page(files: Files) -> None:
    files[PAGES] = files[PAGES].replace(b"https://nachrichten.example/", b"https://other.example/", 1)


_ARTICLES = "articles"
_LINES = ("snapshot-manifest-differs",)
_add(_ARTICLES, "line cut", lambda lab: lab.reseal(_cut_line), "snapshot-line-unreadable")
_add(
    _ARTICLES,
    "of another site",
    _first(lambda article: replace(article, site="x")),
    "snapshot-article-site",
    reproduced=("snapshot-article-differs",),
)
_add(
    _ARTICLES,
    "other text, digest not",
    _first(lambda article: replace(article, headline="Der See ist leer")),
    "snapshot-article-digest",
    reproduced=("snapshot-article-differs",),
)
_add(_ARTICLES, "other text, digest fits", _first(_retold), reproduced=("snapshot-article-differs",))
_add(_ARTICLES, "capture elsewhere", _ref(offset=1), "snapshot-article-capture")
_add(
    _ARTICLES,
    "capture in a file that is not there",
    _ref(warc="warc/2026/11/22/no.warc.gz"),
    "snapshot-article-capture",
)
_add(
    _ARTICLES,
    "capture of another time",
    lambda lab: lab.articles(
        lambda all_: [
            replace(
                all_[0],
                capture=replace(all_[0].capture, captured_at=all_[0].capture.captured_at + timedelta(seconds=1)),
            ),
            *all_[1:],
        ]
    ),
    "snapshot-article-capture",
    reproduced=("snapshot-article-differs",),
)
_add(
    _ARTICLES,
    "line twice",
    lambda lab: lab.articles(lambda articles: [*articles, articles[0]]),
    "snapshot-article-doubled",
    *_LINES,
)
_add(
    _ARTICLES,
    "revision missing",
    lambda lab: lab.articles(lambda articles: [*articles[1:]]),
    "snapshot-article-revision",
    "snapshot-manifest-differs",
)
_add(
    _ARTICLES,
    "number beyond measure",
    _first(lambda article: replace(article, revision=2**70)),
    "snapshot-line-unreadable",
)
_add(_ARTICLES, "sighting of nothing", lambda lab: lab.reseal(_lost_sighting), "snapshot-sighting-article")
_add(_ARTICLES, "page of another address", lambda lab: lab.reseal(_other_page), "snapshot-pages-differ")
_add(_ARTICLES, "no sightings", lambda lab: lab.reseal(_without(contents.SIGHTINGS)), "snapshot-part-missing")
