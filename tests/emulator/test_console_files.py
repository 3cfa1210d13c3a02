"""The files of the console, without a browser."""

from __future__ import annotations

from importlib.resources import files

import pytest
import requests

from taskrouter_sync.emulator import Emulator, console


NAMES = sorted(
    path.name
    for path in files(console).iterdir()
    if path.name.endswith(("s", "l", "g"))
)


def test_the_page_is_the_emulators_front(emulator: Emulator) -> None:
    page = requests.get(emulator.url, timeout=5)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>TaskRouter emulator</title>" in page.text


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_served_under_a_strict_policy(
    emulator: Emulator, name: str
) -> None:
    answer = requests.get(f"{emulator.url}/emulator/console/{name}", timeout=5)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} < {*policy}
    assert not any("unsafe" in each for each in policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "name",
    ["__init__.py", "none.js", "..%2f__main__.py", "..%5cx.js", "%2fetc%2fx.js", ""],
)
def test_nothing_else_is_served(emulator: Emulator, name: str) -> None:
    answer = requests.get(f"{emulator.url}/emulator/console/{name}", timeout=5)
    assert answer.status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_no_file_makes_markup_of_data_or_asks_elsewhere(name: str) -> None:
    text = files(console).joinpath(name).read_text("utf-8")
    for banned in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
    ):
        assert banned not in text
    # Only as the name of SVG.
    assert text.replace("http://www.w3.org/2000/svg", "").count("//") == text.count(
        "// "
    )
