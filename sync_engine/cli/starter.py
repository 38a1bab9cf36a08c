"""The file that `flagstaff init` writes, and the questions before it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from connectors.sdk import registry
from sync_engine.cli.frame import UsageProblem
from sync_engine.settings.models import Settings
from sync_engine.settings.nearest import nearest
from sync_engine.settings.values import Reference
from sync_engine.settings.wording import is_secret

_ACCOUNT = frozenset({"email", "user", "key", "client_id"})
"""Options beside the credential that are worth a question although they may be left out."""

_SHOWN_LATER = frozenset({"allow_private_network", "quota_share"})


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a connector as the file shows it; `value` None: shown as a comment."""

    name: str
    help: str
    required: bool
    secret: bool
    value: Any = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool to connect."""

    connector: str
    title: str
    options: Sequence[Option]

    @property
    def secret(self) -> str:
        """Where the credential is to be put, in words."""
        kept = [Reference.of(str(each.value)) for each in self.options if each.secret]
        words = {"env": "the environment variable", "file": "the file", "cmd": "the output of"}
        return " and ".join(f"{words[each.kind]} {each.target}" for each in kept if each) or (
            "its place"
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """All that the file says of its own."""

    tools: Sequence[Tool] = ()
    timezone: str = "UTC"
    recipient: str | None = None

    @classmethod
    def without_asking(cls, tools: Iterable[str]) -> Answers:
        """Defaults: secrets in environment variables, addresses to be filled in."""
        return cls(tools=[_tool(name) for name in tools], timezone=_local_zone())


def ask(tools: Sequence[str]) -> Answers:
    """Ask on the terminal."""
    known = registry.names()
    chosen = list(tools)
    if not chosen:
        typer.echo("Which tools do your teams use? Known: " + ", ".join(known))
        while True:
            said = typer.prompt("Tools, separated by commas", default="", show_default=False)
            chosen = [word.strip().lower() for word in said.split(",") if word.strip()]
            unknown = [word for word in chosen if word not in known]
            if not unknown:
                break
            typer.echo(f'"{unknown[0]}" is not among them{nearest(unknown[0], known)}')
    made = [_ask_tool(name) for name in chosen]
    zone = _ask_zone()
    recipient = typer.prompt(
        "Who gets the weekly digest (e-mail address; empty: nobody yet)", default="",
        show_default=False,
    )  # fmt: skip
    return Answers(made, zone, recipient.strip() or None)


def _ask_zone() -> str:
    while True:
        zone: str = typer.prompt("Your time zone", default=_local_zone())
        try:
            return Settings(timezone=zone).timezone
        except ValueError as error:
            typer.echo(str(error).splitlines()[2].strip().removeprefix("Value error, "))


def _ask_tool(name: str) -> Tool:
    tool = _tool(name)
    typer.echo(f"\n{tool.title}")
    options = []
    for option in tool.options:
        value = option.value
        if option.secret and option.required:
            value = typer.prompt(
                f"  {option.name}: where is it kept (env:NAME, file:PATH or cmd:COMMAND)",
                default=option.value,
            )
        elif option.required:
            value = typer.prompt(f"  {option.name}: {option.help}")
        elif option.name in _ACCOUNT:
            value = typer.prompt(f"  {option.name}: {option.help}", default="") or None
        options.append(Option(option.name, option.help, option.required, option.secret, value))
    return Tool(tool.connector, tool.title, options)


def _tool(name: str) -> Tool:
    kind = registry.get(name)
    options = []
    for key, described in kind.Config.model_fields.items():
        option = described.alias or key
        secret = is_secret(described.annotation)
        required = described.is_required()
        value = None
        if secret and (required or option == "token"):
            value = f"env:{name.upper()}_{option.upper()}"
        elif required:
            value = _example(kind, option)
        options.append(
            Option(
                option, described.description or "", required, secret and value is not None, value
            )
        )
    return Tool(name, kind.title, sorted(options, key=lambda each: not each.required))


def _example(kind: Any, option: str) -> str:
    """A value to be replaced, of the right form."""
    if option == "url":
        return f"https://{kind.name}.example.com"
    return "you@example.com" if option in ("email", "user") else "FILL-IN"


def _local_zone() -> str:
    try:
        linked = Path("/etc/localtime").resolve().as_posix().partition("zoneinfo/")[2]
    except OSError:
        return "UTC"
    try:
        return Settings(timezone=linked or "UTC").timezone
    except ValueError:
        return "UTC"


def write(file: Path, answers: Answers) -> None:
    """Write the file; only its owner may read it. Raises `UsageProblem` when it cannot be made."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(render(answers), encoding="utf-8")
    except OSError as error:
        raise UsageProblem(f"{file} cannot be written ({error.strerror}).") from None


def render(answers: Answers) -> str:
    """The configuration file as text."""
    lines = [
        "# Flagstaff. Every option is explained in docs/reference/configuration.md;",
        "# `flagstaff config check` says what is wrong here, with line and column.",
        "",
        "# Where everything read is kept. Relative to this file.",
        "store: sqlite:///flagstaff.db",
        "",
        "# Makes days of instants: \"overdue\" and \"today\" are meant in this zone.",
        f"timezone: {_quoted(answers.timezone)}",
        "",
        "# Whose public holidays are days off, for example {country: CA, region: QC}.",
        "# calendar: {country: CA}",
        "",
    ]  # fmt: skip
    lines += ["# The accounts that are read."]
    if not answers.tools:
        lines += ["connections: []"]
    else:
        lines += ["connections:"]
        for tool in answers.tools:
            lines += _connection(tool)
    lines += [
        "",
        "# What is checked. `flagstaff standards list` shows every standard.",
        "standards:",
        "  packs: [pmo-core]",
        "  # set: {stale-in-progress: {days: 10}, orphan: off}",
        "",
        "# Who is told what, and when. Channel `file` writes into the folder `digests`;",
        "# `email` needs a section `mail`.",
    ]
    if answers.recipient:
        lines += [
            "digests:",
            "  - name: weekly",
            f"    to: {_quoted(answers.recipient)}",
            '    when: "Mon 08:00"',
            "    channels: [file]",
        ]
    else:
        lines += ["digests: []"]
    lines += ["", "# mail: {host: smtp.example.com, from: pmo@example.com}", ""]
    return "\n".join(lines)


def _connection(tool: Tool) -> list[str]:
    lines = [
        f"  - name: {tool.connector}",
        f"    connector: {tool.connector}  # {tool.title}",
        "    options:",
    ]
    for option in tool.options:
        if option.name in _SHOWN_LATER:
            continue
        lines.append(f"      # {' '.join(option.help.split())}")
        if option.value is not None:
            lines.append(f"      {option.name}: {_quoted(option.value)}")
        else:
            lines.append(f"      # {option.name}:")
    return lines


def _quoted(value: Any) -> str:
    """A value as YAML; JSON is YAML, and nothing that was typed can break out of it."""
    return json.dumps(value, ensure_ascii=False)
