"""`flagstaff connections fields`: what there is to map in a tool, shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Console
from rich.text import Text

from sync_engine.cli.frame import Frame, UsageProblem
from sync_engine.cli.output import cell, table
from sync_engine.cli.running import open_store
from sync_engine.connect import token_store
from sync_engine.vocabulary import FieldLine, Listing, NothingToMapError, WordLine, listing_of


def ask(frame: Frame, name: str) -> Listing:
    """Ask a tool what there is to map, and the store what its words have meant so far."""
    configuration, engine = frame.configuration(), open_store(frame)
    try:
        return listing_of(configuration, name, engine, lambda: token_store(configuration, engine))
    except NothingToMapError as error:
        raise UsageProblem(str(error)) from None


def tell(console: Console, listing: Listing) -> None:
    """Two tables, and what is wrong with the mapping."""
    if listing.ok:
        _tell_fields(console, listing)
        console.print()
        _tell_words(console, listing)
        if listing.troubles:
            console.print()
    for trouble in listing.troubles:
        console.print(cell(trouble.message, "bad" if trouble.stops else "warn"))
        if trouble.remedy:
            console.print(Text("  → ").append_text(cell(trouble.remedy, "remedy")))


def _tell_fields(console: Console, listing: Listing) -> None:
    if not listing.fields:
        none = "has no custom field" if listing.fields is not None else "lists no custom fields"
        console.print(f"{listing.tool} {none} for this account.")
        return
    shown = table("Field", "Id", "Holds", "Fills by itself", "Mapped to")
    for ids, line in _alike(listing.fields):
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        shown.add_row(
            cell(line.name, "name"), cell(f"{ids[0]}{more}", "dim"), cell(line.type),
            cell(line.fills), cell(", ".join(line.mapped_to), "good"),
        )  # fmt: skip
    console.print(shown)


def _alike(lines: Iterable[FieldLine]) -> Iterator[tuple[list[str], FieldLine]]:
    """Fields that differ in nothing but their id: one of each list of a tool, in one line."""

    def but_id(line: FieldLine) -> tuple[str, ...]:
        return line.name.casefold(), line.name, line.type, line.fills or "", *line.mapped_to

    for _, same in groupby(sorted(lines, key=but_id), but_id):
        held = list(same)
        yield [line.id for line in held], held[0]


def _tell_words(console: Console, listing: Listing) -> None:
    if listing.status_field:
        console.print(cell(f'The status is what the field "{listing.status_field}" says.'))
    if not listing.status:
        console.print(f"{listing.tool} lists no status words, and none was read yet.")
        return
    shown = table("Status word", "Means", "Says")
    for line in listing.status:
        shown.add_row(cell(line.word, "name"), cell(line.means or "–"), _who(line, listing.tool))
    console.print(shown)
    if listing.free:
        console.print(cell("People may write other status words than these.", "dim"))


def _who(line: WordLine, tool: str) -> Text:
    if line.by == "admin":
        return cell("your mapping", "good")
    if line.by == "tool":
        return cell(tool)
    return cell("nobody yet", "warn") if line.seen else cell("no task read so far has it", "dim")
