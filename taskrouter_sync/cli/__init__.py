"""The command line: ``taskrouter-sync`` and ``python -m taskrouter_sync``.

Knows the clients and the emulator; nothing of the package knows it.
"""
