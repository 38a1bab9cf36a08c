"""What requests does not do: whom we are connected to, and how long an answer may take.

The peer is checked on the connected socket, so no spelling of an address and no change of the
name's address between a look-up and the connection gets round it, and before the first byte.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from http.client import HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.sdk.errors import Refused

# All that is routed publicly. Python calls more than that global: 64:ff9b::/96, behind which there
# is any IPv4 address, private ones too; site-local addresses; multicast.
_UNICAST = IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """Whether an address belongs to the public network, whatever it is wrapped in."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_public(str(inner))
        return ip.is_global and ip in _UNICAST
    return ip.is_global and not ip.is_multicast


class _Deadline(threading.local):
    """When the request that this thread makes must be over (monotonic seconds)."""

    at = float("inf")


_deadline = _Deadline()


def is_over() -> bool:
    """Whether this thread's request has used its time up."""
    return time.monotonic() >= _deadline.at


def set_deadline(seconds: float) -> None:
    """The time that this thread's next request may take, from now to the last byte."""
    _deadline.at = time.monotonic() + seconds


class _Timed(io.RawIOBase):
    """The bytes of a socket until the deadline; a slow drip does not start the time anew."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """One read of the socket, no longer than what is left of the time."""
        left = _deadline.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        patience = self._sock.gettimeout()
        if patience is None or left < patience:
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Give the socket back."""
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _TimedResponse


def _refuse_private(host: str, connected: socket.socket) -> socket.socket:
    if not is_public(connected.getpeername()[0]):
        connected.close()
        raise Refused(
            f"{host} is an address of a private network.",
            remedy="Correct `url`, or set `allow_private_network: true` if this is intended.",
        )
    return connected


class _PublicConnection(_Connection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(self.host, super()._new_conn())


class _PublicSecureConnection(_SecureConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(self.host, super()._new_conn())


def _pool(base: type[HTTPConnectionPool], connection: type[HTTPConnection]) -> type:
    return type(connection.__name__ + "Pool", (base,), {"ConnectionCls": connection})


_ANY = {
    "http": _pool(HTTPConnectionPool, _Connection),
    "https": _pool(HTTPSConnectionPool, _SecureConnection),
}
_PUBLIC = {
    "http": _pool(HTTPConnectionPool, _PublicConnection),
    "https": _pool(HTTPSConnectionPool, _PublicSecureConnection),
}


class Adapter(HTTPAdapter):
    """requests' adapter with a peer check, a deadline, no retries of its own.

    Args:
        parallel: connections kept open to a host.
        private: whether private addresses are allowed.
    """

    def __init__(self, parallel: int, *, private: bool) -> None:
        self._private = private
        super().__init__(pool_connections=2, pool_maxsize=max(parallel, 1), max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by requests' constructor."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _ANY if self._private else _PUBLIC
