"""What the REST API answers, refusals included.

Owns: the response as status, body and headers, and the error codes that only the wire
has. Imports the engine's one exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskrouter_sync.emulator.engine.errors import ServiceError, invalid, not_found


__all__ = [
    "Response",
    "ServiceError",
    "bad_auth",
    "body",
    "forbidden",
    "internal",
    "invalid",
    "method_not_allowed",
    "not_found",
    "refused",
    "unsupported_page",
    "version_mismatch",
]

AUTHENTICATION_FAILED = 20003
METHOD_NOT_ALLOWED = 20004
# Not published; formed like the service's other codes (20404, 20429).
PRECONDITION_FAILED = 20412
UNSUPPORTED_PAGE = 40153
# Not published either.
INTERNAL = 20500


@dataclass(frozen=True)
class Response:
    """A response; a body of None is no body."""

    status: int
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: ServiceError | None = None


def refused(error: ServiceError) -> Response:
    """Respond with an error."""
    return Response(
        error.status, body(error.status, error.code, error.message), error=error
    )


def body(status: int, code: int, message: str) -> dict[str, object]:
    """Give the body of an error."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def bad_auth() -> ServiceError:
    """Make the refusal of wrong or missing credentials."""
    return ServiceError(401, AUTHENTICATION_FAILED, "Authenticate")


def forbidden(message: str) -> ServiceError:
    """Make the refusal of what is not permitted."""
    # The service's code for it is not published; it is one of the 20003 family.
    return ServiceError(403, AUTHENTICATION_FAILED, message)


def internal(message: str) -> ServiceError:
    """Make the refusal of what cannot be done for reasons of the service's own."""
    return ServiceError(500, INTERNAL, message)


def method_not_allowed(method: str) -> ServiceError:
    """Make the refusal of a method that the resource does not have."""
    return ServiceError(405, METHOD_NOT_ALLOWED, f"Method {method} not allowed")


def unsupported_page() -> ServiceError:
    """Make the refusal of a page asked for by its number alone."""
    return ServiceError(
        400, UNSUPPORTED_PAGE, "Page is not supported without its PageToken"
    )


def version_mismatch(version: int) -> ServiceError:
    """Make the refusal of an If-Match that names another version."""
    return ServiceError(
        412, PRECONDITION_FAILED, f"If-Match does not match the version {version}"
    )
