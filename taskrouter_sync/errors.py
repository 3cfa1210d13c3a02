"""The exceptions of this package.

::

    TaskRouterError
    ├── HttpError          the service responded with an error status
    ├── RequestTimeout     no response in time (also a TimeoutError)
    ├── ConnectionFailed   no connection, or one that was lost
    ├── InvalidResponse    a malformed response or frame
    ├── ClientClosed       the client was closed before or during the call
    ├── TokenError         a token that can't be used (also a ValueError)
    └── ArgumentError      a call with wrong arguments (also a TypeError)

Every error has the attributes `code`, `message` and `response` that ported callbacks
use. Errors can be pickled and copied. None contains a token: not in its message, its
cause or the local variables of its traceback.
"""

from __future__ import annotations

import re
from typing import Any


def one_line(text: str, limit: int | None = 1000) -> str:
    """Make text of the service harmless: one line, no control characters, not too long.

    Escapes what could forge a log line or control a terminal, and bidirectional marks.
    """
    text = text[:limit]
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )


def without_tokens(text: str) -> str:
    """Replace what looks like a token in a text that may quote one."""
    return re.sub(r"eyJ[\w-]{8,}(\.[\w-]*){0,2}", "<token>", text)


def quoted(value: object, limit: int | None = 80) -> str:
    """Show some of a value that came instead of another, and no token."""
    try:
        return without_tokens(repr(value))[:limit]
    except Exception:  # noqa: BLE001 - the program's own class, or a number too long
        return ""


def shown(value: object) -> str:
    """Name the type of a value, and show some of it."""
    return f"{type(value).__name__} {quoted(value)}".rstrip()


class TaskRouterError(Exception):
    """The base class of all errors that are raised or passed to a callback.

    Attributes:
        code: the HTTP status, or 0 without one, like ``XMLHttpRequest.status``.
        message: what happened.
        response: what the service sent, if that says more (such as the text of a
            malformed frame); always a string.
    """

    def __init__(self, message: str, *, code: int = 0, response: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.response = response

    def _render_traceback_(self) -> list[str]:
        """Fill no screen of a notebook with this package's own frames.

        Source: https://ipython.readthedocs.io/en/stable/config/integrating.html
        """
        from .notebook import traceback_lines

        return traceback_lines(self)

    def __reduce__(self) -> Any:
        # Exceptions are pickled as a call with `args`, which lack the keywords.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(
    kind: type[TaskRouterError], args: tuple[Any, ...], state: dict[str, Any]
) -> TaskRouterError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class HttpError(TaskRouterError):
    """The service responded with an HTTP status other than 2xx.

    Attributes:
        status: the HTTP status (the same as `code`).
        twilio_code: Twilio's error code, or None.
        more_info: the URL of its explanation, or None.
        retry_after: seconds to wait before the next attempt, or None if the service did
            not specify it.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        twilio_code: int | None = None,
        more_info: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.status = code
        self.twilio_code = twilio_code
        self.more_info = more_info
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


class RequestTimeout(TaskRouterError, TimeoutError):
    """The time limit was exceeded."""


class ConnectionFailed(TaskRouterError):
    """The service can't be reached, or the connection was lost.

    Attributes:
        reached: whether the service may have received the request. If it may have, only
            a request that is safe to repeat is retried.
    """

    def __init__(
        self, message: str, *, reached: bool = False, response: str = ""
    ) -> None:
        super().__init__(message, response=response)
        self.reached = reached


class InvalidResponse(TaskRouterError):
    """The service sent a malformed response or frame."""


class ClientClosed(TaskRouterError):
    """The client was closed before or during the call.

    After a fork, the parent's clients are closed in the child process.
    """

    FORKED = "The client was opened before this process was forked: open a new one here"

    def __init__(self, message: str = "The client is closed") -> None:
        super().__init__(message)


class TokenError(TaskRouterError, ValueError):
    """The token is missing, malformed, or for another client."""


class ArgumentError(TaskRouterError, TypeError):
    """A call has the wrong number or type of arguments."""
