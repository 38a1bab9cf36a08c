"""Packs: files of standards, read, checked and set.

A pack may extend others: it has their standards too, as it sets them, and its own besides.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from sync_engine.rules import entries
from sync_engine.rules.pack import Member, Pack, Refused, Setting
from sync_engine.rules.pack_schema import (
    EscalateEntry,
    Examples,
    PackEntry,
    ParamEntry,
    StandardEntry,
)
from sync_engine.rules.standards import Standard
from sync_engine.settings.models import StandardSetting
from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Path_, Problem, SettingsError, Source, parse
from sync_engine.settings.source import read as read_yaml
from sync_engine.settings.wording import KINDS

_FORMS = {
    "id": "small letters and digits, with hyphens between words: invoice-overdue",
    "pack": "small letters and digits, with hyphens between words: our-standards",
    "after": "a time such as 10 working days, 3 days or 2 weeks",
    "limit": "a share such as 50%",
    "[key]": "a name of small letters, digits and _",
}
"""What a text must look like, by its key."""


class PackError(Exception):
    """The configuration asks for standards in a way that makes no sense.

    Args:
        path: where under the option `standards`.
    """

    def __init__(self, message: str, path: Path_ = ()) -> None:
        self.path = path
        super().__init__(message)


def folders() -> list[Path]:
    """Where the packs that come with the product are: in the wheel, or in a checkout."""
    packed = Path(str(files("sync_engine"))) / "_config" / "packs"
    checkout = Path(__file__).resolve().parents[2] / "config" / "packs"
    return [folder for folder in (packed, checkout) if folder.is_dir()]


def find(name: str, base: Path | None = None) -> Path:
    """The file of a pack: a known name, or a path (relative to `base`)."""
    if name.endswith((".yaml", ".yml")):
        path = (base or Path()) / name
        if not path.is_file():
            beside = [each.name for each in path.parent.glob("*.y*ml")]
            raise PackError(f'there is no file "{name}"{nearest(path.name, beside)}')
        return path
    held = known()
    if name not in held:
        raise PackError(
            f'there is no pack "{name}"{nearest(name, held)}; known: '
            f"{', '.join(held) or 'none'}, or write the path of a file that ends in .yaml"
        )
    return held[name]


def known() -> dict[str, Path]:
    """The packs that come with the product, by name."""
    return {path.stem: path for folder in folders() for path in sorted(folder.glob("*.yaml"))}


def load(path: Path) -> Pack:
    """Read and check a pack. Raises `SettingsError` with every problem and its place."""
    return from_source(read_yaml(path), path.parent, (path.resolve(),))


@cache
def shipped(name: str) -> Pack:
    """A pack that comes with the product, read once: it does not change while we run."""
    return load(known()[name])


@lru_cache(maxsize=64)
def written(name: str, text: str) -> Pack:
    """A pack that was written in the console. It may extend those that come with the product.

    Raises:
        SettingsError: with every problem and its place.
    """
    source = parse(text, f'pack "{name}"')
    problems = []
    data = source.data if isinstance(source.data, dict) else {}
    if "pack" in data and data["pack"] != name:
        problems.append(Problem(f'the pack\'s name here is "{name}"', source.place(("pack",))))
    if name in known():
        problems.append(Problem(f'a pack "{name}" comes with Flagstaff; give yours another name'))
    bases = data.get("extends") or ()
    for number, base in enumerate([bases] if isinstance(bases, str) else bases):
        if str(base).endswith((".yaml", ".yml")):
            told = f'"{base}" is a file; a pack of the console extends packs by their names'
            problems.append(Problem(told, source.place(("extends", number))))
    if problems:
        raise SettingsError(source.file, problems)
    return from_source(source)


def from_source(source: Source, folder: Path | None = None, chain: tuple[Path, ...] = ()) -> Pack:
    """A pack out of a file that was read.

    Args:
        folder: where the files that it extends are looked for.
        chain: the file itself, and those that extend it.
    """
    problems: list[Problem] = []
    head = _checked(PackEntry, source.data, source, (), problems)
    if head is None:
        raise SettingsError(source.file, problems)
    bases = _bases(head, source, folder, chain, problems)
    inherited = _inherited(bases, source, problems)
    held: list[StandardEntry] = []
    standards: list[Standard] = []
    seen: set[str] = set()
    for number, raw in enumerate(head.standards):
        path: Path_ = ("standards", number)
        entry = _checked(StandardEntry, raw, source, path, problems)
        if entry is None:
            continue
        if entry.id in seen or entry.id in inherited:
            told = f'the standard "{entry.id}" is given twice'
            if entry.id not in seen:
                told = (
                    f'the standard "{entry.id}" is in the pack "{inherited[entry.id].pack}" '
                    'already; change it under "set", or give yours another id'
                )
            problems.append(Problem(told, source.place((*path, "id"))))
        seen.add(entry.id)
        made = entries.standard_of(entry, head.pack, source, path, problems)
        if made is not None:
            held.append(entry)
            standards.append(made)
    changes = _changes(head, inherited, seen, source, problems)
    if problems:
        raise SettingsError(source.file, problems)
    return Pack(
        head.pack, head.title, source, tuple(held), tuple(standards), head.owner, head.version,
        bases, changes,
    )  # fmt: skip


def _bases(
    head: PackEntry, source: Source, folder: Path | None, chain: tuple[Path, ...],
    problems: list[Problem],
) -> tuple[Pack, ...]:  # fmt: skip
    found = []
    held = known()
    for number, name in enumerate(head.extends):
        place = source.place(("extends", number))
        if name in held and held[name].resolve() not in chain:
            found.append(shipped(name))
            continue
        try:
            path = find(name, folder)
        except PackError as error:
            problems.append(Problem(str(error), place))
            continue
        resolved = path.resolve()
        if resolved in chain:
            circle = " extends ".join(
                each.name for each in (*chain[chain.index(resolved) :], resolved)
            )
            problems.append(Problem(f"a pack cannot extend itself: {circle}", place))
        else:
            found.append(from_source(read_yaml(path), path.parent, (*chain, resolved)))
    return tuple(found)


def _inherited(bases: Iterable[Pack], source: Source, problems: list[Problem]) -> dict[str, Member]:
    found: dict[str, Member] = {}
    for base in bases:
        members = base.members()
        for id in found.keys() & members.keys():
            told = f'the standard "{id}" is in more than one of the packs that it extends'
            problems.append(Problem(told, source.place(("extends",))))
        found |= members
    return found


def _changes(
    head: PackEntry, inherited: Mapping[str, Member], own: Container[str], source: Source,
    problems: list[Problem],
) -> dict[str, Setting]:  # fmt: skip
    """What the pack sets, tried out."""
    found: dict[str, Setting] = {}
    for id, value in head.set.items():
        path: Path_ = ("set", id)
        if id not in inherited:
            told = (
                f'"{id}" is a standard of this very pack; change it where it stands'
                if id in own
                else f'there is no standard "{id}" in what it extends{nearest(id, inherited)}'
            )
            problems.append(Problem(told, source.place(path)))
            continue
        if isinstance(value, dict) or value in ("on", "off", True, False):
            setting = _checked(StandardSetting, value, source, path, problems, whole=False)
        else:
            told = f'what is set of "{id}" is `on`, `off`, or a mapping of keys and values'
            problems.append(Problem(told, source.place(path)))
            continue
        if setting is None:
            continue
        try:
            inherited[id].as_set(setting)
        except Refused as error:
            place = source.place((*path, error.key))
            problems.append(Problem(f'standard "{id}": {error}', place))
        found[id] = setting
    return found


def _checked(
    model: type[Any], data: Any, source: Source, path: Path_, problems: list[Problem],
    *, whole: bool = True,
) -> Any:  # fmt: skip
    if whole and not isinstance(data, dict):
        problems.append(Problem("a mapping of keys and values must stand here", source.place(path)))
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            if each["type"] == "too_short" and each["input"]:
                continue  # what stands there is wrong, which is told by itself
            where = (*path, *each["loc"])
            problems.append(Problem(_told(each, model), source.place(where)))
        return None


def _told(error: Any, model: type[BaseModel]) -> str:
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        known = _keys_at(model, error["loc"][:-1])
        return f'the key "{name}" is not known{nearest(name, known)}; known: {", ".join(known)}'
    if error["type"] == "missing":
        return f'the key "{name}" is missing'
    if error["type"] == "literal_error":
        given = str(error["input"])
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f'"{given}" is not a {name}{nearest(given, known)}; known: {", ".join(known)}'
    named = next((str(key) for key in reversed(error["loc"]) if not isinstance(key, int)), "")
    at = f'"{named}": ' if named and named != "[key]" else ""
    return f"{at}{_in_words(error, name)}"


def _in_words(error: Any, name: str) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in KINDS:
        return f"this must be {KINDS[kind]}"
    if kind == "string_pattern_mismatch" and name in _FORMS:
        return f'this must be {_FORMS[name]}; it is "{error["input"]}"'
    if kind == "string_too_short":
        return f"this says too little; write at least {context['min_length']} characters"
    if kind == "string_too_long":
        return f"this is too long; write at most {context['max_length']} characters"
    if kind == "too_short":
        return f"at least {context['min_length']} must stand here"
    message: str = error["msg"].removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}"


def _keys_at(model: type[BaseModel], loc: Sequence[Any]) -> list[str]:
    nested: dict[str, type[BaseModel]] = {"escalate": EscalateEntry, "examples": Examples}
    if loc and loc[0] == "params":
        model = ParamEntry
    elif loc:
        model = nested.get(str(loc[0]), model)
    return list(model.model_fields)


def configured(packs: Iterable[Pack], settings: Mapping[str, Setting]) -> tuple[Standard, ...]:
    """The standards of some packs as the configuration sets them. Raises `PackError`."""
    known: dict[str, tuple[str, Member]] = {}
    for pack in packs:
        for id, member in pack.members().items():
            if id in known:
                raise PackError(
                    f'the standard "{id}" is in the packs "{known[id][0]}" and '
                    f'"{pack.name}"; leave one of them out',
                    ("packs",),
                )
            known[id] = (pack.name, member)
    for id in settings:
        if id not in known:
            raise PackError(f'there is no standard "{id}"{nearest(id, known)}', ("set", id))
    return tuple(_configured(id, member, settings.get(id)) for id, (_, member) in known.items())


def _configured(id: str, member: Member, setting: Setting | None) -> Standard:
    if setting is None:
        return member.standard
    try:
        return member.as_set(setting).standard
    except Refused as error:
        raise PackError(f'standard "{id}": {error}', ("set", id, error.key)) from None


def load_all(
    names: Iterable[str], settings: Mapping[str, Setting] | None = None, base: Path | None = None
) -> tuple[Standard, ...]:
    """The standards of the named packs, set. Raises `SettingsError` or `PackError`."""
    return configured([load(find(name, base)) for name in names], settings or {})


def with_pack(packs: Iterable[Pack], pack: Pack) -> list[Pack]:
    """Packs with one more, in place of its own other version and of those that it extends."""
    family = {each.name for each in pack.family()}
    return [*(each for each in packs if each.name not in family), pack]
