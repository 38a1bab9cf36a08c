"""Signing in as an installation of a GitHub App."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from connectors.github.connector import GitHub
from connectors.github.options import GitHubOptions
from connectors.github.sandbox import GitHubSandbox
from connectors.github.sandbox_app import APP, INSTALLATION
from connectors.github.sign_in import assertion
from connectors.sdk.errors import Refused
from connectors.sdk.sandbox import Reply
from tests.conformance import checks, checks_faults, checks_reading
from tests.conformance.checks import Check
from tests.conformance.reading import Subject
from tests.connectors_github.conftest import NOW, Tool

Open = Callable[..., Tool]
EXCHANGE = f"/app/installations/{INSTALLATION}/access_tokens"


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A private key as GitHub gives it, and its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def app_of(tool_of: Open, keys: tuple[str, str]) -> Open:
    """Makes a GitHub that an App reads."""

    def make(**options: Any) -> Tool:
        signed = {"token": None, "app_id": 4711, "installation_id": 99, "private_key": keys[0]}
        return tool_of(of_sandbox={"board": False, "public_key": keys[1]}, **{**signed, **options})

    return make


def exchanges(tool: Tool) -> list[Any]:
    return [request for request in tool.sandbox.log if request.path == EXCHANGE]


def test_an_installation_reads_what_an_account_reads(app_of: Open, tool_of: Open) -> None:
    app, account = app_of(), tool_of()
    for stream in GitHub.streams:
        assert app.read(stream).records(stream) == account.read(stream).records(stream)
    assert len(exchanges(app)) == 1
    paths = {request.path for request in app.sandbox.log}
    assert "/installation/repositories" in paths
    assert not paths & {"/user", "/user/repos"}


def test_check_names_the_app_and_its_repositories(app_of: Open) -> None:
    identity = app_of().connector.check()
    assert identity.account == "GitHub App 4711, installation 99"
    assert identity.server_time == NOW
    assert len(identity.scopes) == 3
    assert identity.warnings == []


def test_an_app_that_is_installed_nowhere_is_told(app_of: Open) -> None:
    tool = app_of()
    tool.sandbox.interfere = lambda request: (
        Reply.of({"total_count": 0, "repositories": []})
        if request.path == "/installation/repositories"
        else None
    )
    [warning] = tool.connector.check().warnings
    assert "installation 99 has a part in no repository" in warning


def test_a_token_is_replaced_before_its_hour_is_over(app_of: Open) -> None:
    tool = app_of()
    tool.connector.check()
    tool.later(minutes=47)
    tool.connector.check()
    assert len(exchanges(tool)) == 1
    tool.later(minutes=2)
    tool.connector.check()
    assert len(exchanges(tool)) == 2
    assert all(request.body == b"" for request in exchanges(tool))


def test_a_token_that_is_revoked_is_replaced_once(app_of: Open) -> None:
    tool = app_of()
    tool.connector.check()
    tool.sandbox.app.revoke()
    assert tool.read("tasks").items
    assert tool.sandbox.app.given == 2


def test_an_assertion_is_short_lived_and_begins_a_minute_ago(keys: tuple[str, str]) -> None:
    config = GitHubOptions.model_validate(
        {"app_id": "Iv23.abc", "installation_id": 99, "private_key": keys[0]}
    )
    claims = jwt.decode(
        assertion(config, NOW), keys[1], algorithms=["RS256"],
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    assert claims["iss"] == "Iv23.abc"
    assert claims["iat"] == NOW.timestamp() - 60
    life = timedelta(seconds=claims["exp"] - claims["iat"])
    assert timedelta(minutes=5) < life < timedelta(minutes=10)
    assert claims.keys() == {"iss", "iat", "exp"}


def test_a_key_that_is_none_is_refused_and_not_shown(app_of: Open) -> None:
    with pytest.raises(Refused, match="cannot be read") as caught:
        app_of(private_key="my-canary-key").connector.check()
    assert "PEM" in caught.value.advice
    assert "canary" not in f"{caught.value!r}{caught.value.__context__!r}{caught.value.__cause__!r}"


@pytest.mark.parametrize("wrong", [{"app_id": 1}, {"installation_id": 7}])
def test_another_app_or_installation_is_refused_with_the_reason(
    app_of: Open, wrong: dict[str, int]
) -> None:
    reason = "JSON web token" if "app_id" in wrong else "Not Found"
    with pytest.raises(Refused, match=reason):
        app_of(**wrong).connector.check()


def test_installations_of_one_app_have_limits_and_tokens_of_their_own() -> None:
    def credential(installation: int) -> Any:
        config = GitHubOptions.model_validate(
            {"app_id": APP, "installation_id": installation, "private_key": "k"}
        )
        return GitHub.access(config).oauth

    one, other = credential(1), credential(2)
    assert (one.subject, one.token_url) != (other.subject, other.token_url)
    assert one.client_id == other.client_id == APP


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"app_id": 1, "installation_id": 2},
        {"app_id": 1, "private_key": "k"},
        {"token": "t", "private_key": "k"},
        {"token": "t", "app_id": 1},
        {"app_id": 1, "installation_id": 0, "private_key": "k"},
    ],
)
def test_one_signs_in_one_way(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"token|installation_id"):
        GitHubOptions.model_validate(options)


@pytest.mark.parametrize(
    "check",
    [
        checks_reading.check_tells_who_we_are,
        checks_reading.later_changes_are_read,
        checks_reading.a_hidden_container_harms_no_other,
        checks_faults.a_wrong_credential_is_refused,
        checks_faults.a_failed_request_never_ends_a_full_pull_well,
        checks_faults.secrets_appear_nowhere,
        checks.options_are_described,
    ],
    ids=lambda check: check.__name__,
)
def test_an_app_keeps_the_contract(check: Check, keys: tuple[str, str]) -> None:
    class ByApp(GitHubSandbox):
        def options(self, base_url: str) -> dict[str, Any]:
            signed = {"app_id": APP, "installation_id": INSTALLATION, "private_key": keys[0]}
            return {**super().options(base_url), "token": None, **signed}

    check(Subject(GitHub, lambda *args: ByApp(*args, public_key=keys[1], page_size=4)))
