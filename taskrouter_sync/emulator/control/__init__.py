"""Steering the emulator over HTTP: what ``Emulator`` can be asked, below /emulator.

``GET /emulator`` lists all of it; the list is made of the table in commands.py.
"""
