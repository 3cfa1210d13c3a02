"""A queue's statistics: of a span of time, of the moment, and both."""

import json
import sys

import local

from taskrouter_sync import Twilio


def main():
    failures = []
    with local.backend() as backend:
        for number in range(3):
            backend.create_task({"number": number})

        taskQueue = Twilio.TaskRouter.TaskQueue(backend.task_queue_token(), False)

        def show(error, statistics):
            if error:
                failures.append(error)
                print(error.code)
                print(error.message)
                return
            print(json.dumps(statistics))

        def show_cumulative(error, statistics):
            show(error, statistics)
            if not error:
                print("avg task acceptance time", statistics.avgTaskAcceptanceTime)
                print("tasks entered", statistics.tasksEntered)

        def show_realtime(error, statistics):
            show(error, statistics)
            if not error:
                print("longest waiting", statistics.longestTaskWaitingAge)
                print("available workers", statistics.totalAvailableWorkers)

        taskQueue.wait_until_ready(10)
        taskQueue.cumulativeStats.fetch({"Minutes": "240"}, show_cumulative)
        taskQueue.realtimeStats.fetch(show_realtime)
        taskQueue.statistics.fetch(show)
        taskQueue.update("MaxReservedWorkers", "20", lambda error, queue: None)
        print("max reserved workers", taskQueue.maxReservedWorkers)
        taskQueue.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
