"""One REST request on its way through a handler.

Owns: what every handler needs: look-ups by the sids in the path, the version check,
and the forms of an answer. Imports the engine, pages and rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from taskrouter_sync.emulator.api import errors
from taskrouter_sync.emulator.api.answers import Answer
from taskrouter_sync.emulator.api.pages import Listing, page
from taskrouter_sync.emulator.api.parameters import Parameters
from taskrouter_sync.emulator.api.render import Json, Renderer
from taskrouter_sync.emulator.engine import Engine
from taskrouter_sync.emulator.engine.entities import Versioned
from taskrouter_sync.emulator.engine.model import Task, Worker, Workspace


class _HasSid(Protocol):
    @property
    def sid(self) -> str: ...


Item = TypeVar("Item", bound=_HasSid)


@dataclass(frozen=True)
class Call:
    """A request that matched a route.

    Args:
        engine: the service.
        render: makes its JSON.
        path: the path below /v1.
        sids: what stands in the path's places, by name.
        params: query (GET, DELETE) or form (POST).
        if_match: the If-Match header.
    """

    engine: Engine
    render: Renderer
    path: str
    sids: Mapping[str, str]
    params: Parameters
    if_match: str | None = None

    @property
    def sid(self) -> str:
        """The sid of the resource itself."""
        return self.sids["sid"]

    @property
    def workspace(self) -> Workspace:
        """The workspace in the path."""
        return self.engine.workspace(self.sids["workspace"])

    @property
    def worker(self) -> Worker:
        """The worker in the path."""
        return self.engine.worker(self.workspace, self.sids["worker"])

    @property
    def task(self) -> Task:
        """The task in the path."""
        return self.engine.task(self.workspace, self.sids["task"])

    def check_version(self, entity: Versioned) -> None:
        """Refuse if the request is for another version than the present one."""
        header = self.if_match or "*"
        wanted = {
            tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")
        }
        if wanted.isdisjoint(("*", str(entity.version))):
            raise errors.version_mismatch(entity.version)

    def found(self, body: Json, versioned: Versioned | None = None) -> Answer:
        """Answer with a resource."""
        return Answer(200, body, _etag(versioned))

    def created(self, body: Json, versioned: Versioned | None = None) -> Answer:
        """Answer with a new resource."""
        return Answer(201, body, _etag(versioned))

    def listed(
        self,
        key: str,
        items: Iterable[Item],
        render: Callable[[Item], Json],
        *tests: Callable[[Item], bool],
    ) -> Answer:
        """Answer with a page of those items that pass all tests."""
        listing = Listing(
            key=key,
            items=list(items),
            keep=lambda item: all(test(item) for test in tests),
            sid=lambda item: item.sid,
            render=render,
        )
        url = self.render.base + self.path
        return Answer(200, page(listing, self.params, url))


def given(**values: Any) -> dict[str, Any]:
    """Keep the arguments that the request supplied."""
    return {name: value for name, value in values.items() if value is not None}


def _etag(versioned: Versioned | None) -> dict[str, str]:
    return {} if versioned is None else {"ETag": f'"{versioned.version}"'}
