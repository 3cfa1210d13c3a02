"""The one exception of the engine: a refusal as the service words it.

Imports nothing; the REST layer turns it into an error body.
"""

from __future__ import annotations


INVALID_PARAMETER = 20001
NOT_FOUND = 20404
# Not published; formed like the service's other codes (20404, 20429).
GONE = 20410


class ServiceError(Exception):
    """A refusal: HTTP `status`, the service's error `code`, and its `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def __repr__(self) -> str:
        return f"ServiceError({self.status}, {self.code}, {self.message!r})"


def invalid(message: str) -> ServiceError:
    """Make the refusal of a parameter or of a step that the state forbids."""
    return ServiceError(400, INVALID_PARAMETER, message)


def not_found(path: str) -> ServiceError:
    """Make the answer for an unknown resource; `path` starts at /Workspaces."""
    return ServiceError(404, NOT_FOUND, f"The requested resource {path} was not found")


def gone(message: str) -> ServiceError:
    """Make the answer for a reservation that somebody else has taken."""
    return ServiceError(410, GONE, message)
