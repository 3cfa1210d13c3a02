"""REST: workspaces, activities, task channels."""

from __future__ import annotations

from taskrouter_sync.emulator.api.answers import Answer, deleted
from taskrouter_sync.emulator.api.call import Call, given
from taskrouter_sync.emulator.api.filters import equals


def list_workspaces(call: Call) -> Answer:
    """List workspaces."""
    return call.listed(
        "workspaces",
        call.engine.workspaces.values(),
        call.render.workspace,
        equals(call.params.text("FriendlyName"), lambda item: item.friendly_name),
    )


def create_workspace(call: Call) -> Answer:
    """Create a workspace."""
    params = call.params
    workspace = call.engine.create_workspace(
        params.required("FriendlyName"),
        **given(
            event_callback_url=params.text("EventCallbackUrl"),
            events_filter=params.text("EventsFilter"),
            multi_task_enabled=params.boolean("MultiTaskEnabled"),
            template=params.text("Template"),
            prioritize_queue_order=params.text("PrioritizeQueueOrder"),
        ),
    )
    return call.created(call.render.workspace(workspace))


def fetch_workspace(call: Call) -> Answer:
    """Show a workspace."""
    return call.found(call.render.workspace(call.workspace))


def update_workspace(call: Call) -> Answer:
    """Change a workspace."""
    params = call.params
    workspace = call.engine.update_workspace(
        call.workspace,
        **given(
            friendly_name=params.text("FriendlyName"),
            event_callback_url=params.text("EventCallbackUrl"),
            events_filter=params.text("EventsFilter"),
            multi_task_enabled=params.boolean("MultiTaskEnabled"),
            prioritize_queue_order=params.text("PrioritizeQueueOrder"),
            default_activity_sid=params.text("DefaultActivitySid"),
            timeout_activity_sid=params.text("TimeoutActivitySid"),
        ),
    )
    return call.found(call.render.workspace(workspace))


def delete_workspace(call: Call) -> Answer:
    """Delete a workspace with all that is in it."""
    call.engine.delete_workspace(call.workspace)
    return deleted()


def list_activities(call: Call) -> Answer:
    """List activities."""
    params = call.params
    return call.listed(
        "activities",
        call.workspace.activities.values(),
        call.render.activity,
        equals(params.text("FriendlyName"), lambda item: item.friendly_name),
        equals(params.boolean("Available"), lambda item: item.available),
    )


def create_activity(call: Call) -> Answer:
    """Create an activity."""
    activity = call.engine.create_activity(
        call.workspace,
        call.params.required("FriendlyName"),
        **given(available=call.params.boolean("Available")),
    )
    return call.created(call.render.activity(activity))


def fetch_activity(call: Call) -> Answer:
    """Show an activity."""
    activity = call.engine.activity(call.workspace, call.sid)
    return call.found(call.render.activity(activity))


def update_activity(call: Call) -> Answer:
    """Rename an activity; Available is fixed for life, and ignored."""
    activity = call.engine.update_activity(
        call.engine.activity(call.workspace, call.sid),
        **given(friendly_name=call.params.text("FriendlyName")),
    )
    return call.found(call.render.activity(activity))


def delete_activity(call: Call) -> Answer:
    """Delete an activity."""
    call.engine.delete_activity(call.engine.activity(call.workspace, call.sid))
    return deleted()


def list_task_channels(call: Call) -> Answer:
    """List task channels."""
    channels = call.workspace.task_channels.values()
    return call.listed("channels", channels, call.render.task_channel)


def create_task_channel(call: Call) -> Answer:
    """Create a task channel."""
    params = call.params
    channel = call.engine.create_task_channel(
        call.workspace,
        params.required("FriendlyName"),
        params.required("UniqueName"),
        **given(channel_optimized_routing=params.boolean("ChannelOptimizedRouting")),
    )
    return call.created(call.render.task_channel(channel))


def fetch_task_channel(call: Call) -> Answer:
    """Show a task channel, by TC sid or unique name."""
    channel = call.engine.task_channel(call.workspace, call.sid)
    return call.found(call.render.task_channel(channel))


def update_task_channel(call: Call) -> Answer:
    """Change a task channel."""
    params = call.params
    channel = call.engine.update_task_channel(
        call.engine.task_channel(call.workspace, call.sid),
        **given(
            friendly_name=params.text("FriendlyName"),
            channel_optimized_routing=params.boolean("ChannelOptimizedRouting"),
        ),
    )
    return call.found(call.render.task_channel(channel))


def delete_task_channel(call: Call) -> Answer:
    """Delete a task channel."""
    call.engine.delete_task_channel(call.engine.task_channel(call.workspace, call.sid))
    return deleted()
