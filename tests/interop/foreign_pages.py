"""The pages that the WARC files of other programs hold: three invented ones, by path."""

from __future__ import annotations

from tests.invented import e1, e2a, e3

PAGES: dict[str, bytes] = {
    "/inland/deichbau-nordkuben-100.html": e3().encode(),
    "/inland/faehre-kuben-101.html": e2a().encode(),
    "/inland/hafen-177.html": e1().encode(),
}
