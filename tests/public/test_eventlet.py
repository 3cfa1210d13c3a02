"""A program whose sockets, threads and locks are eventlet's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from taskrouter_sync.emulator import Emulator

from ..conftest import MintToken
from ..support.front import secure
from ..support.script import BEGINNING, Run, scripts


pytestmark = pytest.mark.skipif(not find_spec("eventlet"), reason="needs eventlet")

PATCHED = f"""
import warnings
warnings.simplefilter("ignore")  # eventlet says that it is deprecated
import eventlet
eventlet.monkey_patch()
{BEGINNING}"""

# Lasts beyond its last line.
PROGRAM = """
@worker.on("reservation.created")
def created(reservation):
    print(reservation.task.attributes.language, flush=True)
    print(reservation.accept().reservation_status, flush=True)
    worker.close()

worker.on("disconnected", lambda: print("disconnected", flush=True))
worker.wait_until_ready(5)
worker.disconnect()
worker.connect()
worker.wait_until_ready(5)
print(worker.fetch().friendly_name, flush=True)
"""


@pytest.fixture(params=["plain", "TLS"])
def run(
    request: pytest.FixtureRequest,
    emulator: Emulator,
    worker_token: MintToken,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Run]:
    """Run scripts whose client is Alice's."""
    with ExitStack() as stack:
        url = emulator.event_bridge_url
        if request.param == "TLS":
            url, bundle = stack.enter_context(secure(url, tmp_path))
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        yield stack.enter_context(scripts(url, worker_token))


def test_a_client_works_from_its_opening_to_its_end(
    run: Run, emulator: Emulator, alice: str
) -> None:
    script = run(PROGRAM, PATCHED)
    assert script.line() == "disconnected"
    assert script.line() == "Alice"
    emulator.create_task(attributes={"language": "es"})
    assert script.ends()[:2] == (0, "es\naccepted\ndisconnected\n")
    emulator.wait_for_connections(alice, 0)
