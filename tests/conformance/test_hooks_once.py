"""Every connector whose tool makes hooks by its API asks for each of them once."""

from __future__ import annotations

import pytest

from connectors.sdk import registry
from connectors.sdk.errors import Unavailable
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.webhooks import Registrar
from tests.hooked import SECRET, hooked

MAKERS = [
    name
    for name in registry.imitated()
    if isinstance(getattr(registry.get(name), "webhook", None), Registrar)
]


def test_there_are_such_connectors() -> None:
    assert len(MAKERS) > 8


@pytest.mark.parametrize("name", MAKERS)
def test_a_hook_of_which_the_tool_does_not_say_that_it_made_it_is_not_made_again(name: str) -> None:
    with hooked(registry.get(name), registry.sandbox(name)) as tool:
        assert isinstance(tool.webhook, Registrar)

        def lost(request: Request) -> Reply | None:
            if request.method != "POST":
                return None
            tool.sandbox.handle(request)
            return Reply(502)

        tool.sandbox.interfere = lost
        with pytest.raises(Unavailable):
            tool.webhook.register(tool.http, tool.scopes[:1], tool.ear.address, SECRET)
        tool.sandbox.interfere = None
        assert [each.method for each in tool.requests()].count("POST") == 1
        assert len(tool.registered()) <= 1
