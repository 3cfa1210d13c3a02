"""What a page has around its script, in a terminal; in a browser it is ``page.js``.

A line of input that names a button clicks it, ``field=text`` fills in a field; texts
are printed. The end of the input closes the page. Clicks run on the main thread. ::

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
    # In one piece: callbacks on two threads may show something at once.
    print(f"{id}: {text}\n", end="", flush=True)


def value(id):
    return _fields.get(id, "")


def post(path, data, callback):
    """Call the page's own server, whose address is in PAGE_SERVER."""
    response = requests.post(os.environ["PAGE_SERVER"] + path, json=data, timeout=10)
    callback(response.status_code)


def every(seconds, function):
    """Do what setInterval does; `set()` of what this returns is clearInterval."""
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
