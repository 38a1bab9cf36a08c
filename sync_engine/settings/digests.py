"""The options of digests: who is told what, when, and which way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from sync_engine.settings.base import MAILBOX, Email, Section, Severity, Zone
from sync_engine.settings.nearest import nearest
from sync_engine.settings.values import QuietDay

Role = Literal["owners", "leads", "managers", "project_owners"]
ROLES: tuple[Role, ...] = ("owners", "leads", "managers", "project_owners")
BUILT_IN = ("email", "file")
SECRETS = ("webhook", "token", "secret")
NEEDS = {"teams": ("webhook",), "webhook": ("url", "secret"), "apprise": ("webhook",)}
"""What each kind of channel cannot do without; Slack has two ways."""
Recipient = Annotated[
    str,
    Field(pattern=r"^(owners|leads|managers|project_owners|[^@\s<>,;]{1,64}@[^@\s<>,;]{1,190})$"),
]


class Escalate(Section):
    """How a flag that nobody solves climbs."""

    after: str = Field(
        pattern=r"^\s*[1-9]\d{0,2} (working day|day|week|period)s?\s*$",
        description='How long it stays with one before it climbs to the next: "5 working days", '
        '"10 days", "2 weeks", or "2 periods" (digests of this name).',
    )
    to: tuple[Literal["lead", "manager", "pmo"], ...] = Field(
        ("lead", "manager", "pmo"),
        min_length=1,
        description="To whom, in order: the owner's lead, their manager, and `pmo`, which is the "
        "digest's `fallback`.",
    )

    @field_validator("to")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each rung stands there once")
        return value

    @property
    def span(self) -> tuple[int, str]:
        """The number and its unit, in the plural."""
        count, _, unit = self.after.strip().partition(" ")
        return int(count), unit.rstrip("s") + "s"


class Digest(Section):
    """What recipients get; each gets a message of their own."""

    to: tuple[Recipient, ...] = Field(
        (),
        description="Addresses, and roles: `owners` are told of their own flags, `leads` of their "
        "team's, `managers` of those of the people whom they manage (see `people`), "
        "`project_owners` of all in the projects that are theirs in the tool.",
    )
    fallback: Email | None = Field(
        None,
        description="Who gets what would reach nobody: flags of people without an address, of "
        "people who left, of nobody. Needed with roles, and for `escalate` to `pmo`.",
    )
    escalate: Escalate | None = Field(
        None, description="Let flags that nobody solves climb; absent: they do not."
    )
    name: str | None = Field(
        None,
        min_length=1,
        description="Tells this digest from others. Renaming starts anew; without a name, so do "
        "other recipients. "
        "Digests of one name are told to each recipient in one message.",
    )
    title: str | None = Field(
        None, description="What it is about, as people call it; part of the subject line."
    )
    scope: str | None = Field(
        None, description="Which flags, as a condition of the standards' language; absent: all."
    )
    severities: tuple[Severity, ...] = Field(
        ("low", "medium", "high", "critical"), min_length=1, description="Which severities."
    )
    when: str = Field(
        "Mon 08:00",
        description='When it is sent, in local time: "Mon 08:00", "Mon,Thu 08:00", '
        '"weekdays 07:30", "daily 09:00" or a cron line.',
    )
    zone: Zone | None = Field(
        None, description="The recipients' time zone; absent: the configuration's `timezone`."
    )
    quiet_days: tuple[QuietDay, ...] = Field(
        (),
        description="Days on which nothing is sent: days of the week, dates, or `holidays` "
        "(the calendar's).",
    )
    channels: tuple[str, ...] = Field(
        ("email",),
        min_length=1,
        description="How it reaches the recipients: `email`, `file`. A name of `channels` besides: "
        "there it is told once, whole, for all who read that channel.",
    )
    cap: int = Field(10, ge=1, le=500, description="Most entries listed per section.")
    only_changes: bool = Field(
        False, description="Send nothing when nothing is new, worse or solved."
    )

    @field_validator("to", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _caught(self) -> Digest:
        rungs = self.escalate.to if self.escalate else ()
        if self.fallback is None and (self.roles or "pmo" in rungs):
            raise ValueError(
                "`fallback` is missing: the address that gets the flags of those who have none, "
                "for example pmo@example.com"
            )
        return self

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles among the recipients."""
        return tuple(role for role in ROLES if role in self.to)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The others: addresses."""
        return tuple(each for each in self.to if each not in ROLES)

    @property
    def key(self) -> str:
        """Stable identity: the name, else the recipients."""
        return self.name or "+".join(address.casefold() for address in self.to)


class Mail(Section):
    """The mail server that takes our messages."""

    host: str = Field(min_length=1, description="Name of the SMTP server.")
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is secured."
    )
    user: str | None = Field(None, description="Account for signing in; absent: no sign-in.")
    password: SecretStr | None = Field(None, description="Its password (a secret).")
    sender: str = Field(
        alias="from", min_length=3, description="Address, or name and address, we write from."
    )
    reply_to: str | None = Field(None, description="Address to which answers go.")

    @field_validator("sender", "reply_to")
    @classmethod
    def _sendable(cls, value: str | None) -> str | None:
        if value is not None and not MAILBOX.fullmatch(parseaddr(value)[1]):
            raise ValueError(
                "this names no e-mail address; write name@example.com, or "
                "Name <name@example.com>, the name in quotes where it has a comma"
            )
        return value

    @model_validator(mode="after")
    def _whole(self) -> Mail:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` belong together: give both or neither")
        if self.password is not None and self.security == "none":
            raise ValueError('a password needs a secured connection: "starttls" or "tls"')
        return self


class Files(Section):
    """Digests written as files."""

    folder: str = Field("digests", description="Folder for the channel `file`.")


class Way(Section):
    """A channel that many read, or a program that takes digests."""

    kind: Literal["slack", "teams", "webhook", "apprise"] = Field(description="What it is.")
    webhook: SecretStr | None = Field(
        None,
        description="Address that was given for it (a secret): of a Slack incoming webhook, of a "
        "Teams workflow, of an Apprise service.",
    )
    token: SecretStr | None = Field(
        None, description="Slack: token of a bot, instead of a webhook (a secret)."
    )
    channel: str | None = Field(None, description="Slack: the channel in which the bot writes.")
    url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Webhook: the address that takes digests. Slack with a bot: of its API, "
        "where it is not Slack's own.",
    )
    secret: SecretStr | None = Field(
        None,
        description="Webhook: signs what is sent (a secret of 24 characters or more).",
    )
    allow_private_network: bool = Field(False, description="Allow an address of your own network.")

    @model_validator(mode="after")
    def _whole(self) -> Way:
        if self.kind == "slack":
            if (self.webhook is None) == (self.token is None):
                raise ValueError("slack needs `webhook`, or `token` and `channel`")
            if (self.token is None) != (self.channel is None):
                raise ValueError("`token` and `channel` belong together: give both or neither")
            return self
        missing = [name for name in NEEDS[self.kind] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.kind} needs `{missing[0]}`")
        return self


def wrong_name(name: str) -> str | None:
    """Why a channel cannot be called so; None: it can."""
    if name not in BUILT_IN and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", name):
        return None
    return (
        f'"{name}" cannot be the name of a channel: use letters, digits, dots, dashes and '
        "underscores, and neither email nor file"
    )


def fitting(digests: Sequence[Digest], channels: Mapping[str, Way], *, mail: bool) -> None:
    """Raise ValueError unless digests and channels go together."""
    for name in channels:
        if why := wrong_name(name):
            raise ValueError(why)
    known = [*BUILT_IN, *channels]
    for digest in digests:
        for name in digest.channels:
            if name not in known:
                raise ValueError(
                    f'there is no channel "{name}"{nearest(name, known)}; known: {", ".join(known)}'
                )
        if not digest.to and set(digest.channels) & set(BUILT_IN):
            raise ValueError("a digest by e-mail or as a file needs `to`: an address or a role")
        if not mail and "email" in digest.channels:
            raise ValueError(
                "a digest is to go out by e-mail, and there is no `mail` section that names the "
                "mail server; add one, or give the digest `channels: [file]`"
            )
    _agreeing(digests)


SHARED = ("title", "when", "zone", "quiet_days", "channels", "cap", "only_changes")
"""What digests of one name have in common: they are one message."""


def _agreeing(digests: Sequence[Digest]) -> None:
    first: dict[str, Digest] = {}
    for digest in digests:
        other = first.setdefault(digest.key, digest)
        for option in SHARED:
            if getattr(other, option) != getattr(digest, option):
                raise ValueError(
                    f'two digests are called "{digest.key}", which makes them one message, and '
                    f"their `{option}` differs; make it the same, or give one another name"
                )
