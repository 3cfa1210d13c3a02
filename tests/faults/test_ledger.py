"""The ledger: it sees what is lost, doubled and turned around."""

from __future__ import annotations

import pytest

from .ledger import Entry, Findings, compare, compare_values


CREATED, ACCEPTED, COMPLETED = (
    Entry("WK1", f"reservation.{event}", "WR1")
    for event in ("created", "accepted", "completed")
)
OTHER = Entry("WK1", "reservation.created", "WR2")

LOG = [CREATED, OTHER, ACCEPTED, COMPLETED]

CASES: list[tuple[str, list[Entry], Findings]] = [
    ("as it happened", LOG, Findings([], [], [])),
    ("others first", [OTHER, CREATED, ACCEPTED, COMPLETED], Findings([], [], [])),
    ("one lost", [CREATED, OTHER, COMPLETED], Findings([ACCEPTED], [], [])),
    ("one twice", [*LOG, OTHER], Findings([], [OTHER], [])),
    (
        "of another worker",
        [CREATED._replace(worker_sid="WK2"), OTHER, ACCEPTED, COMPLETED],
        Findings([CREATED], [CREATED._replace(worker_sid="WK2")], []),
    ),
    (
        "turned around",
        [OTHER, ACCEPTED, CREATED, COMPLETED],
        Findings([], [], ["WR1"]),
    ),
]


@pytest.mark.parametrize(
    ("delivered", "findings"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_what_the_ledger_finds(delivered: list[Entry], findings: Findings) -> None:
    assert compare(LOG, delivered) == findings


LEVEL = Entry("WK1", "attributes.update", "WK1")


@pytest.mark.parametrize(
    ("given", "heard", "findings"),
    [
        ([1, 2, 3], [1, 2, 3], Findings([], [], [])),
        ([1, 2, 3], [3], Findings([], [], [])),
        ([], [], Findings([], [], [])),
        ([1, 2, 3], [1, 2], Findings([LEVEL], [], [])),
        ([1, 2], [], Findings([LEVEL], [], [])),
        ([1, 2], [1, 1, 2], Findings([], [LEVEL], [])),
        ([2], [1, 2], Findings([], [LEVEL], [])),
        ([1, 2, 3], [2, 1, 3], Findings([], [], ["attributes.update of WK1"])),
    ],
)
def test_what_the_ledger_finds_of_values(
    given: list[int], heard: list[int], findings: Findings
) -> None:
    assert compare_values({LEVEL: given}, {LEVEL: heard}) == findings


def test_what_can_t_be_read_may_be_missed() -> None:
    found = compare_values({LEVEL: [1, 2]}, {LEVEL: [1]}, [LEVEL])
    assert found == Findings([], [], [])
