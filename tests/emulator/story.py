"""What users do with a service, as plain data, and what they are answered.

A step is a name with two numbers that choose what it is done to, and how.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from taskrouter_sync.emulator.api.dispatch import Api
from taskrouter_sync.emulator.api.rendering import Renderer
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.clock import ManualClock, Sids
from taskrouter_sync.emulator.engine import Engine


Step = tuple[str, int, int]
Told = tuple[int, object]

ACCOUNT = "AC" + "0" * 32
CALL = "CA" + "9" * 32
SKILLS = ("a", "b", "c")
EXPRESSIONS = ("1==1", 'skills HAS "a"', 'skills HAS "b" AND level > 1', "")
# Of targets: what holds as workers' loads, activities and channels change.
EMPTY_HANDED = "worker.channel.default.assigned_tasks == 0"
OFTEN_CHANGED = (
    "worker.channel.fax.configured_capacity == 1 OR worker.activity_name == 'Ready'"
    " OR worker.channel.default.available_capacity_percentage < 60"
)
LOOKS = (
    "Tasks",
    "Workers",
    "Activities",
    "TaskQueues",
    "Workflows",
    "TaskChannels",
    "Events",
    "Statistics",
    "Workers/Statistics",
    "Workflows/Statistics",
    "TaskQueues/Statistics",
)


class Story:
    """A service, and the steps that it is taken through."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.sids = Sids(seed)
        self.engine = Engine(ACCOUNT, clock=self.clock.now, new_sid=self.sids)
        self.api = Api(self.engine, Renderer(self.engine, "http://there/v1"))

    def tell(self, steps: Sequence[Step]) -> list[Told]:
        """Take the steps; give status and body of each answer."""
        return [self.take(*step) for step in steps]

    def take(self, name: str, n: int, m: int) -> Told:
        """Take one step."""
        return STEPS[name](self, n, m)

    def ask(self, method: str, path: str, **params: object) -> Told:
        """Ask the REST API for something in a workspace."""
        answer = self.api.perform(
            method, f"/v1/Workspaces{path}", Parameters.from_json(params)
        )
        return answer.status, answer.body

    def pick(self, container: str, n: int) -> str:
        """Choose a thing of the first workspace: its path."""
        for workspace in self.engine.workspaces.values():
            sids = list(getattr(workspace, container))
            if sids:
                kind = "".join(part.capitalize() for part in container.split("_"))
                return f"/{workspace.sid}/{kind}/{sids[n % len(sids)]}"
        return "/WS/Nothing/there"

    def sid(self, container: str, n: int) -> str:
        """Choose a thing of the first workspace: its sid."""
        return self.pick(container, n).rpartition("/")[2]

    def inside(self, path: str) -> str:
        """Give a path in the first workspace."""
        return f"/{next(iter(self.engine.workspaces), 'WS')}/{path}"

    def reservation(self, n: int) -> str:
        """Choose a reservation, most often one that is not over: its path."""
        all_of_them = [
            reservation
            for workspace in self.engine.workspaces.values()
            for task in workspace.tasks.values()
            for reservation in task.reservations.values()
        ]
        chosen = [each for each in all_of_them if each.live or n % 7 == 0]
        if not chosen:
            return "/WS/Tasks/WT/Reservations/WR"
        one = chosen[n % len(chosen)]
        return f"/{one.workspace_sid}/Tasks/{one.task_sid}/Reservations/{one.sid}"


def _attributes(n: int, m: int) -> str:
    return json.dumps(
        {
            "skills": SKILLS[: n % 4],
            "level": m % 4,
            "kind": m % 3,
            "agent": f"w{m % 4}",
            "call_sid": CALL,
            "contact_uri": f"client:w{n}",
        }
    )


def _configuration(story: Story, n: int, m: int) -> str:
    first, second = story.sid("task_queues", n), story.sid("task_queues", m)
    targets = [
        {"queue": first, "timeout": 10, "priority": 5},
        {"queue": second, "timeout": 20, "skip_if": "workers.available == 0"},
        {"queue": first, "expression": "task.level >= worker.level", "timeout": 30},
        {"queue": second, "known_worker_friendly_name": "task.agent", "timeout": 40},
        {"queue": first, "expression": EMPTY_HANDED, "timeout": 20},
        {"queue": first, "expression": OFTEN_CHANGED, "timeout": 50},
        {"queue": second, "order_by": "worker.level DESC"},
    ]
    return json.dumps(
        {
            "task_routing": {
                "filters": [
                    {"expression": f"kind == {m % 3}", "targets": targets[n % 7 :]}
                ],
                "default_filter": {"queue": second},
            }
        }
    )


def _create_workspace(story: Story, n: int, m: int) -> Told:
    # Most of what follows is done in the first one.
    if len(story.engine.workspaces) > 1:
        return story.ask("GET", "")
    return story.ask(
        "POST", "", FriendlyName=f"Story {n}", Template="FIFO", MultiTaskEnabled=m % 4
    )


def _create_task(story: Story, n: int, m: int) -> Told:
    routed = ("", "", "", story.sid("workers", m), story.sid("task_queues", m))[n % 5]
    return story.ask(
        "POST",
        story.inside("Tasks"),
        Attributes=_attributes(n, m),
        WorkflowSid=story.sid("workflows", n),
        Priority=m % 3,
        Timeout=(5, 60, 86400)[m % 3],
        TaskChannel=("default", "default", "voice", "fax")[n % 4],
        **({"RoutingTarget": routed, "IgnoreCapacity": n % 2} if routed else {}),
    )


def _update_task(story: Story, n: int, m: int) -> Told:
    options: tuple[dict[str, object], ...] = (
        {"AssignmentStatus": "completed", "Reason": "done"},
        {"AssignmentStatus": "completed"},
        {"AssignmentStatus": "wrapping"},
        {"AssignmentStatus": "canceled"},
        {"Attributes": _attributes(n, m)},
        {"Priority": m},
        {"TaskChannel": "voice"},
        {"VirtualStartTime": f"2025-12-31T23:59:{n:02}Z"},
    )
    return story.ask("POST", story.pick("tasks", n), **options[m % len(options)])


def _create_worker(story: Story, n: int, m: int) -> Told:
    return story.ask(
        "POST",
        story.inside("Workers"),
        FriendlyName=f"w{n}",
        Attributes=_attributes(n, m),
        ActivitySid=story.sid("activities", 1 if m % 4 else m),
    )


def _update_worker(story: Story, n: int, m: int) -> Told:
    options: tuple[dict[str, object], ...] = (
        {"ActivitySid": story.sid("activities", 1)},
        {"ActivitySid": story.sid("activities", m)},
        {"Attributes": _attributes(m, n)},
        {"FriendlyName": f"renamed {m}"},
        {"ActivitySid": story.sid("activities", 0), "RejectPendingReservations": True},
    )
    return story.ask("POST", story.pick("workers", n), **options[m % len(options)])


def _update_channel(story: Story, n: int, m: int) -> Told:
    channel = ("default", "voice")[n % 2]
    return story.ask(
        "POST",
        f"{story.pick('workers', n)}/Channels/{channel}",
        **({"Capacity": m % 4} if m % 5 else {"Available": m % 2 == 0}),
    )


def _update_reservation(story: Story, n: int, m: int) -> Told:
    options: tuple[dict[str, object], ...] = (
        {"ReservationStatus": "accepted"},
        {"ReservationStatus": "accepted"},
        {"ReservationStatus": "rejected"},
        {
            "ReservationStatus": "rejected",
            "WorkerActivitySid": story.sid("activities", 0),
        },
        {"ReservationStatus": "wrapping"},
        {"ReservationStatus": "completed"},
    )
    return story.ask("POST", story.reservation(n), **options[m % len(options)])


def _instruct(story: Story, n: int, m: int) -> Told:
    called = f"client:w{m % 4}"
    options: tuple[dict[str, object], ...] = (
        {"Instruction": "dequeue", "DequeueFrom": "+15550000"},
        {"Instruction": "conference", "To": called, "ConferenceRecord": "true"},
        {"Instruction": "call", "CallFrom": "+1555", "CallUrl": "http://there/"},
        {
            "Instruction": "redirect",
            "RedirectCallSid": CALL,
            "RedirectUrl": "http://there/",
            "RedirectAccept": True,
        },
        {"Instruction": "supervise", "Supervisor": called, "SupervisorMode": "barge"},
    )
    return story.ask("POST", story.reservation(n), **options[m % len(options)])


def _set_telephony(story: Story, n: int, m: int) -> Told:
    telephony = story.engine.telephony.settings
    telephony.answer_after = (0, 1, 20)[n % 3]
    telephony.call_length = (None, 0, 30)[m % 3]
    telephony.outcome(f"client:w{n % 4}", ("answered", "busy", "no-answer")[m % 3])
    return 200, telephony.as_dict()


def _hang_up(story: Story, n: int, m: int) -> Told:
    calls = story.engine.telephony.calls
    if calls:
        story.engine.telephony.hang_up(calls[n % len(calls)].sid)
    return 200, [(call.sid, call.states) for call in story.engine.telephony.calls]


def _create_queue(story: Story, n: int, m: int) -> Told:
    return story.ask(
        "POST",
        story.inside("TaskQueues"),
        FriendlyName=f"q{n}",
        TargetWorkers=EXPRESSIONS[m % 4],
        MaxReservedWorkers=1 + n % 3,
        TaskOrder=("FIFO", "LIFO")[m % 2],
    )


def _update_queue(story: Story, n: int, m: int) -> Told:
    options: tuple[dict[str, object], ...] = (
        {"TargetWorkers": EXPRESSIONS[n % 4]},
        {"TaskOrder": ("FIFO", "LIFO")[n % 2]},
        {"FriendlyName": f"renamed {n}"},
        {"MaxReservedWorkers": 1 + n % 3},
    )
    return story.ask("POST", story.pick("task_queues", n), **options[m % 4])


def _create_workflow(story: Story, n: int, m: int) -> Told:
    return story.ask(
        "POST",
        story.inside("Workflows"),
        FriendlyName=f"f{n}",
        Configuration=_configuration(story, n, m),
        TaskReservationTimeout=15,
    )


def _update_workflow(story: Story, n: int, m: int) -> Told:
    return story.ask(
        "POST",
        story.pick("workflows", n),
        Configuration=_configuration(story, m, n),
        ReEvaluateTasks=m % 2 == 0,
        FriendlyName=f"f{m}",
    )


def _change_activities(story: Story, n: int, m: int) -> Told:
    if m % 2:
        name = ("Reserved", "Busy", f"a{n}")[n % 3]
        path = story.inside("Activities")
        return story.ask("POST", path, FriendlyName=name, Available=n % 2)
    name = ("Ready", f"renamed {m}")[m // 2 % 2]
    return story.ask("POST", story.pick("activities", n), FriendlyName=name)


def _change_channels(story: Story, n: int, m: int) -> Told:
    if m % 3:
        return story.ask(
            "POST",
            story.inside("TaskChannels"),
            FriendlyName="Fax",
            UniqueName=("fax", f"c{n}")[n % 2],
        )
    return story.ask(
        "POST", story.pick("task_channels", n), ChannelOptimizedRouting=m % 2 == 0
    )


def _update_workspace(story: Story, n: int, m: int) -> Told:
    options: tuple[dict[str, object], ...] = (
        {"MultiTaskEnabled": n % 2 == 0},
        {"PrioritizeQueueOrder": ("FIFO", "LIFO")[n % 2]},
        {"TimeoutActivitySid": story.sid("activities", n)},
        {"FriendlyName": f"renamed {n}"},
    )
    return story.ask("POST", story.inside(""), **options[m % 4])


def _delete(story: Story, n: int, m: int) -> Told:
    kinds = (
        "tasks",
        "tasks",
        "workers",
        "activities",
        "task_queues",
        "workflows",
        "task_channels",
    )
    if (n + m) % 29 == 0:
        return story.ask("DELETE", story.inside(""))
    return story.ask("DELETE", story.pick(kinds[m % len(kinds)], n))


def _advance(story: Story, n: int, m: int) -> Told:
    story.clock.put(story.clock.now() + (0.5, 1, 7, 30, 400, 90_000)[n % 6])
    story.engine.run_due()
    return 200, story.engine.now


def _look(story: Story, n: int, m: int) -> Told:
    if m % 3 == 0:
        return story.ask("GET", f"{story.pick('workers', n)}/Reservations")
    return story.ask("GET", story.inside(LOOKS[n % len(LOOKS)]), PageSize=1000)


STEPS: Mapping[str, Callable[[Story, int, int], Told]] = {
    "create workspace": _create_workspace,
    "create task": _create_task,
    "update task": _update_task,
    "create worker": _create_worker,
    "update worker": _update_worker,
    "update channel": _update_channel,
    "update reservation": _update_reservation,
    "instruct": _instruct,
    "set telephony": _set_telephony,
    "hang up": _hang_up,
    "create queue": _create_queue,
    "update queue": _update_queue,
    "create workflow": _create_workflow,
    "update workflow": _update_workflow,
    "change activities": _change_activities,
    "change channels": _change_channels,
    "update workspace": _update_workspace,
    "delete": _delete,
    "advance": _advance,
    "look": _look,
}
# What happens all day long comes more often.
_OFTEN = (
    *("create task", "create task", "update reservation", "update reservation"),
    *("create worker", "advance", "delete", "look"),
)

# So that there is something to do things to.
BEGINNING: tuple[Step, ...] = (
    ("create workspace", 1, 1),
    ("create queue", 1, 1),
    ("create queue", 2, 2),
    ("create worker", 1, 1),
    ("create worker", 3, 3),
    ("create workflow", 1, 2),
    ("create task", 0, 1),
)


def steps(most: int, least: int = 0) -> st.SearchStrategy[list[Step]]:
    """Make up to so many steps."""
    step: st.SearchStrategy[Any] = st.tuples(
        st.sampled_from([*STEPS, *_OFTEN]), st.integers(0, 59), st.integers(0, 59)
    )
    return st.lists(step, min_size=least, max_size=most)
