"""Calls of Teamwork: signed by the token that their hook was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from connectors.sdk.webhooks import Call, Greeting, Hint, signed
from connectors.teamwork.words import id_of, part

ITEMS = (
    ("task", "tasks"), ("comment", "comments"), ("time", "worklogs"), ("milestone", "milestones"),
    ("project", "projects"),
)  # fmt: skip
"""What a call is about, the most exact first: a call about a task names its project as well."""


class TeamworkWebhook:
    """A webhook of the site or of a project; each is for one event."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "Under Settings, Webhooks of the site (it needs an administrator), enable webhooks and add "
        "one for each event of TASK, COMMENT, TIME, MILESTONE and PROJECT that counts (created, "
        "updated, completed, reopened, moved, deleted): paste the address, paste the secret as "
        "token, choose version 2 and JSON."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """Teamwork has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Projects-Signature` is right; Teamwork does not say when it called."""
        return signed(call.body, secrets, call.headers.get("x-projects-signature"))

    def hints(self, call: Call) -> Iterator[Hint]:
        """The item that a call is about. It does not say what happened to it: the next turn, which
        is told of deletions, does."""
        body = call.json()
        if not isinstance(body, Mapping):
            return
        for name, stream in ITEMS:
            if (id := id_of(part(body, name).get("id"))) is not None:
                yield Hint(stream, id)
                return
