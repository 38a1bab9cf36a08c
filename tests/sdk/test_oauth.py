"""A rotating refresh token is used once, whoever comes, and saved before its successor is used."""

from __future__ import annotations

import dataclasses
import multiprocessing
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
import responses

from connectors.sdk.contract import OAuth
from connectors.sdk.errors import Refused, Throttled, Unavailable
from connectors.sdk.oauth import Bearer, Tokens

TOKEN_URL = "https://login.example.org/token"
CREDENTIAL = OAuth(TOKEN_URL, "client", "client-canary", "refresh-0")
BASE = "https://toy.example.com/api"


class MemoryStore:
    """Tokens in memory, with a log of what happened."""

    def __init__(self) -> None:
        self.saved: dict[str, Tokens] = {}
        self.events: list[str] = []
        self.fail = False
        self._lock = threading.Lock()

    def load(self, key: str) -> Tokens | None:
        """As the protocol has it."""
        return self.saved.get(key)

    def save(self, key: str, tokens: Tokens) -> None:
        """As the protocol has it; fails once if told to."""
        if self.fail:
            self.fail = False
            raise OSError("disk full")
        self.events.append(f"save {tokens.access_token}")
        self.saved[key] = tokens

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """As the protocol has it."""
        with self._lock:
            yield


class Rotating:
    """A sign-in service whose refresh tokens are worth one request each."""

    def __init__(self, lifetime: Any = 3600) -> None:
        self.valid = "refresh-0"
        self.calls = 0
        self.lifetime = lifetime
        self.forms: list[Mapping[str, str]] = []

    def __call__(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        self.calls += 1
        self.forms.append(form)
        if form["refresh_token"] != self.valid:
            return 400, {"error": "invalid_grant"}
        self.valid = f"refresh-{self.calls}"
        return 200, {
            "access_token": f"access-{self.calls}",
            "refresh_token": self.valid,
            "expires_in": self.lifetime,
        }


def bearer(time: Any, service: Any, store: Any, credential: OAuth = CREDENTIAL) -> Bearer:
    """A bearer on the fake clock."""
    return Bearer(credential, store, service, learn=lambda *_: None, now=time.now)


def test_the_token_is_fetched_once_and_renewed_at_four_fifths_of_its_life(time: Any) -> None:
    service, store = Rotating(lifetime=1000), MemoryStore()
    tokens = bearer(time, service, store)
    assert [tokens.token() for _ in range(3)] == ["access-1"] * 3
    time.sleep(799)
    assert tokens.token() == "access-1"
    time.sleep(1)
    assert tokens.token() == "access-2"
    assert service.calls == 2
    assert service.forms[0] == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-0",
        "client_id": "client",
        "client_secret": "client-canary",
    }


class Named:
    """A sign-in service that wants the client's secret in a header."""

    def __init__(self) -> None:
        self.asked: list[tuple[Mapping[str, str], tuple[str, str] | None]] = []

    def __call__(
        self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None
    ) -> tuple[int, Any]:
        self.asked.append((form, basic))
        return 200, {"access_token": "access", "refresh_token": "next"}


def test_a_secret_may_travel_in_a_header_instead_of_the_form(time: Any) -> None:
    service = Named()
    named = dataclasses.replace(CREDENTIAL, basic=True)
    bearer(time, service, MemoryStore(), named).token()
    bearer(time, service, MemoryStore(), dataclasses.replace(named, client_secret="")).token()
    grant = {"grant_type": "refresh_token", "refresh_token": "refresh-0"}
    assert service.asked == [
        (grant, ("client", "client-canary")),
        ({**grant, "client_id": "client"}, None),
    ]


def test_a_restart_uses_what_was_saved(time: Any) -> None:
    service, store = Rotating(), MemoryStore()
    bearer(time, service, store).token()
    assert bearer(time, service, store).token() == "access-1"
    time.sleep(3600)
    assert bearer(time, service, store).token() == "access-2"


def test_threads_and_bearers_that_refresh_at_once_ask_once(time: Any) -> None:
    for _ in range(100):
        service, store = Rotating(), MemoryStore()
        bearers = [bearer(time, service, store) for _ in range(2)]
        start = threading.Barrier(4)
        got: list[str] = []

        def work(each: Bearer, start: threading.Barrier = start, got: list[str] = got) -> None:
            start.wait()
            first = each.token()
            start.wait()
            got.extend((first, each.renew(first)))

        threads = [threading.Thread(target=work, args=(bearers[i % 2],)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == ["access-1"] * 4 + ["access-2"] * 4
        assert service.calls == 2


def test_the_new_pair_is_saved_before_its_first_use(time: Any) -> None:
    service, store = Rotating(), MemoryStore()
    tokens = bearer(time, service, store)
    store.fail = True
    with pytest.raises(OSError, match="disk full"):
        tokens.token()
    assert tokens.token() == "access-1"  # saved at last, without spending another refresh token
    assert (service.calls, store.events) == (1, ["save access-1"])


def test_a_lost_refresh_token_needs_a_new_sign_in_and_is_not_tried_again(time: Any) -> None:
    service, store = Rotating(), MemoryStore()
    service.valid = "known to the one who crashed before saving it"
    tokens = bearer(time, service, store)
    for _ in range(3):
        with pytest.raises(Refused, match="no longer valid") as caught:
            tokens.token()
        assert "Sign in again" in caught.value.remedy
    assert service.calls == 1


def test_signing_in_again_voids_what_was_saved(time: Any) -> None:
    service, store = Rotating(), MemoryStore()
    bearer(time, service, store).token()
    service.valid = "refresh-new"
    again = OAuth(TOKEN_URL, "client", "client-canary", "refresh-new")
    assert bearer(time, service, store, again).token() == "access-2"


@pytest.mark.parametrize("lifetime", [None, 0, -5, "soon"])
def test_a_senseless_lifetime_means_until_refused(time: Any, lifetime: Any) -> None:
    service = Rotating(lifetime)
    tokens = bearer(time, service, MemoryStore())
    time.sleep(10**6)
    assert (tokens.token(), tokens.token()) == ("access-1", "access-1")


def test_a_service_that_does_not_rotate_keeps_its_refresh_token(time: Any) -> None:
    store = MemoryStore()
    tokens = bearer(time, lambda url, form: (200, {"access_token": "a-1"}), store)
    assert tokens.token() == "a-1"
    assert store.saved[tokens.key].refresh_token == "refresh-0"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, None), Unavailable),
        ((429, {}), Unavailable),
        ((401, {"error": "invalid_client"}), Refused),
        ((200, {"access_token": None}), Refused),
        ((200, ["nonsense"]), Refused),
    ],
)
def test_other_answers(time: Any, answer: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        bearer(time, lambda url, form: answer, MemoryStore()).token()


class FileStore:
    """Tokens and a sign-in service that processes share: one file, one lock, one call counted."""

    def __init__(self, folder: Path, lock: Any) -> None:
        self.folder = folder
        self._lock = lock

    def load(self, key: str) -> Tokens | None:
        """As the protocol has it."""
        file = self.folder / key
        if not file.exists():
            return None
        access, refresh = file.read_text().split()
        return Tokens(access, refresh)

    def save(self, key: str, tokens: Tokens) -> None:
        """As the protocol has it."""
        (self.folder / key).write_text(f"{tokens.access_token} {tokens.refresh_token}")

    def lock(self, key: str) -> Any:
        """As the protocol has it."""
        return self._lock

    def __call__(self, url: str, form: Mapping[str, str], **_: Any) -> tuple[int, Any]:
        """The sign-in service."""
        with (self.folder / "calls").open("a") as calls:
            calls.write("x")
        return 200, {"access_token": "access-1", "refresh_token": "refresh-1"}


def _in_a_process(folder: Path, lock: Any, barrier: Any) -> None:
    store = FileStore(folder, lock)
    tokens = Bearer(CREDENTIAL, store, store, learn=lambda *_: None, now=lambda: datetime.now(UTC))
    barrier.wait()
    (folder / f"got-{multiprocessing.current_process().pid}").write_text(tokens.token())


def test_processes_that_refresh_at_once_ask_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    lock, barrier = context.Lock(), context.Barrier(2)
    workers = [
        context.Process(target=_in_a_process, args=(tmp_path, lock, barrier)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert (tmp_path / "calls").read_text() == "x"
    assert [file.read_text() for file in tmp_path.glob("got-*")] == ["access-1"] * 2


@pytest.fixture
def tool() -> Iterator[responses.RequestsMock]:
    """The toy with its sign-in service."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def service_on(tool: Any) -> Rotating:
    """Puts a rotating service behind the token URL."""
    service = Rotating()

    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        status, data = service(TOKEN_URL, dict(parse_qsl(request.body)))
        assert "X-Api-Key" not in request.headers
        return status, {}, orjson.dumps(data)

    tool.add_callback(responses.POST, TOKEN_URL, answer)
    return service


def test_the_door_adds_the_token_and_renews_it_once_after_a_401(tool: Any, open_toy: Any) -> None:
    service, store = service_on(tool), MemoryStore()
    seen: list[str] = []

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        seen.append(request.headers["Authorization"])
        return (200, {}, "[1]") if seen[-1] == "Bearer access-2" else (401, {}, "expired")

    tool.add_callback(responses.GET, BASE + "/items", answer)
    assert open_toy(oauth=CREDENTIAL, tokens=store).get("/items") == [1]
    assert seen == ["Bearer access-1", "Bearer access-2"]
    assert service.calls == 2


def test_a_second_401_is_refused_without_another_refresh(tool: Any, open_toy: Any) -> None:
    service = service_on(tool)
    tool.add(responses.GET, BASE + "/items", status=401)
    with pytest.raises(Refused, match="401"):
        open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items")
    assert service.calls == 2


def test_no_token_appears_in_an_error(tool: Any, open_toy: Any) -> None:
    service_on(tool)
    echo = "access-1 refresh-1 refresh-0 client-canary"
    tool.add(responses.GET, BASE + "/items", status=400, body=echo)
    with pytest.raises(Exception, match=r"\*\*\* \*\*\* \*\*\* \*\*\*") as caught:
        open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items")
    assert not any(secret in f"{caught.value!r}" for secret in echo.split())


def test_tokens_and_credentials_do_not_show_themselves() -> None:
    assert "secret" not in repr(Tokens("secret-a", "secret-b"))
    assert "canary" not in repr(CREDENTIAL)
    assert "refresh-0" not in repr(CREDENTIAL)


def test_a_failing_service_is_tried_again_like_any_other(tool: Any, open_toy: Any) -> None:
    tool.add(responses.POST, TOKEN_URL, status=503)
    tool.add(responses.POST, TOKEN_URL, json={"access_token": "a-1"})
    tool.add(responses.GET, BASE + "/items", json=[1])
    assert open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items") == [1]


def test_oauth_without_a_store_is_a_mistake_of_the_caller(open_toy: Any) -> None:
    with pytest.raises(TypeError, match="tokens"):
        open_toy(oauth=CREDENTIAL)


def test_nothing_is_older_than_a_year(time: Any) -> None:
    store = MemoryStore()
    tokens = bearer(time, lambda *_: (200, {"access_token": "a-1", "expires_in": 1e18}), store)
    tokens.token()
    refresh_at = store.saved[tokens.key].refresh_at
    assert refresh_at is not None
    assert refresh_at - time.now() < timedelta(days=366)


def test_a_client_signs_in_with_its_own_credentials(time: Any) -> None:
    forms: list[Mapping[str, str]] = []

    def service(_url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        forms.append(form)
        return 200, {"access_token": f"access-{len(forms)}"}

    tokens = bearer(time, service, MemoryStore(), OAuth(TOKEN_URL, "client", "client-canary"))
    assert tokens.token() == "access-1"
    assert tokens.renew("access-1") == "access-2"
    assert forms[1] == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "client-canary",
    }


def test_with_its_own_credentials_a_client_asks_for_a_scope_where_there_is_one(time: Any) -> None:
    forms: list[Mapping[str, str]] = []

    def service(_url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        forms.append(form)
        return 200, {"access_token": "access"}

    credential = OAuth(TOKEN_URL, "client", "client-canary", scope="read")
    bearer(time, service, MemoryStore(), credential).token()
    assert forms[0]["scope"] == "read"


def test_a_refresh_token_that_comes_unasked_does_not_take_the_place_of_the_clients_own(
    time: Any,
) -> None:
    forms: list[Mapping[str, str]] = []

    def service(_url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        forms.append(form)
        return 200, {"access_token": f"access-{len(forms)}", "refresh_token": "unasked"}

    tokens = bearer(time, service, MemoryStore(), OAuth(TOKEN_URL, "client", "client-canary"))
    assert tokens.renew(tokens.token()) == "access-2"
    assert {form["grant_type"] for form in forms} == {"client_credentials"}


def test_an_assertion_is_signed_anew_for_every_token(time: Any) -> None:
    forms: list[Mapping[str, str]] = []

    def service(_url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        forms.append(form)
        return 200, {"access_token": f"access-{len(forms)}", "expires_in": 100}

    credential = OAuth(TOKEN_URL, "client", assertion=lambda now: f"signed at {now:%H:%M:%S}")
    tokens = bearer(time, service, MemoryStore(), credential)
    tokens.token()
    time.sleep(80)
    assert tokens.token() == "access-2"
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert forms == [
        {"grant_type": grant, "assertion": "signed at 09:00:00"},
        {"grant_type": grant, "assertion": "signed at 09:01:20"},
    ]


def test_accounts_of_one_client_keep_their_tokens_apart(time: Any) -> None:
    keys = {
        bearer(time, Rotating(), MemoryStore(), OAuth(TOKEN_URL, "client", subject=subject)).key
        for subject in ("", "ada@example.com", "bo@example.com")
    }
    assert len(keys) == 3


def test_a_page_instead_of_tokens_condemns_no_credential(tool: Any, open_toy: Any) -> None:
    tool.add(responses.POST, TOKEN_URL, body="<html>Sign in to the hotel's network</html>")
    tool.add(responses.POST, TOKEN_URL, json={"access_token": "a-1"})
    tool.add(responses.GET, BASE + "/items", json=[1])
    assert open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items") == [1]


def test_a_busy_sign_in_service_is_waited_for(tool: Any, open_toy: Any, time: Any) -> None:
    tool.add(responses.POST, TOKEN_URL, status=429, headers={"Retry-After": "40"})
    tool.add(responses.POST, TOKEN_URL, json={"access_token": "a-1"})
    tool.add(responses.GET, BASE + "/items", json=[1])
    assert open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items") == [1]
    assert time.slept == [40]


def test_a_sign_in_service_busy_for_hours_is_left_to_the_planner(
    tool: Any, open_toy: Any, time: Any
) -> None:
    tool.add(responses.POST, TOKEN_URL, status=503, headers={"Retry-After": "7200"})
    with pytest.raises(Throttled) as caught:
        open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items")
    assert caught.value.until == time.now() + timedelta(hours=2)


def test_the_reason_of_a_refused_sign_in_is_told_without_secrets(tool: Any, open_toy: Any) -> None:
    told = {"error": "invalid_grant", "error_description": "client-canary is not approved"}
    tool.add(responses.POST, TOKEN_URL, status=400, json=told)
    with pytest.raises(Refused, match=r"invalid_grant: \*\*\* is not approved"):
        open_toy(oauth=CREDENTIAL, tokens=MemoryStore()).get("/items")


BEARER = OAuth(
    TOKEN_URL, "app", assertion=lambda now: f"canary signed at {now:%H:%M:%S}", bearer=True
)


def exchange(tool: Any, time: Any, **said: Any) -> list[tuple[str, bytes | None]]:
    """A service that gives a token good for an hour for whoever shows an assertion."""
    asked: list[tuple[str, bytes | None]] = []

    def answer(request: Any) -> tuple[int, dict[str, str], bytes]:
        asked.append((request.headers["Authorization"], request.body))
        ends = (time.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        told = {"token": f"access-{len(asked)}", "expires_at": ends, **said}
        return 201, {}, orjson.dumps(told)

    tool.add_callback(responses.POST, TOKEN_URL, answer)
    tool.add(responses.GET, BASE + "/items", json=[1])
    return asked


def test_an_assertion_may_be_the_bearer_of_a_post_without_a_form(
    tool: Any, open_toy: Any, time: Any
) -> None:
    asked, store = exchange(tool, time), MemoryStore()
    door = open_toy(oauth=BEARER, tokens=store)
    assert [door.get("/items") for _ in range(2)] == [[1], [1]]
    time.sleep(48 * 60)
    door.get("/items")
    assert asked == [
        ("Bearer canary signed at 09:00:00", None),
        ("Bearer canary signed at 09:48:00", None),
    ]
    used = [call.request.headers["Authorization"] for call in tool.calls if "items" in call[0].url]
    assert used == ["Bearer access-1", "Bearer access-1", "Bearer access-2"]


@pytest.mark.parametrize("ends", [None, "soon", "2026-01-01T00:00:00", 7])
def test_a_token_whose_end_is_not_said_is_used_until_it_is_refused(
    tool: Any, open_toy: Any, time: Any, ends: Any
) -> None:
    asked, store = exchange(tool, time, expires_at=ends), MemoryStore()
    door = open_toy(oauth=BEARER, tokens=store)
    door.get("/items")
    time.sleep(86400)
    door.get("/items")
    assert len(asked) == 1


def test_a_refused_assertion_is_told_with_the_reason_and_without_itself(
    tool: Any, open_toy: Any
) -> None:
    said = {"message": "canary signed at 09:00:00 is too far in the future"}
    tool.add(responses.POST, TOKEN_URL, status=401, json=said)
    with pytest.raises(Refused, match=r"401: \*\*\* is too far in the future"):
        open_toy(oauth=BEARER, tokens=MemoryStore()).get("/items")


def test_a_sign_in_service_that_forbids_for_a_while_condemns_no_credential(
    tool: Any, open_toy: Any, time: Any
) -> None:
    tool.add(responses.POST, TOKEN_URL, status=403, headers={"Retry-After": "20"})
    exchange(tool, time)
    assert open_toy(oauth=BEARER, tokens=MemoryStore()).get("/items") == [1]
    assert time.slept == [20]
