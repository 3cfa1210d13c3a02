"""The frame that nearly all are: one short text, whole, and here already. Pure.

Nothing is left to decide of such a frame, and finding its payload is ten times faster
than reading it in pieces. All other frames are websocket-client's.
"""

from __future__ import annotations


# The first byte: the end of a message and its beginning, no extension, text.
_WHOLE_TEXT = 0x81

# The second: a length of up to 125 bytes, or this for one in the next two bytes. Above
# are longer ones, and masked ones, which a server may not send.
_TWO_BYTES = 126


def whole_text(data: bytes, start: int) -> tuple[int, int] | None:
    """Find where the payload begins and ends; None for any other frame.

    Args:
        data: what has been received.
        start: where the frame begins in it.
    """
    here = len(data) - start
    if here < 2 or data[start] != _WHOLE_TEXT:
        return None
    size, begin = data[start + 1], start + 2
    if size == _TWO_BYTES and here >= 4:
        size, begin = data[start + 2] << 8 | data[start + 3], start + 4
    elif size >= _TWO_BYTES:
        return None
    end = begin + size
    return (begin, end) if end <= len(data) else None
