"""Where the emulator listens, and what address that is."""

from __future__ import annotations

import socket


# Who listens everywhere can be reached on this machine.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket; port 0 is a free one.

    Raises:
        OSError: the port is taken.
    """
    family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server((host, port), family=family)


def address(host: str, port: int) -> str:
    """Give the address of what listens there: http://HOST:PORT."""
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
