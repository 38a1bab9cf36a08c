"""Secrets are fetched late, told apart from what they are for, and taken out of texts."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_engine.secrets import (
    SecretError,
    connection_options,
    fetch,
    scrub,
    store_url,
)
from sync_engine.settings import Configuration, Registry
from sync_engine.settings.fingerprint import mapping_fingerprint, scope_fingerprint

Read = Callable[[str], Configuration]
CANARY = "canary-5f1d-secret/value+1"


def test_a_secret_comes_from_the_environment_a_file_or_a_command(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    assert fetch("env:TOKEN", "it", tmp_path, {"TOKEN": CANARY}) == CANARY
    assert fetch("file:token", "it", tmp_path, {}) == CANARY
    command = f"{sys.executable} -c 'print(\"{CANARY}\")'"
    assert fetch(f"cmd:{command}", "it", tmp_path, {}) == CANARY
    assert fetch(CANARY, "it", tmp_path, {}) == CANARY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("env:TOKEN", "the environment variable TOKEN is not set"),
        ("env:EMPTY", "is empty"),
        ("file:nowhere", "cannot be read"),
        ("file:.", "cannot be read"),
        ("cmd:no-such-program-here", "cannot be run"),
        ("cmd:'unbalanced", "cannot be run"),
        (f"cmd:{sys.executable} -c 'raise SystemExit(3)'", "ended with code 3"),
    ],
)
def test_a_missing_secret_names_what_needs_it(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SecretError, match=why) as caught:
        fetch(text, "connection engineering, option token", tmp_path, {"EMPTY": " "})
    assert "connection engineering, option token" in str(caught.value)


def test_options_are_completed_only_when_asked(
    read: Read, registry: Registry, connection: str
) -> None:
    configuration = read(connection)
    held = configuration.connection("engineering")
    board = registry.get("board")
    with pytest.raises(SecretError, match="BOARD_TOKEN is not set"):
        connection_options(held, board, configuration.folder, {})
    options = connection_options(held, board, configuration.folder, {"BOARD_TOKEN": CANARY})
    assert options.token.get_secret_value() == CANARY
    assert CANARY not in repr(options)


def test_a_fetched_value_that_does_not_do_is_not_repeated(
    read: Read, registry: Registry, connection: str
) -> None:
    configuration = read(connection)
    with pytest.raises(SecretError, match="option token: the fetched value does not do") as caught:
        connection_options(
            configuration.connection("engineering"),
            registry.get("board"),
            configuration.folder,
            {"BOARD_TOKEN": "short77"},
        )
    assert "short77" not in str(caught.value)


def test_what_was_fetched_is_known_to_the_whole_process(
    read: Read, registry: Registry, connection: str, tmp_path: Path
) -> None:
    fetch("env:ANOTHER", "it", tmp_path, {"ANOTHER": "another-canary-77"})
    assert "another-canary-77" not in scrub("it said another-canary-77!")
    configuration = read(connection)
    environ = {"BOARD_TOKEN": CANARY}
    held = configuration.connection("engineering")
    connection_options(held, registry.get("board"), configuration.folder, environ)
    sent = b64encode(f"pmo:{CANARY}".encode()).decode()
    assert sent not in scrub(f"Authorization: Basic {sent}")


def test_the_store_lies_beside_the_file_unless_the_environment_says_where(
    read: Read, tmp_path: Path
) -> None:
    configuration = read("store: sqlite:///data/pmo.db\n")
    assert store_url(configuration, {}) == f"sqlite:///{tmp_path}/data/pmo.db"
    assert store_url(configuration, {"FLAGSTAFF_STORE": "sqlite:///x.db"}) == "sqlite:///x.db"
    absolute = read("store: sqlite:////srv/pmo.db\n")
    assert store_url(absolute, {}) == "sqlite:////srv/pmo.db"
    secret = read('store: "env:PMO_STORE"\n')
    url = "postgresql://pmo:swordfish99@db.example.com/pmo"
    assert store_url(secret, {"PMO_STORE": url}) == url
    assert "swordfish99" not in scrub("cannot connect with swordfish99")


def test_fingerprints_follow_scope_and_mapping_and_not_secrets(
    read: Read, registry: Registry
) -> None:
    def prints(text: str, token: str = "first-token") -> tuple[str, str]:
        configuration = read(text)
        held = configuration.connection("a")
        options = connection_options(
            held, registry.get("board"), configuration.folder, {"T": token}
        )
        return scope_fingerprint(held, options), mapping_fingerprint(configuration.settings, held)

    base = "connections: [{name: a, connector: board, options: {token: env:T, boards: [X]}}]\n"
    scope, mapping = prints(base)
    assert prints(base, "second-token") == (scope, mapping)
    assert prints(base.replace("{token", "{allow_private_network: true, token")) == (scope, mapping)
    assert prints(base.replace("{token", "{quota_share: 50, token")) == (scope, mapping)
    other_scope, same_mapping = prints(base.replace("[X]", "[X, Y]"))
    assert other_scope != scope
    assert same_mapping == mapping
    same_scope, other_mapping = prints(base + "timezone: Europe/Berlin\n")
    assert same_scope == scope
    assert other_mapping != mapping
    words = base.replace("name: a", "name: a, mapping: {status: {Parked: cancelled}}")
    assert prints(words)[1] != mapping
