"""Two revisions beside each other: passages, live-blog entries, and their text, unified and HTML forms."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree, html

from newsarchive.history.diff import MAX_PAIRS, Diff, diff
from newsarchive.history.page import as_html
from newsarchive.history.passages import passages_of
from newsarchive.history.printed import as_text, as_unified, describe
from newsarchive.model.article import Article, Block, Byline, Image, Media, Update
from newsarchive.model.revision import changes
from tests.corpus import stored_page
from tests.kept import article_of

ONE = "Der Deich von Nordkuben wird höher, die Arbeiten beginnen im März."
TWO = "Die Gemeinde hat lange gestritten, nun rollen die Bagger."
THREE = "Der neue Deich misst an der Krone einen Meter mehr als der alte."
FOUR = "Für die Fischer im Hafen ändert sich dadurch nichts, sagt die Deichgräfin."


def article(*paragraphs: str | Block, revision: int = 1, **fields: Any) -> Article:
    blocks = tuple(part if isinstance(part, Block) else Block(kind="paragraph", text=part) for part in paragraphs)
    plain = article_of(stored_page(b"", url="https://seeblick.example/moin-100.html"))
    return replace(plain, body=blocks, revision=revision, **fields)


def heading(text: str) -> Block:
    return Block(kind="heading", text=text, level=2)


def compared(old: Article, new: Article) -> Diff:
    return diff(old, replace(new, revision=2))


def places(found: Diff) -> list[tuple[str, list[str], list[str]]]:
    return [
        (change.kind, [passage.place for passage in change.old], [passage.place for passage in change.new])
        for _, change in found.changed()
    ]


def test_the_same_is_the_same() -> None:
    found = compared(article(ONE, TWO), article(ONE, TWO))

    assert list(found.changed()) == []
    assert as_unified(found) == ""
    assert describe(found.changes) == "nothing an editor wrote"
    assert {part.kind for part in found.parts} == {"same"}


def test_an_edited_paragraph_is_found_between_new_ones() -> None:
    edited = ONE.replace("im März", "im April")

    found = compared(article(ONE, TWO, THREE), article(FOUR, edited, TWO))

    assert places(found) == [
        ("added", [], ["paragraph 1"]),
        ("changed", ["paragraph 1"], ["paragraph 2"]),
        ("removed", ["paragraph 3"], []),
    ]


def test_paragraphs_that_were_parted_and_joined() -> None:
    found = compared(article(f"{ONE} {TWO}", THREE, FOUR), article(ONE, TWO, f"{THREE} {FOUR}"))

    assert places(found) == [
        ("parted", ["paragraph 1"], ["paragraph 1", "paragraph 2"]),
        ("joined", ["paragraph 2", "paragraph 3"], ["paragraph 3"]),
    ]
    assert [run.kind for _, change in found.changed() for run in change.runs] == [
        *("same", "added", "same"),
        *("same", "removed", "same"),
    ]


def test_another_text_is_no_edit_of_the_old_one() -> None:
    found = compared(article(ONE), article(FOUR))

    assert [kind for kind, _, _ in places(found)] == ["removed", "added"]


def test_a_headline_stays_the_headline_however_it_is_reworded() -> None:
    found = compared(article(ONE, headline="Deich wächst"), article(ONE, headline="Bagger rollen an"))

    assert places(found) == [("changed", ["headline"], ["headline"])]
    assert found.changes.headline_only


def test_a_heading_and_a_paragraph_are_two_things() -> None:
    mixed = compared(article(heading("Der neue Deich")), article("Der neue Deich ist da"))
    same = compared(article(heading("Der neue Deich")), article("Der neue Deich"))

    assert [kind for kind, _, _ in places(mixed)] == ["removed", "added"]
    assert places(same) == [("changed", ["heading 1"], ["paragraph 1"])]


def test_every_field_an_editor_writes_has_its_passages() -> None:
    full = article(
        Block(kind="list", items=("eins", "zwei")),
        Block(kind="table", rows=(("a", "b"), ("c", "d"))),
        Block(kind="infobox", title="Kasten", text="Text."),
        Block(kind="embed", url="https://charts.example/", service="datawrapper"),
        Block(kind="image", ref=0),
        label="Analyse",
        lead="Kurz.",
        authors=tuple(Byline(name=name, organisation=None, url=None, raw="Von A und B") for name in "AB"),
        media=(Media(kind="video", role="head", title="Bagger", raw="Das Erste"),),
        images=(Image(url=None, alt="Deich", caption="Der Deich", credit="dpa", role="body"),),
        corrections=("Korrektur: ein Meter.",),
    )
    said = [
        (field, [passage.text for passage in passages_of(full, field)])
        for field in ("label", "lead", "authors", "body", "media", "images", "corrections")
    ]

    assert said == [
        ("label", ["Analyse"]),
        ("lead", ["Kurz."]),
        ("authors", ["Von A und B"]),
        ("body", ["eins\nzwei", "a | b\nc | d", "Kasten\nText.", "datawrapper\nhttps://charts.example/"]),
        ("media", ["Bagger · Das Erste"]),
        ("images", ["Deich · Der Deich · (dpa)"]),
        ("corrections", ["Korrektur: ein Meter."]),
    ]


def test_very_many_paragraphs_are_not_weighed_against_each_other() -> None:
    count = int(MAX_PAIRS**0.5) + 1
    old, new = ([f"{word} {number}" for number in range(count)] for word in ("Alt", "Neu"))

    kinds = [kind for kind, _, _ in places(compared(article(*old), article(*new)))]

    assert kinds == ["removed"] * count + ["added"] * count


def entry(number: int, text: str = "Text.") -> Update:
    return Update(id=f"e{number}", time=None, time_raw=f"1{number}:00 Uhr", heading=f"Um {number}", text=text)


def live() -> Diff:
    old = article(ONE, kind="liveblog", updates=(entry(2, "Es regnet."), entry(1)))
    return compared(old, replace(old, updates=(entry(3, "Neu.\n\nGanz neu."), entry(2, "Es regnet stark."))))


def test_entries_of_a_live_blog_are_parts_of_their_own() -> None:
    found = live()

    assert [(part.kind, part.entry.id) for part in found.parts if part.entry is not None] == [
        ("added", "e3"),
        ("changed", "e2"),
        ("removed", "e1"),
    ]
    assert describe(found.changes) == "live blog: 1 new: “Um 3”; 1 removed: “Um 1”; 1 edited: “Um 2”, silent"
    text = as_text(found)
    assert "new entry “Um 3”\n  {+13:00 Uhr+}\n  {+Um 3+}\n  {+Neu.+}\n  {+Ganz neu.+}\n" in text
    assert "entry “Um 2”\n  paragraph 1: Es regnet {+stark+}.\n" in text
    assert "removed entry “Um 1”\n" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({}, {"headline": "Neu"}, "headline only, silent"),
        ({}, {"headline": "Neu", "stand": None}, "headline only"),
        ({}, {"lead": "Neu", "corrections": ("Ach",), "stand": None}, "lead, corrections"),
        ({"updates": (entry(2), entry(1))}, {"updates": (entry(1), entry(2))}, "live blog: order of entries, silent"),
        (
            {"updates": (entry(1),)},
            {"updates": (entry(2), entry(1)), "headline": "Neu", "stand": None},
            "headline, live blog: 1 new: “Um 2”",
        ),
    ],
)
def test_a_change_in_a_few_words(old: dict[str, Any], new: dict[str, Any], said: str) -> None:
    before = article(ONE, **old)

    assert describe(changes(before, replace(before, **new))) == said


def test_text_says_the_facts_and_only_what_changed() -> None:
    text = as_text(compared(article(ONE, TWO), article(ONE, TWO.replace("lange", "kurz"))))

    assert text.startswith("seeblick · moin-100 · revision 1 → 2\nhttps://seeblick.example/moin-100.html\n")
    assert "(not moved)\ntext, silent\n" in text
    assert "paragraph 2\n  Die Gemeinde hat [-lange-] {+kurz+} gestritten," in text
    assert ONE not in text


def test_unified_diff_turns_the_one_into_the_other() -> None:
    found = compared(article(ONE, TWO, THREE), article(ONE, heading("Neu"), THREE.replace("Meter", "Fuß")))
    lines = as_unified(found).splitlines()

    assert re.fullmatch(r"--- moin-100/1\t\S+", lines[0])
    assert re.fullmatch(r"\+\+\+ moin-100/2\t\S+", lines[1])
    assert f"-{TWO}" in lines
    assert "+[heading] Neu" in lines
    # Every line of a hunk counts as its head says.
    olds = sum(line[:1] in {" ", "-"} for line in lines[3:])
    news = sum(line[:1] in {" ", "+"} for line in lines[3:])
    assert re.search(rf"@@ -\d+,{olds} \+\d+,{news} @@", lines[2])


EVIL = '<script>alert("1")</script> & "so"'


def page_of(found: Diff) -> html.HtmlElement:
    return html.document_fromstring(as_html(found))


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    old = article(EVIL, ONE, headline=f"A {EVIL}", url='https://seeblick.example/"><script>')
    page = as_html(compared(old, replace(old, headline=f"B {EVIL}", body=())))
    tree = html.document_fromstring(page)

    assert tree.xpath("//script | //link | //img | //iframe | //@onclick | //@src | //@href") == []
    assert "url(" not in page
    assert "<script" not in page
    assert EVIL in tree.text_content()
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_page_can_be_heard_as_well_as_seen() -> None:
    tree = page_of(compared(article(ONE, language="de"), article(ONE.replace("März", "April"), language="de")))

    assert tree.get("lang") == "en"
    assert [main.get("lang") for main in tree.iter("main")] == ["de"]
    assert len(list(tree.iter("h1"))) == len(list(tree.iter("main"))) == 1
    ((removed,), (added,)) = (list(tree.iter(tag)) for tag in ("del", "ins"))
    assert removed.text_content().split() == ["[removed:", "März", "end", "of", "removed]"]
    assert added.text_content().split() == ["[added:", "April", "end", "of", "added]"]
    assert all(spoken.get("lang") == "en" for spoken in tree.find_class("spoken"))
    # White space stays outside of the marks, and none is lost.
    (passage,) = tree.find_class("edited")
    for spoken in list(tree.find_class("spoken")):
        spoken.drop_tree()
    assert passage.text_content() == ONE.replace("März", "März April")


def test_the_page_is_whole_and_folds_what_stayed() -> None:
    many = [f"Absatz {number}." for number in range(9)]
    tree = page_of(compared(article(*many, ONE), article(*many, ONE.replace("März", "April"))))

    (folded,) = tree.iter("details")
    assert [summary.text for summary in folded.iter("summary")] == ["7 unchanged passages"]
    assert all(text in tree.text_content() for text in many)


def test_the_page_is_well_formed() -> None:
    parser = etree.HTMLParser()
    etree.fromstring(as_html(live()).encode(), parser)

    # The parser is older than some elements of HTML.
    assert [error.message for error in parser.error_log if not re.fullmatch(r"Tag \w+ invalid", error.message)] == []
    tree = page_of(live())
    assert [node.text_content() for node in tree.iter("h2")][-3:] == [
        "new entry “Um 3”",
        "entry “Um 2”",
        "removed entry “Um 1”",
    ]
