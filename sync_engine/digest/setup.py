"""From the settings to subscriptions and channels."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from pathlib import Path

from pydantic import SecretStr

from sync_engine.digest.channels.base import Channel
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.channels.file import FileChannel
from sync_engine.digest.model import Subscription
from sync_engine.settings.models import Calendar, Mail, Settings
from sync_engine.settings.models import Digest as DigestSettings


@dataclass(frozen=True, slots=True)
class QuietDays:
    """Days on which nothing is sent: dates, days of the week, holidays."""

    dates: Container[date]
    weekdays: Container[int]
    holidays: Container[date]

    def __contains__(self, day: object) -> bool:
        """Whether a day is quiet."""
        return isinstance(day, date) and (
            day in self.dates or day.weekday() in self.weekdays or day in self.holidays
        )


def subscriptions(settings: Settings) -> list[Subscription]:
    """What the configuration's `digests` say."""
    return [_subscription(digest, settings) for digest in settings.digests]


def _subscription(digest: DigestSettings, settings: Settings) -> Subscription:
    return Subscription(
        name=digest.name or ",".join(digest.to),
        to=digest.to,
        title=digest.title or digest.scope or "Portfolio",
        when=digest.when,
        zone=digest.zone or settings.timezone,
        scope=digest.scope,
        severities=frozenset(digest.severities),
        channels=digest.channels,
        only_changes=digest.only_changes,
        cap=digest.cap,
        quiet=_quiet(digest, settings.calendar),
    )


def _quiet(digest: DigestSettings, calendar: Calendar) -> QuietDays:
    off: Container[date] = frozenset()
    if "holidays" in digest.quiet_days:
        off = frozenset(calendar.days_off)
        if calendar.country:
            import holidays  # half a second: only who asks for holidays pays for them

            public = holidays.country_holidays(calendar.country, calendar.region)
            public.update(list(calendar.days_off))
            off = public
    return QuietDays(
        frozenset(day for day in digest.quiet_days if isinstance(day, date)),
        frozenset(day for day in digest.quiet_days if isinstance(day, int)),
        off,
    )


def channels(
    settings: Settings, *, folder: Path, password: SecretStr | None = None
) -> dict[str, Channel]:
    """The ways out that are set up.

    Args:
        folder: of the configuration file, from which relative paths begin.
        password: the mail server's, fetched from where the settings say.
    """
    ways: dict[str, Channel] = {"file": FileChannel(folder / Path(settings.files.folder))}
    if settings.mail is not None:
        ways["email"] = EmailChannel(_mail(settings.mail, password))
    return ways


def _mail(mail: Mail, password: SecretStr | None) -> MailSettings:
    name, address = parseaddr(mail.sender)
    return MailSettings(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user,
        password=password,
        sender=address,
        sender_name=name or "Flagstaff",
        reply_to=mail.reply_to,
    )
