"""How webhooks are brought to applications.

Owns: who waits for whom, how often it is tried, and noting what went wrong. Sends
through a function: it knows no HTTP library. Runs on the emulator's event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from taskrouter_sync.emulator.alerts import Alert, Level, printable
from taskrouter_sync.emulator.lanes import Job, Lanes
from taskrouter_sync.emulator.posting import (
    RETRIEVAL_FAILURE,
    Method,
    NotAnswered,
    Reply,
    Send,
    compose,
    receiver,
    shown,
)


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """Limits, in seconds of real time and in numbers.

    Documented are the two limits of an answer. The rest is not (choices): what
    nobody is waited for is tried again twice, after pauses, when there was no answer
    or a 5xx, so it may arrive twice. A receiver that lags by ``waiting`` webhooks
    misses those that come then; so do all when ``waiting_in_all`` wait.
    """

    event: float = 15.0
    assignment: float = 5.0
    pauses: tuple[float, ...] = (0.5, 2.0)
    waiting: int = 10_000
    waiting_in_all: int = 20_000
    # Webhooks under way, to one receiver's assignment callbacks and to all.
    assignments: int = 50
    under_way: int = 200


PATIENCE = Patience()


@dataclass(frozen=True)
class Errand:
    """A webhook, and what it is about.

    Args:
        workspace_sid: WS….
        resource_sid: what alerts about it name.
        url: as it was configured.
        form: what it says.
        method: how it is sent.
    """

    workspace_sid: str
    resource_sid: str
    url: str = field(repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: Method = "POST"


class Courier:
    """Brings the webhooks of one service.

    What is told to one receiver (scheme, host and port of the URL) is told one after
    the other, in the order in which it happened; receivers do not wait for each
    other. What a receiver is asked, it is asked in that order as well, but without
    waiting for the answer to what it was asked before.

    Args:
        auth_token: signs.
        now: the service's clock, in epoch seconds.
        alerted: is told of trouble.
        patience: the limits; by default those of this module.
    """

    def __init__(
        self,
        auth_token: str,
        now: Callable[[], float],
        alerted: Callable[[Alert], None],
        patience: Patience | None = None,
    ) -> None:
        self._auth_token = auth_token
        self._now = now
        self._alerted = alerted
        self._patience = patience or PATIENCE
        self._lanes: Lanes | None = None
        self._send: Send | None = None

    def open(self, send: Send) -> None:
        """Start to deliver, until the close."""
        patience = self._patience
        self._send = send
        self._lanes = Lanes(
            limit=patience.waiting,
            limit_in_all=patience.waiting_in_all,
            places=patience.under_way,
        )

    async def close(self) -> None:
        """Break off at once: what has not been delivered never will be."""
        lanes, self._lanes, self._send = self._lanes, None, None
        if lanes is None:
            return
        if lanes.unfinished:
            _log.info("%d webhooks were not delivered: it stopped", lanes.unfinished)
        await lanes.close()

    def tell(self, errand: Errand) -> None:
        """Deliver after what the receiver is told before; the answer is not read."""

        async def deliver() -> None:
            for pause in (*self._patience.pauses, None):
                try:
                    await self._try(errand, self._patience.event)
                    return
                except NotAnswered as trouble:
                    if pause is None or not trouble.passing:
                        self.alert(errand, trouble.code, trouble.message)
                        return
                await asyncio.sleep(pause)

        self._put(f"told {receiver(errand.url)}", deliver, 1, errand)

    def ask(self, errand: Errand, job: Job) -> None:
        """Run what asks the errand's receiver, as soon as not too many do."""
        name = f"asked {receiver(errand.url)}"
        self._put(name, job, self._patience.assignments, errand)

    async def answer(self, errand: Errand) -> Reply:
        """Give the receiver's answer; it is asked once.

        Raises:
            NotAnswered: there is none with a 2xx status within the limit.
        """
        return await self._try(errand, self._patience.assignment)

    def _put(self, lane: str, job: Job, width: int, errand: Errand) -> None:
        if self._lanes is None:
            return  # It is about to stop, or has not started: nobody hears of it.
        if not self._lanes.put(lane, job, width=width):
            message = "not sent: too many webhooks before it wait for an answer"
            self.alert(errand, RETRIEVAL_FAILURE, message)

    async def _try(self, errand: Errand, seconds: float) -> Reply:
        if self._send is None:
            raise NotAnswered("the emulator has stopped", passing=False)
        reply = await self._send(
            compose(self._auth_token, errand.url, errand.form, errand.method), seconds
        )
        # 204 and 200 are documented. A redirection is not followed (choice).
        if not 200 <= reply.status < 300:
            raise NotAnswered(
                f"the answer's status is {reply.status}", passing=reply.status >= 500
            )
        return reply

    def alert(
        self, errand: Errand, code: int, message: str, level: Level = "error"
    ) -> None:
        """Note trouble, for the debugger and in the log."""
        # It may repeat what an application answered.
        message = printable(message)
        url = shown(errand.url) if errand.url else ""
        sid = errand.resource_sid
        _log.warning("webhook about %s: %s: %s (%d)", sid, url, message, code)
        self._alerted(
            Alert(
                time=self._now(),
                level=level,
                code=code,
                message=message,
                workspace_sid=errand.workspace_sid,
                resource_sid=sid,
                url=url,
            )
        )
