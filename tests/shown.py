"""A collection with captures of every kind that replay tells apart, and one page that means harm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from newsarchive.model.capture import Capture, StoredCapture
from tests.kept import BASE_URL, SITE, START, archive, crawling, exchange, keep

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
    b"\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82"
)
"""One red pixel."""

_ID = "0f36d5a2-63a8-4c65-9c0f-0a7c5f9d3f11"
HTML = ("Content-Type: text/html; charset=utf-8", 'ETag: "moin"')
PAGE = f"""<!DOCTYPE html><html lang="de"><head><title>Das Wetter wird besser</title>
<link rel="stylesheet" href="/s.css"></head><body><h1>Das Wetter wird besser</h1><p>Moin vom Seeblick.</p>
<img src="/hafen.png" alt="Hafen"><img src="/fehlt.png" alt="fehlt">
<picture><source srcset="/image/{_ID}/breit/moewe.webp?width=640"><img id="moewe" src="/image/{_ID}/schmal/moewe.jpg">
</picture></body></html>""".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The collection in ``root / SITE``, and its captures by what they are."""

    root: Path
    page: StoredCapture
    style: StoredCapture
    font: StoredCapture
    picture: StoredCapture
    form: StoredCapture
    later_picture: StoredCapture
    svg: StoredCapture
    repeated: StoredCapture
    unchanged: StoredCapture
    moved: StoredCapture
    missing: StoredCapture

    @property
    def collection(self) -> Path:
        """The directory of the collection."""
        return self.root / SITE


def build(root: Path) -> Shown:
    """Make the collection in two runs, the second a day later."""
    with crawling(root / SITE) as writer:
        page = archive(writer, _page("/moin-100.html", PAGE))
        keep(writer, page, "Moin vom Seeblick.")
        css = b"@font-face { font-family: See; src: url(see.woff2) } h1 { color: rgb(1, 2, 3) }"
        style = archive(writer, exchange("/s.css", css, headers=("Content-Type: text/css",)))
        font = archive(writer, exchange("/see.woff2", b"wOF2", headers=("Content-Type: font/woff2",)))
        picture = archive(writer, _picture("/hafen.png"))
        form = archive(writer, _picture(f"/image/{_ID}/schmal/moewe.jpg"))
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
        drawn = archive(writer, exchange("/bild.svg", svg, headers=("Content-Type: image/svg+xml",)))
        moved = archive(
            writer,
            exchange("/alt-100.html", b"", status="301 Moved", headers=(f"Location: {BASE_URL}/moin-100.html",)),
        )
        missing = archive(writer, exchange("/weg-100.html", b"weg", status="404 Not Found", headers=HTML[:1]))
    later = START + timedelta(days=1)
    with crawling(root / SITE, start=later) as writer:
        repeated = archive(writer, _page("/moin-100.html", PAGE, later))
        keep(writer, repeated, "Moin vom Seeblick.")
        later_picture = archive(writer, replace(_picture("/hafen.png"), started_at=later))
        asked = exchange("/moin-100.html", b"", status="304 Not Modified", headers=HTML[1:], at=later)
        conditional = asked.sent.replace(b"\r\n\r\n", b'\r\nIf-None-Match: "moin"\r\n\r\n')
        unchanged = archive(writer, replace(asked, sent=conditional, started_at=later + timedelta(hours=1)))
    return Shown(
        root=root,
        page=page,
        style=style,
        font=font,
        picture=picture,
        form=form,
        later_picture=later_picture,
        svg=drawn,
        repeated=repeated,
        unchanged=unchanged,
        moved=moved,
        missing=missing,
    )


def _page(path: str, body: bytes, at: datetime = START) -> Capture:
    return replace(exchange(path, body, headers=HTML), started_at=at)


def _picture(path: str) -> Capture:
    return exchange(path, PNG, headers=("Content-Type: image/png",))
