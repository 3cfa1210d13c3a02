"""Every documented line of TaskRouter.js v1, and the tests that hold for it.

A line is named as the documentation has it; a test by its module and name, with a dot
before the module of another directory of tests. `test_lines` keeps the table whole.
"""

from __future__ import annotations


LINES: dict[str, str] = {
    # Constructors.
    "Twilio.TaskRouter": "constructors.the_namespace",
    "Worker(token, debug, connectActivitySid, disconnectActivitySid, "
    "closeExistingSessions, region, maxRetries, apiBaseUrl, eventBridgeBaseUrl)": (
        "constructors.the_order_of_the_arguments constructors.a_worker_by_position "
        "constructors.by_name"
    ),
    "TaskQueue(token, debug, region, maxRetries, apiBaseUrl, eventBridgeBaseUrl)": (
        "constructors.the_order_of_the_arguments constructors.the_others_by_position"
    ),
    "Workspace(token, debug, region, maxRetries, apiBaseUrl, eventBridgeBaseUrl)": (
        "constructors.the_order_of_the_arguments constructors.the_others_by_position"
    ),
    "a constructor returns at once": "constructors.it_returns_at_once",
    "debug": (
        "constructors.debug .test_logs.debug_is_on_unless_it_is_false "
        ".test_logs.debug_is_off_for_false"
    ),
    "connectActivitySid": ".clients.test_worker_opening.connect_activity_is_applied",
    "disconnectActivitySid": (
        ".clients.test_worker_opening.disconnect_activity_is_applied_at_close"
    ),
    "closeExistingSessions": (
        ".clients.test_worker_opening.close_existing_sessions_is_on_for_true_only "
        ".clients.test_worker_opening.close_existing_sessions_ends_the_other_connection"
    ),
    "region": "constructors.a_worker_by_position",
    "maxRetries": "constructors.max_retries",
    "TASKROUTER_EVENT_BRIDGE_URL, TASKROUTER_API_URL": "constructors.the_environment",
    "a token that can't be used": "constructors.a_token_that_can_t_be_used",
    "a token of the wrong kind": "constructors.a_token_of_the_wrong_kind",
    # What holds for every call.
    "cb(error, result), once, before the method returns": (
        "callbacks.a_callback_may_take_fewer_arguments "
        "callbacks.an_error_comes_to_it_too callbacks.a_callback_may_be_a_keyword"
    ),
    "what a result callback raises": "callbacks.what_it_raises_reaches_the_caller",
    "a call without a callback": (
        "callbacks.a_call_without_one_that_fails_raises "
        "callbacks.a_call_that_fails_in_an_event_callback_ends_that"
    ),
    "calls inside of event callbacks": (
        "callbacks.actions_in_an_event_callback reservation.accept_in_an_event_callback"
    ),
    # Worker.
    "worker.update(name, value, cb)": (
        "worker.update_of_one_property worker.update_of_the_attributes_alone "
        "worker.update_shows_on_the_client_before_its_callback_runs"
    ),
    "worker.update(dict, cb)": (
        "worker.update_of_several_properties worker.update_in_python"
    ),
    "worker.fetch(cb)": "worker.fetch_refreshes_the_client",
    "worker.delete(cb)": "worker.delete",
    "worker.updateToken(token)": (
        "worker.update_token worker.update_token_refuses_another_worker_s"
    ),
    "worker.activities.fetch(cb)": (
        "worker.activities_fetch worker.activities_fetch_in_python"
    ),
    "worker.activities.fetch(params, cb)": "worker.activities_fetch_with_parameters",
    "worker.activities.fetch(sid, cb)": "worker.activities_fetch_of_one",
    "worker.fetchReservations(cb)": (
        "worker_tasks.fetch_reservations worker_tasks.fetch_reservations_in_python"
    ),
    "worker.fetchReservations(cb, params)": (
        "worker_tasks.fetch_reservations_with_parameters"
    ),
    "worker.fetchChannels(cb)": (
        "worker.fetch_channels worker.a_channel_is_changed_by_its_update"
    ),
    "worker.updateTask(taskSid, params, cb)": (
        "worker_tasks.update_task worker_tasks.update_task_of_a_number "
        "worker_tasks.update_task_in_python"
    ),
    "worker.completeTask(taskSid, cb)": (
        "worker_tasks.complete_task worker_tasks.complete_task_of_what_is_not_assigned"
    ),
    "worker.completeTask(taskSid, cb, reason)": (
        "worker_tasks.complete_task_with_a_reason worker_tasks.complete_task_in_python"
    ),
    "worker.setSkipFetchReservation(bool)": "events.set_skip_fetch_reservation",
    "worker.fetchActivityList(cb)": "worker.fetch_activity_list_is_deprecated",
    "worker.updateActivity(sid, cb)": "worker.update_activity_is_deprecated",
    "worker.statistics.fetch(cb)": "worker.statistics_fetch",
    "worker.statistics.fetch(params, cb)": "worker.statistics_fetch_with_parameters",
    # TaskQueue.
    "taskQueue.update(name, value, cb)": (
        "taskqueue.update_of_one_property "
        "taskqueue.update_shows_on_the_client_before_its_callback_runs"
    ),
    "taskQueue.update(dict, cb)": (
        "taskqueue.update_of_several_properties taskqueue.update_in_python"
    ),
    "taskQueue.fetch(cb)": "taskqueue.fetch_refreshes_the_client",
    "taskQueue.delete(cb)": "taskqueue.delete",
    "taskQueue.updateToken(token)": (
        "taskqueue.update_token taskqueue.update_token_refuses_another_queue_s"
    ),
    "taskQueue.statistics.fetch(cb)": "statistics.fetch",
    "taskQueue.cumulativeStats.fetch(params, cb)": "statistics.fetch_with_parameters",
    "taskQueue.realtimeStats.fetch(cb)": "statistics.fetch",
    # Workspace.
    "workspace.update(name, value, cb)": "workspace.update_of_one_property",
    "workspace.update(dict, cb)": (
        "workspace.update_of_several_properties workspace.update_in_python"
    ),
    "workspace.fetch(cb)": "workspace.fetch_refreshes_the_client",
    "workspace.delete(cb)": "workspace.delete",
    "workspace.updateToken(token)": "workspace.update_token",
    "workspace.statistics.fetch(cb)": "statistics.fetch",
    "workspace.cumulativeStats.fetch(params, cb)": "statistics.fetch_with_parameters",
    "workspace.realtimeStats.fetch(cb)": "statistics.fetch",
    "workspace.timeoutActivity.fetch(cb)": "workspace.neighbors_are_fetched",
    "workspace.activities, workflows, taskqueues, workers, tasks": (
        "workspace_lists.fetch"
    ),
    # Each of these lists.
    "list.fetch(cb)": "workspace_lists.fetch workspace_lists.the_list_in_python",
    "list.fetch(params, cb)": "workspace_lists.fetch_with_parameters",
    "list.fetch(sid, cb)": (
        "workspace_lists.fetch_of_one workspace_lists.fetch_of_one_that_there_is_not"
    ),
    "list.create(params, cb)": (
        "workspace_lists.create workspace_lists.create_leaves_the_caller_s_dict "
        "workspace_lists.create_that_is_refused"
    ),
    "list.update(sid, name, value, cb)": "workspace_lists.update_of_one_property",
    "list.update(sid, dict, cb)": "workspace_lists.update_of_several_properties",
    "list.delete(sid, cb)": (
        "workspace_lists.delete workspace_lists.delete_of_what_there_is_not"
    ),
    "list.data, list.page, list.pageSize": (
        "paging.a_page paging.a_page_is_iterated "
        "paging.a_page_is_a_list_of_the_same_things"
    ),
    "list.hasNext, list.hasPrevious": "paging.a_page",
    "list.next(cb)": "paging.next paging.where_there_is_no_page",
    "list.previous(cb)": "paging.previous paging.where_there_is_no_page",
    "list.all(cb)": "paging.all",
    "list.iterAll()": "paging.iter_all",
    "list.updateToken(token)": "worker.update_token",
    # Statistics; the lists `workers` and `taskqueues` have them too, and workflows.
    "statistics.fetch(cb)": "statistics.fetch statistics.fetch_in_python",
    "statistics.fetch(params, cb)": (
        "statistics.fetch_with_parameters statistics.fetch_that_is_refused "
        "statistics.fetch_takes_no_text"
    ),
    "statistics.updateToken(token)": "taskqueue.update_token",
    "JSON.stringify(statistics)": "statistics.statistics_are_json",
    # Every entity.
    "entity.fetch(cb)": "entities.fetch_of_an_entity reservation.fetch task.fetch",
    "entity.update(name, value, cb)": (
        "entities.update_of_an_entity task.update_of_one_property reservation.update"
    ),
    "entity.update(dict, cb)": (
        "entities.update_of_an_entity task.update_of_several_properties "
        "task.update_in_python"
    ),
    'activity.update("WAxxx", name, value, cb)': (
        "entities.update_of_an_entity "
        "entities.update_of_an_entity_refuses_another_s_sid"
    ),
    "entity.delete(cb)": (
        "entities.delete_of_an_entity task.delete task.delete_without_a_callback"
    ),
    "entity.updateToken(token)": "worker.update_token_of_an_entity_is_the_client_s",
    "for (var property in reservation)": "reservation.every_property_by_a_loop",
    "task.workflow.fetch(cb)": "task.neighbors_are_fetched",
    # Reservation and task.
    "reservation.accept(cb)": (
        "reservation.accept reservation.the_reservation_itself_stays_as_it_was "
        "reservation.accept_in_python"
    ),
    "worker.reservations": "reservation.the_client_shows_the_newest",
    "reservation.reject(activitySid, cb)": (
        "reservation.reject_with_an_activity reservation.reject_without_an_activity "
        "reservation.reject_in_python"
    ),
    "reservation.reject(cb)": "reservation.reject_with_a_callback_alone",
    "reservation.dequeue(from, postWorkActivitySid, record, timeout, "
    "statusCallbackUrl, statusCallbackEvents, to, cb)": (
        "instructions.dequeue_with_all_arguments "
        "instructions.dequeue_with_nothing_in_the_middle "
        "instructions.dequeue_in_python "
        "instructions.dequeue_without_anybody_to_call_raises "
        "instructions.an_answered_dequeue_accepts_and_ends_in_its_activity"
    ),
    "reservation.dequeue(six strings, cb)": (
        "instructions.dequeue_as_documented "
        "instructions.dequeue_with_events_in_sixth_place"
    ),
    "reservation.call(from, url, statusCallbackUrl, accept, record, to, cb)": (
        "instructions.call_as_documented instructions.call_with_all_arguments "
        "instructions.call_with_its_callback_in_a_wrong_place "
        "instructions.call_in_python instructions.what_an_instruction_can_t_do_without"
    ),
    "reservation.redirect(callSid, url, accept, cb)": (
        "instructions.redirect_as_documented "
        "instructions.redirect_without_accepting instructions.redirect_in_python "
        "instructions.what_an_instruction_can_t_do_without"
    ),
    "reservation.conference(from, postWorkActivitySid, timeout, to, cb, options)": (
        "conference.conference_as_documented "
        "conference.conference_with_all_arguments "
        "conference.conference_without_anything "
        "conference.conference_s_options_override "
        "conference.conference_with_its_options_in_a_wrong_place "
        "conference.conference_events_stay_what_they_are "
        "conference.conference_in_python "
        "conference.an_answered_conference_accepts_and_ends_in_its_activity "
        "conference.conference_that_the_service_refuses"
    ),
    "task.complete(cb)": "task.complete",
    "task.complete(cb, reason)": "task.complete_with_a_reason task.complete_in_python",
    # Events.
    "client.on, once, addListener, off, removeListener, removeAllListeners, "
    "listeners, emit": "events.the_emitter_family",
    'client.on("connected")': "events.connected_and_ready",
    'client.on("ready")': "events.connected_and_ready",
    'client.on("disconnected")': (
        "events.disconnected events.disconnected_without_an_argument"
    ),
    'client.on("token.expired")': "events.token_expired",
    'client.on("error")': "events.error",
    'worker.on("activity.update")': "events.activity_update",
    'worker.on("attributes.update")': "events.attributes_update",
    'worker.on("capacity.update"), worker.on("channel.availability.update")': (
        "events.channel_updates"
    ),
    'worker.on("reservation.created") and the like': (
        "events.reservation_events events.reservation_events_by_their_frames"
    ),
    "an event type that nobody knows": (
        "events.an_unknown_event_comes_under_its_own_name"
    ),
}
