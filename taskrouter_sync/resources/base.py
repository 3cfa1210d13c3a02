"""What all resources have: properties, neighbors, fetch, update and delete."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from .. import notebook
from ..callbacks import Callback, ResultCallback, call
from ..errors import TaskRouterError
from ..forms import read_update
from ..naming import BothSpellings, camel_case
from ..parameters import Params, Value
from ..properties import is_older
from ..signatures import Signature
from .view import PayloadView


if TYPE_CHECKING:
    from ..session import Session

T = TypeVar("T")
# What a resource's requests bring: its own kind, or the resource that a client is.
R = TypeVar("R")


def deliver(request: Callable[[], T], callback: Callback | None) -> T | None:
    """Run a request; its outcome goes to the callback, or back to the caller.

    What the callback itself raises reaches the caller, and is never its second call.

    Raises:
        TaskRouterError: it failed and there is no callback.
    """
    try:
        result = request()
    except TaskRouterError as error:
        if callback is None:
            raise
        failure = error
    else:
        if callback is None:
            return result
        call(callback, None, result)
        return None
    call(callback, failure, None)
    return None


@cache
def _documented(kind: type) -> frozenset[str]:
    """List the properties that a class annotates: None where a payload lacks them."""
    return frozenset(
        name
        for base in kind.__mro__
        for name in inspect.get_annotations(base)
        if not name.startswith("_")
    )


class Resource(BothSpellings, Mapping[str, Any], Generic[R]):
    """One thing of the service, with the properties that its payload had.

    A property is read as an attribute or by index, in camelCase as TaskRouter.js has it
    or in snake_case: ``task.assignmentStatus``, ``task["assignment_status"]``. What the
    service documents and a payload left out is None as an attribute. A resource of an
    unknown kind is a plain `Resource`.
    """

    # What `repr` shows besides the sid and the name.
    _SHOWN: ClassVar[str] = ""

    def __init__(self, session: Session, payload: Mapping[str, Any], url: str) -> None:
        """Make it of a payload; for the factory.

        Args:
            session: what it shares with the client that it came from.
            payload: the service's JSON.
            url: where its requests go.
        """
        self._session = session
        self._url = url
        # Replaced as a whole, never changed: may be read by any thread at any time.
        self._view = PayloadView(payload)
        self._neighbors: dict[str, Resource[Any]] = {}

    @property
    def payload(self) -> Mapping[str, Any]:
        """The service's JSON as it came, ``url`` and ``links`` included."""
        return self._view.payload

    @overload
    def fetch(self, callback: ResultCallback[R]) -> None: ...
    @overload
    def fetch(self, callback: None = None) -> R: ...
    def fetch(self, *args: Any, **keywords: Any) -> Any:
        """Get it anew from the service: ``fetch(cb)``.

        Args:
            callback: gets ``(error, resource)``, on this thread, before this returns.

        Returns:
            The resource, if there is no callback.

        Raises:
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, every resource.
        """
        _, callback = Signature(f"{self._kind()}.fetch").read(args, keywords)
        return deliver(self._fetch, callback)

    @overload
    def update(
        self, name: str, value: Value, callback: ResultCallback[R], /
    ) -> None: ...
    @overload
    def update(self, params: Params, callback: ResultCallback[R], /) -> None: ...
    @overload
    def update(
        self, sid: str, name: str, value: Value, callback: ResultCallback[R], /
    ) -> None: ...
    @overload
    def update(self, *, callback: ResultCallback[R], **params: Value) -> None: ...
    @overload
    def update(self, name: str, value: Value, callback: None = None, /) -> R: ...
    @overload
    def update(self, params: Params, callback: None = None, /) -> R: ...
    @overload
    def update(self, **params: Value | None) -> R: ...
    def update(self, *args: Any, **keywords: Any) -> Any:
        """Change it: ``update(name, value, cb)`` or ``update({name: value, …}, cb)``.

        The object shows the new properties before the callback runs. In Python code the
        parameters may be keywords: ``update(friendly_name="Ann")``.

        Args:
            name, value: a parameter of the REST API, such as ``"FriendlyName"``.
                A value that is a dict or list is sent as JSON text.
            callback: gets ``(error, resource)``, on this thread, before this returns.

        Returns:
            The updated resource, if there is no callback.

        Raises:
            ArgumentError: the arguments are none of these.
            ValueError: a sid came first, and it is another resource's.
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, every resource.
        """
        update = read_update(f"{self._kind()}.update", args, keywords)
        if update.sid is not None and update.sid != self._view.payload.get("sid"):
            raise ValueError(
                f"{self._kind()}.update: {update.sid!r} is not the sid of this "
                f"{self._kind()}, {self._view.payload.get('sid')!r}"
            )
        return deliver(lambda: self._update(update.params), update.callback)

    @overload
    def delete(self, callback: ResultCallback[None]) -> None: ...
    @overload
    def delete(self, callback: None = None) -> None: ...
    def delete(self, *args: Any, **keywords: Any) -> Any:
        """Delete it: ``delete(cb)``.

        Args:
            callback: gets ``(error)``, on this thread, before this returns.

        Raises:
            TaskRouterError: it failed, and there is no callback.

        Source: TaskRouter.js v1, every resource.
        """
        _, callback = Signature(f"{self._kind()}.delete").read(args, keywords)
        return deliver(lambda: self._session.delete(self._url), callback)

    def update_token(self, token: Any) -> None:
        """Give the client that this came from a new token: the client's own method.

        Raises:
            TokenError: it is no token of that client.
        """
        self._session.update_token(token)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        updateToken = update_token

    def __getitem__(self, name: str) -> Any:
        try:
            return self._view.value(name)
        except KeyError:
            neighbor = self._neighbor(name)
            if neighbor is None:
                raise
            return neighbor

    def __iter__(self) -> Iterator[str]:
        """Go through the names as JavaScript's ``for (var property in …)`` does."""
        # A dict, as two names of a payload can become one in camelCase.
        names: dict[str, None] = {}
        for key in self._view.keys():
            names[camel_case(key)] = None
            if key.endswith("_sid") and self._neighbor(key[:-4]) is not None:
                # What the payload itself holds under that name comes first.
                names[camel_case(key[:-4])] = None
        return iter(names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        # JavaScript's objects are true, a Mapping without properties would not be.
        return True

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource) or type(self) is not type(other):
            return NotImplemented
        sid = self._view.payload.get("sid")
        return self is other or (
            sid is not None and sid == other._view.payload.get("sid")
        )

    def __hash__(self) -> int:
        return hash((type(self), str(self._view.payload.get("sid"))))

    def __repr__(self) -> str:
        payload = self._view.payload
        parts = [str(payload.get("sid"))]
        for name in ("friendly_name", self._SHOWN):
            if payload.get(name) is not None and len(parts) < 3:
                parts.append(f"{name}={payload[name]!r:.60}")
        name = type(self).__name__.removesuffix("Resource") or "Resource"
        return f"<{name} {' '.join(parts)}>"

    def _repr_html_(self) -> str:
        return notebook.facts(repr(self)[1:-1], self._row())

    def _row(self) -> dict[str, Any]:
        """Give the payload's own properties, by the REST API's names."""
        view = self._view
        return {name: view.value(name) for name in view.keys()}

    def _load(self) -> None:
        """Load what belongs to it and is not in its payload: a reservation's task."""

    def _names(self) -> Iterator[str]:
        yield from self._view.keys()
        yield from self

    def _named(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            if name in _documented(type(self)):
                return None
            raise

    def _neighbor(self, name: str) -> Resource[Any] | None:
        """Make the resource that ``<name>_sid`` points to, where there is one."""
        view = self._view
        try:
            key = view.key(f"{name}_sid")
        except KeyError:
            try:
                key = view.key(f"{name}Sid")
            except KeyError:
                return None
        sid = view.payload[key]
        known = self._neighbors.get(key)
        if known is None or known.payload.get("sid") != sid:
            found = self._session.neighbor(sid, view.payload)
            if found is None:
                return None
            known = self._neighbors[key] = found
        return known

    def _kind(self) -> str:
        name = type(self).__name__.removesuffix("Resource") or "Resource"
        return name[:1].lower() + name[1:]

    def _fetch(self) -> Any:
        return self._session.entity_from("GET", self._url)

    def _update(self, params: Mapping[str, Any]) -> Any:
        return self._session.entity_from("POST", self._url, params, show=self._show)

    def _show(self, payload: Any) -> None:
        """Take over what the service says; what it does not mention stays.

        What is older than what is shown is passed over: answers and events overtake
        each other.
        """
        if isinstance(payload, Mapping) and not is_older(payload, self._view.payload):
            self._view = PayloadView({**self._view.payload, **payload})
