"""Subtitle files: EBU-TT-D as the site writes it, the times of TTML, WebVTT, and files that are none."""

from __future__ import annotations

import gzip
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.extraction.page import Unreadable
from newsarchive.extraction.timed_text import MAX_SUBTITLE_BYTES, read_timed_text
from newsarchive.model.article import Cue
from newsarchive.samplesite.invent import invent_stories
from newsarchive.samplesite.site import SampleSite
from tests.corpus import corpus_path, needs_corpus

HEAD = (
    '<tt:tt xmlns:tt="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xmlns:ebuttm="urn:ebu:tt:metadata" xml:lang="de" '
)


def ttml(body: str, parameters: str = 'ttp:timeBase="media"', head: str = "") -> bytes:
    return f"{HEAD}{parameters}><tt:head>{head}</tt:head><tt:body>{body}</tt:body></tt:tt>".encode()


def cues(body: bytes) -> list[tuple[float, float, str]]:
    return [(cue.start_s, cue.end_s, cue.text) for cue in read_timed_text(body).cues]


def as_srt(found: tuple[Cue, ...]) -> str:
    def clock(seconds: float) -> str:
        whole = round(seconds * 1000)
        return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"

    return "\n".join(
        f"{number}\n{clock(cue.start_s)} --> {clock(cue.end_s)}\n{cue.text}\n" for number, cue in enumerate(found, 1)
    )


@needs_corpus
def test_a_real_file_says_what_its_srt_says() -> None:
    root = corpus_path()
    assert root is not None
    body = gzip.decompress((root / "subtitles" / "ebu-tt-d.xml.gz").read_bytes())
    expected = gzip.decompress((root / "subtitles" / "ebu-tt-d.expected.srt.gz").read_bytes()).decode()

    read = read_timed_text(body)

    assert len(read.cues) == 230
    assert as_srt(read.cues) == expected
    assert read.problems == ()


def test_lines_break_at_br_and_nowhere_else() -> None:
    body = ttml(
        '<tt:div><tt:p begin="00:00:01.040" end="00:00:02.5"><tt:span>Der Deich\nhält</tt:span><tt:br/>\n'
        "<tt:span>bis\u00adher,</tt:span> sagt sie.<tt:metadata>nicht gezeigt</tt:metadata></tt:p></tt:div>"
    )

    assert cues(body) == [(1.04, 2.5, "Der Deich hält\nbisher, sagt sie.")]


@pytest.mark.parametrize(
    ("printed", "seconds"),
    [
        ("00:01:02.345", 62.345),
        ("100:00:00", 360_000.0),
        ("90s", 90.0),
        ("1.5m", 90.0),
        ("1500ms", 1.5),
        ("0.5h", 1800.0),
        ("50f", 2.0),
        ("00:00:01:05", 1.2),
    ],
)
def test_every_form_of_a_time(printed: str, seconds: float) -> None:
    body = ttml(f'<tt:div><tt:p begin="{printed}" dur="1s">Ja</tt:p></tt:div>', 'ttp:frameRate="25"')

    assert cues(body) == [(seconds, round(seconds + 1, 3), "Ja")]


def test_ticks_and_broken_frame_rates() -> None:
    assert cues(ttml('<tt:p begin="20t" end="40t">Ja</tt:p>', 'ttp:tickRate="10"')) == [(2.0, 4.0, "Ja")]
    rates = 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'
    assert cues(ttml('<tt:p begin="30f" end="60f">Ja</tt:p>', rates)) == [(1.001, 2.002, "Ja")]


def test_studio_time_counts_from_the_start_of_the_programme() -> None:
    start = "<tt:metadata><ebuttm:documentStartOfProgramme>10:00:00:00</ebuttm:documentStartOfProgramme></tt:metadata>"
    body = ttml(
        '<tt:div><tt:p begin="10:00:02:00" end="10:00:03:12">Ja</tt:p><tt:p begin="09:59:58:00" end="09:59:59:00">Test'
        "</tt:p></tt:div>",
        'ttp:timeBase="smpte" ttp:frameRate="25"',
        start,
    )

    read = read_timed_text(body)

    assert [(cue.start_s, cue.end_s) for cue in read.cues] == [(2.0, 3.48)]
    assert [problem.code for problem in read.problems] == ["subtitle-doubtful"]


def test_times_nest_and_follow_each_other() -> None:
    body = ttml(
        '<tt:div begin="10s" end="20s"><tt:p begin="1s" end="30s">Bis zum Ende des Rahmens</tt:p>'
        '<tt:p>eins <tt:span begin="2s" end="3s">zwei</tt:span></tt:p></tt:div>'
        '<tt:div begin="100s" timeContainer="seq">'
        '<tt:p dur="2s">erst</tt:p><tt:p begin="1s" dur="2s">dann</tt:p></tt:div>'
    )

    assert cues(body) == [
        (10.0, 20.0, "eins"),
        (11.0, 20.0, "Bis zum Ende des Rahmens"),
        (12.0, 13.0, "zwei"),
        (100.0, 102.0, "erst"),
        (103.0, 105.0, "dann"),
    ]


def test_text_at_no_time_is_said() -> None:
    read = read_timed_text(ttml('<tt:p begin="1s">ohne Ende</tt:p><tt:p begin="3s" end="4s">Ja</tt:p>'))

    assert [cue.text for cue in read.cues] == ["Ja"]
    assert "1 text(s) stand at no time" in read.problems[0].message


def test_a_file_that_ends_early_gives_what_came() -> None:
    whole = ttml("".join(f'<tt:p begin="{n}s" end="{n + 1}s">Satz {n}</tt:p>' for n in range(9)))
    cut = whole[: whole.index(b"Satz 5")]

    read = read_timed_text(cut)

    assert [cue.text for cue in read.cues] == [f"Satz {n}" for n in range(5)]
    assert [problem.code for problem in read.problems] == ["subtitle-doubtful"]


def test_webvtt() -> None:
    body = (
        "\ufeffWEBVTT - Titel\n\nNOTE unter uns\n\nSTYLE\n::cue {}\n\neins\n00:01.000 --> 00:02.500 align:start\n"
        "<v Anna>Hallo <b>Welt</b> &amp; alle\nzweite Zeile\n\n01:00:00.000 --> 01:00:01.000\nSpäter\n"
    ).encode()

    assert cues(body) == [(1.0, 2.5, "Hallo Welt & alle\nzweite Zeile"), (3600.0, 3601.0, "Später")]


def test_webvtt_with_a_broken_cue_gives_the_others() -> None:
    read = read_timed_text(b"WEBVTT\n\n00:01.000 --> 00:02.000\nJa\n\n00:0x --> 00:04.000\nkaputt\n")

    assert [cue.text for cue in read.cues] == ["Ja"]
    assert [problem.code for problem in read.problems] == ["subtitle-doubtful"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Not Found",
        b"<html><body>Nicht gefunden</body></html>",
        b"\x00\x01\x02",
        b"WEBVTT\n\nnichts\n",
        ttml(""),
        ttml("<tt:p>nie</tt:p>"),
        b"x" * (MAX_SUBTITLE_BYTES + 1),
        b'<!DOCTYPE tt [<!ENTITY a "b">]>' + ttml('<tt:p begin="1s" end="2s">&a;</tt:p>'),
    ],
    ids=["empty", "text", "page", "binary", "no cue", "no text", "no time", "too large", "entities"],
)
def test_what_is_no_subtitle_file_is_said(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read_timed_text(body)

    assert caught.value.problem.code == "subtitle-unreadable"


def test_no_file_of_this_machine_is_read() -> None:
    body = b'<!DOCTYPE tt [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + ttml('<tt:p begin="1s" end="2s">&a;</tt:p>')

    with pytest.raises(Unreadable):
        read_timed_text(body)


def test_numbers_without_measure_do_no_harm() -> None:
    body = ttml(f'<tt:p begin="{"9" * 5000}s" end="1s">a</tt:p><tt:p begin="1s" end="2s">b</tt:p>', 'ttp:frameRate="0"')

    assert cues(body)[-1] == (1.0, 2.0, "b")


WHOLE = ttml('<tt:div begin="1s"><tt:p begin="00:00:01:05" dur="2f">a<tt:br/>b</tt:p></tt:div>', 'ttp:frameRate="25"')


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: b"WEBVTT\n\n" + tail)))
def test_any_bytes_give_cues_or_a_reason(body: bytes) -> None:
    with suppress(Unreadable):
        assert read_timed_text(body).cues


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, len(WHOLE)), st.binary(max_size=12))
def test_a_file_damaged_anywhere_gives_cues_or_a_reason(start: int, end: int, instead: bytes) -> None:
    with suppress(Unreadable):
        assert read_timed_text(WHOLE[:start] + instead + WHOLE[end:]).cues


def test_the_subtitles_of_the_sample_site_say_what_its_stories_say() -> None:
    site = SampleSite(invent_stories(40, 3), base_url="http://sample.example")
    told = [
        (medium.title, subtitle.url)
        for story in site.stories
        for medium in story.media
        for subtitle in medium.subtitles
    ]
    assert told
    for title, path in told:
        read = read_timed_text(site.respond(path, "", {}).body)
        assert read.problems == ()
        assert read.cues[0].text.split()[0] == (title or "").split()[0]
