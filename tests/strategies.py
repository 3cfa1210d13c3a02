"""What the service and users can send, for the properties that hold for all of it."""

from __future__ import annotations

from typing import Any

from hypothesis import settings, strategies as st


# The same examples in every run, so that a failure is the change's that shows it.
moderate = settings(max_examples=50, deadline=None, derandomize=True)

# JSON may escape what UTF-8 can't say: half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=20)

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)

scalars: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | numbers
    | texts
    | st.sampled_from(
        [
            "WK00000000000000000000000000000001",
            "WT00000000000000000000000000000001",
            "XX00000000000000000000000000000001",
            "2015-07-30T20:00:00Z",
            "Thu, 30 Jul 2015 20:00:00 +0000",
            '{"snake_key":[1,{"x":null}]}',
            "[1",
            "",
        ]
    )
)

# Words joined by single underscores: what the service calls things.
words = st.lists(
    st.sampled_from(["a", "b", "c1", "date", "name", "sid", "task", "url", "zoë"]),
    min_size=1,
    max_size=3,
).map("_".join)
names = words | st.sampled_from(
    [
        "sid",
        "task_sid",
        "worker_sid",
        "workflow_sid",
        "activity_sid",
        "attributes",
        "configuration",
        "addons",
        "date_created",
        "task_queue_entered_date",
        "virtual_start_time",
        "url",
        "links",
        "reservation_sid",
        "meta",
        "key",
        "cumulative",
        "realtime",
    ]
)


def json_values(keys: st.SearchStrategy[str] = names) -> st.SearchStrategy[Any]:
    """What `json.loads` can give, with these keys in its objects."""
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=8,
    )


def payloads(keys: st.SearchStrategy[str] = names) -> st.SearchStrategy[dict[str, Any]]:
    """Objects, as the service sends them."""
    return st.dictionaries(keys, json_values(keys), max_size=5)


# What a program may put into a call, by mistake or not.
mistakes = st.sampled_from(
    [
        print,
        "WA00000000000000000000000000000002",
        "FriendlyName",
        b"bytes",
        {1},
        object(),
    ]
)
arguments = st.lists(json_values() | payloads() | texts | mistakes, max_size=5).map(
    tuple
)
keywords = st.dictionaries(
    st.sampled_from(
        ["callback", "cb", "options", "sid", "from_", "to", "dialTo", "reason", "x_y"]
    ),
    json_values() | st.just(print),
    max_size=3,
)
