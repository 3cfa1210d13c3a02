"""Trouble on the line and at its ends: a proxy, a soak, and hostile input."""
