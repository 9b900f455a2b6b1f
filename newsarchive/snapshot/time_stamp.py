"""A time stamp of an authority (RFC 3161) beside a snapshot: it existed then, whoever made it.

Stamped is ``datapackage-digest.json``, so digest and signature of the whole; any other tool can verify that::

    unzip -p NAME.wacz datapackage-digest.json > digest.json
    openssl ts -verify -data digest.json -in NAME.wacz.tsr -CAfile authority.pem
"""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from newsarchive.collection.durable import storing, write_atomically
from newsarchive.errors import NewsarchiveError, UnreadableInput, UsageError
from newsarchive.snapshot.contents import TIME_STAMP_SUFFIX
from newsarchive.snapshot.opened import Snapshot
from newsarchive.warc.wacz import PACKAGE_DIGEST

_PATIENCE_S = 60
_MAX_BYTES = 1024 * 1024


def time_stamp_of(snapshot: Path) -> Path:
    """Where the time stamp of a snapshot lies."""
    return snapshot.with_name(snapshot.name + TIME_STAMP_SUFFIX)


def ask(snapshot: Path, authority: str) -> datetime:
    """Ask the authority at an address for a time stamp of a snapshot, and keep it beside that; the time it gives.

    Whether the authority is to be believed is a matter of verifying. Raises ``UsageError`` where there is a stamp
    already, ``NewsarchiveError`` where none is given, ``StorageFailed``.
    """
    path = time_stamp_of(snapshot)
    if path.exists():
        raise UsageError(message=f"{path} exists already, and the older time stamp is the better one.")
    if not authority.startswith(("http://", "https://")):
        raise UsageError(message=f"{authority} is no web address of a time stamp authority.")
    request = TimestampRequestBuilder().data(_stamped(snapshot)).hash_algorithm(HashAlgorithm.SHA256).build()
    posted = urllib.request.Request(  # noqa: S310  (the scheme is looked at above)
        authority, request.as_bytes(), {"Content-Type": "application/timestamp-query"}, method="POST"
    )
    try:
        with urllib.request.urlopen(posted, timeout=_PATIENCE_S) as answer:  # noqa: S310  (the same)
            data: bytes = answer.read(_MAX_BYTES)
        response = decode_timestamp_response(data)
        given = response.tst_info.message_imprint.message, response.tst_info.nonce
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise NewsarchiveError(message=f"{authority} gave no time stamp: {error}") from error
    if given != (request.message_imprint.message, request.nonce):
        raise NewsarchiveError(message=f"{authority} gave a time stamp for something else.")
    with storing(path):
        write_atomically(path, data)
    return response.tst_info.gen_time


def read_certificates(path: Path) -> list[Certificate]:
    """The certificates in the PEM file ``path``. Raises ``UnreadableInput``."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableInput(path=path, reason=f"there is no certificate in it: {error}") from error


def check(data: bytes, stamped: bytes, certificates: list[Certificate]) -> datetime:
    """The time that the stamp ``data`` gives to ``stamped``, vouched for by one of ``certificates``.

    Raises ``ValueError`` with the reason where it does not.
    """
    try:
        response = decode_timestamp_response(data)
        builder = VerifierBuilder()
        for certificate in certificates:
            builder = builder.add_root_certificate(certificate)
        builder.build().verify_message(response, stamped)
    except VerificationError as error:
        raise ValueError(str(error)) from error
    return response.tst_info.gen_time


def _stamped(path: Path) -> bytes:
    with Snapshot.open(path) as snapshot:
        if PACKAGE_DIGEST not in snapshot.wacz.stretches:
            raise UnreadableInput(path=path, reason=f"there is no {PACKAGE_DIGEST} in it")
        return snapshot.wacz.read(PACKAGE_DIGEST)
