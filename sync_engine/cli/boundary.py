"""The error boundary: whatever goes wrong ends in one plain sentence and the right exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

from sync_engine import clock
from sync_engine.cli.frame import ExitCode, Frame, as_json, new_frame, state_file

INTERRUPTED = 130
DISK = "make room on the disk and run the command again; nothing is lost"


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code. Never raises, never shows a traceback."""
    from sync_engine.cli.app import build

    frame = new_frame()
    try:
        result = build()(
            args=list(arguments), prog_name="flagstaff", standalone_mode=False, obj=frame
        )
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has gone (rich and typer leave the process by themselves then);
        # Python would complain about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FINE
    except KeyboardInterrupt:
        return _fail(frame, "Stopped.", INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the boundary: told to a person, never swallowed
        return _told(frame, error, arguments)
    if result == INTERRUPTED:  # typer has met the KeyboardInterrupt first
        return _fail(frame, "Stopped.", INTERRUPTED)
    return result if isinstance(result, int) else ExitCode.FINE


def _told(frame: Frame, error: Exception, arguments: Sequence[str]) -> int:
    name = type(error).__name__
    if name == "Abort":
        return _fail(frame, "Stopped.", INTERRUPTED)
    if name == "NoArgsIsHelpError":
        sys.stdout.write(f"{error}\n")
        return ExitCode.FINE
    sentence, code = explain(error)
    return _fail(frame, sentence or _unknown(error, arguments), code)


def _fail(frame: Frame, sentence: str, code: int) -> int:
    from sync_engine.logs import line, without_secrets

    told = [line(each) for each in without_secrets(sentence).splitlines()]
    if (frame.json or "--json" in sys.argv[1:]) and not frame.answered:
        sys.stdout.write(as_json({"error": {"message": "\n".join(told), "exit_code": int(code)}}))
    sys.stderr.write("".join(f"{each}\n" for each in told))
    return int(code)


def explain(error: BaseException) -> tuple[str | None, ExitCode]:
    """An error as a sentence with place and remedy, and its exit code; None: we do not know it.

    Modules are looked up, not imported: an error of a module that was never loaded cannot be.
    """
    if hasattr(error, "format_message"):  # typer: wrong usage
        hint = getattr(getattr(error, "ctx", None), "command_path", "flagstaff")
        told = error.format_message().replace("Value error, ", "")  # a word of pydantic's
        return f"{told} See `{hint} --help`.", ExitCode.COULD_NOT_RUN
    known = _known(error)
    if known is not None:
        return known
    if type(error).__module__.startswith(("sqlalchemy.", "sqlite3")):
        return _store(error), ExitCode.COULD_NOT_RUN
    if isinstance(error, OSError):
        return _system(error), ExitCode.COULD_NOT_RUN
    return None, ExitCode.COULD_NOT_RUN


def _known(error: BaseException) -> tuple[str, ExitCode] | None:
    """Errors whose message is written for people already."""
    from connectors.sdk.errors import ConnectorError
    from connectors.sdk.registry import RegistryError

    if isinstance(error, ConnectorError):
        return f"{error.message} {error.advice}", ExitCode.PARTLY
    if isinstance(error, RegistryError):
        return str(error), ExitCode.COULD_NOT_RUN
    for module, name in _OURS:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            # A settings error begins with its file's name.
            said = str(error) if name in ("SettingsError", "PackError") else _sentence(str(error))
            return said, ExitCode.COULD_NOT_RUN
    too_slow = getattr(sys.modules.get("sync_engine.rules.limits"), "TooSlow", None)
    if too_slow is not None and isinstance(error, too_slow):
        told = f"This takes too long: it was {error}. Ask for less, or for something simpler."
        return told, ExitCode.COULD_NOT_RUN
    return None


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


_OURS = (
    ("sync_engine.cli.frame", "UsageProblem"),
    ("sync_engine.settings.source", "SettingsError"),
    ("sync_engine.secrets", "SecretError"),
    ("sync_engine.commands", "CommandError"),
    ("sync_engine.accounts", "AccountError"),
    ("sync_engine.demo.run", "StageError"),
    ("sync_engine.worker", "NeedsPostgresError"),
    ("sync_engine.store.upgrade", "StoreVersionError"),
    ("sync_engine.store.lease", "LeaseLostError"),
    ("sync_engine.rules.packs", "PackError"),
    ("sync_engine.rules.language", "LanguageError"),
    ("sync_engine.flags.past", "NotKnownError"),
)
"""Errors of ours that say in one sentence what is wrong and what to do, by module and name."""


_STORE_SAYS = (
    (("disk is full", "no space left"), f"The store cannot be written: the disk is full; {DISK}."),
    (
        ("database is locked",),
        "The store is busy: another process has been writing to it for a long time; stop it, or "
        "try again later.",
    ),
    (
        ("unable to open database file",),
        "The store cannot be opened: check that its folder exists and may be written (option "
        "`store`, or FLAGSTAFF_STORE).",
    ),
    (
        ("not a database", "malformed"),
        "The store's file is not an intact SQLite database; put the last backup in its place "
        "(`flagstaff db backup` makes them).",
    ),
    (
        ("no such table", "no such column", "does not exist"),
        "The store lacks tables of this version; run `flagstaff db upgrade`.",
    ),
    (
        ("readonly", "read-only"),
        "The store may not be written; check the permissions of its file and folder.",
    ),
)
"""What databases say, and what it means for an admin."""


def _store(error: BaseException) -> str | None:
    said = str(getattr(error, "orig", None) or error).splitlines()[0].strip()
    for marks, sentence in _STORE_SAYS:
        if any(mark in said.casefold() for mark in marks):
            return sentence
    if type(error).__name__ in ("OperationalError", "InterfaceError"):
        return f"The store cannot be reached ({said}); check the option `store`."
    if type(error).__name__ in ("ArgumentError", "NoSuchModuleError"):
        return (
            "The option `store` is not the URL of a store; write sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/NAME."
        )
    return None


def _system(error: OSError) -> str:
    place = f" {error.filename}" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full{' at' + place if place else ''}; {DISK}."
    reason = error.strerror or str(error)
    return f"The file or address{place} cannot be used ({reason})."


def _unknown(error: BaseException, arguments: Sequence[str]) -> str:
    """Keep the full report of an error that we do not know, and say where it is."""
    from sync_engine.logs import line, without_secrets

    now = clock.now()
    text = "".join(traceback.format_exception(error))
    report = f"{now.isoformat()}\nflagstaff {' '.join(arguments)}\n\n{text}"
    first = line(f"{type(error).__name__}: {error}")[:200]
    with suppress(OSError), state_file(f"error-{now:%Y%m%d-%H%M%S}.txt") as path:
        with path.open("x", encoding="utf-8") as stream:
            path.chmod(0o600)
            stream.write(without_secrets(report))
        return (
            f"Something unexpected happened ({first}); the full report is in {path}. Please send "
            "it with the output of `flagstaff doctor`."
        )
    return f"Something unexpected happened ({first}), and its report could not be written."
