"""What all commands share: the global options, the exit codes, and how they answer."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

    from sync_engine.settings import Configuration

DEFAULT_CONFIG = Path("flagstaff.yaml")


class ExitCode(IntEnum):
    """What a command's exit code means."""

    FINE = 0
    COULD_NOT_RUN = 1  # bad configuration, no store, wrong usage
    PARTLY = 2  # ran, but some connection or standard failed
    FLAGGED = 3  # ran, and flags at or above --fail-on are open


class UsageProblem(Exception):
    """What was asked cannot be done as it was asked; one sentence says why and how instead."""


@dataclass(slots=True)
class Frame:
    """The global options of one invocation, and what follows from them."""

    config: Path = DEFAULT_CONFIG
    json: bool = False
    verbosity: Literal[-1, 0, 1] = 0
    answered: bool = False
    _configuration: Configuration | None = field(default=None, repr=False)
    _file: Configuration | None = field(default=None, repr=False)

    def configuration(self) -> Configuration:
        """The configuration of file and store, read once; sets up logging as the file says."""
        if self._configuration is None:
            from sync_engine.configured import with_entries

            engine = self.store()
            self._configuration = with_entries(self.file(), engine)[0]
        return self._configuration

    def file(self) -> Configuration:
        """The configuration file alone, read once; sets up logging as it says (on a terminal:
        errors)."""
        if self._file is None:
            from sync_engine.settings import load

            self._file = load(self.config, optional=self.optional and self._store_is_there())
            log = self._file.settings.log
            # Who watches gets the answer and the progress; the log is for those who do not.
            self.set_up_logging(log.format, "error" if sys.stderr.isatty() else log.level)
        return self._file

    @property
    def optional(self) -> bool:
        """Whether the file may be absent: nobody has named one."""
        return self.config == DEFAULT_CONFIG

    def _store_is_there(self) -> bool:
        """Whether a store of the default place, or of the environment, was begun already."""
        from sync_engine.settings.models import Settings

        default = Settings.model_fields["store"].default.removeprefix("sqlite:///")
        return bool(os.environ.get("FLAGSTAFF_STORE", "").strip()) or Path(default).exists()

    def use(self, configuration: Configuration) -> None:
        """Take a configuration that was read already, and leave logging as it is."""
        self._configuration = self._file = configuration

    def set_up_logging(
        self,
        format: Literal["json", "plain"] = "plain",
        level: Literal["debug", "info", "warning", "error"] = "warning",
    ) -> None:
        """Log to standard error; --verbose and --quiet go before the configuration."""
        from sync_engine import logs

        overrides: dict[int, Literal["debug", "error"]] = {1: "debug", -1: "error"}
        logs.configure(format, overrides.get(self.verbosity, level))

    def store(self) -> sa.Engine:
        """The store of the configuration, opened."""
        from sync_engine.secrets import store_url
        from sync_engine.store.engine import open_engine

        return open_engine(store_url(self.file()))

    def answer(self, document: Any, tell: Callable[[Console], None]) -> None:
        """Give the command's one answer: `document` as JSON, or `tell` it to a person."""
        if self.json:
            self.answered = True
            sys.stdout.write(as_json(document))
        else:
            from sync_engine.cli.output import console

            tell(console())

    def note(self, text: str) -> None:
        """Say something in passing, on standard error; --quiet silences it."""
        if self.verbosity >= 0:
            from sync_engine.cli.output import console

            console(err=True).print(text, style="dim", markup=False, highlight=False)


def as_json(document: Any) -> str:
    """A document as JSON text: instants in RFC 3339 UTC, keys in their order."""
    import orjson

    return (
        orjson.dumps(
            document,
            default=_plain,
            option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
            | orjson.OPT_NON_STR_KEYS,
        ).decode()
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The configuration file. [default: $FLAGSTAFF_CONFIG, else flagstaff.yaml]",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log everything.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say only the answer.")]


FailOn = Annotated[
    Literal["info", "low", "medium", "high", "critical"] | None,
    typer.Option(
        "--fail-on",
        help="Exit with 3 when flags of this severity or higher are open.",
        show_default=False,
    ),
]


def take_globals(frame: Frame, config: Path | None, json: bool, verbose: bool, quiet: bool) -> None:
    """Note the global options that were given; they may stand before and after the command."""
    if config is not None:
        frame.config = config
    frame.json = frame.json or json
    if verbose or quiet:
        frame.verbosity = 1 if verbose else -1


def new_frame() -> Frame:
    """A frame before any option was read."""
    given = os.environ.get("FLAGSTAFF_CONFIG", "").strip()
    return Frame(config=Path(given) if given else DEFAULT_CONFIG)


def command(
    app: typer.Typer, name: str, *, group: typer.Typer | None = None
) -> Callable[[Callable[..., ExitCode | None]], Callable[..., int]]:
    """Register a command: a function of the frame and its own options.

    It gets the global options besides its own, and gives its exit code (None: fine).

    Args:
        group: the command is also a group of commands, and runs when none of them is named.
    """

    def decorate(function: Callable[..., ExitCode | None]) -> Callable[..., int]:
        @wraps(function)
        def run(
            context: typer.Context,
            config: Path | None,
            json: bool,
            verbose: bool,
            quiet: bool,
            **own: Any,
        ) -> int:
            frame = context.find_object(Frame) or new_frame()
            take_globals(frame, config, json, verbose, quiet)
            return int(function(frame, **own) or ExitCode.FINE)

        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in list(inspect.signature(function).parameters.values())[1:]
        ]
        shared = [("config", ConfigOption, None), ("json", JsonOption, False),
                  ("verbose", VerboseOption, False), ("quiet", QuietOption, False)]  # fmt: skip
        context = inspect.Parameter(
            "context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context
        )
        parameters = [
            context,
            *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own),
            *(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
                )
                for name, annotation, default in shared
            ),
        ]
        del run.__wrapped__
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        if group is not None:
            group.callback(invoke_without_command=True)(_unless_subcommand(run))
            app.add_typer(group, name=name)
        else:
            app.command(name)(run)
        return run

    return decorate


def _unless_subcommand(run: Callable[..., int]) -> Callable[..., int]:
    """The group's own command, left out when one of its commands was named."""

    @wraps(run)
    def maybe(context: typer.Context, **given: Any) -> int:
        if context.invoked_subcommand is None:
            return run(context, **given)
        frame = context.find_object(Frame) or new_frame()
        take_globals(frame, given["config"], given["json"], given["verbose"], given["quiet"])
        return 0

    maybe.__signature__ = run.__signature__  # type: ignore[attr-defined]
    maybe.__annotations__ = run.__annotations__
    del maybe.__wrapped__
    return maybe


@contextmanager
def state_file(name: str) -> Iterator[Path]:
    """A file of ours that outlives a command, in a folder only this user may read."""
    given = os.environ.get("FLAGSTAFF_STATE") or os.environ.get("XDG_STATE_HOME")
    base = Path(given) if given else Path.home() / ".local" / "state"
    folder = base if os.environ.get("FLAGSTAFF_STATE") else base / "flagstaff"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield folder / name
