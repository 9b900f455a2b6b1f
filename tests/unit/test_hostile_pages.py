"""Bad input: whatever a server sends, extraction says what is wrong with it, soon and in little memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import textwrap
import zlib
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from newsarchive.extraction.extract import extract
from newsarchive.extraction.reader import AnyPageReader
from newsarchive.model.article import Article, Extraction
from newsarchive.model.capture import StoredCapture
from newsarchive.model.serialize import article_schema, from_json, to_line
from newsarchive.sites.registry import get_site
from newsarchive.sites.site import Site
from tests.corpus import stored_page
from tests.invented import CAPTURED_AT, JSON_LD, PLAYER, URL, e2a, e3, pages

SITE = get_site("tagesschau")
ANY = replace(SITE, name="any", readers=(AnyPageReader,))
"""A site without readers of its own."""

SCHEMA = jsonschema.Draft202012Validator(article_schema())

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" + bytes(range(256)) * 40


def capture(page: bytes | str, **how: object) -> StoredCapture:
    """``page`` as served at the address of an article."""
    data = page.encode() if isinstance(page, str) else page
    return stored_page(data, url=URL, captured_at=CAPTURED_AT, **how)  # type: ignore[arg-type]  # passed through


def coded(body: bytes, coding: str) -> StoredCapture:
    """``body`` served with this content coding declared."""
    return stored_page(body, url=URL, captured_at=CAPTURED_AT, coding=coding)


def check(stored: StoredCapture, site: Site = SITE) -> Extraction:
    """Extract, and hold what must hold for every input: one of article and reason, serialisable, by the schema."""
    extraction = extract(stored, site)

    assert (extraction.article is None) != (extraction.reason is None)
    for problem in [*extraction.problems, *([extraction.reason] if extraction.reason else [])]:
        assert problem.code
        assert problem.message
        assert "Traceback" not in problem.message
    if extraction.article is not None:
        line = to_line(extraction.article)
        assert line.count(b"\n") == 1
        assert from_json(line, Article) == extraction.article
        SCHEMA.validate(json.loads(line))
        assert extraction.article.problems == extraction.problems
    return extraction


def reason(stored: StoredCapture, site: Site = SITE) -> str:
    """The code of the reason why there is no article."""
    extraction = check(stored, site)
    assert extraction.reason is not None, extraction.article
    return extraction.reason.code


def problems(stored: StoredCapture) -> set[str]:
    """The codes of the doubts about an article that was read all the same."""
    extraction = check(stored)
    assert extraction.article is not None, extraction.reason
    return {problem.code for problem in extraction.problems}


def test_the_invented_page_itself_is_faultless() -> None:
    extraction = check(capture(e3()))

    assert extraction.article is not None
    assert extraction.problems == ()
    assert extraction.article.text == (
        "Der Deich von Nordkuben wird höher. Die Arbeiten beginnen im März.\n\n"
        "Die Gemeinde hat lange gestritten, nun rollen die Bagger.\n\n"
        "Ein Meter mehr\n\n"
        "Der neue Deich misst an der Krone einen Meter mehr als der alte."
    )


@pytest.mark.parametrize("body", [b"", b" \r\n\t ", b"\xef\xbb\xbf"])
def test_empty_body(body: bytes) -> None:
    assert reason(capture(body)) == "empty-body"
    assert reason(coded(gzip.compress(body, mtime=0), "gzip")) == "empty-body"


@pytest.mark.parametrize(
    "body",
    [PNG, PDF, bytes(range(256)) * 64, b"\x00" * 4096, b"\xff\xfe" * 512],
    ids=["png", "pdf", "bytes", "nul", "bom"],
)
def test_binary_data_is_no_page(body: bytes) -> None:
    for site in (SITE, ANY):
        assert reason(capture(body), site) in {"not-html", "not-an-article", "layout-unknown", "empty-body"}


def test_json_served_as_a_page_is_no_page() -> None:
    page = json.dumps({"headline": "Deich", "articleBody": "Der Deich."})

    for site in (SITE, ANY):
        assert reason(capture(page), site) in {"not-html", "not-an-article", "layout-unknown"}


@pytest.mark.parametrize("content_type", ["image/png", "application/pdf", "application/json", "text/css"])
def test_what_says_it_is_no_page_is_none(content_type: str) -> None:
    assert reason(capture(PNG if "image" in content_type else b"{}", content_type=content_type))


@pytest.mark.parametrize("status", [301, 404, 410, 403, 500, 503])
def test_error_page_is_no_article(status: int) -> None:
    """Even one that looks like an article: the server says that it is not what was asked for."""
    assert reason(capture(e3(), status=status)) == "http-status"


def test_login_page_is_no_article() -> None:
    page = """<html><head><title>Anmelden</title></head><body><main><form action="/login"><h1>Anmelden</h1>
    <p>Bitte melden Sie sich an.</p><input name="user"><input type="password" name="pw"></form></main></body></html>"""

    assert reason(capture(page)) == "login-page"
    assert reason(capture(page), ANY) == "login-page"


def test_page_without_a_head() -> None:
    page = e3()
    headless = page[page.index("<article") : page.index("</article>") + len("</article>")]

    found = check(capture(headless))

    assert found.article is not None
    assert found.article.headline == "Nordkuben macht den Deichausbau wahr"


@pytest.mark.parametrize(
    ("encoding", "content_type", "doubt"),
    [
        ("cp1252", "text/html; charset=utf-8", True),
        ("utf-8", "text/html; charset=iso-8859-1", True),
        ("utf-8", "text/html; charset=x-unknown", False),
        ("utf-8", "text/html; charset=", False),
        ("utf-8", None, False),
        ("utf-8-sig", "text/html", False),
        ("utf-16", "text/html", False),
    ],
)
def test_wrong_charset(encoding: str, content_type: str | None, doubt: bool) -> None:
    stored = capture(e3().replace('<meta charset="UTF-8">', "").encode(encoding, "replace"), content_type=content_type)
    extraction = check(stored)

    assert extraction.article is not None
    assert extraction.article.topline == "Küstenschutz"
    assert not doubt or "charset-wrong" in {problem.code for problem in extraction.problems}


@pytest.mark.parametrize(
    "charset",
    ["undefined", "idna", "punycode", "unicode_escape", "utf-7", "utf-16", "hex", "rot13", "zlib", "mbcs", "\x00"],
)
def test_charset_that_is_a_trap(charset: str) -> None:
    check(capture(e3().encode("cp1252", "replace"), content_type=f"text/html; charset={charset}"))


def test_broken_bytes_in_the_middle_cost_only_themselves() -> None:
    page = e3().encode()
    middle = page.rindex(b"gestritten")
    extraction = check(capture(page[:middle] + b"\xff\xc3" + page[middle:]))

    assert extraction.article is not None
    assert "charset-wrong" in {problem.code for problem in extraction.problems}
    assert extraction.article.topline == "Küstenschutz"
    assert "\N{REPLACEMENT CHARACTER}" in extraction.article.text


def test_truncated_gzip_says_so() -> None:
    whole = gzip.compress(e3().encode(), mtime=0)
    extraction = check(coded(whole[: len(whole) * 9 // 10], "gzip"))

    assert "content-cut" in {problem.code for problem in extraction.problems}


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x1f\x8b" + b"\xff" * 100, "gzip"),
        (b"\xff" * 100, "deflate"),
        (b"abc", "br"),
        (b"abc", "gzip, gzip"),
        (b"abc", "x" * 10_000),
    ],
)
def test_coding_that_cannot_be_undone(body: bytes, coding: str) -> None:
    assert reason(coded(body, coding))


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate", "br", "zstd"])
def test_page_that_is_not_coded_as_declared_is_read(coding: str) -> None:
    extraction = check(coded(e3().encode(), coding))

    assert extraction.article is not None
    assert extraction.problems != ()


def test_raw_deflate() -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)

    assert check(coded(packer.compress(e3().encode()) + packer.flush(), "deflate")).article is not None


def test_many_gzip_members() -> None:
    empty = gzip.compress(b"", mtime=0)

    assert check(coded(empty * 100_000 + gzip.compress(e3().encode(), mtime=0), "gzip"))


def test_deep_nesting() -> None:
    assert "nesting-too-deep" in problems(capture(e3(body="<div>" * 10_000 + "Unten." + "</div>" * 10_000)))


@pytest.mark.parametrize("tag", ["span", "b", "ul><li", "table><tr><td", "blockquote", "font"])
def test_deep_nesting_of_every_kind(tag: str) -> None:
    check(capture(e3(body=f'<p class="textabsatz">{f"<{tag}>" * 10_000}Unten.</p>')))


def test_a_hundred_thousand_siblings() -> None:
    extraction = check(capture(e3(body='<p class="textabsatz">Zeile.</p>' * 100_000)))

    if extraction.article is not None:
        assert sum(block.text == "Zeile." for block in extraction.article.body) == 100_000


def test_very_long_attribute() -> None:
    assert check(capture(e3(body=f'<p class="textabsatz" data-x="{"x" * 5_000_000}">Kurz.</p>'))).article is not None


def test_very_long_word() -> None:
    assert check(capture(e3(body=f'<p class="textabsatz">{"Deich" * 400_000}</p>')))


@pytest.mark.parametrize(
    "text",
    [
        "31.01.2026 | 20:00 Uhr, " * 20_000,
        "Kuben 2 | Nachrichten | " * 20_000,
        "31.01." * 50_000,
        "12:00 Uhr " * 50_000,
    ],
    ids=["times", "bars", "days", "clocks"],
)
def test_endless_broadcast_line(text: str) -> None:
    check(capture(e3(body=f'<div class="sendungsbezug"><p>Dieses Thema im Programm: {text}</p></div>')))


NESTED = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "json_ld",
    [
        json.dumps([JSON_LD], ensure_ascii=False),
        json.dumps({"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, JSON_LD]}, ensure_ascii=False),
        json.dumps(JSON_LD, ensure_ascii=False).replace("höher. Die", "höher.\n\tDie"),
        "  \n" + json.dumps(JSON_LD, ensure_ascii=False) + "\n ",
    ],
    ids=["list", "graph", "control characters", "white space"],
)
def test_json_ld_in_another_form_is_read(json_ld: str) -> None:
    article = check(capture(e3(json_ld=json_ld))).article

    assert article is not None
    assert article.published_at is not None
    assert article.modified_at is not None


@pytest.mark.parametrize(
    "json_ld",
    [
        "{",
        "",
        "null",
        "0",
        "[]",
        '"text"',
        "{}",
        "{'@type': 'NewsArticle'}",
        "<!-- x -->",
        NESTED,
        '{"a":' * 5_000,
        "1" * 10_000,
    ],
    ids=lambda text: text[:10],
)
def test_json_ld_that_is_none(json_ld: str) -> None:
    article = check(capture(e3(json_ld=json_ld))).article

    assert article is not None
    assert article.headline == "Nordkuben macht den Deichausbau wahr"
    assert article.text.endswith("einen Meter mehr als der alte.")


def test_broken_json_ld_says_so() -> None:
    assert "json-ld-broken" in problems(capture(e3(json_ld='{"@type": "NewsArticle", ')))


ODD_VALUES: list[object] = [
    *(None, 0, -1, 1.5, 1e308, True, "", "x", "\ud800", "http://[", "9" * 400),
    *([], [None], [[]], {}, {"url": None}, {"name": [None]}, {"@type": []}, {"@id": 1}),
]
"""JSON values of every type, none of them what a publisher would write in that place."""


@pytest.mark.parametrize("key", [*JSON_LD, "image", "about"])
@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: repr(value)[:12])
def test_json_ld_value_of_another_type(key: str, value: object) -> None:
    check(capture(e3(json_ld=json.dumps({**JSON_LD, key: value}))))


def test_lone_surrogates_do_not_reach_the_record() -> None:
    article = check(capture(e3(json_ld=json.dumps({**JSON_LD, "headline": "Deich \ud800 und \udfff"})))).article

    assert article is not None


@pytest.mark.parametrize("depth", [100, 900, 950, 970, 980, 990, 1000, 2000])
def test_lone_surrogate_in_deep_json(depth: int) -> None:
    deep = '{"a":' * depth + r'"\ud800"' + "}" * depth

    check(capture(e3(json_ld=deep, player=deep)))


@pytest.mark.parametrize(
    "player", ["", "{", "null", "0", "[]", '"x"', "{}", NESTED, '{"mc":null}', '{"mc":[]}', '{"mc":{}}']
)
def test_player_that_is_no_json_or_another(player: str) -> None:
    for page in (e3(player=player), e2a(player=player)):
        article = check(capture(page)).article
        assert article is not None
        assert all(media.streams == () for media in article.media)


def test_broken_player_says_so() -> None:
    assert problems(capture(e3(player="{no json")))
    assert problems(capture(e2a(player="{no json")))


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [path, *(found for key, part in steps for found in _paths(part, (*path, key)))]


def _replaced(value: object, path: tuple[str | int, ...], new: object) -> object:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]  # JSON is either
    copy[path[0]] = _replaced(copy[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("path", _paths(PLAYER), ids=str)
def test_player_value_of_another_type(path: tuple[str | int, ...]) -> None:
    for new in ODD_VALUES:
        check(capture(e3(player=json.dumps(_replaced(PLAYER, path, new)))))


@pytest.mark.parametrize(
    "stand",
    [
        "Stand: 31.02.2026 • 06:03 Uhr",
        "Stand: 31.01.2026 • 99:99 Uhr",
        "Stand: 00.00.0000 00:00 Uhr",
        "Stand: 31.01.2026 • 24:00 Uhr",
        "Stand: 29.03.2026 • 02:30 Uhr",
        "Stand: 31.01.99999 • 06:03 Uhr",
        "Stand: ٣١.٠١.٢٠٢٦ • ٠٦:٠٣ Uhr",
        "Stand: ²¹.01.2026 06:03 Uhr",
        "Stand: gestern",
    ],
)
def test_stand_that_is_no_time(stand: str) -> None:
    extraction = check(capture(e3(stand=stand)))

    assert extraction.article is not None
    if extraction.article.stand is None:
        assert extraction.problems != ()
        assert "Stand" in stand


@pytest.mark.parametrize("stand", ["Stand: 31.02.2026 • 06:03 Uhr", "Stand: 31.01.2026 • 99:99 Uhr"])
def test_doubtful_stand_is_kept_as_printed(stand: str) -> None:
    article = check(capture(e3(stand=stand))).article

    assert article is not None
    assert article.stand is None
    assert article.stand_raw is not None
    assert article.stand_raw in stand
    assert article.problems != ()


@pytest.mark.parametrize("at", ["<body>", "</h1>", "rollen", "</article>"])
def test_nul_bytes(at: str) -> None:
    article = check(capture(e3().replace(at, "\x00\x00" + at, 1))).article

    assert article is not None
    assert "\x00" not in article.text


@pytest.mark.parametrize("tag", ["p", "h1", "h2", "article", "main", "body", "head", "html", "strong", "picture"])
def test_unclosed_and_doubled_elements(tag: str) -> None:
    page = e3()

    check(capture(page.replace(f"</{tag}>", "")))
    check(capture(page.replace(f"<{tag}", f"<{tag}><{tag}")))
    check(capture(page.replace(f"<{tag}", "<x")))


@pytest.mark.parametrize(
    "address", ["http://[", "//", "javascript:alert(1)", "data:text/html,x", "http://a b", "\x00", "x" * 100_000]
)
def test_addresses_that_are_none(address: str) -> None:
    quoted = address.replace("\x00", "&#0;")
    page = e3(
        head=f'<base href="{quoted}"><link rel="canonical" href="{quoted}"><meta property="og:url" content="{quoted}">'
    )
    page = page.replace('href="/', f'href="{quoted}')

    check(capture(page))


def test_no_page_is_read_twice_the_same_way_by_chance() -> None:
    for page in pages().values():
        assert to_line(extract(capture(page), SITE)) == to_line(extract(capture(page), SITE))


LIMITED = """
    import gzip, resource, sys, zlib
    resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, {megabytes} << 20))
    from newsarchive.extraction.extract import extract
    from newsarchive.sites.registry import get_site
    from tests.corpus import stored_page
    from tests.invented import URL, e3
    {make}
    found = extract(stored_page(payload, url=URL, coding=coding), get_site("tagesschau"))
    print(found.reason.code if found.reason else "article")
"""

BOMB = """
    coding = "gzip"
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    block = bytes(1 << 20)
    payload = b"".join(packer.compress(block) for _ in range(1024)) + packer.flush()
    assert len(payload) < 2 << 20
"""
LARGE = """
    coding = "identity"
    payload = e3(body='<p class="textabsatz">Noch eine Zeile ohne Ende.</p>' * 1_100_000).encode()
    assert len(payload) > 50 << 20
"""


@pytest.mark.parametrize(("make", "megabytes"), [(BOMB, 700), (LARGE, 900)], ids=["gzip bomb of 1 GB", "page of 50 MB"])
def test_too_large_to_read(make: str, megabytes: int) -> None:
    """In a process of its own that may not take more memory than this, code and libraries included."""
    program = textwrap.dedent(LIMITED).format(megabytes=megabytes, make=textwrap.dedent(make))
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert found.stderr == ""
    assert found.stdout.strip() == "page-too-large"


BYTES = st.sampled_from([page.encode() for page in pages().values()])
ODD = st.sampled_from(
    [
        b"",
        b"\x00",
        b"<",
        b">",
        b'"',
        b"&",
        b"&#55296;",
        b"<!--",
        b"-->",
        b"]]>",
        b"\xff",
        b"\xc3",
        b"</",
        b"<p>",
        b"</article>",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(page=BYTES, cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 400), ODD), max_size=6))
def test_garbled_bytes(page: bytes, cuts: list[tuple[float, int, bytes]]) -> None:
    for place, length, new in cuts:
        at = int(place * len(page))
        page = page[:at] + new + page[at + length :]

    check(capture(page))
    check(capture(page), ANY)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    page=st.sampled_from(list(pages().values())),
    changes=st.lists(
        st.tuples(
            st.sampled_from(["drop", "double", "empty", "move", "rename", "strip", "garble"]),
            st.floats(0, 1, exclude_max=True),
            st.floats(0, 1, exclude_max=True),
            st.text(max_size=12).filter(lambda text: all(ord(c) > 31 for c in text)),
        ),
        max_size=8,
    ),
)
def test_garbled_nodes(page: str, changes: list[tuple[str, float, float, str]]) -> None:
    tree = html.document_fromstring(page)
    for change, where, other, text in changes:
        nodes = [node for node in tree.iter() if isinstance(node.tag, str) and node.getparent() is not None]
        if not nodes:
            break
        _garble(nodes[int(where * len(nodes))], nodes[int(other * len(nodes))], change, text)

    garbled = capture(html.tostring(tree, encoding="utf-8"))
    check(garbled)
    check(garbled, ANY)


def _garble(node: html.HtmlElement, other: html.HtmlElement, change: str, text: str) -> None:
    if change == "drop":
        node.drop_tree()
    elif change == "double":
        node.addnext(html.fromstring(html.tostring(node, with_tail=False)))
    elif change == "empty":
        for child in list(node):
            node.remove(child)
        node.text = None
    elif change == "move" and other not in node.iter():
        other.append(node)
    elif change == "rename":
        node.tag = "section"
    elif change == "strip":
        node.attrib.clear()
    elif change == "garble":
        node.text = text
        for name in node.attrib:
            node.set(name, text)
