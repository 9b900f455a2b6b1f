"""The private names of Scrapy and Twisted that the capture leans on: when one goes, this says so first."""

from __future__ import annotations

import inspect

import pytest
from scrapy.core.downloader.handlers import http11
from twisted.web import _newclient, client


def test_scrapy_keeps_its_pool_and_size_limit_where_they_are() -> None:
    source = inspect.getsource(http11.HTTP11DownloadHandler)
    assert "self._pool: HTTPConnectionPool = HTTPConnectionPool(" in source
    assert "self._pool._factory = _LenientHTTP11ClientFactory" in source
    assert "pool=self._pool," in source
    assert "maxsize=getattr(" in source
    assert "self._default_maxsize" in source


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (http11._LenientHTTP11ClientFactory, "buildProtocol", ["self", "addr"]),
        (http11._LenientHTTP11ClientProtocol, "request", ["self", "request"]),
        (client._HTTP11ClientFactory, "__init__", ["self", "quiescentCallback", "metadata"]),
        (client.HTTPConnectionPool, "getConnection", ["self", "key", "endpoint"]),
        (_newclient.HTTP11ClientProtocol, "__init__", ["self", "quiescentCallback"]),
        (_newclient.HTTP11ClientProtocol, "dataReceived", ["self", "bytes"]),
        (_newclient.Request, "__init__", ["self", "method", "uri", "headers", "bodyProducer", "persistent"]),
        (_newclient.Request, "writeTo", ["self", "transport"]),
    ],
)
def test_methods_are_called_as_before(owner: type, name: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_twisted_asks_the_protocol_and_the_pool_as_before() -> None:
    assert "HTTPClientParser(request, self._finishResponse)" in inspect.getsource(_newclient.HTTP11ClientProtocol)
    assert "self._quiescentCallback = quiescentCallback" in inspect.getsource(client._HTTP11ClientFactory)
    assert "factory = self._factory(quiescentCallback" in inspect.getsource(client.HTTPConnectionPool)
    assert "request.writeTo(self.transport)" in inspect.getsource(_newclient.HTTP11ClientProtocol)
