"""The code with which the first account is made: printed by the process, known to nobody else."""

from __future__ import annotations

import hmac
import secrets
import threading

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that reads like another
TRIES = 10
"""Wrong tries after which no code is taken any more until the process starts anew."""


class StartCode:
    """A code of 40 bits that works once."""

    def __init__(self) -> None:
        letters = "".join(secrets.choice(LETTERS) for _ in range(8))
        self._code = f"{letters[:4]}-{letters[4:]}"
        self._tries = 0
        self._lock = threading.Lock()

    @property
    def code(self) -> str:
        """For the one who started the process."""
        return self._code

    @property
    def used_up(self) -> bool:
        """Whether no try is left."""
        return self._tries >= TRIES

    def fits(self, given: str) -> bool:
        """Whether it is the one; a wrong one is counted."""
        plain = given.replace("-", "").replace(" ", "").upper()
        with self._lock:
            if self.used_up:
                return False
            right = hmac.compare_digest(plain.encode(), self._code.replace("-", "").encode())
            self._tries += not right
            return right
