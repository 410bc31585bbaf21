"""What went wrong, for programs: problem details (RFC 9457). Nothing of the request is repeated in them."""

from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

CONTENT_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct):
    """`status` repeats the HTTP status, `title` its phrase; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str


def problem(status: HTTPStatus, detail: str, **headers: str) -> web.Response:
    """An answer that tells a program, and whoever reads its log, what to do."""
    body = msgspec.json.encode(Problem("about:blank", status.phrase, status, detail))
    return web.Response(status=status, body=body, headers={"Content-Type": CONTENT_TYPE} | headers)
