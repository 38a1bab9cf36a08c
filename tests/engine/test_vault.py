"""Sealed credentials: they open under their own name with their own key, and nowhere else."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.sdk.oauth import Tokens
from sync_engine.connect import KEY_FILE, key_file
from sync_engine.settings import load
from sync_engine.store.vault import KEY_BYTES, StoreTokens, Vault, VaultError

TOKENS = Tokens("canary-access", "canary-refresh", datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def vault() -> Vault:
    return Vault(AESGCM.generate_key(bit_length=256))


def test_what_is_saved_is_loaded(store: sa.Engine, vault: Vault) -> None:
    tokens = StoreTokens(store, vault)
    assert tokens.load("crm") is None
    tokens.save("crm", TOKENS)
    assert tokens.load("crm") == TOKENS


def test_the_store_never_holds_a_token_in_clear(store: sa.Engine, vault: Vault) -> None:
    StoreTokens(store, vault).save("crm", TOKENS)
    with store.connect() as connection:
        [(sealed,)] = connection.execute(sa.text("SELECT sealed FROM credential")).all()
    assert "canary" not in sealed


def test_a_token_moved_to_another_row_does_not_open(store: sa.Engine, vault: Vault) -> None:
    tokens = StoreTokens(store, vault)
    tokens.save("crm", TOKENS)
    with store.begin() as connection:
        connection.execute(sa.text("UPDATE credential SET key = 'erp'"))
    with pytest.raises(VaultError, match="erp is damaged"):
        tokens.load("erp")


def test_a_key_file_that_cannot_be_made_says_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLAGSTAFF_KEY", raising=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(VaultError, match="cannot be made") as refused:
        Vault.open(tmp_path / "file" / "key")
    assert str(tmp_path / "file" / "key") in refused.value.message
    assert "FLAGSTAFF_KEY" in refused.value.advice


def test_the_key_lies_where_flagstaff_writes_anyway_and_where_it_is_stays(
    sqlite_store: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container or a service may write nothing but the folders of its store and its state."""
    monkeypatch.setenv("FLAGSTAFF_STATE", str(tmp_path / "state"))
    configured = tmp_path / "etc"
    configured.mkdir()
    configuration = load(configured / "flagstaff.yaml", optional=True)
    beside_store = Path(str(sqlite_store.url.database)).parent / KEY_FILE
    assert key_file(configuration, sqlite_store) == beside_store
    postgres = sa.create_engine("postgresql+psycopg://db.example.com/flagstaff")
    assert key_file(configuration, postgres) == tmp_path / "state" / KEY_FILE
    (configured / KEY_FILE).write_bytes(b"k" * KEY_BYTES)
    assert key_file(configuration, sqlite_store) == configured / KEY_FILE
    assert key_file(configuration, postgres) == configured / KEY_FILE
    (configured / KEY_FILE).unlink()
    monkeypatch.delenv("FLAGSTAFF_STATE")
    assert key_file(configuration, postgres) == configured / KEY_FILE


def test_another_key_is_told_apart_from_damage(store: sa.Engine, vault: Vault) -> None:
    StoreTokens(store, vault).save("crm", TOKENS)
    other = StoreTokens(store, Vault(AESGCM.generate_key(bit_length=256)))
    with pytest.raises(VaultError, match="another master key"):
        other.load("crm")


def test_a_truncated_token_is_refused(store: sa.Engine, vault: Vault) -> None:
    tokens = StoreTokens(store, vault)
    tokens.save("crm", TOKENS)
    with store.begin() as connection:
        connection.execute(sa.text("UPDATE credential SET sealed = substr(sealed, 1, 60)"))
    with pytest.raises(VaultError):
        tokens.load("crm")


def test_what_is_saved_under_the_lock_is_durable_at_once(store: sa.Engine, vault: Vault) -> None:
    tokens = StoreTokens(store, vault)
    with tokens.lock("crm"):
        tokens.save("crm", TOKENS)
        assert StoreTokens(store, vault).load("crm") == TOKENS


def test_the_lock_lets_one_in_at_a_time(store: sa.Engine, vault: Vault) -> None:
    tokens = StoreTokens(store, vault)
    inside = threading.Lock()
    entered: list[int] = []
    clashes: list[int] = []

    def work(number: int) -> None:
        for _ in range(5):
            with tokens.lock("crm"):
                if not inside.acquire(blocking=False):
                    clashes.append(number)
                    continue
                tokens.save("crm", TOKENS)
                entered.append(number)
                inside.release()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(entered), clashes) == (20, [])


def test_the_key_file_is_private_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "key"
    sealed = Vault.open(file).seal("crm", b"secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Vault.open(file).unseal("crm", sealed) == b"secret"
