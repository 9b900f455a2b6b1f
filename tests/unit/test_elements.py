"""What a person sees in an element: lines, text without scripts, classes whatever their order."""

from __future__ import annotations

import pytest
from lxml import etree

from newsarchive.extraction.elements import ByClass, Element, classes_of, is_inside, line_of, text_of


def element(markup: str) -> Element:
    """The first element of ``markup``, parsed as pages are."""
    tree = etree.fromstring(markup, etree.HTMLParser())
    body = tree.find("body")
    assert body is not None
    return body[0]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Ein Satz.</p>", "Ein Satz."),
        ("<p>  Ein\n   Satz\t.  </p>", "Ein Satz ."),
        ("<p>Ein <em>kleiner</em> Satz.</p>", "Ein kleiner Satz."),
        ("<p>un<b>teil</b>bar</p>", "unteilbar"),
        ("<p>oben<br>unten</p>", "oben\nunten"),
        ("<p>oben<br/><br/>\n unten</p>", "oben\nunten"),
        ("<p>vor\ndem<br>\nnach\ndem</p>", "vor dem\nnach dem"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("<div><p>eins</p><p>zwei</p></div>", "eins\nzwei"),
        ("<ul><li>eins</li><li>zwei</li></ul>", "eins\nzwei"),
        ("<div>sichtbar<script>nein()</script><style>p{}</style> bleibt</div>", "sichtbar bleibt"),
        ("<div>Bild<noscript><img alt='x'>doppelt</noscript></div>", "Bild"),
        ("<div><svg><title>Pfeil</title></svg>mehr</div>", "mehr"),
        ("<div>a<!-- Kommentar -->b</div>", "ab"),
        ("<p>Gr&uuml;&szlig;e&nbsp;&amp; mehr</p>", "Grüße & mehr"),
        ("<p> \n </p>", None),
        ("<p><b> </b><br></p>", None),
    ],
)
def test_text_as_seen(markup: str, text: str | None) -> None:
    assert text_of(element(markup)) == text


def test_line_has_no_breaks_and_nothing_invisible() -> None:
    assert line_of(element("<h2>Produktions\u00adausfälle<br>im <i>Werk</i></h2>")) == "Produktionsausfälle im Werk"
    assert line_of(element("<h2> </h2>")) is None
    assert line_of(None) is None


def test_classes_have_no_order() -> None:
    assert classes_of(element('<p class="b  a\nc">x</p>')) == classes_of(element('<p class="c b a">x</p>'))
    assert classes_of(element("<p>x</p>")) == frozenset()


MARKUP = """<div class="wurzel"><p class="a b">eins</p><section><p class="b"> </p><p class="b b">zwei</p></section>
<p class="ab">drei</p></div>"""


def test_elements_by_class_in_page_order() -> None:
    found = ByClass(element(MARKUP))

    assert [line_of(one) for one in found.all("b")] == ["eins", None, "zwei"]
    assert found.first("a") is found.all("b")[0]
    assert found.all("wurzel") == []
    assert found.first("fehlt") is None


def test_first_line_by_class_is_one_with_text() -> None:
    found = ByClass(element('<div><p class="x"></p><p class="x">gefunden</p></div>'))

    assert found.line("x") == "gefunden"
    assert found.line("fehlt") is None


def test_inside_looks_up_to_a_border() -> None:
    root = element("<div><noscript><span><img></span></noscript><img></div>")
    double, picture = root.iter("img")
    span = next(root.iter("span"))

    assert is_inside(double, "noscript")
    assert not is_inside(picture, "noscript")
    assert not is_inside(double, "noscript", below=span)
