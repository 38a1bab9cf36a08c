"""The listener: answers leave at once."""

from __future__ import annotations

import socket

from fastapi import FastAPI

from sync_engine.web.listener import Listener


def test_answers_do_not_wait_for_the_caller_to_acknowledge_their_first_part() -> None:
    """Headers and body are written one after the other; the system must not hold back the second
    until the first is acknowledged, which callers delay."""
    listener = Listener("127.0.0.1:0", FastAPI())
    try:
        held = listener._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        listener.close()
    assert held
