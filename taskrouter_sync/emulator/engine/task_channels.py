"""Verbs for task channels, and the worker channels that come with them."""

from __future__ import annotations

import re

from . import values, waiting
from .base import Verbs, find_task_channel
from .core import Core
from .errors import invalid
from .model import TaskChannel, Worker, WorkerChannel, Workspace
from .values import UNSET, Unset
from .workspaces import TASK_CHANNELS


UNIQUE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,63}")


def add_worker_channel(
    core: Core, worker: Worker, task_channel: TaskChannel
) -> WorkerChannel:
    """Give the worker a channel for this kind of tasks: capacity 1, available."""
    channel = WorkerChannel(
        sid=core.new_sid("WC"),
        workspace_sid=worker.workspace_sid,
        date_created=core.now,
        date_updated=core.now,
        worker_sid=worker.sid,
        task_channel_sid=task_channel.sid,
        task_channel_unique_name=task_channel.unique_name,
        idle_rank=worker.idle_rank,
    )
    worker.channels[channel.sid] = channel
    worker.channels_by_task_channel[task_channel.sid] = channel
    return channel


class TaskChannelVerbs(Verbs):
    """Create, update, delete task channels."""

    def create_task_channel(
        self,
        workspace: Workspace,
        friendly_name: str,
        unique_name: str,
        *,
        channel_optimized_routing: bool = False,
    ) -> TaskChannel:
        """Create a task channel; every worker gets a worker channel for it."""
        workspace = self._begin(workspace)
        values.name(friendly_name)
        if not UNIQUE_NAME.fullmatch(unique_name):
            raise invalid(
                "UniqueName must consist of letters, digits, _ and $,"
                " and must not start with a digit"
            )
        if find_task_channel(workspace, unique_name) is not None:
            raise invalid(f"TaskChannel with UniqueName {unique_name} already exists")
        core = self._core
        channel = TaskChannel(
            sid=core.new_sid("TC"),
            workspace_sid=workspace.sid,
            date_created=core.now,
            date_updated=core.now,
            friendly_name=friendly_name,
            unique_name=unique_name,
            channel_optimized_routing=channel_optimized_routing,
        )
        workspace.task_channels[channel.sid] = channel
        for worker in workspace.workers.values():
            add_worker_channel(core, worker, channel)
            waiting.show_idle(workspace, worker)
        self._tell_task_channel(workspace, channel, "created")
        return channel

    def update_task_channel(
        self,
        task_channel: TaskChannel,
        *,
        friendly_name: str | Unset = UNSET,
        channel_optimized_routing: bool | Unset = UNSET,
    ) -> TaskChannel:
        """Change what is given."""
        workspace = self._begin(task_channel)
        channel = self.task_channel(workspace, task_channel.sid)
        if friendly_name is not UNSET:
            channel.friendly_name = values.name(friendly_name)
        if channel_optimized_routing is not UNSET:
            channel.channel_optimized_routing = channel_optimized_routing
            # The idle are in another order now.
            for queue in workspace.task_queues.values():
                queue.idle.pop(channel.sid, None)
            for worker in workspace.workers.values():
                waiting.show_idle(workspace, worker)
        channel.touch(self._core.now)
        self._tell_task_channel(workspace, channel, "updated")
        return channel

    def delete_task_channel(self, task_channel: TaskChannel) -> None:
        """Delete a channel of one's own that no unfinished task uses (choice)."""
        workspace = self._begin(task_channel)
        channel = self.task_channel(workspace, task_channel.sid)
        if channel.unique_name in dict(TASK_CHANNELS):
            raise invalid(f"TaskChannel {channel.unique_name} cannot be deleted")
        for task in workspace.tasks.values():
            if task.task_channel_sid == channel.sid and not task.finished:
                raise invalid(f"TaskChannel {channel.sid} is used by Task {task.sid}")
        del workspace.task_channels[channel.sid]
        for worker in workspace.workers.values():
            gone = worker.channels_by_task_channel.pop(channel.sid)
            del worker.channels[gone.sid]
        for queue in workspace.task_queues.values():
            queue.idle.pop(channel.sid, None)
        self._tell_task_channel(workspace, channel, "deleted")

    def _tell_task_channel(
        self, workspace: Workspace, channel: TaskChannel, what: str
    ) -> None:
        self._core.emit(
            workspace,
            f"task-channel.{what}",
            "task-channel",
            channel.sid,
            f"TaskChannel {channel.friendly_name} {what}",
            task_channel=channel,
        )
