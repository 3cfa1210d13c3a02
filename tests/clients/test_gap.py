"""Reading the service's state after a gap: whole lists, or none."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync.clients.gap import Gap, Present
from taskrouter_sync.errors import InvalidResponse
from taskrouter_sync.wire.answers import Result


WORKER = "https://taskrouter.twilio.com/v1/Workspaces/WS1/Workers/WK1"


class Pages:
    """What a gap asks of a session: GETs, answered from a table of pages by URL."""

    resource_url = WORKER

    def __init__(self, pages: dict[str, Any]) -> None:
        self._pages = pages
        self.asked: list[tuple[str, Any]] = []

    def request(
        self, method: str, url: str, params: Any, *, may_refresh: bool
    ) -> Result:
        # On a fetch thread no user's code may run, as which a token's source counts.
        assert (method, may_refresh) == ("GET", False)
        self.asked.append((url, params))
        return Result(self._pages[url])


def gap(**pages: Any) -> tuple[Gap, Pages]:
    """Make a gap's reader; pages by the end of their URL, `_` for the question mark."""
    session = Pages(
        {f"{WORKER}/{name.replace('_', '?')}": pages[name] for name in pages}
    )
    given: Any = session
    return Gap(given), session


def page(key: str, *sids: str, after: str | None = None) -> dict[str, Any]:
    next_url = f"{WORKER}/{after}" if after else None
    items = [{"sid": sid} for sid in sids]
    return {"meta": {"key": key, "next_page_url": next_url}, key: items}


def sids(payloads: list[Any]) -> list[str]:
    return [payload["sid"] for payload in payloads]


def test_all_pages_are_read() -> None:
    reader, session = gap(
        Reservations=page("reservations", "WR1", "WR2", after="Reservations?2"),
        Reservations_2=page("reservations", "WR3", after="Reservations?3"),
        Reservations_3=page("reservations", "WR4"),
    )
    present = reader.present(with_channels=False)
    assert sids(present.reservations) == ["WR1", "WR2", "WR3", "WR4"]
    # The next page's URL says everything itself.
    assert [params for _, params in session.asked] == [{"PageSize": 1000}, None, None]


def test_only_pending_ones_are_asked_for_first() -> None:
    reader, session = gap(Reservations=page("reservations", "WR1"))
    assert sids(reader.pending()) == ["WR1"]
    assert [params for _, params in session.asked] == [{"ReservationStatus": "pending"}]


@pytest.mark.parametrize("with_channels", [True, False])
def test_channels_are_read_if_they_are_wanted(with_channels: bool) -> None:
    reader, session = gap(
        Reservations=page("reservations"), Channels=page("channels", "WC1")
    )
    channels = [{"sid": "WC1"}] if with_channels else []
    assert vars(reader.present(with_channels)) == vars(Present([], channels))
    assert len(session.asked) == 1 + with_channels


def test_what_has_no_sid_is_passed_over() -> None:
    odd = {"reservations": [None, 5, {}, {"sid": None}, {"sid": "WR1"}]}
    reader, _ = gap(Reservations=odd)
    assert sids(reader.pending()) == ["WR1"]


@pytest.mark.parametrize(
    "odd", [None, [], "text", {}, {"reservations": None}, {"reservations": {}}]
)
def test_what_is_no_list_is_no_state(odd: Any) -> None:
    reader, _ = gap(Reservations=odd)
    with pytest.raises(InvalidResponse, match="reservations came as no list"):
        reader.pending()


def test_a_list_without_end_is_no_state() -> None:
    reader, _ = gap(Reservations=page("reservations", "WR1", after="Reservations"))
    with pytest.raises(InvalidResponse, match="more pages than can be"):
        reader.pending()
