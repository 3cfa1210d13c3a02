"""Signal handlers: any public method may be called in the middle of any other."""

from __future__ import annotations

import signal

import pytest

from ..support.script import BEGINNING, Run


pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")

# Interrupts each of METHODS at random moments with another one of them; a hang ends
# with the stacks of all threads.
_PROGRAM = """
import faulthandler, itertools, random, signal
from taskrouter_sync import TaskRouterError
faulthandler.dump_traceback_later(40, exit=True)
chance = random.Random(SEED)
token = os.environ["TOKEN"]
worker.wait_until_ready(5)
ignore = lambda *_: None

def listeners(client):
    client.on("mark", ignore)
    client.once("ready", ignore)
    client.emit("mark")
    client.listeners("mark")
    client.off("mark", ignore)

def show(client):
    repr(client), client._repr_html_(), client.friendlyName, client.reservations

def open_one(client):
    Worker(token, False, daemon=True).close()

QUICK = [
    listeners,
    show,
    lambda client: client.update_token(token),
    lambda client: client.connect(),
    lambda client: client.set_skip_fetch_reservation(False),
    lambda client: client.remove_all_listeners("mark"),
]
SLOW = [
    lambda client: client.fetch(),
    lambda client: client.update("FriendlyName", "Alice"),
    lambda client: client.fetch_reservations(),
    lambda client: client.activities.fetch(),
    lambda client: client.fetch_channels(),
    lambda client: client.statistics.fetch(),
    lambda client: client.wait_until_ready(0.01),
    open_one,
]
counts = {"interrupts": 0, "calls": 0}
is_inside, is_armed = False, False

def attempt(method, client):
    try:
        method(client)
    except TaskRouterError:
        pass  # closed, or interrupted too long

def interrupt(*_):
    global is_inside
    if is_inside or not is_armed:
        return
    is_inside = True
    counts["interrupts"] += 1
    attempt(chance.choice(inner), worker)
    is_inside = False
    arm()

def arm():
    global is_armed
    is_armed = True
    signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00002, LONGEST))

def disarm():
    global is_armed
    is_armed = False
    # At the end of the program nobody would handle it.
    signal.setitimer(signal.ITIMER_REAL, 0)

signal.signal(signal.SIGALRM, interrupt)
"""

_RUN = """
inner = INNER
arm()
end = time.monotonic() + 8
for method in itertools.cycle(QUICK + SLOW):
    if counts["interrupts"] >= (FEWEST if time.monotonic() > end else MOST):
        break
    attempt(method, worker)
    counts["calls"] += 1
disarm()
worker.close()
print(counts["interrupts"], flush=True)
"""

_CLOSE = """
inner = [lambda client: client.close()]
for method in itertools.islice(itertools.cycle(QUICK + SLOW), MOST):
    worker.wait_until_ready(5)
    arm()
    attempt(method, worker)
    attempt(lambda client: client.close(), worker)
    disarm()
    worker = Worker(token, False, daemon=True)
worker.close()
print(counts["interrupts"], threading.active_count(), flush=True)
"""


def _filled(program: str, **values: object) -> str:
    for name, value in values.items():
        program = program.replace(name, str(value))
    return program


@pytest.mark.parametrize(
    ("inner", "longest", "fewest"),
    [("QUICK", 0.0003, 3000), ("QUICK + SLOW", 0.002, 300)],
    ids=["quick", "all"],
)
def test_every_method_in_every_method(
    run: Run, inner: str, longest: float, fewest: int
) -> None:
    program = _filled(
        _PROGRAM + _RUN,
        INNER=inner,
        LONGEST=longest,
        FEWEST=fewest,
        MOST=20_000,
        SEED=5,
    )
    script = run(program, BEGINNING.replace("False)", "True)"))
    status, out, errors = script.ends(50)
    assert status == 0, errors[-4000:]
    assert int(out) >= fewest
    assert "Traceback" not in errors


def test_close_in_every_method(run: Run) -> None:
    script = run(_filled(_PROGRAM + _CLOSE, LONGEST=0.004, MOST=150, SEED=6))
    status, out, errors = script.ends(50)
    assert status == 0, errors[-4000:]
    interrupts, threads = map(int, out.split())
    assert interrupts >= 50
    # Fetch threads end with their last response.
    assert threads <= 4, out


# Closes the client between any two instructions of a wait, as a handler could; the last
# time another thread does it, when all of them have been passed.
_EACH_STEP = """
import faulthandler, itertools
from taskrouter_sync import ClientClosed
faulthandler.dump_traceback_later(20, exit=True)
token = os.environ["TOKEN"]

def trace(frame, event, argument):
    global left
    frame.f_trace_opcodes = True
    if event == "opcode" and not waits_too_long:
        left -= 1
        if left == 0:
            timer.cancel()  # nobody else ends the wait
            worker.close()
    return trace

def close_later():
    global waits_too_long
    waits_too_long = True
    worker.close()

for number in itertools.count(1):
    left, waits_too_long = number, False
    worker.close()
    worker = Worker(token, False, daemon=True)
    worker.disconnect()
    timer = threading.Timer(0.5, close_later)
    timer.start()
    sys.settrace(trace)
    try:
        worker.WAIT
    except ClientClosed:
        pass
    sys.settrace(None)
    timer.cancel()
    if left > 0:
        break
print(number, flush=True)
"""


@pytest.mark.parametrize("wait", ["run_forever()", "wait_until_ready()"])
def test_a_wait_sees_a_close_between_any_two_of_its_instructions(
    run: Run, wait: str
) -> None:
    script = run(_filled(_EACH_STEP, WAIT=wait))
    status, out, errors = script.ends(50)
    assert status == 0, errors[-4000:]
    assert int(out) > 20


def test_run_forever_returns_in_a_handler_that_has_interrupted_close(run: Run) -> None:
    """It would wait for what can't go on before it has returned."""
    script = run(
        """
import signal
handled = threading.Event()

def handle(*_):
    worker.run_forever()
    handled.set()

@worker.on("disconnected")
def disconnected():  # the main thread waits for it in close()
    signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
    handled.wait()

signal.signal(signal.SIGTERM, handle)
worker.wait_until_ready(5)
print("ready", flush=True)
worker.close()
handled.wait()
print("handled", flush=True)
"""
    )
    assert [script.line(), script.line()] == ["ready", "handled"]
    assert script.ends() == (0, "", "")
