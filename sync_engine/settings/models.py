"""Every option of the configuration file, with its meaning. The reference page, the JSON Schema
and the checks come from here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    SecretStr,
    model_validator,
)

from sync_engine.settings.base import Section, Severity, Zone
from sync_engine.settings.digests import Digest, Files, Mail, Way, fitting
from sync_engine.settings.nearest import nearest
from sync_engine.settings.signing_in import Oidc
from sync_engine.settings.values import (
    Census,
    Day,
    Duration,
    Schedule,
    Share,
    Weekday,
)

Status = Literal["todo", "in_progress", "done", "cancelled"]
Redacted = Literal["descriptions", "comments"]


class Calendar(Section):
    """The working days from which ages and deadlines are counted."""

    country: str | None = Field(
        None, description="ISO 3166 code of the country whose public holidays are days off."
    )
    region: str | None = Field(
        None, description="ISO 3166-2 code of the state, province or canton, without the country."
    )
    days_off: tuple[Day, ...] = Field((), description="Further days off, as ISO dates.")
    weekend: tuple[Weekday, ...] = Field((5, 6), description="The days of the week without work.")

    @model_validator(mode="after")
    def _known(self) -> Calendar:
        if self.region and not self.country:
            raise ValueError("a region needs the country it lies in")
        if len(set(self.weekend)) == 7:
            raise ValueError("a week needs at least one working day")
        if self.country:
            _check_holidays(self.country, self.region)
        return self


def _check_holidays(country: str, region: str | None) -> None:
    import holidays
    from holidays.registry import COUNTRIES

    codes = {code for _, *names in COUNTRIES.values() for code in names}
    if country not in codes:
        raise ValueError(
            f'no public holidays are known for the country "{country}"{nearest(country, codes)}; '
            "write its two-letter ISO code, or leave it out and list `days_off`"
        )
    regions = getattr(holidays, country).subdivisions
    if region and region not in regions:
        raise ValueError(
            f'{country} has no region "{region}"{nearest(region, regions)}; '
            f"known: {', '.join(regions) or 'none'}"
        )


class Mapping(Section):
    """What this connection's own words mean."""

    status: dict[str, Status] = Field(
        default_factory=dict,
        description="The tool's status word and what it means: todo, in_progress, done or "
        "cancelled. Words that are not listed mean what the tool's own category says.",
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="A fact that standards use, and the name or id of the tool's custom field "
        "that holds it.",
    )


class Guard(Section):
    """When a census is held for an admin's word: it would retire more than `share` and at least
    `items` of a scope."""

    share: Share = Field(0.2, description="Share of a scope's items that may vanish at once.")
    items: int = Field(10, ge=1, description="Number of items below which nothing is held.")


class Webhook(Section):
    """How the tool may call us, so that a change is read within seconds."""

    secret: SecretStr = Field(
        description="Signs the tool's calls, or is told by the tool; the address that it calls "
        "follows from it (`flagstaff connections webhooks`).",
    )
    previous: SecretStr | None = Field(
        None, description="The secret before; believed too, until you take it out."
    )


class Writeback(Section):
    """Which flags are written as a comment on the item itself: one comment for a flag, kept up to
    date, and closed when the flag is solved. Needs a credential that may comment."""

    severities: tuple[Severity, ...] = Field(
        (), description="Flags of these severities; absent: of any."
    )
    standards: tuple[str, ...] = Field(
        (), description="Flags of these standards, by id; absent: of any."
    )
    after: str = Field(
        "1 working day",
        pattern=r"^\s*\d{1,3} (working day|day|week)s?\s*$",
        description='How long a flag is open before it is written: "1 working day", "3 days"; '
        '"0 days": at once.',
    )
    team_daily: int = Field(
        5,
        ge=1,
        description="New comments a day for the people under one lead; where nobody is known to "
        "lead the owner, for one project.",
    )
    daily: int = Field(50, ge=1, description="Changes a day in this connection, of any kind.")

    @model_validator(mode="after")
    def _chosen(self) -> Writeback:
        if not self.severities and not self.standards:
            raise ValueError(
                "say which flags are written back: `severities: [critical]`, or `standards` by id"
            )
        return self

    @property
    def patience(self) -> tuple[int, str]:
        """The number of `after` and its unit, in the plural."""
        count, _, unit = self.after.strip().partition(" ")
        return int(count), unit.rstrip("s") + "s"


class Connection(Section):
    """One account in one tool."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="Your name for it: letters, digits, dots, dashes and underscores.",
    )
    connector: str = Field(description="The kind of tool.")
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Address, credential and scope; which options there are depends on the "
        "connector.",
    )
    enabled: bool = Field(True, description="Off: kept in the store as it is, not read any more.")
    every: Duration = Field(timedelta(minutes=5), description="How often changes are pulled.")
    census: Census = Field(
        Schedule.daily(2),
        description="When every id is listed to learn what is gone: a time, a duration, or off.",
    )
    mapping: Mapping = Field(default_factory=Mapping, description="What the tool's words mean.")
    guard: Guard = Field(
        default_factory=Guard, description="Protection against retiring much of a scope at once."
    )
    webhook: Webhook | None = Field(
        None, description="Let the tool call us (needs `web: url`); absent: it is only pulled."
    )
    writeback: Writeback | None = Field(
        None, description="Flags as comments on the items themselves; absent: nothing is written."
    )
    redact: tuple[Redacted, ...] = Field(
        (),
        description="What is kept nowhere. Raw items are then not kept either, and standards that "
        "need what is left out are not assessable here.",
    )


class Baselines(Section):
    """When plans are kept by themselves as what was agreed; see `flagstaff baselines`."""

    at_start: bool = Field(
        False, description="When work is first seen in progress in a project without a baseline."
    )
    every: Literal["week", "month", "quarter"] | None = Field(
        None, description="Once in each of these, at its first complete read; absent: never."
    )
    projects: str | None = Field(
        None,
        description="Of which active projects, as a condition of the standards' language; absent: "
        "of all.",
    )


class StandardSetting(Section):
    """What differs from the pack for one standard. Every further key is one of the standard's
    own parameters."""

    enabled: bool | None = Field(None, description="Switch the standard on or off.")
    severity: Severity | None = Field(None, description="Severity of its flags.")
    scope: str | None = Field(
        None, description="Which subjects are assessed, instead of the pack's scope."
    )
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="The standard's own parameters; they may also stand beside the other keys.",
    )

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any) -> Any:
        if isinstance(value, bool) or value in ("on", "off"):
            return {"enabled": value in ("on", True)}
        if not isinstance(value, dict):
            return value
        known = {key: each for key, each in value.items() if key in cls.model_fields}
        further = {key: each for key, each in value.items() if key not in cls.model_fields}
        if not further:
            return known
        return {**known, "params": {**(known.get("params") or {}), **further}}


class Standards(Section):
    """Which standards hold here."""

    packs: tuple[str, ...] = Field(
        ("pmo-core",),
        description="Packs by name, or the path of a pack file of your own (ends in .yaml).",
    )
    set: dict[str, StandardSetting] = Field(
        default_factory=dict,
        description="By standard id: `on` or `off`, or what differs from the pack.",
    )


class Web(Section):
    """The listener for health, metrics and console."""

    listen: str = Field(
        "127.0.0.1:8650",
        pattern=r"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):\d{1,5}$",
        description="Address and port to listen on.",
    )
    url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Address under which people, and tools that call, reach it.",
    )
    oidc: Oidc | None = Field(
        None, description="Signing in with your organisation's account; absent: passwords only."
    )

    @model_validator(mode="after")
    def _comes_back(self) -> Web:
        if self.oidc is not None and self.url is None:
            raise ValueError(
                "`oidc` needs `url`: the address to which the sign-in service sends people back"
            )
        return self


class Log(Section):
    """What is logged on standard error."""

    format: Literal["json", "plain"] = Field(
        "plain", description="One JSON object a line, or text for people."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least severe events that are logged."
    )


class Retention(Section):
    """How long is kept what is no longer needed to assess the present."""

    gone: Duration = Field(timedelta(days=365), description="Records that are gone in the tool.")
    runs: Duration = Field(timedelta(days=90), description="Log of pulls and censuses.")
    flags: Duration = Field(timedelta(days=730), description="Resolved flags and their history.")
    deliveries: Duration = Field(timedelta(days=180), description="Digests that were sent.")


class Settings(Section):
    """The whole configuration."""

    store: str = Field(
        "sqlite:///flagstaff.db",
        description="URL of the store: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, or "
        "a secret's reference. The environment variable FLAGSTAFF_STORE goes before it.",
    )
    timezone: Zone = Field(
        "UTC", description="The PMO's time zone: it makes days of instants, and is the local time."
    )
    calendar: Calendar = Field(default_factory=Calendar, description="Working days.")
    connections: tuple[Connection, ...] = Field((), description="The accounts that are read.")
    standards: Standards = Field(default_factory=Standards, description="What is checked.")
    baselines: Baselines = Field(default_factory=Baselines, description="What is kept as agreed.")
    people: str | None = Field(
        None, description="File that says who is who across tools, and who leads whom."
    )
    digests: tuple[Digest, ...] = Field((), description="Who is told what, and when.")
    mail: Mail | None = Field(None, description="Needed for the channel `email`.")
    channels: dict[str, Way] = Field(
        default_factory=dict,
        description="Further ways for digests, by a name of yours: a Slack or Teams channel, a "
        "webhook, what Apprise reaches.",
    )
    files: Files = Field(default_factory=Files, description="For the channel `file`.")
    web: Web = Field(default_factory=Web, description="Listener of `flagstaff run`.")
    log: Log = Field(default_factory=Log, description="Logging.")
    retention: Retention = Field(default_factory=Retention, description="What is kept how long.")

    @model_validator(mode="after")
    def _fitting(self) -> Settings:
        fitting(self.digests, self.channels, mail=self.mail is not None)
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Settings:
        called = next((each.name for each in self.connections if each.webhook), None)
        if called is not None and self.web.url is None:
            raise ValueError(
                f'the tool of the connection "{called}" is to call us, and nothing says under '
                "which address; give `web: {url: https://…}`"
            )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The PMO's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def intervals(self) -> dict[str, timedelta]:
        """By connection: how often it is pulled. Nothing reads a connection that is not here."""
        return {connection.name: connection.every for connection in self.connections}
