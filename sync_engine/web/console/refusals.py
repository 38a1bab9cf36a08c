"""What is refused, as pages and as JSON: plain words, never a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HEADLINES = {
    400: "That could not be read",
    401: "Please sign in",
    403: "That is not for your role",
    404: "There is nothing here",
    405: "That is not done here",
    409: "It has changed meanwhile",
    410: "This works no more",
    413: "That is too much at once",
    422: "That could not be read",
    429: "Too many tries",
    500: "That went wrong, and it is our mistake",
    502: "Another service did not do its part",
    503: "The store does not answer",
}
WORDS = {
    401: "This address needs a session or a token.",
    403: "Your role does not include this. An admin can change that.",
    404: "The address is wrong, it is gone, or it is not yours to see.",
    405: "This address does not take such a request.",
    413: "The request is larger than what is taken here. Send less at a time.",
    500: "What happened stands in the log of the process. Nothing was half done.",
    503: "Nothing can be shown or changed until it does. Try again in a minute; if it stays so, "
    "look at /readyz and at the log of the process.",
}


@dataclass(eq=False)
class Refusal(Exception):
    """A request that is not done; the words are shown to who asked.

    Args:
        more: for programs: which `field` it is about, at which `column` of a condition.
    """

    status: int
    words: str = ""
    headers: Mapping[str, str] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """In a few words."""
        return HEADLINES.get(self.status, "That could not be done")

    @property
    def sentence(self) -> str:
        """What happened, and what to do."""
        return self.words or WORDS.get(self.status, "Go back and try another way.")


@dataclass(eq=False)
class SignInFirst(Exception):
    """Nobody is signed in: the browser is sent to the door, and back afterwards."""

    back_to: str


def missing() -> Refusal:
    """What is not there, or not theirs to see: both read alike."""
    return Refusal(404)
