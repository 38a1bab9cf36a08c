"""Which standards there are, from where, and what is set of them (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sync_engine.configure import drafts
from sync_engine.configure.drafts import UnreadableError
from sync_engine.duties import pack_of
from sync_engine.rules import packs
from sync_engine.rules.pack import Member, Pack, Refused
from sync_engine.rules.packs import PackError
from sync_engine.rules.standards import Standard
from sync_engine.settings import Configuration, SettingsError
from sync_engine.settings.entry import Entry, Kind, LeftOut
from sync_engine.settings.models import StandardSetting
from sync_engine.settings.source import Path_

Origin = Literal["product", "file", "console"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A standard in a pack.

    Args:
        member: as its pack says it.
        standard: as it is in force, or would be were its pack on.
        setting: what differs from the pack, said by the file or the console.
        said_in: where the file says so; then it cannot be changed in the console.
        entry: what the console says of it, in force or left out.
        wrong: why what the file sets of it makes no sense.
    """

    pack: str
    member: Member
    standard: Standard
    pack_on: bool
    setting: StandardSetting | None = None
    said_in: str | None = None
    entry: Entry | None = None
    wrong: str | None = None

    @property
    def id(self) -> str:
        """Its stable name."""
        return self.standard.id

    @property
    def on(self) -> bool:
        """Whether it is assessed."""
        return self.pack_on and self.standard.enabled

    @property
    def version(self) -> int | None:
        """Of what the console says of it."""
        return self.entry.version if self.entry else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A pack with its standards.

    Args:
        name: by which the configuration names it: of a pack that is a file, its path.
        named_in: where the file puts it on; then it cannot be put off in the console.
        choice: the version of what the console says of its being on.
        entry: of a pack of the console.
        wrong: why it cannot be read; then it has no cards.
    """

    name: str
    title: str
    origin: Origin
    on: bool
    cards: tuple[Card, ...] = ()
    owner: str | None = None
    release: str | None = None
    extends: tuple[str, ...] = ()
    named_in: str | None = None
    choice: int | None = None
    entry: Entry | None = None
    wrong: str | None = None

    @property
    def has_draft(self) -> bool:
        """Whether there is a text that is not in force."""
        return self.entry is not None and self.entry.document.get("draft") is not None

    @property
    def published(self) -> bool:
        """Whether it can be put on."""
        return self.entry is None or bool(self.entry.document.get("text"))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All packs, those that are on first.

    Args:
        left_out: what the console says and what does not hold.
    """

    shelves: tuple[Shelf, ...]
    left_out: tuple[LeftOut, ...] = ()
    cards: Mapping[str, Card] = field(default_factory=dict)

    def shelf(self, name: str) -> Shelf | None:
        """A pack by its name."""
        return next((each for each in self.shelves if each.name == name), None)

    def shelves_with(self, id: str) -> Iterator[Shelf]:
        """The packs that have a standard."""
        return (each for each in self.shelves if any(card.id == id for card in each.cards))


def catalogue(configuration: Configuration, held: Mapping[tuple[Kind, str], Entry]) -> Catalogue:
    """Every pack and standard of a configuration.

    Args:
        held: the entries of the store, in force or not.
    """
    settings = configuration.settings.standards
    own = {name for kind, name in held if kind == "pack"}
    names = [*dict.fromkeys((*settings.packs, *packs.known(), *sorted(own)))]
    shelves = [_shelf(configuration, held, name) for name in names]
    cards: dict[str, Card] = {}
    for shelf in shelves:  # those that are on come first
        for card in shelf.cards:
            cards.setdefault(card.id, card)
    of_standards = ("pack", "pack choice", "standard")
    left = tuple(each for each in configuration.left_out if each.kind in of_standards)
    return Catalogue(tuple(shelves), left, cards)


def _shelf(
    configuration: Configuration, held: Mapping[tuple[Kind, str], Entry], name: str
) -> Shelf:
    own = held.get(("pack", name))
    choice = held.get(("pack choice", name))
    on = name in configuration.settings.standards.packs
    origin: Origin = "console" if own else "product" if name in packs.known() else "file"
    pack, wrong = _read(configuration, name, own)
    return Shelf(
        name=name, title=pack.title if pack else _title(own) or name, origin=origin, on=on,
        cards=_cards(configuration, held, pack, name, on) if pack else (),
        owner=pack.owner if pack else None, release=pack.version if pack else None,
        extends=tuple(base.name for base in pack.bases) if pack else (),
        named_in=_named_in(configuration, name), choice=choice.version if choice else None,
        entry=own, wrong=wrong,
    )  # fmt: skip


def _title(own: Entry | None) -> str | None:
    """What a pack is called that has only a draft, right or wrong."""
    try:
        title = drafts.data_of("", own.document.get("draft") or "").get("title") if own else None
    except UnreadableError:
        return None
    return title if isinstance(title, str) else None


def _read(
    configuration: Configuration, name: str, own: Entry | None
) -> tuple[Pack | None, str | None]:
    try:
        if own is None or name in configuration.own_packs:
            return pack_of(configuration, name), None
        text = own.document.get("text")
        return (packs.written(name, text), None) if text else (None, None)
    except (SettingsError, PackError) as error:
        return None, str(error)


def _cards(
    configuration: Configuration, held: Mapping[tuple[Kind, str], Entry], pack: Pack, name: str,
    on: bool,
) -> tuple[Card, ...]:  # fmt: skip
    settings = configuration.settings.standards.set
    cards = []
    for id, member in pack.members().items():
        setting, standard, wrong = settings.get(id), member.standard, None
        if setting is not None:
            try:
                standard = member.as_set(setting).standard
            except Refused as error:
                wrong = str(error)
        cards.append(
            Card(
                pack=name, member=member, standard=standard, pack_on=on, setting=setting,
                said_in=_place(configuration, ("standards", "set", id)),
                entry=held.get(("standard", id)), wrong=wrong,
            )
        )  # fmt: skip
    return tuple(cards)


def _named_in(configuration: Configuration, name: str) -> str | None:
    said = _of_file(configuration).source.data
    listed = list((said.get("standards") or {}).get("packs") or ())
    if name not in listed:
        return None
    return _place(configuration, ("standards", "packs", listed.index(name)))


def _place(configuration: Configuration, path: Path_) -> str | None:
    """Where the file says something; None: it does not."""
    file = _of_file(configuration)
    value = file.source.data
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    place = file.source.place(path)
    return f"{Path(file.source.file).name}{f':{place.line}' if place else ''}"


def _of_file(configuration: Configuration) -> Configuration:
    return configuration.file or configuration
