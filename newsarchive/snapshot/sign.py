"""Signing a snapshot with a key of one's own: the anonymous form of wacz-auth 0.1.0.

The key is ECDSA on P-384, the signature over the printed digest of the data package, with SHA-256, as the two numbers
one after the other: what browsers verify (Web Cryptography, ECDSA). It is deterministic (RFC 6979), so that the same
snapshot signed with the same key is the same file.

It proves that who had the key packed these bytes. Whose key that is must be known from elsewhere, and nothing here
proves what a server once sent.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from newsarchive.collection.versions import SOFTWARE
from newsarchive.errors import StorageFailed, UnreadableInput, UsageError
from newsarchive.model.digest import Digest

AUTH_VERSION = "0.1.0"
FIELDS = frozenset({"hash", "created", "software", "version", "signature", "publicKey"})
"""Those of the anonymous form; others are not allowed."""

_NUMBER_BYTES = 48


def create_key(path: Path) -> str:
    """Write a new private key to ``path``, which must not exist, for nobody else to read; the public key, printed.

    Raises ``StorageFailed``, and ``UsageError`` when something is there already.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123  (a descriptor, not a path)
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
    except FileExistsError:
        message = f"{path} is there already, and a key is never written over. Choose another name."
        raise UsageError(message=message) from None
    except OSError as error:
        raise StorageFailed(path=path, reason=error.strerror or str(error)) from error
    return printed_key(key.public_key())


def read_key(path: Path, password: bytes | None = None) -> ec.EllipticCurvePrivateKey:
    """The private key in the PEM file ``path``. Raises ``UnreadableInput`` for anything but ECDSA on P-384."""
    try:
        key = load_pem_private_key(path.read_bytes(), password)
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnreadableInput(path=path, reason=f"it is no private key that can be used here: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP384R1):
        raise UnreadableInput(path=path, reason="it is no ECDSA key on the curve P-384")
    return key


def read_public_key(path: Path) -> str:
    """The public key in the PEM file ``path``, of which that may be the private one too; printed."""
    try:
        return printed_key(load_pem_public_key(path.read_bytes()))
    except OSError as error:
        raise UnreadableInput(path=path, reason=error.strerror or str(error)) from error
    except (ValueError, UnsupportedAlgorithm):
        return printed_key(read_key(path).public_key())


def printed_key(key: object) -> str:
    """A public key as signatures carry it: base64 of its SubjectPublicKeyInfo. ``ValueError`` for other curves."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise ValueError("it is no ECDSA key on the curve P-384")
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def public_pem(printed: str) -> str:
    """A printed public key in PEM, to publish."""
    lines = [printed[at : at + 64] for at in range(0, len(printed), 64)]
    return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""))


def sign(package_digest: Digest, created_at: datetime, key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The ``signedData`` for a data package that was created at ``created_at``."""
    signed = key.sign(str(package_digest).encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    numbers = b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in decode_dss_signature(signed))
    return {
        "hash": str(package_digest),
        "created": f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "software": SOFTWARE,
        "version": AUTH_VERSION,
        "signature": base64.b64encode(numbers).decode(),
        "publicKey": printed_key(key.public_key()),
    }


def is_signed(signed: Mapping[str, object]) -> bool:
    """Whether the signature in ``signed`` is that of its public key over its ``hash``. Never raises."""
    try:
        fields = {name: value for name in ("hash", "signature", "publicKey") if isinstance(value := signed[name], str)}
        key = load_der_public_key(base64.b64decode(fields["publicKey"], validate=True))
        numbers = base64.b64decode(fields["signature"], validate=True)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
            return False
        if len(numbers) != 2 * _NUMBER_BYTES:
            return False
        first, second = (int.from_bytes(half, "big") for half in (numbers[:_NUMBER_BYTES], numbers[_NUMBER_BYTES:]))
        key.verify(encode_dss_signature(first, second), fields["hash"].encode(), ec.ECDSA(hashes.SHA256()))
    except (KeyError, ValueError, UnsupportedAlgorithm, InvalidSignature):
        return False
    return True
