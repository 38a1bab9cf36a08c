"""Secrets: fetched only when a command needs them, and never shown.

A secret is written in the configuration as ``env:NAME``, ``file:PATH`` or ``cmd:COMMAND``, or in
clear; what is typed in the console is sealed in the store, and written ``kept:NAME``. Every value
that was fetched is known to `scrub`, which takes it out of any text.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from connectors.sdk.scrub import Scrubber
from sync_engine.settings.load import Configuration
from sync_engine.settings.models import Connection
from sync_engine.settings.values import Reference
from sync_engine.settings.wording import is_secret

COMMAND_SECONDS = 30
MAX_BYTES = 64 * 1024
MIN_HOOK_SECRET = 16
"""Characters of a webhook's secret: whoever guesses it may call in the tool's name."""


Kept = Callable[[str], str | None]
"""What is sealed in the store under a name; None: nothing is."""


class SecretError(Exception):
    """A secret cannot be had. The message names where it is needed and what to do."""


KNOWN = Scrubber()
"""One per process: a log line or an error of one connection may quote another's secret."""


def scrub(text: str) -> str:
    """The text with every secret that was fetched in this process taken out."""
    return KNOWN(text)


def fetch(
    text: str,
    where: str,
    folder: Path,
    environ: Mapping[str, str] = os.environ,
    kept: Kept | None = None,
) -> str:
    """The secret that a text refers to, or is.

    Args:
        where: what needs it, for errors ("connection engineering, option token").
        folder: where relative ``file:`` paths begin.
        kept: opens what is sealed in the store.
    """
    reference = Reference.of(text)
    if reference is None:
        value = text
    elif reference.kind == "env":
        value = _from_environment(reference.target, where, environ)
    elif reference.kind == "file":
        value = _from_file(folder / Path(reference.target).expanduser(), where)
    elif reference.kind == "kept":
        value = _from_store(reference.target, where, kept)
    else:
        value = _from_command(reference.target, where)
    if not value:
        raise SecretError(f"{where}: the secret {reference or 'in the configuration'} is empty")
    KNOWN.add(value)
    return value


def _from_store(name: str, where: str, kept: Kept | None) -> str:
    value = None if kept is None else kept(name)
    if value is None:
        raise SecretError(
            f'{where}: the store keeps no secret "{name}"; type it in the console, or write '
            '"env:NAME", "file:PATH" or "cmd:COMMAND" in the file'
        )
    return value


def _from_environment(name: str, where: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise SecretError(
            f"{where}: the environment variable {name} is not set; set it where Flagstaff starts"
        )
    return environ[name].strip()


def _from_file(path: Path, where: str) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SecretError(
            f"{where}: the secret's file {path} cannot be read ({error.strerror})"
        ) from None
    return _text(raw, f"{where}: the secret's file {path}")


def _from_command(command: str, where: str) -> str:
    try:
        words = shlex.split(command)
        # The admin's own command, run without a shell.
        done = subprocess.run(  # noqa: S603
            words,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SecretError(f"{where}: the secret's command cannot be run ({reason})") from None
    except subprocess.TimeoutExpired:
        raise SecretError(
            f"{where}: the secret's command took longer than {COMMAND_SECONDS} seconds"
        ) from None
    if done.returncode != 0:
        raise SecretError(
            f"{where}: the secret's command ended with code {done.returncode}; run it by hand to "
            "see why"
        )
    return _text(done.stdout, f"{where}: the output of the secret's command")


def _text(raw: bytes, what: str) -> str:
    if len(raw) > MAX_BYTES:
        raise SecretError(f"{what} is larger than {MAX_BYTES // 1024} kB; is it the right one?")
    try:
        return raw.decode().strip()
    except UnicodeDecodeError:
        raise SecretError(f"{what} is not text") from None


def connection_options(
    connection: Connection,
    connector: Any,
    folder: Path,
    environ: Mapping[str, str] = os.environ,
    kept: Kept | None = None,
) -> Any:
    """A connection's options as its connector's `Config`, secrets fetched.

    Args:
        connector: the connector's class.
    """
    config: type[BaseModel] = connector.Config
    options: dict[str, Any] = dict(connection.options)
    for name, field in config.model_fields.items():
        key = field.alias or name
        value = options.get(key)
        if isinstance(value, str) and is_secret(field.annotation):
            where = f"connection {connection.name}, option {key}"
            options[key] = SecretStr(fetch(value, where, folder, environ, kept))
    try:
        whole = config.model_validate(options)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        option = ".".join(str(part) for part in first["loc"])
        raise SecretError(
            f"connection {connection.name}, option {option}: the fetched value does not do: "
            f"{scrub(first['msg'])}"
        ) from None
    # A credential may travel in a form that holds more than the secret (Basic, base64).
    KNOWN.add_headers(connector.access(whole).headers)
    return whole


def webhook_secrets(
    connection: Connection,
    folder: Path,
    environ: Mapping[str, str] = os.environ,
    kept: Kept | None = None,
) -> list[str]:
    """The secrets of a connection's webhook, the present one first; empty without a webhook."""
    if connection.webhook is None:
        return []
    held = {"secret": connection.webhook.secret, "previous": connection.webhook.previous}
    found = []
    for name, secret in held.items():
        if secret is None:
            continue
        where = f"connection {connection.name}, webhook {name}"
        value = fetch(secret.get_secret_value(), where, folder, environ, kept)
        if len(value) < MIN_HOOK_SECRET:
            raise SecretError(f"{where}: it needs {MIN_HOOK_SECRET} characters or more")
        found.append(value)
    return found


def store_url(configuration: Configuration, environ: Mapping[str, str] = os.environ) -> str:
    """The store's URL: from FLAGSTAFF_STORE, else from the settings.

    A relative SQLite path of the settings begins at the folder of the configuration file.
    """
    if given := environ.get("FLAGSTAFF_STORE", "").strip():
        _know_password(given)
        return given
    url = configuration.settings.store
    if Reference.of(url) is not None:
        url = fetch(url, "store", configuration.folder, environ)
    _know_password(url)
    prefix = "sqlite:///"
    if url.startswith(prefix) and url != prefix and not url.startswith(prefix + ":memory:"):
        return prefix + str(configuration.path(url.removeprefix(prefix)))
    return url


def mail_password(
    configuration: Configuration, environ: Mapping[str, str] = os.environ
) -> str | None:
    """The mail server's password, fetched; None where there is none."""
    mail = configuration.settings.mail
    if mail is None or mail.password is None:
        return None
    return fetch(
        mail.password.get_secret_value(), "mail.password", configuration.folder, environ,
        configuration.kept,
    )  # fmt: skip


def oidc_secret(
    configuration: Configuration, environ: Mapping[str, str] = os.environ
) -> str | None:
    """What proves to the sign-in service who asks, fetched; None where there is none."""
    oidc = configuration.settings.web.oidc
    if oidc is None or oidc.client_secret is None:
        return None
    return fetch(
        oidc.client_secret.get_secret_value(), "web.oidc.client_secret", configuration.folder,
        environ, configuration.kept,
    )  # fmt: skip


def way_secret(
    configuration: Configuration, name: str, option: str, environ: Mapping[str, str] = os.environ
) -> str:
    """A secret of one of the configuration's `channels`, fetched."""
    where = f"channels.{name}.{option}"
    held: SecretStr | None = getattr(configuration.settings.channels[name], option)
    if held is None:
        raise SecretError(f"{where} is missing")
    return fetch(held.get_secret_value(), where, configuration.folder, environ, configuration.kept)


def _know_password(url: str) -> None:
    account = url.partition("://")[2].rpartition("@")[0]
    if password := account.partition(":")[2]:
        KNOWN.add(password)
