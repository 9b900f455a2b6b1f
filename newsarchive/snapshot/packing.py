"""The WACZ as a package: whole as a ZIP, every file listed and as it was sealed, and the signature over all of it."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import Any

from newsarchive.model.digest import Digest
from newsarchive.model.finding import Finding
from newsarchive.snapshot import contents
from newsarchive.snapshot.case import Case
from newsarchive.snapshot.faults import found
from newsarchive.snapshot.sign import FIELDS, is_signed
from newsarchive.warc.wacz import (
    ARCHIVE,
    INDEX,
    INDEX_OF_INDEX,
    PACKAGE,
    PACKAGE_DIGEST,
    PAGES,
    WACZ_VERSION,
    chunks_of,
)
from newsarchive.warc.wacz_reader import ZipFault

_ZIP_CODES: dict[ZipFault, str] = {
    "unreadable": "snapshot-unreadable",
    "name": "snapshot-zip-name",
    "doubled": "snapshot-zip-doubled",
    "not-stored": "snapshot-zip-not-stored",
    "header": "snapshot-zip-header",
    "strange-bytes": "snapshot-zip-strange-bytes",
}
_PARTS = (INDEX, INDEX_OF_INDEX, PAGES, contents.ARTICLES, contents.SIGHTINGS, contents.COLLECTION)


def check_packing(case: Case) -> Iterator[Finding]:
    """The ZIP, the data package, and every byte of every file."""
    wacz = case.wacz
    flawed = {flaw.path for flaw in wacz.flaws}
    for flaw in wacz.flaws:
        yield found(_ZIP_CODES[flaw.fault], flaw.path or wacz.path.name, _sentence(flaw.reason))
    if PACKAGE in wacz.stretches:
        try:
            case.package = _object(wacz.read(PACKAGE))
            listed = {str(resource["path"]): resource for resource in case.package["resources"]}
        except (ValueError, KeyError, TypeError) as error:
            case.package = None
            yield found("snapshot-package-unreadable", PACKAGE, f"It is no data package: {error!r}.")
    elif PACKAGE not in flawed:
        yield found("snapshot-package-missing", PACKAGE, "There is no data package, so nothing says what belongs here.")
    if case.package is None:
        for path in sorted(wacz.stretches):
            yield from _read(case, path, None)
        return
    yield from _check_form(case.package)
    for path in sorted(listed.keys() - wacz.stretches.keys() - flawed):
        yield found("snapshot-file-missing", path, "The data package lists it, and it is not there.")
    for path in sorted(wacz.stretches.keys() - listed.keys() - {PACKAGE, PACKAGE_DIGEST}):
        yield found("snapshot-file-unlisted", path, "It is there, and the data package does not list it.")
    for path in (path for path in _PARTS if path not in listed and path not in wacz.stretches):
        yield found("snapshot-part-missing", path, "Every snapshot has this file.")
    if not any(path.startswith(ARCHIVE) for path in (*listed, *wacz.stretches)):
        yield found("snapshot-part-missing", ARCHIVE, "There is no WARC file in it.")
    for path in sorted(wacz.stretches, key=lambda path: wacz.stretches[path].offset):
        yield from _read(case, path, listed.get(path))


def _check_form(package: dict[str, Any]) -> Iterator[Finding]:
    for name, wanted in (("profile", "data-package"), ("wacz_version", WACZ_VERSION)):
        if package.get(name) != wanted:
            message = f"Its {name} is {package.get(name)!r}; WACZ {WACZ_VERSION} wants {wanted!r}."
            yield found("snapshot-package-form", PACKAGE, message)


def _read(case: Case, path: str, resource: dict[str, Any] | None) -> Iterator[Finding]:
    """Read one file to its end, and compare it with what ZIP and package say of it."""
    sha256, crc = hashlib.sha256(), 0
    stretch = case.wacz.stretches[path]
    with case.wacz.open(path) as file:
        for chunk in chunks_of(file):
            sha256.update(chunk)
            crc = zlib.crc32(chunk, crc)
            case.on_bytes(len(chunk))
    if crc != stretch.crc:
        case.spoiled.add(path)
        yield found("snapshot-zip-crc", path, "Its bytes are not those that were packed: the CRC-32 is another.")
    elif resource is None:
        return
    elif resource.get("bytes") != stretch.length:
        case.spoiled.add(path)
        message = f"It has {stretch.length} bytes; the data package says {resource.get('bytes')}."
        yield found("snapshot-file-length", path, message)
    elif resource.get("hash") != f"sha256:{sha256.hexdigest()}":
        case.spoiled.add(path)
        yield found("snapshot-file-digest", path, "Its sha256 is not the one in the data package.")


def check_signature(case: Case, public_key: str | None) -> Iterator[Finding]:
    """The digest of the data package, and its signature where there is one; ``public_key``: whose it must be."""
    wacz = case.wacz
    if not case.is_sound(PACKAGE):
        return
    if PACKAGE_DIGEST not in wacz.stretches:
        if not any(flaw.path == PACKAGE_DIGEST for flaw in wacz.flaws):
            yield found("snapshot-part-missing", PACKAGE_DIGEST, "Every snapshot has this file.")
        return
    if not case.is_sound(PACKAGE_DIGEST):
        return
    try:
        sealed = _object(wacz.read(PACKAGE_DIGEST))
    except ValueError as error:
        yield found("snapshot-package-digest", PACKAGE_DIGEST, f"It is not readable: {error}.")
        return
    digest = str(Digest.of(wacz.read(PACKAGE)))
    if (sealed.get("path"), sealed.get("hash")) != (PACKAGE, digest):
        message = f"It gives {sealed.get('hash')} for {sealed.get('path')}, which has {digest}."
        yield found("snapshot-package-digest", PACKAGE_DIGEST, message)
        return
    signed = sealed.get("signedData")
    if signed is None:
        if public_key is not None:
            yield found("snapshot-signature-missing", PACKAGE_DIGEST, "The snapshot is not signed.")
        return
    created = None if case.package is None else case.package.get("created")
    if not isinstance(signed, dict) or signed.keys() != FIELDS:
        message = f"Its fields are not {', '.join(sorted(FIELDS))}, those of an anonymous signature."
        yield found("snapshot-signature-form", PACKAGE_DIGEST, message)
    elif (signed["hash"], signed["created"]) != (digest, created):
        yield found("snapshot-signature-wrong", PACKAGE_DIGEST, "It signs another data package, or another time.")
    elif not is_signed(signed):
        yield found("snapshot-signature-wrong", PACKAGE_DIGEST, "The signature is not that of its public key.")
    elif public_key is not None and signed["publicKey"] != public_key:
        yield found("snapshot-signature-key", PACKAGE_DIGEST, "It was signed with another key than the one wanted.")


def _object(data: bytes) -> dict[str, Any]:
    content = json.loads(data)
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")
    return content


def _sentence(reason: str) -> str:
    return f"{reason[0].upper()}{reason[1:]}."
