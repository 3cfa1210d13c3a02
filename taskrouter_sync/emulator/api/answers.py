"""What the REST API answers.

Owns: the answer as status, body and headers. Imports only errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskrouter_sync.emulator.api import errors


@dataclass(frozen=True)
class Answer:
    """An answer; a body of None is no body."""

    status: int
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: errors.ServiceError | None = None


def refused(error: errors.ServiceError) -> Answer:
    """Answer with an error."""
    body = errors.body(error.status, error.code, error.message)
    return Answer(error.status, body, error=error)


def deleted() -> Answer:
    """Answer that it is gone."""
    return Answer(204)
