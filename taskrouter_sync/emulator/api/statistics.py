"""REST: statistics of workspaces, workers, task queues and workflows.

Owns: their paths, and the answers that hold the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from taskrouter_sync.emulator.api import figures
from taskrouter_sync.emulator.api.answers import Answer
from taskrouter_sync.emulator.api.call import Call
from taskrouter_sync.emulator.api.errors import invalid
from taskrouter_sync.emulator.api.filters import equals
from taskrouter_sync.emulator.api.render import Json


Handler = Callable[[Call], Answer]
Figures = Callable[[Call], Json]
Table = Mapping[str, Mapping[str, Handler]]

MAX_BULK = 50

_QUEUE_SID = re.compile(r"WQ[0-9a-fA-F]{32}")


def _heading(call: Call, sid_name: str | None) -> Json:
    own = {} if sid_name is None else {sid_name: call.sid}
    return {
        "account_sid": call.render.account_sid,
        "workspace_sid": call.workspace.sid,
        "url": call.render.base + call.path,
        **own,
    }


def _flat(of: Figures, sid_name: str | None = None) -> Handler:
    """Answer with figures of one kind."""
    return lambda call: call.found({**of(call), **_heading(call, sid_name)})


def _nested(sid_name: str | None = None, **kinds: Figures) -> Handler:
    """Answer with figures of several kinds, each below its name."""

    def handler(call: Call) -> Answer:
        parts = {name: of(call) for name, of in kinds.items()}
        return call.found({**_heading(call, sid_name), **parts})

    return handler


def _listed(of_queues: Callable[[Call], figures.OfQueue]) -> Handler:
    """Answer with a list of queues. Items have no url, as in the published example.

    Published is only the list with both kinds; TaskRouter.js v1 asks for lists of
    one kind too, which here have the figures flat in the items (choice).
    """

    def handler(call: Call) -> Answer:
        tell = of_queues(call)
        return call.listed(
            "task_queues_statistics",
            call.workspace.task_queues.values(),
            lambda queue: {
                "account_sid": call.render.account_sid,
                "workspace_sid": queue.workspace_sid,
                "task_queue_sid": queue.sid,
                **tell(queue),
            },
            equals(call.params.text("FriendlyName"), lambda item: item.friendly_name),
        )

    return handler


def _bulk(call: Call) -> Answer:
    """Tell the moment of up to 50 queues.

    The service answers no more than 5 of these a second; here there is no limit.
    """
    sids = call.params.get("QueueSids", ())
    if not 1 <= len(sids) <= MAX_BULK:
        raise invalid(f"QueueSids must be 1 to {MAX_BULK} TaskQueue sids")
    for sid in sids:
        if not _QUEUE_SID.fullmatch(sid):
            raise invalid(f"QueueSids: {sid} is not a TaskQueue sid")
    data = figures.queues_in_bulk(call, sids)
    body = {"task_queue_data": data, "task_queue_response_count": len(data)}
    return call.found({**_heading(call, None), **body})


def _three(
    realtime: Figures,
    cumulative: Figures,
    sid_name: str | None = None,
) -> Table:
    return {
        "/Statistics": {
            "GET": _nested(sid_name, realtime=realtime, cumulative=cumulative)
        },
        "/RealTimeStatistics": {"GET": _flat(realtime, sid_name)},
        "/CumulativeStatistics": {"GET": _flat(cumulative, sid_name)},
    }


_BELOW: Mapping[str, Table] = {
    "": _three(figures.workspace_realtime, figures.workspace_cumulative),
    "/Workers": {
        **_three(figures.workers_realtime, figures.workers_cumulative),
        "/Statistics": {
            "GET": _nested(
                realtime=figures.chosen_workers_realtime,
                cumulative=figures.chosen_workers_cumulative,
            )
        },
    },
    # One worker has no statistics of the moment.
    "/Workers/{sid}": {
        "/Statistics": {
            "GET": _nested("worker_sid", cumulative=figures.worker_cumulative)
        }
    },
    "/TaskQueues": {
        "/Statistics": {"GET": _listed(figures.queues_both)},
        "/RealTimeStatistics": {
            "GET": _listed(figures.queues_realtime),
            "POST": _bulk,
        },
        "/CumulativeStatistics": {"GET": _listed(figures.queues_cumulative)},
    },
    "/TaskQueues/{sid}": _three(
        figures.queue_realtime, figures.queue_cumulative, "task_queue_sid"
    ),
    "/Workflows/{sid}": _three(
        figures.workflow_realtime, figures.workflow_cumulative, "workflow_sid"
    ),
}
# The handlers by path below the workspace and method.
PATHS: Table = {
    above + path: methods
    for above, table in _BELOW.items()
    for path, methods in table.items()
}
