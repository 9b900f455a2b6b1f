"""What OpenSSL calls TLS versions and cipher suites, and what WARC files call them. Pure."""

from __future__ import annotations

import re

_SUITE = re.compile(
    r"(?:(?P<exchange>ECDHE|DHE)-(?P<signature>RSA|ECDSA)-)?"
    r"(?:AES(?P<bits>128|256)(?:-(?P<mode>GCM))?-(?P<digest>SHA\d*)|CHACHA20-POLY1305)"
)


def protocol_name(openssl_name: str) -> str:
    """The TLS version as WARC-Protocol has it (iipc/warc-specifications#42): ``TLSv1.3`` -> ``tls/1.3``."""
    family, _, version = openssl_name.lower().partition("v")
    return f"{family}/{version if '.' in version or family == 'ssl' else f'{version}.0'}"


def cipher_suite_name(openssl_name: str | None) -> str | None:
    """The IANA name that WARC-Cipher-Suite wants (iipc/warc-specifications#86).

    ``ECDHE-RSA-AES128-GCM-SHA256`` -> ``TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256``; since TLS 1.3 both are the same.
    ``None`` for suites not seen on the web (PSK, SRP, CCM, Camellia …): better no name than a wrong one.
    """
    if openssl_name is None or openssl_name.startswith("TLS_"):
        return openssl_name
    suite = _SUITE.fullmatch(openssl_name)
    if suite is None:
        return None
    keys = f"{suite['exchange']}_{suite['signature']}" if suite["exchange"] else "RSA"
    if suite["bits"] is None:
        return f"TLS_{keys}_WITH_CHACHA20_POLY1305_SHA256"
    return f"TLS_{keys}_WITH_AES_{suite['bits']}_{suite['mode'] or 'CBC'}_{suite['digest']}"
