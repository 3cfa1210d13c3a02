"""What a Worker still has for old pages, with a warning."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, overload

from ..arguments import Parameter, Signature, takes
from ..emitter import ResultCallback
from ..resources.base import deliver
from ..resources.lists import ActivityList
from ..resources.models import WorkerResource
from .base import Client


_UPDATE_ACTIVITY = Signature(
    "worker.updateActivity",
    (Parameter("activitySid", "activity_sid", "ActivitySid", True, (str,)),),
    callback_at=1,
)


class Deprecated(Client[WorkerResource]):
    """A client with ``fetchActivityList`` and ``updateActivity``."""

    @property
    @abstractmethod
    def activities(self) -> ActivityList:
        """The workspace's activities."""

    @overload
    def fetch_activity_list(self, callback: ResultCallback[ActivityList]) -> None: ...
    @overload
    def fetch_activity_list(self, callback: None = None) -> ActivityList: ...
    @takes("params", "callback", "*", "sid", more="filters")
    def fetch_activity_list(self, *args: Any, **keywords: Any) -> Any:
        """Get the activities: ``fetchActivityList(cb)``.

        Deprecated: use ``activities.fetch``.

        Source: TaskRouter.js v1, ``worker.fetchActivityList``.
        """
        warnings.warn(
            "fetchActivityList is deprecated: use activities.fetch",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.activities.fetch(*args, **keywords)

    @overload
    def update_activity(
        self, activity_sid: str, callback: ResultCallback[WorkerResource]
    ) -> None: ...
    @overload
    def update_activity(
        self, activity_sid: str, callback: None = None
    ) -> WorkerResource: ...
    @_UPDATE_ACTIVITY.shown
    def update_activity(self, *args: Any, **keywords: Any) -> Any:
        """Change the activity: ``updateActivity(sid, cb)``. Deprecated: use `update`.

        Source: TaskRouter.js v1, ``worker.updateActivity``.
        """
        warnings.warn(
            'updateActivity is deprecated: use update("ActivitySid", sid, callback)',
            DeprecationWarning,
            stacklevel=2,
        )
        values, callback = _UPDATE_ACTIVITY.read(args, keywords)
        return deliver(lambda: self._update(_UPDATE_ACTIVITY.wire(values)), callback)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        fetchActivityList = fetch_activity_list
        updateActivity = update_activity
