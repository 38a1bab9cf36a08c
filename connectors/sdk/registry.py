"""Which connectors there are: ours by folder, others by entry point `flagstaff.connectors`.

Listing names imports no tool. A plug-in that cannot be used is reported under its name
(`broken`) and takes no other down.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from connectors.sdk.contract import Connector
from connectors.sdk.sandbox import Sandbox

GROUP = "flagstaff.connectors"

_HOUSE = Path(__file__).resolve().parent.parent
_MEMBERS = (
    "name", "title", "Config", "limits", "parallel", "streams", "provides", "evidence",
    "evidence_on", "access", "classify", "budget", "check", "scopes", "lanes", "pull", "census",
    "confirm", "count", "to_records",
)  # fmt: skip


class RegistryError(Exception):
    """A connector that is asked for cannot be had; the message says which and why."""


def names() -> list[str]:
    """The names of all connectors, sorted, without importing any."""
    return sorted(set(_folders()) | set(_plug_ins()))


def get(name: str) -> type[Connector]:
    """The class of a connector.

    Raises:
        RegistryError: there is none of that name (the nearest one is named), or it is broken.
    """
    if name in _folders():
        return _checked(name, importlib.import_module(f"connectors.{name}.connector").CONNECTOR)
    if name in _plug_ins():
        return _load_plug_in(name)
    near = difflib.get_close_matches(name.lower(), names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names())}."
    raise RegistryError(f"There is no connector {name!r}; {hint}")


def connectors() -> Mapping[str, type[Connector]]:
    """Every connector that can be used, by name; `broken` has the others."""
    unusable = broken().keys() - set(_folders())
    return {name: get(name) for name in names() if name not in unusable}


def broken() -> Mapping[str, str]:
    """The plug-ins that cannot be used, with the reason."""
    reasons: dict[str, str] = {}
    for name in _plug_ins():
        try:
            _load_plug_in(name)
        except RegistryError as error:
            reasons[name] = str(error)
    return reasons


def imitated() -> list[str]:
    """The names of our connectors whose tool we can imitate: all but those that take deliveries."""
    return sorted(name for name in _folders() if (_HOUSE / name / "sandbox.py").is_file())


def sandbox(name: str) -> type[Sandbox]:
    """The imitation of a tool of ours.

    Raises:
        RegistryError: there is none.
    """
    if not (_HOUSE / name / "sandbox.py").is_file():
        raise RegistryError(f"There is no sandbox of {name!r}.")
    found: type[Sandbox] = importlib.import_module(f"connectors.{name}.sandbox").SANDBOX
    return found


def readme(name: str) -> str:
    """What a connector of ours tells the admin, as Markdown; "" for plug-ins."""
    file = _HOUSE / name / "README.md"
    return file.read_text("utf-8") if name in _folders() and file.is_file() else ""


def check_not_shadowed(package: str = "connectors", house: Path = _HOUSE) -> None:
    """Make sure that a package is the one that lies in this house, and the only one of its name.

    Raises:
        RegistryError: another package of the name is found first, or could be.
    """
    module = sys.modules.get(package) or importlib.import_module(package)
    loaded = [Path(place).resolve() for place in module.__path__]
    others = [place for place in loaded if place != house]
    for entry in sys.path:
        place = (Path(entry or ".") / package).resolve()
        if place != house and (place / "__init__.py").is_file():
            others.append(place)
    if others or not loaded:
        raise RegistryError(
            f"Another package named {package!r} is installed ({others[0] if others else '?'});"
            " install Flagstaff into an environment of its own."
        )


def _folders() -> list[str]:
    return [
        file.parent.name
        for file in _HOUSE.glob("*/connector.py")
        if file.parent.name.isidentifier()
    ]


@cache
def _plug_ins() -> Mapping[str, list[EntryPoint]]:
    """What the installed distributions offer, by name; ours are not among them."""
    offered: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        offered.setdefault(point.name, []).append(point)
    return offered


@cache
def _load_plug_in(name: str) -> type[Connector]:
    offers = _plug_ins()[name]
    if len(offers) > 1 or name in _folders():
        where = ", ".join(offer.value for offer in offers)
        raise RegistryError(f"Connector {name!r} is offered more than once ({where}): remove one.")
    try:
        loaded = offers[0].load()
    except Exception as error:
        raise RegistryError(
            f"The plug-in {name!r} ({offers[0].value}) cannot be loaded:"
            f" {type(error).__name__}: {error}"
        ) from error
    return _checked(name, loaded)


def _checked(name: str, loaded: type[Connector]) -> type[Connector]:
    lacking = [member for member in _MEMBERS if not hasattr(loaded, member)]
    if lacking:
        raise RegistryError(f"Connector {name!r} has no {', '.join(lacking)}.")
    if loaded.name != name:
        raise RegistryError(f"Connector {name!r} calls itself {loaded.name!r}.")
    return loaded
