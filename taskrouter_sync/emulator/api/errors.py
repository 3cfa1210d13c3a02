"""The service's refusals on the wire.

Owns: the error codes that only the wire has, and the body of an error.
Imports the engine's one exception and nothing else.
"""

from __future__ import annotations

from taskrouter_sync.emulator.engine.errors import ServiceError, invalid, not_found


__all__ = [
    "ServiceError",
    "bad_auth",
    "body",
    "forbidden",
    "internal",
    "invalid",
    "method_not_allowed",
    "not_found",
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


def body(status: int, code: int, message: str) -> dict[str, object]:
    """Give the body of an error."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def bad_auth() -> ServiceError:
    """Make the answer to wrong or missing credentials."""
    return ServiceError(401, AUTHENTICATION_FAILED, "Authenticate")


def forbidden(message: str) -> ServiceError:
    """Make the answer to what is not permitted."""
    # The service's code for it is not published; it is one of the 20003 family.
    return ServiceError(403, AUTHENTICATION_FAILED, message)


def internal(message: str) -> ServiceError:
    """Make the answer to what cannot be done for reasons of the service's own."""
    return ServiceError(500, INTERNAL, message)


def method_not_allowed(method: str) -> ServiceError:
    """Make the answer to a method that the resource does not have."""
    return ServiceError(405, METHOD_NOT_ALLOWED, f"Method {method} not allowed")


def unsupported_page() -> ServiceError:
    """Make the answer to a page asked for by its number alone."""
    return ServiceError(
        400, UNSUPPORTED_PAGE, "Page is not supported without its PageToken"
    )


def version_mismatch(version: int) -> ServiceError:
    """Make the answer to an If-Match that names another version."""
    return ServiceError(
        412, PRECONDITION_FAILED, f"If-Match does not match the version {version}"
    )
