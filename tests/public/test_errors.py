"""Errors: one tree, and `code` and `message` on each."""

from __future__ import annotations

import inspect

import pytest

from taskrouter_sync import errors
from taskrouter_sync.errors import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    TokenError,
)


EXAMPLES = [
    # error, code, message, what `except` catches it as besides
    (HttpError(404, "Not Found"), 404, "Not Found", TaskRouterError),
    (RequestTimeout("no answer"), 0, "no answer", TimeoutError),
    (ConnectionFailed("refused"), 0, "refused", TaskRouterError),
    (InvalidResponse("no JSON", code=200), 200, "no JSON", TaskRouterError),
    (ClientClosed(), 0, "The client is closed", TaskRouterError),
    (TokenError("no JWT"), 0, "no JWT", ValueError),
    (ArgumentError("too many"), 0, "too many", TypeError),
]
KINDS = [type(example[0]).__name__ for example in EXAMPLES]


@pytest.mark.parametrize(("error", "code", "message", "caught_as"), EXAMPLES, ids=KINDS)
def test_every_error_has_a_code_and_a_message(
    error: TaskRouterError, code: int, message: str, caught_as: type[Exception]
) -> None:
    assert (error.code, error.message) == (code, message)
    assert isinstance(error, caught_as)
    assert isinstance(error, TaskRouterError)
    assert message in str(error)


def test_the_examples_are_the_whole_tree() -> None:
    tree = {
        name
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, TaskRouterError)
    }
    assert tree == {*KINDS, "TaskRouterError"}


def test_the_docstring_draws_the_whole_tree() -> None:
    assert errors.__doc__ is not None
    for kind in KINDS:
        assert f"── {kind} " in errors.__doc__


def test_an_http_error_says_its_status() -> None:
    error = HttpError(403, "Forbidden")
    assert str(error) == "403 Forbidden"
    assert error.status == error.code == 403


def test_an_http_error_has_what_twilio_says_of_it() -> None:
    error = HttpError(
        429, "Too many", twilio_code=20429, more_info="https://t/20429", retry_after=2.5
    )
    assert error.twilio_code == 20429
    assert error.more_info == "https://t/20429"
    assert error.retry_after == 2.5


def test_an_http_error_has_none_for_what_was_not_said() -> None:
    error = HttpError(500, "Oops")
    assert (error.twilio_code, error.more_info, error.retry_after) == (None,) * 3


def test_a_failed_connection_tells_whether_the_service_was_reached() -> None:
    assert not ConnectionFailed("refused").reached
    assert ConnectionFailed("cut", reached=True).reached


def test_an_error_of_a_frame_has_the_frame() -> None:
    assert InvalidResponse("no JSON", response="{").response == "{"
    assert InvalidResponse("not JSON").response == ""
