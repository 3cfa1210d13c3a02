"""What can go wrong, as one tree.

::

    TaskRouterError
    ├── HttpError          the service answered, and not with 2xx
    ├── RequestTimeout     no answer in time (also a TimeoutError)
    ├── ConnectionFailed   no connection, or one that broke
    ├── InvalidResponse    an answer or a frame that makes no sense
    ├── ClientClosed       the client was closed, before or meanwhile
    ├── TokenError         a token that can't be used (also a ValueError)
    └── ArgumentError      a call with wrong arguments (also a TypeError)

Every error has `code` and `message`, as ported callbacks print both; `code` is the
HTTP status where there is one, and 0 elsewhere, as ``XMLHttpRequest.status`` has it.
No error holds a token, nor does its cause.
"""

from __future__ import annotations

from typing import Any


class TaskRouterError(Exception):
    """The root: everything this package raises or hands to a callback.

    Attributes:
        code: HTTP status, or 0.
        message: what happened, in words.
        response: what the service sent, where that tells more: the text of a frame.
    """

    def __init__(self, message: str, *, code: int = 0, response: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.response = response


class HttpError(TaskRouterError):
    """The service answered with a status that is not 2xx.

    Attributes:
        status: the HTTP status (the same as `code`).
        twilio_code: Twilio's own code, if given.
        more_info: the URL of its explanation, if given.
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
        # Seconds to wait before the next try, when the service said so.
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


class RequestTimeout(TaskRouterError, TimeoutError):
    """Nothing came within the time limit."""


class ConnectionFailed(TaskRouterError):
    """The service can't be reached, or the connection broke."""

    def __init__(
        self, message: str, *, reached: bool = False, response: Any = None
    ) -> None:
        super().__init__(message, response=response)
        # Whether the service may have got the request: what is not safe to repeat
        # is repeated only if it surely did not.
        self.reached = reached


class InvalidResponse(TaskRouterError):
    """An answer, or a frame, that is not what the service's contract says."""


class ClientClosed(TaskRouterError):
    """The client was closed before or while it was asked for something.

    After a fork the parent's clients count as closed in the child.
    """

    FORKED = "The client was opened before this process was forked: open one here"

    def __init__(self, message: str = "The client is closed") -> None:
        super().__init__(message)


class TokenError(TaskRouterError, ValueError):
    """A token that is missing, malformed, or of another client."""


class ArgumentError(TaskRouterError, TypeError):
    """A call whose arguments are wrong in number or type."""
