"""Who may steer the emulator.

Owns: telling a request of this machine's programs and of the emulator's own pages
from one that a page of another site made a browser send. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Caller:
    """What is known of who sends a request.

    Args:
        host: the header Host.
        origin: the header Origin.
        fetch_site: the header Sec-Fetch-Site.
        peer: the address that the connection comes from.
        authorized: whether it has the account's credentials.
    """

    host: str
    origin: str | None
    fetch_site: str | None
    peer: str | None
    authorized: bool


@dataclass(frozen=True)
class Refusal:
    """Why it may not."""

    status: int
    message: str


def refusal(caller: Caller, listens_on: str) -> Refusal | None:
    """Tell why a caller may not steer, None if it may.

    From this machine no credentials are needed; from others those of the account.
    By a foreign name (DNS rebinding), or for a page of another site, nobody may: a
    browser holds no credentials for the foreign name.

    Args:
        caller: who it is.
        listens_on: the host that the emulator was told to listen on.
    """
    if caller.origin is not None and not _same(caller.origin, caller.host):
        return Refusal(403, f"the Origin {caller.origin} is not the emulator's own")
    if caller.fetch_site not in (None, "same-origin", "none"):
        return Refusal(403, f"a page of another site asks ({caller.fetch_site})")
    if caller.authorized:
        return None
    if not _loopback(caller.peer):
        return Refusal(401, "from another machine the account's credentials are needed")
    if not _own_name(caller.host, listens_on):
        return Refusal(403, f"the Host {caller.host} is not the emulator's own")
    return None


def _same(origin: str, host: str) -> bool:
    return origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())


def _own_name(host: str, listens_on: str) -> bool:
    """Tell whether a Host cannot be a name that somebody else points here."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name in ("localhost", listens_on.lower()) or name.endswith(".localhost"):
        return True
    try:
        # An address is no name: nobody can point it elsewhere.
        ip_address(name)
    except ValueError:
        return False
    return True


def _loopback(peer: str | None) -> bool:
    try:
        address = ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
