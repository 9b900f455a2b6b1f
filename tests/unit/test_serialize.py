"""Records to JSON lines and back; the schema says what the lines are."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args, get_origin, get_type_hints

import jsonschema
import pytest

from newsarchive.model.article import (
    Article,
    Block,
    Broadcast,
    Byline,
    Cue,
    Extraction,
    ExtractorRef,
    Image,
    Media,
    Poster,
    Problem,
    RawTime,
    Related,
    Stream,
    Subtitle,
    Tag,
    Update,
)
from newsarchive.model.capture import CaptureRef
from newsarchive.model.digest import Digest
from newsarchive.model.serialize import article_schema, from_json, to_document, to_line

AT = datetime(2026, 1, 31, 6, 3, 11, 378000, tzinfo=timezone(timedelta(hours=1)))
DIGEST = Digest.of(b"")
SCHEMA = jsonschema.Draft202012Validator(article_schema())

KEYS = [
    *("schema", "site", "article_id", "revision"),
    *("url", "canonical_url", "language", "kind", "label"),
    *("topline", "headline", "seo_title", "lead", "description"),
    *("stand", "stand_raw"),
    *("published_at", "modified_at", "first_published_at", "unavailable_after", "times_raw"),
    *("authors", "section", "tags", "text", "body", "media", "images"),
    *("broadcasts", "updates", "related", "corrections", "robots", "rights"),
    *("content_digest", "capture", "extractor", "problems"),
]
"""The order of the record, as it was agreed."""

EMPTY = Article(
    site="kuben",
    article_id="deich-100",
    url="https://kuben.example/deich-100.html",
    canonical_url=None,
    language=None,
    kind="article",
    label=None,
    topline=None,
    headline=None,
    seo_title=None,
    lead=None,
    description=None,
    stand=None,
    stand_raw=None,
    published_at=None,
    modified_at=None,
    first_published_at=None,
    unavailable_after=None,
    times_raw=(),
    authors=(),
    section=(),
    tags=(),
    text="",
    body=(),
    media=(),
    images=(),
    broadcasts=(),
    updates=(),
    related=(),
    corrections=(),
    robots=(),
    rights=None,
    content_digest=DIGEST,
    capture=CaptureRef(
        record_id="<urn:uuid:00000000-0000-4000-8000-000000000000>",
        warc="warc/2026/01/31/kuben.warc.gz",
        offset=0,
        length=1,
        captured_at=AT.astimezone(UTC),
        status=None,
        payload_digest=DIGEST,
    ),
    extractor=ExtractorRef(newsarchive="0", trafilatura="0", lxml="0", reader="invented", options_digest=DIGEST),
    problems=(),
)

FULL = replace(
    EMPTY,
    revision=3,
    canonical_url="https://kuben.example/deich-100.html",
    language="de",
    kind="liveblog",
    label="Analyse",
    topline="Küstenschutz",
    headline='"Höher" \u2013 und \U0001f30a breiter',
    seo_title="Der Deich wird höher",
    lead="Ein Meter mehr.",
    description="Ein Meter mehr. Von Jette Beispiel.",
    stand=AT.replace(second=0, microsecond=0),
    stand_raw="Stand: 31.01.2026 • 06:03 Uhr",
    published_at=AT,
    modified_at=AT.astimezone(UTC),
    first_published_at=AT,
    unavailable_after=AT,
    times_raw=(RawTime(field="stand", source="Stand line", raw="Stand: …", at=AT),
               RawTime(field=None, source="meta date", raw="gestern", at=None)),
    authors=(Byline(name="Jette Beispiel", organisation="NDR", url="https://kuben.example/jette", raw="Von Jette"),),
    section=("Inland", "Küste"),
    tags=(Tag(name="Deichbau", slug="deichbau"), Tag(name="Meer", slug=None)),
    text="Ein Meter mehr.\n\nText.",
    body=(
        Block(kind="paragraph", text="Zeile\nZeile"),
        Block(kind="heading", text="Oben", level=2),
        Block(kind="list", items=("eins", "zwei")),
        Block(kind="quote", text="Ja."),
        Block(kind="table", rows=(("a", "b"), ("c", ""))),
        Block(kind="infobox", title="Kasten", text="Text."),
        Block(kind="image", ref=0),
        Block(kind="video", ref=0),
        Block(kind="audio", ref=0),
        Block(kind="embed", url="https://charts.example/", service="datawrapper"),
    ),
    media=(
        Media(
            kind="video",
            role="head",
            title="Bagger",
            caption="Bagger am Deich",
            duration_s=83,
            programme="Kubenschau",
            station="Das Erste",
            broadcast_at=AT,
            media_id="video-1",
            page_url="https://kuben.example/video-1.html",
            streams=(Stream(url="https://media.example/a.mp4", mime_type="video/mp4", width_px=960, quality="auto"),),
            subtitles=(
                Subtitle(
                    url="https://media.example/ut.xml",
                    format="ebutt",
                    language="de",
                    capture=replace(EMPTY.capture, status=200),
                    cues=(Cue(start_s=0.5, end_s=2.0, text="Guten Abend"),),
                ),
            ),
            poster=Poster(url="https://bilder.example/a.jpg", alt="Ein Deich", credit="AP"),
            raw="Kubenschau, Das Erste, 31.01.2026",
        ),
    ),
    images=(Image(url="https://bilder.example/b.jpg", alt="Bagger", caption="Zwei Bagger", credit="dpa", role="body"),),
    broadcasts=(Broadcast(station="Das Erste", programme="Kubenschau", at=AT, raw="Dieses Thema …"),),
    updates=(
        Update(
            id="e1",
            time=AT,
            time_raw="06:03 Uhr",
            heading="Los geht's",
            text="Text.",
            parts=(Block(kind="image", ref=0),),
        ),
    ),
    related=(Related(url="https://kuben.example/x.html", label="Reportage", topline="Flut", headline="Land unter"),),
    corrections=("Korrektur: …",),
    robots=("noarchive",),
    rights="tdm-reservation: 1",
    capture=replace(EMPTY.capture, status=200),
    problems=(Problem(code="stand-missing", message="The page shows no Stand line."),),
)  # fmt: skip


def as_json(article: Article) -> Any:
    return json.loads(to_line(article))


def without_value(record: object) -> list[str]:
    """Names of the fields of a record and of its sub-records that say nothing."""
    if isinstance(record, tuple):
        return [name for entry in record for name in without_value(entry)]
    if not is_dataclass(record):
        return []
    found = []
    for field in fields(record):
        value = getattr(record, field.name)
        found += [field.name] if value is None or value == () else without_value(value)
    return found


def test_the_full_article_is_full() -> None:
    """Else a field could be added that no test below ever sees filled."""
    entries = tuple(replace(entry, parts=()) for entry in FULL.updates)
    told = replace(FULL, body=(), updates=entries, tags=FULL.tags[:1], times_raw=FULL.times_raw[:1])

    assert set(without_value(told)) == {"body", "parts"}
    filled = {
        field.name for block in FULL.body for field in fields(Block) if getattr(block, field.name) not in (None, ())
    }
    assert filled == {field.name for field in fields(Block)}


@pytest.mark.parametrize("article", [EMPTY, FULL], ids=["empty", "full"])
def test_round_trip(article: Article) -> None:
    assert from_json(to_line(article), Article) == article
    assert from_json(to_document(article), Article) == article


@pytest.mark.parametrize(
    "extraction",
    [
        Extraction(article=FULL, problems=FULL.problems),
        Extraction(article=None, reason=Problem(code="http-status", message="The server answered 404.")),
    ],
)
def test_round_trip_of_an_extraction(extraction: Extraction) -> None:
    assert from_json(to_line(extraction), Extraction) == extraction


@pytest.mark.parametrize("article", [EMPTY, FULL], ids=["empty", "full"])
def test_line_is_one_line_in_the_order_of_the_record(article: Article) -> None:
    line = to_line(article)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert list(json.loads(line)) == KEYS


def test_line_is_written_as_people_read_it() -> None:
    line = to_line(FULL)

    assert "Küstenschutz".encode() in line
    assert "\U0001f30a".encode() in line
    assert b'"published_at":"2026-01-31T06:03:11.378000+01:00"' in line
    assert b'"modified_at":"2026-01-31T05:03:11.378000Z"' in line
    assert f'"content_digest":"{DIGEST}"'.encode() in line


@pytest.mark.parametrize("article", [EMPTY, FULL], ids=["empty", "full"])
def test_line_is_valid_by_the_schema(article: Article) -> None:
    SCHEMA.validate(as_json(article))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "podcast"),
        ("content_digest", "sha1:da39a3ee"),
        ("content_digest", None),
        ("headline", 3),
        ("section", [None]),
        ("body", [{"kind": "poem"}]),
        ("capture", None),
    ],
)
def test_wrong_values_are_refused_by_schema_and_reader(field: str, value: object) -> None:
    wrong = {**as_json(FULL), field: value}

    assert not SCHEMA.is_valid(wrong)
    with pytest.raises(ValueError, match=field):
        from_json(json.dumps(wrong), Article)


@pytest.mark.parametrize("field", ["url", "text", "content_digest", "capture"])
def test_missing_fields_are_refused(field: str) -> None:
    wrong = as_json(FULL)
    del wrong[field]

    assert not SCHEMA.is_valid(wrong)
    with pytest.raises(ValueError, match=field):
        from_json(json.dumps(wrong), Article)


@pytest.mark.parametrize("time", ["2026-01-31T06:03:11", "2026-01-31", "gestern", ""])
@pytest.mark.parametrize("field", ["stand", "published_at"])
def test_naive_times_are_refused(field: str, time: str) -> None:
    with pytest.raises(ValueError, match=rf"\$\.{field}"):
        from_json(json.dumps({**as_json(FULL), field: time}), Article)


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "sha256",
        "sha256:",
        "sha1:" + "0" * 40,
        "sha256:" + "0" * 63,
        "sha256:" + "0" * 65,
        "sha256:" + "A" * 64,
        "SHA256:" + "0" * 64,
        "sha256:" + "0" * 64 + "\n",
        " sha256:" + "0" * 64,
    ],
)
def test_bad_digests_are_refused(digest: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        Digest.parse(digest)
    with pytest.raises(ValueError, match="content_digest"):
        from_json(json.dumps({**as_json(FULL), "content_digest": digest}), Article)


def test_digest_says_what_it_is() -> None:
    assert str(DIGEST) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (DIGEST.algorithm, DIGEST.value) == ("sha256", str(DIGEST)[7:])
    assert Digest.parse(str(DIGEST)) == DIGEST
    assert len({DIGEST, Digest.of(b""), Digest.of(b"x")}) == 2


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b'{"schema": 1}'])
def test_what_is_no_record(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(data, Article)


def test_schema_is_itself_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(article_schema())


def records_in(kind: type) -> set[type]:
    """``kind`` and every record that a field of it holds."""
    found = {kind}
    for hint in get_type_hints(kind).values():
        waiting = [hint]
        while waiting:
            part = waiting.pop()
            waiting += get_args(part) if get_origin(part) is not None else []
            if isinstance(part, type) and is_dataclass(part) and part not in found:
                found |= records_in(part)
    return found


def test_schema_names_every_field_of_every_record() -> None:
    definitions = article_schema()["$defs"]

    assert {name: set(definition["properties"]) for name, definition in definitions.items()} == {
        record.__name__: {field.name for field in fields(record)} for record in records_in(Article)
    }
