"""Looking for a token where none may be."""

from __future__ import annotations

from collections.abc import Iterator


def chain(error: BaseException) -> Iterator[BaseException]:
    """Go through an exception and all that it comes from."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [
            other
            for other in (each.__cause__, each.__context__, *each.args)
            if isinstance(other, BaseException)
        ]


def assert_no_secret(error: BaseException, secret: str) -> None:
    """Fail if a secret can be read from an exception or from what caused it."""
    for each in chain(error):
        shown = [str(each), repr(each), repr(each.args)]
        for name, value in vars(each).items():
            shown.append(f"{name}={value!r}")
            body = getattr(value, "body", None)
            shown.append(f"{name}.body={body!r}")
        for text in shown:
            assert secret not in text, f"{type(each).__name__} shows the secret"
