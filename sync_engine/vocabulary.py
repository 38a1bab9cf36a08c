"""What there is to map in a tool: its custom fields and status words, and what each is for us."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from connectors.sdk import registry
from connectors.sdk.errors import ConnectorError
from connectors.sdk.oauth import TokenStore
from connectors.sdk.records import Status
from connectors.sdk.vocabulary import FieldName, Vocabulary, vocabulary_of
from sync_engine.deliveries import takes_deliveries
from sync_engine.probing import Trouble, is_named, opened, trouble_of, unknown_words
from sync_engine.secrets import SecretError, connection_options
from sync_engine.settings import Configuration
from sync_engine.settings import models as settings
from sync_engine.store.engine import reading
from sync_engine.store.words import words_of

Seen = Mapping[str, tuple[Status | None, str | None]]


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A custom field of the tool.

    Args:
        fills: the field of a task that is filled from it without a word of the admin.
        mapped_to: what `mapping: fields` lets it fill.
    """

    name: str
    id: str
    type: str
    fills: str | None
    mapped_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordLine:
    """A status word.

    Args:
        means: None: nobody has said, or nothing was read that shows it.
        by: whose word that is: the tool's own category, or `mapping: status`.
        seen: whether a task that was read has it.
        listed: whether the tool lists it; None: it lists none.
    """

    word: str
    means: Status | None
    by: Literal["tool", "admin"] | None
    seen: bool
    listed: bool | None


@dataclass(slots=True)
class Listing:
    """What one connection has to map. `fields` is None where the tool does not list them."""

    name: str
    tool: str
    fields: list[FieldLine] | None = None
    status: list[WordLine] = field(default_factory=list)
    status_field: str | None = None
    free: bool = False
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the tool has answered."""
        return not any(trouble.stops for trouble in self.troubles)

    def document(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


class NothingToMapError(Exception):
    """The tool cannot say what there is to map; the message says who knows."""


def listing_of(
    configuration: Configuration, name: str, engine: sa.Engine, tokens: Callable[[], TokenStore]
) -> Listing:
    """Ask a tool what there is to map, and the store what its words have meant so far.

    Raises:
        NothingToMapError: this tool cannot say.
    """
    connection = configuration.connection(name)
    kind = registry.get(connection.connector)
    if takes_deliveries(kind):
        raise NothingToMapError(f"{name} takes deliveries: who delivers knows its fields.")
    listing = Listing(name, kind.title)
    try:
        options = connection_options(
            connection, kind, configuration.folder, kept=configuration.kept
        )
        with opened(connection, options, tokens) as connector:
            known = vocabulary_of(connector)
    except SecretError as error:
        listing.troubles.append(Trouble(f"{error}."))
        return listing
    except ConnectorError as error:
        listing.troubles.append(trouble_of(error))
        return listing
    if known is None:
        raise NothingToMapError(
            f"The connector of {kind.title} cannot say what there is to map; its README tells "
            "what becomes what."
        )
    with reading(engine) as store:
        seen = words_of(store, name)
    complete(listing, known, connection.mapping, seen)
    return listing


def complete(listing: Listing, known: Vocabulary, mapping: settings.Mapping, seen: Seen) -> None:
    """Put together what the tool lists, what the admin maps and what was read (pure)."""
    listing.status_field = mapping.fields.get("status")
    listing.free = known.free
    if known.fields is not None:
        lines = (_field_line(each, mapping) for each in known.fields)
        listing.fields = sorted(lines, key=lambda line: (line.name.casefold(), line.id))
    listed = None if listing.status_field else known.status
    listing.status = list(_word_lines(listed, mapping.status, seen))
    listing.troubles += unknown_words(mapping, known)


def _field_line(found: FieldName, mapping: settings.Mapping) -> FieldLine:
    mapped = (ours for ours, named in mapping.fields.items() if is_named(found, named))
    return FieldLine(
        name=found.name, id=found.id, type=found.type, fills=found.fills, mapped_to=tuple(mapped)
    )


def _word_lines(
    listed: Sequence[str] | None, mapped: Mapping[str, Status], seen: Seen
) -> Iterator[WordLine]:
    """Each word once, whatever its case: as the tool lists it, as tasks show it, as it is mapped.

    What the admin says now goes before what the store has learnt; what an admin said once and says
    no more means nothing until the items are mapped again.
    """
    said = {word.casefold(): status for word, status in mapped.items()}
    known = {word.casefold(): held for word, held in seen.items()}
    folded = None if listed is None else {word.casefold() for word in listed}
    words: dict[str, str] = {}
    for word in (*(listed or ()), *seen, *mapped):
        words.setdefault(word.casefold(), word)
    for key, word in words.items():
        status, by = known.get(key, (None, None))
        of_tool = status if by == "tool" else None
        yield WordLine(
            word=word,
            means=said.get(key, of_tool),
            by="admin" if key in said else "tool" if of_tool else None,
            seen=key in known,
            listed=None if folded is None else key in folded,
        )
