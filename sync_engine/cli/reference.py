"""The reference page of the command line, made from the commands themselves.

``python -m sync_engine.cli.reference FILE [--check]`` writes it, or says whether it is as it would
be written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from sync_engine.cli.app import build

HEAD = """\
# Command line

<!-- Made from the code by `make docs`; edit the help texts there. -->

`--config`, `--json`, `--verbose` and `--quiet` may stand before or after the command. With `--json`
exactly one JSON document is printed on standard output; logs, progress and notes go to standard
error. Tables show local times, machine formats RFC 3339 in UTC. Output is coloured only on a
terminal, and never when `NO_COLOR` is set.

| Exit code | Meaning |
|---|---|
| 0 | fine |
| 1 | could not run: bad configuration, no store, wrong usage |
| 2 | ran, but some connection or standard failed |
| 3 | ran, and flags at or above `--fail-on` are open |
| 130 | stopped by Ctrl-C |

| Environment variable | Meaning |
|---|---|
| `FLAGSTAFF_CONFIG` | the configuration file, where `--config` does not name one |
| `FLAGSTAFF_STORE` | the store's URL; goes before the configuration's |
| `FLAGSTAFF_STATE` | folder for reports of unexpected errors, and for the key with PostgreSQL |
| `FLAGSTAFF_KEY` | the key that seals secrets in the store, 32 bytes in base64; else a file |
"""
GLOBAL = frozenset({"config", "json", "verbose", "quiet", "help"})


def page() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *_commands(build(), "flagstaff")])


def _commands(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if path != "flagstaff" and (not children or command.invoke_without_command):
        yield from _one(command, path)
    for name, child in children.items():
        yield from _commands(child, f"{path} {name}")


def _one(command: Any, path: str) -> Iterator[str]:
    own = [each for each in command.params if each.name not in GLOBAL]
    words = []
    for each in own:
        if each.param_type_name == "argument":
            name = each.metavar or (each.name or "").upper()
            words.append(name if each.required else f"[{name}]")
    options = " [OPTIONS]" if any(each.param_type_name == "option" for each in own) else ""
    yield f"## `{' '.join([path + options, *words])}`\n"
    yield _text(command.help) + "\n"
    rows = list(_rows(own))
    if rows:
        yield "| Option | Meaning |\n|---|---|"
        yield "\n".join(rows) + "\n"


def _rows(own: list[Any]) -> Iterator[str]:
    for each in own:
        if each.param_type_name == "argument":
            name = each.metavar or (each.name or "").upper()
        else:
            name = ", ".join(each.opts)
            annotation = each.type_descriptor.annotation
            if get_origin(annotation) is Literal:
                name += f" {'|'.join(get_args(annotation))}"
            elif not each.is_flag and each.name:
                name += f" {each.metavar or each.name.upper()}"
        default = ""
        if each.default not in (None, False, ()) and not callable(each.default):
            default = f" [default: {each.default}]"
        yield f"| `{name.replace('|', chr(92) + '|')}` | {_text(each.help)}{default} |"


def _text(text: str | None) -> str:
    """Paragraphs, each on one line."""
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n")).strip()


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    file, text = Path(arguments[0]), page()
    if "--check" in arguments:
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(f"{file} is not as the code says; run `make docs`.\n")
        return 1
    file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
