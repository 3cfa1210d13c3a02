"""The lists of a workspace, and what can be created and changed in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One list, and something to create and to change in it.

    Attributes:
        name: of the list, as ``workspace.taskqueues`` has it.
        path, kind: where it is in the service, and in the emulator.
        params: create one; sent: what of them goes out as other text.
        only: finds that one alone.
        change: name and value of an update; field and value are what it comes to.
    """

    name: str
    path: str
    kind: str
    params: dict[str, Any]
    sent: dict[str, str]
    only: dict[str, Any]
    change: tuple[str, Any]
    field: str
    value: Any

    def __str__(self) -> str:
        return self.name


CASES = [
    Case(
        "activities",
        "/Activities",
        "activities",
        params={"FriendlyName": "Lunch", "Available": False},
        sent={"Available": "false"},
        only={"FriendlyName": "Lunch"},
        change=("FriendlyName", "Dinner"),
        field="friendly_name",
        value="Dinner",
    ),
    Case(
        "workflows",
        "/Workflows",
        "workflows",
        params={
            "FriendlyName": "Night",
            "Configuration": {"task_routing": {"filters": []}},
        },
        sent={"Configuration": '{"task_routing":{"filters":[]}}'},
        only={"FriendlyName": "Night"},
        change=("TaskReservationTimeout", 20),
        field="task_reservation_timeout",
        value=20,
    ),
    Case(
        "taskqueues",
        "/TaskQueues",
        "task_queues",
        params={"FriendlyName": "Spanish", "TargetWorkers": 'languages HAS "es"'},
        sent={},
        only={"FriendlyName": "Spanish"},
        change=("MaxReservedWorkers", "20"),
        field="max_reserved_workers",
        value=20,
    ),
    Case(
        "workers",
        "/Workers",
        "workers",
        params={"FriendlyName": "Bob", "Attributes": {"languages": ["es"]}},
        sent={"Attributes": '{"languages":["es"]}'},
        only={"FriendlyName": "Bob"},
        change=("Attributes", {"skill": "chat"}),
        field="attributes_value",
        value={"skill": "chat"},
    ),
    Case(
        "tasks",
        "/Tasks",
        "tasks",
        params={"Attributes": {"language": "es"}, "Priority": 5},
        sent={"Attributes": '{"language":"es"}', "Priority": "5"},
        only={"Priority": "5"},
        change=("Priority", "7"),
        field="priority",
        value=7,
    ),
]
