"""A token's end in sight: a fresh one asked for in time, or the expiry told."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import TaskRouterError
from ..line import Steps
from ..session import Session
from ..tokens import EXPIRY_MARGIN, Token


# Seconds before `token.expired` at which a token's source is asked for a fresh one.
_RENEWAL = 25.0

# Seconds after which a source that failed is asked again, or one whose token is over.
_RENEWAL_RETRY = 5.0


class TokenWatch:
    """The timers of one client's token.

    Attributes:
        expired: whether `token.expired` has been told of the token of the moment; the
            event thread's.
    """

    def __init__(
        self,
        session: Session,
        delivery: Steps,
        tell_expired: Callable[[], None],
        tell_error: Callable[[TaskRouterError], None],
    ) -> None:
        """Make it; both functions are called on the event thread."""
        self.expired = False
        self._session = session
        self._delivery = delivery
        self._tell_expired = tell_expired
        self._tell_error = tell_error

    def plan(self) -> None:
        """Set the timers for the token of the moment; from any thread."""
        expires_at = self._session.token.expires_at
        for name in ("expiry", "renewal"):
            self._delivery.clear_timer(name)
        if expires_at is None:
            return
        if self._session.has_source:
            # Half way, for a token that does not last as long as the margin.
            left = expires_at - EXPIRY_MARGIN - time.time()
            self._plan_renewal(
                max(left - _RENEWAL, left / 2) if left > 0 else _RENEWAL_RETRY
            )
        self._delivery.set_timer("expiry", expires_at - EXPIRY_MARGIN, self.check)

    def renewed(self) -> None:
        """Follow a new token; on the event thread, as all below."""
        self.expired = False
        self.plan()

    def check(self) -> None:
        """Tell that the token has expired, once, if it has."""
        if not self.expired and self._session.token.expired(time.time()):
            self.expired = True
            self._tell_expired()

    def renew(self, refused: Token | None = None) -> bool:
        """Ask the user's own source for a token; its trouble is an `error` event.

        Args:
            refused: the token to replace; None for that of the moment. If it was
                replaced meanwhile, that will do.
        """
        try:
            self._session.refresh(refused or self._session.token)
        except TaskRouterError as error:
            self._tell_error(error)
            return False
        return True

    def _plan_renewal(self, wait: float) -> None:
        self._delivery.set_timer("renewal", time.time() + wait, self._on_renewal)

    def _on_renewal(self) -> None:
        # Planned before: whatever the source raises, it is asked again.
        self._plan_renewal(_RENEWAL_RETRY)
        self.renew()
