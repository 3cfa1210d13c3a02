"""Instructions, the calls that they make, and how these are to go.

Plain data, in engine time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, get_args

from .containers import Changes, Watched


InstructionName = Literal["dequeue", "call", "redirect", "conference", "supervise"]
Option = str | int | tuple[str, ...]

# Seconds; documented for dequeue, and taken for the others (choice).
RING_SECONDS = 60
Outcome = Literal["answered", "busy", "no-answer", "failed"]
CallStatus = Literal[
    "initiated",
    "ringing",
    "answered",
    "busy",
    "no-answer",
    "failed",
    "canceled",
    "completed",
    "redirected",
]

# At once is not realistic, and a program should not come to rely on it.
ANSWER_SECONDS = 1.0
# An emulator under load for hours does not fill the memory.
KEEP_CALLS = 100_000
KEEP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """A telephony instruction with its parameters; None is not given.

    `to` is a contact URI, for supervise the supervisor. `options` are the
    parameters that only conference and supervise have, in snake_case.
    """

    name: InstructionName
    from_: str | None = None
    to: str | None = None
    url: str | None = None
    # Redirect: the caller's call (CA).
    call_sid: str | None = None
    accept: bool = False
    record: str | bool | None = None
    # Seconds that the phone rings.
    timeout: int = RING_SECONDS
    post_work_activity_sid: str | None = None
    status_callback: str | None = None
    status_callback_method: str = "POST"
    # "Callback URL for completed call event", as the parameters are described.
    status_callback_events: tuple[str, ...] = ("completed",)
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def bridges(self) -> bool:
        """Whether it connects the worker with the caller, and so is an acceptance."""
        return self.name in ("dequeue", "conference")


class CallState(NamedTuple):
    """The state that a call entered at `time` (epoch seconds)."""

    status: CallStatus
    time: float


@dataclass(kw_only=True, eq=False, slots=True)
class PhoneCall:
    """One call to a worker or a supervisor; of a redirect, the caller's own call.

    `instruction` holds everything that was requested, including status callbacks;
    `from_` and `to` are the result after the attributes of task and worker were
    inserted. `canceled` is a call that was canceled before it was answered.
    """

    # Its place in the log, from 1: a redirected call may be there several times.
    number: int = 0
    sid: str
    instruction: Instruction
    workspace_sid: str
    task_sid: str
    reservation_sid: str
    worker_sid: str
    from_: str | None = None
    to: str | None = None
    # Its outcome, and how many seconds it lasts once answered (None: until somebody
    # hangs up).
    outcome: Outcome = "answered"
    length: float | None = None
    states: tuple[CallState, ...] = ()

    @property
    def status(self) -> CallStatus:
        """The latest of its states."""
        return self.states[-1].status

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.status not in ("initiated", "ringing", "answered")

    @property
    def size(self) -> int:
        """Estimate the bytes that are kept because of this call."""
        given = self.instruction
        texts = (given.url, given.status_callback, self.from_, self.to)
        return 1500 + 4 * sum(
            len(text)
            for text in (given.from_, given.to, *texts, *given.options.values())
            if isinstance(text, str)
        )


class CallSettings(Watched):
    """How calls proceed. A call uses the settings of the time when it starts."""

    def __init__(
        self,
        *,
        answer_after: float = ANSWER_SECONDS,
        call_length: float | None = None,
        outcome: Outcome = "answered",
        outcomes: Mapping[str, Outcome] | None = None,
    ) -> None:
        """Take the values that `as_dict` returns."""
        self._outcomes: dict[str | None, Outcome] = {}
        # Seconds until a call is answered, is found busy, or fails; 0: at once.
        self.answer_after = answer_after
        # Seconds from the answer to the end; None: until somebody hangs up.
        self.call_length = call_length
        self.outcome(None, outcome)
        for contact_uri, each in (outcomes or {}).items():
            self.outcome(contact_uri, each)

    def __setattr__(self, name: str, value: Any) -> None:
        if name[0] != "_" and not (value is None and name == "call_length"):
            if not 0 <= value < math.inf:
                raise ValueError(f"{value!r} is not a valid number of seconds")
            value = float(value)
        super().__setattr__(name, value)
        self._changed("service", self)

    def watch(self, changes: Changes | None) -> None:
        """Report to `changes` when something is set."""
        self._changes = changes

    def as_dict(self) -> dict[str, object]:
        """Return all that is set, as plain data."""
        outcomes = dict(self._outcomes)
        return {
            "answer_after": self.answer_after,
            "call_length": self.call_length,
            "outcome": outcomes.pop(None),
            "outcomes": outcomes,
        }

    def outcome(self, contact_uri: str | None, outcome: Outcome) -> None:
        """Set the outcome of calls to a contact URI; None: of all other calls.

        Args:
            contact_uri: the contact URI of a call, such as ``client:joey``.
            outcome: ``answered``, ``busy``, ``no-answer`` or ``failed``.

        Raises:
            ValueError: `outcome` is not a valid outcome.
        """
        if outcome not in get_args(Outcome):
            allowed = ", ".join(get_args(Outcome))
            raise ValueError(f"outcome must be one of {allowed}, not {outcome!r}")
        self._outcomes[contact_uri] = outcome
        self._changed("service", self)

    def foresee(self, contact_uri: str, timeout: float) -> tuple[Outcome, float]:
        """Return the outcome of a call that starts now, and the seconds until then."""
        outcome = self._outcomes.get(contact_uri, self._outcomes[None])
        if outcome == "failed":
            return outcome, min(self.answer_after, timeout)
        if outcome == "no-answer" or self.answer_after > timeout:
            return "no-answer", timeout
        return outcome, self.answer_after


class CallLog(Watched):
    """The latest calls in the order in which they were made, and which are live."""

    def __init__(self) -> None:
        self._calls: deque[PhoneCall] = deque()
        self._bytes = 0
        # Calls made so far.
        self.made = 0
        self._live: dict[str, PhoneCall] = {}
        self._by_reservation: dict[str, dict[str, PhoneCall]] = {}
        self.listeners: list[Callable[[PhoneCall], None]] = []

    def watch(self, changes: Changes | None) -> None:
        """Report all calls, and the states that they enter."""
        self._changes = changes
        for call in self._calls:
            self._changed(f"call {call.number}", call)

    def __iter__(self) -> Iterator[PhoneCall]:
        """Walk from the oldest to the newest."""
        return iter(self._calls)

    def live(self, sid: str) -> PhoneCall | None:
        """Return a call that is not over, or None."""
        return self._live.get(sid)

    def all_live(self) -> list[PhoneCall]:
        """List the calls that are not over."""
        return list(self._live.values())

    def of(self, reservation_sid: str) -> list[PhoneCall]:
        """List the calls of a reservation that are not over."""
        return list(self._by_reservation.get(reservation_sid, {}).values())

    def add(self, call: PhoneCall) -> None:
        """Log a call before it enters its first state.

        One that was redirected is over, and may be logged already.
        """
        self.made += 1
        call.number = self.made
        self.keep(call)
        if call.states:
            self._notify(call)

    def keep(self, call: PhoneCall) -> None:
        """Log a call that was made before."""
        self._calls.append(call)
        self._bytes += call.size
        self._changed(f"call {call.number}", call)
        while len(self._calls) > KEEP_CALLS or self._bytes > KEEP_BYTES:
            oldest = self._calls.popleft()
            self._bytes -= oldest.size
            self._changed(f"call {oldest.number}", None)
            # A reservation may be on hold until its call was answered or has failed;
            # it has no more than one such call at a time.
            if oldest.status == "answered" or not oldest.instruction.bridges:
                self._let_go(oldest)
        if not call.states or not call.over:
            self._live[call.sid] = call
            self._by_reservation.setdefault(call.reservation_sid, {})[call.sid] = call

    def note(self, call: PhoneCall, status: CallStatus, now: float) -> None:
        """Log a state that begins now, and pass it to the listeners."""
        call.states += (CallState(status, now),)
        logged = call.number > self.made - len(self._calls)
        if logged:
            self._changed(f"call {call.number}", call)
        if call.over or not logged:
            self._let_go(call)
        self._notify(call)

    def _let_go(self, call: PhoneCall) -> None:
        # The caller's own call, once redirected, may share its sid with a live one.
        if self._live.get(call.sid) is call:
            del self._live[call.sid]
            same = self._by_reservation[call.reservation_sid]
            del same[call.sid]
            if not same:
                del self._by_reservation[call.reservation_sid]

    def _notify(self, call: PhoneCall) -> None:
        for listener in self.listeners:
            listener(replace(call))
