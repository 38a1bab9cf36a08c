"""Reading what callers send, no more than there is room for."""

from __future__ import annotations

from fastapi import Request


async def body_of(request: Request, most: int) -> bytes | None:
    """The raw bytes of a request; None as soon as there are more than `most`."""
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) > most:
            return None
    return bytes(held)
