"""Content codings are undone where a body is read: for Scrapy here, for everything else in a worker."""

from __future__ import annotations

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK


class DecompressForScrapy(HttpCompressionMiddleware):
    """Decompresses what Scrapy itself asked for, which is robots.txt.

    Listings and pages are read from their captures, by ``extraction.page.decode``; to decompress them here as well
    would cost the reactor a millisecond a page, and leave a page that is a bomb without a word of why.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Called by Scrapy."""
        return super().process_response(request, response) if request.callback is NO_CALLBACK else response
