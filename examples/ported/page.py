"""The page around a script, in a terminal; ``page.js`` is the same for a browser.

A line of input with the name of a button clicks it; ``field=text`` fills in a field;
texts are printed. The end of the input closes the page. Clicks run on the main
thread. ::

    WORKER_TOKEN=$(taskrouter-sync token worker) python examples/ported/agent_desk.py
"""

import os
import sys
import threading

import requests


_buttons = {}
_fields = {}


def onClick(id, callback):
    _buttons[id] = callback


def show(id, text):
    # A single write, because callbacks on two threads may print at the same time.
    print(f"{id}: {text}\n", end="", flush=True)


def value(id):
    return _fields.get(id, "")


def post(path, data, callback):
    """Send a request to the page's own server, whose URL is in PAGE_SERVER."""
    response = requests.post(os.environ["PAGE_SERVER"] + path, json=data, timeout=10)
    callback(response.status_code)


def every(seconds, function):
    """Like setInterval; call `set()` of the result instead of clearInterval."""
    ended = threading.Event()

    def run():
        while not ended.wait(seconds):
            function()

    threading.Thread(target=run, daemon=True).start()
    return ended


def run():
    """Keep the page open until the input ends."""
    for line in sys.stdin:
        id, is_field, text = line.strip().partition("=")
        if is_field:
            _fields[id] = text
        elif id in _buttons:
            _buttons[id]()
        elif id:
            show("page", f"there is no button {id}")
