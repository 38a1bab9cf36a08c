"""From the configuration to subscriptions and channels."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from sync_engine.digest.channels.email import EmailChannel
from sync_engine.digest.channels.file import FileChannel
from sync_engine.digest.periods import parse
from sync_engine.digest.setup import channels, subscriptions
from sync_engine.settings.models import Settings

MAIL = {"host": "mail.example.com", "from": "PMO Office <pmo@example.com>"}


def settings(*digests: dict[str, Any], **values: Any) -> Settings:
    return Settings.model_validate({"mail": MAIL, "digests": list(digests)} | values)


def test_a_digest_of_the_configuration_becomes_a_subscription() -> None:
    (plain, full) = subscriptions(
        settings(
            {"to": "maria@example.com"},
            {
                "to": ["a@example.com", "b@example.com"],
                "name": "core",
                "title": "Core portfolio",
                "scope": 'portfolio = "Core"',
                "severities": ["high"],
                "when": "daily 07:30",
                "zone": "Europe/Warsaw",
                "channels": ["file"],
                "only_changes": True,
                "cap": 3,
            },
            timezone="America/Montreal",
        )
    )
    assert (plain.name, plain.to, plain.title) == (
        "maria@example.com",
        ("maria@example.com",),
        "Portfolio",
    )
    assert (plain.zone, plain.when, plain.scope) == ("America/Montreal", "Mon 08:00", None)
    assert (full.name, full.title, full.zone) == ("core", "Core portfolio", "Europe/Warsaw")
    assert (full.severities, full.channels) == ({"high"}, ("file",))
    assert (full.only_changes, full.cap, full.scope) == (True, 3, 'portfolio = "Core"')
    for subscription in (plain, full):
        parse(subscription.when, subscription.zone, subscription.quiet)


def test_quiet_days_are_dates_weekdays_and_holidays() -> None:
    (subscription,) = subscriptions(
        settings(
            {"to": "a@example.com", "quiet_days": ["Sat", "2026-11-25", "holidays"]},
            calendar={"country": "CA", "region": "QC", "days_off": ["2026-12-28"]},
        )
    )
    november_and_december = [date(2026, 11, n) for n in range(23, 31)]
    november_and_december += [date(2026, 12, n) for n in range(21, 32)]
    assert [day for day in november_and_december if day in subscription.quiet] == [
        date(2026, 11, 25),
        date(2026, 11, 28),
        date(2026, 12, 25),
        date(2026, 12, 26),
        date(2026, 12, 28),
    ]


def test_channels_are_set_up_from_the_configuration(tmp_path: Path) -> None:
    secured = MAIL | {"user": "pmo", "password": "env:MAIL", "reply_to": "help@example.com"}
    ways = channels(
        settings(mail=secured, files={"folder": "out"}),
        folder=tmp_path,
        password=SecretStr("canary"),
    )
    mail, files = ways["email"], ways["file"]
    assert isinstance(mail, EmailChannel)
    assert (mail.settings.sender, mail.settings.sender_name) == ("pmo@example.com", "PMO Office")
    assert (mail.settings.reply_to, mail.settings.security) == ("help@example.com", "starttls")
    assert mail.settings.password is not None
    assert mail.settings.password.get_secret_value() == "canary"
    assert isinstance(files, FileChannel)
    assert files.folder == tmp_path / "out"
    assert set(channels(Settings(), folder=tmp_path)) == {"file"}
