"""A workspace set up from nothing, walked, and torn down again."""

import sys

import local

from taskrouter_sync import TaskRouterError, Twilio


def main():
    with local.backend() as backend:
        workspace = Twilio.TaskRouter.Workspace(backend.workspace_token(), False)
        workspace.wait_until_ready(10)
        print("workspace " + workspace.friendlyName)
        try:
            tour(workspace)
        except TaskRouterError as error:
            print(error)
            return 1
        finally:
            workspace.close()
    return 0


def tour(workspace):
    # Without a callback a method returns its result, and raises its error.
    activity = workspace.activities.create(
        {"FriendlyName": "Lunch", "Available": "false"}
    )
    queue = workspace.taskqueues.create(
        {"FriendlyName": "English", "TargetWorkers": 'languages HAS "en"'}
    )
    workflow = workspace.workflows.create(
        {
            "FriendlyName": "Sales, Marketing, Support Workflow",
            "Configuration": {
                "task_routing": {"default_filter": {"task_queue_sid": queue.sid}}
            },
        }
    )
    for name in ("Ann", "Bob", "Cid"):
        workspace.workers.create(
            {"FriendlyName": name, "Attributes": {"languages": ["en", "es"]}}
        )

    def on_list(error, workers):
        if error:
            print(error.code, error.message)
            return
        for worker in workers.data:
            print(worker.friendlyName, worker.activityName, worker.attributes)
        if workers.hasNext:
            workers.next(on_list)

    # Page by page, as ported code does; `for worker in list.iter_all()` does the same.
    workspace.workers.fetch({"PageSize": "2"}, on_list)

    def on_update(error, activity):
        print(error.message if error else "updated " + activity.friendlyName)

    workspace.activities.update(activity.sid, "FriendlyName", "Long lunch", on_update)

    task = workspace.tasks.create(
        {"WorkflowSid": workflow.sid, "Attributes": {"language": "en"}}
    )
    print("task", task.sid, task.assignmentStatus)
    task.fetch(lambda error, task: print("queue", task.taskQueueFriendlyName))
    task.delete(lambda error, result: print("task deleted"))

    for worker in workspace.workers.fetch().iter_all():
        if worker.friendlyName in ("Ann", "Bob", "Cid"):
            worker.delete()
    workspace.workflows.delete(workflow.sid)
    workspace.taskqueues.delete(queue.sid)
    workspace.activities.delete(activity.sid, lambda error: print("torn down"))


if __name__ == "__main__":
    sys.exit(main())
