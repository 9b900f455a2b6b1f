"""A static file server on loopback that answers range requests, as ReplayWeb.page needs to read large archives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".wacz": "application/wacz+zip"}
_CHUNK_BYTES = 1 << 20


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    files: Mapping[str, Path | bytes]
    ranges: list[str]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        path = urlsplit(self.path).path
        content = self.server.files.get(path)
        if content is None:
            self.send_error(404)
            return
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        first, last = 0, size - 1
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if match and any(match.groups()):
            self.server.ranges.append(path)
            first = int(match[1]) if match[1] else max(0, size - int(match[2]))
            last = min(int(match[2]), last) if match[1] and match[2] else last
            if first > last:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(206 if match else 200)
        if match:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Type", _TYPES.get(Path(path).suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if with_body:
            self._send(content, first, last - first + 1)

    def _send(self, content: Path | bytes, first: int, length: int) -> None:
        if isinstance(content, bytes):
            self.wfile.write(content[first : first + length])
            return
        with content.open("rb") as file:
            file.seek(first)
            while length and (data := file.read(min(length, _CHUNK_BYTES))):
                self.wfile.write(data)
                length -= len(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nobody reads a log of this."""


@contextmanager
def serving_files(files: Mapping[str, Path | bytes], ranges: list[str]) -> Iterator[str]:
    """Serve ``files`` (path of the address to file or content) while the block runs; gives the base address.

    The path of each range request is appended to ``ranges``.
    """
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.files = files
        server.ranges = ranges
        thread = Thread(target=server.serve_forever, name="files", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
