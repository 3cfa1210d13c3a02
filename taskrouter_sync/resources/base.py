"""What all resources have: properties, neighbors, fetch, update and delete."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache, lru_cache, wraps
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    NoReturn,
    ParamSpec,
    TypeVar,
    overload,
)

from .. import notebook
from ..arguments import Parameter, Params, Signature, Value, read_update, takes
from ..emitter import Callback, ResultCallback, call
from ..errors import TaskRouterError, one_line, quoted
from ..naming import BothSpellings, camel_case, index, no_attribute
from ..properties import (
    NOT_PROPERTIES,
    is_older,
    json_text,
    plain,
    property_value,
)
from ..tokens import hide


if TYPE_CHECKING:
    from ..session import Session

    Self = TypeVar("Self", bound="ClientObject")

T = TypeVar("T")
# What a resource's requests bring: its own kind, or the resource that a client is.
R = TypeVar("R")
P = ParamSpec("P")
S = TypeVar("S")


def deliver(request: Callable[[], T], callback: Callback | None) -> T | None:
    """Run a request; pass its result or error to the callback, or to the caller.

    An exception in the callback reaches the caller; the callback is not called again.

    Raises:
        TaskRouterError: the request failed and there is no callback.
    """
    if callback is None:
        return request()
    result, failure = None, None
    try:
        result = request()
    except TaskRouterError as error:
        failure = error
    call(callback, failure, result)
    return None


if TYPE_CHECKING:

    class CallbackFirst(Generic[P, T]):
        """A bound method that takes its callback before its other arguments."""

        @overload  # by itself, as mypy then knows the arguments of a lambda
        def __call__(
            self,
            callback: Callable[[TaskRouterError | None, T], Any],
            *args: P.args,
            **keywords: P.kwargs,
        ) -> None: ...
        @overload  # a callback may take less
        def __call__(
            self,
            callback: Callable[[TaskRouterError | None], Any] | Callable[[], Any],
            *args: P.args,
            **keywords: P.kwargs,
        ) -> None: ...
        @overload
        def __call__(
            self, callback: None = None, *args: P.args, **keywords: P.kwargs
        ) -> T: ...
        @overload
        def __call__(self, *args: P.args, **keywords: P.kwargs) -> T: ...
        def __call__(self, *args: Any, **keywords: Any) -> Any: ...

    class callback_first(Generic[S, P, T]):
        """Let a method take a result callback before its other arguments.

        The method itself performs the request and returns the result.
        """

        def __init__(self, method: Callable[Concatenate[S, P], T]) -> None: ...
        def __get__(self, thing: object, owner: Any = None) -> CallbackFirst[P, T]: ...

else:

    def callback_first(method):
        """Let a method take a result callback before its other arguments."""
        _, *parameters = inspect.signature(method).parameters
        arguments = tuple(Parameter(camel_case(each), each) for each in parameters)
        name = camel_case(method.__name__)

        @takes("callback", *parameters)
        @wraps(method)
        def called(self, *args, **keywords):
            signature = Signature(f"{self._kind()}.{name}", arguments, callback_at=0)
            values, callback = signature.read(args, keywords)
            return deliver(lambda: method(self, **values), callback)

        return called


class ClientObject(BothSpellings):
    """An object that came from a client and sends its requests through it."""

    if TYPE_CHECKING:  # no annotation that `get_type_hints` could not evaluate
        _session: Session
        _url: str

    def update_token(self, token: Any) -> None:
        """Update the token of the client that this came from.

        Args:
            token: a capability token for that client.

        Raises:
            TokenError: the token can't be used, or is for another client.
        """
        token = hide(token)
        self._session.update_token(token)

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        updateToken = update_token

    def _kind(self) -> str:
        """Return its kind for error messages: ``worker``, ``workerList``."""
        name = type(self).__name__.removesuffix("Resource") or "Resource"
        return name[:1].lower() + name[1:]

    def __bool__(self) -> bool:
        # JavaScript's objects are true; len() is 0 for an empty page.
        return True

    def __copy__(self: Self) -> Self:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        # Asked by pickle, and for deep copies.
        self._refuse_copy("belongs to its client and can't be pickled or deep-copied")

    def _refuse_copy(self, because: str) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} {because}: use its data, from to_dict() or "
            "to_json()"
        )


class PayloadView:
    """The properties in a payload, each converted when it is first read.

    Immutable: each new payload gets a new view. Changes that a program makes to user
    data last as long as the view.

    Attributes:
        payload: the JSON from the service, unchanged.
    """

    __slots__ = ("_values", "payload")

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self.payload: Mapping[str, Any] = payload
        # Filled by whoever asks first. Two threads may do the same work at once; both
        # get the value that was there first, so no lock is needed.
        self._values: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        """Return a property in either spelling; raise KeyError if there is none."""
        values = self._values
        if name not in values:
            key = self.key(name)
            if key not in values:
                values.setdefault(key, property_value(key, self.payload[key]))
            # Under the other spelling too, which then needs no search.
            return values.setdefault(name, values[key])
        return values[name]

    def key(self, name: str) -> str:
        """Return the payload's name for a property; raise KeyError if there is none."""
        if name in NOT_PROPERTIES:
            raise KeyError(name)
        if name in self.payload:
            return name
        return _by_camel(tuple(self.payload))[name]

    def keys(self) -> Iterator[str]:
        """Iterate over the payload's names that are properties, in its order."""
        return (key for key in self.payload if key not in NOT_PROPERTIES)


@lru_cache(maxsize=256)  # a service has few kinds of payloads, and sends them often
def _by_camel(names: tuple[str, ...]) -> Mapping[str, str]:
    return index(name for name in names if name not in NOT_PROPERTIES)


@cache
def _documented(kind: type) -> frozenset[str]:
    """List the properties that a class annotates: None where a payload lacks them.

    What a program's own subclass annotates is its own.
    """
    return frozenset(
        name
        for base in kind.__mro__
        if base.__module__.startswith("taskrouter_sync.")
        for name in inspect.get_annotations(base)
        if not name.startswith("_")
    )


class Resource(ClientObject, Mapping[str, Any], Generic[R]):
    """An object of the service, such as a task or a worker, with its properties.

    Read a property as an attribute or by index, in camelCase like TaskRouter.js or in
    snake_case: ``task.assignmentStatus``, ``task["assignment_status"]``. A documented
    property that the payload did not contain is None as an attribute. A resource of an
    unknown kind is a plain `Resource`.
    """

    # What `repr` shows besides the sid and the name.
    _SHOWN: ClassVar[str] = ""

    def __init__(self, session: Session, payload: Mapping[str, Any], url: str) -> None:
        """Create it from a payload; called by the factory.

        Args:
            session: the session of its client.
            payload: the JSON from the service.
            url: the URL of its requests.
        """
        # Replaced as a whole, never changed: may be read by any thread at any time.
        self._view: PayloadView
        self._neighbors: dict[str, Resource[Any]]
        # Past __setattr__, for each event makes some.
        own = vars(self)
        own["_session"], own["_url"] = session, url
        own["_view"], own["_neighbors"] = PayloadView(payload), {}

    @property
    def payload(self) -> Mapping[str, Any]:
        """The JSON from the service, unchanged, including ``url`` and ``links``."""
        return self._view.payload

    @callback_first
    def fetch(self) -> R:
        """Fetch the resource again: ``fetch(cb)``.

        The result is a new object with the current properties.
        """
        found: R = self._fetch()
        return found

    @overload
    def update(self, name: str, value: Value, callback: ResultCallback[R]) -> None: ...
    @overload
    def update(self, params: Params, callback: ResultCallback[R]) -> None: ...
    @overload
    def update(
        self, sid: str, name: str, value: Value, callback: ResultCallback[R]
    ) -> None: ...
    @overload
    def update(self, *, callback: ResultCallback[R], **params: Value) -> None: ...
    @overload
    def update(self, name: str, value: Value, callback: None = None) -> R: ...
    @overload
    def update(self, params: Params, callback: None = None) -> R: ...
    @overload
    def update(self, **params: Value | None) -> R: ...
    @takes("name", "value", "callback", "*", "params", "sid", more="parameters")
    def update(self, *args: Any, **keywords: Any) -> Any:
        """Update the resource: ``update(name, value, cb)`` or ``update({…}, cb)``.

        The object has its new properties when the callback runs. The result is the
        updated resource.

        Args:
            name, value: a parameter of the REST API, such as ``"FriendlyName"``, and
                its value. Dicts and lists are sent as JSON.
            params: a dict of several parameters. They may also be keywords:
                ``update(friendly_name="Ann")``.
            sid: the resource's own sid, accepted because the documentation of
                activities passes it.

        Raises:
            ValueError: `sid` is the sid of another resource.
        """
        update = read_update(f"{self._kind()}.update", args, keywords)
        if update.sid is not None and update.sid != self._view.payload.get("sid"):
            raise ValueError(
                f"{self._kind()}.update: {quoted(update.sid)} is not the sid of this "
                f"{self._kind()}, {self._view.payload.get('sid')!r}"
            )
        return deliver(lambda: self._update(update.params), update.callback)

    @callback_first
    def delete(self) -> None:
        """Delete the resource: ``delete(cb)``; the callback gets ``(error)``."""
        self._session.call("DELETE", self._url)

    def to_dict(self, snake_case: bool = False) -> dict[str, Any]:
        """Return the properties as a plain dict, to be copied, pickled or changed.

        Dates are datetimes; attributes are dicts and lists. Linked resources, such as
        the workflow of a task, are not included.

        Args:
            snake_case: True uses the names of the REST API instead of TaskRouter.js's.
        """
        view = self._view
        return {
            key if snake_case else camel_case(key): plain(view.value(key), snake_case)
            for key in view.keys()
        }

    def to_json(self) -> str:
        """Return the same JSON text as ``JSON.stringify`` in JavaScript.

        The names are those of TaskRouter.js; dates are ISO 8601 in UTC.
        """
        return json_text(self.to_dict())

    if TYPE_CHECKING:  # both spellings for editors; at run time naming.BothSpellings
        toDict = to_dict
        toJson = to_json

    def __getitem__(self, name: str) -> Any:
        try:
            return self._view.value(name)
        except KeyError:
            neighbor = self._neighbor(name)
            if neighbor is None:
                raise
            return neighbor

    if not TYPE_CHECKING:  # checkers know the documented names, and find typos

        def __getattr__(self, name):
            # Only called for what ordinary look-up does not find.
            if name.startswith("_"):
                # Of an object that is not made yet, for one: it has no names to list.
                raise no_attribute(self, name, ())
            try:
                return self[name]
            except KeyError:
                if name in _documented(type(self)) or self._is_null_sid(name):
                    return None
            raise no_attribute(self, name, dir(self)) from None

    def __setattr__(self, name: str, value: Any) -> None:
        # A subclass may set what is its own before it calls this class's __init__.
        if not name.startswith("_") and (
            name in _documented(type(self)) or ("_view" in vars(self) and name in self)
        ):
            raise AttributeError(
                f"{name!r} is a property of the service and can't be assigned: "
                f"change it with {self._kind()}.update"
            )
        object.__setattr__(self, name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._view.keys(), *self})

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, like JavaScript's ``for (var property in …)``."""
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
        parts = [one_line(str(payload.get("sid")), 60)]
        for name in ("friendly_name", self._SHOWN):
            if payload.get(name) is not None and len(parts) < 3:
                parts.append(f"{name}={payload[name]!r:.60}")
        name = type(self).__name__.removesuffix("Resource") or "Resource"
        return f"<{name} {' '.join(parts)}>"

    def _repr_html_(self) -> str:
        return notebook.facts(repr(self)[1:-1], self._row())

    def _row(self) -> dict[str, Any]:
        """Return the payload's own properties, with the names of the REST API."""
        view = self._view
        return {name: view.value(name) for name in view.keys()}

    def _neighbor(self, name: str) -> Resource[Any] | None:
        """Create the resource that ``<name>_sid`` refers to, if there is one."""
        view, key = self._view, self._sid_key(name)
        if key is None:
            return None
        sid = view.payload[key]
        known = self._neighbors.get(key)
        if known is None or known.payload.get("sid") != sid:
            found = self._session.neighbor(sid, view.payload)
            if found is None:
                return None
            known = self._neighbors[key] = found
        return known

    def _sid_key(self, name: str) -> str | None:
        """Find the payload's name for the sid of a neighbor."""
        for spelling in (f"{name}_sid", f"{name}Sid"):
            with suppress(KeyError):
                return self._view.key(spelling)
        return None

    def _is_null_sid(self, name: str) -> bool:
        key = self._sid_key(name)
        return key is not None and not self._view.payload[key]

    def _fetch(self) -> Any:
        return self._session.perform("GET", self._url)

    def _update(self, params: Mapping[str, Any]) -> Any:
        payload = self._session.call("POST", self._url, params)
        self._apply(payload)
        return self._session.result(payload, self._url)

    def _apply(self, payload: Any, if_newer: bool = False) -> None:
        """Update the properties from a payload; keep those that it does not contain.

        With `if_newer` an older payload is ignored: responses can overtake frames.
        """
        if isinstance(payload, Mapping) and not (
            if_newer and is_older(payload, self._view.payload)
        ):
            self._view = PayloadView({**self._view.payload, **payload})


def as_row(value: Any) -> dict[str, Any]:
    """Return an item as a row of a table: a resource's properties, a dict's keys."""
    if isinstance(value, Resource):
        return value._row()
    return dict(value) if isinstance(value, Mapping) else {"value": value}
