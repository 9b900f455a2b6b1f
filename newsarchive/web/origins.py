"""Under which addresses the reading room and its stage are found, and which of them a request is for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import quote

from starlette.requests import HTTPConnection

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names by which a machine calls itself."""

_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The ports of both, and the names of the machine that requests may be for, as they stand in addresses."""

    room_port: int
    stage_port: int
    names: frozenset[str]

    @classmethod
    def at(cls, host: str, *, room_port: int, stage_port: int, names: Iterable[str] = ()) -> Self:
        """Those of a server bound to ``host``, which is called ``names`` besides."""
        given = {in_address(name) for name in (host, *names)}
        return cls(room_port=room_port, stage_port=stage_port, names=LOOPBACK | given)

    def name(self, request: HTTPConnection) -> str | None:
        """The name of the machine that ``request`` is for; ``None`` when it is for another machine, or for none."""
        host = request.headers.get("host", "").lower()
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdecimal():
            name = host
        return name if name in self.names else None

    def room(self, request: HTTPConnection) -> str:
        """The origin of the reading room, as whoever sent ``request`` reaches it."""
        return self._origin(request, self.room_port)

    def stage(self, request: HTTPConnection) -> str:
        """The origin of the stage, as whoever sent ``request`` reaches it."""
        return self._origin(request, self.stage_port)

    def _origin(self, request: HTTPConnection, port: int) -> str:
        return f"http://{self.name(request) or 'localhost'}:{port}"


def in_address(host: str) -> str:
    """``host`` as it stands in an address: in lower case, an IPv6 address in brackets."""
    bare = host.lower().strip("[]")
    try:
        return f"[{bare}]" if ip_address(bare).version == 6 else bare
    except ValueError:
        return bare


def is_name(host: str) -> bool:
    """Whether a request can be for a machine that is called so: a name or an IP address, nothing around it."""
    named = in_address(host)
    return named.startswith("[") or _NAME.fullmatch(named) is not None


def address_path(*segments: str | int) -> str:
    """The path with these segments, from which ``path_segment`` gives each back.

    A slash in one is written ``~2F``: servers and proxies undo percent escapes before they part a path.
    """
    return "/" + "/".join(quote(str(segment).replace("~", "~7E").replace("/", "~2F"), safe="") for segment in segments)


def path_segment(request: HTTPConnection, name: str) -> str:
    """The segment called ``name`` in the route of ``request``, as it was given to ``address_path``."""
    segment: str = request.path_params[name]
    return segment.replace("~2F", "/").replace("~7E", "~")


def stage_url(request: HTTPConnection, *segments: str | int) -> str:
    """The address on the stage with these path segments."""
    origins: Origins = request.app.state.origins
    return origins.stage(request) + address_path(*segments)
