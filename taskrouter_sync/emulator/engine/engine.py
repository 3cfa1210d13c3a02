"""The emulated service without I/O: one object with all verbs.

State, transitions and routing; time and sids are passed in. Deterministic and
total: an operation gives a result or raises ServiceError, whatever the state.
"""

from __future__ import annotations

from .activities import ActivityVerbs
from .keeping import KeepingVerbs
from .reservations import ReservationVerbs
from .task_channels import TaskChannelVerbs
from .task_queues import TaskQueueVerbs
from .tasks import TaskVerbs
from .telephony import TelephonyVerbs
from .workers import WorkerVerbs
from .workflows import WorkflowVerbs
from .workspaces import WorkspaceVerbs


class Engine(
    WorkspaceVerbs,
    ActivityVerbs,
    WorkerVerbs,
    TaskChannelVerbs,
    TaskQueueVerbs,
    WorkflowVerbs,
    TaskVerbs,
    ReservationVerbs,
    TelephonyVerbs,
    KeepingVerbs,
):
    """The service. One thread owns it: there are no locks.

    `Engine(account_sid, clock=..., new_sid=...)`; `workspaces`, `on_event`,
    `next_deadline`, `run_due` and the look-ups come from `Verbs`, the verbs from
    the class of their resource.
    """
