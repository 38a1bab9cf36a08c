"""Digests as files, and the mail as it lies in the store."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.channels.file import FileChannel, safe_name
from sync_engine.digest.model import Subscription
from sync_engine.digest.run import deliver, queue_due
from sync_engine.store.digest_models import Outgoing

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
_outbox = Outgoing.__table__  # type: ignore[attr-defined]


def test_files_are_written_whole_under_safe_names(
    store: sa.Engine, weekly: Subscription, gatherer: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    channels = {"file": FileChannel(folder)}
    hostile = replace(
        weekly, name="../../etc/cron.d/x", to=("../a@example.com",), channels=("file",)
    )
    for now in (SUNDAY, MONDAY):
        queue_due(store, [hostile], now, channels=channels, gather=gatherer)
    (done,) = deliver(store, channels, lambda: MONDAY)
    assert done.state == "sent"
    names = sorted(path.name for path in folder.iterdir())
    assert [Path(n).suffix for n in names] == [".html", ".txt"]
    assert all("/" not in n and not n.startswith(".") and "2026-W48" in n for n in names)
    assert "All is well" in (folder / names[1]).read_text()


def test_a_folder_that_cannot_be_written_is_told_and_tried_again(
    store: sa.Engine, weekly: Subscription, gatherer: Any, tmp_path: Path
) -> None:
    blocked = tmp_path / "out"
    blocked.write_text("a file where the folder should be")
    channels = {"file": FileChannel(blocked)}
    subscription = replace(weekly, channels=("file",))
    for now in (SUNDAY, MONDAY):
        queue_due(store, [subscription], now, channels=channels, gather=gatherer)
    (done,) = deliver(store, channels, lambda: MONDAY)
    assert done.state == "queued"
    assert "could not be written" in done.text
    blocked.unlink()
    (done,) = deliver(store, channels, lambda: MONDAY + timedelta(minutes=2))
    assert done.state == "sent"


@pytest.mark.parametrize(
    "name", ["a/b", "..", ".", "", "a\\b", "con:x", "a" * 300, "naïve", "a\nb", "~", "a b"]
)
def test_names_are_safe_and_stay_different(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not safe.startswith(".")
    assert set(safe) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@.+-")
    assert len(safe) < 80
    assert safe_name("core") == "core"
    assert safe_name(name) != safe_name(name + "/")


def test_a_mail_on_the_store_is_readable(
    store: sa.Engine, weekly: Subscription, plain_mail: MailSettings, gatherer: Any
) -> None:
    channels = {"email": EmailChannel(plain_mail)}
    for now in (SUNDAY, MONDAY):
        queue_due(store, [weekly], now, channels=channels, gather=gatherer)
    with store.connect() as connection:
        row = connection.execute(sa.select(_outbox)).one()
    message = email.message_from_bytes(row.body, policy=default)
    assert message["Message-ID"] == row.message_id
    assert message["Subject"] == row.subject
    assert isinstance(message, EmailMessage)
    text = message.get_body(("plain",))
    assert text is not None
    assert "All is well in Core portfolio: no flag is open." in text.get_content()
