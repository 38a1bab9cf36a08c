"""The standards as pages see them: worked out again only when somebody changed something."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sync_engine.configure.changes import Desk
from sync_engine.configured import with_entries
from sync_engine.settings import Configuration
from sync_engine.store import entries
from sync_engine.views.catalogue import Catalogue, catalogue
from sync_engine.web.console.refusals import Refusal

if TYPE_CHECKING:
    from sync_engine.web.console.ask import Ask
    from sync_engine.web.console.site import Console


class Library:
    """Packs and standards as the store has them now, whatever the process has taken up yet."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._held: tuple[Configuration, int, Catalogue] | None = None

    def desk(self) -> Desk:
        """Where they are changed."""
        configuration = self._console.configuration()
        return Desk(self._console.engine, configuration.file or configuration, self._console.now)

    def catalogue(self) -> Catalogue:
        """All of them."""
        desk = self.desk()
        version = entries.version(desk.engine)
        with self._lock:
            known = self._held
        if known is not None and known[0] is desk.file and known[1] == version:
            return known[2]
        version, held = entries.snapshot(desk.engine)
        in_force, _ = with_entries(desk.file, desk.engine)
        found = catalogue(in_force, {each.key: each for each in held})
        with self._lock:
            self._held = (desk.file, version, found)
        return found

    def took_up(self) -> None:
        """Have the process take a change up now, and not at its next look."""
        self._console.changed()

    @staticmethod
    def version_of(ask: Ask) -> int | None:
        """The version of what was shown, as its form sent it; None: there was nothing."""
        given = ask.form.text("version", 20)
        if given and not given.isdecimal():
            raise Refusal(400, "This takes what its page's form sends, and nothing else.")
        return int(given) if given else None
