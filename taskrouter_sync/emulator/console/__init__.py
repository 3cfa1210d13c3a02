"""The console: the emulator's page at /, for people.

Owns: its files, and the policy that keeps foreign markup from acting. What it shows and
does comes from the control, by the files beside this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files


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


def content(path: str) -> tuple[str, Mapping[str, str]] | None:
    """Return the content and the headers of a path, None if it does not exist."""
    name = _PAGE if path == "/" else path.removeprefix(f"{PREFIX}/")
    _, dot, kind = name.rpartition(".")
    content_type = _TYPES.get(dot + kind)
    # A name with a directory in it is not the name of a file here.
    if content_type is None or "/" in name or "\\" in name or "\0" in name:
        return None
    file = files(__package__).joinpath(name)
    if not file.is_file():
        return None
    headers = {"Content-Type": f"{content_type}; charset=utf-8", **_HEADERS}
    return file.read_text("utf-8"), headers
