"""Digests as printed in WARC headers, CDXJ lines and article records: ``sha256:<lower-case hex>``.

The form follows the annotated WARC 1.1 specification: lower-case label, sha256 in lower-case Base16.
"""

from __future__ import annotations

import hashlib
import re
from typing import Self

_PRINTED = re.compile(r"sha256:[0-9a-f]{64}")


class Digest:
    """One digest, immutable: ``algorithm`` (``sha256``) and ``value`` (lower-case hex).

    A plain class rather than a dataclass, so that it is written as its printed form and not as an object.
    """

    __slots__ = ("_printed",)
    _printed: str

    def __init__(self, algorithm: str, value: str) -> None:
        printed = f"{algorithm}:{value}"
        if not _PRINTED.fullmatch(printed):
            raise ValueError(f"not a digest of the form sha256:<64 hex digits>: {printed!r}")
        self._printed = printed

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Self:
        """The sha256 of ``data``."""
        return cls("sha256", hashlib.sha256(data).hexdigest())

    @classmethod
    def parse(cls, printed: str) -> Self:
        """Read ``sha256:<hex>``; raises ``ValueError`` for anything else."""
        algorithm, _, value = printed.partition(":")
        return cls(algorithm, value)

    @property
    def algorithm(self) -> str:
        """``sha256``."""
        return self._printed.partition(":")[0]

    @property
    def value(self) -> str:
        """The digest in lower-case hex."""
        return self._printed.partition(":")[2]

    def __str__(self) -> str:
        return self._printed

    def __repr__(self) -> str:
        return f"Digest.parse({self._printed!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Digest) and other._printed == self._printed

    def __hash__(self) -> int:
        return hash(self._printed)
