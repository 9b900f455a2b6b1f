"""What holds for every answer: who may ask, how long an address may be, and what a browser may do with the answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsarchive.web.origins import Origins

LONGEST_PATH = 2_000
"""Bytes that the path of an address may have, escaped."""

LONGEST_QUERY = 4_000
"""Bytes that the part of an address behind ``?`` may have."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_EVERYWHERE = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, noarchive",
}

ROOM_ASKERS = frozenset({"none", "same-origin"})
"""Whose pages may load what the room has, as the field Sec-Fetch-Site names them: nobody's but its own."""

STAGE_ASKERS = ROOM_ASKERS | {"same-site"}
"""Whose pages may load what the stage has: its own, and those of the room, at another port of the same machine."""

Policy = Callable[[Origins, Request], dict[str, str]]
"""The headers of an origin that follow from where the request came."""


def room_policy(origins: Origins, request: Request) -> dict[str, str]:
    """The reading room runs its own scripts alone, shows pictures of the stage, and is shown in no frame."""
    stage = origins.stage(request)
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {stage}; connect-src 'self'; "
            f"frame-src {stage}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def stage_policy(origins: Origins, request: Request) -> dict[str, str]:
    """Nothing on the stage loads from or sends to anywhere but the stage, and only the reading room may show it."""
    room = origins.room(request)
    return {
        "Content-Security-Policy": (
            "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; base-uri 'self'; "
            f"form-action 'none'; frame-ancestors 'self' {room}"
        ),
        # Browsers that know no Sec-Fetch-Site are left with this; "same-site" keeps Chromium from showing pictures of
        # 127.0.0.1 on a page of 127.0.0.1 at another port.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


class Guard:
    """Refuses what is not for us, only asks to be read, and sets the headers of ``policy`` on every answer.

    A header that an answer has already stays. ``askers`` are whose pages may load anything; links to here may stand
    anywhere. ``refuse`` makes the answer to what is refused, from the status and what to say in English.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Origins,
        policy: Policy,
        askers: frozenset[str],
        refuse: Callable[[Request, int, str], Response],
    ) -> None:
        self._app = app
        self._origins = origins
        self._policy = policy
        self._askers = askers
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        headers = _EVERYWHERE | self._policy(self._origins, request)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in headers.items():
                    given.setdefault(name, value)
            await send(message)

        if not await _body_is_over(receive):
            return
        answer: ASGIApp = self._refusal(request) or self._app
        await answer(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        if self._origins.name(request) is None:
            # Whoever asks by a foreign name may be a page of that name, whose address was made to mean this machine.
            return PlainTextResponse(
                "This machine is not served under that name. Start newsarchive serve with --allow-host NAME.\n", 421
            )
        if request.method not in {"GET", "HEAD"}:
            refusal = self._refuse(request, 405, "The archive is only read here.")
            refusal.headers["Allow"] = "GET, HEAD"
            return refusal
        if self._is_foreign(request):
            return self._refuse(request, 403, "Pages of other sites may link to this address, but not load it.")
        scope = request.scope
        if len(scope.get("raw_path", b"")) > LONGEST_PATH or len(scope.get("query_string", b"")) > LONGEST_QUERY:
            return self._refuse(request, 414, "This address is too long. Ask for less.")
        if _CONTROL.search(scope["path"]):
            return self._refuse(request, 400, "This address has control characters in it.")
        return None

    def _is_foreign(self, request: Request) -> bool:
        """Whether a page loads this that may not (Fetch Metadata Request Headers, section 2)."""
        site = request.headers.get("sec-fetch-site")
        is_link = (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest")) == (
            "navigate",
            "document",
        )
        return site is not None and site not in self._askers and not is_link


async def _body_is_over(receive: Receive) -> bool:
    """Drop what comes behind the head of a request: nobody wants it. False when whoever sent it has gone, or sent what
    is no body, so that the server has hung up."""
    while (message := await receive())["type"] == "http.request":
        if not message.get("more_body", False):
            return True
    return False
