"""What can go wrong with a tool, named after who must act.

::

    ConnectorError
    ├── Refused            the admin: credentials, scope, permission, configuration
    │   └── NotVisible     the admin, for one container or item; everything else proceeds
    ├── Throttled          nobody: the planner comes back at `until`
    ├── Unavailable        nobody: retried inside the run, then at the next turn
    │   └── CursorExpired  nobody: the lane is read again from its beginning
    └── Unexpected         us: the tool said something that this connector does not understand

A message is one plain sentence with no secret in it; `remedy` says what to do about it.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class ConnectorError(Exception):
    """Base of everything that a connector may raise.

    Args:
        message: what happened, in one sentence an admin understands.
        remedy: what to do; empty when nobody has to do anything.
        scope: external id of the container that alone is concerned; None: the whole connection.
    """

    otherwise: ClassVar[str] = ""
    """What to do where whoever raised it had nothing more exact to say."""

    def __init__(self, message: str, *, remedy: str = "", scope: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.scope = scope

    @property
    def advice(self) -> str:
        """What to do about it, in every case."""
        return self.remedy or self.otherwise


class Refused(ConnectorError):
    """The tool refuses us; only the admin can change that."""

    otherwise = "Check the options of this connection."


class NotVisible(Refused):
    """One container or item may not be seen (403, 404). Never a deletion by itself."""

    otherwise = "Give the account access again, or take the container out of the configuration."


class Throttled(ConnectorError):
    """The tool asks us to stay away until `until` (an aware UTC instant)."""

    otherwise = "Nothing to do: it is asked again when the tool allows it."

    def __init__(
        self, message: str, *, until: datetime, remedy: str = "", scope: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy, scope=scope)
        self.until = until


class Unavailable(ConnectorError):
    """The tool or the way to it is down; the same request may work later."""

    otherwise = (
        "Nothing was lost, and it is asked again at the next turn; if this stays, check `url` and "
        "the network."
    )


class CursorExpired(Unavailable):
    """The tool no longer knows the cursor: read this lane again from its beginning."""


class Unexpected(ConnectorError):
    """The tool's answer is not what its documentation promises; the connector needs a change."""

    otherwise = "Please report it with the output of `flagstaff doctor`."
