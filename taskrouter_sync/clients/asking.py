"""Steps that need answers: asked for ahead of time, on the fetch threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import HttpError, RequestTimeout
from ..line import Step
from ..prefetch import Details, Job
from ..session import Session
from ..tokens import Token


class Asking:
    """Makes such steps; where the token is refused, they ask once more with another.

    A fresh token comes of the user's own code, which has no place on a fetch thread:
    the event thread gets it, when the step's turn has come.
    """

    def __init__(
        self,
        session: Session,
        fetch: Callable[[Sequence[Job]], Details],
        add_first: Callable[[Step], None],
        renew: Callable[[Token], bool],
    ) -> None:
        """Make it.

        Args:
            session: whose token the jobs use.
            fetch: runs the jobs side by side, elsewhere.
            add_first: puts a step before everything that waits.
            renew: gets a fresh token in place of this one; tells whether it did.
        """
        self._session = session
        self._fetch = fetch
        self._add_first = add_first
        self._renew = renew

    def step(
        self,
        jobs: Sequence[Job],
        run: Callable[[Details], None],
        *,
        again: bool = True,
    ) -> Step:
        """Start the jobs at once, and make the step that takes what came of them.

        Args:
            jobs: requests that don't refresh the token themselves.
            run: takes the outcomes, on the event thread.
            again: whether a refused token may be replaced.
        """
        token = self._session.token
        details = self._fetch(jobs)

        def take() -> None:
            if again and self._may_help(details) and self._renew(token):
                self._add_first(self.step(jobs, run, again=False))
            else:
                run(details)

        return Step(take, details)

    def _may_help(self, details: Details) -> bool:
        return self._session.has_source and any(
            isinstance(outcome, HttpError) and outcome.status == 401
            for outcome in details.outcomes
        )


def outcome_of(details: Details) -> Any:
    """Take the only outcome of what has been waited for long enough."""
    if not details.done:
        return RequestTimeout("The service did not answer in time")
    return details.outcomes[0]
