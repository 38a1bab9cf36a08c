"""Page objects of the forms of channels, of write-back, and of signing in to a tool."""

from __future__ import annotations

from sync_engine.configure import connections
from sync_engine.configure.changes import Desk
from tests.console.pages import ConnectionPage, Page
from tests.console.site import ACTOR


class Channels(Page):
    """Where digests go besides mail and files."""

    path, title = "/settings/channels", "Settings"


class ChannelForm(Page):
    """The form of a channel of Slack."""

    path, title = "/settings/channels/form?kind=slack", "Settings"


class Writeback(ConnectionPage):
    """Flags as comments on the items."""

    path = "/connections/engineering/writeback"


class SignInToTool(Page):
    """The way to a tool that is signed in to in a browser."""

    path, title = "/connections/code/sign-in", "code"

    def open(self) -> None:
        """Go there, once there is such a connection."""
        console = self.site.console
        if "code" not in [each.name for each in console.configuration().settings.connections]:
            options = {"client_id": "app", "client_secret": "key"}
            desk = Desk(self.site.engine, console.configuration(), console.now)
            connections.add(desk, ACTOR, "code", {"connector": "gitlab", "options": options})
            console.changed()
        super().open()
