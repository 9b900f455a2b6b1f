"""SURT keys: what replay tools sort and look addresses up by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.warc.surt import surt_key


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.tagesschau.de/inland/moin-100.html", "de,tagesschau)/inland/moin-100.html"),
        ("http://seeblick.example", "example,seeblick)/"),
        ("https://seeblick.example?a", "example,seeblick)/?a"),
        ("HTTPS://WWW2.Seeblick.Example:443/A/", "example,seeblick)/a"),
        ("https://www.www.seeblick.example/", "example,seeblick,www)/"),
        ("http://seeblick.example:443/", "example,seeblick:443)/"),
        ("http://localhost:8000/a", "localhost:8000)/a"),
        ("http://127.0.0.1:8000/archiv?datum=2026-11-22", "1,0,0,127:8000)/archiv?datum=2026-11-22"),
        ("http://[2001:db8::1]:8000/a", "2001:db8::1:8000)/a"),
        ("http://user:secret@seeblick.example/", "example,seeblick)/"),
        ("https://seeblick.example/a/./b/../c//d", "example,seeblick)/a/c/d"),
        ("https://seeblick.example/../a", "example,seeblick)/../a"),
        ("https://seeblick.example/?b=2&a=1&&B", "example,seeblick)/?&a=1&b&b=2"),
        ("https://seeblick.example/a?", "example,seeblick)/a"),
        ("https://seeblick.example/a?b#c?d", "example,seeblick)/a?b"),
        ("https://grüße.example/ü?q=ß", "example,xn--grsse-lva)/%c3%bc?q=%c3%9f"),
        ("https://seeblick.example/%2541%zz b", "example,seeblick)/a%25zz%20b"),
        (f"https://seeblick.example/?x=1&PHPSESSID={'A0' * 16}", "example,seeblick)/?&x=1"),
        (f"https://seeblick.example/?sid={'0' * 32}&x=1", "example,seeblick)/?x=1"),
        (f"https://seeblick.example/?sid={'0' * 31}", f"example,seeblick)/?sid={'0' * 31}"),
        (f"https://seeblick.example/a/(S({'0' * 24}))/b.aspx", "example,seeblick)/a/b.aspx"),
        ("urn:newsarchive:a b", "urn:newsarchive:a%20b"),
    ],
)
def test_keys(url: str, key: str) -> None:
    assert surt_key(url) == key


@given(st.text(max_size=60))
def test_any_text_has_a_key_that_fits_into_a_line(text: str) -> None:
    for url in (text, f"https://{text}", f"https://seeblick.example/{text}"):
        key = surt_key(url.encode("utf-8", "replace").decode())
        assert key.isascii()
        assert key.isprintable()
        assert " " not in key
