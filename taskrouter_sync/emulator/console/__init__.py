"""The console: the emulator's page at /, for people.

Owns: serving its files, and the policy that keeps foreign markup from acting. What
it shows and does comes from the control, by the files beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from aiohttp import web


PREFIX = "/emulator/console"

_PAGE = "index.html"
_TYPES: Mapping[str, str] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS: Mapping[str, str] = {
    # Own files only, nothing inline; text that is taken for markup is an error.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Another version of the emulator may serve here next.
    "Cache-Control": "no-cache",
}


def extend(app: web.Application) -> None:
    """Add the console's paths to a server."""
    app.router.add_get("/", _serve_page)
    app.router.add_get(f"{PREFIX}/{{name}}", _serve_file)


async def _serve_page(request: web.Request) -> web.Response:
    return _file(_PAGE)


async def _serve_file(request: web.Request) -> web.Response:
    return _file(request.match_info["name"])


def _file(name: str) -> web.Response:
    _, dot, kind = name.rpartition(".")
    content_type = _TYPES.get(dot + kind)
    path = files(__package__).joinpath(name)
    # A name with a way in it is no name of a file here.
    if content_type is None or "/" in name or "\\" in name or not path.is_file():
        raise web.HTTPNotFound()
    return web.Response(
        text=path.read_text("utf-8"), content_type=content_type, headers=_HEADERS
    )
