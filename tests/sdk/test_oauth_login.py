"""What a person's login left is what the bearer reads; a code is spent once, and kept or lost."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import responses

from connectors.sdk.contract import Login, OAuth
from connectors.sdk.errors import Refused, Unavailable
from connectors.sdk.oauth import Bearer, Tokens
from tests.sdk.conftest import BASE
from tests.sdk.test_oauth import TOKEN_URL, MemoryStore

BACK = "http://127.0.0.1:8651/callback"
LOGIN = Login("https://toy.example.com/authorize")
CREDENTIAL = OAuth(TOKEN_URL, "client", "client-canary", login=LOGIN)


class Service:
    """A sign-in service that takes each code and each refresh token once."""

    def __init__(self, *, lifetime: int = 3600, rotates: bool = True) -> None:
        self.lifetime = lifetime
        self.rotates = rotates
        self.good = {"code-1", "code-2"}
        self.forms: list[dict[str, str]] = []

    def __call__(self, url: str, form: Mapping[str, str], **_: Any) -> tuple[int, Any]:
        self.forms.append(dict(form))
        used = form.get("code") or form.get("refresh_token") or ""
        if used not in self.good:
            return 400, {"error": "invalid_grant", "error_description": "expired or used"}
        self.good.remove(used)
        number = len(self.forms)
        self.good.add(f"refresh-{number}")
        given = {"access_token": f"access-{number}", "expires_in": self.lifetime}
        return 200, {**given, "refresh_token": f"refresh-{number}"} if self.rotates else given


def bearer(time: Any, service: Any, store: Any, name: str = "team", **changes: Any) -> Bearer:
    credential = dataclasses.replace(CREDENTIAL, **changes)
    return Bearer(credential, store, service, learn=lambda *_: None, now=time.now, connection=name)


def test_a_login_is_read_by_every_later_bearer_of_its_connection(time: Any) -> None:
    service, store = Service(lifetime=1000), MemoryStore()
    bearer(time, service, store).sign_in("code-1", "verifier", BACK)
    assert bearer(time, service, store).token() == "access-1"
    time.sleep(900)
    assert bearer(time, service, store).token() == "access-2"
    assert service.forms == [
        {
            "grant_type": "authorization_code", "code": "code-1", "redirect_uri": BACK,
            "code_verifier": "verifier", "client_id": "client", "client_secret": "client-canary",
        },
        {
            "grant_type": "refresh_token", "refresh_token": "refresh-1",
            "client_id": "client", "client_secret": "client-canary",
        },
    ]  # fmt: skip


def test_a_client_without_a_secret_sends_none(time: Any) -> None:
    service = Service()
    bearer(time, service, MemoryStore(), client_secret="").sign_in("code-1", "verifier", BACK)
    assert "client_secret" not in service.forms[0]


def test_a_code_is_spent_with_the_secret_where_the_tool_wants_it(time: Any) -> None:
    asked: list[Any] = []

    def service(_url: str, form: Mapping[str, str], **how: Any) -> tuple[int, Any]:
        asked.append((set(form), how.get("basic")))
        return 200, {"access_token": "access", "refresh_token": "refresh"}

    for secret in ("client-canary", ""):
        tokens = bearer(time, service, MemoryStore(), basic=True, client_secret=secret)
        tokens.sign_in("code-1", "verifier", BACK)
    grant = {"grant_type", "code", "redirect_uri", "code_verifier"}
    assert asked == [(grant, ("client", "client-canary")), (grant | {"client_id"}, None)]


def test_a_login_is_saved_while_everybody_else_is_kept_out(time: Any) -> None:
    class Guarded(MemoryStore):
        held = False

        @contextmanager
        def lock(self, key: str) -> Iterator[None]:
            with super().lock(key):
                self.held = True
                yield
                self.held = False

        def save(self, key: str, tokens: Tokens) -> None:
            assert self.held
            super().save(key, tokens)

    store = Guarded()
    bearer(time, Service(), store).sign_in("code-1", "verifier", BACK)
    assert store.events == ["save access-1"]


def test_without_a_login_no_tool_is_asked_and_the_remedy_is_the_command(time: Any) -> None:
    service, store = Service(), MemoryStore()
    waiting = bearer(time, service, store)
    with pytest.raises(Refused, match="Nobody has signed in") as caught:
        waiting.token()
    assert "flagstaff connections login team" in caught.value.remedy
    assert service.forms == []
    bearer(time, service, store).sign_in("code-1", "verifier", BACK)
    assert waiting.token() == "access-1"


def test_connections_of_one_app_keep_their_logins_apart(time: Any) -> None:
    service, store = Service(), MemoryStore()
    bearer(time, service, store, "team").sign_in("code-1", "verifier", BACK)
    bearer(time, service, store, "office").sign_in("code-2", "verifier", BACK)
    assert bearer(time, service, store, "team").token() == "access-1"
    assert bearer(time, service, store, "office").token() == "access-2"


def test_a_configured_refresh_token_is_kept_as_before(time: Any) -> None:
    """Stores from before there were logins stay good."""
    keys = {
        bearer(time, Service(), MemoryStore(), name, login=login, refresh_token="r").key
        for name in ("", "team")
        for login in (None, LOGIN)
    }
    assert len(keys) == 1


def test_signing_in_again_replaces_what_is_there_even_after_a_refusal(time: Any) -> None:
    service, store = Service(), MemoryStore()
    tokens = bearer(time, service, store)
    store.save(tokens.key, Tokens("old", "revoked", time.now()))
    with pytest.raises(Refused, match="no longer valid") as caught:
        tokens.token()
    assert "flagstaff connections login team" in caught.value.remedy
    tokens.sign_in("code-1", "verifier", BACK)
    assert tokens.token() == "access-2"
    assert store.saved[tokens.key].refresh_token == "refresh-2"


def test_a_code_that_is_not_accepted_changes_nothing(time: Any) -> None:
    service, store = Service(), MemoryStore()
    bearer(time, service, store).sign_in("code-1", "verifier", BACK)
    with pytest.raises(Refused, match="expired or used"):
        bearer(time, service, store).sign_in("code-1", "verifier", BACK)
    assert bearer(time, service, store).token() == "access-1"


@pytest.mark.parametrize("answer", [(500, None), (429, {})])
def test_a_service_that_is_down_condemns_no_code(time: Any, answer: Any) -> None:
    with pytest.raises(Unavailable):
        bearer(time, lambda *_: answer, MemoryStore()).sign_in("code-1", "verifier", BACK)


def test_tokens_that_could_not_be_saved_are_not_used(time: Any) -> None:
    service, store = Service(), MemoryStore()
    tokens = bearer(time, service, store)
    store.fail = True
    with pytest.raises(OSError, match="disk full"):
        tokens.sign_in("code-1", "verifier", BACK)
    with pytest.raises(Refused, match="Nobody has signed in"):
        tokens.token()


def test_a_refresh_that_could_not_be_saved_does_not_undo_a_later_login(time: Any) -> None:
    service, store = Service(lifetime=1000), MemoryStore()
    running = bearer(time, service, store)
    running.sign_in("code-1", "verifier", BACK)
    time.sleep(900)
    store.fail = True
    with pytest.raises(OSError, match="disk full"):
        running.token()  # fetched access-2 for the first login
    bearer(time, service, store).sign_in("code-2", "verifier", BACK)
    assert running.token() == "access-3"
    assert store.saved[running.key].refresh_token == "refresh-3"


def test_a_login_without_a_refresh_token_ends_with_its_access_token(time: Any) -> None:
    service, store = Service(lifetime=1000, rotates=False), MemoryStore()
    bearer(time, service, store).sign_in("code-1", "verifier", BACK)
    assert bearer(time, service, store).token() == "access-1"
    time.sleep(900)
    with pytest.raises(Refused, match="run out"):
        bearer(time, service, store).token()


def test_a_dead_refresh_token_of_the_options_has_to_make_room_for_a_login(time: Any) -> None:
    with pytest.raises(Refused) as caught:
        bearer(time, Service(), MemoryStore(), refresh_token="dead").token()
    assert caught.value.remedy.startswith("Take the refresh token out of its options.")


def test_a_code_that_the_service_repeats_is_scrubbed(open_toy: Any) -> None:
    with responses.RequestsMock() as tool:
        told = {"error": "invalid_grant", "error_description": "code-canary with verifier-canary"}
        tool.add(responses.POST, TOKEN_URL, status=400, json=told)
        door = open_toy(oauth=CREDENTIAL, tokens=MemoryStore())
        with pytest.raises(Refused, match=r"\*\*\* with \*\*\*"):
            door.bearer.sign_in("code-canary", "verifier-canary", BACK)


def test_the_door_names_its_connection(open_toy: Any) -> None:
    door = open_toy(oauth=CREDENTIAL, tokens=MemoryStore(), connection="team")
    with pytest.raises(Refused) as caught:
        door.get(f"{BASE}/items")
    assert "connections login team" in caught.value.remedy
