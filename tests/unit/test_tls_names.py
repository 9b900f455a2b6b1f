"""Names of TLS versions and cipher suites as WARC files have them."""

from __future__ import annotations

import pytest

from newsarchive.crawl.tls import cipher_suite_name, protocol_name


@pytest.mark.parametrize(
    ("openssl", "iana"),
    # As printed by: openssl ciphers -stdname
    [
        ("TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("DHE-RSA-CHACHA20-POLY1305", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("ECDHE-ECDSA-AES256-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
        ("DHE-RSA-AES128-SHA256", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"),
        ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        ("AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
        ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
        ("PSK-AES256-GCM-SHA384", None),
        ("ECDHE-PSK-CHACHA20-POLY1305", None),
        (None, None),
    ],
)
def test_cipher_suite_has_its_iana_name(openssl: str | None, iana: str | None) -> None:
    assert cipher_suite_name(openssl) == iana


@pytest.mark.parametrize(
    ("openssl", "printed"), [("TLSv1.3", "tls/1.3"), ("TLSv1.2", "tls/1.2"), ("TLSv1", "tls/1.0"), ("SSLv3", "ssl/3")]
)
def test_protocol_has_its_warc_name(openssl: str, printed: str) -> None:
    assert protocol_name(openssl) == printed
