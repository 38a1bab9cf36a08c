"""From the configuration to digests: who is subscribed, which channels there are, what is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any, cast

import sqlalchemy as sa
import structlog

from sync_engine.connect import open_vault
from sync_engine.digest import periods
from sync_engine.digest.audience import Audiences
from sync_engine.digest.channels.base import Channel
from sync_engine.digest.channels.configured import boards
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.channels.file import FileChannel
from sync_engine.digest.links import Links
from sync_engine.digest.model import Ladder, Subscription
from sync_engine.digest.read import Store
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.filters import FLAG, flag_condition
from sync_engine.secrets import SecretError, mail_password
from sync_engine.settings import Configuration, Digest, Problem, Settings, SettingsError
from sync_engine.settings.digests import BUILT_IN, Escalate
from sync_engine.store.vault import VaultError

log = structlog.get_logger()


@dataclass(frozen=True)
class QuietDays:
    """Days on which nothing is sent; a container of dates."""

    weekdays: frozenset[int] = frozenset()
    days: frozenset[date] = frozenset()
    holidays: Any = field(default=(), compare=False)

    def __contains__(self, day: object) -> bool:
        """Whether a day is quiet."""
        if not isinstance(day, date):
            return False
        return day.weekday() in self.weekdays or day in self.days or day in self.holidays


def calendar_of(settings: Settings) -> WorkCalendar:
    """The PMO's working days."""
    calendar = settings.calendar
    return WorkCalendar.of(calendar.country, calendar.region, calendar.days_off, calendar.weekend)


def moment_of(settings: Settings, now: datetime) -> Moment:
    """An instant with the zone and the calendar in which its day is counted."""
    return Moment(now, settings.zone, calendar_of(settings))


def subscriptions(configuration: Configuration) -> list[Subscription]:
    """Every configured digest; those of one name are one subscription.

    Raises:
        SettingsError: the file says of one that it is sent at what is no time.
    """
    if problems := wrong_times(configuration):
        raise SettingsError(configuration.source.file, problems)
    settings = configuration.settings
    parts: dict[str, list[Subscription]] = {}
    for digest in settings.digests:
        parts.setdefault(digest.key, []).append(_subscription(settings, digest))
    return [replace(first, also=tuple(others)) for first, *others in parts.values()]


def wrong_times(configuration: Configuration) -> list[Problem]:
    """Digests whose `when` is no schedule."""
    settings, found = configuration.settings, []
    for index, digest in enumerate(settings.digests):
        try:
            periods.parse(digest.when, digest.zone or settings.timezone)
        except ValueError as error:
            place = configuration.source.place(("digests", index, "when"))
            found.append(Problem(f"digests.{digest.key}.when: {error}", place))
    return found


def _subscription(settings: Settings, digest: Digest) -> Subscription:
    return Subscription(
        name=digest.key,
        to=digest.addresses,
        title=digest.title or digest.name or "Your work",
        when=digest.when,
        zone=digest.zone or settings.timezone,
        scope=digest.scope,
        severities=frozenset(digest.severities),
        channels=tuple(name for name in digest.channels if name in BUILT_IN),
        boards=tuple(name for name in digest.channels if name not in BUILT_IN),
        only_changes=digest.only_changes,
        cap=digest.cap,
        quiet=_quiet(settings, digest),
        roles=digest.roles,
        fallback=digest.fallback,
        escalate=_ladder(digest.escalate),
    )


def _ladder(escalate: Escalate | None) -> Ladder | None:
    if escalate is None:
        return None
    count, unit = escalate.span
    return Ladder(count, cast("Any", unit), escalate.to)


def _quiet(settings: Settings, digest: Digest) -> QuietDays:
    held = digest.quiet_days
    holidays: Any = ()
    if "holidays" in held and settings.calendar.country:
        from holidays import country_holidays

        holidays = country_holidays(settings.calendar.country, subdiv=settings.calendar.region)
    own = settings.calendar.days_off if "holidays" in held else ()
    return QuietDays(
        frozenset(day for day in held if isinstance(day, int)),
        frozenset((*(day for day in held if isinstance(day, date)), *own)),
        holidays,
    )


def channels(
    configuration: Configuration, environ: Mapping[str, str] = os.environ
) -> dict[str, Channel]:
    """The ways out that are configured. Their secrets are fetched when they send: if one cannot be
    had, the others go on."""
    settings = configuration.settings
    found: dict[str, Channel] = {"file": FileChannel(configuration.path(settings.files.folder))}
    if settings.mail is not None:
        mail = settings.mail
        name, address = parseaddr(mail.sender)
        found["email"] = EmailChannel(
            MailSettings(
                host=mail.host,
                port=mail.port,
                security=mail.security,
                user=mail.user,
                sender=address,
                sender_name=name or "Flagstaff",
                reply_to=parseaddr(mail.reply_to)[1] if mail.reply_to else None,
            ),
            lambda: mail_password(configuration, environ),
        )
    return found | boards(configuration, environ)


def audiences(configuration: Configuration, engine: sa.Engine, now: datetime) -> Audiences:
    """Says who is told what, where that hangs on who owns the work."""
    moment = moment_of(configuration.settings, now)
    return Audiences(
        where=lambda scope: flag_condition(scope, moment, engine.dialect.name, FLAG),
        calendar=moment.calendar,
    )


def links(configuration: Configuration, engine: sa.Engine) -> Links | None:
    """Makes and reads the links by which readers act; None without an address for them.

    Raises:
        SecretError: the key that signs them cannot be had.
    """
    url = configuration.settings.web.url
    if url is None:
        return None
    try:
        vault = open_vault(configuration, engine)
    except VaultError as error:
        said = f"the links in digests cannot be signed: {error.message} {error.advice}"
        raise SecretError(said.rstrip(".")) from None
    return Links(vault.derived("links in digests"), url.rstrip("/"))


def links_if_any(configuration: Configuration, engine: sa.Engine) -> Links | None:
    """The same for a digest, which goes out without them where there is no key, and says so."""
    try:
        return links(configuration, engine)
    except SecretError as error:
        log.error("digests go out without links that act", error=str(error))  # noqa: TRY400 - its sentence is for whoever must act
        return None


def reader(configuration: Configuration, engine: sa.Engine, now: datetime) -> Store:
    """Reads from the store what digests are made of."""
    moment = moment_of(configuration.settings, now)
    return Store(
        where=lambda scope: flag_condition(scope, moment, engine.dialect.name, FLAG),
        intervals=configuration.settings.intervals,
    )
